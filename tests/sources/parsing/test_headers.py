"""Headers are matched by their letters; what is ambiguous or lacking is named."""

import pytest

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.parsing.headers import match_headers, refuse_lacking, spellings_of, suggestions

COLUMNS = {"Tenure in Months": ColumnSpec(synonyms=["Tenure"]), "Total Revenue": ColumnSpec(), "City": ColumnSpec()}


def match(headers, wanted=("Tenure in Months", "Total Revenue")):
    return match_headers(headers, COLUMNS, wanted=wanted, source="table.csv")


@pytest.mark.parametrize(
    "header", ["tenure_in_months", "TenureInMonths", " TENURE  IN MONTHS ", "tenure-in.months", "tenure"]
)
def test_spellings(header):
    found = match(["x", header])
    assert found.positions == {"Tenure in Months": 1}
    assert found.missing == ("Total Revenue", "City")
    assert found.ignored == ("x",)


def test_ambiguity_is_refused_where_it_matters():
    with pytest.raises(DataError, match=r"'Tenure' \(column 1\) and 'tenure_in_months' \(column 3\)"):
        match(["Tenure", "City", "tenure_in_months"])
    found = match(["City", "Total Revenue", "CITY", ""])
    assert found.positions == {"Total Revenue": 1}
    assert found.ignored == ("City", "CITY", "unnamed column 4")


def test_a_contract_that_contradicts_itself_is_refused():
    with pytest.raises(DataError, match="differ only in case"):
        spellings_of({"Id": ColumnSpec(), "ID": ColumnSpec()})
    with pytest.raises(DataError, match="already means 'City'"):
        spellings_of({"City": ColumnSpec(), "Town": ColumnSpec(synonyms=["city"])})


def test_columns_that_differ_in_a_sign_are_found_by_it():
    columns = {"Discount": ColumnSpec(), "Discount (%)": ColumnSpec(), "City": ColumnSpec()}
    found = match_headers(["city", "DISCOUNT (%)", "Discount"], columns, wanted=columns, source="table.csv")
    assert found.positions == {"Discount": 2, "Discount (%)": 1, "City": 0}


def test_lacking_columns_come_with_what_is_close():
    refuse_lacking([], ["a"], COLUMNS, source="table.csv")
    with pytest.raises(DataError, match=r"lacks the required column Total Revenue; .*'totl_revenue' may be"):
        refuse_lacking(["Total Revenue"], ["totl_revenue"], COLUMNS, source="table.csv")


def test_another_column_of_the_contract_is_not_what_was_meant_and_headers_that_nobody_takes_come_first():
    columns = {"Total Revenue": ColumnSpec(), "Total Revenues Lost": ColumnSpec(synonyms=["Total Revenue lost"])}
    headers = [f"c{i}" for i in range(20)] + ["Total Revenue Lost", "Total Refunds", "Umsatz"]
    shown, close = suggestions(["Total Revenue Lost", "Umsatz"], columns, ["Total Revenue"])
    assert close == {}
    assert shown == "Umsatz, Total Revenue Lost"
    shown, close = suggestions(headers, {name: ColumnSpec() for name in (*headers[:20], "Revenue")}, ["Revenue"])
    assert close == {}
    assert shown.startswith("Total Revenue Lost, Total Refunds, Umsatz, c0, ")
    assert shown.endswith(" and 11 more")


def test_a_header_with_the_sign_of_another_unit_is_another_column():
    columns = {"Discount (%)": ColumnSpec(), "Revenue": ColumnSpec(unit="$/month")}
    found = match_headers(["Discount ($)", "Revenue (€)"], columns, wanted=list(columns), source="t")
    assert found.missing == ("Discount (%)", "Revenue")
    assert match_headers(["discount %", "Revenue ($)"], columns, wanted=(), source="t").missing == ()


@pytest.mark.parametrize(
    ("unit", "header", "taken"),
    [("EUR", "Spend ($)", False), ("€", "Spend (₹)", False), ("EUR/month", "Spend €", True), ("EUR", "Spend Try", True),
     ("€", "Spend (%)", False), ("", "Spend £", True)],
)  # fmt: skip
def test_a_header_in_another_currency_is_not_the_column(unit, header, taken):
    spec = ColumnSpec(unit=unit, synonyms=["Spend Try"])
    assert ("Spend" in match_headers([header], {"Spend": spec}, wanted=[], source="x").positions) is taken
