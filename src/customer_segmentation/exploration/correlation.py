"""Correlations between columns: matrices for the overview, single ones with an interval, and given other columns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from customer_segmentation.errors import DataError
from customer_segmentation.exploration.description import numeric_columns

#: A column of which a smaller share of the variance is left by the columns given is determined by them.
DETERMINED = 1e-10


UNDEFINED = (float("nan"),) * 4


COLUMNS = [
    "x", "y", "customers", "pearson", "pearson_low", "pearson_high", "spearman", "spearman_low", "spearman_high",
]  # fmt: skip


class Method(Enum):
    """Which coefficient."""

    pearson = "pearson"
    spearman = "spearman"


@dataclass(frozen=True)
class Correlation:
    """One coefficient, its interval and its two-sided p; NaN where it is not defined (a constant column)."""

    r: float
    low: float
    high: float
    p: float
    n: int


def correlation_matrix(frame: pd.DataFrame, *, method: Method = Method.pearson) -> pd.DataFrame:
    """Correlate each pair of numeric columns over the customers that have both.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_columns)
        Text and categories are left out; yes/no counts as 1 and 0.
    method : Method

    Returns
    -------
    DataFrame of shape (n_numeric_columns, n_numeric_columns)
        Symmetric, with a diagonal of 1; NaN in the row and column of a constant column.
    """
    numbers = numeric_columns(frame)
    constant = numbers.nunique() < 2
    if numbers.isna().to_numpy().any():
        matrix = numbers.corr(method=method.value)
    else:
        # One copy, made unit vectors in place, column by column: the table may be large.
        scaled = np.empty(numbers.shape, order="F")
        with np.errstate(invalid="ignore", divide="ignore"):
            for at, (_, column) in enumerate(numbers.items()):
                values = stats.rankdata(column) if method is Method.spearman else column.to_numpy()
                scaled[:, at] = values - values.mean() if len(values) else values
                scaled[:, at] /= np.sqrt(np.square(scaled[:, at]).sum())
        matrix = pd.DataFrame(np.clip(scaled.T @ scaled, -1, 1), index=numbers.columns, columns=numbers.columns)
    coefficients = matrix.to_numpy(copy=True)
    np.fill_diagonal(coefficients, 1.0)
    coefficients[constant.to_numpy(), :] = np.nan
    coefficients[:, constant.to_numpy()] = np.nan
    return pd.DataFrame(coefficients, index=numbers.columns, columns=numbers.columns)


def pair_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Count the customers behind each cell of :func:`correlation_matrix`: those that have both values."""
    numbers = numeric_columns(frame)
    present = numbers.notna().to_numpy().astype(np.int64)
    return pd.DataFrame(present.T @ present, index=numbers.columns, columns=numbers.columns)


def correlation(
    x: npt.ArrayLike, y: npt.ArrayLike, *, method: Method = Method.pearson, confidence: float = 0.95
) -> Correlation:
    """Correlate two columns, with an interval.

    The interval is Fisher's on the z scale: variance 1 / (n - 3) for Pearson, and (1 + r² / 2) / (n - 3) for Spearman
    (Bonett and Wright, Psychometrika 65, 2000). Both suppose independent customers; Pearson's also a joint normal
    distribution, which revenue is not, so it is close only for many customers.

    Parameters
    ----------
    x, y : array-like of shape (n_customers,)
        Numbers; a customer who lacks either is left out.
    method : Method
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Correlation
        The p of Pearson is from the t distribution, exact for normal columns; so is, approximately, that of Spearman.
    """
    values = np.column_stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float)])
    values = values[~np.isnan(values).any(axis=1)]
    n = len(values)
    if n < 3 or (values == values[:1]).all(axis=0).any():
        return Correlation(*UNDEFINED, n=n)
    if method is Method.pearson:
        r, p = stats.pearsonr(values[:, 0], values[:, 1])
        return Correlation(float(r), *fisher_interval(float(r), 1.0, n - 3, confidence), float(p), n)
    r, p = stats.spearmanr(values[:, 0], values[:, 1])
    return Correlation(float(r), *fisher_interval(float(r), 1 + float(r) ** 2 / 2, n - 3, confidence), float(p), n)


def partial_correlation(
    x: npt.ArrayLike, y: npt.ArrayLike, given: npt.ArrayLike, *, confidence: float = 0.95
) -> Correlation:
    """Correlate what the columns given leave of two columns: Pearson's r of the residuals of linear regressions.

    Zero means that the relation of ``x`` and ``y`` is no more than both have, linearly, in common with ``given``. With
    q columns given the interval is Fisher's with variance 1 / (n - q - 3), and p is from the t distribution with
    n - q - 2 degrees of freedom (Fisher, Metron 3, 1924).

    Parameters
    ----------
    x, y : array-like of shape (n_customers,)
    given : array-like of shape (n_customers,) or (n_customers, q)
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Correlation
        Not defined when ``x`` or ``y`` is determined by ``given``. A customer who lacks any value is left out.

    Raises
    ------
    DataError
        Nothing is given.
    """
    others = np.asarray(given, dtype=float)
    others = others[:, None] if others.ndim == 1 else others
    if others.shape[1] == 0:
        raise DataError("A partial correlation needs at least one column given; found none.")
    values = np.column_stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float), others])
    values = values[~np.isnan(values).any(axis=1)]
    n = len(values)
    if n < 3:
        return Correlation(*UNDEFINED, n=n)
    centred = values - values.mean(axis=0)
    spread = np.abs(centred).max(axis=0)
    centred /= np.where(spread > 0, spread, 1.0)  # so that units do not decide which columns lstsq takes for dependent
    pair, others = centred[:, :2], centred[:, 2:]
    coefficients, _, rank, _ = np.linalg.lstsq(others, pair, rcond=None)
    residuals = pair - others @ coefficients
    left = (residuals**2).sum(axis=0)
    degrees = n - int(rank) - 2
    if degrees < 1 or (left <= DETERMINED * (pair**2).sum(axis=0)).any():
        return Correlation(*UNDEFINED, n=n)
    r = float(np.clip(residuals[:, 0] @ residuals[:, 1] / np.sqrt(left.prod()), -1, 1))
    t = np.inf if abs(r) == 1 else abs(r) * np.sqrt(degrees / (1 - r * r))
    return Correlation(r, *fisher_interval(r, 1.0, degrees - 1, confidence), float(2 * stats.t.sf(t, degrees)), n)


def fisher_interval(r: float, variance: float, degrees: int, confidence: float) -> tuple[float, float]:
    """Interval of a coefficient whose variance on Fisher's z scale is ``variance / degrees``.

    The whole range when there are no degrees of freedom for one.

    Parameters
    ----------
    r : the coefficient, between -1 and 1
    variance : numerator of the variance on the z scale: 1 for Pearson's coefficient
    degrees : its denominator: observations less what was estimated
    confidence : share of intervals that hold the true coefficient, such as 0.95
    """
    if degrees < 1:
        return -1.0, 1.0
    if abs(r) >= 1:
        return r, r
    reach = stats.norm.ppf(0.5 + confidence / 2) * np.sqrt(variance / degrees)
    low, high = np.tanh(np.arctanh(r) + np.array([-reach, reach]))
    return float(low), float(high)


def correlation_pairs(frame: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Correlate each pair of numeric columns, the strongest relation first.

    The coefficients are those of the two matrices, so that each column is ranked once, and the intervals those of
    :func:`~customer_segmentation.exploration.correlation.correlation`.

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
