"""Fits one estimator for each k, and numbers the clusters so that 0 is the largest.

Any estimator will do of which `customer_segmentation.clustering.clusterer` knows the centres. Thread pools are the
caller's to limit: at some 10,000 customers one thread needs the least CPU.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customer_segmentation.clustering.clusterer import (
    Clusterers,
    MakeEstimator,
    Restarts,
    centres_of,
    labels_new_customers,
    renumber,
)
from customer_segmentation.clustering.metrics import Floats, cluster_sizes, count_distinct, inertia_of
from customer_segmentation.clustering.sampled_fit import fit_from_sample, sampled
from customer_segmentation.errors import StudyError

#: A customer as near to two centres may change side when clusters change places, and with it the order of sizes;
#: after this many turns the order is left as it is. More customers than this share change side only where the
#: numbers of the clusters themselves mean something to the algorithm.
_RENUMBER_TURNS, _RENUMBER_SHARE = 5, 0.01


@dataclass(frozen=True)
class Fit:
    """One fitted estimator.

    Attributes
    ----------
    k : int
    codes : array of unsigned integers of shape (n_customers,)
        The labels in the smallest type that holds them: a sweep keeps those of every k.
    centres : array of shape (k, n_features)
    estimator : fitted scikit-learn estimator
    inertia : float
        Sum of squared distances of the customers to their centre.
    n_iter : int or None
        Iterations of the best initialisation; None where the estimator does not tell.
    converged : bool or None
        Whether it stopped before its limit of iterations.
    seconds : float
        Wall time of the fit.
    how : str
        What was done differently on a large table, or from given segments; else empty.
    start : array of shape (k, n_features) or None
        The centres that it was started at, see `customer_segmentation.clustering.warm_start`.
    """

    k: int
    codes: npt.NDArray[Any]
    centres: Floats
    estimator: Any
    inertia: float
    n_iter: int | None
    converged: bool | None
    seconds: float
    how: str = ""
    start: Floats | None = None

    @property
    def labels(self) -> npt.NDArray[np.int32]:
        """What ``estimator.predict`` answers for the matrix of the fit; clusters numbered by size, descending."""
        return self.codes.astype(np.int32)


def check_matrix(matrix: Floats, ks: Sequence[int]) -> None:
    """Refuse a matrix that cannot be split into the clusters asked for.

    Parameters
    ----------
    matrix : array of shape (n_customers, n_features)
    ks : sequence of int

    Raises
    ------
    StudyError
        No k, a k below 1, values that are missing or infinite, no two different customers, or fewer customers or
        different customers than the highest k.
    """
    n = len(matrix)
    if not len(ks):
        raise StudyError("No number of clusters was asked for; give k as an integer or a list such as [2,3,4].")
    if min(ks) < 1:
        raise StudyError(f"k = {min(ks)} was asked for; a number of clusters is at least 1.")
    if n == 0 or matrix.shape[1] == 0:
        raise StudyError(f"The space has {n:,} customers and {matrix.shape[1]} features; both must be at least 1.")
    bad = ~np.isfinite(matrix).all(axis=0)
    if bad.any():
        where = ", ".join(str(column + 1) for column in np.flatnonzero(bad))
        raise StudyError(
            f"The space has missing or infinite values in its feature(s) number {where}; fill them, leave the feature "
            "out or choose another scaling."
        )
    if max(ks) > n:
        raise StudyError(f"k = {max(ks):,} was asked for, but there are only {n:,} customers; ask for fewer clusters.")
    different = count_distinct(matrix, enough=max(max(ks), 2))
    if different == 1:
        raise StudyError(
            f"All {n:,} customers have the same values in all features of the space; choose features that vary."
        )
    if different < max(ks):
        raise StudyError(
            f"k = {max(ks):,} was asked for, but the {n:,} customers have only {different:,} different combinations of "
            f"values in this space; ask for at most k = {different:,}."
        )


def fit_k(matrix: Floats, k: int, *, make_estimator: MakeEstimator, seed: int) -> Fit:
    """Fit one estimator and number its clusters by size.

    Parameters
    ----------
    matrix : float64 array of shape (n_customers, n_features), C order
    k : int
    make_estimator : callable
        Gets ``k`` and ``seed``.
    seed : int

    Raises
    ------
    StudyError
        The estimator refuses the data or its own parameters, has no centres, or left a cluster empty.
    """
    estimator = make_estimator(k, seed)
    name = type(estimator).__name__
    restarts = make_estimator.restarts if isinstance(make_estimator, Clusterers) else Restarts()
    started, how = time.perf_counter(), ""
    try:
        if sampled(estimator, len(matrix), restarts):
            how = fit_from_sample(estimator, matrix, restarts, seed)
        else:
            estimator.fit(matrix)
    except ValueError as error:
        raise StudyError(f"{name} could not be fitted with k = {k}: {str(error).splitlines()[0]}") from error
    seconds = time.perf_counter() - started
    if not labels_new_customers(estimator):
        raise StudyError(
            f"{name} has no centres or cannot label new customers; choose an algorithm with predict, and with "
            "cluster_centers_ or means_, such as KMeans, BisectingKMeans or GaussianMixture."
        )
    labels = number_by_size(estimator, matrix)
    centres = centres_of(estimator)
    # Counted rather than caught as a ConvergenceWarning: filters of warnings are shared by all threads.
    occupied = int(np.count_nonzero(cluster_sizes(labels, k)))
    if len(centres) != k or occupied < k:
        raise StudyError(f"{name} found only {occupied} clusters where k = {k} was asked for; ask for fewer clusters.")
    if how:  # the labels are those of the means that the run ended with
        estimator.inertia_ = inertia_of(matrix, centres, labels)
    inertia = getattr(estimator, "inertia_", None)
    n_iter = getattr(estimator, "n_iter_", None)
    limit = getattr(estimator, "max_iter", None)
    estimator.labels_ = labels.astype(np.min_scalar_type(k))
    return Fit(
        k=k,
        codes=estimator.labels_,
        centres=centres,
        estimator=estimator,
        inertia=inertia_of(matrix, centres, labels) if inertia is None else float(inertia),
        n_iter=None if n_iter is None else int(n_iter),
        converged=None if n_iter is None or limit is None else bool(n_iter < limit),
        seconds=seconds,
        how=how,
    )


def number_by_size(estimator: Any, matrix: Floats) -> npt.NDArray[np.int32]:
    """Renumber a fitted estimator's clusters, largest first, ties by centre; return the labels it then predicts.

    Parameters
    ----------
    estimator : fitted; changed in place
    matrix : array of shape (n_customers, n_features)

    Raises
    ------
    StudyError
        The numbers do not settle: the labels that it predicts change with them.
    """
    labels = np.asarray(estimator.predict(matrix), dtype=np.int32)
    for _ in range(_RENUMBER_TURNS):
        centres = centres_of(estimator)
        sizes = cluster_sizes(labels, len(centres))
        order = np.lexsort((*centres.T[::-1], -sizes))
        if np.array_equal(order, np.arange(len(order))):
            break
        renumber(estimator, order)
        rank, before = np.argsort(order), labels
        labels = np.asarray(estimator.predict(matrix), dtype=np.int32)
        if np.count_nonzero(rank[before] != labels) > _RENUMBER_SHARE * len(labels):
            raise StudyError(
                f"{type(estimator).__name__} puts customers into other segments once its clusters are numbered by "
                "size; choose an algorithm whose clusters have no order, or a class with a method renumber(order)."
            )
    return labels
