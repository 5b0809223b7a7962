"""What the columns of an unknown table are for: guessed from headers and cells, with the reason for each guess.

A guess errs on the side of leaving a column out: a code taken for a quantity would bend every distance, while a column
left out is one edit away from use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from customer_segmentation.explore.roles import header_vocabulary as words_about
from customer_segmentation.explore.roles.header_vocabulary import words_of
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.dates import date_format_of
from customer_segmentation.sources.parsing.numbers import parse_numbers
from customer_segmentation.sources.parsing.texts import fold, parse_yes_no, texts_of

_MOSTLY_BLANK = 0.5
_UNIQUE = 0.98  # share of different cells from which a column names its rows
_NUMERIC = 0.9  # share of readable numbers from which the rest is a few words for "no value"
_FEW_WORDS = 3
_MOST_CATEGORIES = 30
_PER_CATEGORY = 5  # customers that a category needs on average
_MOST_KINDS = 15
_TRIED = 500
_ADDRESS = r"[^@\s]+@[^@\s]+\.[^@\s]+"


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
    is_date, repeats : bool
        It holds dates; it names customers and has the same cell in several rows.
    rows_per_cell : float
        Rows that have the same cell, on average over the cells.
    """

    header: str
    spec: ColumnSpec | None
    why: str
    distinct: int
    usable: np.ndarray = field(repr=False)
    numbers: np.ndarray | None = field(default=None, repr=False)
    is_date: bool = False
    repeats: bool = False
    rows_per_cell: float = 1.0

    @property
    def role(self) -> Role:
        """What the column is for."""
        return self.spec.role if self.spec is not None else Role.ignore


def may_name_rows(header: str) -> bool:
    """Whether a header is that of an id, for which it matters how often a cell repeats in the whole table."""
    words = words_of(header)
    return words_about.names_id(words) or bool({"email", "mail", "e"} & set(words))


def guess_columns(
    cells: pd.DataFrame,
    headers: Sequence[str],
    *,
    decimal: str | None = None,
    rows_per_cell: Mapping[int, float] | None = None,
) -> list[Guess]:
    """Guess role, type and unit of each column.

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

    Returns
    -------
    list of Guess
        One a column, in the order of the table. At most one has the role id, at most one the role value.
    """
    folded = [fold(header) for header in headers]
    guesses = []
    for at, header in enumerate(headers):
        texts = texts_of(cells.iloc[:, at]).reset_index(drop=True)
        filled = ~is_blank(texts)
        distinct = int(texts[filled].nunique())
        problem = _unusable_header(header, folded, at)
        per_cell = (rows_per_cell or {}).get(at, float(filled.sum()) / max(distinct, 1))
        if problem:
            guess = Guess(header.strip() or f"column {at + 1}", None, problem, distinct, filled)
        else:
            guess = _guess(header.strip(), cells.iloc[:, at], texts, filled, distinct, decimal, per_cell)
        guesses.append(replace(guess, rows_per_cell=per_cell))
    return _one_value(_one_id(guesses))


def _unusable_header(header: str, folded: Sequence[str], at: int) -> str:
    """Why no contract can name a column by its header, or nothing."""
    if not folded[at]:
        return "its header has no letter or digit; give the column a name to use it"
    if folded.count(folded[at]) > 1:
        return "its header stands more than once; rename the columns to use them"
    return "its header holds '${', which configs take for a reference; rename it" if "${" in header else ""


def _guess(
    header: str,
    cells: pd.Series,
    texts: pd.Series,
    filled: np.ndarray,
    distinct: int,
    decimal: str | None,
    per_cell: float,
) -> Guess:
    words, rows = words_of(header), len(texts)
    content = texts[filled]

    def ignored(why: str, kind: ColumnType = ColumnType.text, *, is_date: bool = False, repeats: bool = False) -> Guess:
        return Guess(header, ColumnSpec(kind), why, distinct, filled, is_date=is_date, repeats=repeats)

    if not distinct:
        return ignored("every cell is blank")
    ticked = distinct == 1 and 0 < len(content) < rows and parse_yes_no(content.iloc[:1])[0] == 1
    if ticked:
        return _yes_no(header, words, content, filled, distinct, blank="No")
    if len(content) < _MOSTLY_BLANK * rows:
        share = 1 - len(content) / rows
        return ignored(f"{share:.0%} of the cells are blank; say with `fill:` what that means, and give a role")
    if distinct == 1:
        return ignored(f"every cell is {_short(content.iloc[0])}")
    if pd.api.types.is_bool_dtype(cells.dtype) or (distinct <= 6 and (parse_yes_no(content) >= 0).all()):
        return _yes_no(header, words, content, filled, distinct)
    if _is_date(cells, content, words):
        return ignored("a date: its distance means nothing by itself; derive a duration from it", is_date=True)
    unique = per_cell <= 1 / _UNIQUE
    if words_about.names_id(words):
        person = words_about.names_person(words)
        if unique:
            spec = ColumnSpec(ColumnType.text, Role.id if person or "id" in words else Role.ignore)
            return Guess(header, spec, "its name is that of an id and nearly every cell differs", distinct, filled)
        if person or _coded(content):
            return ignored(
                f"an id or code that repeats, in {per_cell:,.1f} rows each; no quantity",
                repeats=person,
            )
    if not unique and content.head(_TRIED).str.fullmatch(_ADDRESS).mean() > 0.9:
        return ignored(f"e-mail addresses that repeat, in {per_cell:,.1f} rows each", repeats=True)
    return (
        _outcome(header, words, content, filled, distinct)
        or _number(header, words, texts, filled, distinct, decimal)
        or _category(header, content, filled, distinct, unique)
    )


def _yes_no(
    header: str, words: list[str], content: pd.Series, filled: np.ndarray, distinct: int, blank: str | None = None
) -> Guess:
    kind = words_about.outcome_kind(words)
    usable = np.ones(len(filled), dtype=bool) if blank is not None else filled
    if kind in ("leaving", "maybe", "staying"):
        event = "No" if kind == "staying" else "Yes"
        spec = ColumnSpec(ColumnType.yes_no, Role.outcome, fill=blank, event_values=[event])
        why = f"yes or no under a name that tells who has {'stayed' if event == 'No' else 'left'}: for profiles only"
    else:
        spec = ColumnSpec(ColumnType.yes_no, Role.categorical, fill=blank)
        why = "yes or no" if blank is None else "ticked or blank"
    return Guess(header, spec, why, distinct, usable)


def _is_date(cells: pd.Series, content: pd.Series, words: list[str]) -> bool:
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return True
    sample = pd.Series(content.unique()[:_TRIED], dtype="str")
    if not sample.str.contains(r"\d", regex=True).mean() > 0.9:
        return False
    digits = sample.str.fullmatch(r"\d+").mean() > 0.5
    if digits and not words_about.DATE & set(words):
        return False
    if not digits and not np.isnan(parse_numbers(sample)).mean() > 0.5:
        return False  # 3.5 and 12.11 are numbers first
    return date_format_of(sample) is not None


def _outcome(header: str, words: list[str], content: pd.Series, filled: np.ndarray, distinct: int) -> Guess | None:
    """Guess for a column that tells who has left, by its name and its values."""
    kind = words_about.outcome_kind(words)
    if not kind:
        return None
    values = sorted(content.unique()) if distinct <= _MOST_KINDS else []
    events = [value for value in values if words_about.is_event(value)]
    if values and events and len(events) < len(values):
        spec = ColumnSpec(ColumnType.category, Role.outcome, event_values=events)
        why = f"tells who has left ({', '.join(map(_short, events))}): for profiles only"
        return Guess(header, spec, why, distinct, filled)
    if kind == "leaving":
        why = "known only once a customer has left, so that it may not shape the segments"
        return Guess(header, ColumnSpec(ColumnType.text), why, distinct, filled)
    return None


def _number(
    header: str, words: list[str], texts: pd.Series, filled: np.ndarray, distinct: int, decimal: str | None
) -> Guess | None:
    """Guess for a column of numbers; None where it holds words."""
    content = texts[filled]
    percent = content.str.endswith("%").mean() > 0.5
    values = parse_numbers(content, decimal=decimal, percent=1.0 if percent else 0.01)
    read = np.isfinite(values)
    strangers = list(content[~read].unique())
    if read.mean() < _NUMERIC or (len(strangers) > _FEW_WORDS and read.mean() < _UNIQUE):
        return None
    usable = filled.copy()
    usable[filled] = read
    numbers = np.full(len(texts), np.nan)
    numbers[usable] = values[read]
    whole = bool((values[read] == np.trunc(values[read])).all())
    text = ColumnSpec(ColumnType.text)
    if words_about.CODE & set(words) or words_about.names_order(words):
        return Guess(header, text, "numbers that name a place or a thing, no quantity", distinct, usable)
    if content[read].str.fullmatch(r"0\d+").any():
        return Guess(header, text, "numbers with leading zeros: a code, no quantity", distinct, usable)
    if words_about.names_id(words) and whole:
        return Guess(header, text, "whole numbers under the name of an id, no quantity", distinct, usable)
    # Nearly: between the places of a table from which rows are taken it jumps.
    one_by_one = (np.abs(np.diff(values[read])) == 1).mean() > 0.99 if len(values[read]) > 1 else False
    if whole and one_by_one and len(np.unique(values[read])) == len(values[read]):
        return Guess(header, text, "numbers its rows one by one", distinct, usable)
    if whole and words and words[-1] in words_about.KIND and distinct <= _MOST_KINDS:
        spec = ColumnSpec(ColumnType.category, Role.categorical, fill=None)
        return Guess(header, spec, f"{distinct} different whole numbers that name a kind", distinct, usable)
    unit = (
        "%"
        if percent
        else words_about.unit_of(header, list(content.head(50)), money=words_about.money_score(words) > 0)
    )
    blanks = strangers if len(strangers) <= _FEW_WORDS else []
    floor = 0.0 if unit in words_about.COUNTED and values[read].min() >= 0 else None
    spec = ColumnSpec(
        ColumnType.integer if whole else ColumnType.number, Role.numeric, unit=unit, na_values=blanks, minimum=floor
    )
    why = f"numbers from {values[read].min():g} to {values[read].max():g}"
    if blanks:
        why += f"; {', '.join(map(_short, blanks))} read as blank"
    gone = 1 - usable.mean()
    if gone > 0:
        why += f"; {gone:.1%} without a value"
    return Guess(header, spec, why, distinct, usable, numbers=numbers)


def _category(header: str, content: pd.Series, filled: np.ndarray, distinct: int, unique: bool) -> Guess:
    if unique and distinct > _MOST_KINDS:
        return Guess(
            header, ColumnSpec(ColumnType.text), "nearly every cell differs: names or free text", distinct, filled
        )
    if distinct > min(_MOST_CATEGORIES, max(2, len(content) / _PER_CATEGORY)):
        why = f"{distinct:,} different words: too many for categories"
        return Guess(header, ColumnSpec(ColumnType.text), why, distinct, filled)
    if filled.all():
        return Guess(
            header, ColumnSpec(ColumnType.category, Role.categorical), f"{distinct} different words", distinct, filled
        )
    spec = ColumnSpec(ColumnType.category, Role.categorical, fill="not given")
    why = f"{distinct} different words; {1 - filled.mean():.1%} blank, taken as a word of its own"
    return Guess(header, spec, why, distinct, np.ones(len(filled), dtype=bool))


def _one_id(guesses: list[Guess]) -> list[Guess]:
    """Keep the id that names a customer, else the first; without any a column of unique short words serves."""
    ids = [guess for guess in guesses if guess.role is Role.id]
    if not ids and not any(guess.repeats for guess in guesses):
        ids = [
            guess
            for guess in guesses
            if guess.spec is not None
            and guess.spec.role is Role.ignore
            and guess.usable.all()
            and guess.distinct == len(guess.usable) > _MOST_KINDS
            and guess.rows_per_cell == 1
            and may_name_rows(guess.header)
        ]
    kept = max(ids, key=lambda guess: words_about.names_person(words_of(guess.header)), default=None)
    result = []
    for guess in guesses:
        if guess is kept:
            spec = ColumnSpec(ColumnType.text, Role.id)
            guess = replace(guess, spec=spec, why="names the customer: nearly every cell differs")
        elif guess.role is Role.id and kept is not None:
            why = f"differs in nearly every row, as {kept.header} does, and names something"
            guess = replace(guess, spec=ColumnSpec(ColumnType.text), why=why)
        result.append(guess)
    return result


def _one_value(guesses: list[Guess]) -> list[Guess]:
    """Give the role value to the number that speaks most for a customer's worth."""
    scores = {
        at: words_about.money_score(words_of(guess.header)) + (guess.spec.unit in ("$", "€", "£", "¥"))
        for at, guess in enumerate(guesses)
        if guess.numbers is not None and guess.spec is not None and guess.usable.mean() > 1 - _MOSTLY_BLANK / 10
    }
    best = max(scores, key=lambda at: scores[at], default=None)
    if best is None or scores[best] <= 0:
        return guesses
    chosen = guesses[best]
    assert chosen.spec is not None  # noqa: S101 - by the condition above
    why = f"money ({chosen.why}): taken as what a customer is worth"
    guesses[best] = replace(chosen, spec=replace(chosen.spec, role=Role.value), why=why)
    return guesses


def _coded(content: pd.Series) -> bool:
    """Whether the cells are whole numbers or words with digits, as ids are."""
    return bool(content.head(500).str.fullmatch(r"[\w-]*\d[\w-]*").mean() > 0.9)


def _short(text: str) -> str:
    text = re.sub(r"\s+", " ", text)
    return repr(text if len(text) <= 30 else f"{text[:29]}…")
