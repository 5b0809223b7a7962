"""Money that comes every period, and what became of a customer, by the words of a header."""

import pytest

from customer_segmentation.exploration.roles.column_guesses import EVENTS, period_of


@pytest.mark.parametrize(
    ("words", "period"),
    [
        (["jahresertrag"], "year"),
        (["monatsbeitrag"], "month"),
        (["jahrlich", "beitrag"], "year"),
        (["monthly", "price"], "month"),
        (["price", "per", "month"], "month"),
        (["beitrag", "pro", "jahr"], "year"),
        (["price", "month", "per"], ""),
        (["jahr"], ""),
        (["umsatz"], ""),
        (["monthly", "income"], ""),
    ],
)
def test_money_of_a_period_is_known_by_its_header(words, period):
    assert period_of(words, money=True) == period


@pytest.mark.parametrize(
    ("header", "event"),
    [
        ("Kündigung", "cancellation"),
        ("storniert", "cancellation"),
        ("abgewandert", "churn"),
        ("Churned?", "churn"),
        ("lapsed", "lapse"),
    ],
)
def test_an_outcome_has_a_name_in_the_report(header, event):
    assert next(called for begins, called in EVENTS.items() if begins in header.casefold()) == event
