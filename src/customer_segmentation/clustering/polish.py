"""Fits to a sample, moved by exact Lloyd steps over all customers: to the mean of those who are nearest."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans, MiniBatchKMeans

from customer_segmentation.clustering.clusterer import MakeEstimator, centres_of
from customer_segmentation.clustering.fit import Fit, fit_k, number_by_size
from customer_segmentation.clustering.metrics import Floats, cluster_sizes, inertia_of
from customer_segmentation.errors import StudyError


def can_be_polished(estimator: Any) -> bool:
    """Whether an estimator labels by the nearest centre, so that moving its centres moves its segments.

    Parameters
    ----------
    estimator : fitted or not
    """
    return isinstance(estimator, KMeans | MiniBatchKMeans) and type(estimator).predict is KMeans.predict


def further_starts(
    matrix: Floats, hashes: npt.NDArray[np.uint64], fits: Sequence[Fit], *, starts: int, make: MakeEstimator, seed: int
) -> Iterator[dict[int, Any]]:
    """Fits to halves of a sample, each another one and the same in whatever order the customers come.

    Parameters
    ----------
    matrix : the sample, shape (n_customers, n_features)
    hashes : a number for each customer, every bit of which is a coin
    fits : to the whole sample, which are the first start
    starts : how many there are, with it
    make : makes an unfitted estimator from k and a seed
    seed : of all of them

    Yields
    ------
    dict of int to estimator
        By k.
    """
    for bit in range(starts - 1):
        half = np.ascontiguousarray(matrix[(hashes >> np.uint64(bit)) & np.uint64(1) == 1])
        yield {fit.k: fit_k(half, fit.k, make_estimator=make, seed=seed).estimator for fit in fits}


def with_centres(fit: Fit, matrix: Floats, centres: Floats, how: str) -> Fit:
    """A fit with its centres elsewhere; clusters are numbered by their size in the sample, as ever.

    Parameters
    ----------
    fit : to the sample
    matrix : the sample, shape (n_customers, n_features)
    centres : array of shape (k, n_features)
    how : what was done, for the run

    Raises
    ------
    StudyError
        A cluster has no customer of the sample.
    """
    estimator = copy.copy(fit.estimator)
    estimator.cluster_centers_ = np.ascontiguousarray(centres, dtype=np.float64)
    estimator.__dict__.pop("labels_", None)
    labels = number_by_size(estimator, matrix)
    if (cluster_sizes(labels, fit.k) == 0).any():
        raise StudyError(
            f"A segment of k = {fit.k} has no customer of the sample after engine.polish_passes; ask for fewer "
            "clusters or a larger data.max_rows."
        )
    found = centres_of(estimator)
    estimator.labels_ = labels.astype(np.min_scalar_type(fit.k))
    estimator.inertia_ = inertia_of(matrix, found, labels)
    return replace(
        fit,
        codes=estimator.labels_,
        centres=found,
        estimator=estimator,
        inertia=float(estimator.inertia_),
        how="; ".join(part for part in (fit.how, how) if part),
    )
