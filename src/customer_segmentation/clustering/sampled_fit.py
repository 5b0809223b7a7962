"""K-means on large tables: the starts are tried on samples, the best of them runs once over all customers.

Ten starts cost ten runs over all customers, and nearly all of them are spent on finding out which basin is the deepest.
On a sample of some 50,000 that question has the same answer: the optimum of the sample lies next to the optimum of all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.cluster import KMeans

from customer_segmentation.clustering.clusterer import Restarts
from customer_segmentation.clustering.kmeans_search import KMeansSearch
from customer_segmentation.clustering.metrics import BLOCK, cluster_means, cluster_sizes, inertia_of

Floats = npt.NDArray[np.float64]

#: On the sample a start is cheap, and among more of them the deepest basin is missed less often: so many rounds of as
#: many starts as the estimator has, each on a sample of its own.
_ROUNDS = 3

#: The best of two rounds are two basins, and both are tried on all customers, when their inertia over all customers
#: differs by more than the first figure (else they are one) and by less than the second (else the sample has decided).
_ALIKE, _UNDECIDED = 1e-5, 0.005


def sampled(estimator: Any, n: int, restarts: Restarts) -> bool:
    """Whether the starts of this estimator are tried on a sample of the n customers.

    Parameters
    ----------
    estimator : an unfitted clusterer of scikit-learn
    n : number of customers
    restarts : from how many customers on, and the sample's size
    """
    plain = type(estimator) in (KMeans, KMeansSearch) and isinstance(estimator.init, str) and estimator.n_init != 1
    return plain and n > restarts.threshold and restarts.sample < n and restarts.sample >= estimator.n_clusters


def fit_from_sample(estimator: KMeans, matrix: Floats, restarts: Restarts, seed: int) -> str:
    """Fit K-means in place: all starts on a sample, then one run over all customers from the best centres.

    The run is in float32, which halves its memory and time; the centres are then the means of the members and the
    inertia their sum of squares, both in float64.

    Parameters
    ----------
    estimator : KMeans
        Unfitted; keeps its parameters.
    matrix : array of shape (n_customers, n_features)
    restarts : Restarts
    seed : int

    Returns
    -------
    str
        What was done, for the run.
    """
    n = len(matrix)
    generator = np.random.default_rng(seed)
    check = np.sort(generator.choice(n, size=restarts.sample, replace=False))
    found: list[tuple[float, Floats]] = []
    for _ in range(_ROUNDS):
        rows = np.sort(generator.choice(n, size=restarts.sample, replace=False))
        first = clone(estimator).set_params(random_state=int(generator.integers(2**31 - 1))).fit(matrix[rows])
        # One sample for all: what differs then are the basins and not the samples.
        found.append((-float(first.score(matrix[check])), first.cluster_centers_))
    found.sort(key=lambda one: one[0])
    second = next((one for one in found[1:] if one[0] > found[0][0] * (1 + _ALIKE)), None)
    tried = [found[0][1]]
    if second is not None and second[0] < found[0][0] * (1 + _UNDECIDED):
        tried.append(second[1])
    # Centred, because float32 has seven digits and an offset would use them up.
    offset = matrix.mean(axis=0)
    narrow = np.empty(matrix.shape, dtype=np.float32)
    for start in range(0, n, BLOCK):
        narrow[start : start + BLOCK] = matrix[start : start + BLOCK] - offset
    runs = [
        KMeans(
            estimator.n_clusters,
            init=np.asarray(centres - offset, dtype=np.float32),
            n_init=1,
            max_iter=estimator.max_iter,
            tol=estimator.tol,
            algorithm=estimator.algorithm,
            copy_x=False,
        ).fit(narrow)
        for centres in tried
    ]
    full = min(runs, key=lambda run: run.inertia_)
    labels = full.labels_
    del narrow
    occupied = cluster_sizes(labels, estimator.n_clusters)[:, None] > 0
    centres = np.where(occupied, cluster_means(matrix, labels, estimator.n_clusters), full.cluster_centers_ + offset)
    for name, value in vars(full).items():
        if name.endswith("_") or name.startswith("_n_"):
            setattr(estimator, name, value)
    # Of a model fitted to doubles: what it predicts for doubles must not pass through float32.
    estimator.cluster_centers_ = np.ascontiguousarray(centres, dtype=np.float64)
    estimator.inertia_ = inertia_of(matrix, centres, labels)
    starts = _ROUNDS * (10 if estimator.n_init == "auto" else estimator.n_init)
    made = "starts of a search" if isinstance(estimator, KMeansSearch) else "starts"
    ran = "one run" if len(runs) == 1 else "the better of two runs"
    return (
        f"{starts} {made} tried on {_ROUNDS} samples of {restarts.sample:,} customers, {ran} in float32 over all {n:,}"
    )
