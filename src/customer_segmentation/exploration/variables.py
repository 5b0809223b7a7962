"""Named variables of an exploration: an expression over columns under a short name, with its unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import pandas as pd

from customer_segmentation.data.expressions import Expression, evaluate, parse_declared
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.data import ColumnSpec, ColumnType

WORDS = (ColumnType.text, ColumnType.category)


@dataclass(frozen=True)
class ExpressionVariable:
    """What a name stands for; ``unit`` is '' where it has none."""

    name: str
    expression: Expression
    unit: str = ""

    @property
    def derived(self) -> bool:
        """Whether it is more than a column under another name."""
        return self.expression.operation != "column"

    def lacks(self, columns: Iterable[str]) -> list[str]:
        """Columns that it reads and that are not among ``columns``."""
        present = set(columns)
        return [name for name in self.expression.columns if name not in present]


def declared_variables(
    declared: Mapping[str, Any], columns: Mapping[str, ColumnSpec], *, where: str
) -> dict[str, ExpressionVariable]:
    """Read declared variables against the contract of a customer table.

    Parameters
    ----------
    declared : mapping
        Name to a column's name, or to a mapping with one operation and optionally ``unit`` and ``about``.
    columns : mapping of str to ColumnSpec
        Contract; a column that it does not know is no error here, since the variables may be another table's.
    where : str
        Key under which they are declared.

    Raises
    ------
    SettingsError
        Text that is not an expression, or that computes with words.
    """
    found = {}
    for name, spec in declared.items():
        key = f"{where}.{name}"
        found[str(name)] = _variable(str(name), *parse_declared(spec, where=key), columns, key)
    return found


def column_variable(name: str, columns: Mapping[str, ColumnSpec]) -> ExpressionVariable:
    """Return the variable that is a column under its own name.

    Parameters
    ----------
    name : the column
    columns : the contract, for the column's type, unit and role
    """
    return _variable(name, Expression("column", name=name), "", columns, name)


def values_of(variables: Iterable[ExpressionVariable], frame: pd.DataFrame) -> pd.DataFrame:
    """Values of variables for each customer: one column a variable; those that lack a column are left out.

    Parameters
    ----------
    variables : what to compute, in the order of the columns to return
    frame : one row a customer, under the contract's column names

    Returns
    -------
    DataFrame of shape (n_customers, n_variables)
    """
    present = [variable for variable in variables if not variable.lacks(frame.columns)]
    return pd.DataFrame({item.name: evaluate(item.expression, frame) for item in present}, index=frame.index)


def unknown_column(name: str, columns: Iterable[str], *, where: str, further: Iterable[str] = ()) -> str:
    """Sentence on a name that the data's contract does not have, with the names that are close to it.

    Parameters
    ----------
    name : the name that was asked for
    columns : the contract's columns
    where : what asks for it, such as a config key: the sentence begins with it
    further : names that are allowed besides columns
    """
    known = list(dict.fromkeys([*further, *columns]))
    near = get_close_matches(name, known, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(known[:8])}{', …' * (len(known) > 8)}."
    return f"{where} reads the column {name!r}, which the data's contract does not have; {hint}"


def _variable(
    name: str, expression: Expression, unit: str, columns: Mapping[str, ColumnSpec], where: str
) -> ExpressionVariable:
    specs = {column: columns[column] for column in expression.columns if column in columns}
    words = [column for column, spec in specs.items() if spec.type in WORDS]
    if words and expression.operation != "column":
        raise SettingsError(f"{where} computes with {words[0]!r}, which holds words; use numbers or yes/no columns.")
    inner = expression.operands[0] if expression.operation == "truncate" else expression
    if not unit and inner.name in specs:
        unit = specs[inner.name].unit
    return ExpressionVariable(name, expression, unit)
