"""The rows of a space summed up in a thousand cells, on which many runs of K-means go on side by side.

A cell is the mean of the rows nearest to a point, with their number as its weight. The inertia of the cells about some
centres is that of the rows about them, but for what the cells hold within and for rows that have another nearest centre
than their cell: the good optima of the rows lie next to those of the cells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from customer_segmentation.clustering.metrics import Floats
from customer_segmentation.errors import StudyError

#: Cells, and at least so many for each cluster.
CELLS, FOR_EACH_CLUSTER = 1200, 25
#: Share of the cells that start at rows drawn evenly; the others start where these leave rows far away.
EVEN = 0.25
#: Numbers in the table of a batch of runs: it stays in the processor's cache, and is allocated once.
TABLE = 2**17
#: A run ends when a step gains a smaller share than this, and is given up when as many steps of the last gain as the
#: second number would not bring it to the goal.
GAIN, REACH, STEPS = 1e-4, 3, 40
#: Cells from among which those are taken that a moved centre helps most.
CANDIDATES = 64

LloydStep = Callable[..., None]

#: Cells of the last spaces: all k of a study have the same.
_MADE: dict[bytes, tuple[Floats, Floats]] = {}
REMEMBERED = 8


class Runs(NamedTuple):
    """Where runs have ended: centres of shape (n_runs, k, n_features) and the inertia of the cells about them."""

    centres: Floats
    inertias: Floats


class Cells:
    """Cells of a space.

    Parameters
    ----------
    rows : array of shape (n_rows, n_features)
        About their mean.
    k : int
        Clusters of each run.
    seed : int
    step : callable
        One step of K-means, from `lloyd_step`.
    """

    def __init__(self, rows: Floats, k: int, seed: int, step: LloydStep) -> None:
        self.k, self._random = k, np.random.default_rng([seed, 1])
        count = max(CELLS, FOR_EACH_CLUSTER * k)
        self.means, self.weights = _summed_up(rows, count, seed, step)
        n = len(self.means)
        self._norms = np.einsum("ij,ij->i", self.means, self.means)
        self._total = float(self.weights @ self._norms)
        self._transposed = np.vstack([self.means.T, np.ones(n)])
        self._weighted = np.column_stack([self.means * self.weights[:, None], self.weights])
        self._at_once = max(TABLE // (k * n), 1)
        self._table = np.empty((self._at_once * k, n))
        self._nearest = np.empty((self._at_once, n))

    def starts(self, count: int) -> Floats:
        """Centres drawn as by k-means++, of shape (count, k, n_features).

        Parameters
        ----------
        count : int
        """
        heaviest = np.cumsum(self.weights)
        drawn = [_drawn(heaviest, self._random.random(count))]
        nearest = np.full((count, len(self.means)), np.inf)
        for _ in range(1, self.k):
            apart = self._distances(self.means[drawn[-1]], np.empty_like(nearest))
            np.minimum(nearest, apart, out=nearest)
            cumulated = np.cumsum(nearest * self.weights, axis=1)
            levels = self._random.random(count) * cumulated[:, -1]
            drawn.append(np.minimum((cumulated <= levels[:, None]).sum(axis=1), len(self.means) - 1))
        return self.means[np.stack(drawn, axis=1)]

    def descend(self, centres: Floats, goal: float) -> Runs:
        """Run K-means from many centres side by side.

        Parameters
        ----------
        centres : array of shape (n_runs, k, n_features)
        goal : float
            Runs that will not come below this inertia are given up.

        Returns
        -------
        Runs
            Those that were not given up.
        """
        ended: list[Runs] = []
        for first in range(0, len(centres), self._at_once):
            live, last = centres[first : first + self._at_once], np.full(1, np.inf)
            for number in range(STEPS):
                live, inertias = self._stepped(live)
                gained, last = last - inertias, inertias
                end = gained <= GAIN * inertias if number < STEPS - 1 else np.ones(len(live), dtype=bool)
                ended.append(Runs(live[end], inertias[end]))
                stay = ~end if number < 2 else ~end & (inertias - REACH * gained <= goal)
                live, last = live[stay], last[stay]
                if not len(live):
                    break
        return Runs(np.concatenate([runs.centres for runs in ended]), np.concatenate([runs.inertias for runs in ended]))

    def moved(self, centres: Floats, count: int) -> Floats:
        """Centres of which one is moved to a cell where by the inertia at once it helps most; the best moves first.

        Parameters
        ----------
        centres : array of shape (k, n_features)
        count : int

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
        members = np.zeros((len(self.means), self.k))
        members[every, labels] = self.weights
        cells = _drawn(np.cumsum(nearest * self.weights), self._random.random(CANDIDATES))
        to_cell = self._distances(self.means[cells], np.empty((CANDIDATES, len(self.means))))
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
        for run in np.flatnonzero(sums[:, :, -1].sum(axis=1) > self.weights.sum() * (1 + 1e-9)):
            by_run[run] /= by_run[run].sum(axis=0)  # as near to two centres: a half for each
            sums[run] = by_run[run] @ self._weighted
        sizes = sums[:, :, -1:]
        moved = np.where(sizes > 0, sums[:, :, :-1] / np.where(sizes > 0, sizes, 1.0), centres)
        return moved, self._total - (sizes[:, :, 0] * np.square(moved).sum(axis=2)).sum(axis=1)


def lloyd_step() -> LloydStep:
    """One compiled step of scikit-learn's K-means, without the checks that a whole fit has around each run.

    Raises
    ------
    StudyError
        This version of scikit-learn has none.
    """
    try:
        from sklearn.cluster._k_means_lloyd import lloyd_iter_chunked_dense
    except ImportError:
        raise StudyError(
            "this version of scikit-learn has no step of K-means that the search can call; choose clustering=kmeans."
        ) from None
    step: LloydStep = lloyd_iter_chunked_dense
    return step


def _summed_up(rows: Floats, count: int, seed: int, step: LloydStep) -> tuple[Floats, Floats]:
    """Means of the cells and how many rows each holds; the rows themselves where they are few."""
    n = len(rows)
    if n <= 2 * count:
        return rows, np.ones(n)
    told = hashlib.blake2b(rows.data, digest_size=20).digest() + f"{rows.shape} {count} {seed}".encode()
    if told not in _MADE:
        while len(_MADE) >= REMEMBERED:
            _MADE.pop(next(iter(_MADE), b""), None)
        _MADE[told] = _cells_of(rows, count, np.random.default_rng([seed, 0]), step)
    return _MADE[told]


def _cells_of(rows: Floats, count: int, random: np.random.Generator, step: LloydStep) -> tuple[Floats, Floats]:
    n = len(rows)
    labels, ones = np.full(n, -1, dtype=np.int32), np.ones(n)

    def assigned(points: Floats) -> tuple[Floats, Floats]:
        means, sizes, shift = np.zeros_like(points), np.zeros(len(points)), np.zeros(len(points))
        step(rows, ones, np.ascontiguousarray(points), means, sizes, labels, shift, 1)
        return means, sizes

    means, sizes = assigned(rows[random.choice(n, size=int(count * EVEN), replace=False)])
    left = rows - means[labels]
    cumulated = np.cumsum(np.einsum("ij,ij->i", left, left))
    further = count - len(means)
    levels = (np.arange(further) + random.random()) / further
    means, sizes = assigned(np.vstack([means[sizes > 0], rows[np.unique(_drawn(cumulated, levels))]]))
    held = sizes > 0
    return np.ascontiguousarray(means[held]), sizes[held]


def _with_squares(centres: Floats) -> Floats:
    """What a product with the cells and a one makes squared distances of, less the cells' own squares."""
    wide = np.empty((len(centres), centres.shape[1] + 1))
    np.multiply(centres, -2.0, out=wide[:, :-1])
    np.einsum("ij,ij->i", centres, centres, out=wide[:, -1])
    return wide


def _drawn(cumulated: Floats, levels: Floats) -> npt.NDArray[np.intp]:
    """Positions drawn by cumulated weights, at levels between 0 and 1."""
    drawn = np.searchsorted(cumulated, levels * cumulated[-1], side="right")
    return np.asarray(np.minimum(drawn, len(cumulated) - 1))
