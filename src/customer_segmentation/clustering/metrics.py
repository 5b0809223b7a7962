"""Scores of a labeling that need no pairwise distances: sums and counts per cluster.

Labels are integers 0 … k-1 with every cluster occupied. Where scikit-learn has the same score, values and degenerate
conventions are scikit-learn's; a score that does not exist (no variance to explain) is NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]

#: Rows of a block, where a temporary array as large as the matrix would be held.
BLOCK = 1 << 17


def cluster_sizes(labels: Integers, k: int | None = None) -> npt.NDArray[np.int64]:
    """Count the customers of each cluster.

    Parameters
    ----------
    labels : integer array of shape (n_customers,)
    k : int, optional
        Number of clusters; by default the highest label plus one.

    Returns
    -------
    int64 array of shape (k,)
    """
    return np.bincount(labels, minlength=k or 0)


def smallest_share(labels: Integers) -> float:
    """Share of all customers, 0 to 1, that the smallest cluster holds."""
    sizes = cluster_sizes(labels)
    return float(sizes.min() / sizes.sum())


def cluster_means(matrix: Floats, labels: Integers, k: int | None = None) -> Floats:
    """Mean of the members of each cluster.

    Parameters
    ----------
    matrix : array of shape (n_customers, n_features)
    labels : integer array of shape (n_customers,)
    k : int, optional
        Number of clusters; by default the highest label plus one.

    Returns
    -------
    array of shape (k, n_features)
        Zero for a cluster without members.
    """
    return _means(matrix.T, labels, k)


def frame_means(numbers: pd.DataFrame, labels: Integers, k: int | None = None) -> pd.DataFrame:
    """`cluster_means` of a table's columns, without a matrix of all of them.

    Parameters
    ----------
    numbers : DataFrame of shape (n_customers, n_features)
    labels : integer array of shape (n_customers,)
    k : int, optional
        Number of clusters; by default the highest label plus one.

    Returns
    -------
    DataFrame of shape (k, n_features)
    """
    columns = (numbers.iloc[:, at].to_numpy(dtype=float) for at in range(numbers.shape[1]))
    return pd.DataFrame(_means(columns, labels, k), columns=numbers.columns)


def _means(columns: Iterable[Floats], labels: Integers, k: int | None) -> Floats:
    """Means by cluster of columns that are there one after the other, shape (k, n_columns)."""
    sizes = cluster_sizes(labels, k)
    labels = labels.astype(np.intp)  # once, not by bincount for every column
    sums = [np.bincount(labels, weights=column, minlength=len(sizes)) for column in columns]
    return np.column_stack([np.empty((len(sizes), 0)), *sums]) / np.maximum(sizes, 1)[:, None]


def inertia_of(matrix: Floats, centres: Floats, labels: Integers) -> float:
    """Sum of squared distances to the centres, block by block.

    Parameters
    ----------
    matrix : array of shape (n_customers, n_features)
    centres : array of shape (k, n_features)
    labels : integer array of shape (n_customers,)
    """
    return sum(float(np.square(part - centres[own]).sum()) for part, own in _blocks(matrix, labels))


def count_distinct(matrix: Floats, *, enough: int) -> int:
    """Count the different rows of a matrix, stopping at ``enough``.

    Parameters
    ----------
    matrix : array of shape (n_customers, n_features)
    enough : int
        Rows are read in growing portions until so many different ones are found.

    Returns
    -------
    int
        The exact number when it is below ``enough``; else at least ``enough``.
    """
    rows = 16 * enough
    while True:
        found = len(np.unique(matrix[:rows], axis=0))
        if found >= enough or rows >= len(matrix):
            return found
        rows *= 8


def davies_bouldin(matrix: Floats, labels: Integers) -> float:
    """Davies-Bouldin index: mean over clusters of the worst (spread + spread') / distance of the centres; low is good.

    Parameters
    ----------
    matrix : array of shape (n_customers, n_features)
    labels : integer array of shape (n_customers,)
        At least two clusters.

    Notes
    -----
    D. L. Davies, D. W. Bouldin, "A Cluster Separation Measure", IEEE PAMI 1 (1979). Spread is the mean distance of the
    members to their mean. As in scikit-learn the index is 0 when all spreads, or all distances between centres, are 0
    to within 1e-8.
    """
    means = cluster_means(matrix, labels)
    to_mean = np.concatenate([np.linalg.norm(part - means[own], axis=1) for part, own in _blocks(matrix, labels)])
    spread = np.bincount(labels, weights=to_mean) / cluster_sizes(labels)
    apart = np.linalg.norm(means[:, None, :] - means[None, :, :], axis=2)
    if np.allclose(spread, 0) or np.allclose(apart, 0):
        return 0.0
    apart[apart == 0] = np.inf
    return float(((spread[:, None] + spread) / apart).max(axis=1).mean())


def calinski_harabasz(matrix: Floats, labels: Integers) -> float:
    """Calinski-Harabasz index: variance between clusters over variance within, per degree of freedom; high is good.

    Parameters
    ----------
    matrix : array of shape (n_customers, n_features)
    labels : integer array of shape (n_customers,)
        At least two clusters.

    Notes
    -----
    T. Caliński, J. Harabasz, "A dendrite method for cluster analysis", Communications in Statistics 3 (1974). As in
    scikit-learn it is 1 when no cluster has any variance.
    """
    n, k = len(labels), len(cluster_sizes(labels))
    within, between = _within_and_between(matrix, labels)
    if within == 0.0:
        return 1.0
    return float(between * (n - k) / (within * (k - 1)))


def variance_explained(values: Floats, labels: Integers) -> float:
    """Share of the variance of ``values`` that the labels explain, 0 to 1.

    For one column this is eta squared, the correlation ratio; for several the sums of squares are added up, so that
    every column counts by its own variance.

    Parameters
    ----------
    values : array of shape (n_customers,) or (n_customers, n_columns)
        Customers with a missing value are left out.
    labels : integer array of shape (n_customers,)
        Clusters may be empty.

    Returns
    -------
    float
        NaN when the values do not vary.
    """
    table = np.asarray(values, dtype=np.float64)
    table = table.reshape(len(table), -1)
    known = np.isfinite(table).all(axis=1)
    if not known.all():
        table, labels = table[known], np.unique(labels[known], return_inverse=True)[1]
    if not len(table) or np.all(table == table[0]):
        return float("nan")
    within, between = _within_and_between(table, labels)
    return float(between / (within + between))


def total_sum_of_squares(matrix: Floats) -> float:
    """Sum of squared distances to the mean of all customers: the inertia of one cluster."""
    centre = matrix.mean(axis=0)
    return float(sum(np.square(matrix[at : at + BLOCK] - centre).sum() for at in range(0, len(matrix), BLOCK)))


def adjusted_rand_index(first: Integers, second: Integers) -> float:
    """Agreement of two labelings of the same customers: 1 when equal up to names, about 0 for independent ones.

    Parameters
    ----------
    first, second : integer arrays of shape (n_customers,)
        Labels from 0; clusters may be empty.
    """
    return adjusted_rand_of_table(contingency(first, second))


def adjusted_rand_of_table(table: npt.NDArray[np.int64]) -> float:
    """Adjusted Rand index of two labelings, from the counts of customers for each pair of labels.

    Parameters
    ----------
    table : integer array of shape (k_first, k_second)

    Notes
    -----
    L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 2 (1985), in the form by counts of pairs,
    which are exact in integers. As in scikit-learn it is 1 when neither labeling separates what the other joins.
    """
    n = int(table.sum())
    squares = _sum_of_squares(table)
    rows = _sum_of_squares(table.sum(axis=1))
    columns = _sum_of_squares(table.sum(axis=0))
    both, only_first, only_second = squares - n, rows - squares, columns - squares
    neither = n * n - both - only_first - only_second - n
    if only_first == 0 and only_second == 0:
        return 1.0
    expected = (both + only_first) * (only_first + neither) + (both + only_second) * (only_second + neither)
    return 2.0 * (both * neither - only_first * only_second) / expected


def contingency(
    first: Integers, second: Integers, k: int | None = None, k_second: int | None = None
) -> npt.NDArray[np.int64]:
    """Count the customers for each pair of labels.

    Parameters
    ----------
    first, second : integer arrays of shape (n_customers,)
        Labels from 0.
    k : int, optional
        Number of clusters of both; by default the highest label of each plus one.
    k_second : int, optional
        Number of clusters of the second, where it has another than the first.

    Returns
    -------
    int64 array of shape (k_first, k_second)
    """
    rows = k if k is not None else int(first.max(initial=-1)) + 1
    columns = next((given for given in (k_second, k) if given is not None), int(second.max(initial=-1)) + 1)
    pairs = first.astype(np.int64) * columns + second
    return np.bincount(pairs, minlength=rows * columns).reshape(rows, columns)


def _within_and_between(matrix: Floats, labels: Integers) -> tuple[float, float]:
    """Split the sum of squared distances to the mean into its parts within and between clusters."""
    means = cluster_means(matrix, labels)
    sizes = cluster_sizes(labels)
    between = float((np.square(means - matrix.mean(axis=0)) * sizes[:, None]).sum())
    within = float(sum(np.square(part - means[own]).sum() for part, own in _blocks(matrix, labels)))
    return within, between


def _blocks(matrix: Floats, labels: Integers) -> Iterator[tuple[Floats, Integers]]:
    """Cut a large table into blocks of rows: differences of the whole would need its memory once more."""
    for start in range(0, len(matrix), BLOCK):
        yield matrix[start : start + BLOCK], labels[start : start + BLOCK]


def _sum_of_squares(counts: npt.NDArray[np.int64]) -> int:
    """Sum of squared counts as a Python integer: its products exceed 64 bits beyond some 50,000 customers."""
    return int(np.square(counts, dtype=np.int64).sum())
