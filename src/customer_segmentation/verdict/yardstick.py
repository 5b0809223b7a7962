"""A yardstick that compares candidates of different spaces.

Inertia and silhouette are measured in the space that was clustered, and do not compare between spaces. The yardstick is
measured in one fixed reference space: the share of its variance that a candidate's labels explain, divided by the share
that K-means in that very space explains with as many segments. 1 means: nothing is lost against clustering the
reference space itself. It is a declared preference, and it favours spaces like the reference.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.cluster import KMeans

from customer_segmentation.clustering.clusterer import Restarts
from customer_segmentation.clustering.sampled_fit import fit_from_sample, sampled

RESTARTS = 10
ALL_CUSTOMERS = Restarts()


def attainable(
    reference: np.ndarray, ks: Sequence[int], *, seed: int, restarts: Restarts = ALL_CUSTOMERS
) -> dict[int, float]:
    """Share of the reference space's variance that K-means attains, for each k.

    Parameters
    ----------
    reference : ndarray of shape (n_customers, n_dimensions)
    ks : sequence of int
        Numbers of segments; those below 2 or above the number of customers are left out.
    seed : int
    restarts : Restarts
        Where K-means is started on large tables.

    Returns
    -------
    dict
        k to a share between 0 and 1.
    """
    total = float(((reference - reference.mean(axis=0)) ** 2).sum())
    if total <= 0:
        return {}
    shares = {}
    for k in ks:
        if 2 <= k <= len(reference):
            best = KMeans(n_clusters=k, n_init=RESTARTS, random_state=seed)
            if sampled(best, len(reference), restarts):
                fit_from_sample(best, reference, restarts, seed)
            else:
                best.fit(reference)
            shares[int(k)] = 1.0 - float(best.inertia_) / total
    return shares


def yardstick(explained: float, k: int, attained: dict[int, float]) -> float:
    """Explained share of the reference's variance as a share of what is attainable with k segments; nan if unknown.

    At most 1: a candidate that explains a trace more than the restarts in the reference space attained is as good.

    Parameters
    ----------
    explained : share of the reference's variance that the segments explain, 0 to 1
    k : number of segments
    attained : for each k the share that K-means attains in the reference space
    """
    limit = attained.get(k, 0.0)
    return min(1.0, explained / limit) if limit > 0 else float("nan")
