"""Fits to a sample, moved by exact Lloyd steps over all customers: to the mean of those who are nearest."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans

from customer_segmentation.clustering.clusterer import centres_of
from customer_segmentation.clustering.fit import Fit, number_by_size
from customer_segmentation.clustering.metrics import Floats, cluster_sizes, inertia_of
from customer_segmentation.errors import StudyError


def can_be_polished(estimator: Any) -> bool:
    """Whether an estimator labels by the nearest centre, so that moving its centres moves its segments.

    Parameters
    ----------
    estimator : fitted or not
    """
    return isinstance(estimator, KMeans | MiniBatchKMeans) and type(estimator).predict is KMeans.predict


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
