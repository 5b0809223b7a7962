"""All evidence for the readings of one column."""

from __future__ import annotations

from collections.abc import Callable

from customer_segmentation.exploration.roles.evidence import (
    is_ticked,
    short,
    weigh_key,
    weigh_kinds,
    weigh_order_number,
    weigh_outcome,
    weigh_words,
)
from customer_segmentation.exploration.roles.facts import ColumnFacts
from customer_segmentation.exploration.roles.meanings import Meaning, Weighed
from customer_segmentation.exploration.roles.number_evidence import weigh_codes, weigh_money, weigh_numbers


def weigh(facts: ColumnFacts) -> Weighed:
    """Collect the evidence for every reading of a column.

    Parameters
    ----------
    facts : ColumnFacts

    Returns
    -------
    Weighed
        With at least one reading.
    """
    weighed = Weighed(facts)
    if not facts.count:
        weighed.add(Meaning.nothing, 9.0, "every cell is blank")
        return weighed
    if is_ticked(facts):
        weighed.add(Meaning.yes_no, 4.0, "ticked or blank")
        weigh_outcome(weighed)
        return weighed
    if facts.count == 1:
        weighed.add(Meaning.nothing, 9.0, f"every cell is {short(str(facts.distinct.iloc[0]))}")
        return weighed
    if facts.is_date:
        weighed.add(Meaning.date, 7.0, "dates")
        return weighed
    rules: list[Callable[[Weighed], None]] = [weigh_outcome, weigh_key, weigh_order_number, weigh_kinds]
    rules += [weigh_numbers, weigh_money, weigh_codes] if facts.numbers is not None else [weigh_words]
    for rule in rules:
        rule(weighed)
    return weighed
