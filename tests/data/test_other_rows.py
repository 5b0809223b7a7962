"""A header once more and totals under the last row are no customers, in a table of customers and in one of orders."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.data.load import load_customers
from customer_segmentation.data.other_rows import customer_rows, mark_totals
from customer_segmentation.data.rejections import RejectedRows
from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings, Population, Role, Transactions

COLUMNS = {
    "Member": ColumnSpec(ColumnType.text, Role.id),
    "Spent": ColumnSpec(ColumnType.number, Role.value),
    "Visits": ColumnSpec(ColumnType.number, Role.numeric),
}
RFM = {"Customer": ColumnSpec(ColumnType.text, Role.id), "Monetary": ColumnSpec(ColumnType.number, Role.value)}


@pytest.fixture
def members():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"Member": [f"m{at}" for at in range(60)], "Spent": rng.integers(1, 500, 60), "Visits": rng.integers(1, 9, 60)}
    )
    return frame.astype("str")


def written(frame, *rows, path="members.csv"):
    pd.concat([frame, pd.DataFrame(rows, columns=frame.columns)]).to_csv(path, index=False)
    return DataSettings(path=path, columns=COLUMNS)


def test_customers_who_are_not_kept_have_a_checksum_of_their_own(members):
    def told(**change):
        frame = members.assign(Left=["yes" if at % 3 == 0 else "no" for at in range(60)])
        frame.loc[0, list(change)] = list(change.values())  # one who has left
        settings = written(frame)
        kept = Population("Left", ["Yes"])
        settings = replace(settings, keep="staying", populations={"staying": kept})
        table = load_customers(
            replace(settings, columns={**COLUMNS, "Left": ColumnSpec(ColumnType.yes_no, Role.outcome)})
        )
        return table.digest, table.others_digest

    assert told() == told()
    assert told()[0] == told(Spent="1000")[0]
    assert told()[1] != told(Spent="1000")[1]
    assert load_customers(written(members)).others_digest == ""


@pytest.mark.parametrize("word", ["Total", "SUMME", "Toplam", "totale", "Итого", "合计"])
def test_a_row_of_totals_is_rejected(members, word):
    total = [word, str(members["Spent"].astype(int).sum()), str(members["Visits"].astype(int).sum())]
    table = load_customers(written(members, total))
    assert len(table.customers) == 60
    assert table.rejected["reason"].tolist() == ["is a row of totals"]


def test_a_customer_of_that_name_stays(members):
    assert len(load_customers(written(members, ["Total", "12", "3"])).customers) == 61


def test_a_header_that_comes_again_is_rejected(members):
    table = load_customers(written(members, list(members.columns)))
    assert len(table.customers) == 60
    assert table.rejected["reason"].str.contains("repeats the header").all()


def test_totals_of_orders_are_no_customer():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"who": [f"c{at % 20}" for at in range(80)], "when": "2024-02-03", "sum": rng.integers(1, 99, 80)}
    )
    frame.loc[80] = ["Total", "", frame["sum"].sum()]
    frame.to_csv("orders.csv", index=False)
    settings = DataSettings(
        path="orders.csv", columns=RFM, transactions=Transactions(customer="who", date="when", amount="sum")
    )
    assert "Total" not in set(load_customers(settings).customers["Customer"])


def test_ids_with_a_point_and_zeros_are_the_same_ids():
    frame = pd.DataFrame({"Member": ["17001.0", "17002", "0017"], "Spent": [1, 2, 3], "Visits": [1, 2, 3]})
    assert load_customers(written(frame)).customers["Member"].tolist() == ["17001", "17002", "0017"]


def test_rows_are_told_before_anything_is_known_of_the_columns(members):
    total = ["Summe", f"{members['Spent'].astype(int).sum()},00", ""]
    rows = pd.DataFrame([list(members.columns), total], columns=members.columns)
    kept = customer_rows(pd.concat([members, rows]), list(members.columns), decimal=",")
    assert kept.tolist() == [True] * 60 + [False] * 2


def test_no_row_is_read_as_text_where_no_number_is_a_sum(members):
    class Source:
        def rows_as_text(self, positions):
            raise AssertionError("a pass over the file")

    frame = members.assign(Spent=members["Spent"].astype(float), Visits=members["Visits"].astype(float))
    rejected = RejectedRows(np.arange(60))
    mark_totals(rejected, frame, Source(), np.arange(60))
    assert rejected.usable.all()
