"""Cells become typed values: the same from numbers, texts, objects and categories, and without touching the input."""

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.data.cleaning import prepare_columns
from customer_segmentation.data.table import digest_of
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Repair
from customer_segmentation.sources.samples.telecom import draw_customers


@pytest.fixture(scope="module")
def raw():
    return draw_customers(400, seed=7)


def as_texts(frame):
    return frame.astype(object).where(frame.notna(), "").astype(str)


@pytest.mark.parametrize(
    "change",
    [
        as_texts,
        lambda frame: as_texts(frame).astype("category"),
        lambda frame: frame.astype(object),
        lambda frame: frame.convert_dtypes(),
        lambda frame: frame.astype(object).where(frame.notna(), None),
        lambda frame: frame.replace({"Yes": True, "No": False}),
        lambda frame: frame.replace({"Yes": 1, "No": 0}),
    ],
    ids=["texts", "categories", "objects", "nullable", "None", "booleans", "ones and zeros"],
)
def test_kind_of_cells_does_not_matter(change, raw, contract):
    expected = prepare_columns(raw, contract)
    prepared = prepare_columns(change(raw), contract)
    pd.testing.assert_frame_equal(prepared.frame, expected.frame)
    assert digest_of(prepared.frame) == digest_of(expected.frame)
    assert prepared.repairs == expected.repairs
    assert len(prepared.problems) == 0


def test_blanks_are_filled_as_declared(raw, contract):
    frame = prepare_columns(raw, contract).frame
    internet = raw["Internet Service"] == "Yes"
    assert (frame["Internet Type"] == raw["Internet Type"].fillna("No internet")).all()
    assert (frame["Online Security"] == (internet & (raw["Online Security"] == "Yes"))).all()
    np.testing.assert_array_equal(frame["Avg Monthly GB Download"], raw["Avg Monthly GB Download"].fillna(0))
    assert frame["Offer"].tolist() == raw["Offer"].tolist()
    assert frame["Churn Reason"].isna().sum() == (raw["Customer Status"] != "Churned").sum()


def test_repair_replaces_only_what_is_too_low(raw, contract):
    prepared = prepare_columns(raw, contract)
    wrong = raw["Monthly Charge"] < 0
    average = raw["Total Charges"] / raw["Tenure in Months"]
    np.testing.assert_array_equal(prepared.frame["Monthly Charge"], raw["Monthly Charge"].mask(wrong, average))
    assert list(prepared.repairs.values()) == [wrong.sum()]


def test_repair_without_its_columns_is_a_problem(raw, contract):
    prepared = prepare_columns(raw[["Monthly Charge"]], contract)
    wrong = np.flatnonzero(raw["Monthly Charge"] < 0)
    assert prepared.problems["row"].tolist() == wrong.tolist()
    assert prepared.problems["reason"].str.contains("Total Charges, Tenure in Months for its repair is absent").all()
    assert prepared.frame["Monthly Charge"].isna().sum() == len(wrong)


def test_input_and_output_do_not_share_changes(raw, contract):
    frame = raw[["Total Revenue", "Customer ID"]].copy()
    before = frame.copy(deep=True)
    prepared = prepare_columns(frame, contract).frame
    frame.loc[0, "Total Revenue"] = -1.0
    assert prepared.loc[0, "Total Revenue"] == before.loc[0, "Total Revenue"]
    prepared.loc[1, "Total Revenue"] = -2.0
    assert frame.loc[1, "Total Revenue"] == before.loc[1, "Total Revenue"]


def test_problems_name_row_column_and_value():
    columns = {
        "months": ColumnSpec(type=ColumnType.integer, minimum=0, maximum=100),
        "member": ColumnSpec(type=ColumnType.yes_no),
        "plan": ColumnSpec(type=ColumnType.category, values=["Basic", "Gold"]),
    }
    frame = pd.DataFrame(
        {
            "months": ["1", "x", "-1", "101", "2.5", "inf", None, [1]],
            "member": [True, "no", 2, "?", None, "yes", "perhaps", 0.0],
            "plan": ["basic", "GOLD", "Silver", "", None, 3, "Gold ", "Basic"],
        },
        index=list("abcdefgh"),
    )
    prepared = prepare_columns(frame, columns)
    found = {(row, column) for row, column in prepared.problems[["row", "column"]].itertuples(index=False)}
    months = {(row, "months") for row in (1, 2, 3, 4, 5, 7)}
    assert found == months | {(2, "member"), (6, "member"), (2, "plan"), (5, "plan")}
    assert prepared.frame.index.tolist() == list("abcdefgh")
    assert prepared.frame["months"].tolist()[:1] == [1.0]
    assert prepared.frame["months"].isna().sum() == 7
    assert str(prepared.frame["member"].dtype) == "boolean"
    assert prepared.frame["plan"].tolist()[:2] == ["Basic", "Gold"]


def test_one_row_and_no_row():
    columns = {
        "a": ColumnSpec(type=ColumnType.number, repair=Repair(below=0, using="b")),
        "b": ColumnSpec(ColumnType.number),
    }
    one = prepare_columns(pd.DataFrame({"b": ["3"], "a": [-1], "c": ["left out"]}), columns)
    assert one.frame.to_dict("list") == {"a": [3.0], "b": [3.0]}
    none = prepare_columns(pd.DataFrame({"a": [], "b": []}), columns)
    assert none.frame.shape == (0, 2)
    assert none.frame.dtypes.tolist() == [np.float64, np.float64]


def test_digest_follows_values_names_and_order():
    frame = pd.DataFrame({"x": [1.0, np.nan], "s": ["ab", "c"], "b": [True, False]})
    digest = digest_of(frame)
    assert digest == digest_of(frame.set_axis([5, 9]))
    assert digest == digest_of(frame.assign(s=frame["s"].astype(object)))
    assert digest_of(frame.assign(x=[0.0, 1])) == digest_of(frame.assign(x=[-0.0, 1]))
    changed = [
        frame.assign(s=["a", "bc"]),
        frame.assign(s=["ab", None]),
        frame.assign(x=[1.0, 0.0]),
        frame.assign(b=[False, False]),
        frame.rename(columns={"x": "y"}),
        frame[["s", "x", "b"]],
        frame.iloc[::-1],
        frame.head(1),
    ]
    assert len({digest, *map(digest_of, changed)}) == len(changed) + 1


def test_a_date_is_the_day_that_is_written_whatever_form_it_comes_in():
    spec = ColumnSpec(type=ColumnType.date, reference_date="2024-06-30")
    cells = [
        "2024-06-29",
        "2024/6/29",
        "29 Jun 2024",
        "June 29, 2024",
        "20240629",
        "2024-06-29T23:59:00+02:00",
        20240629,
    ]
    cells += [pd.Timestamp("2024-06-29 10:15"), pd.Timestamp("2024-06-29 23:59", tz="Asia/Tokyo"), None]
    prepared = prepare_columns(pd.DataFrame({"day": pd.Series(cells, dtype=object)}), {"day": spec})
    assert prepared.problems.empty
    assert prepared.frame["day"].isna().tolist() == [False] * 9 + [True]
    assert prepared.frame["day"].dropna().eq(pd.Timestamp("2024-06-29")).all()
    again = prepare_columns(prepared.frame, {"day": spec})
    pd.testing.assert_frame_equal(again.frame, prepared.frame)
    assert digest_of(again.frame) == digest_of(prepared.frame)
    typed = prepare_columns(pd.DataFrame({"day": pd.Series([pd.Timestamp("2024-06-29 10:15")] * 2)}), {"day": spec})
    assert typed.frame["day"].eq(pd.Timestamp("2024-06-29")).all()


def test_a_date_that_is_wrong_or_could_be_two_is_told():
    cells = pd.DataFrame({"day": ["3/4/2024", "2024-07-01", "31.2.2024", "45000", "soon", ""]})
    plain = ColumnSpec(type=ColumnType.date, reference_date="2024-06-30")
    assert prepare_columns(cells, {"day": plain}).problems["reason"].tolist() == [
        "is a date with day or month first; say which by date_format",
        "is after 2024-06-30, the reference date",
        "is a date with day or month first; say which by date_format",
        "is not a date",
        "is not a date",
    ]
    formed = ColumnSpec(type=ColumnType.date, reference_date="2024-06-30", date_format="%d/%m/%Y", fill="30/06/2024")
    prepared = prepare_columns(cells, {"day": formed})
    assert prepared.frame["day"].dt.strftime("%m-%d").tolist()[0] == "04-03"
    assert prepared.frame["day"].iloc[-1] == pd.Timestamp("2024-06-30")
    assert prepared.problems["reason"].tolist() == [
        "is after 2024-06-30, the reference date",  # YYYY-MM-DD is read beside any form
        *["is not a date of the form %d/%m/%Y"] * 3,
    ]
    ahead = ColumnSpec(type=ColumnType.date, reference_date="2024-06-30", future=True)
    assert prepare_columns(cells, {"day": ahead}).frame["day"].max() == pd.Timestamp("2024-07-01")


def test_amount_in_another_currency_is_no_number_of_the_column():
    spec = {"Paid": ColumnSpec(type=ColumnType.number, unit="$/month"), "Fee": ColumnSpec(type=ColumnType.number)}
    cells = ["$5", "6", "US$ 7", "€8", "9 EUR", "10 kr", "CAD 11"]
    prepared = prepare_columns(pd.DataFrame({"Paid": cells, "Fee": cells}), spec)
    np.testing.assert_array_equal(prepared.frame["Paid"], [5, 6, 7, np.nan, np.nan, np.nan, 11])
    np.testing.assert_array_equal(prepared.frame["Fee"], [5, 6, 7, 8, 9, 10, 11])  # of no currency: none is another
    assert prepared.problems["row"].tolist() == [3, 4, 5]
    assert set(prepared.problems["reason"]) == {"is an amount in another currency than $/month"}
