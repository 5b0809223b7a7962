"""Columns that are called as ours are: no frame, file or label of this program takes one for the other."""

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.data.load import load_customers
from customer_segmentation.formatting import told_apart
from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings, Role

OURS = ("row", "reason", "file", "share", "customers", "segment", "k", "column", "index", "mean", "Discount",
        "Discount (%)", "Скидка")  # fmt: skip


@pytest.fixture
def table(tmp_path):
    draw = np.random.default_rng(3)
    frame = pd.DataFrame({name: draw.normal(10 + at, 1, 60).round(2).astype(str) for at, name in enumerate(OURS)})
    frame.insert(0, "Customer ID", [f"C{number}" for number in range(60)])
    frame.loc[4, "row"] = "many"
    return frame


def settings_of(path):
    number = ColumnSpec(type=ColumnType.number, role=Role.numeric)
    columns = {"Customer ID": ColumnSpec(role=Role.id), **dict.fromkeys(OURS, number)}
    return DataSettings(path=str(path), columns=columns)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_table_is_read_with_its_own_values(table, tmp_path, parts):
    paths = []
    for at in range(parts):
        paths.append(tmp_path / f"t{at}.csv")
        part = table.iloc[at::parts]
        # the second file has its columns in another order
        part[list(part)[:: -1 if at else 1]].to_csv(paths[-1], index=False)
    loaded = load_customers(settings_of(tmp_path / "t*.csv"))
    read = loaded.customers.set_index("Customer ID")
    expected = table.drop(index=4).set_index("Customer ID")[list(OURS)].astype(float).loc[read.index]
    pd.testing.assert_frame_equal(read[list(OURS)].astype(float), expected, check_dtype=False)
    (aside,) = loaded.rejected.to_dict("records")
    assert aside["reason"].startswith("row: 'many'")
    assert aside["row"] == (6 if parts == 1 else 4)  # the header is row 1
    assert "many" in aside.values()


def test_a_broken_row_of_such_a_table_is_told(table, tmp_path):
    path = tmp_path / "t.csv"
    table.to_csv(path, index=False)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], lines[3] + ",1,2", *lines[4:]]) + "\n")
    aside = load_customers(settings_of(path)).rejected
    assert sorted(aside["row"]) == [4, 6]
    assert aside.columns.tolist()[-2:] == ["row", "reason"]
    assert aside.columns.is_unique


def test_a_feature_that_is_called_as_a_column_of_ours_is_told_apart():
    assert told_apart(["share", "age"], ["segment", "share"]) == ["share (feature)", "age"]
    assert told_apart(["share", "share (feature)"], ["share"]) == ["share (feature 2)", "share (feature)"]
