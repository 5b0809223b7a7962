"""What is written to a workbook comes back as it was, or is refused."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

from customer_segmentation.errors import DataError
from customer_segmentation.scoring.outputs import ExcelWriter, as_it_came


def written(path, ids, values, names=("id", "value")):
    """Read what the writer makes of two columns."""
    ids, values = pa.array(ids), pa.array(values)
    fields = [as_it_came(pa.field(names[0], ids.type)), pa.field(names[1], values.type)]
    table = pa.table([ids, values], schema=pa.schema(fields))
    writer = ExcelWriter(path, table.schema)
    writer.write(table)
    writer.close()
    return {
        engine: pd.read_excel(path, engine=engine, dtype=object, keep_default_na=False)
        for engine in ("openpyxl", "calamine")
    }


@pytest.mark.parametrize(
    ("ids", "back"),
    [
        ([1, 999_999_999_999_999, -999_999_999_999_999], None),
        ([10**15, 9_007_199_254_740_993, -(2**63)], ["1000000000000000", "9007199254740993", str(-(2**63))]),
        ([9_007_199_254_740_992.0, 0.1 + 0.2, 2.5], ["9007199254740992", "0.30000000000000004", 2.5]),
        ([Decimal("12345678901234567890"), Decimal("1")], ["12345678901234567890", 1]),
        (["#N/A", "NA", "#REF!", "=1+1", "@x", "007", " x ", "a\tb\nc", "_x041_", "😀"], None),
    ],
)
def test_ids_come_back(tmp_path, ids, back):
    for found in written(tmp_path / "t.xlsx", ids, ["v"] * len(ids)).values():
        assert found["id"].tolist() == (back or ids)


@pytest.mark.parametrize("text", ["x\x01y", "_x0041_", "a\rb", "\ufffe", "x" * 32_768])
def test_an_id_that_would_change_is_refused(tmp_path, text):
    with pytest.raises(DataError, match=r"^row 3: .*; write to \.csv or \.parquet\.$"):
        written(tmp_path / "t.xlsx", ["a", text], ["v", "v"])


def test_other_texts_are_coded_as_excel_does(tmp_path):
    texts = ["x\x01y", "_x0041_", "_x0041_x0042_", "a\r\nb", "\x00", "#N/A", "x" * 32_767]
    found = written(tmp_path / "t.xlsx", list("abcdefg"), texts, names=("id", "_x0041_"))["calamine"]
    assert found["_x0041_"].tolist() == texts
    with pytest.raises(DataError, match=r"row 2: note has 40,000 characters"):
        written(tmp_path / "t.xlsx", ["a"], ["x" * 40_000], names=("id", "note"))


@pytest.mark.parametrize(
    ("values", "back"),
    [
        ([float("inf"), float("nan"), 1.5], ["inf", "", 1.5]),
        ([dt.date(1850, 1, 2), dt.date(1950, 1, 2)], ["1850-01-02", dt.datetime(1950, 1, 2)]),
        ([dt.datetime(2024, 1, 2, tzinfo=dt.UTC)], ["2024-01-02T00:00:00+00:00"]),
        ([["a"]], ["['a']"]),
    ],
)
def test_values_that_no_cell_holds_are_texts(tmp_path, values, back):
    for found in written(tmp_path / "t.xlsx", ["a"] * len(values), values).values():
        assert found["value"].tolist() == back
