"""What the columns of a table are for, decided together: one key, one amount, orders or customers, and what to ask."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from customer_segmentation.errors import SettingsError
from customer_segmentation.exploration.roles.column_guesses import ROLE_WORDS, Guess, guess_of, mostly_blank
from customer_segmentation.exploration.roles.evidence import MOST_CATEGORIES
from customer_segmentation.exploration.roles.meanings import IGNORED, Evidence, Meaning, Weighed, effect
from customer_segmentation.exploration.roles.order_table import FEWEST_ORDERS, OrderColumns, order_columns
from customer_segmentation.exploration.roles.questions import (
    SURE,
    Question,
    column_question,
    key_questions,
    value_questions,
)
from customer_segmentation.exploration.roles.read_facts import read_facts
from customer_segmentation.exploration.roles.relations import relate_columns
from customer_segmentation.exploration.roles.vocabulary import Vocabulary, unusable_header
from customer_segmentation.exploration.roles.weigh import weigh
from customer_segmentation.formatting import percent
from customer_segmentation.settings.data import Role
from customer_segmentation.sources.parsing.headers import exact
from customer_segmentation.sources.parsing.texts import fold

_FEWEST_POINTS = 1.5  # for an amount: with less there is none
_GIVEN = 50.0  # weight of what the user has said
_AS_LIKELY = 0.5  # points between amounts that are as likely what a customer is worth


@dataclass(frozen=True)
class TableReading:
    """A whole table.

    Attributes
    ----------
    guesses : tuple of Guess
        One a column, in the order of the table. At most one has the role id, at most one the role value.
    orders : OrderColumns or None
        Columns of an order table; None where a row is a customer.
    orders_columns : OrderColumns or None
        Those that were found, complete or not.
    repeated : str
        Header of a key that repeats without a date or an amount by which it could be summed up; else empty.
    questions : tuple of Question
        What is not sure, the weightiest first.
    """

    guesses: tuple[Guess, ...]
    orders: OrderColumns | None
    orders_columns: OrderColumns | None
    repeated: str
    questions: tuple[Question, ...]
    vocabulary: Vocabulary = field(repr=False)


def may_name_rows(header: str, vocabulary: Vocabulary) -> bool:
    """Whether a header is that of an id, for which it matters how often a cell repeats in the whole table.

    Parameters
    ----------
    header : as it is written
    vocabulary : words of headers, in several languages
    """
    return bool({"id", "number", "person", "email", "order"} & vocabulary.read(header).concepts)


def given_roles(roles: Mapping[str, str], headers: Sequence[str]) -> dict[int, Meaning]:
    """Roles as the user gives them, by position.

    Parameters
    ----------
    roles : header to a role's word
    headers : of the table

    Raises
    ------
    SettingsError
        There is no such column or role, or two columns have a role of which a table has one.
    """
    found: dict[int, Meaning] = {}
    for header, word in roles.items():
        at = [place for place, one in enumerate(headers) if exact(one) == exact(header)]
        at = at or [place for place, one in enumerate(headers) if fold(one) == fold(header)]
        if len(at) != 1:
            near = difflib.get_close_matches(header, headers, n=3, cutoff=0.5) or list(headers)[:6]
            raise SettingsError(
                f"roles.{header}={word}: {'no column has' if not at else 'several columns have'} that header; did you "
                f"mean {', '.join(near)}?"
            )
        if word.lower() not in ROLE_WORDS:
            raise SettingsError(f"roles.{header}={word}: expected one of {', '.join(ROLE_WORDS)}.")
        meaning = ROLE_WORDS[word.lower()]
        if found.setdefault(at[0], meaning) is not meaning:
            raise SettingsError(f"roles.{header}={word}: {headers[at[0]]!r} has another role already; give it one.")
    for single in (Meaning.customer, Meaning.amount):
        several = [headers[at] for at, meaning in found.items() if meaning is single]
        if len(several) > 1:
            raise SettingsError(f"{' and '.join(several)} are both given as {single.value}; expected one.")
    return found


def read_table(
    cells: pd.DataFrame,
    headers: Sequence[str],
    *,
    decimal: str | None = None,
    rows_per_cell: Mapping[int, float] | None = None,
    roles: Mapping[str, str] | None = None,
    table: str = "auto",
) -> TableReading:
    """Decide what each column is for.

    Parameters
    ----------
    cells : DataFrame of shape (n_rows, n_columns)
        Raw cells of any type.
    headers : sequence of str, of length n_columns
    decimal : {".", ","}, optional
        Decimal mark of the source, where it is known.
    rows_per_cell : mapping of int to float, optional
        Of columns, by position, how many rows have the same cell, on average: where the cells are a part of a table,
        in which ids repeat less than in the whole.
    roles : mapping of str to str, optional
        What the user has said: header to role. It is taken and not asked again.
    table : {"auto", "customers", "orders"}

    Raises
    ------
    SettingsError
        A given role names no column, or there is no such role.
    """
    given = given_roles(roles or {}, headers)
    vocabulary = Vocabulary(headers)
    columns: dict[int, Weighed] = {}
    unnamed: dict[int, Guess] = {}
    known = Counter(map(exact, headers))
    for at, header in enumerate(headers):
        problem = unusable_header(header, known)
        facts = read_facts(
            header.strip() or f"column {at + 1}",
            cells.iloc[:, at].reset_index(drop=True),
            vocabulary.read(header),
            decimal=decimal,
            rows_per_cell=(rows_per_cell or {}).get(at),
        )
        if problem:
            unnamed[at] = Guess(facts.header, None, problem, facts.count, facts.filled)
        else:
            columns[at] = weigh(facts)
    for at, meaning in given.items():
        if at in columns:
            columns[at].evidence = {meaning: [Evidence(_GIVEN, "as you said")]}
    relate_columns(columns, given)
    return _Decision(columns, unnamed, given, vocabulary, table).reading()


class _Decision:
    """The decisions that concern the whole table, made in turn."""

    def __init__(
        self,
        columns: dict[int, Weighed],
        unnamed: dict[int, Guess],
        given: Mapping[int, Meaning],
        vocabulary: Vocabulary,
        table: str,
    ) -> None:
        self.columns, self.unnamed, self.given, self.vocabulary, self.table = columns, unnamed, given, vocabulary, table
        self.questions: list[Question] = []
        self.taken: dict[int, Guess] = dict(unnamed)

    def reading(self) -> TableReading:
        key, repeats = self._key()
        found = order_columns(self.columns, key, self.given)
        orders = found if key is not None and (repeats or self.table == "orders") else None
        complete = orders is not None and bool(orders.date and orders.amount)
        repeated = ""
        if self.table == "customers" or (orders is not None and not complete and self.table != "orders"):
            if orders is not None and self.table != "customers" and self.columns[key].points(Meaning.customer) >= 3:  # type: ignore[index]  # there is a key here
                repeated = orders.customer
            orders = None if self.table != "orders" else orders
        self._value(orders)
        self._others(key, orders)
        questions = [*key_questions(self.columns, key, orders, self.given, self.table), *self.questions]
        if orders is not None:
            questions += orders.questions(self.given)
        else:
            questions += [
                column_question(guess)
                for at, guess in self.taken.items()
                if at not in self.given
                and guess.spec is not None
                and guess.confidence < SURE
                and guess.second is not None
                and not any(question.column == guess.header for question in questions)
            ]
        for at, meaning in self.given.items() if orders is None else ():
            guess = self.taken[at]
            if guess.role is Role.ignore and effect(meaning) != IGNORED:
                some = "" if guess.facts is None else f" ({', '.join(guess.facts.sample[:3])})"
                raise SettingsError(f"{guess.header!r} is given as {meaning.value}, and its cells{some} are none.")
        guesses = tuple(self.taken[at] for at in sorted(self.taken))
        return TableReading(guesses, orders, found, repeated, tuple(questions), self.vocabulary)

    def _key(self) -> tuple[int | None, bool]:
        """Position of the customer key, and whether it repeats; None without any."""
        said = next((at for at, meaning in self.given.items() if meaning is Meaning.customer), None)
        if said is not None and said in self.columns:
            return said, self.columns[said].facts.rows_per_cell >= FEWEST_ORDERS
        points = {at: one.points(Meaning.customer) for at, one in self.columns.items() if at not in self.given}
        possible = {
            at: value for at, value in points.items() if value > 0.5 and value >= self.columns[at].ranked()[0][1] - 1.0
        }
        unique = {at: value for at, value in possible.items() if self.columns[at].facts.unique}
        repeating = {
            at: value
            for at, value in possible.items()
            if at not in unique and value >= 2.0 and self.columns[at].facts.rows_per_cell >= FEWEST_ORDERS
        }
        people = {at: value for at, value in unique.items() if "person" in self.columns[at].facts.words}
        best: int | None
        if people or not repeating:
            # A person's id before any other, and never a key that has only its shape where ids repeat.
            best = max(people or unique, key=lambda at: possible[at], default=None)
            if best is None:
                near = {at: value for at, value in possible.items() if at not in repeating and value >= 3.0}
                best = max(near, key=lambda at: near[at], default=None)
            return (best, False) if best is not None else self._last_resort()
        return max(repeating, key=lambda at: repeating[at]), True

    def _last_resort(self) -> tuple[int | None, bool]:
        """Key where no header names a customer: asked, because it may be a plate, an owner or a product."""
        dated = any(one.facts.is_date for one in self.columns.values())
        paid = any(one.points(Meaning.amount) >= _FEWEST_POINTS for one in self.columns.values())
        for repeats in (True, False):
            for at, one in self.columns.items():
                facts = one.facts
                if at in self.given or not facts.coded or facts.is_date or facts.count <= MOST_CATEGORIES:
                    continue
                if facts.numbers is not None and (not facts.whole or facts.fixed_length < 4 or facts.one_by_one):
                    continue
                first = one.ranked()[0][0]
                if repeats:
                    fits = dated and paid and first in (Meaning.code, Meaning.text) and not facts.unique
                    fits = fits and facts.rows_per_cell >= FEWEST_ORDERS and "entity" not in facts.words
                else:
                    fits = (
                        first is Meaning.identifier and "id" in facts.words and facts.unique and facts.share_filled == 1
                    )
                if fits:
                    one.add(Meaning.customer, 1.0, "a code that comes back" if repeats else "nearly every cell differs")
                    return at, repeats
        return None, False

    def _value(self, orders: OrderColumns | None) -> None:
        """Choose the one amount of a table of customers."""
        if orders is not None:
            return
        said = next((at for at, meaning in self.given.items() if meaning is Meaning.amount), None)
        points = {
            at: one.points(Meaning.amount)
            for at, one in self.columns.items()
            if one.facts.numbers is not None
            and np.isfinite(one.facts.numbers).mean() > 0.9
            and one.points(Meaning.amount) >= max(_FEWEST_POINTS, one.ranked()[0][1] - 1.0)
            and at not in self.given
        }
        top = max(points.values(), default=0.0)
        # of amounts that are as likely the larger one: the room's price is more of a guest's worth than the breakfast
        near = {at: float(self.columns[at].facts.values.sum()) for at in points if points[at] >= top - _AS_LIKELY}
        best = said if said in self.columns else max(near, key=lambda at: near[at], default=None)
        if best is None:
            return
        chosen = self.columns[best]
        reasons = "; ".join(dict.fromkeys(chosen.reasons(Meaning.amount, most=2)))
        why = f"money ({reasons}): taken as what a customer is worth"
        self.taken[best] = guess_of(chosen, Meaning.amount, self.vocabulary, why=why)
        others = sorted((at for at in points if at != best), key=lambda at: -points[at])
        self.questions += value_questions(
            self.taken[best],
            points.get(best, _GIVEN),
            [(self.columns[at].facts.header, points[at]) for at in others[:2]],
            said=best in self.given,
        )

    def _others(self, key: int | None, orders: OrderColumns | None) -> None:
        """Take each of the other columns as its own evidence says."""
        amount_taken = {at for at, guess in self.taken.items() if guess.role is Role.value}
        for at, weighed in self.columns.items():
            if at in amount_taken:
                continue
            if at == key:
                self.taken[at] = self._key_guess(weighed, orders)
                continue
            meaning, why = _best_meaning(weighed, orders is not None, said=at in self.given, valued=bool(amount_taken))
            facts = weighed.facts
            if (
                mostly_blank(facts)
                and at not in self.given
                and effect(meaning) != "ignore"
                and not (meaning in (Meaning.yes_no, Meaning.outcome) and facts.count == 1)
            ):
                share = 1 - facts.share_filled
                told = f"{percent(share)} of the cells are blank; say with `fill:` what that means, and give a role"
                self.taken[at] = guess_of(weighed, Meaning.nothing, self.vocabulary, why=told, confidence=1.0)
                continue
            self.taken[at] = guess_of(weighed, meaning, self.vocabulary, why=why)

    def _key_guess(self, weighed: Weighed, orders: OrderColumns | None) -> Guess:
        facts = weighed.facts
        points = weighed.points(Meaning.customer)
        confidence = 1.0 if points >= 3.0 or points == _GIVEN else weighed.confidence(Meaning.customer)
        why = (
            "names the customer: nearly every cell differs"
            if facts.unique
            else (f"names the customer: {facts.rows_each} rows each")
        )
        guess = guess_of(weighed, Meaning.customer, self.vocabulary, why=why, confidence=confidence)
        return guess if orders is None else replace(guess, why=why)


def _best_meaning(weighed: Weighed, in_orders: bool, *, said: bool, valued: bool) -> tuple[Meaning, str]:
    """Return the best reading of a column that is neither the key nor what a customer is worth."""
    facts = weighed.facts
    for meaning, _ in weighed.ranked():
        if meaning is Meaning.customer and not said:
            told = "e-mail addresses" if facts.is_address else "an id"
            if facts.unique:
                return Meaning.identifier, f"{told} that differs in nearly every row, beside the customer's key"
            repeats = f"{told} or code that repeats, in {facts.rows_each} rows each; no quantity"
            return Meaning.identifier, repeats
        if meaning is Meaning.amount and not said and not in_orders:
            if not valued:
                return Meaning.measure, "may be money; too little says that it is what a customer is worth"
            why = "; ".join(weighed.reasons(Meaning.amount, most=2))
            return Meaning.measure, f"may be money ({why}), and not what tells the worth of a customer"
        return meaning, ""
    return Meaning.nothing, "nothing tells what it is for"
