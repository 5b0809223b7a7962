"""The variables of a sample's profile, read from any part of the table that it was drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.space import Space
from customer_segmentation.segments.variables import (
    MOST_LEVELS,
    OTHER_LEVELS,
    Described,
    ProfileVariable,
    fixed_positions,
    with_features,
)
from customer_segmentation.settings.data import ColumnSpec, Role

Cells = dict[int, npt.NDArray[Any]]


@dataclass(frozen=True)
class ProfileReader:
    """Reads what a profile speaks of, with the levels that the sample has.

    Attributes
    ----------
    columns : tuple of ProfileVariable
        Columns of the table.
    features : tuple of ProfileVariable
        Features that are more than a column.
    specs : dict of str to ColumnSpec
        Contract of the columns.
    """

    columns: tuple[ProfileVariable, ...]
    features: tuple[ProfileVariable, ...]
    specs: dict[str, ColumnSpec]

    @classmethod
    def of(cls, described: Sequence[Described], space: Space, specs: Mapping[str, ColumnSpec]) -> ProfileReader:
        """Of the variables of a sample.

        Parameters
        ----------
        described : its columns
        space : its features
        specs : contract of its columns
        """
        found = [item.variable for item in with_features(described, space.features, space.values)]
        # Of a column without any value in the sample nobody knows the levels.
        columns, features = (
            tuple(item for item in part if item.kind == "number" or item.levels)
            for part in (found[: len(described)], found[len(described) :])
        )
        return cls(columns, features, {item.name: specs[item.name] for item in columns})

    @property
    def variables(self) -> tuple[ProfileVariable, ...]:
        """All of them."""
        return (*self.columns, *self.features)

    @property
    def levels(self) -> list[int]:
        """How many levels of each are counted; 0 of a number."""
        return [len(item.levels) if item.kind == "share" else 0 for item in self.variables]

    def cells(self, customers: pd.DataFrame, features: pd.DataFrame) -> Cells:
        """Cells of some customers by the position of the variable, as `FullDataScores.add` takes them.

        Parameters
        ----------
        customers : with the columns
        features : of the same customers, before they are scaled
        """
        found = {at: self._column(item, customers) for at, item in enumerate(self.columns)}
        for at, item in enumerate(self.features, start=len(self.columns)):
            values = features[item.feature]
            if item.role is Role.categorical and pd.api.types.is_numeric_dtype(values.dtype):  # yes or no
                found[at] = np.nan_to_num(1 - values.to_numpy(dtype=float), nan=-1).astype(np.int64)
            else:
                found[at] = _known(values, item)
        return found

    def outcomes(self, others: pd.DataFrame) -> Cells:
        """The same of customers outside the fit, of whom a profile tells outcomes alone.

        Parameters
        ----------
        others : with the columns
        """
        told = [(at, item) for at, item in enumerate(self.columns) if item.role is Role.outcome]
        return {at: self._column(item, others) for at, item in told if item.name in others}

    def _column(self, variable: ProfileVariable, customers: pd.DataFrame) -> npt.NDArray[Any]:
        cells, spec = customers[variable.name], self.specs[variable.name]
        fixed = fixed_positions(cells, spec) if variable.kind == "share" else None
        return _known(cells, variable) if fixed is None else fixed[0]

    def table(self, sums: pd.DataFrame) -> pd.DataFrame:
        """Put words to what `FullDataScores.profile` gives.

        Parameters
        ----------
        sums : with the positions of variables and levels
        """
        if sums.empty:
            return sums
        at = sums["column"].to_numpy()
        every = self.variables
        words = pd.DataFrame(
            {
                "variable": [every[column].name for column in at],
                "level": [
                    every[column].levels[level] if every[column].levels else ""
                    for column, level in zip(at, sums["level"], strict=True)
                ],
                "role": [every[column].role.value for column in at],
                "unit": [every[column].unit for column in at],
                "measure": ["share" if every[column].kind == "share" else "mean" for column in at],
            }
        )
        figures = sums[["customers", "missing", "value", "overall"]]
        return pd.concat([sums[["k", "segment"]], words, figures], axis=1)


def _known(cells: pd.Series, variable: ProfileVariable) -> npt.NDArray[Any]:
    """Numbers, or positions among the levels that the sample has."""
    if variable.kind == "number":
        return cells.to_numpy(dtype=np.float64, na_value=np.nan)
    codes, distinct = pd.factorize(cells)
    levels = variable.levels
    rest = len(levels)
    if rest == MOST_LEVELS and levels[-1].startswith(OTHER_LEVELS):
        rest -= 1
    at = {word: position for position, word in enumerate(levels)}
    found = np.array([*(at.get(str(word), rest) for word in distinct), -1], dtype=np.int64)
    return found[codes]
