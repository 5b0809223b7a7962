"""Every pair of variables with both coefficients and their intervals, as one table."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from customer_segmentation.explore.correlation import Method, correlation_matrix, fisher_interval, pair_counts

COLUMNS = [
    "x", "y", "customers", "pearson", "pearson_low", "pearson_high", "spearman", "spearman_low", "spearman_high",
]  # fmt: skip


def correlation_pairs(frame: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Correlate each pair of numeric columns, the strongest relation first.

    The coefficients are those of the two matrices, so that each column is ranked once, and the intervals those of
    :func:`~customer_segmentation.explore.correlation.correlation`.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_columns)
        Text and categories are left out.
    confidence : float
        Of each interval by itself: it is not corrected for the number of pairs.

    Returns
    -------
    DataFrame of shape (n_pairs, 9)
        ``x``, ``y``, ``customers`` that have both, and ``pearson``, ``spearman`` with ``_low`` and ``_high``; ordered
        by the size of Pearson's coefficient, those not defined (NaN) last.
    """
    pearson, spearman = (correlation_matrix(frame, method=method).to_numpy() for method in Method)
    counts = pair_counts(frame)
    names, counted = list(counts), counts.to_numpy()
    rows = []
    for i, j in combinations(range(len(names)), 2):
        n = int(counted[i, j])
        r, rank = (float(matrix[i, j]) if n >= 3 else np.nan for matrix in (pearson, spearman))
        linear = (np.nan, np.nan) if np.isnan(r) else fisher_interval(r, 1.0, n - 3, confidence)
        ranked = (np.nan, np.nan) if np.isnan(rank) else fisher_interval(rank, 1 + rank**2 / 2, n - 3, confidence)
        rows.append([names[i], names[j], n, r, *linear, rank, *ranked])
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = table["pearson"].abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return table.loc[order].reset_index(drop=True)
