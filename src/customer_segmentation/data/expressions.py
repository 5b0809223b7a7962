"""The small declared grammar by which a feature or a repair combines columns.

An expression is a column's name, a number, or a mapping with exactly one operation:

========== ======================= =====================================================
operation  operands                value for a customer
========== ======================= =====================================================
column     a name                  the cell itself
ratio      [numerator, divisor]    numerator / divisor; missing where the divisor is 0
sum        two or more             their sum
difference [a, b]                  a - b
count_yes  one or more columns     how many of the yes/no columns are yes
log        one                     natural logarithm of 1 + value (value >= 0)
truncate   one                     the value without its fraction, toward zero
========== ======================= =====================================================

Operands are expressions again, so ``{truncate: {ratio: [Tenure in Months, 12]}}`` is the tenure in whole years.
Nothing is ever evaluated as code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from customer_segmentation.errors import SettingsError

#: operation -> (fewest operands, most operands; None: any number)
OPERATIONS: dict[str, tuple[int, int | None]] = {
    "column": (1, 1),
    "ratio": (2, 2),
    "sum": (2, None),
    "difference": (2, 2),
    "count_yes": (1, None),
    "log": (1, 1),
    "truncate": (1, 1),
}


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

    def __str__(self) -> str:
        if self.operation == "column":
            return self.name
        if self.operation == "number":
            return f"{self.number:g}"
        return f"{self.operation}({', '.join(str(operand) for operand in self.operands)})"


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
        wanted = f"{fewest}" if fewest == most else f"at least {fewest}"
        raise SettingsError(f"{where}.{operation} has {len(operands)} operands; expected {wanted}.")
    if operation == "count_yes" and any(operand.operation != "column" for operand in operands):
        raise SettingsError(f"{where}.count_yes counts yes/no columns; expected names of columns only.")
    return Expression(operation, operands)


def evaluate(expression: Expression, frame: pd.DataFrame) -> pd.Series:
    """Value of an expression for each row.

    Parameters
    ----------
    expression : Expression
    frame : DataFrame of shape (n_customers, n_columns)
        Holds the columns of the expression. Yes/no columns are boolean, or 0 and 1.

    Returns
    -------
    Series of shape (n_customers,)
        float64, except for a bare column, which is returned as it is. A value that does not exist (division by zero,
        logarithm of a number below 0) is missing.

    Raises
    ------
    ValueError
        The operation is none of the grammar's.
    """
    if expression.operation == "column":
        return frame[expression.name]
    if expression.operation == "number":
        return pd.Series(expression.number, index=frame.index, dtype=float)
    operands = [evaluate(operand, frame).to_numpy(dtype=float, na_value=np.nan) for operand in expression.operands]
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
            case unknown:  # pragma: no cover - parse() lets nothing else through
                raise ValueError(unknown)
    return pd.Series(values, index=frame.index, dtype=float)
