"""Tables whose number of clusters is known: planted mixtures, overlapping ones, and data without any structure.

Everything is drawn from one generator, so that a seed and an index name a table for good. The columns come out
z-scored, as the default scaling of the project leaves them. What "planted" means is decided by the caller: K-means at
the true k has to recover the planted labels.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_s_curve

Matrix = NDArray[np.float64]
Labels = NDArray[np.int32]

PLANTED = (
    "equal",
    "unequal",
    "spreads",
    "correlated",
    "lognormal",
    "counts",
    "noise",
    "boxes",
    "heavy",
    "nested",
)


@dataclass(frozen=True)
class Table:
    """A matrix (n, d) with the number of planted clusters; 1 says that it has no structure."""

    kind: str
    matrix: Matrix
    k: int
    labels: Labels


def z_scored(matrix: Matrix) -> Matrix:
    """Columns with mean 0 and standard deviation 1; constant columns become 0."""
    spread = matrix.std(axis=0)
    return (matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _size(rng: np.random.Generator) -> int:
    """Rows of a table, log-uniform from 300 to 3,000."""
    return round(float(np.exp(rng.uniform(np.log(300), np.log(3000)))))


def _separated_centres(rng: np.random.Generator, k: int, d: int, gap: float) -> Matrix:
    """``k`` random centres (k, d) whose smallest distance is ``gap``: the most even of forty draws."""
    best, evenness = np.zeros((k, d)), -1.0
    for _ in range(40):
        centres = rng.normal(size=(k, d))
        distances = np.linalg.norm(centres[:, None] - centres[None], axis=2)[np.triu_indices(k, 1)]
        if distances.min() / distances.mean() > evenness:
            best, evenness = centres / distances.min(), distances.min() / distances.mean()
    return best * gap


def _nested_centres(rng: np.random.Generator, k: int, d: int, gap: float) -> tuple[Matrix, int]:
    """Two or three groups of two or three centres each, the groups three to five times as far apart as the centres."""
    groups = 2 if k < 6 else int(rng.integers(2, 4))
    inner = max(2, min(3, round(k / groups)))
    outer = _separated_centres(rng, groups, d, gap * rng.uniform(3.0, 5.0))
    return np.vstack([o + _separated_centres(rng, inner, d, gap) for o in outer]), groups * inner


def _random_shape(rng: np.random.Generator, d: int, condition: float) -> Matrix:
    """Draw a linear map (d, d), singular values of mean square 1, largest over smallest at most ``condition``."""
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0]
    widths = np.exp(rng.uniform(-0.5, 0.5, d) * np.log(condition))
    return np.asarray((axes * (widths / np.sqrt(np.mean(widths**2)))) @ axes.T)


def mixture(rng: np.random.Generator, kind: str, *, gap: tuple[float, float]) -> Table:
    """Draw a mixture of 2 to 8 clusters in 3 to 12 dimensions.

    Parameters
    ----------
    rng
        Source of every draw.
    kind
        One of ``PLANTED``.
    gap
        Range of the distance between the two nearest centres, in standard deviations of a cluster along one axis.
    """
    n, d, k = _size(rng), int(rng.integers(3, 13)), int(rng.integers(2, 9))
    distance = rng.uniform(*gap)
    noise_columns = 0
    if kind == "nested":
        centres, k = _nested_centres(rng, max(k, 4), d, distance)
    elif kind == "noise":
        noise_columns = int(rng.integers(1, 4))
        d = max(3, d - noise_columns)
        centres = _separated_centres(rng, k, d, distance)
    else:
        centres = _separated_centres(rng, k, d, distance)
    shares = rng.dirichlet(np.full(k, 2.0)) if kind == "unequal" else np.full(k, 1.0 / k)
    shares = np.maximum(shares, 0.04)
    labels = np.sort(rng.choice(k, size=n, p=shares / shares.sum())).astype(np.int32)

    if kind == "boxes":
        inside = rng.uniform(-np.sqrt(3), np.sqrt(3), size=(n, d))
    elif kind == "heavy":
        inside = rng.standard_t(5, size=(n, d)) / np.sqrt(5 / 3)
    else:
        inside = rng.normal(size=(n, d))
    if kind == "correlated":
        shape = _random_shape(rng, d, 9.0)
        inside = inside @ shape
    if kind == "spreads":
        inside = inside * np.exp(rng.uniform(-0.6, 0.0, k))[labels][:, None]
    matrix = centres[labels] + inside
    if kind == "lognormal":
        # A multiplicative table: every column positive and skewed to the right, within clusters as well.
        matrix = np.exp(0.6 * matrix / matrix.std(axis=0))
    elif kind == "counts":
        # About four to ten integers over a cluster's width, none below zero.
        matrix = np.round((matrix - matrix.min(axis=0)) * rng.uniform(1.0, 2.5))
    elif kind == "noise":
        matrix = np.hstack([matrix, rng.normal(size=(n, noise_columns))])
    return Table(kind, z_scored(matrix), k, labels)


def _box(rng: np.random.Generator, n: int, d: int) -> Matrix:
    return rng.uniform(size=(n, d)) * rng.uniform(0.5, 2.0, d)


def _gaussian(rng: np.random.Generator, n: int, d: int) -> Matrix:
    return rng.normal(size=(n, d))


def _correlated(rng: np.random.Generator, n: int, d: int) -> Matrix:
    return rng.normal(size=(n, d)) @ _random_shape(rng, d, 60.0)


def _lognormal(rng: np.random.Generator, n: int, d: int) -> Matrix:
    return np.exp(rng.uniform(0.4, 1.0) * rng.normal(size=(n, d)) @ _random_shape(rng, d, 6.0))


def _gamma(rng: np.random.Generator, n: int, d: int) -> Matrix:
    return rng.gamma(rng.uniform(0.8, 4.0, d), size=(n, d))


def _line(rng: np.random.Generator, n: int, d: int) -> Matrix:
    direction = rng.normal(size=d)
    return rng.uniform(-1, 1, size=(n, 1)) * direction + rng.uniform(0.02, 0.2) * rng.normal(size=(n, d))


def _ramp(rng: np.random.Generator, n: int, d: int) -> Matrix:
    matrix = rng.uniform(size=(n, d))
    matrix[:, 0] = np.sqrt(matrix[:, 0])
    return matrix


def _zero_inflated(rng: np.random.Generator, n: int, d: int) -> Matrix:
    counts = rng.negative_binomial(1.0, 0.2, size=(n, d))
    return np.where(rng.uniform(size=(n, d)) < rng.uniform(0.2, 0.6, d), 0, counts).astype(float)


def _poisson(rng: np.random.Generator, n: int, d: int) -> Matrix:
    return rng.poisson(rng.uniform(1.0, 8.0, d), size=(n, d)).astype(float)


def _ring(rng: np.random.Generator, n: int, d: int) -> Matrix:
    angle = rng.uniform(0, 2 * np.pi, n)
    matrix = rng.normal(size=(n, d)) * rng.uniform(0.05, 0.25)
    matrix[:, 0] += np.cos(angle)
    matrix[:, 1] += np.sin(angle)
    # Noise columns of full weight would hide the ring once z-scored; two or three dimensions keep it a ring.
    return matrix[:, : min(d, 3)]


def _curve(rng: np.random.Generator, n: int, d: int) -> Matrix:
    matrix, _ = make_s_curve(n, noise=rng.uniform(0.02, 0.15), random_state=int(rng.integers(2**31)))
    return np.asarray(matrix[:, [0, 2]] if d % 2 else matrix)


def _student(rng: np.random.Generator, n: int, d: int) -> Matrix:
    return rng.normal(size=(n, d)) / np.sqrt(rng.chisquare(4, size=(n, 1)) / 4)


def _ball(rng: np.random.Generator, n: int, d: int) -> Matrix:
    directions = rng.normal(size=(n, d))
    return directions / np.linalg.norm(directions, axis=1, keepdims=True) * rng.uniform(size=(n, 1)) ** (1 / d)


def _simplex(rng: np.random.Generator, n: int, d: int) -> Matrix:
    return rng.dirichlet(np.full(max(d, 3), 1.5), size=n)


def _ratings(rng: np.random.Generator, n: int, d: int) -> Matrix:
    taste = rng.normal(size=(n, 1)) * rng.uniform(0.0, 1.0)
    return np.clip(np.round(3.5 + 1.2 * (taste + rng.normal(size=(n, d)))), 1, 7)


def _customers(rng: np.random.Generator, n: int, d: int) -> Matrix:
    """Tenure, revenue that grows with it, referrals with many zeros: a continuum like that of a telecom table."""
    tenure = np.ceil(rng.uniform(0, 72, n))
    revenue = tenure * rng.uniform(20, 120, n)
    referrals = np.where(rng.uniform(size=n) < 0.5, 0, np.minimum(rng.geometric(0.3, n), 11))
    return np.column_stack([tenure, revenue, referrals])


STRUCTURELESS: dict[str, Callable[[np.random.Generator, int, int], Matrix]] = {
    "box": _box,
    "gaussian": _gaussian,
    "correlated": _correlated,
    "lognormal": _lognormal,
    "gamma": _gamma,
    "line": _line,
    "ramp": _ramp,
    "zero_inflated": _zero_inflated,
    "poisson": _poisson,
    "ring": _ring,
    "curve": _curve,
    "student": _student,
    "ball": _ball,
    "simplex": _simplex,
    "ratings": _ratings,
    "customers": _customers,
}


def structureless(rng: np.random.Generator, kind: str) -> Table:
    """Draw data of one piece, 2 to 12 columns: no answer but "none" is right."""
    n, d = _size(rng), int(rng.integers(2, 13))
    return Table(kind, z_scored(STRUCTURELESS[kind](rng, n, d)), 1, np.zeros(n, dtype=np.int32))


def with_outliers(rng: np.random.Generator, table: Table, share: float = 0.005) -> tuple[Table, NDArray[np.bool_]]:
    """Throw ``share`` of the rows 8 to 20 standard deviations away in random directions, and z-score again.

    Returns the table, in which a row thrown out keeps the label of its cluster, and the mask of the other rows.
    """
    matrix = table.matrix.copy()
    count = max(1, round(share * len(matrix)))
    rows = rng.choice(len(matrix), size=count, replace=False)
    directions = rng.normal(size=(count, matrix.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    matrix[rows] = directions * rng.uniform(8.0, 20.0, size=(count, 1))
    stayed = np.ones(len(matrix), dtype=bool)
    stayed[rows] = False
    return Table(table.kind, z_scored(matrix), table.k, table.labels), stayed


def with_yes_no(rng: np.random.Generator, table: Table, columns: int = 2) -> Table:
    """Add ``columns`` further yes/no columns that have nothing to do with the table."""
    share = rng.uniform(0.2, 0.8, columns)
    flags = (rng.uniform(size=(len(table.matrix), columns)) < share).astype(float)
    return Table(table.kind, z_scored(np.hstack([table.matrix, flags])), table.k, table.labels)
