"""What speaks for and against each reading of a column, by its header and its cells alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from customer_segmentation.explore.roles.facts import ColumnFacts
from customer_segmentation.explore.roles.vocabulary import cell_words, fold_text
from customer_segmentation.formatting import percent

MOST_KINDS = 15  # different whole numbers of a kind at most
MOST_CATEGORIES = 30
PER_CATEGORY = 5  # rows that a category needs on average
MOSTLY_BLANK = 0.5
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


class Meaning(Enum):
    """What a column means; several meanings have one role in a contract."""

    customer = "customer key"
    order = "order number"
    identifier = "identifier"  # of something else than customers and orders
    amount = "amount"
    quantity = "quantity"
    price = "price of one piece"
    date = "date"
    calendar = "calendar"  # a year, a week: a place in time as a number
    outcome = "outcome"
    later = "known afterwards"  # known only once a customer has left
    yes_no = "yes/no"
    category = "category"
    code = "code"
    count = "count"
    measure = "measure"
    text = "text"
    nothing = "ignored"


#: Meanings that have one effect on segments: to take one for the other changes nothing.
EFFECT = {
    **dict.fromkeys([Meaning.amount, Meaning.quantity, Meaning.price, Meaning.count, Meaning.measure], "numeric"),
    **dict.fromkeys([Meaning.yes_no, Meaning.category], "categorical"),
    Meaning.customer: "customer key",
    Meaning.outcome: "outcome",
}
IGNORED = "ignore"


def effect(meaning: Meaning) -> str:
    """What a column with this meaning does: numeric, categorical, outcome, customer key or ignore."""
    return EFFECT.get(meaning, IGNORED)


@dataclass(frozen=True)
class Evidence:
    """One thing that speaks for a reading, or with a negative weight against it."""

    weight: float
    text: str


@dataclass
class Weighed:
    """The readings of one column with what speaks for and against each."""

    facts: ColumnFacts
    evidence: dict[Meaning, list[Evidence]] = field(default_factory=dict)

    def add(self, meaning: Meaning, weight: float, text: str) -> None:
        """Add a piece of evidence."""
        self.evidence.setdefault(meaning, []).append(Evidence(weight, text))

    def points(self, meaning: Meaning) -> float:
        """Sum of the evidence for a reading; minus infinity where there is none at all."""
        found = self.evidence.get(meaning)
        return sum(piece.weight for piece in found) if found else -np.inf

    def ranked(self) -> list[tuple[Meaning, float]]:
        """Readings by their points, the best first."""
        return sorted(((one, self.points(one)) for one in self.evidence), key=lambda pair: -pair[1])

    def confidence(self, meaning: Meaning) -> float:
        """Probability of a reading's effect, were the points log-odds: between 0 and 1."""
        ranked = self.ranked()
        if not ranked:
            return 0.0
        points = np.array([value for _, value in ranked])
        shares = np.exp(points - points.max())
        same = np.array([effect(one) == effect(meaning) for one, _ in ranked])
        if not same.any():  # settled by the table as a whole, such as a second key
            return 1.0
        # The same effect counts once: ten ways to be a number do not make it one.
        return float(shares[same].max() / (shares[same].max() + (shares[~same].max() if (~same).any() else 0.0)))

    def reasons(self, meaning: Meaning, *, most: int = 3) -> list[str]:
        """What speaks for a reading, the strongest first."""
        found = sorted(self.evidence.get(meaning, []), key=lambda piece: -piece.weight)
        return [piece.text for piece in found if piece.weight > 0 and piece.text][:most]


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
    if _ticked(facts):
        weighed.add(Meaning.yes_no, 4.0, "ticked or blank")
        _outcome(facts, weighed)
        return weighed
    if facts.count == 1:
        weighed.add(Meaning.nothing, 9.0, f"every cell is {short(str(facts.distinct.iloc[0]))}")
        return weighed
    if facts.is_date:
        weighed.add(Meaning.date, 7.0, "dates")
        return weighed
    rules: tuple[Callable[[ColumnFacts, Weighed], None], ...] = (_outcome, _key, _order_number, _kinds)
    for rule in (*rules, *((_number, _money, _code) if facts.numbers is not None else (_words,))):
        rule(facts, weighed)
    return weighed


def short(text: str, limit: int = 30) -> str:
    """A cell in quotation marks, in one line."""
    text = re.sub(r"\s+", " ", text)
    return repr(text if len(text) <= limit else f"{text[: limit - 1]}…")


def is_event(value: str) -> bool:
    """Whether a value says that the customer is gone."""
    return _begins(value, "event") and not _begins(value, "remain")


def _begins(value: str, words: str) -> bool:
    plain = fold_text(value).strip()
    return any(
        plain == word or (len(word) > 3 and re.match(rf"{re.escape(word)}", plain)) for word in cell_words(words)
    )


def _ticked(facts: ColumnFacts) -> bool:
    return facts.count == 1 and 0 < facts.share_filled < 1 and facts.answers[0] == 1


def _named(facts: ColumnFacts, concept: str) -> str:
    return "its header says " + ", ".join(repr(phrase) for phrase in facts.words.phrases(concept)[:2])


def _counts(facts: ColumnFacts) -> bool:
    words = facts.words
    several = [concepts for _, concepts in words.found if "counted" in concepts and "person" not in concepts]
    people = any({"counted", "person"} <= concepts for _, concepts in words.found)
    if several and "id" not in words:
        return True
    if "count" in words:  # "número de cliente" is no count, "número de pedidos" is one
        return not ("number" in words and {"person", "order", "entity"} & words.concepts and not several)
    return people and not {"id", "number"} & words.concepts


def _names(facts: ColumnFacts) -> bool:
    """Whether the header has a word for an id or a number of something."""
    return bool({"id", "number"} & facts.words.concepts) and not _counts(facts)


def _pure(facts: ColumnFacts, *concepts: str) -> bool:
    """Whether every known word of the header speaks for one of the concepts, or for an id."""
    allowed = {*concepts, "id", "number"}
    return any(concept in facts.words for concept in concepts) and all(
        found & allowed for _, found in facts.words.found if found != {"total"}
    )


def _outcome(facts: ColumnFacts, weighed: Weighed) -> None:
    words = facts.words
    if "negation" in words or _counts(facts) or facts.is_date:
        return
    events = []
    if facts.numbers is None and not facts.yes_no and facts.count <= MOST_KINDS:
        events = [value for value in facts.distinct if is_event(value)]
        events = events if len(events) < facts.count else []
    answered = facts.yes_no or _ticked(facts)
    if "leaving" in words and not {"date", "duration"} & words.concepts:
        if answered and not {"score", "percent"} & words.concepts:
            weighed.add(Meaning.outcome, 6.0, f"yes or no, and {_named(facts, 'leaving')}")
        elif events:
            weighed.add(Meaning.outcome, 6.0, f"{_named(facts, 'leaving')}, and {_listed(events)} tells who has left")
        else:
            weighed.add(
                Meaning.later, 5.5, "known only once a customer has left, so that it may not shape the segments"
            )
    elif "staying" in words and answered and len(words.words) <= 3:
        weighed.add(Meaning.outcome, 5.8, f"yes or no, and {_named(facts, 'staying')}: No tells who has left")
    elif {"status", "left"} & words.concepts and (answered and "left" in words and "kind" not in words):
        weighed.add(Meaning.outcome, 5.5, f"yes or no, and {_named(facts, 'left')}")
    elif events:
        stays = any(_begins(value, "remain") for value in facts.distinct)
        named = bool({"status", "left", "staying"} & words.concepts)
        weight = 6.0 if named else 4.5 if stays else 2.5
        weighed.add(Meaning.outcome, weight, f"{_listed(events)} tells who has left")


def _listed(events: list[str]) -> str:
    return ", ".join(short(event) for event in events[:3])


def _key(facts: ColumnFacts, weighed: Weighed) -> None:
    """Evidence that a column names customers, or something else."""
    words, rows = facts.words, len(facts.filled)
    if facts.is_bool or facts.yes_no or (facts.numbers is not None and not facts.whole):
        return
    named = _names(facts)
    person = _pure(facts, "person") and not _counts(facts)
    if person:
        weighed.add(Meaning.customer, 4.5 if named else 3.0, _named(facts, "person"))
    elif facts.is_address:
        weighed.add(Meaning.customer, 2.0, "e-mail addresses")
    elif _pure(facts, "order", "entity") and named:
        pass
    elif "id" in words and all(found & {"id", "number"} for _, found in words.found):
        weighed.add(Meaning.customer, 2.5, _named(facts, "id"))
    elif (
        facts.unique
        and facts.share_filled == 1
        and words.concepts <= {"number"}
        and (facts.numbers is None or facts.fixed_length > 3)
    ):
        weighed.add(Meaning.customer, 1.5 if facts.coded else 0.5, "every cell differs")
    if Meaning.customer in weighed.evidence:
        if facts.unique:
            weighed.add(Meaning.customer, 1.5, "nearly every cell differs")
            if facts.one_by_one and not person:
                weighed.add(Meaning.customer, -0.5, "it may only number the rows")
        elif (rows >= 20 and facts.count <= 6) or (facts.count <= MOST_CATEGORIES and rows > 50 * facts.count):
            weighed.add(Meaning.customer, -2.0 if person and named else -5.0, f"it has {facts.count} different cells")
        if facts.long_text:
            weighed.add(Meaning.customer, -3.0, "its cells are sentences")
        if facts.numbers is None and not facts.coded and not facts.is_address:
            weighed.add(Meaning.customer, -1.0, "its cells are no codes")
        if facts.share_filled < MOSTLY_BLANK:
            weighed.add(Meaning.customer, -3.0, f"{percent(1 - facts.share_filled)} of its cells are blank")
        if facts.numbers is not None and (facts.values < -1).any():
            weighed.add(Meaning.customer, -4.0, "it has numbers below 0")
    if "entity" in words and named:
        weighed.add(Meaning.identifier, 4.5, f"{_named(facts, 'entity')} beside an id")
    elif named and not person and not _counts(facts):
        weighed.add(Meaning.identifier, 2.0, "its header is that of an id")
    if facts.one_by_one and facts.count > MOST_KINDS:
        weighed.add(Meaning.identifier, 4.0, "numbers its rows one by one")
    elif facts.whole and facts.unique and facts.count > MOST_KINDS and not words.known:
        weighed.add(Meaning.identifier, 1.2, "whole numbers that never repeat")


def _order_number(facts: ColumnFacts, weighed: Weighed) -> None:
    words = facts.words
    if facts.yes_no or (facts.numbers is not None and not facts.whole) or _counts(facts) or facts.long_text:
        return
    if "order" not in words or {"worth", "price", "kind", "status", "duration", "rate"} & words.concepts:
        return
    named = _names(facts)
    if named:
        weighed.add(Meaning.order, 5.5, f"{_named(facts, 'order')} beside an id")
    elif facts.count > MOST_CATEGORIES and not {"money", "date"} & words.concepts:
        distinct_enough = facts.count > 0.1 * len(facts.filled)
        weighed.add(Meaning.order, 2.5 + distinct_enough, _named(facts, "order"))
        if facts.coded and (facts.numbers is None or facts.fixed_length > 3):
            weighed.add(Meaning.order, 1.0, "its cells look like codes")


def _kinds(facts: ColumnFacts, weighed: Weighed) -> None:
    """Evidence for yes/no and categories."""
    words = facts.words
    if facts.yes_no:
        weighed.add(Meaning.yes_no, 4.5, "yes or no")
        return
    few = facts.count <= min(MOST_CATEGORIES, max(2, facts.filled.sum() / PER_CATEGORY))
    if facts.numbers is None:
        if few:
            weighed.add(Meaning.category, 3.0, f"{facts.count} different words")
            if "kind" in words:
                weighed.add(Meaning.category, 1.0, _named(facts, "kind"))
        return
    if not facts.whole or facts.count > MOST_KINDS or not few:
        return
    kind = "kind" in words
    quantity = _counts(facts) or {"duration", "age", "worth", "money", "quantity", "percent", "total"} & words.concepts
    if kind and not quantity:
        weighed.add(Meaning.category, 4.5, f"{facts.count} different whole numbers, and {_named(facts, 'kind')}")
        if {"score", "ordinal"} & words.concepts:
            weighed.add(Meaning.category, -1.5, "they may be in an order")
    elif not quantity and not {"score", "rate"} & words.concepts and facts.count <= 10:
        weighed.add(Meaning.category, 1.0, f"{facts.count} different whole numbers")
        values, counts = np.unique(facts.values, return_counts=True)
        falling = bool((np.diff(counts) <= 0).mean() > 0.7) and len(values) > 2
        first = values[0] == 1 and not falling
        weighed.add(
            Meaning.category, 0.5 if first else -0.5, "from 1, none of them the rarest by its size" if first else ""
        )


def _number(facts: ColumnFacts, weighed: Weighed) -> None:
    """Evidence for counts, durations, scores and places in the calendar."""
    words, values = facts.words, facts.values
    low, high = float(values.min()), float(values.max())
    weighed.add(Meaning.measure, 1.0, f"numbers from {low:g} to {high:g}")
    if "count" in words and _counts(facts):
        weighed.add(Meaning.count, 4.5, _named(facts, "count"))
    elif _counts(facts):
        weighed.add(Meaning.count, 4.0, _named(facts, "counted"))
        if {"duration", "percent", "worth", "money", "score"} & words.concepts and "rate" not in words:
            weighed.add(Meaning.count, -1.0, "its header says more than that")
    elif facts.whole and low >= 0 and high < 1000 and not words.known:
        weighed.add(Meaning.count, 0.8, "small whole numbers")
    if Meaning.count in weighed.evidence and (not facts.whole or facts.currency):
        weighed.add(Meaning.count, -2.5, "not whole" if not facts.whole else f"it is written in {facts.currency}")
    for concept in ("duration", "age", "percent", "score", "money_other"):
        if concept in words:
            weighed.add(Meaning.measure, 3.0, _named(facts, concept))
            break
    if facts.percent:
        weighed.add(Meaning.measure, 3.0, "per cents")
    elif not facts.whole and not facts.money_like:
        weighed.add(Meaning.measure, 1.0, "")
    if low < 0:
        weighed.add(Meaning.measure, 0.5, "below 0 too")
    _calendar(facts, weighed, low, high)
    quantity = "quantity" in words and not {"worth", "money", "price"} & words.concepts
    if quantity:
        weighed.add(Meaning.quantity, 4.7, _named(facts, "quantity"))
    if "price" in words and not {"percent", "score", "worth", "total"} & words.concepts:
        weighed.add(Meaning.price, 4.7, _named(facts, "price"))


def _calendar(facts: ColumnFacts, weighed: Weighed, low: float, high: float) -> None:
    words = facts.words
    if not facts.whole or _counts(facts):
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
        named = bool({"worth", "money", "score", "quantity"} & words.concepts)
        weighed.add(Meaning.calendar, 1.0 if named else 3.5, "all lie between 1900 and 2100, as years do")
    elif months:
        weighed.add(Meaning.calendar, 3.0 + 2.0 * ("calendar" in words), "years and months as one number")
    elif (
        "calendar" in words and low >= 0 and high <= 366 and not {"duration", "rate"} & (words.concepts - {"calendar"})
    ):
        weighed.add(Meaning.calendar, 5.0, f"{_named(facts, 'calendar')}, and all lie between {low:g} and {high:g}")
    elif "calendar" in words and low >= 0 and high <= 53 and "rate" not in words:
        weighed.add(Meaning.calendar, 4.5, f"{_named(facts, 'calendar')}, and all lie between {low:g} and {high:g}")


def _money(facts: ColumnFacts, weighed: Weighed) -> None:
    """Evidence that a number is money that customers have brought."""
    words = facts.words
    found = words.concepts
    if facts.percent or facts.leading_zeros:
        return
    if "worth" in found:
        weighed.add(Meaning.amount, 4.5, _named(facts, "worth"))
    elif "money" in found:
        weighed.add(Meaning.amount, 3.0, _named(facts, "money"))
        if "total" in found:
            weighed.add(Meaning.amount, 0.7, _named(facts, "total"))
    elif "total" in found and len(words.found) == 1 and not facts.whole:
        weighed.add(Meaning.amount, 2.8, _named(facts, "total"))
    if facts.currency:
        weighed.add(Meaning.amount, 2.5, f"it is written in {facts.currency}")
    shape = (1.2 if facts.money_like else 0.0) + (0.6 if facts.skewed else 0.0)
    if facts.money_like:
        weighed.add(Meaning.amount, 1.2, "it has cents")
    if facts.skewed and (facts.money_like or Meaning.amount in weighed.evidence):
        weighed.add(Meaning.amount, 0.6, "a few are far above the others")
    if Meaning.amount not in weighed.evidence:
        return
    if not words.known and shape > 1.5:
        weighed.add(Meaning.amount, 0.5, "")
    if "total" in found and "worth" in found:
        weighed.add(Meaning.amount, 0.7, _named(facts, "total"))
    if "rate" in found:
        weighed.add(Meaning.amount, -1.2, f"{_named(facts, 'rate')}: a part only")
    for concept, weight in _NO_AMOUNT.items():
        if (
            concept in found
            and not (concept == "duration" and "rate" in found)
            and not (concept in ("counted", "count") and ("worth" in found or facts.currency or facts.money_like))
        ):
            weighed.add(Meaning.amount, weight, f"{_named(facts, concept)}")
    if facts.whole and not facts.currency and "worth" not in found:
        high = float(facts.values.max())
        if high <= 100:
            weighed.add(Meaning.amount, -2.0, f"whole numbers up to {high:g}")
        if facts.unique and facts.one_by_one:
            weighed.add(Meaning.amount, -4.0, "numbers its rows")
    if facts.count <= 6 and len(facts.filled) >= 20:
        weighed.add(Meaning.amount, -2.0, f"only {facts.count} different numbers")


def _code(facts: ColumnFacts, weighed: Weighed) -> None:
    words = facts.words
    amounts = _counts(facts) or {"duration", "worth", "money", "percent"} & words.concepts
    if "code" in words:
        weighed.add(Meaning.code, 1.0 if amounts else 6.0, f"{_named(facts, 'code')}: it names a place or a thing")
    if facts.leading_zeros:
        weighed.add(Meaning.code, 6.0, "whole numbers with leading zeros")
    elif (
        facts.whole and facts.fixed_length >= 4 and facts.count > MOST_KINDS and not words.known and not facts.currency
    ):
        weighed.add(Meaning.code, 1.5, f"whole numbers, all of {facts.fixed_length} digits")


def _words(facts: ColumnFacts, weighed: Weighed) -> None:
    """Evidence for text, among words."""
    words = facts.words
    weighed.add(Meaning.text, 1.5, f"{facts.count:,} different words")
    if "code" in words:
        weighed.add(Meaning.code, 4.5, _named(facts, "code"))
    if "text" in words and facts.count > MOST_KINDS:
        weighed.add(Meaning.text, 2.5, _named(facts, "text"))
    if facts.long_text and facts.count > MOST_CATEGORIES:
        weighed.add(Meaning.text, 2.0, "sentences")
    if facts.unique and facts.count > MOST_KINDS:
        weighed.add(Meaning.text, 1.0, "nearly every cell differs")
        if facts.coded:
            weighed.add(Meaning.identifier, 2.0, "codes that never repeat")
