"""Unkind tables: what the mixtures and the tables of one piece in `truth_data` are too kind to show.

Planted ones are nested at 3.5 to 4.5 standard deviations, skewed or heavy-tailed with segments of unequal size, counts
with many zeros, with a clump of 1 to 2 % outliers, small (200 rows), or wide (15 columns). Those of one piece are bent
(bananas, arcs, thick rings), heavy-tailed, mostly zeros, small, or wide.
"""

from __future__ import annotations

import numpy as np
from truth_data import STRUCTURELESS, Labels, Matrix, Table, _nested_centres, _separated_centres, _size, z_scored

PLANTED_UNKIND = (
    "nested, near",
    "log-normal, unequal",
    "heavy, unequal",
    "zeros",
    "clumped outliers",
    "n = 200",
    "d = 15",
)
ONE_PIECE_UNKIND = ("banana", "arc", "thick ring", "heavy tails", "mostly zeros", "n = 200", "d = 15")


def unkind_mixture(rng: np.random.Generator, kind: str) -> Table:
    """Draw one planted table.

    Parameters
    ----------
    rng : source of every draw
    kind : one of `PLANTED_UNKIND`
    """
    n = 200 if kind == "n = 200" else _size(rng)
    d = 15 if kind == "d = 15" else int(rng.integers(3, 9))
    k = int(rng.integers(2, 4 if kind == "n = 200" else 7))
    if kind == "nested, near":
        centres, k = _nested_centres(rng, max(k, 4), d, rng.uniform(3.5, 4.5))
    else:
        centres = _separated_centres(rng, k, d, rng.uniform(5.0, 9.0))
    shares = np.maximum(rng.dirichlet(np.full(k, 2.0)) if "unequal" in kind else np.full(k, 1.0 / k), 0.05)
    labels: Labels = np.sort(rng.choice(k, size=n, p=shares / shares.sum())).astype(np.int32)
    noise = rng.standard_t(3, size=(n, d)) / np.sqrt(3) if kind == "heavy, unequal" else rng.normal(size=(n, d))
    matrix: Matrix = centres[labels] + noise
    if kind == "log-normal, unequal":
        matrix = np.exp(0.6 * matrix / matrix.std(axis=0))
    elif kind == "zeros":
        matrix = np.round((matrix - matrix.min(axis=0)) * 1.5)
        matrix[:, 0] *= rng.random(n) > rng.uniform(0.2, 0.5)  # a habit that has nothing to do with the segments
    elif kind == "clumped outliers":
        rows = rng.choice(n, size=max(2, round(rng.uniform(0.01, 0.02) * n)), replace=False)
        direction = rng.normal(size=d)
        matrix[rows] = direction / np.linalg.norm(direction) * 30.0 + rng.normal(size=(len(rows), d))
    return Table(kind, z_scored(matrix), k, labels)


def unkind_piece(rng: np.random.Generator, kind: str) -> Table:
    """Draw one table without structure.

    Parameters
    ----------
    rng : source of every draw
    kind : one of `ONE_PIECE_UNKIND`
    """
    n, d = _size(rng), int(rng.integers(2, 6))
    if kind in ("n = 200", "d = 15"):
        n, d = (200, int(rng.integers(2, 9))) if kind == "n = 200" else (n, 15)
        name = ["box", "gaussian", "correlated", "lognormal", "gamma", "poisson", "student"][int(rng.integers(7))]
        return Table(kind, z_scored(STRUCTURELESS[name](rng, n, d)), 1, np.zeros(n, dtype=np.int32))
    matrix: Matrix = rng.normal(size=(n, d)) * rng.uniform(0.1, 0.4)
    if kind == "banana":
        x = rng.normal(size=n)
        matrix[:, 0], matrix[:, 1] = x, x**2 + rng.normal(size=n) * rng.uniform(0.2, 0.8)
    elif kind == "arc":
        angle = rng.uniform(0, rng.uniform(0.6, 1.5) * np.pi, n)
        matrix[:, 0] += np.cos(angle)
        matrix[:, 1] += np.sin(angle)
    elif kind == "thick ring":
        angle = rng.uniform(0, 2 * np.pi, n)
        matrix = matrix[:, :3]
        matrix[:, 0] += np.cos(angle)
        matrix[:, 1] += np.sin(angle)
    elif kind == "heavy tails":
        matrix = rng.normal(size=(n, d)) / np.sqrt(rng.chisquare(2.5, size=(n, 1)) / 2.5)
    else:
        counts = rng.negative_binomial(1.0, 0.3, size=(n, d))
        matrix = np.where(rng.random((n, d)) < rng.uniform(0.5, 0.85, d), 0, counts).astype(float)
    return Table(kind, z_scored(matrix), 1, np.zeros(n, dtype=np.int32))
