"""The weight of yes/no and category columns beside numbers.

A 0/1 column has the spread that its share of yes gives it, a scaled number that of its scaling: how much the one counts
against the other is then an accident. With a weight each 0/1 column gets so many standard deviations of a typical
scaled number (the median of them), so that the balance is the same under every scaling. A rare answer is not blown up
without end: below a tenth of the customers a column is multiplied as one of a tenth is.

Half a standard deviation is the default by `benchmarks/mixed.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

Floats = npt.NDArray[np.float64]

#: Standard deviation of a 0/1 column that a tenth says yes to: rarer ones are multiplied as it is.
RARE = 0.3


def weighting() -> StandardScaler:
    """Unfitted step that multiplies 0/1 columns; `weigh` gives it its factors once it is fitted."""
    return StandardScaler(with_mean=False)


def weigh(encoder: ColumnTransformer, matrix: Floats, weight: float) -> None:
    """Give the 0/1 columns of a fitted encoder their weight.

    Parameters
    ----------
    encoder : fitted ColumnTransformer
        Its parts ``indicator`` and ``category`` end with the step of `weighting`; changed in place.
    matrix : array of shape (n_customers, n_dimensions)
        What it has made of the customers that it was fitted to.
    weight : float
        In standard deviations of a typical scaled number.
    """
    spreads = matrix[:, encoder.output_indices_["numeric"]].std(axis=0)
    typical = float(np.median(spreads[spreads > 0])) if (spreads > 0).any() else 1.0
    for name in ("indicator", "category"):
        if name in encoder.named_transformers_:
            step: Any = encoder.named_transformers_[name]
            scaler = step.steps[-1][1] if isinstance(step, Pipeline) else step
            scaler.scale_ = 1 / factors(np.sqrt(scaler.var_), weight * typical)


def factors(spreads: Floats, weight: float) -> Floats:
    """What 0/1 columns are multiplied by.

    Parameters
    ----------
    spreads : standard deviation of each 0/1 column, shape (n_columns,)
    weight : standard deviation that each of them gets, unless it is a rare one
    """
    return np.asarray(weight / np.maximum(spreads, RARE))
