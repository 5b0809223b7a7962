"""Relations that hold by the way a table is made: a level of one column fixes another, and profiles repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from customer_segmentation.formatting import figure, percent
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

#: Share of a level's customers with the same value of a feature from which the level fixes it.
FIXED = 0.995
#: The value is common only there: of the other customers at most this share has it.
ELSEWHERE = 0.8
#: Smaller levels are not looked at.
SMALLEST_LEVEL = 0.02
MOST_LEVELS = 20
MOST_RELATIONS = 4


@dataclass(frozen=True)
class Relation:
    """A level of a column at which a feature has one value.

    Attributes
    ----------
    feature, column, level : str
    value : str
        Of the feature, as it is written.
    customers : int
        With the level.
    share : float
        Of them with the value.
    elsewhere : float
        Share of the other customers with the value.
    """

    feature: str
    column: str
    level: str
    value: str
    customers: int
    share: float
    elsewhere: float

    @property
    def sentence(self) -> str:
        """The relation, and what follows for the reader of a profile."""
        whom = "all" if self.share == 1 else percent(self.share)
        level = f"{self.column}: {self.level}"
        return (
            f"{self.feature} is {self.value} for {whom} of the {self.customers:,} customers with {level}, and for "
            f"{percent(self.elsewhere)} of the others. Where a segment is set apart by {self.feature}, that it differs "
            f"in {self.column} follows from this and is not a second finding"
        )


def determined(
    customers: pd.DataFrame, columns: Mapping[str, ColumnSpec], features: Sequence[str]
) -> tuple[Relation, ...]:
    """Find levels of categories at which a clustering feature has one and the same value.

    Parameters
    ----------
    customers : DataFrame of shape (n_customers, n_columns)
    columns : mapping of str to ColumnSpec
    features : sequence of str
        Numeric columns that the clustering reads.

    Returns
    -------
    tuple of Relation
        The largest levels first.
    """
    found: list[Relation] = []
    for feature in features:
        if feature not in customers or columns[feature].type not in (ColumnType.number, ColumnType.integer):
            continue
        values = customers[feature].to_numpy(dtype=float, na_value=np.nan)
        for name, spec in columns.items():
            if name not in customers or spec.role is not Role.categorical or name == feature:
                continue
            codes, distinct = pd.factorize(customers[name])
            levels = list(distinct)
            if len(levels) < 2 or len(levels) > MOST_LEVELS:
                continue
            found += _fixed(feature, columns[feature].unit, values, name, codes, levels)
    found.sort(key=lambda item: -item.customers)
    return tuple(found[:MOST_RELATIONS])


def _fixed(
    feature: str, unit: str, values: np.ndarray, column: str, codes: np.ndarray, levels: Sequence[Any]
) -> list[Relation]:
    found = []
    known = np.isfinite(values) & (codes >= 0)
    for code, level in enumerate(levels):
        inside, outside = known & (codes == code), known & (codes != code)
        if inside.sum() < max(SMALLEST_LEVEL * len(values), 10) or not outside.any():
            continue
        middle = float(np.median(values[inside]))
        share, elsewhere = float((values[inside] == middle).mean()), float((values[outside] == middle).mean())
        if share >= FIXED and elsewhere <= ELSEWHERE:
            shown = ("yes" if level else "no") if isinstance(level, bool | np.bool_) else level
            found.append(
                Relation(feature, column, str(shown), figure(middle, unit), int(inside.sum()), share, elsewhere)
            )
    return found
