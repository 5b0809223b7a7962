"""Copies of the table as people re-save it: the same customers and the same digest of values."""

import bz2
import gzip
import io
import lzma
import re
import sqlite3
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from customer_segmentation.data.load import load_customers
from customer_segmentation.settings.data import ColumnType

SHORT = {
    "Number of Referrals": "Referrals",
    "Tenure in Months": "Tenure",
    "Number of Dependents": "Dependents",
    "Total Revenue": "Revenue",
    "Customer ID": "CustomerID",
    "Zip Code": "Zip",
}
NUMBERS = (ColumnType.number, ColumnType.integer)


def csv_bytes(frame, sep=",", encoding="utf-8", lineterminator="\r\n", **options):
    return frame.to_csv(None, index=False, sep=sep, lineterminator=lineterminator, **options).encode(encoding)


def each(frame, names, change):
    frame = frame.copy()
    for name in names:
        frame[name] = [change(cell) if cell != "" else cell for cell in frame[name]]
    return frame


def of_type(contract, *types):
    return [name for name, spec in contract.items() if spec.type in types]


def blanks_as(word):
    return lambda frame, contract: csv_bytes(frame.replace({"": word}))


def renamed(change):
    return lambda frame, contract: csv_bytes(frame.rename(columns=change))


def german(cell):
    whole, _, fraction = cell.partition(".")
    grouped = re.sub(r"(?<=\d)(?=(\d{3})+$)", ".", whole)
    return f"{grouped},{fraction}" if fraction else grouped


def american(cell):
    whole, _, fraction = cell.partition(".")
    grouped = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", whole)
    return "$" + (f"{grouped}.{fraction}" if fraction else grouped)


def money(contract):
    return [name for name, spec in contract.items() if spec.unit.startswith("$")]


def structural(frame, contract):
    frame = frame.copy()
    for name, spec in contract.items():
        if spec.fill is not None and spec.na_values:
            frame.loc[frame[name] == "", name] = spec.na_values[-1]
    return csv_bytes(frame)


def yes_no_as(yes, no):
    def change(frame, contract):
        return csv_bytes(each(frame, of_type(contract, ColumnType.yes_no), {"Yes": yes, "No": no}.get))

    return change


def decimals(frame, contract):
    return csv_bytes(each(frame, of_type(contract, ColumnType.integer), lambda cell: f"{cell}.0"))


def empty_edges(frame, contract):
    frame = frame.assign(**{"": "", " ": ""})
    frame = pd.concat([frame, pd.DataFrame([[""] * frame.shape[1]] * 25, columns=frame.columns)])
    return csv_bytes(frame) + b"\r\n\r\n"


def extra(frame, contract):
    return csv_bytes(frame.assign(**{"Loaded At": "2022-07-01 10:00", "Comment": 'says "hi",\nand more'}))


def western(frame, contract):
    return csv_bytes(frame.assign(Notiz="Größe – 5 €, naïve café"), encoding="cp1252")


def lower_categories(frame, contract):
    names = [name for name in of_type(contract, ColumnType.category) if name != "Churn Category"]
    return csv_bytes(each(frame, names, lambda cell: f"  {cell.lower().replace('-', ' ')} "))


def shuffled(frame, contract):
    return csv_bytes(frame[list(np.random.default_rng(0).permutation(frame.columns))])


def row_names(frame, contract):
    header, _, rest = csv_bytes(frame, lineterminator="\n").partition(b"\n")
    lines = rest.rstrip(b"\n").split(b"\n")
    return header + b"\n" + b"\n".join(b"%d,%s" % (number, line) for number, line in enumerate(lines, 1)) + b"\n"


def trailing_delimiters(frame, contract):
    header, _, rest = csv_bytes(frame, lineterminator="\n").partition(b"\n")
    return header + b"\n" + rest.replace(b"\n", b",\n")


def resaved_by_pandas(frame, contract):
    """What a plain read and write leaves: no literal None, floats for integers with blanks."""
    frame = each(frame, ["Offer"], lambda cell: "" if cell == "None" else cell)
    return csv_bytes(each(frame, ["Avg Monthly GB Download"], lambda cell: f"{cell}.0"))


TEXTS = {
    "byte order mark": lambda frame, contract: csv_bytes(frame, encoding="utf-8-sig"),
    "semicolons": lambda frame, contract: csv_bytes(frame, sep=";"),
    "tabs": lambda frame, contract: csv_bytes(frame, sep="\t"),
    "bars": lambda frame, contract: csv_bytes(frame, sep="|"),
    "declared separator": lambda frame, contract: b"sep=;\r\n" + csv_bytes(frame, sep=";"),
    "line feeds": lambda frame, contract: csv_bytes(frame, lineterminator="\n"),
    "carriage returns": lambda frame, contract: csv_bytes(frame, lineterminator="\r"),
    "UTF-16": lambda frame, contract: csv_bytes(frame, encoding="utf-16"),
    "UTF-16 without a mark": lambda frame, contract: csv_bytes(frame, encoding="utf-16-le"),
    "UTF-16 tabs": lambda frame, contract: csv_bytes(frame, encoding="utf-16", sep="\t"),
    "western encoding": western,
    "everything quoted": lambda frame, contract: csv_bytes(frame, quoting=1),
    "no line end at the end": lambda frame, contract: csv_bytes(frame).rstrip(b"\r\n"),
    "padded headers": renamed(lambda name: f"  {name} "),
    "snake case": renamed(lambda name: name.lower().replace(" ", "_")),
    "under scored": renamed(lambda name: name.replace(" ", "_")),
    "camel case": renamed(lambda name: name[0].lower() + name[1:].replace(" ", "")),
    "upper case": renamed(str.upper),
    "dotted": renamed(lambda name: name.replace(" ", ".")),
    "short names": renamed(lambda name: SHORT.get(name, name)),
    "index column": lambda frame, contract: frame.to_csv(None).encode(),
    "row names without a header": row_names,
    "trailing delimiters": trailing_delimiters,
    "empty rows and columns": empty_edges,
    "empty lines between": lambda frame, contract: csv_bytes(frame, lineterminator="\n\n"),
    "title above the header": lambda frame, contract: b"Telecom customers\r\nQ2 2022\r\n\r\n" + csv_bytes(frame),
    "extra columns": extra,
    "other order of columns": shuffled,
    "NULL": blanks_as("NULL"),
    "N/A": blanks_as("N/A"),
    "nan": blanks_as("nan"),
    "Not Applicable": blanks_as("Not Applicable"),
    "dash": blanks_as("-"),
    "one space": blanks_as(" "),
    "structural words": structural,
    "1 and 0": yes_no_as("1", "0"),
    "1.0 and 0.0": yes_no_as("1.0", "0.0"),
    "TRUE and FALSE": yes_no_as("TRUE", "FALSE"),
    "y and n": yes_no_as("y", "n"),
    "lower-case categories": lower_categories,
    "9.0 for 9": decimals,
    "dollars and thousands": lambda frame, contract: csv_bytes(each(frame, money(contract), american)),
    "decimal commas": lambda frame, contract: csv_bytes(
        each(frame, of_type(contract, ColumnType.number), lambda cell: cell.replace(".", ",")), sep=";"
    ),
    "decimal commas and points": lambda frame, contract: csv_bytes(each(frame, money(contract), german), sep=";"),
    "cells kept from spreadsheets": lambda frame, contract: csv_bytes(
        each(frame, ["Customer ID", "Zip Code", "Age"], '="{}"'.format)
    ),
    "spaces before quotations": lambda frame, contract: csv_bytes(frame, quoting=1).replace(b'","', b'", "'),
    "padded cells": lambda frame, contract: csv_bytes(each(frame, frame.columns, lambda cell: f" {cell} ")),
    "re-saved by pandas": resaved_by_pandas,
    "repeated rows": lambda frame, contract: csv_bytes(pd.concat([frame, frame.head(400)])),
    "gzip": lambda frame, contract: gzip.compress(csv_bytes(frame)),
    "bzip2": lambda frame, contract: bz2.compress(csv_bytes(frame)),
    "xz": lambda frame, contract: lzma.compress(csv_bytes(frame)),
    "zstandard": lambda frame, contract: pa.compress(csv_bytes(frame), codec="zstd", asbytes=True),
}


@pytest.fixture(scope="module")
def expected(settings_for, canonical_file):
    return load_customers(settings_for(path=str(canonical_file)))


@pytest.mark.parametrize("name", TEXTS)
def test_mangled_text_gives_the_same_customers(name, settings_for, contract, canonical, expected, tmp_path):
    mangled = tmp_path / "telecom_customer_churn.csv"
    mangled.write_bytes(TEXTS[name](canonical, contract))
    table = load_customers(settings_for(path=str(mangled)))
    pd.testing.assert_frame_equal(table.customers, expected.customers)
    assert table.digest == expected.digest
    assert table.repairs == expected.repairs
    assert len(table.rejected) == table.duplicates == (400 if name == "repeated rows" else 0)
    assert table.rows_read == expected.rows_read + table.duplicates


def write_zip(frame, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("telecom_customer_churn.csv", csv_bytes(frame))
        archive.writestr("telecom_data_dictionary.csv", "Table,Field,Description\n")
        archive.writestr("__MACOSX/._telecom_customer_churn.csv", "x")


def write_parquet(frame, path):
    to_settings = pd.read_csv(io.BytesIO(csv_bytes(frame)), keep_default_na=False, na_values=[""])
    to_settings.to_parquet(path)


def write_text_parquet(frame, path):
    table = pa.table({name: frame[name].tolist() for name in frame})
    parquet.write_table(table, path)


def write_excel(frame, path):
    to_settings = pd.read_csv(io.BytesIO(csv_bytes(frame)), keep_default_na=False, na_values=[""])
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        pd.DataFrame({"about": ["a cover sheet"]}).to_excel(book, sheet_name="About", index=False)
        to_settings.to_excel(book, sheet_name="Customers", startrow=2)


def write_database(frame, path):
    to_settings = pd.read_csv(io.BytesIO(csv_bytes(frame)), keep_default_na=False, na_values=[""])
    with sqlite3.connect(path) as connection:
        to_settings.to_sql("customers", connection, index=False)


FORMATS = {
    "copy.zip": write_zip,
    "copy.parquet": write_parquet,
    "text.parquet": write_text_parquet,
    "copy (1).xlsx": write_excel,
    "Kundenübersicht, 2022.db": write_database,
}


@pytest.mark.parametrize(("name", "write"), FORMATS.items())
def test_other_formats_give_the_same_digest(name, write, settings_for, few, tmp_path):
    plain = tmp_path / "plain.csv"
    plain.write_bytes(csv_bytes(few))
    path = tmp_path / name
    write(few, path)
    changes = {"path": str(path)}
    if write is write_database:
        changes = {"path": f"sqlite:///{path}", "query": "SELECT * FROM customers WHERE City <> ':x, (100 %)?'"}
    expected = load_customers(settings_for(path=str(plain)))
    assert load_customers(settings_for(**changes)).digest == expected.digest


def test_missing_columns_that_nobody_needs_are_listed(settings_for, few, tmp_path):
    needed = ["Number of Referrals", "Tenure in Months", "Total Revenue", "Monthly Charge"]
    plain, copy = tmp_path / "plain.csv", tmp_path / "copy.csv"
    plain.write_bytes(csv_bytes(few))
    copy.write_bytes(csv_bytes(few.drop(columns=["City", "Latitude", "Offer", "Churn Reason"])))
    table = load_customers(settings_for(path=str(copy)), needed=needed)
    assert table.missing_columns == ("City", "Latitude", "Offer", "Churn Reason")
    assert table.digest == load_customers(settings_for(path=str(plain)), needed=needed).digest


def test_published_table_is_read_to_the_customer(settings_for, telecom):
    table = load_customers(settings_for(path=str(telecom)))
    assert table.accounting() == {
        "rows_read": 7043,
        "rows_used": 5174,
        "rows_not_selected": 1869,
        "rows_rejected": 0,
    }
    assert list(table.repairs.values()) == [120]
    assert len(load_customers(settings_for(path=str(telecom), keep="all")).customers) == 7043
    assert table.customers["Total Revenue"].mean() == pytest.approx(3418.374927, abs=5e-7)
    raw = pd.read_csv(telecom, keep_default_na=False, na_values=[""])
    kept = raw[raw["Customer Status"] != "Churned"].reset_index(drop=True)
    charge = kept["Monthly Charge"].where(kept["Monthly Charge"] >= 0, kept["Total Charges"] / kept["Tenure in Months"])
    np.testing.assert_array_equal(table.customers["Monthly Charge"], charge)
    assert table.customers["Offer"].tolist() == kept["Offer"].tolist()
    assert (table.customers["Internet Type"] == "No internet").sum() == kept["Internet Type"].isna().sum()
