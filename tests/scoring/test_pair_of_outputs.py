"""Labels and rejected rows take their names together, or both names keep what they had."""

import contextlib
import json
import os
import shutil
import sqlite3

import pyarrow as pa
import pytest

from customer_segmentation.errors import SettingsError
from customer_segmentation.scoring.database_output import TableOutput
from customer_segmentation.scoring.earlier import LABELS
from customer_segmentation.scoring.outputs import Output
from customer_segmentation.scoring.pair import settle
from customer_segmentation.scoring.score import Scored, _publish

OLD = {
    "labels.csv": "id,segment,segment_name,distance,margin\na,0,x,1,1\n",
    "labels_rejected.csv": "id,row,reason\nb,2,empty\n",
}
NEW = {
    "labels.csv": "id,segment,segment_name,distance,margin\nc,1,y,1,1\n",
    "labels_rejected.csv": "id,row,reason\nd,3,empty\n",
}


class Noted:
    """What an earlier scoring has written: both files."""

    def holds(self, key, path):
        return True

    def note(self, key, path):
        pass


def both(folder):
    """The two outputs of a scoring, in two folders where there is one for rejected rows."""
    aside = folder / "aside" if (folder / "aside").is_dir() else folder
    return [
        Output(place / name, overwrite=True, key=key, written=Noted())
        for key, place, name in zip(("output", "rejects"), (folder, aside), OLD, strict=True)
    ]


def published(outputs, rejected):
    for output in outputs if rejected else outputs[:1]:
        header, cells = (line.split(",") for line in NEW[output.path.name].split())
        output.write(pa.table({name: [cell] for name, cell in zip(header, cells, strict=True)}))
    try:
        _publish(*outputs, Scored(rows=1 + rejected, scored=1, rejected=rejected))
    finally:
        for output in outputs:
            output.discard()


def killed_after(number):
    """End this process when it has changed so many names."""
    left = [number]
    for name, done in [(name, getattr(os, name)) for name in ("replace", "link", "rename", "unlink", "open")]:

        def counted(*words, do=done, **more):
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)
            return do(*words, **more)

        setattr(os, name, counted)


@pytest.mark.parametrize(
    ("rejected", "earlier", "elsewhere"), [(1, True, False), (0, True, True), (1, False, True), (1, True, True)]
)
def test_a_command_that_is_killed_anywhere_leaves_both_or_none(rejected, earlier, elsewhere, tmp_path):
    seen = set()
    for number in range(40):
        folder = tmp_path / str(number)
        aside = folder / "aside" if elsewhere else folder
        aside.mkdir(parents=True)
        places = [folder / "labels.csv", aside / "labels_rejected.csv"]
        for place in places if earlier else []:
            place.write_text(OLD[place.name])
        process = os.fork()
        if process == 0:
            with contextlib.suppress(BaseException):
                outputs = both(folder)
                killed_after(number)
                published(outputs, rejected)
            os._exit(0)
        finished = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
        settle(*places)
        found = tuple(place.read_text() if place.exists() else None for place in places)
        old = tuple(OLD[place.name] if earlier else None for place in places)
        new = (NEW["labels.csv"], NEW["labels_rejected.csv"] if rejected else None)
        assert found in (old, new), number
        for output in both(folder):
            output.discard()
        left = {path.name for path in folder.rglob("*") if path.is_file()}
        assert left <= {place.name for place in places}, number
        seen.add(found)
        if finished:
            break
    assert finished, "the last one was not killed"
    assert len(seen) == 2


@pytest.mark.parametrize("of", ["labels", "rejects"])
def test_a_killed_pair_in_two_folders_is_settled_by_whatever_names_one_of_them(of, tmp_path):
    for number in range(4, 40):
        folder = tmp_path / str(number)
        (folder / "aside").mkdir(parents=True)
        process = os.fork()
        if process == 0:
            with contextlib.suppress(BaseException):
                outputs = both(folder)
                killed_after(number)
                published(outputs, 1)
            os._exit(0)
        finished = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
        elsewhere = tmp_path / "elsewhere" / "labels.csv"
        places = [folder / "labels.csv", folder / "aside" / "labels_rejected.csv"]
        settle(*((places[0], elsewhere) if of == "labels" else (elsewhere, places[1])))
        assert len({place.exists() for place in places}) == 1, number
        settle(*places)
        assert not list(folder.rglob("*.pair")), number
        if finished:
            break
    assert finished


@pytest.mark.parametrize("rejected", [1, 0])
def test_rejected_rows_of_an_earlier_scoring_stay_where_its_labels_do(rejected, tmp_path):
    for name, text in OLD.items():
        (tmp_path / name).write_text(text)
    outputs = both(tmp_path)
    (tmp_path / "labels.csv").write_text(OLD["labels.csv"].replace("x", "edited meanwhile"))
    with pytest.raises(SettingsError, match="was changed while the command ran"):
        published(outputs, rejected)
    assert (tmp_path / "labels_rejected.csv").read_text() == OLD["labels_rejected.csv"]
    assert "edited" in (tmp_path / "labels.csv").read_text()
    assert {path.name for path in tmp_path.iterdir()} == set(OLD)


def test_rejected_rows_are_taken_back_when_the_labels_get_no_place(tmp_path):
    outputs = both(tmp_path)
    (tmp_path / "labels.csv").write_text("mine")
    with pytest.raises(SettingsError, match="has appeared while the command ran"):
        published(outputs, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["labels.csv"]


def test_rejected_rows_beside_a_database_are_those_of_its_table(tmp_path):
    rejects, seen = tmp_path / "labels_rejected.csv", set()

    def scored(address, text, left):
        process = os.fork()
        if process == 0:
            with contextlib.suppress(BaseException):
                table = TableOutput(address, "labels", overwrite=text == "new")
                aside = Output(rejects, overwrite=True, key="rejects", written=Noted())
                table.write(pa.table({name: [text] for name in LABELS}))
                aside.write(pa.table({"id": [text], "row": [1], "reason": ["empty"]}))
                killed_after(left)
                _publish(table, aside, Scored(rows=2, scored=1, rejected=1))
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0

    assert scored(f"sqlite:///{tmp_path}/old.db", "old", 1000)
    old = rejects.read_bytes()
    for number in range(60):
        rejects.write_bytes(old)
        shutil.copy(tmp_path / "old.db", tmp_path / f"{number}.db")
        address = f"sqlite:///{tmp_path}/{number}.db"
        finished = scored(address, "new", number)
        settle(TableOutput(address, "labels", overwrite=True), rejects)
        with contextlib.closing(sqlite3.connect(tmp_path / f"{number}.db")) as connection:
            (segment,) = connection.execute("SELECT segment FROM labels").fetchone()
        assert rejects.read_text().splitlines()[1].startswith(segment), number
        seen.add(segment)
        if finished:
            break
    assert finished
    assert seen == {"old", "new"}


def test_a_journal_of_a_stranger_moves_no_file(tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("precious")
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / ".mine.kept").write_text("theirs")
    found = (folder / ".mine.kept").stat()
    kept = [0, found.st_size, found.st_mtime_ns]
    for path, new in ((mine, [1, 2, 3]), (tmp_path / "absent", None)):
        for old, name in ((kept, folder / ".mine.kept"), (None, tmp_path / ".x.kept"), ("x", tmp_path / ".x.kept")):
            text = {"files": [{"path": str(path), "old": old, "new": new, "kept": str(name)}], "mark": ""}
            (folder / ".labels.csv.1.00000000.pair").write_text(json.dumps(text))
            settle(folder / "labels.csv", folder / "labels_rejected.csv")
    assert mine.read_text() == "precious"
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("kept", ["thesis.kept", "two.kept", ".thesis.kept.4000000.deadbeef.kept"])
def test_a_journal_of_a_stranger_removes_no_file_that_it_names_twice(kept, tmp_path):
    home, folder = tmp_path / "home", tmp_path / "theirs"
    home.mkdir()
    folder.mkdir()
    (home / "thesis.kept").write_text("mine")
    if kept == "two.kept":
        os.link(home / "thesis.kept", home / kept)
    entry = {"path": str(home / "thesis.kept"), "old": None, "new": None, "kept": str(home / kept)}
    (folder / ".labels.csv.4000000.deadbeef.pair").write_text(json.dumps({"files": [entry], "mark": ""}))
    settle(folder / "labels.csv", folder / "labels_rejected.csv")
    assert (home / "thesis.kept").read_text() == "mine"
    assert kept != "two.kept" or (home / kept).exists()
