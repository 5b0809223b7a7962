"""What is not sure, as a short question with its evidence, and the line that is printed where nobody can answer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from customer_segmentation.exploration.roles.column_guesses import Guess
from customer_segmentation.exploration.roles.evidence import MOST_CATEGORIES, short
from customer_segmentation.exploration.roles.facts import ColumnFacts
from customer_segmentation.exploration.roles.meanings import Meaning, Weighed
from customer_segmentation.exploration.roles.vocabulary import cell_words, fold_text
from customer_segmentation.formatting import counted, percent

if TYPE_CHECKING:
    from customer_segmentation.exploration.roles.order_table import OrderColumns

SURE = 0.75  # confidence from which a role is taken without a question
_CLEAR = 3.4  # evidence from which an amount is taken without a question
_GAP = 0.6  # by which it must be ahead of the next one
_FEW_CUSTOMERS = 10
_FEWEST_ROWS, _MOST_ROWS = 1.1, 500  # of a customer on average, in a table of orders
_LARGE = 0.1  # share of the rows of one id that no single customer has
_NOBODY = ("0", "-1", "99999", "999999", "0000", "00000")  # ids written where there is none
_WHOLE_VALUE = 0.5  # share of all value that one row has
#: Role as a person gives it, for each meaning.
WORD_OF = {
    Meaning.customer: "id", Meaning.amount: "value", Meaning.order: "order", Meaning.quantity: "quantity",
    Meaning.price: "price", Meaning.date: "date", Meaning.outcome: "outcome", Meaning.yes_no: "yes_no",
    Meaning.category: "category", Meaning.count: "numeric", Meaning.measure: "numeric", Meaning.code: "ignore",
    Meaning.text: "ignore", Meaning.identifier: "ignore", Meaning.calendar: "ignore", Meaning.later: "ignore",
    Meaning.nothing: "ignore",
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One thing that a person should say.

    Attributes
    ----------
    column : str
        Header that it is about.
    asks : str
        The question with its evidence.
    taken : str
        What is taken without an answer, in words.
    options : tuple of (str, str, str)
        Header, role and what it means, of each answer; the first is what was taken.
    weight : int
        0: the key, 1: money, 2: anything else. The first are asked first.
    setting : str
        ``key=value`` that settles it another way; "" where there is none.
    """

    column: str
    asks: str
    taken: str
    options: tuple[tuple[str, str, str], ...]
    weight: int = 2
    setting: str = ""

    def line(self) -> str:
        """One line for a log."""
        others = [self.setting] if self.setting else []
        others += [f"roles.{header}={role}" for header, role, _ in self.options[1:]]
        return f"not sure: {self.asks} Taken as {self.taken}; change it with {' or '.join(map(shlex.quote, others))}"


def column_question(guess: Guess) -> Question:
    """Ask what a column is, between its two best readings."""
    second = guess.second or Meaning.nothing
    role, other = WORD_OF[guess.meaning], WORD_OF[second]
    if role == other:
        other = "numeric" if role != "numeric" else "ignore"
    return Question(
        guess.header,
        f"{guess.header} ({guess.why}).",
        role,
        ((guess.header, role, guess.meaning.value), (guess.header, other, second.value)),
    )


def value_questions(chosen: Guess, points: float, others: Sequence[tuple[str, float]], *, said: bool) -> list[Question]:
    """Ask whether the amount is one, where the evidence is thin, another is near, or one row has nearly all of it.

    Parameters
    ----------
    chosen : the column taken for what a customer is worth
    points : evidence for it
    others : header and evidence of each rival
    said : the user named it
    """
    header = chosen.header
    options = [(header, "value", "what a customer is worth"), (header, "numeric", "a number like others")]
    found = []
    near = [name for name, other in others if points - other < _GAP]
    if not said and near:
        options = [options[0], *((name, "value", "what a customer is worth") for name in near)]
        asks = f"{header} or {' or '.join(near)} may tell what a customer is worth ({chosen.why.split(': taken')[0]})."
        found.append(Question(header, asks, "value", tuple(options), 1))
    elif not said and points < _CLEAR:
        asks = f"{header} may tell what a customer is worth ({chosen.why.split(': taken')[0]})."
        found.append(Question(header, asks, "value", tuple(options), 1))
    values = chosen.facts.values if chosen.facts is not None else np.zeros(0)
    total = float(np.abs(values).sum())
    if len(values) > 10 and total > 0 and not said:
        most = float(np.abs(values).max())
        if most / total > _WHOLE_VALUE:
            asks = (
                f"one row holds {percent(most / total)} of all {header} ({most:,.0f}): "
                "an error, a total or a real customer?"
            )
            found.append(
                Question(
                    header, asks, "value, with that row", ((header, "value", "as it is"), (header, "numeric", "")), 1
                )
            )
    if chosen.facts is not None and chosen.facts.currencies and not said:
        signs = ", ".join(chosen.facts.currencies)
        asks = f"{header} is written in several currencies ({signs}), which cannot be added up."
        found.append(Question(header, asks, "value", ((header, "value", "one currency"), (header, "ignore", "")), 1))
    return found


def amount_question(amount: str, quantity: str, total: str, points: float, following: float) -> list[Question]:
    """Ask what an order brought, where the evidence is thin or another column is near.

    Parameters
    ----------
    amount : header of the column taken
    quantity : header of what it is multiplied by; empty: nothing
    total : header of the next best; empty: none
    points : evidence for the first
    following : evidence for the next
    """
    taken = f"{quantity} x {amount}" if quantity else amount
    if points >= _CLEAR - 0.5 and (not total or points - following >= _GAP):
        return []
    options = [(amount, "price" if quantity else "value", f"{taken} is what an order brought")]
    options += [(total, "value", f"{total} is")] if total else [(amount, "ignore", "none of them")]
    asks = f"{taken} may be what an order brought" + (f", or {total}" if total else "") + "."
    return [Question(amount, asks, "the amount", tuple(options), 1)]


def key_questions(
    columns: Mapping[int, Weighed],
    key: int | None,
    orders: OrderColumns | None,
    given: Mapping[int, Meaning],
    table: str,
) -> list[Question]:
    """Ask who the customers are, where the key is doubtful or gives what no real table gives.

    Parameters
    ----------
    columns : position to the evidence on a column
    key : position of the column taken for the customer; None: none was found
    orders : columns of an order table, where it is one
    given : position to what the user said of it
    table : what the table is called
    """
    if key is None:
        return []
    weighed = columns[key]
    facts, found = weighed.facts, []
    header, said = facts.header, key in given
    points = weighed.points(Meaning.customer)
    rivals = _rivals(columns, key, given)
    if not said and (points < 2.5 or (rivals and table == "auto" and orders is None)):
        options = [(header, "id", "names the customer")]
        options += [(name, "id", "names the customer") for name in rivals] or [(header, "ignore", "does not")]
        told = f", and {' and '.join(rivals)} repeats" if rivals else ""
        what = "differs in nearly every row" if facts.unique else f"stands in {facts.rows_each} rows each"
        found.append(
            Question(
                header, f"{header} {what}{told}: does it name the customer?", "the customer's id", tuple(options), 0
            )
        )
    if facts.unique:
        return found
    top, share = facts.top_share
    walk_in = fold_text(top).strip(" -_.") in cell_words("walk_in") or top in _NOBODY
    if share > _LARGE and facts.count > 5 and (walk_in or share > 8 / facts.count):
        asks = (
            f"{short(top)} of {header} holds {percent(share)} of the rows: "
            "walk-in customers without an id, or one customer?"
        )
        found.append(
            Question(
                header,
                asks,
                "one customer",
                ((header, "id", "one customer"), (header, "ignore", "no id at all")),
                0,
                "" if orders is None else f"data.transactions.guests=[{top}]",
            )
        )
    if facts.count <= _FEW_CUSTOMERS and len(facts.filled) > 10 * facts.count and not said:
        only = f"{counted(facts.count, 'customer')} in {len(facts.filled):,} rows"
        asks = f"{header} gives only {only}: does it name the customer?"
        found.append(
            Question(
                header,
                asks,
                "the customer's id",
                ((header, "id", "names the customer"), (header, "ignore", "does not")),
                0,
            )
        )
    return found


def _rivals(columns: Mapping[int, Weighed], key: int, given: Mapping[int, Meaning]) -> list[str]:
    """Headers of other columns that may name the customer as well as the key does."""
    facts, points = columns[key].facts, columns[key].points(Meaning.customer)
    unnamed = not facts.words.concepts - {"id", "number"} and any(one.facts.is_date for one in columns.values())
    return [
        one.facts.header
        for at, one in columns.items()
        if at != key
        and at not in given
        and one.facts.rows_per_cell >= _FEWEST_ROWS
        and (_names_people(one, facts.unique, points) or (unnamed and facts.unique and _comes_back(one.facts)))
    ]


def _names_people(one: Weighed, key_is_unique: bool, points: float) -> bool:
    """Whether a header names a person, and the column fits the customer in another way or better than the key."""
    own = one.points(Meaning.customer)
    return "person" in one.facts.words and own >= 2.5 and (one.facts.unique != key_is_unique or own > points)


def _comes_back(facts: ColumnFacts) -> bool:
    """Whether codes of which nothing is known repeat: beside a key that is no more than unique they may be people."""
    codes = facts.coded and facts.count > MOST_CATEGORIES and not facts.is_date and facts.rows_per_cell < _MOST_ROWS
    plain = facts.numbers is None or (facts.whole and facts.fixed_length > 3)
    return codes and plain and not facts.words.concepts - {"id", "number"}
