"""Paths as a user types them: a tilde is the home of a user who exists, and else a letter of the name."""

import os
import re
from pathlib import Path

import pytest

import customer_segmentation
from customer_segmentation.config.compose import plan
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.paths import typed_path
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.new_file import NewFile
from customer_segmentation.sources.open import open_path


@pytest.mark.parametrize("name", ["~.csv", "~nobody-of-this-name/x.csv", "~$shop.csv"])
def test_a_tilde_that_is_nobodys_home_is_a_letter(name):
    assert typed_path(name) == Path(name)


def test_a_tilde_is_the_home_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert typed_path("~/shop.csv") == tmp_path / "shop.csv"


def test_a_table_with_a_tilde_in_its_name_is_read_and_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written = NewFile(
        Path("~shop.csv"), overwrite=False, is_ours=lambda _: False, key="output", what="ours", seals=False
    )
    written.write_text("visits,spend\n1,2\n3,4\n")
    assert open_path("~shop.csv", DataSettings(path="~shop.csv")).headers == ("visits", "spend")


def test_nothing_else_expands_a_tilde():
    package = Path(customer_segmentation.__file__).parent
    found = [file.name for file in package.rglob("*.py") if re.search(r"expanduser\(", file.read_text())]
    assert found == ["paths.py"]


def test_names_that_are_no_text_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"caf\xe9.csv")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / name).write_text("visits,spend\n1,2\n3,4\n")
    for command, word in {"sweep": "data.path=", "init": "data.path=", "score": "input="}.items():
        with pytest.raises(SettingsError, match=r"caf\\xe9\.csv holds bytes that are not UTF-8; rename the file"):
            plan(command, [f"{word}{name}"])
    with pytest.raises(DataError, match="is not UTF-8; rename the file"):
        open_path("parts", DataSettings(path="parts"))
