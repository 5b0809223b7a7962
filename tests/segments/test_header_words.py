import pytest

from customer_segmentation.segments.header_words import in_words, much, says_unit


@pytest.mark.parametrize(
    ("header", "unit", "words"),
    [
        ("cancelled_booking", "", "cancelled booking"),
        ("EstimatedSalary", "", "estimated salary"),
        ("lead_time_days", "days", "lead time"),
        ("umsatz_eur", "", "umsatz"),
        ("mrr_usd", "$/month", "mrr"),
        ("HasCrCard", "", "has cr card"),
        ("NPS", "", "NPS"),
        ("Monthly fee (€)", "€/month", "monthly fee"),
        ("Discount (%)", "", "discount (%)"),
        ("Tenure in Months", "months", "Tenure in Months"),
        ("eur", "", "eur"),
        ("_", "", "_"),
    ],
)
def test_headers_are_told_as_words(header, unit, words):
    assert in_words(header, unit) == words


def test_what_is_counted_is_many_or_few_and_the_rest_is_high_or_low():
    assert much("nights", above=True, strong=False) == "many nights"
    assert much("visits per month", above=False, strong=True) == "very few visits per month"
    assert much("status", above=True, strong=False) == "high status"
    assert much("avg rate", above=False, strong=True) == "very low avg rate"
    assert much("age", above=True, strong=False) == "older"
    assert much("", above=True, strong=False) == "high "


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Online-Logins pro Monat", "many Online-Logins pro Monat"),
        ("articles read (last 30d)", "many articles read (last 30d)"),
        ("# Seats", "many Seats"),
        ("Anzahlung", "high Anzahlung"),
        ("logins p. user p. month", "many logins p. user p. month"),
        ("Number of Referrals", "many Referrals"),
        ("alter", "older"),
    ],
)
def test_counts_are_known_by_their_header(name, words):
    assert much(name, above=True, strong=False) == words


@pytest.mark.parametrize(
    ("header", "unit", "said"),
    [
        ("Mean Revenue (EUR)", "€", True),
        ("umsatz_eur", "€", True),
        ("Total Revenue", "$", False),
        ("Tenure (month)", "months", True),
        ("Miles", "m", False),
        ("", "", True),
    ],
)
def test_a_unit_that_a_header_says_is_known(header, unit, said):
    assert says_unit(header, unit) is said
