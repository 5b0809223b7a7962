"""Inputs that cannot be used as they are: one sentence, or a clean table with rows rejected and nothing lost."""

import bz2
import gzip
import io
import lzma
import os
import sqlite3
import zipfile

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.data.load import load_customers
from customer_segmentation.errors import DataError, SettingsError

NEEDED = ["Number of Referrals", "Tenure in Months", "Total Revenue", "Monthly Charge", "Married", "Contract"]


@pytest.fixture(scope="module")
def lines(few):
    return few.to_csv(None, index=False, lineterminator="\n").encode().rstrip(b"\n").split(b"\n")


@pytest.fixture
def load(settings_for, tmp_path):
    def read(content, name="telecom_customer_churn.csv", needed=NEEDED, **changes):
        path = tmp_path / name
        path.write_bytes(content)
        return load_customers(settings_for(path=str(path), **changes), needed=needed)

    return read


def with_cell(frame, column, value, row=5):
    frame = frame.copy()
    frame.loc[row, column] = value
    return frame.to_csv(None, index=False).encode()


def noise(size):
    return np.random.default_rng(0).bytes(size)


def zipped(lines, at, old, new, central):
    """An archive with bytes changed in both heads of its member."""
    with io.BytesIO() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("customers.csv", b"\n".join(lines))
        content = bytearray(packed.getvalue())
    for place in (at, content.rindex(b"PK\1\2") + central):
        assert content[place] == old
        content[place] = new
    return bytes(content)


REFUSED = {
    "locked archive": (lambda lines: zipped(lines, 6, 0, 1, 8), "cannot be unpacked .*encrypted"),
    "archive packed unusually": (lambda lines: zipped(lines, 8, 8, 97, 10), "cannot be unpacked .*not supported"),
    "a damaged second stream of bz2": (
        lambda lines: bz2.compress(lines[0] + b"\n") + b"x" + bz2.compress(b"\n".join(lines[1:]))[1:],
        "cannot be unpacked",
    ),
    "a damaged second stream of xz": (
        lambda lines: lzma.compress(lines[0] + b"\n") + b"x" + lzma.compress(b"\n".join(lines[1:]))[1:],
        "cannot be unpacked",
    ),
    "bytes changed in gzip": (
        lambda lines: gzip.compress(b"\n".join(lines))[:3000] + noise(200) + gzip.compress(b"\n".join(lines))[3200:],
        "cannot be unpacked",
    ),
    "empty": (lambda lines: b"", "is empty"),
    "only empty lines": (lambda lines: b"\n\r\n\n", "only empty rows"),
    "header only": (lambda lines: lines[0] + b"\n", "a header and no rows"),
    "header without a line end": (lambda lines: lines[0], "a header and no rows"),
    "no header": (lambda lines: b"\n".join(lines[1:]), "lacks the required columns"),
    "binary": (lambda lines: noise(50_000), "is binary"),
    "picture": (lambda lines: b"\x89PNG\r\n\x1a\n" + noise(100), "is a picture"),
    "document": (lambda lines: b"%PDF-1.7 " + noise(100), "is a PDF document"),
    "database": (lambda lines: b"SQLite format 3\0" + noise(100), "data.query"),
    "damaged Parquet": (lambda lines: b"PAR1" + noise(500), "damaged Parquet"),
    "damaged workbook": (lambda lines: b"\xd0\xcf\x11\xe0" + noise(500), "not a readable workbook"),
    "damaged archive": (lambda lines: b"PK\x03\x04" + noise(500), "cannot be unpacked"),
    "empty archive": (lambda lines: b"PK\x05\x06" + b"\0" * 18, "an archive without a file"),
    "cut-off gzip": (lambda lines: gzip.compress(b"\n".join(lines))[:5000], "cannot be unpacked"),
    "empty gzip": (lambda lines: gzip.compress(b""), "empty once unpacked"),
    "another table": (lambda lines: b"Order,Day,Amount\n1,2022-01-01,3\n", "Number of Referrals"),
    "web page": (lambda lines: b"<html><body>\n<p>Sign in</p>\n</body></html>\n", "lacks the required columns"),
    "JSON": (lambda lines: b'[{"Customer ID": "a", "Age": 3}]', "lacks the required columns"),
    "NUL for every a": (lambda lines: b"\n".join(lines).replace(b"a", b"\0"), "lacks the required columns"),
    "duplicate header": (
        lambda lines: b"\n".join([lines[0].replace(b"Gender", b"Tenure in Months"), *lines[1:]]),
        r"2 headers for 'Tenure in Months': 'Tenure in Months' \(column 2\) and 'Tenure in Months' \(column 11\)",
    ),
    "ambiguous header": (
        lambda lines: b"\n".join([lines[0].replace(b"Gender", b"Tenure"), *lines[1:]]),
        r"'Tenure' \(column 2\) and 'Tenure in Months' \(column 11\)",
    ),
    "misspelt header": (
        lambda lines: b"\n".join([lines[0].replace(b"Total Revenue", b"Total Revenu"), *lines[1:]]),
        "'Total Revenu' may be 'Total Revenue'",
    ),
    "all rows bad": (
        lambda lines: b"\n".join([lines[0], *(b"x," * 37 + b"x" for _ in lines[1:])]),
        r"300 of 300 rows \(100\s%\)",
    ),
    "all rows short": (lambda lines: b"\n".join([lines[0], *(b"a,b,c" for _ in lines[1:])]), "number of cells differs"),
    "quotation without end": (
        lambda lines: b"\n".join([lines[0], lines[1].replace(b",Female", b',"Female', 1), *lines[2:]]),
        "quotation that begins in row 2 does not end",
    ),
    "nobody is kept": (
        lambda lines: b"\n".join([lines[0], *(line for line in lines if b",Churned," in line)]),
        "data.keep=not_churned leaves none",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_one_sentence(name, load, lines):
    make, expected = REFUSED[name]
    with pytest.raises(DataError, match=expected) as caught:
        load(make(lines))
    message = str(caught.value)
    assert "telecom_customer_churn.csv" in message
    assert "\n" not in message
    assert message.endswith((".", "?"))
    assert len(message) < 900


CELLS = {
    "unreadable number": ("Tenure in Months", "abc", "Tenure in Months: 'abc' is not a number"),
    "negative tenure": ("Tenure in Months", "-3", "is below 0, the smallest possible value"),
    "half a month": ("Tenure in Months", "7.5", "is not a whole number"),
    "infinite": ("Total Revenue", "inf", "is not finite"),
    "beyond float64": ("Total Revenue", "1e400", "is not finite"),
    "date": ("Total Revenue", "2022-01-05", "is not a number"),
    "neither yes nor no": ("Married", "perhaps", "is neither yes nor no"),
    "unknown value": ("Contract", "Weekly", "is not one of Month-to-Month"),
    "missing value": ("Number of Referrals", "", "Number of Referrals is missing"),
    "missing id": ("Customer ID", "N/A", "Customer ID is missing"),
    "missing status": ("Customer Status", "", "Customer Status is missing"),
    "NUL in a number": ("Tenure in Months", "1\x002", "is not a number"),
    "NUL in an id": ("Customer ID", "1\x002", "holds a NUL byte"),
    "megabyte number": ("Tenure in Months", "a" * 1_000_000, "(1000000 characters)' is not a number"),
}


@pytest.mark.parametrize("name", CELLS)
def test_bad_cell_sets_its_row_aside(name, load, few):
    column, value, reason = CELLS[name]
    table = load(with_cell(few, column, value))
    assert table.accounting()["rows_read"] == 300
    assert table.rejected["row"].tolist() == [7]
    assert reason in table.rejected.loc[0, "reason"]
    assert table.rejected.loc[0, column] == value.replace("\r", "")
    assert table.rejected.loc[0, "City"] == few.loc[5, "City"]  # columns nobody asked for are kept as well


def test_huge_cell_in_an_unused_column_does_no_harm(load, few):
    table = load(with_cell(few, "Churn Reason", "x" * 5_000_000))
    assert len(table.rejected) == 0


@pytest.mark.parametrize("packing", [bz2, lzma])
def test_streams_one_after_another_are_one_file(packing, load, lines):
    parts = [b"\n".join(lines[:100]) + b"\n", b"", b"\n".join(lines[100:])]
    assert load(b"".join(map(packing.compress, parts)) + bytes(8)).rows_read == len(lines) - 1


def test_truncated_in_the_middle_of_a_row(load, lines):
    content = b"\n".join(lines[:200]) + b"\n" + lines[200][:40]
    table = load(content)
    assert table.rows_read == 200
    assert table.rejected["row"].tolist() == [201]
    assert "cells, the header 38" in table.rejected.loc[0, "reason"]
    assert table.rejected.loc[0, "Customer ID"] == lines[200].split(b",")[0].decode()


def test_rows_are_numbered_as_in_the_file(load, lines):
    bad = lines[20].replace(b",Yes,", b",perhaps,").replace(b",No,", b",perhaps,")
    content = b"\n".join([*lines[:10], b"a,short,row", *lines[10:20], bad, *lines[21:]])
    table = load(content)
    assert table.rejected["row"].tolist() == [11, 22]
    assert table.rows_read == 301


def test_summary_row_at_the_end_is_rejected(load, lines):
    table = load(b"\n".join([*lines, b"Total" + b"," * 37]))
    assert table.rejected["Customer ID"].tolist() == ["Total"]


def test_id_with_different_values_sets_all_its_rows_aside(load, few):
    table = load(with_cell(few, "Customer ID", few.loc[4, "Customer ID"]))
    assert table.rejected["row"].tolist() == [6, 7]
    assert table.rejected["reason"].str.contains("stands in rows 6, 7 with different values").all()
    assert table.duplicates == 0


def test_repetitions_are_dropped_counted_and_do_not_count_as_bad(load, few):
    table = load(pd.concat([few, few]).to_csv(None, index=False).encode())
    assert table.duplicates == len(table.rejected) == 300
    assert table.rejected.loc[0, "reason"] == "repeats row 2 exactly"
    assert table.digest == load(few.to_csv(None, index=False).encode()).digest


def test_limit_decides(load, few):
    frame = few.copy()
    frame.loc[:14, "Contract"] = "Weekly"  # exactly 5 %
    assert len(load(frame.to_csv(None, index=False).encode()).rejected) == 15
    frame.loc[15, "Contract"] = "Weekly"
    with pytest.raises(DataError, match=r"16 of 300 rows \(5.3\s%\).*Contract is not one of .* \(16 rows\)"):
        load(frame.to_csv(None, index=False).encode())
    assert len(load(frame.to_csv(None, index=False).encode(), max_rejected_share=0.1).rejected) == 16


def test_bad_cells_of_unused_columns_set_nothing_aside(load, few):
    assert len(load(with_cell(few, "Age", "abc")).rejected) == 0
    assert len(load(with_cell(few, "Age", "abc"), needed=[*NEEDED, "Age"]).rejected) == 1


def test_bytes_that_are_no_utf8_beyond_the_screening_do_not_refuse_the_table(load, lines):
    filler = b"\n".join(lines[1:])
    many = b"\n".join([lines[0], filler, lines[1].replace(b"Frazier", b"Fr\xe4zier")])
    assert load(many, needed=None).rows_read == 301


def test_missing_file_names_the_neighbours(settings_for, tmp_path):
    (tmp_path / "telecom_customer_churn.csv").write_text("x")
    with pytest.raises(DataError, match=r"the folder .* has telecom_customer_churn\.csv"):
        load_customers(settings_for(path=str(tmp_path / "telecom_costumer_churn.csv")))
    with pytest.raises(DataError, match="no folder"):
        load_customers(settings_for(path=str(tmp_path / "nowhere" / "x.csv")))
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="is a folder without a table"):
        load_customers(settings_for(path=str(tmp_path / "none")))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_forbidden_file(settings_for, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("x")
    path.chmod(0)
    with pytest.raises(DataError, match="may not be read"):
        load_customers(settings_for(path=str(path)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keep": "loyal"}, "data.keep is 'loyal'; expected one of all, not_churned"),
        ({"source": "cloud"}, "expected one of sample, file"),
        ({"populations": {"not_churned": {"column": "Contract", "exclude": ["Weekly"]}}}, "Contract is one of Month"),
        ({"path": "sqlite:///x.db"}, "data.query"),
        ({"path": "sqlite:////nowhere/x.db", "query": "SELECT 1"}, "There is no database"),
        ({"path": None, "download": None}, "data.path is not set"),
    ],
)
def test_settings_that_contradict(changes, message, settings_for):
    with pytest.raises((SettingsError, DataError), match=message):
        load_customers(settings_for(**changes))


@pytest.mark.parametrize("query", ["SELECT SELECT", "SELECT * FROM nowhere"])
def test_a_query_that_fails_says_why(query, settings_for, tmp_path):
    sqlite3.connect(tmp_path / "crm 1.db").execute("CREATE TABLE people (a)")
    with pytest.raises(
        DataError, match=r"The query on sqlite:.*crm 1\.db failed: .*(syntax error|no such table)"
    ) as caught:
        load_customers(settings_for(path=f"sqlite:///{tmp_path / 'crm 1.db'}", query=query))
    assert "\n" not in str(caught.value)


def test_an_encoding_that_is_not_the_files(load, lines):
    with pytest.raises(DataError, match=r"not in the encoding data\.encoding=utf-16"):
        load(b"\n".join(lines), encoding="utf-16")


def test_unknown_needed_column(settings_for):
    with pytest.raises(SettingsError, match="did you mean Tenure in Months"):
        load_customers(settings_for("sample", customers=50), needed=["Tenure in Month"])


def test_a_big_file_in_two_halves_reads_as_in_one(load, lines, monkeypatch):
    from customer_segmentation.sources import csv_parser as delimited

    short = [b"a,short,row", b"another"]
    bad = [lines[line].replace(b",Yes,", b",perhaps,").replace(b",No,", b",perhaps,") for line in (60, 250)]
    content = [
        *lines[:10],
        short[0],
        *lines[10:60],
        bad[0],
        *lines[61:200],
        short[1],
        *lines[200:250],
        bad[1],
        *lines[251:],
    ]
    whole = load(b"\n".join(content))
    monkeypatch.setattr(delimited, "_HALVED", 1000)
    halves = load(b"\n".join(content))
    pd.testing.assert_frame_equal(halves.rejected, whole.rejected)
    assert whole.rejected["row"].tolist() == [11, 62, 202, 253]
    assert halves.digest == whole.digest


@pytest.mark.parametrize("late", [b'"Fra,zier"', b'"Fra\nzier"'])
def test_a_quotation_far_into_a_big_file_is_found(late, load, lines, monkeypatch):
    from customer_segmentation.sources import csv_parser as delimited
    from customer_segmentation.sources import files

    at = next(number for number in range(280, 299) if lines[number].count(b",") == 37)
    city = lines[at].split(b",")[5]
    content = b"\n".join([*lines[:at], lines[at].replace(b"," + city + b",", b"," + late + b",", 1), *lines[at + 1 :]])
    whole = load(content, needed=None)
    monkeypatch.setattr(delimited, "_HALVED", 1000)
    monkeypatch.setattr(files, "_HEAD", 10_000)  # the first look ends before it
    found = load(content, needed=None)
    assert found.digest == whole.digest
    assert found.rows_read == 300
    assert found.rejected.empty


def test_a_limit_of_rows_is_refused_for_a_table_that_is_read_whole(lines, load):
    content = b"\n".join(lines)
    rows = len(lines) - 1
    with pytest.raises(SettingsError, match=f"max_rows=5: telecom_customer_churn.csv has {rows} rows, and all"):
        load(content, max_rows=5)
    assert load(content, max_rows=rows).rows_read == rows
