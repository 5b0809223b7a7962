"""How strongly segments go together with what became of the customers. Outcomes never shape a segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chndtr

from customer_segmentation.clustering.metrics import contingency
from customer_segmentation.clustering.study import Study
from customer_segmentation.formatting import metric_name


@dataclass(frozen=True)
class Association:
    """Bias-corrected Cramér's V of segments with an outcome: 0 none, 1 one decides the other; 95 % interval."""

    v: float
    low: float
    high: float
    customers: int


def cramers_v(table: NDArray[np.integer], *, confidence: float = 0.95) -> Association | None:
    """Bias-corrected Cramér's V of a contingency table, with its interval; None where nothing varies.

    Parameters
    ----------
    table : integer array of shape (n_segments, n_values)
        Customers of each segment with each value of the outcome.
    confidence : of the interval, between 0 and 1

    Notes
    -----
    W. Bergsma, "A bias-correction for Cramér's V and Tschuprow's T", Journal of the Korean Statistical Society 42
    (2013). The interval is that of the chi-squared statistic's noncentrality (M. Smithson, *Confidence Intervals*,
    2003), brought to the same scale.
    """
    counts = np.asarray(table, dtype=float)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    n = counts.sum()
    rows, columns = counts.shape
    if rows < 2 or columns < 2 or n < 3:
        return None
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    statistic = float(((counts - expected) ** 2 / expected).sum())
    freedom = (rows - 1) * (columns - 1)
    # The sides of the table, corrected as V is: a perfect association then comes out as 1.
    side = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1

    def scaled(squared: float) -> float:
        return float(np.sqrt(min(max(squared, 0.0) / side, 1.0))) if side > 0 else 0.0

    tail = (1 - confidence) / 2
    low, high = (scaled(_noncentrality(statistic, freedom, level) / n) for level in (1 - tail, tail))
    v = scaled(statistic / n - freedom / (n - 1))
    return Association(v, min(low, v), max(high, v), int(n))


def _noncentrality(statistic: float, freedom: int, level: float) -> float:
    """Noncentrality under which the statistic is the ``level`` quantile; 0 where even none makes it too large."""
    if chndtr(statistic, freedom, 0.0) <= level:
        return 0.0
    reach = statistic + 10 * np.sqrt(statistic + freedom) + 50
    return float(brentq(lambda shift: chndtr(statistic, freedom, shift) - level, 0.0, reach, xtol=1e-6))


def associate(study: Study, outcomes: Mapping[str, NDArray[np.int64]]) -> None:
    """Give each candidate its association with the outcomes, which took no part in the clustering.

    Parameters
    ----------
    study : Study
        Its candidates' scores get ``association/NAME`` with the bounds of its interval.
    outcomes : mapping of str to int array of shape (n_customers,)
        A code for each value of an outcome, -1 where it is not known.
    """
    for name, codes in outcomes.items():
        known = codes >= 0
        for candidate in study.candidates:
            if candidate.k < 2:
                continue
            found = cramers_v(contingency(candidate.labels[known], codes[known])) if known.any() else None
            if found is not None:
                candidate.scores[metric_name("association", name)] = found.v
                candidate.scores[metric_name("association_low", name)] = found.low
                candidate.scores[metric_name("association_high", name)] = found.high
