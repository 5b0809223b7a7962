"""What speaks for and against each reading of a column of numbers: counts, money, codes, places in the calendar."""

from __future__ import annotations

from customer_segmentation.exploration.roles.evidence import MOST_KINDS, counts_something, named
from customer_segmentation.exploration.roles.meanings import Meaning, Weighed

_YEARS = (1900, 2100)
#: What a header says that is no amount brought, and how much it speaks against one.
_NO_AMOUNT = {
    "id": -5.0,
    "percent": -4.0,
    "score": -4.0,
    "age": -4.0,
    "money_other": -4.0,
    "code": -4.0,
    "count": -3.5,
    "counted": -3.0,
    "calendar": -3.0,
    "quantity": -3.0,
    "duration": -3.0,
    "price": -2.0,
}


def weigh_numbers(weighed: Weighed) -> None:  # noqa: C901 - one case after the other
    """Evidence for counts, durations, scores and places in the calendar."""
    facts, words = weighed.facts, weighed.facts.words
    low, high = float(facts.values.min()), float(facts.values.max())
    weighed.add(Meaning.measure, 1.0, f"numbers from {low:g} to {high:g}")
    if "count" in words and counts_something(facts):
        weighed.add(Meaning.count, 4.5, named(facts, "count"))
    elif counts_something(facts):
        weighed.add(Meaning.count, 4.0, named(facts, "counted"))
        if {"duration", "percent", "worth", "money", "score"} & words.concepts and "rate" not in words:
            weighed.add(Meaning.count, -1.0, "its header says more than that")
    elif facts.whole and low >= 0 and high < 1000 and not words.known:
        weighed.add(Meaning.count, 0.8, "small whole numbers")
    if Meaning.count in weighed.evidence and (not facts.whole or facts.currency):
        weighed.add(Meaning.count, -2.5, "not whole" if not facts.whole else f"it is written in {facts.currency}")
    for concept in ("duration", "extent", "age", "percent", "score", "money_other"):
        if concept in words and not (concept == "score" and Meaning.category in weighed.evidence and "kind" in words):
            weighed.add(Meaning.measure, 3.0, named(facts, concept))
            break
    if facts.percent:
        weighed.add(Meaning.measure, 3.0, "per cents")
    elif not facts.whole and not facts.money_like:
        weighed.add(Meaning.measure, 1.0, "")
    if low < 0:
        weighed.add(Meaning.measure, 0.5, "below 0 too")
    _calendar(weighed, low, high)
    quantity = "quantity" in words and not {"worth", "money", "price"} & words.concepts
    if quantity:
        weighed.add(Meaning.quantity, 4.7, named(facts, "quantity"))
    if "price" in words and not {"percent", "score", "worth", "total"} & words.concepts:
        weighed.add(Meaning.price, 4.7, named(facts, "price"))


def _calendar(weighed: Weighed, low: float, high: float) -> None:
    facts, words = weighed.facts, weighed.facts.words
    if not facts.whole or counts_something(facts):
        return
    years = low >= _YEARS[0] and high <= _YEARS[1]
    months = (
        years is False
        and low >= 190_001
        and high <= 210_012
        and ((facts.values % 100 >= 1) & (facts.values % 100 <= 12)).all()
    )
    if years and ({"calendar", "birth", "date", "duration"} & words.concepts):
        weighed.add(Meaning.calendar, 6.0, "a year of birth" if "birth" in words else "years of the calendar")
    elif years and facts.count > 1:
        told = bool({"worth", "money", "score", "quantity"} & words.concepts)
        weighed.add(Meaning.calendar, 1.0 if told else 3.5, "all lie between 1900 and 2100, as years do")
    elif months:
        weighed.add(Meaning.calendar, 3.0 + 2.0 * ("calendar" in words), "years and months as one number")
    elif (
        "calendar" in words and low >= 0 and high <= 366 and not {"duration", "rate"} & (words.concepts - {"calendar"})
    ):
        weighed.add(Meaning.calendar, 5.0, f"{named(facts, 'calendar')}, and all lie between {low:g} and {high:g}")
    elif "calendar" in words and low >= 0 and high <= 53 and "rate" not in words:
        weighed.add(Meaning.calendar, 4.5, f"{named(facts, 'calendar')}, and all lie between {low:g} and {high:g}")


def weigh_money(weighed: Weighed) -> None:  # noqa: C901 - one case after the other
    """Evidence that a number is money that customers have brought."""
    facts, words = weighed.facts, weighed.facts.words
    found = words.concepts
    if facts.percent or facts.leading_zeros:
        return
    if "worth" in found:
        weighed.add(Meaning.amount, 4.5, named(facts, "worth"))
    elif "money" in found:
        weighed.add(Meaning.amount, 3.0, named(facts, "money"))
        if "total" in found:
            weighed.add(Meaning.amount, 0.7, named(facts, "total"))
    elif "total" in found and len(words.found) == 1 and not facts.whole:
        weighed.add(Meaning.amount, 2.8, named(facts, "total"))
    if written := " and ".join(facts.currencies) or facts.currency:
        weighed.add(Meaning.amount, 2.5, f"it is written in {written}")
    shape = (1.2 if facts.money_like else 0.0) + (0.6 if facts.skewed else 0.0)
    if facts.money_like:
        weighed.add(Meaning.amount, 1.2, "it has cents")
    if facts.skewed and (facts.money_like or Meaning.amount in weighed.evidence):
        weighed.add(Meaning.amount, 0.6, "a few are far above the others")
    if Meaning.amount not in weighed.evidence:
        return
    if not words.known and shape > 1.5:
        weighed.add(Meaning.amount, 0.5, "")
    if "worth" in found and ("total" in found or facts.says_total):
        weighed.add(Meaning.amount, 0.7, "it is a total")
    if "rate" in found:
        weighed.add(Meaning.amount, -1.2, f"{named(facts, 'rate')}: a part only")
    for concept, weight in _NO_AMOUNT.items():
        if (
            concept in found
            and not (concept == "duration" and "rate" in found)
            and not (concept in ("counted", "count") and ("worth" in found or facts.currency or facts.money_like))
        ):
            weighed.add(Meaning.amount, weight, f"{named(facts, concept)}")
    if facts.whole and not facts.currency and "worth" not in found:
        high = float(facts.values.max())
        if high <= 100:
            weighed.add(Meaning.amount, -2.0, f"whole numbers up to {high:g}")
        if facts.unique and facts.one_by_one:
            weighed.add(Meaning.amount, -4.0, "numbers its rows")
    if facts.count <= 6 and len(facts.filled) >= 20:
        weighed.add(Meaning.amount, -2.0, f"only {facts.count} different numbers")


def weigh_codes(weighed: Weighed) -> None:
    """Add the evidence that a number names a place or a thing."""
    facts, words = weighed.facts, weighed.facts.words
    amounts = counts_something(facts) or {"duration", "worth", "money", "percent"} & words.concepts
    if "code" in words:
        weighed.add(Meaning.code, 1.0 if amounts else 6.0, f"{named(facts, 'code')}: it names a place or a thing")
    if facts.leading_zeros and not (
        facts.unique or "person" in words
    ):  # codes of places repeat, those of people do not
        weighed.add(Meaning.code, 6.0, "whole numbers with leading zeros")
    elif (
        facts.whole and facts.fixed_length >= 4 and facts.count > MOST_KINDS and not words.known and not facts.currency
    ):
        weighed.add(Meaning.code, 1.5, f"whole numbers, all of {facts.fixed_length} digits")
