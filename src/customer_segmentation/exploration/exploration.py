"""One exploration of a customer table: everything that is shown of it, computed once from roles and declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from customer_segmentation.data.table import CustomerTable
from customer_segmentation.exploration.correlation import Method, correlation_matrix, correlation_pairs
from customer_segmentation.exploration.description import (
    counts_by,
    counts_by_band,
    describe,
    numeric_columns,
    tukey_outliers,
)
from customer_segmentation.exploration.hypotheses import Hypothesis, HypothesisResult, assess_hypotheses
from customer_segmentation.exploration.variables import ExpressionVariable, column_variable, values_of
from customer_segmentation.formatting import listed
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

#: A column of words with more distinct values than this (a city, a remark) is not a category to be counted.
MOST_VALUES = 100


@dataclass(frozen=True)
class Asked:
    """What the settings ask to be shown.

    Attributes
    ----------
    correlate, describe, further : mapping of str to Variable
        Variables that are correlated, those described beside the columns, and those that only hypotheses use.
    counts : sequence of str
        Columns whose customers are counted as demography.
    bands : mapping of str to sequence of float
        Column to the lower edges of its bands.
    hypotheses : sequence of Hypothesis
        Over the names of variables and columns.
    """

    correlate: Mapping[str, ExpressionVariable]
    describe: Mapping[str, ExpressionVariable]
    further: Mapping[str, ExpressionVariable]
    counts: Sequence[str]
    bands: Mapping[str, Sequence[float]]
    hypotheses: Sequence[Hypothesis]


@dataclass(frozen=True)
class Exploration:
    """What the table shows.

    Attributes
    ----------
    columns : DataFrame
        One row a column: ``column``, ``role``, ``type``, ``unit``, ``missing`` (customers), ``share``, ``about``.
    numbers : DataFrame of shape (n_customers, n_described)
        The numeric columns and the derived variables, as described and drawn.
    units : dict of str to str
        Of ``numbers``.
    description, outliers : DataFrame
    pearson, spearman : DataFrame of shape (n_correlated, n_correlated)
    pairs : DataFrame
        Every pair with intervals, the strongest first.
    demography, categories : dict of str to DataFrame
        Counts of customers: as declared, and of every other column of categories.
    hypotheses : list of HypothesisResult
    left_out : tuple of str
        What could not be shown, each as a sentence.
    """

    columns: pd.DataFrame
    numbers: pd.DataFrame
    units: dict[str, str]
    description: pd.DataFrame
    outliers: pd.DataFrame
    pearson: pd.DataFrame
    spearman: pd.DataFrame
    pairs: pd.DataFrame
    demography: dict[str, pd.DataFrame]
    categories: dict[str, pd.DataFrame]
    hypotheses: list[HypothesisResult]
    left_out: tuple[str, ...]


def explore_table(table: CustomerTable, asked: Asked, *, confidence: float = 0.95) -> Exploration:
    """Explore the customers in use.

    Columns are taken by role: every numeric column is described, every category counted, whatever the table. What is
    declared for columns that this table lacks is left out, and said.

    Parameters
    ----------
    table : CustomerTable
    asked : Asked
    confidence : float
        Of the intervals, between 0 and 1.

    Raises
    ------
    SettingsError
        A hypothesis over words, or over one variable twice.
    """
    customers, specs = table.customers, table.columns
    named = {**asked.correlate, **asked.describe, **asked.further}
    left_out: list[str] = []
    numeric = [
        name
        for name, spec in specs.items()
        if spec.role in (Role.numeric, Role.value, Role.outcome)
        and spec.type in (ColumnType.integer, ColumnType.number)
    ]
    correlated = _correlated(asked, numeric, specs, left_out)
    if _foreign(asked, specs):
        left_out[:] = ["The declared exploration belongs to another table: all numeric columns are correlated instead."]
    else:
        left_out += _absent(asked, specs)
    shown = [column_variable(name, specs) for name in numeric]
    shown += [item for item in correlated if not item.derived and item.expression.name not in numeric]
    shown += [item for item in named.values() if item.derived]
    shown = list({item.name: item for item in shown}.values())
    numbers = numeric_columns(values_of(shown, customers))
    related = numeric_columns(values_of(correlated, customers))
    demography = _demography(customers, asked)
    return Exploration(
        columns=columns_table(customers, specs),
        numbers=numbers,
        units={item.name: item.unit for item in shown if item.name in numbers},
        description=describe(numbers),
        outliers=tukey_outliers(numbers),
        pearson=correlation_matrix(related),
        spearman=correlation_matrix(related, method=Method.spearman),
        pairs=correlation_pairs(related, confidence=confidence),
        demography=demography,
        categories=_categories(customers, specs, demography, left_out),
        hypotheses=assess_declared(customers, specs, asked, confidence, left_out),
        left_out=tuple(left_out),
    )


def columns_table(customers: pd.DataFrame, specs: Mapping[str, ColumnSpec]) -> pd.DataFrame:
    """Contract and missing cells of every column: shape (n_columns, 7).

    Parameters
    ----------
    customers : the cleaned table, one row a customer
    specs : the contract: column to what it is for
    """
    n = len(customers)
    missing = customers.isna().sum()
    return pd.DataFrame(
        [
            {
                "column": name,
                "role": spec.role.value,
                "type": spec.type.value,
                "unit": spec.unit,
                "missing": int(missing[name]),
                "share": missing[name] / n if n else float("nan"),
                "about": spec.about,
            }
            for name, spec in specs.items()
        ],
        columns=["column", "role", "type", "unit", "missing", "share", "about"],
    )


def _correlated(
    asked: Asked, numeric: Sequence[str], specs: Mapping[str, ColumnSpec], left_out: list[str]
) -> list[ExpressionVariable]:
    """Return the declared variables that the table has; all numeric columns where these are fewer than two."""
    every = [column_variable(name, specs) for name in numeric]
    if not asked.correlate:
        return every
    usable = [item for item in asked.correlate.values() if not item.lacks(specs)]
    lacking = {item.name: item.lacks(specs) for item in asked.correlate.values() if item.lacks(specs)}
    if len(usable) < 2:
        left_out.append(
            f"The variables declared for correlation ({listed(map(repr, asked.correlate), most=6)}) are another "
            "table's: all numeric columns are correlated instead."
        )
        return every
    left_out += [
        f"{name} is not correlated: the table has no column {listed(map(repr, names), most=6)}."
        for name, names in lacking.items()
    ]
    return usable


def _foreign(asked: Asked, specs: Mapping[str, ColumnSpec]) -> bool:
    """Whether something is declared, and the table has nothing of it."""
    variables = [*asked.correlate.values(), *asked.describe.values()]
    groups = [*asked.counts, *asked.bands]
    present = [item for item in variables if not item.lacks(specs)] + [name for name in groups if name in specs]
    return bool(variables or groups) and not present


def _absent(asked: Asked, specs: Mapping[str, ColumnSpec]) -> list[str]:
    """Sentences on declared descriptions and counts that the table has no columns for."""
    lacking = {item.name: item.lacks(specs) for item in asked.describe.values()}
    sentences = [
        f"{name} is not described: the table has no column {listed(map(repr, names), most=6)}."
        for name, names in lacking.items()
        if names
    ]
    groups = [name for name in dict.fromkeys([*asked.counts, *asked.bands]) if name not in specs]
    return [
        *sentences,
        *([f"No counts by {listed(map(repr, groups), most=6)}: the table has no such column."] if groups else []),
    ]


def _demography(customers: pd.DataFrame, asked: Asked) -> dict[str, pd.DataFrame]:
    """Counts by declared categories and bands."""
    tables = {name: counts_by(customers[name]) for name in asked.counts if name in customers}
    return tables | {
        name: counts_by_band(customers[name], edges) for name, edges in asked.bands.items() if name in customers
    }


def _categories(
    customers: pd.DataFrame, specs: Mapping[str, ColumnSpec], done: Mapping[str, pd.DataFrame], left_out: list[str]
) -> dict[str, pd.DataFrame]:
    """Counts of every category and yes/no column that is not counted yet."""
    tables = {}
    for name, spec in specs.items():
        words = spec.type in (ColumnType.category, ColumnType.yes_no, ColumnType.text)
        if name in done or not words or spec.role not in (Role.categorical, Role.outcome):
            continue
        column = customers[name]
        distinct = column.nunique()
        if distinct > MOST_VALUES:
            left_out.append(f"No counts by {name}: it has {distinct:,} distinct values, more than {MOST_VALUES}.")
            continue
        tables[name] = counts_by(column)
    return tables


def assess_declared(
    customers: pd.DataFrame,
    specs: Mapping[str, ColumnSpec],
    asked: Asked,
    confidence: float,
    left_out: list[str],
) -> list[HypothesisResult]:
    """Test the hypotheses whose variables the table has; sentences on the others are added to ``left_out``.

    Parameters
    ----------
    customers : the cleaned table, one row a customer
    specs : the contract: column to what it is for
    asked : names and expressions to look at, and the hypotheses over them
    confidence : of the intervals, such as 0.95
    left_out : grows by a sentence for each hypothesis that the table lacks columns for
    """
    named = {**asked.correlate, **asked.describe, **asked.further}
    used: dict[str, ExpressionVariable] = {}
    testable, missed = [], []
    for hypothesis in asked.hypotheses:
        variables = [
            named[name] if name in named else column_variable(name, specs)
            for name in (hypothesis.x, hypothesis.y, *hypothesis.given)
        ]
        lacking = list(dict.fromkeys(column for item in variables for column in item.lacks(specs)))
        if lacking:
            missed.append(
                f"{hypothesis.x} with {hypothesis.y} is not tested: the table has no column "
                f"{listed(map(repr, lacking), most=6)}."
            )
            continue
        testable.append(hypothesis)
        used |= {item.name: item for item in variables}
    if missed and not testable and len(missed) > 1:
        missed = ["The declared hypotheses belong to another table: none is tested."]
    left_out += missed
    return assess_hypotheses(values_of(used.values(), customers), testable, confidence=confidence)
