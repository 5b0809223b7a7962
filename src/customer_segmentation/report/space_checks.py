"""Does a space measure what its features say? What each weighs, and which are no longer what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

#: A scaling of columns keeps the order of every feature: its rank correlation with what was clustered is 1.
KEPT = 0.9
#: A correlation at which one thing may be called another.
SAME = 0.95
MOST_FEATURES = 12
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Distorted:
    """A feature that the space holds as something else.

    Attributes
    ----------
    feature : str
    own : float
        Rank correlation of what was clustered under its name with the feature itself.
    ratio_to : str
        The feature by which it was in effect divided; "" where no ratio explains it.
    ratio : float
        Correlation with that ratio; NaN where there is none.
    """

    feature: str
    own: float
    ratio_to: str
    ratio: float


@dataclass(frozen=True)
class SpaceCheck:
    """What a space does to its features.

    Attributes
    ----------
    weights : dict of str to float
        Share of the variance that was clustered, by dimension, the largest first.
    distorted : tuple of Distorted
    unit_change : tuple of (feature, adjusted Rand index) or None
        How well the segments are kept when that feature is told in thousands, where the scaling mixes features.
    """

    weights: dict[str, float]
    distorted: tuple[Distorted, ...]
    unit_change: tuple[str, float] | None = None


def check_space(matrix: Floats, dimensions: Sequence[str], values: pd.DataFrame) -> SpaceCheck:
    """Compare the dimensions of a space with the features they are named after.

    Parameters
    ----------
    matrix : array of shape (n_customers, n_dimensions)
    dimensions : sequence of str
    values : DataFrame of shape (n_customers, n_features)
        The numeric features before scaling; a dimension without one (a category's level) is only weighed.
    """
    if len(matrix) > MOST_ROWS:  # correlations of so many customers are those of all, to two digits
        rows = np.linspace(0, len(matrix) - 1, MOST_ROWS).astype(int)
        matrix, values = matrix[rows], values.iloc[rows]
    variances = matrix.var(axis=0)
    total = float(variances.sum())
    order = np.argsort(-variances, kind="stable")
    weights = {dimensions[i]: float(variances[i] / total) if total else 0.0 for i in order}
    found: list[Distorted] = []
    for position, name in enumerate(dimensions):
        if name not in values or len(found) >= MOST_FEATURES:
            continue
        column = matrix[:, position]
        own = values[name].to_numpy(dtype=float)
        if np.ptp(own) == 0 or np.ptp(column) == 0:
            continue
        ranked = _correlation(_ranks(column), _ranks(own))
        if ranked < KEPT:
            found.append(_explain(name, column, values, own=ranked))
    return SpaceCheck(weights, tuple(found))


def _explain(name: str, column: Floats, values: pd.DataFrame, *, own: float) -> Distorted:
    """Find the feature by which another was in effect divided."""
    feature = values[name].to_numpy(dtype=float)
    best, ratio = "", float("nan")
    for other in list(values)[:MOST_FEATURES]:
        divisor = values[other].to_numpy(dtype=float)
        if other == name or (divisor == 0).any():
            continue
        r = _correlation(column, feature / divisor)
        if abs(r) >= SAME and not abs(r) <= abs(ratio):
            best, ratio = str(other), r
    return Distorted(name, own, best, ratio)


def _ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values))


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale else 0.0
