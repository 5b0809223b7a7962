"""A config file of a folder is what it seems: keys and values, as many as are written in it."""

import os

import pytest

from customer_segmentation.config.yaml_file import config_text
from customer_segmentation.errors import SettingsError

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (BOMB, "values and more where what it names is repeated"),
        ("a: &a\n  b: *a\n", r"holds itself, by \*a"),
        ("a: &a [*a]\n", r"holds itself, by \*a"),
        ("a: " + "[" * 200 + "]" * 200, "more than 50 levels"),
        ("root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1\n", "is no config: expected lines of the form key: value"),
        ("- a\n- b\n", "is no config: expected lines of the form key: value"),
        ("a: [1\nb: 2\n", "is no YAML, line 2, column"),
        ("a: *b\n", r"uses \*b, which nothing in it is named"),
        ("a: \x07\n", "is no YAML"),
    ],
)
def test_a_file_that_is_not_what_it_seems_is_refused(tmp_path, monkeypatch, text, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.yaml").write_text(text)
    with pytest.raises(SettingsError, match=sentence) as refused:
        config_text(tmp_path / "odd.yaml")
    assert str(refused.value).startswith("odd.yaml ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "null\n", "a: 1\n", "a: &a {x: 1}\nb: *a\nc: {<<: *a, y: 2}\n", "\ufeffa: 1\n"],
)
def test_a_config_and_an_empty_file_are_taken(tmp_path, text):
    (tmp_path / "fine.yaml").write_text(text, encoding="utf-8")
    assert config_text(tmp_path / "fine.yaml") == text.removeprefix("\ufeff")


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "latin.yaml").write_bytes("a: Größe".encode("latin-1"))
    for name, sentence in (("pipe.yaml", "is no file"), ("", "is no file"), ("gone.yaml", "No such file"),
                           ("latin.yaml", "is not UTF-8")):  # fmt: skip
        with pytest.raises(SettingsError, match=sentence):
            config_text(tmp_path / name)
