import pandas as pd
import pytest

from customer_segmentation.data.spreadsheet_safety import is_formula, neutralised


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "-", '=HYPERLINK("http://x")']
)
def test_formulas_are_told(text):
    assert is_formula(text)
    assert neutralised(pd.DataFrame({"a": [text, "b"]}))["a"].tolist() == [f"'{text}", "b"]


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
