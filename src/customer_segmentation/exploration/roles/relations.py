"""Evidence from several columns: products and sums, and keys that determine other columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from customer_segmentation.exploration.roles.evidence import MOST_CATEGORIES, is_event
from customer_segmentation.exploration.roles.facts import ColumnFacts
from customer_segmentation.exploration.roles.meanings import Meaning, Weighed
from customer_segmentation.exploration.roles.order_table import FEWEST_ORDERS
from customer_segmentation.formatting import percent

_MOST_TRIED = 4  # quantities, prices and totals whose products are compared
_MOST_CODES = 6  # numbers of orders and customers that are compared
_MOST_ROWS_EACH = 500  # rows of a customer on average, in a table of orders
_ALWAYS = 0.98
_MOST_FOLLOWING = 2  # columns that stand only after an event: its day, its reason


def relate_columns(columns: Mapping[int, Weighed], given: Mapping[int, Meaning]) -> None:
    """Evidence from several columns: a total is quantity times price, or the sum of the other amounts.

    Parameters
    ----------
    columns : position to the evidence on a column, which grows
    given : position to what the user said of it
    """

    def best(meaning: Meaning) -> list[Weighed]:
        found = [one for at, one in columns.items() if one.points(meaning) > 0 and given.get(at, meaning) is meaning]
        return sorted(found, key=lambda one: -one.points(meaning))[:_MOST_TRIED]

    _relate_keys(columns, given)
    _relate_consequences(columns, given)
    amounts = best(Meaning.amount)
    for price in best(Meaning.price):
        for quantity in best(Meaning.quantity):
            for amount in amounts:
                if len({id(price), id(quantity), id(amount)}) < 3:
                    continue
                share = is_total_of(amount.facts, [quantity.facts, price.facts], product=True)
                if share > 0.9:
                    told = f"{quantity.facts.header} times {price.facts.header} in {percent(share)} of the rows"
                    amount.add(Meaning.amount, 3.0, told)
                    quantity.add(Meaning.quantity, 1.0, f"times {price.facts.header} it is {amount.facts.header}")
                    price.add(Meaning.price, 1.0, f"times {quantity.facts.header} it is {amount.facts.header}")
    _relate_wholes(amounts)


def _relate_wholes(amounts: Sequence[Weighed]) -> None:
    """Evidence for the amount that holds the others: their sum, or never less than each."""
    if len(amounts) > 2:
        for total in amounts:
            parts = [one for one in amounts if one is not total]
            share = is_total_of(total.facts, [one.facts for one in parts], product=False)
            if share > 0.9:
                total.add(Meaning.amount, 1.5, f"the sum of {' and '.join(one.facts.header for one in parts)}")
    for whole in amounts:
        parts = [one for one in amounts if one is not whole]
        if parts and all(_never_less(whole.facts, one.facts) for one in parts):
            whole.add(Meaning.amount, 0.7, f"never less than {parts[0].facts.header}")


def _never_less(whole: ColumnFacts, part: ColumnFacts) -> bool:
    """Whether one amount holds another in it: larger in nearly every row, and not the same."""
    if whole.numbers is None or part.numbers is None:
        return False
    known = np.isfinite(whole.numbers) & np.isfinite(part.numbers)
    gap = (whole.numbers - part.numbers)[known]
    return len(gap) >= 20 and bool((gap >= 0).mean() >= _ALWAYS and (gap > 0).mean() > 0.5)


def _relate_consequences(columns: Mapping[int, Weighed], given: Mapping[int, Meaning]) -> None:
    """Evidence for outcomes and what follows them: a reason or a day that stands only where something happened."""
    for at, asked in columns.items():
        happened = None if at in given else _happened(asked)
        if happened is None:
            continue
        known = asked.facts.filled
        following = [
            one
            for other, one in columns.items()
            if other not in given
            and one is not asked
            and 0.01 < one.facts.share_filled < 0.99
            and (one.facts.filled == happened)[known].mean() >= _ALWAYS
        ]
        # What has many columns of its own, or answers and amounts, is something that a customer has, not an end.
        if following and Meaning.outcome not in asked.evidence and len(following) <= _MOST_FOLLOWING:
            telling = next((one for one in following if _tells_of_end(one.facts)), None)
            if telling is not None:
                why = f"yes or no, and {telling.facts.header} is filled only where it is yes"
                asked.add(Meaning.outcome, 5.0, why)
        if asked.points(Meaning.outcome) >= 5.0:
            for one in following:
                one.add(Meaning.later, 9.0, f"filled only where {asked.facts.header} tells of the event")


def _tells_of_end(facts: ColumnFacts) -> bool:
    """Whether a column that is filled after an event only may hold its day or its reason."""
    if facts.numbers is not None or facts.yes_no:
        return False
    return facts.is_date or not facts.words.known or bool({"leaving", "left", "reason"} & facts.words.concepts)


def _happened(weighed: Weighed) -> np.ndarray | None:
    """Rows in which a column tells of an event; None where it tells of none."""
    facts = weighed.facts
    if facts.yes_no:
        events = facts.answers == (0 if "staying" in facts.words and "leaving" not in facts.words else 1)
    elif Meaning.outcome in weighed.evidence and facts.count > 1:
        events = np.array([is_event(str(value)) for value in facts.distinct])
    else:
        return None
    rows: np.ndarray = np.append(events, False)[facts.codes]
    return rows


def _relate_keys(columns: Mapping[int, Weighed], given: Mapping[int, Meaning]) -> None:
    """Evidence for order and customer numbers: an order has one date and one customer, who has several orders."""
    codes = [
        one
        for at, one in columns.items()
        if at not in given
        and one.facts.count > MOST_CATEGORIES
        and FEWEST_ORDERS <= one.facts.rows_per_cell <= _MOST_ROWS_EACH
        and (one.facts.numbers is None or one.facts.whole)
        and one.facts.coded
        and (one.facts.numbers is None or one.facts.fixed_length > 3 or one.facts.words.known)
        and not one.facts.is_date
        and not {"entity", "code", "worth", "money", "counted", "duration", "quantity"} & one.facts.words.concepts
    ][:_MOST_CODES]
    dates = [one for one in columns.values() if one.facts.is_date and not one.facts.unique]
    if not codes or not dates:
        return
    found = False
    for order in codes:
        dated = max(determines(order.facts, date.facts) for date in dates[:_MOST_TRIED])
        if dated < _ALWAYS:
            continue
        for customer in codes:
            if customer is order or customer.facts.count >= order.facts.count:
                continue
            once = determines(order.facts, customer.facts)
            several = determines(customer.facts, order.facts)
            if once >= _ALWAYS and several < 0.5:
                found = True
                order.add(Meaning.order, 2.5, f"each has one date and one {customer.facts.header}")
                customer.add(Meaning.customer, 2.5, f"each {order.facts.header} has one, and it has several of these")
    shaped = [
        one
        for one in codes
        if one.facts.words.concepts <= {"id", "number"} and (one.facts.numbers is None or one.facts.fixed_length > 3)
    ]
    shaped = [] if any(one.facts.unique and one.points(Meaning.customer) > 0.5 for one in columns.values()) else shaped
    if (
        not found
        and len(shaped) == 1
        and max(determines(shaped[0].facts, date.facts) for date in dates[:_MOST_TRIED]) < 0.5
    ):
        shaped[0].add(Meaning.customer, 2.2, "a code that comes back on several dates")


def determines(one: ColumnFacts, other: ColumnFacts) -> float:
    """Share of a column's repeated cells that stand beside one cell of the other: 1 for an order's customer.

    Cells that stand in one row only tell nothing; without any that repeat it is 0.

    Parameters
    ----------
    one : the column whose cells repeat
    other : another one, of the same rows
    """
    both = (one.codes >= 0) & (other.codes >= 0)
    pairs = pd.DataFrame({"one": one.codes[both], "other": other.codes[both]})
    grouped = pairs.groupby("one")["other"]
    repeated = grouped.size() > 1
    return float((grouped.nunique()[repeated] == 1).mean()) if repeated.any() else 0.0


def is_total_of(total: ColumnFacts, parts: Sequence[ColumnFacts], *, product: bool) -> float:
    """Share of the rows in which a column is the product, or the sum, of others; 0 where too few have all.

    Parameters
    ----------
    total : the column in question
    parts : those it may be made of
    product : their product instead of their sum
    """
    columns = [part.numbers for part in parts]
    if total.numbers is None or any(column is None for column in columns):
        return 0.0
    stacked = np.array(columns)
    expected = stacked.prod(axis=0) if product else stacked.sum(axis=0)
    known = np.isfinite(expected) & np.isfinite(total.numbers)
    if known.sum() < 5:
        return 0.0
    gap = np.abs(total.numbers[known] - expected[known])
    return float((gap <= 0.011 + 0.005 * np.abs(expected[known])).mean())
