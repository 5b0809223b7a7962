"""A folder of labels, as an engine writes it: whole or not at all, and never in the place of what is not ours."""

import contextlib
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.scoring.distributed import Place
from customer_segmentation.scoring.earlier import LABELS


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "labels"


def write_labels(address, *, is_table):
    folder = Path(urlsplit(address).path)
    folder.mkdir()
    columns = {name: [1] for name in (*LABELS, "reason")}
    pd.DataFrame(columns).to_parquet(folder / "part-0.parquet")


def scored(*, overwrite=False, meanwhile=lambda: None):
    place = Place("labels", overwrite=overwrite)
    place.check()

    def write(address, *, is_table):
        write_labels(address, is_table=is_table)
        meanwhile()

    place.write(write)


def test_a_folder_is_replaced_where_it_is_as_it_was_written(place):
    scored()
    with pytest.raises(SettingsError, match="exists; give another name"):
        scored()
    scored(overwrite=True)
    (place / "part-mine.parquet").write_bytes((place / "part-0.parquet").read_bytes())
    with pytest.raises(SettingsError, match="was changed since segment score wrote it"):
        scored(overwrite=True)
    assert (place / "part-mine.parquet").exists()


def test_what_appears_or_changes_while_labels_are_written_stays(place):
    def mine():
        place.mkdir(exist_ok=True)
        (place / "part-mine").write_text("precious")

    with pytest.raises(SettingsError, match="has appeared or was changed"):
        scored(meanwhile=mine)
    assert [path.name for path in place.iterdir()] == ["part-mine"]
    (place / "part-mine").unlink()
    place.rmdir()
    scored()
    with pytest.raises(SettingsError, match="has appeared or was changed"):
        scored(overwrite=True, meanwhile=mine)
    assert (place / "part-mine").read_text() == "precious"
    assert (place / "part-0.parquet").exists()
    assert [path.name for path in place.parent.iterdir()] == ["labels"], "nothing is left aside"


def test_a_failure_costs_no_earlier_labels(place, monkeypatch):
    scored()
    before, rename = (place / "part-0.parquet").stat(), Path.rename

    def failing(path, target):
        if path.name.endswith(".writing"):
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(DataError, match="No space left"):
        scored(overwrite=True)
    assert (place / "part-0.parquet").stat().st_mtime_ns == before.st_mtime_ns
    assert [path.name for path in place.parent.iterdir()] == ["labels"]


def test_a_link_in_the_place_of_labels_stays(place):
    place.symlink_to(place.parent / "nowhere")
    with pytest.raises(SettingsError, match="exists; give another name"):
        scored()
    assert place.is_symlink()


def test_a_folder_has_the_name_that_was_given(place):
    labels = Place("my labels 5%20 ü")
    labels.check()
    labels.write(write_labels)
    assert [path.name for path in place.parent.iterdir()] == ["my labels 5%20 ü"]
    with pytest.raises(SettingsError, match=r"there is no folder .*file:/x; create it first"):
        Place("file:/x/labels").check()


def killed_after(number):
    """Rename so many folders, and end this process in the place of the next."""
    left, rename = [number], Path.rename

    def counted(path, target):
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)
        return rename(path, target)

    return counted


def test_labels_whose_name_a_killed_command_had_taken_are_there_again(place):
    scored()
    before = (place / "part-0.parquet").stat().st_mtime_ns
    for number in range(4):  # changes of a name that come before the end
        process = os.fork()
        if process == 0:
            with contextlib.suppress(BaseException):
                Path.rename = killed_after(number)
                shutil.rmtree = lambda *_, **__: os._exit(9)
                scored(overwrite=True)
            os._exit(0)
        os.waitpid(process, 0)
        with pytest.raises(SettingsError, match="exists; give another name"):
            scored()
        assert [path.name for path in place.parent.iterdir()] == ["labels"], number
        assert ((place / "part-0.parquet").stat().st_mtime_ns == before) == (number < 2)
    scored(overwrite=True)
