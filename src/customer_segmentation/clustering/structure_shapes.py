"""The shape of clusters: hollow ones and those that lean together are pieces of something bent.

A ring or a curve that K-means cuts into pieces shows valleys between them, along lines that leave it.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Matrix = NDArray[np.float64]
Labels = NDArray[np.integer]

HOLLOW, HOLLOW_PLANE, ROUND, GIRTH = 0.9, 1.0, 0.8, 1.3
"""Bounds on the shape of clusters beside a shallow valley: see `is_bent`. A disc's hollowness is 0.93."""
BEND, BEND_SIGMAS, BEND_COSINE = 0.03, 5.0, 0.9
"""Bounds from which two clusters are one bent thing: see `bend`."""
CORE = 300
"""Rows of a cluster that `hollowness` looks at."""


def hollowness(rows: Matrix, rng: np.random.Generator) -> float:
    """How empty a cluster's middle is: about 0.7 for a round cluster, near 1 and above for a piece of a ring or curve.

    Of at most ``CORE`` random rows, the distance from their mean to its m-th nearest row over the median distance of
    a row to its m-th nearest other row, m a tenth of the rows and at least five. 0 in one dimension and for fewer
    than eight rows.

    Parameters
    ----------
    rows : the customers of a cluster, shape (n, d)
    rng : draws the rows
    """
    if rows.shape[1] < 2:
        return 0.0
    if len(rows) > CORE:
        rows = rows[rng.choice(len(rows), size=CORE, replace=False)]
    if len(rows) < 8:
        return 0.0
    m = max(5, int(np.ceil(0.1 * len(rows))))
    # Position 0 of a row's own distances is the row itself, so the m-th nearest other row stands at position m.
    typical = float(np.median(np.partition(cdist(rows, rows), m, axis=1)[:, m]))
    central = float(np.partition(cdist(rows.mean(axis=0, keepdims=True), rows)[0], m - 1)[m - 1])
    if typical == 0.0:
        return 0.0 if central == 0.0 else float(np.inf)
    return central / typical


def is_bent(emptier: float, girth: float, d: int) -> bool:
    """Tell from hollowness and girth whether the clusters of a pair in d dimensions are parts of one bent thing.

    The emptier one's `hollowness` exceeds its bound, or exceeds ``ROUND`` while the rows half-way lie farther from the
    line than those at the centres (girth above ``GIRTH``): rows that go round.

    Parameters
    ----------
    emptier : the larger `hollowness` of the two clusters
    girth : median distance from the line between the centres, half-way over that at the ends
    d : dimensions of the space
    """
    return emptier > (HOLLOW_PLANE if d <= 2 else HOLLOW) or (emptier > ROUND and girth > GIRTH)


def bend(rows_i: Matrix, rows_j: Matrix) -> tuple[float, float, float]:
    """Tell how much two clusters lean to the same side towards each other, as two pieces of a curve do.

    A cluster's lean is the slope by which its rows leave the line between the centres the nearer they come to the other
    cluster, by least squares. Parallel or round clusters lean to opposite sides or nowhere.

    Parameters
    ----------
    rows_i, rows_j : rows of the two clusters, shapes (n_i, d) and (n_j, d)

    Returns
    -------
    strength : float
        Scalar product of the two leans, each over the spread of its rows beside it; 0 in one dimension.
    sigmas : float
        The same over its standard deviation where there is no lean.
    cosine : float
        Of the angle between the leans.
    """
    d = rows_i.shape[1]
    centres = rows_i.mean(axis=0), rows_j.mean(axis=0)
    line = centres[1] - centres[0]
    length = float(np.linalg.norm(line))
    if d < 2 or length == 0.0 or min(len(rows_i), len(rows_j)) < 3:
        return 0.0, 0.0, 0.0
    leans, spreads = [], []
    for rows, centre, towards in ((rows_i, centres[0], line / length), (rows_j, centres[1], -line / length)):
        place = (rows - centre) @ towards
        beside = rows - centre - np.outer(place, towards)
        along = float(place @ place)
        lean = place @ beside / along if along > 0 else np.zeros(d)
        rest = beside - np.outer(place, lean)
        leans.append(lean)
        spreads.append(np.sqrt(along / max(float(np.vdot(rest, rest)) / (d - 1), 1e-12 * along)) if along > 0 else 0.0)
    product = float(leans[0] @ leans[1])
    norms = float(np.linalg.norm(leans[0]) * np.linalg.norm(leans[1]))
    strength = product * spreads[0] * spreads[1]
    sigmas = strength * np.sqrt(len(rows_i) * len(rows_j) / (d - 1))
    return strength, float(sigmas), product / norms if norms > 0 else 0.0


def leans_together(rows_i: Matrix, rows_j: Matrix) -> bool:
    """Whether the `bend` of two clusters is strong and beyond chance.

    Parameters
    ----------
    rows_i, rows_j : rows of the two clusters, shapes (n_i, d) and (n_j, d)
    """
    strength, sigmas, cosine = bend(rows_i, rows_j)
    return strength > BEND and sigmas > BEND_SIGMAS and cosine > BEND_COSINE


def solid_hollowness(matrix: Matrix, labels: Labels, k: int, tiny: Collection[int], *, seed: int) -> dict[int, float]:
    """Return the `hollowness` of each cluster that is not tiny.

    Parameters
    ----------
    matrix : the space, shape (n, d)
    labels : cluster of each customer, 0 to k - 1, shape (n,)
    k : number of clusters
    tiny : clusters that are left out
    seed : of the rows that are drawn from large clusters
    """
    return {c: hollowness(matrix[labels == c], np.random.default_rng([seed, k, c])) for c in range(k) if c not in tiny}
