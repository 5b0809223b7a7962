"""Guesses about columns: roles, types, units, and above all what is left alone."""

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.exploration.roles.date_columns import with_dates
from customer_segmentation.exploration.roles.table_reading import read_table
from customer_segmentation.exploration.roles.vocabulary import slug
from customer_segmentation.settings.data import ColumnType, Role

N = 200
RNG = np.random.default_rng(0)


def guess(cells, header="Column", **further):
    """Guess for one column beside an id."""
    frame = pd.DataFrame({"Customer ID": [f"C{at}" for at in range(N)], "x": cells})
    return read_table(frame, ["Customer ID", header], **further).guesses[1]


WHOLE = [str(number) for number in RNG.integers(1, 90, N)]


@pytest.mark.parametrize(
    ("header", "cells", "kind", "role"),
    [
        ("Age", WHOLE, "integer", "numeric"),
        ("Score", [f"{number:.2f}" for number in RNG.normal(0, 3, N)], "number", "numeric"),
        ("Zip Code", [f"{number:05d}" for number in RNG.integers(10000, 99999, N)], "text", "ignore"),
        ("Depot", [f"{number:04d}" for number in RNG.integers(0, 999, N)], "text", "ignore"),  # leading zeros
        ("Sales Rep ID", WHOLE, "text", "ignore"),
        ("Latitude", RNG.normal(50, 1, N), "text", "ignore"),
        ("Row", [str(at) for at in range(1, N + 1)], "text", "ignore"),
        ("store", [str(number) for number in RNG.integers(1, 7, N)], "category", "categorical"),
        ("Plan", ["Basic", "Plus"] * (N // 2), "category", "categorical"),
        ("Sauna", ["ja", "nein"] * (N // 2), "yes_no", "categorical"),
        ("Newsletter", [1, 0] * (N // 2), "yes_no", "categorical"),
        ("VIP", ["x", ""] * (N // 2), "yes_no", "categorical"),
        ("Churn", ["Yes", "No"] * (N // 2), "yes_no", "outcome"),
        ("Is Active", ["Y", "N"] * (N // 2), "yes_no", "outcome"),
        ("Status", ["Cancelled", "Current"] * (N // 2), "category", "outcome"),
        ("Marital Status", ["single", "married"] * (N // 2), "category", "categorical"),
        ("Churn Score", WHOLE, "text", "ignore"),  # known afterwards
        ("Sessions left", WHOLE, "integer", "numeric"),
        ("Joined", pd.date_range("2020-01-01", periods=N), "text", "ignore"),
        ("Joined", pd.date_range("2020-01-01", periods=N).strftime("%d.%m.%Y"), "text", "ignore"),
        ("Name", [f"Jane {at} Doe" for at in range(N)], "text", "ignore"),
        ("Notes", [""] * 190 + ["called"] * 10, "text", "ignore"),
        ("Country", ["DE"] * N, "text", "ignore"),
        ("Empty", [None] * N, "text", "ignore"),
        ("Total Spend", [f"${number:,.2f}" for number in RNG.lognormal(6, 1, N)], "number", "value"),
        ("Umsatz", [f"{number},50 €" for number in RNG.integers(1, 99, N)], "number", "value"),
    ],
)
def test_type_and_role(header, cells, kind, role):
    found = guess(cells, header)
    assert (found.spec.type.value, found.spec.role.value) == (kind, role), found.why
    assert found.why


def test_outcome_says_which_values_are_the_event():
    assert guess(["Cancelled", "Current"] * (N // 2), "Status").spec.event_values == ["Cancelled"]
    assert guess(["Y", "N"] * (N // 2), "Is Active").spec.event_values == ["No"]


def test_a_few_words_among_numbers_are_blanks_and_many_make_it_no_number():
    few = guess([*WHOLE[:195], *["unknown"] * 5], "Age")
    assert few.spec.type is ColumnType.integer
    assert few.spec.na_values == ["unknown"]
    assert few.usable.sum() == 195
    assert np.isnan(few.numbers).sum() == 5
    assert guess([*WHOLE[:100], *[f"word {at}" for at in range(100)]], "Age").role is Role.ignore


def test_only_one_value_and_one_id():
    frame = pd.DataFrame(
        {
            "Card Key": [f"k{at}" for at in range(N)],
            "Member ID": [f"m{at}" for at in range(N)],
            "Monthly Fee": RNG.normal(30, 5, N),
            "Total Revenue": RNG.normal(300, 50, N),
            "Refunds": RNG.normal(3, 1, N),
        }
    )
    guesses = read_table(frame, list(frame)).guesses
    assert [one.header for one in guesses if one.role is Role.id] == ["Member ID"]
    assert [one.header for one in guesses if one.role is Role.value] == ["Total Revenue"]


def test_headers_that_no_contract_can_name():
    frame = pd.DataFrame([[1, 2, 3, 4], [2, 3, 4, 5]])
    guesses = read_table(frame, ["", "Plan", "plan ", "#"]).guesses
    assert [one.spec for one in guesses] == [None] * 4


@pytest.mark.parametrize(
    ("header", "cells", "unit"),
    [
        ("Tenure (months)", ["3"], "months"),
        ("Weight [kg]", ["3"], "kg"),
        ("Age", ["3"], "years"),
        ("Total", ["$3"], "$"),
        ("Betrag EUR", ["3"], "€"),
        ("Discount", ["3%"], "%"),
        ("Visits per Week", ["3"], ""),
        ("Thing", ["3"], ""),
    ],
)
def test_units(header, cells, unit):
    numbers = [f"{number}" for number in RNG.integers(20, 60, N)]
    written = [cells[0].replace("3", number) for number in numbers]
    assert guess(written, header).spec.unit == unit


@pytest.mark.parametrize(
    ("text", "name"), [("Größe (cm)", "groesse_cm"), ("Visits / Month", "visits_month"), ("客户", ""), ("é1", "e1")]
)
def test_slugs(text, name):
    assert slug(text) == name


def orders(**columns):
    frame = pd.DataFrame(
        {
            "Client No": np.repeat([f"c{at}" for at in range(N // 4)], 4),
            "Sold": pd.date_range("2022-01-01", periods=N).strftime("%Y-%m-%d"),
            "Unit Price": RNG.lognormal(2, 1, N),
            **columns,
        }
    )
    return read_table(frame, list(frame)).orders


def test_order_tables_are_recognised():
    found = orders(**{"Line Total": RNG.lognormal(3, 1, N), "Invoice No": np.arange(N) // 2})
    assert (found.customer, found.date, found.amount, found.order) == ("Client No", "Sold", "Line Total", "Invoice No")
    assert orders(Amount=RNG.lognormal(3, 1, N), **{"Order ID": np.arange(N)}).order == ""  # a row is an order


def test_one_row_a_customer_is_no_order_table():
    assert orders(**{"Customer ID": [f"x{at}" for at in range(N)]}) is None


def test_orders_of_customers_who_are_known_by_their_address():
    buyers = RNG.integers(0, 60, N)
    frame = pd.DataFrame(
        {
            "Order #": [str(90_000 + at) for at in range(N)],
            "Customer e-mail": [f"user{buyer}@example.org" for buyer in buyers],
            "Placed": ["2023-05-01", "2023-06-02"] * (N // 2),
            "Grand Total (USD)": [f"${number:,.2f}" for number in RNG.lognormal(4, 1, N)],
        }
    )
    found = read_table(frame, list(frame.columns)).orders
    assert (found.customer, found.date, found.amount) == ("Customer e-mail", "Placed", "Grand Total (USD)")


def test_dates_count_from_the_latest_one_but_for_those_that_lie_ahead():
    days = pd.date_range("2020-01-01", periods=N)
    frame = pd.DataFrame(
        {
            "Joined": days.strftime("%d/%m/%Y"),
            "Vertragsende": (days + pd.Timedelta(days=999)).strftime("%Y-%m-%d"),
            "Either": [f"{1 + at % 12}/{1 + at % 11}/2020" for at in range(N)],
            "Paid": np.arange(N) + 0.5,
        }
    )
    reading = read_table(frame, list(frame.columns))
    guesses, reference = with_dates(reading.guesses, None)
    found = {guess.header: guess for guess in guesses}
    assert reference == days[-1].strftime("%Y-%m-%d")
    assert found["Joined"].spec.date_format == "%d/%m/%Y"
    assert not found["Joined"].spec.future
    assert found["Vertragsende"].spec.future
    assert found["Joined"].numbers.tolist() == list(range(N - 1, -1, -1))
    assert found["Either"].spec.type.value == "text"
    assert "could be day first or month first, not used" in found["Either"].why
    _, given = with_dates(reading.guesses, "2031-01-01")
    assert given == "2031-01-01"
