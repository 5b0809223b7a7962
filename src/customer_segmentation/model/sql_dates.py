"""Dates of a table as SQL: their days since 1970 by arithmetic alone, which every database does alike."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

import pandas as pd

from customer_segmentation.errors import StudyError
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.parsing.dates import EITHER_WAY, days_of, read_dates
from customer_segmentation.sources.parsing.texts import cell_text

_DIGITS = "'0123456789'"
_UNIX = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class DateSql:
    """SQL of one column of dates.

    Attributes
    ----------
    steps : list of dict of str to str
        Columns of the steps after the first, which holds the cell's text.
    days : str
        Days since 1970-01-01; NULL where the cell is no date.
    problems : list of tuple of str
        When a cell cannot be used, and what is then said of it.
    fill : str
        What an empty cell means.
    """

    steps: list[dict[str, str]]
    days: str
    problems: list[tuple[str, str]]
    fill: str


def date_sql(name: str, spec: ColumnSpec, key: str) -> DateSql:
    """SQL of a column of dates whose text is in the column ``t_KEY``.

    Parameters
    ----------
    name : str
    spec : ColumnSpec
    key : str

    Raises
    ------
    StudyError
        The form of the dates has a month as a word or a year of two digits.
    """
    order = _order(name, spec)
    reference = spec.reference_date or ""
    x, a, first, r, e, second, q, third, tail = (f"{letter}_{key}" for letter in "xafregqzw")
    text = f"t_{key}"
    packed = f"SUBSTR({text}, 1, 4) || '-' || SUBSTR({text}, 5, 2) || '-' || SUBSTR({text}, 7, 2)"
    marked = f"REPLACE(REPLACE({text}, '/', '-'), '.', '-')"
    other = f"LENGTH({text}) = 8 AND {_all_digits(text)}"
    if order[2] == "Y":  # beside it YYYY-MM-DD is read, as a column of dates becomes text
        part, rest = f"SUBSTR({q}, 1, 4)", f"SUBSTR({q}, 5)"
        iso = {letter: f"SUBSTR({marked}, {at}, {n})" for letter, at, n in (("Y", 1, 4), ("m", 6, 2), ("d", 9, 2))}
        other = f"{_all_digits(' || '.join(iso.values()))} AND SUBSTR({marked}, 5, 1) || SUBSTR({marked}, 8, 1) = '--'"
        packed = " || '-' || ".join(iso[letter] for letter in order) + f" || SUBSTR({marked}, 11)"
    else:
        two = f"{_all_digits(f'SUBSTR({q}, 2, 1)')} AND LENGTH({q}) > 1"
        part = f"CASE WHEN {two} THEN SUBSTR({q}, 1, 2) ELSE SUBSTR({q}, 1, 1) END"
        rest = f"CASE WHEN {two} THEN SUBSTR({q}, 3) ELSE SUBSTR({q}, 2) END"
    parts = dict(zip(order, (first, second, third), strict=True))
    year, month, day = f"y_{key}", f"m_{key}", f"d_{key}"
    written = " AND ".join(
        [
            *(f"{_all_digits(column)} AND LENGTH({column}) <= 2" for column in (parts["m"], parts["d"])),
            f"{_all_digits(parts['Y'])} AND LENGTH({parts['Y']}) = 4",
            f"({tail} = '' OR (SUBSTR({tail}, 1, 1) IN (' ', 'T') AND STRPOS({tail}, ':') > 0))",
        ]
    )
    days = f"n_{key}"
    steps = [
        {x: f"CASE WHEN {other} THEN {packed} ELSE {marked} END"},
        {a: f"STRPOS({x}, '-')"},
        {first: f"CASE WHEN {a} > 1 THEN SUBSTR({x}, 1, {a} - 1) END", r: f"SUBSTR({x}, {a} + 1)"},
        {e: f"STRPOS({r}, '-')"},
        {second: f"CASE WHEN {e} > 1 THEN SUBSTR({r}, 1, {e} - 1) END", q: f"SUBSTR({r}, {e} + 1)"},
        {third: part, tail: rest},
        {
            column: f"CASE WHEN {written} THEN CAST({parts[letter]} AS INTEGER) END"
            for column, letter in ((year, "Y"), (month, "m"), (day, "d"))
        },
        {days: _days(year, month, day)},
    ]
    problems = []
    if not spec.future:
        last = (datetime.date.fromisoformat(reference) - _UNIX).days
        problems.append((f"{days} > {last}", f"is after {reference}, the reference date"))
    if spec.date_format is None:
        either = " AND ".join(f"{_all_digits(one)} AND LENGTH({one}) <= 2" for one in (first, second))
        either += f" AND {_all_digits(q)} AND LENGTH({q}) IN (2, 4)"
        problems.append((either, EITHER_WAY))
        problems.append((f"{days} IS NULL", "is not a date"))
    else:
        problems.append((f"{days} IS NULL", f"is not a date of the form {spec.date_format}"))
    return DateSql(steps, days, problems, _fill(spec))


def _order(name: str, spec: ColumnSpec) -> str:
    """Day, month and year in the order of the form, as ``dmY``.

    Raises
    ------
    StudyError
        It has other parts, or no marks between them.
    """
    if spec.date_format is None:
        return "Ymd"
    found = "".join(re.findall(r"%([A-Za-z])", spec.date_format.split("%H")[0].split("%I")[0]))
    if sorted(found) != sorted("Ymd") or (found != "Ymd" and "%m%" in spec.date_format):
        raise StudyError(
            f"The dates of {name!r} are written as {spec.date_format}, which has no plain form in SQL: dates as "
            "YYYY-MM-DD, or with day, month and a year of four digits between marks, have one."
        )
    return found


def _all_digits(text: str) -> str:
    return f"({text} <> '' AND TRIM({text}, {_DIGITS}) = '')"


def _days(year: str, month: str, day: str) -> str:
    """Days from 1970-01-01 to a date; NULL where there is no such day.

    The days of a date since 1970 are those of the civil calendar with the year that begins in March.
    """
    leap = f"({year} % 4 = 0 AND ({year} % 100 <> 0 OR {year} % 400 = 0))"
    last = (
        f"CASE WHEN {month} IN (4, 6, 9, 11) THEN 30 WHEN {month} = 2 THEN CASE WHEN {leap} THEN 29 ELSE 28 END "
        "ELSE 31 END"
    )
    exists = (
        f"{month} BETWEEN 1 AND 12 AND {day} BETWEEN 1 AND {last} "
        f"AND {year} * 10000 + {month} * 100 + {day} BETWEEN 19000101 AND 22000101"
    )
    march = f"({year} - CASE WHEN {month} <= 2 THEN 1 ELSE 0 END)"
    of_year = f"FLOOR((153.0 * ({month} + CASE WHEN {month} > 2 THEN -3 ELSE 9 END) + 2) / 5.0)"
    leaps = f"FLOOR({march} / 4.0) - FLOOR({march} / 100.0) + FLOOR({march} / 400.0)"
    # 719,469 days lie between the first of March of the year 0 and 1970, that first day counted as the day 1.
    return f"CASE WHEN {exists} THEN 365.0 * {march} + {leaps} + {of_year} + {day} - 719469.0 END"


def _fill(spec: ColumnSpec) -> str:
    if spec.fill is None:
        return "NULL"
    dates, _ = read_dates(pd.Series([cell_text(spec.fill)], dtype="str"), spec.date_format)
    return f"{days_of(dates)[0]:.0f}"
