"""What one column was taken for: its contract, with the reason, the confidence and the second-best reading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from customer_segmentation.exploration.roles.evidence import MOSTLY_BLANK, comes_back, is_event, short
from customer_segmentation.exploration.roles.facts import ColumnFacts
from customer_segmentation.exploration.roles.meanings import Meaning, Weighed, effect
from customer_segmentation.exploration.roles.vocabulary import Vocabulary, fold_text
from customer_segmentation.formatting import percent
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role
from customer_segmentation.sources.parsing.texts import fold

#: Role as a person says it with ``roles.COLUMN=ROLE``, to the meaning.
ROLE_WORDS = {
    "id": Meaning.customer,
    "customer": Meaning.customer,
    "value": Meaning.amount,
    "amount": Meaning.amount,
    "order": Meaning.order,
    "quantity": Meaning.quantity,
    "price": Meaning.price,
    "date": Meaning.date,
    "outcome": Meaning.outcome,
    "yes_no": Meaning.yes_no,
    "category": Meaning.category,
    "categorical": Meaning.category,
    "count": Meaning.count,
    "measure": Meaning.measure,
    "numeric": Meaning.measure,
    "code": Meaning.code,
    "text": Meaning.text,
    "ignore": Meaning.nothing,
}
#: Beginning of a word for what became of a customer, and what the event is called.
EVENTS = {"churn": "churn", "cancel": "cancellation", "attrit": "attrition", "lapse": "lapse", "abwander": "churn"}
EVENTS |= dict.fromkeys(("kündig", "kuendig", "storn", "résili"), "cancellation") | {"abgewander": "churn"}
_RENEWAL = ("renew", "renouv", "renov", "rinnov", "verlanger", "erneuer", "yenile")
#: Units of what cannot be negative.
COUNTED = frozenset(["months", "years", "days", "weeks", "hours", "minutes", "visits", "orders", "nights"])
#: "Price per month", in the languages of the headers.
_EACH = {
    "month": ("per month", "pro monat", "par mois", "por mes", "al mes", "al mese", "por mês"),
    "year": ("per year", "per annum", "pro jahr", "par an", "por año", "al año", "all anno", "por ano"),
}
#: Words of a header by which an amount comes again every period, and those of what a customer earns.
_RECURRING = {
    "month": frozenset(["mrr", "monthly", "monatlich", "monatliche", "mensuel", "mensual", *_EACH["month"]]),
    "year": frozenset(["arr", "annual", "yearly", "jährlich", "annuel", "anual", *_EACH["year"]]),
}
#: "Jahresertrag", "Monatsbeitrag", "jährlich": German writes the period and the amount as one word.
_COMPOUND = {"month": re.compile("monats(?=.)|mtl|monatlich"), "year": re.compile("jahres(?=.)|j[aä]hrlich")}
_EARNED = frozenset(["income", "salary", "wage", "einkommen", "gehalt"])
_UNITS = {
    "yrs": "years",
    "hrs": "hours",
    "mins": "minutes",
    "mos": "months",
    "mo": "months",
    "yr": "years",
    "eur": "€",
    "usd": "$",
    "gbp": "£",
}


@dataclass(frozen=True)
class Guess:
    """One column.

    Attributes
    ----------
    header : str
        As it stands in the source, trimmed.
    spec : ColumnSpec or None
        Contract of the column; None where no contract can name it (an empty or repeated header).
    why : str
        The reason, a sentence without its full stop.
    distinct : int
        Different cells, blanks aside.
    usable : bool array of shape (n_rows,)
        Rows in which the column has a value that can be read.
    numbers : float64 array of shape (n_rows,), optional
        Of a number: its cells, NaN where there is none.
    meaning : Meaning
    confidence : float
        Between 0 and 1: how far the evidence for the reading goes beyond that for the next one.
    second : Meaning, optional
        The next-best reading with another effect.
    """

    header: str
    spec: ColumnSpec | None
    why: str
    distinct: int
    usable: np.ndarray = field(repr=False)
    numbers: np.ndarray | None = field(default=None, repr=False)
    meaning: Meaning = Meaning.nothing
    confidence: float = 1.0
    second: Meaning | None = None
    facts: ColumnFacts | None = field(default=None, repr=False)

    @property
    def role(self) -> Role:
        """What the column is for."""
        return self.spec.role if self.spec is not None else Role.ignore

    @property
    def n_words(self) -> int:
        """Different words of a category: several spellings of one are one."""
        return len(self.spec.values) if self.spec is not None and self.spec.values else self.distinct


def guess_of(
    weighed: Weighed, meaning: Meaning, vocabulary: Vocabulary, *, why: str = "", confidence: float | None = None
) -> Guess:
    """Make a reading the contract of a column.

    Parameters
    ----------
    weighed : Weighed
        The column's evidence.
    meaning : Meaning
        The reading taken; ``amount`` is the one column that tells what a customer is worth.
    vocabulary : Vocabulary
        For units.
    why : str
        The reason; empty takes that of the evidence.
    confidence : float, optional
        None takes that of the evidence.
    """
    facts = weighed.facts
    spec, usable, told = _contract(facts, meaning, vocabulary)
    reason = why or "; ".join(dict.fromkeys(weighed.reasons(meaning, most=2)))
    reason = "; ".join(part for part in (reason, told) if part) or "taken as given"
    second = next((one for one, _ in weighed.ranked() if effect(one) != effect(meaning)), None)
    return Guess(
        header=facts.header,
        spec=spec,
        why=reason,
        distinct=facts.count,
        usable=usable,
        numbers=facts.numbers,
        meaning=meaning,
        confidence=weighed.confidence(meaning) if confidence is None else confidence,
        second=second,
        facts=facts,
    )


def unit_of(facts: ColumnFacts, vocabulary: Vocabulary, *, money: bool) -> str:
    """Unit of a number: its sign in the cells, else what the header says; empty where neither tells.

    Parameters
    ----------
    facts : what the cells say
    vocabulary : words of headers, in several languages
    money : the column is taken for an amount of money
    """
    if facts.currencies:
        return ""
    if facts.currency:
        return f"{facts.scale}{facts.currency}" if "cent" not in facts.scale else facts.scale
    if facts.percent or "%" in facts.header:
        return "%"
    if facts.scale and money:
        return facts.scale.strip()
    if facts.bracketed:
        named = vocabulary.unit([facts.bracketed.lower()]) or _UNITS.get(facts.bracketed.lower(), "")
        if named or not _is_period(facts.bracketed, vocabulary):
            return named or facts.bracketed
    words = facts.words
    if money or ("rate" in words.concepts - {"last"} and "per" in words.words) or "/" in facts.header:
        return ""
    if {"birth", "score", "percent", "calendar"} & words.concepts and not {"count", "counted", "age"} & words.concepts:
        return "%" if "percent" in words and facts.words.phrases("percent")[0] in vocabulary.units else ""
    if {"count", "counted"} & words.concepts:  # "visits last month" are visits
        phrases = [*words.phrases("counted"), *words.phrases("count")]
        return next((vocabulary.units[phrase] for phrase in phrases if phrase in vocabulary.units), "")
    return vocabulary.unit(words.words)


def _is_period(text: str, vocabulary: Vocabulary) -> bool:
    """Whether what stands in brackets says when or of what, as in "Days In (last 90d)", and names no unit."""
    words = vocabulary.read(text)
    said = {"rate", "date", "calendar", "total", "negation"} & words.concepts
    return "per" not in words.words and bool(said or re.search(r"\d\d|^[qh]\d", text.lower()))


def _contract(facts: ColumnFacts, meaning: Meaning, vocabulary: Vocabulary) -> tuple[ColumnSpec, np.ndarray, str]:
    """Contract of a column, the rows with a value under it, and what is to be said of both."""
    if meaning is Meaning.customer:
        return ColumnSpec(ColumnType.text, Role.id), facts.filled, ""
    if meaning in (Meaning.yes_no, Meaning.outcome, Meaning.category):
        return _words(facts, meaning)
    if effect(meaning) == "numeric" and facts.numbers is not None:
        return _number(facts, meaning, vocabulary)
    return ColumnSpec(ColumnType.text), facts.filled, ""


def _event_of(*texts: str) -> str:
    """What the event of an outcome is called, where its header or its values say so; its share is then a rate."""
    words = " ".join(texts).casefold()
    return next((called for begins, called in EVENTS.items() if begins in words), "")


def _no_event_of(facts: ColumnFacts) -> str:
    """What it is called that the answer to a column is no."""
    if comes_back(facts):
        return "non-return"
    renewal = any(begins in fold_text(facts.header) for begins in _RENEWAL)
    return "non-renewal" if renewal else _event_of(facts.header)


def _words(facts: ColumnFacts, meaning: Meaning) -> tuple[ColumnSpec, np.ndarray, str]:
    outcome = meaning is Meaning.outcome
    role = Role.outcome if outcome else Role.categorical
    ticked = facts.count == 1 and facts.answers[0] == 1
    if (facts.yes_no or ticked) and meaning is not Meaning.category:
        spec = ColumnSpec(ColumnType.yes_no, role, fill="No" if ticked else None)
        if outcome:
            stays = ("staying" in facts.words or comes_back(facts)) and "leaving" not in facts.words
            spec.event_values = ["No" if stays else "Yes"]
            spec.event = _no_event_of(facts) if stays else _event_of(facts.header)
        return spec, np.ones_like(facts.filled) if ticked else facts.filled, ""
    spec = ColumnSpec(ColumnType.category, role)
    if outcome:
        spec.event_values = sorted({value for value in facts.distinct if is_event(value)}) or [
            str(facts.distinct.iloc[0])
        ]
        spec.event = _event_of(facts.header, *spec.event_values)
    spellings: dict[str, str] = {}
    counts = np.bincount(facts.codes[facts.codes >= 0], minlength=facts.count)
    for at in np.argsort(-counts, kind="stable"):
        spellings.setdefault(fold(str(facts.distinct.iloc[at])), str(facts.distinct.iloc[at]))
    told = ""
    if len(spellings) < facts.count and "" not in spellings:
        spec.values = sorted(spellings.values())
        spec.event_values = [value for value in spec.event_values if value in spec.values]
        told = f"{facts.count} spellings of {len(spellings)}: case, spaces and dashes do not count"
    if facts.filled.all() or outcome or facts.numbers is not None:
        return spec, facts.filled, told
    spec.fill = "not given"
    blank = f"{percent(1 - facts.share_filled)} blank, taken as a word of its own"
    return spec, np.ones(len(facts.filled), dtype=bool), "; ".join(part for part in (told, blank) if part)


def _number(facts: ColumnFacts, meaning: Meaning, vocabulary: Vocabulary) -> tuple[ColumnSpec, np.ndarray, str]:
    assert facts.numbers is not None  # noqa: S101 - asked by the caller
    usable = np.isfinite(facts.numbers)
    money = meaning in (Meaning.amount, Meaning.price) or bool({"worth", "money", "money_other"} & facts.words.concepts)
    unit = unit_of(facts, vocabulary, money=money)
    period = period_of(facts.words.words, money=money or bool(facts.currency))
    guessed = period and not unit
    if period and "/" not in unit and "%" not in unit:
        unit = f"{unit or '$'}/{period}"
    spec = ColumnSpec(
        ColumnType.integer if facts.whole else ColumnType.number,
        Role.value if meaning is Meaning.amount else Role.numeric,
        unit=unit,
        na_values=list(facts.strangers),
        minimum=0.0 if unit in COUNTED and facts.values.min() >= 0 else None,
    )
    told = [f"{', '.join(map(short, facts.strangers))} read as blank"] if facts.strangers else []
    told += [f"taken as {unit}: check the currency"] if guessed else []
    gone = 1 - usable.mean()
    return spec, usable, "; ".join([*told, *([f"{percent(gone)} without a value"] if gone > 0 else [])])


def period_of(words: Sequence[str], *, money: bool) -> str:
    """Period of an amount that comes again and again, by the words of its header: ``mrr`` is money a month.

    What a customer earns himself is no revenue.

    Parameters
    ----------
    words : of the header, in small letters and in their order
    money : the column is taken for an amount of money
    """
    said = {*words, *map(" ".join, pairwise(words))}
    if said & _EARNED or not (money or said & {"mrr", "arr"}):
        return ""
    return next(
        (period for period, named in _RECURRING.items() if said & named or any(map(_COMPOUND[period].match, said))), ""
    )


def mostly_blank(facts: ColumnFacts) -> bool:
    """Whether so many cells are blank that only a person can say what that means."""
    return facts.count > 0 and facts.share_filled < MOSTLY_BLANK
