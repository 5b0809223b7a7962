"""Distances of customers to the centres of a fit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def distances(matrix: Floats, centres: Floats, clusters: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Distance of each row to the centre of its cluster and to the nearest other one (infinite where there is none).

    Parameters
    ----------
    matrix : array of shape (n_customers, n_dimensions)
    centres : array of shape (n_clusters, n_dimensions)
    clusters : integer array of shape (n_customers,)

    Returns
    -------
    own, other : arrays of shape (n_customers,)
    """
    own, other = np.full(len(matrix), np.inf), np.full(len(matrix), np.inf)
    for cluster, centre in enumerate(centres):  # centre by centre: no array of all distances
        squared = np.zeros(len(matrix))
        for dimension, value in enumerate(centre):
            squared += (matrix[:, dimension] - value) ** 2
        mine = clusters == cluster
        own[mine] = squared[mine]
        np.minimum(other, squared, out=other, where=~mine)
    return np.sqrt(own), np.sqrt(other)


def margin(own: Floats, other: Floats) -> Floats:
    """How clearly a customer belongs: (other - own) / the larger of both, the silhouette with centres for members.

    1 at the own centre, 0 half way to the nearest other one; below 0 where an algorithm does not take the nearest
    centre; 1 where there is one segment only.

    Parameters
    ----------
    own : distance to the own segment's centre, one a customer, shape (n,)
    other : distance to the nearest other centre, shape (n,); infinite where there is one segment only
    """
    with np.errstate(all="ignore"):
        value = np.where(np.isinf(other), 1.0, (other - own) / np.maximum(own, other))
    return np.where(np.isnan(value), 0.0, value)  # two centres in one place, and the customer in it
