"""The rows of a space summed up in one to two thousand cells, on which many runs of K-means go on side by side.

A cell is the mean of the rows nearest to a point, with their number as its weight. The inertia of the cells about some
centres is that of the rows about them, but for what the cells hold within and for rows that have another nearest centre
than their cell: the good optima of the rows lie next to those of the cells.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from customer_segmentation.clustering.metrics import Floats, Integers, cluster_means, cluster_sizes

#: Cells: at least so many, for each column (the more there are, the more a cell of as many rows holds within), and for
#: each cluster.
CELLS, FOR_EACH_COLUMN, FOR_EACH_CLUSTER = 900, 300, 25
#: Share of the cells that start at rows drawn evenly; the others start where these leave rows far away.
EVEN = 0.25
#: Numbers in the table of a batch of runs, and rows whose cells are looked for at a time: they stay in the cache.
TABLE, BLOCK = 2**17, 256
#: A run ends when a step gains a smaller share than this, and is given up when as many steps of the last gain as the
#: second number would not bring it to the goal; not in its first steps, which gain unevenly.
GAIN, REACH, STEPS, SURE = 1e-4, 3, 40, 2
#: Cells from among which those are taken that a moved centre helps most.
CANDIDATES = 64

#: Cells of the last spaces: all k of a study have the same.
_MADE: dict[bytes, tuple[Floats, Floats]] = {}
REMEMBERED = 8


class Runs(NamedTuple):
    """Where runs have ended: centres of shape (n_runs, k, n_features) and the inertia of the cells about them."""

    centres: Floats
    inertias: Floats


class Cells:
    """Points with weights, and runs of K-means on them.

    Parameters
    ----------
    means : array of shape (n_cells, n_features)
        About the mean of all rows.
    weights : array of shape (n_cells,)
        Rows of each.
    k : int
        Clusters of each run.
    number : dtype
        That is computed with.
    """

    def __init__(self, means: Floats, weights: Floats, k: int, number: type[np.floating[Any]] = np.float32) -> None:
        self.k, self.rows = k, float(weights.sum())
        norms = np.einsum("ij,ij->i", means, means)
        self._total = float(weights @ norms)
        self.means, self.weights, self._norms = means.astype(number), weights.astype(number), norms.astype(number)
        self._transposed = np.vstack([self.means.T, np.ones(len(means), number)])
        self._weighted = np.column_stack([means * weights[:, None], weights]).astype(number)
        self._at_once = max(TABLE // (k * len(means)), 1)
        self._table = np.empty((self._at_once * k, len(means)), number)
        self._nearest = np.empty((self._at_once, len(means)), number)

    def starts(self, count: int, random: np.random.Generator) -> Floats:
        """Centres drawn as by k-means++, of shape (count, k, n_features).

        Parameters
        ----------
        count : int
        random : Generator
        """
        heaviest = np.cumsum(self.weights)
        drawn = [_drawn(heaviest, random.random(count))]
        nearest = np.full((count, len(self.means)), np.inf, self.means.dtype)
        for _ in range(1, self.k):
            apart = self._distances(self.means[drawn[-1]], np.empty_like(nearest))
            np.minimum(nearest, apart, out=nearest)
            cumulated = np.cumsum(nearest * self.weights, axis=1)
            levels = random.random(count) * cumulated[:, -1]
            drawn.append(np.minimum((cumulated <= levels[:, None]).sum(axis=1), len(self.means) - 1))
        return self.means[np.stack(drawn, axis=1)]

    def descend(self, centres: Floats, goal: float, *, race: bool = False) -> Runs:
        """Run K-means from many centres side by side.

        Parameters
        ----------
        centres : array of shape (n_runs, k, n_features)
        goal : float
            Runs that will not come below this inertia are given up.
        race : bool
            Runs that will not come below the best one are given up too.

        Returns
        -------
        Runs
            Those that were not given up.
        """
        ended: list[Runs] = []
        live, last, age, begun = centres[:0], np.empty(0), np.empty(0, dtype=int), 0
        while begun < len(centres) or len(live):
            begin = centres[begun : begun + self._at_once - len(live)]
            begun += len(begin)
            live, last = np.concatenate([live, begin]), np.append(last, np.full(len(begin), np.inf))
            age = np.append(age, np.zeros(len(begin), dtype=int)) + 1
            live, inertias = self._stepped(live)
            gained, last = last - inertias, inertias
            end = (gained <= GAIN * inertias) | (age == STEPS)
            goal = min(goal, inertias[end].min(initial=goal)) if race else goal
            ended.append(Runs(live[end], inertias[end]))
            stay = ~end & ((age <= SURE) | (inertias - REACH * gained <= goal))
            live, last, age = live[stay], last[stay], age[stay]
        return Runs(np.concatenate([runs.centres for runs in ended]), np.concatenate([runs.inertias for runs in ended]))

    def moved(self, centres: Floats, count: int, random: np.random.Generator) -> Floats:
        """Centres of which one is moved to a cell where by the inertia at once it helps most; the best moves first.

        Parameters
        ----------
        centres : array of shape (k, n_features)
        count : int
        random : Generator

        Returns
        -------
        array of shape (at most count, k, n_features)
        """
        every = np.arange(len(self.means))
        apart = self._distances(centres, self._table[: self.k])
        labels = apart.argmin(axis=0)
        nearest = apart[labels, every]
        apart[labels, every] = np.inf
        second = apart.min(axis=0)
        members = np.zeros((len(self.means), self.k), self.means.dtype)
        members[every, labels] = self.weights
        cells = _drawn(np.cumsum(nearest * self.weights), random.random(CANDIDATES))
        to_cell = self._distances(self.means[cells], np.empty((CANDIDATES, len(self.means)), self.means.dtype))
        stay = np.minimum(to_cell, nearest)
        np.minimum(to_cell, second, out=to_cell)
        to_cell -= stay
        # By cell and by the centre that is taken away: rows of that centre go to their second one or to the cell.
        after = (stay @ self.weights)[:, None] + to_cell @ members
        best = after.argmin(axis=0)
        taken = np.argsort(after[best, np.arange(self.k)], kind="stable")[:count]
        moved = np.repeat(centres[None], len(taken), axis=0)
        moved[np.arange(len(taken)), taken] = self.means[cells[best[taken]]]
        return moved

    def _distances(self, centres: Floats, out: Floats) -> Floats:
        """Squared distances of the cells to centres, of shape (n_centres, n_cells)."""
        np.matmul(_with_squares(centres), self._transposed, out=out)
        out += self._norms
        return np.maximum(out, 0.0, out=out)

    def _stepped(self, centres: Floats) -> tuple[Floats, Floats]:
        """One step of each run: the new centres, and the inertia about them of what the step assigned."""
        runs, k, width = centres.shape
        table = np.matmul(_with_squares(centres.reshape(-1, width)), self._transposed, out=self._table[: runs * k])
        by_run = table.reshape(runs, k, -1)
        nearest = np.minimum.reduce(by_run, axis=1, out=self._nearest[:runs])
        np.equal(by_run, nearest[:, None], out=by_run)  # 1 where the centre is the nearest
        sums = (table @ self._weighted).reshape(runs, k, width + 1)
        for run in np.flatnonzero(sums[:, :, -1].sum(axis=1) > self.rows + 0.5):
            by_run[run] /= by_run[run].sum(axis=0)  # as near to two centres: a half for each
            sums[run] = by_run[run] @ self._weighted
        sizes = sums[:, :, -1:]
        moved = np.where(sizes > 0, sums[:, :, :-1] / np.maximum(sizes, 0.5), centres)
        between = np.einsum("rkd,rk->r", np.square(moved), sizes[:, :, 0], dtype=np.float64)
        return moved, np.maximum(self._total - between, 0.0)


def summed_up(rows: Floats, k: int, seed: int, number: type[np.floating[Any]]) -> tuple[Floats, Floats]:
    """Means of the cells and how many rows each holds; the rows themselves where they are few.

    Parameters
    ----------
    rows : array of shape (n_rows, n_features)
        About their mean.
    k : int
        Clusters that the cells are for.
    seed : int
    number : dtype
        That the cells of the rows are found with.
    """
    n, width = rows.shape
    count = max(CELLS, FOR_EACH_COLUMN * width, FOR_EACH_CLUSTER * k)
    if n <= 2 * count:
        return rows, np.ones(n)
    told = hashlib.blake2b(rows.data, digest_size=20).digest() + f"{rows.shape} {count} {seed} {number}".encode()
    if told not in _MADE:
        while len(_MADE) >= REMEMBERED:
            _MADE.pop(next(iter(_MADE), b""), None)
        _MADE[told] = _cells_of(rows, count, np.random.default_rng([seed, 0]), number)
    return _MADE[told]


def _cells_of(
    rows: Floats, count: int, random: np.random.Generator, number: type[np.floating[Any]]
) -> tuple[Floats, Floats]:
    n = len(rows)
    wide = np.column_stack([rows, np.ones(n)]).astype(number)

    def assigned(points: Floats) -> tuple[Integers, Floats, Integers]:
        less = _with_squares(points.astype(number)).T
        labels = np.concatenate([(wide[at : at + BLOCK] @ less).argmin(axis=1) for at in range(0, n, BLOCK)])
        return labels, cluster_means(rows, labels, len(points)), cluster_sizes(labels, len(points))

    labels, means, sizes = assigned(rows[random.choice(n, size=int(count * EVEN), replace=False)])
    left = rows - means[labels]
    cumulated = np.cumsum(np.einsum("ij,ij->i", left, left))
    further = count - len(means)
    levels = (np.arange(further) + random.random()) / further
    _, means, sizes = assigned(np.vstack([means[sizes > 0], rows[np.unique(_drawn(cumulated, levels))]]))
    return means[sizes > 0], sizes[sizes > 0].astype(np.float64)


def _with_squares(centres: Floats) -> Floats:
    """What a product with the cells and a one makes squared distances of, less the cells' own squares."""
    wide = np.empty((len(centres), centres.shape[1] + 1), centres.dtype)
    np.multiply(centres, -2.0, out=wide[:, :-1])
    np.einsum("ij,ij->i", centres, centres, out=wide[:, -1])
    return wide


def _drawn(cumulated: Floats, levels: Floats) -> npt.NDArray[np.intp]:
    """Positions drawn by cumulated weights, at levels between 0 and 1."""
    drawn = np.searchsorted(cumulated, levels * cumulated[-1], side="right")
    return np.asarray(np.minimum(drawn, len(cumulated) - 1))
