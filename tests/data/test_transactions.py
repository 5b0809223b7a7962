"""Orders summed up to customers, against plain loops; dates however written; the account of the rows."""

import itertools
import statistics
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from customer_segmentation.data.load import load_customers
from customer_segmentation.data.order_sums import aggregate_orders
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.settings.data import ColumnSpec, DataSettings
from customer_segmentation.sources.parsing.dates import parse_dates
from customer_segmentation.sources.samples.orders import LAST_DAY, draw_orders

CONF = Path(__file__).parents[2] / "conf"


@pytest.fixture
def settings_for(tmp_path):
    contract = OmegaConf.load(CONF / "contract" / "rfm.yaml")
    schema = OmegaConf.structured(ColumnSpec)
    columns = {str(name): OmegaConf.to_object(OmegaConf.merge(schema, contract[name])) for name in contract}

    def build(frame=None, **changes):
        if frame is not None:
            frame.to_csv(tmp_path / "orders.csv", index=False)
            changes["path"] = str(tmp_path / "orders.csv")
        declared = OmegaConf.load(CONF / "data" / "orders.yaml")
        settings = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(DataSettings), declared, changes))
        settings.columns = columns
        return settings

    return build


ORDERS = pd.DataFrame(
    [
        ("A", "2024-01-01", 10.0),
        ("A", "2024-01-31", 30.0),
        ("A", "2024-02-02", -5.0),
        ("B", "2024-01-15", 7.5),
    ],
    columns=["Customer ID", "Order Date", "Amount"],
)


def test_a_customer_by_hand(settings_for):
    table = load_customers(settings_for(ORDERS))
    row = table.customers.set_index("Customer").loc["A"]
    assert row.to_dict() == {
        "Recency": 2.0,  # from the last date of the table, a return's, to the last order
        "Frequency": 2.0,
        "Monetary": 35.0,
        "Tenure": 32.0,
        "Average Basket": 20.0,
        "Returns": 1.0,
        "First Order": pd.Timestamp("2024-01-01"),
        "Last Order": pd.Timestamp("2024-01-31"),
        "Days Between Orders": 30.0,
        "Share Returned": 12.5,
    }
    assert np.isnan(table.customers["Days Between Orders"][1])  # B has one order
    assert table.columns["Last Order"].reference_date == "2024-02-02"
    assert table.value_column == "Monetary"
    assert table.id_column == "Customer"


def test_customers_as_a_plain_loop_sums_them_up():
    drawn = draw_orders(200, seed=5)
    orders = pd.DataFrame(
        {"customer": drawn["Customer ID"], "day": pd.to_datetime(drawn["Order Date"]), "amount": drawn["Amount"]}
    )
    reference = pd.Timestamp("2024-01-05")
    found = aggregate_orders(orders, reference_date=reference).set_index("Customer")
    for name in sorted(set(orders["customer"])):
        rows = [row for row in orders.itertuples() if row.customer == name]
        bought = [row for row in rows if row.amount >= 0]
        expected = {
            "Recency": (reference - max(row.day for row in bought)).days,
            "Frequency": len(bought),
            "Monetary": sum(row.amount for row in rows),
            "Tenure": (reference - min(row.day for row in bought)).days,
            "Average Basket": sum(row.amount for row in bought) / len(bought),
            "Returns": len(rows) - len(bought),
            "Share Returned": 100
            * -sum(row.amount for row in rows if row.amount < 0)
            / sum(row.amount for row in bought),
        }
        assert {key: found.loc[name, key] for key in expected} == pytest.approx(expected, abs=1e-5)
        days = sorted({row.day for row in bought})
        assert (found.loc[name, "First Order"], found.loc[name, "Last Order"]) == (days[0], days[-1])
        gaps = [(later - day).days for day, later in itertools.pairwise(days)]
        assert found.loc[name, "Days Between Orders"] == pytest.approx(statistics.median(gaps or [np.nan]), nan_ok=True)


def test_a_feature_of_the_gap_rejects_those_without_one_or_imputes_it(settings_for):
    kept = load_customers(settings_for(ORDERS), needed=["Recency"], blank=["Days Between Orders"])
    assert kept.customers["Customer"].tolist() == ["A", "B"]
    table = load_customers(settings_for(ORDERS, max_rejected_share=0.5), needed=["Days Between Orders"])
    assert table.customers["Customer"].tolist() == ["A"]
    assert table.accounting()["rows_rejected"] == 1
    with pytest.raises(DataError, match=r"orders on one day only; features\.impute keeps such customers"):
        load_customers(settings_for(ORDERS), needed=["Days Between Orders"])


def test_lines_of_one_order_count_once(settings_for):
    lines = ORDERS.iloc[[0, 1, 3]].assign(Invoice=["1", "1", "2"])
    frame = load_customers(settings_for(lines, transactions={"order": "Invoice"})).customers.set_index("Customer")
    assert frame.loc["A", "Frequency"] == 1
    assert frame.loc["A", "Average Basket"] == 40
    assert load_customers(settings_for(lines)).customers.set_index("Customer").loc["A", "Frequency"] == 2


def test_every_row_is_accounted_for_with_its_reason(settings_for):
    good = draw_orders(100, seed=1).drop(columns="Order ID").astype({"Amount": "str"})
    bad = pd.DataFrame(
        [("", "2023-01-01", "many"), ("X1", "soon", "3"), ("X2", "2023-01-01", "a lot"), ("X3", "2023-01-01", "-4"),
         ("X4", "2023-01-01", "4"), ("X4", "2023-01-02", "-9"), ("X5", "", "1")],
        columns=good.columns,
    )  # fmt: skip
    table = load_customers(settings_for(pd.concat([good, bad]), max_rejected_share=0.5))
    numbers = table.accounting()
    assert numbers == {
        "rows_read": len(good) + 7,
        "rows_used": len(good),
        "rows_not_selected": 0,
        "rows_rejected": 7,
    }
    assert table.rejected["row"].tolist() == list(range(len(good) + 2, len(good) + 9))
    reasons = table.rejected["reason"].tolist()
    for reason, word in zip(
        reasons,
        ["is not a number", "'soon' is not a date", "is not a number", "no order", "exceed", "exceed", "is missing"],
        strict=True,
    ):
        assert word in reason
    assert len(table.customers) == 100
    with pytest.raises(DataError, match=r"more than data\.max_rejected_share"):
        load_customers(settings_for(pd.concat([good, bad]), max_rejected_share=0.001))


def test_orders_of_guests_are_set_apart_and_told(settings_for):
    guests = pd.DataFrame([("", "2024-01-03", 12.0), ("0", "2024-01-03", 8.0)], columns=ORDERS.columns)
    both = pd.concat([ORDERS, guests], ignore_index=True)
    asked = {"guests": ["0"]}
    table = load_customers(settings_for(both, max_rejected_share=0.0, transactions=asked))
    assert table.accounting() == {
        "rows_read": len(both), "rows_used": len(ORDERS), "rows_not_selected": 2, "rows_rejected": 0
    }  # fmt: skip
    alone = load_customers(settings_for(ORDERS))
    assert table.digest == alone.digest
    assert alone.notes == ()
    bought = ORDERS["Amount"].astype(float).clip(lower=0).sum()
    (sentence,) = table.notes
    assert sentence.startswith("2 rows without a Customer ID (")
    assert f"{100 * 20 / (bought + 20):.1f}" in sentence
    one = load_customers(settings_for(both, transactions={"guests": []}))
    assert "is the order of a guest" in one.notes[0]
    assert "0" in set(one.customers["Customer"])


def test_a_column_without_most_customers_is_refused(settings_for):
    orders = ORDERS.assign(**{"Customer ID": ["A", *[""] * (len(ORDERS) - 1)]})
    with pytest.raises(DataError, match=r"of the rows have no Customer ID.*data\.transactions\.customer"):
        load_customers(settings_for(orders))


def test_orders_after_the_reference_date_are_not_selected(settings_for):
    table = load_customers(settings_for(ORDERS, transactions={"reference_date": "2024-01-20"}))
    assert table.accounting()["rows_not_selected"] == 2
    assert table.customers.set_index("Customer")["Recency"].to_dict() == {"A": 19.0, "B": 5.0}


def test_full_returns_leave_no_dust(settings_for):
    orders = pd.DataFrame(
        [("A", "2024-01-01", 0.1), ("A", "2024-01-01", 0.2), ("A", "2024-01-02", -0.3)], columns=ORDERS.columns
    )
    assert load_customers(settings_for(orders)).customers["Monetary"].tolist() == [0.0]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
def test_files_with_typed_dates_give_the_same_customers(settings_for, tmp_path, suffix):
    typed = ORDERS.assign(**{"Order Date": pd.to_datetime(ORDERS["Order Date"])})
    path = tmp_path / f"typed.{suffix}"
    {"csv": typed.to_csv, "parquet": typed.to_parquet, "xlsx": typed.to_excel}[suffix](path, index=False)
    assert load_customers(settings_for(path=str(path))).digest == load_customers(settings_for(ORDERS)).digest


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"transactions": {"customer": "Klient"}}, DataError, "no customer column 'Klient'"),
        ({"transactions": {"customer": "Klient"}}, DataError, "data.transactions.customer="),
        ({"transactions": {"date": "Amount"}}, SettingsError, "both 'Amount'"),
        ({"transactions": {"date": ""}}, SettingsError, "data.transactions.date is not set"),
        ({"transactions": {"reference_date": "soon"}}, SettingsError, "2024-12-31"),
        ({"transactions": {"reference_date": "1999-01-01"}}, SettingsError, "before the first order"),
        ({"transactions": {"date_format": "%d.%m.%Y"}}, DataError, "no date that can be read"),
        ({"keep": "staying"}, SettingsError, "data.keep=all"),
    ],
)
def test_bad_settings_end_in_a_sentence(settings_for, changes, error, words):
    with pytest.raises(error) as caught:
        load_customers(settings_for(ORDERS, **changes))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


DAYS = pd.to_datetime(["2023-01-31", "2024-02-29", "2021-12-05"])


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%b-%Y", "%B %d, %Y", "%Y%m%d", "%d/%m/%y",
     "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S+00:00", "%m/%d/%Y %I:%M %p", "%Y/%m/%d %H:%M"],
)  # fmt: skip
def test_dates_are_read_as_they_were_written(form):
    texts = pd.Series((DAYS + pd.Timedelta(hours=13)).strftime(form), dtype="str")
    assert parse_dates(texts).tolist() == DAYS.tolist()


def test_dates_that_may_be_either_way_round_are_refused():
    texts = pd.Series(["01/02/2024", "03/04/2024"], dtype="str")
    with pytest.raises(DataError, match="day first or month first"):
        parse_dates(texts, where="Date of orders.csv")
    assert parse_dates(texts, date_format="%m/%d/%Y", where="Date").tolist() == [
        pd.Timestamp("2024-01-02"),
        pd.Timestamp("2024-03-04"),
    ]


def test_what_is_no_date_stays_missing():
    texts = pd.Series(["2024-01-01", "2024-01-02", "2024-01-03", "soon", None, "2024-02-30", "0001-01-01"], dtype="str")
    assert parse_dates(texts).isna().tolist() == [False] * 3 + [True] * 4


def test_the_built_in_orders_are_a_shops():
    for seed in (1, 2, 3):
        orders = draw_orders(2000, seed=seed)
        assert orders.equals(draw_orders(2000, seed=seed))
        bought = orders[orders["Amount"] > 0]
        days = pd.to_datetime(orders["Order Date"])
        per_customer = bought.groupby("Customer ID").size()
        assert per_customer.size == 2000
        assert 0.25 < (per_customer == 1).mean() < 0.6  # one-time buyers
        assert bought["Amount"].skew() > 1
        months = days.dt.month.value_counts()
        assert months[[11, 12]].mean() > 1.2 * months[[7, 8]].mean()
        last = pd.to_datetime(bought.groupby("Customer ID")["Order Date"].max())
        assert ((LAST_DAY - last).dt.days > 180).mean() > 0.25  # lapsed
        assert days.is_monotonic_increasing
        assert days.max() <= LAST_DAY
        assert (orders.groupby("Customer ID")["Amount"].sum() > -0.005).all()
        assert 0.02 < (orders["Amount"] < 0).mean() < 0.09
        assert np.isfinite(orders["Amount"]).all()


@pytest.mark.parametrize(
    "several",
    [
        {"Amount": ["10 EUR", "30 EUR", "-5 EUR", "7.50 USD"]},
        {"Amount": ["€10", "€30", "-€5", "$7.50"]},
        {"Amount": ["10 €", "30 €", "-5 €", "7,50 R$"]},
        {"Amount": ["10 €", "30 €", "-5 €", "7,50 TL"]},
        {"Currency": ["EUR", "eur", "", "USD"]},
        {"Währung": ["€", "EUR", "EUR", "CHF"]},
        {"Order Currency": ["EUR", "EUR", "EUR", "USD"]},
        {"currency_iso": ["EUR", "EUR", "EUR", "USD"]},
        {"Amount": ["10 eur", "30 eur", "-5 eur", "7.50 usd"]},
    ],
)
def test_money_of_several_currencies_is_refused(settings_for, several):
    with pytest.raises(DataError, match=r"amounts of 2 currencies \(EUR in [23] rows, (USD|CHF|BRL|TRY) in 1 row\)"):
        load_customers(settings_for(ORDERS.assign(**several)))


def test_a_sign_of_money_that_nobody_listed_is_a_currency_too(settings_for):
    with pytest.raises(DataError, match=r"2 currencies \(EUR in 3 rows, ₦ in 1 row\)"):
        load_customers(settings_for(ORDERS.assign(Amount=["10 €", "30 €", "-5 €", "7.50 ₦"])))


@pytest.mark.parametrize(
    "one",
    [
        {"Amount": ["10 €", "30 EUR", "-5", "7.50€"]},
        {"Currency": ["EUR", "eur", "", " €"]},
        {"Note": list("abcd")},
        {"Currency Rate": [1, 2, 3, 4]},
    ],
)
def test_one_currency_however_written_is_none_of_that(settings_for, one):
    assert load_customers(settings_for(ORDERS.assign(**one))).customers["Monetary"].sum() == 42.5
