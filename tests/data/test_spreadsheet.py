import pandas as pd
import pyarrow as pa
import pytest

from customer_segmentation.data.spreadsheet_safety import (
    WITHIN_CSV,
    is_formula,
    neutral,
    neutralised,
    neutralised_arrow,
)


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "-", '=HYPERLINK("http://x")']
)
def test_formulas_are_told(text):
    assert is_formula(text)
    assert neutral(text) == f"'{text}"
    assert neutralised(pd.DataFrame({"a": [text, "b"]}))["a"].tolist() == [neutral(text, within=WITHIN_CSV), "b"]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ('a;=HYPERLINK("http://x");b', 'a;\'=HYPERLINK("http://x");b'),
        ("a\t=1\n+1|x;-5", "a\t'=1\n'+1|x;-5"),
        ('a; "@SUM(A1)', "a; \"'@SUM(A1)"),
        ("a;-5;+3.20", "a;-5;+3.20"),
        ("a=1;b-2", "a=1;b-2"),
        ("=1;=2", "'=1;'=2"),
    ],
)
def test_a_formula_behind_a_separator_of_another_spreadsheet_is_none(text, safe):
    assert neutral(text, within=WITHIN_CSV) == safe
    for dtype in (object, "str", "category"):
        frame = pd.DataFrame({"a": [text, None], text: [1, 2]}).astype({"a": dtype})
        assert neutralised(frame, but=[]).iloc[0, 0] == safe
        assert neutralised(frame).columns[1] == safe
    table = pa.table({"a": [text, None]})
    assert neutralised_arrow(table, within=WITHIN_CSV)["a"].to_pylist() == [safe, None]
    assert neutralised_arrow(table)["a"].to_pylist() == [neutral(text), None]


@pytest.mark.parametrize(
    "text", ["", "-5", "+3.20", "-1,234.5", "-1.2e-3", "+49 171 234", "a=1", "<script>", "😀", "-4%"]
)
def test_numbers_and_plain_texts_stay(text):
    frame = pd.DataFrame({"a": [text, None]})
    assert not is_formula(text)
    assert neutralised(frame) is frame


def test_headers_categories_and_repeated_names():
    frame = pd.DataFrame([["=a", 1.0, "x"], [None, -2.0, "-x"]], columns=["@h", "n", "n"])
    frame["c"] = pd.Categorical(["=x", "y"])
    found = neutralised(frame)
    assert list(found.columns) == ["'@h", "n", "n", "c"]
    assert found.iloc[0].tolist() == ["'=a", 1.0, "x", "'=x"]
    assert found.iloc[1, 1:].tolist() == [-2.0, "'-x", "y"]
    assert list(frame.columns) == ["@h", "n", "n", "c"]


def test_nothing_to_write():
    assert neutralised(pd.DataFrame()).empty
    assert neutralised(pd.DataFrame({"a": pd.Series(dtype="str")})).empty
