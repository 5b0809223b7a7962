"""The small declared grammar by which a feature or a repair combines columns.

An expression is a column's name, a number, or a mapping with exactly one operation:

============== ======================= =====================================================
operation      operands                value for a customer
============== ======================= =====================================================
column         a name                  the cell itself
ratio          [numerator, divisor]    numerator / divisor; missing where the divisor is 0
sum            two or more             their sum
difference     [a, b]                  a - b
count_yes      one or more columns     how many of the yes/no columns are yes
log            one                     natural logarithm of 1 + value (value >= 0)
truncate       one                     the value without its fraction, toward zero
days_since     a date                  days from it to the reference date of the table
days_until     a date                  days from the reference date to it
years_since    a date                  years of 365.2425 days since it: an age
months_between [a, b]                  months of 30.436875 days from the date a to the date b
missing        a column                1 where its cell is blank, 0 where it is not
============== ======================= =====================================================

Operands are expressions again, so ``{truncate: {ratio: [Tenure in Months, 12]}}`` is the tenure in whole years.
Nothing is ever evaluated as code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from customer_segmentation.errors import SettingsError
from customer_segmentation.secrets import redact_words
from customer_segmentation.sources.parsing.dates import days_of

#: operation -> (fewest operands, most operands; None: any number)
OPERATIONS: dict[str, tuple[int, int | None]] = {
    "column": (1, 1),
    "ratio": (2, 2),
    "sum": (2, None),
    "difference": (2, 2),
    "count_yes": (1, None),
    "log": (1, 1),
    "truncate": (1, 1),
    "days_since": (1, 2),
    "days_until": (1, 2),
    "years_since": (1, 2),
    "months_between": (2, 2),
    "missing": (1, 1),
}
#: Those whose operands are columns of dates, and the days of their unit: the mean Gregorian year and month.
DAYS_OF = {"days_since": 1.0, "days_until": -1.0, "years_since": 365.2425, "months_between": 365.2425 / 12}
#: Those that count to the reference date, which is their second operand once it is known: a day since 1970-01-01.
TO_REFERENCE = ("days_since", "days_until", "years_since")


@dataclass(frozen=True)
class Expression:
    """A parsed expression: an operation over operands, a column (``column``) or a constant (``number``)."""

    operation: str
    operands: tuple[Expression, ...] = ()
    name: str = ""
    number: float = 0.0

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it reads, each once, in order of appearance."""
        if self.operation == "column":
            return (self.name,)
        return tuple(dict.fromkeys(name for operand in self.operands for name in operand.columns))

    @property
    def valued(self) -> tuple[str, ...]:
        """Those of `columns` whose values it reads, and not only whether there is one."""
        if self.operation == "column":
            return (self.name,)
        if self.operation == "missing":
            return ()
        return tuple(dict.fromkeys(name for operand in self.operands for name in operand.valued))

    def __str__(self) -> str:
        if self.operation == "column":
            return self.name
        if self.operation == "number":
            return f"{self.number:g}"
        if self.operation in TO_REFERENCE and len(self.operands) == 2:
            return f"{self.operation}({self.operands[0]}, {np.datetime64(int(self.operands[1].number), 'D')})"
        return f"{self.operation}({', '.join(str(operand) for operand in self.operands)})"


def parse_declared(spec: Any, *, where: str) -> tuple[Expression, str]:
    """Read a declared feature or variable: its expression, and the unit that stands beside it, else an empty text.

    Parameters
    ----------
    spec : as `parse` takes it; a mapping may have ``unit`` and ``about`` as well
    where : the key at which it stands, for the message of an error
    """
    if not isinstance(spec, Mapping):
        return parse(spec, where=where), ""
    further = {key: value for key, value in spec.items() if key not in ("unit", "about")}
    # the unit goes into models as it is, whose files nobody redacts
    return parse(further, where=where), redact_words(str(spec.get("unit", "") or ""))


def parse(spec: Any, *, where: str) -> Expression:
    """Read an expression from a config value.

    Parameters
    ----------
    spec : str, number or mapping
        A column's name, a constant, or a mapping with one operation of the grammar above.
    where : str
        The key at which it stands, for the message of an error.

    Raises
    ------
    SettingsError
        The value is no expression; the message names ``where``, the operation and what is allowed.
    """
    if isinstance(spec, str) and spec:
        return Expression("column", name=spec)
    if isinstance(spec, int | float) and not isinstance(spec, bool):
        return Expression("number", number=float(spec))
    if not isinstance(spec, Mapping):
        raise SettingsError(f"{where} is {spec!r}; expected a column's name or one of {', '.join(OPERATIONS)}.")
    found = [key for key in spec if key in OPERATIONS]
    unknown = [str(key) for key in spec if key not in OPERATIONS]
    if len(found) != 1 or unknown:
        what = f"the unknown operation {unknown[0]!r}" if unknown else f"{len(found)} operations"
        raise SettingsError(f"{where} has {what}; expected exactly one of {', '.join(OPERATIONS)}.")
    operation = str(found[0])
    value = spec[operation]
    if operation == "column":
        if not isinstance(value, str) or not value:
            raise SettingsError(f"{where}.column is {value!r}; expected a column's name.")
        return Expression("column", name=value)
    many = isinstance(value, list | tuple)
    operands = tuple(parse(item, where=f"{where}.{operation}") for item in (value if many else [value]))
    fewest, most = OPERATIONS[operation]
    if len(operands) < fewest or (most is not None and len(operands) > most):
        wanted = f"{fewest}" if fewest == most or operation in TO_REFERENCE else f"at least {fewest}"
        raise SettingsError(f"{where}.{operation} has {len(operands)} operands; expected {wanted}.")
    first = operands[:1] if operation in TO_REFERENCE else operands
    if operation in ("count_yes", "missing", *DAYS_OF) and any(operand.operation != "column" for operand in first):
        what = {"count_yes": "counts yes/no columns", "missing": "reads a column"}.get(
            operation, "reads columns of dates"
        )
        raise SettingsError(f"{where}.{operation} {what}; expected names of columns only.")
    return Expression(operation, operands)


def bound(expression: Expression, reference_dates: Mapping[str, str | None]) -> Expression:
    """Expression whose dates count from a day.

    Parameters
    ----------
    expression : Expression
    reference_dates : mapping of str to str
        Column to the day from which its dates count, YYYY-MM-DD; None for what is no date.
    """
    operands = tuple(bound(operand, reference_dates) for operand in expression.operands)
    if expression.operation in TO_REFERENCE:
        day = reference_dates.get(operands[0].name)
        if day is not None:
            number = float(np.datetime64(day, "D").astype(int))
            return replace(expression, operands=(operands[0], Expression("number", number=number)))
    return replace(expression, operands=operands)


def _numbers(values: pd.Series) -> np.ndarray:
    """Values as doubles, of dates the days since 1970-01-01."""
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return days_of(values.to_numpy())
    return values.to_numpy(dtype=float, na_value=np.nan)


def _filled(values: pd.Series, blank: Any) -> pd.Series:
    """Values with ``blank`` where there is none; of dates it is the day since 1970-01-01."""
    if blank is None or not values.isna().any():
        return values
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return values.fillna(pd.Timestamp(np.datetime64(int(blank), "D")))
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.fillna(bool(blank))
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    return values.fillna(blank)


def evaluate(expression: Expression, frame: pd.DataFrame, blanks: Mapping[str, Any] | None = None) -> pd.Series:
    """Value of an expression for each row.

    Parameters
    ----------
    expression : Expression
    frame : DataFrame of shape (n_customers, n_columns)
        Holds the columns of the expression. Yes/no columns are boolean, or 0 and 1.
    blanks : mapping of str to number, bool or str, optional
        Column to what its blank cells are taken for.

    Returns
    -------
    Series of shape (n_customers,)
        float64, except for a bare column, which is returned as it is. A value that does not exist (division by zero,
        logarithm of a number below 0) is missing.
    """
    if expression.operation == "column":
        return _filled(frame[expression.name], (blanks or {}).get(expression.name))
    if expression.operation == "number":
        return pd.Series(expression.number, index=frame.index, dtype=float)
    if expression.operation == "missing":
        return frame[expression.operands[0].name].isna().astype(float)
    operands = [_numbers(evaluate(operand, frame, blanks)) for operand in expression.operands]
    with np.errstate(divide="ignore", invalid="ignore"):
        match expression.operation:
            case "ratio":
                values = np.where(operands[1] == 0, np.nan, operands[0] / operands[1])
            case "sum":
                values = np.sum(operands, axis=0)
            case "count_yes":
                values = np.sum([operand == 1 for operand in operands], axis=0).astype(float)
            case "difference":
                values = operands[0] - operands[1]
            case "log":
                values = np.where(operands[0] < 0, np.nan, np.log1p(np.maximum(operands[0], 0)))
            case "truncate":
                values = np.trunc(operands[0])
            case dated:  # parse() lets nothing else through
                values = (operands[1] - operands[0]) / DAYS_OF[dated]
    return pd.Series(values, index=frame.index, dtype=float)
