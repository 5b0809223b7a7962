"""K-means whose starts are improved together, so that its optimum is that of the space and not one near it.

Ten restarts of K-means stop more than 0.1 % above the best known inertia in one of thirteen candidates of a real table
(by up to 3 %), and in one of four of generated ones. Here the rows are summed up in cells first: of 7,000 rows, a step
there costs a third to a ninth. Starts drawn as by k-means++ make a population of runs that end in different places.
Then, round after round, pairs of them are recombined (their centres are matched, and of each match one is taken), and
single centres of the best are moved: of several places to the one, and of all centres the one, by which the inertia
falls most. When rounds bring nothing better, the best of the population are continued over all rows, and the best of
these is the fit.

D. Gribel, T. Vidal, "HG-means: A scalable hybrid genetic algorithm for minimum sum-of-squares clustering", Pattern
Recognition 88 (2019); P. Fränti, "Efficiency of random swap clustering", Journal of Big Data 5 (2018).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from customer_segmentation.clustering.cells import Cells, LloydStep, Runs, lloyd_step
from customer_segmentation.clustering.metrics import Floats

#: Runs on the cells that are kept; two are one if their inertia, or the move of one's centres to the other's in the
#: inertia's unit, differs by a smaller share than these.
POPULATION, EQUAL, ALIKE = 16, 1e-5, 0.01
#: Trials of a round: runs of which a centre is moved, in how many ways each, and pairs that are recombined.
PARENTS, MOVES, RECOMBINED = 3, 3, 10
#: The search on the cells ends after so many rounds for each cluster that gain less than this share.
PATIENCE, GAINED = 0.5, 1e-4
#: Runs that are continued over all rows, if on the cells they are no more than this share above the best.
CONTINUED, WINDOW = 12, 0.01
#: A run over all rows ends when a step gains a smaller share than this, and is given up when as many steps of the last
#: gain as the second number would not bring it below the best one.
GAIN, REACH = 3e-5, 5


class KMeansSearch(KMeans):  # type: ignore[misc]  # scikit-learn has no types
    """K-means by a search among converged runs.

    Parameters
    ----------
    n_clusters : int
    init : "k-means++" or array of shape (n_clusters, n_features)
        From given centres there is one plain run and no search.
    n_init : int
        Starts of the search.
    rounds : int
        Most rounds of trials after the starts; with none, this is K-means with ``n_init`` restarts.
    max_iter : int
        Steps of one run.
    tol : float
        Of the last run, as in K-means.
    random_state : int, RandomState or None
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **KMeans._parameter_constraints,
        "rounds": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Any = "k-means++",
        n_init: int = 24,
        rounds: int = 20,
        max_iter: int = 300,
        tol: float = 1e-5,
        random_state: Any = None,
    ) -> None:
        super().__init__(n_clusters, init=init, n_init=n_init, max_iter=max_iter, tol=tol, random_state=random_state)
        self.rounds = rounds

    def fit(self, X: Floats, y: object = None, sample_weight: Floats | None = None) -> Self:  # noqa: ARG002 - as scikit-learn calls it
        """Search for the centres, then run K-means from the best of them.

        Parameters
        ----------
        X : array of shape (n_customers, n_features)
        y : ignored
        sample_weight : array of shape (n_customers,), optional
            With weights there is no search, but ``n_init`` restarts.
        """
        self._validate_params()
        plain = not isinstance(self.init, str) or self.n_clusters == 1 or self.rounds == 0 or sample_weight is not None
        rows = np.asarray(X)
        if plain or len(rows) <= self.n_clusters or not np.isfinite(rows).all():
            super().fit(X, sample_weight=sample_weight)  # which also says what is wrong with the rows
            return self
        rows = np.ascontiguousarray(rows, dtype=np.float64)
        offset = rows.mean(axis=0)
        about, step = rows - offset, lloyd_step()
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        cells = Cells(about, self.n_clusters, seed, step)
        population = _best_on_cells(cells, self.n_init, self.rounds, np.random.default_rng([seed, 2]))
        centres = _best_on_rows(about, population, self.max_iter, step)
        last = KMeans(self.n_clusters, init=centres + offset, n_init=1, max_iter=self.max_iter, tol=self.tol).fit(X)
        for name, value in vars(last).items():
            if name.endswith("_") or name.startswith("_n_"):
                setattr(self, name, value)
        return self


@dataclass
class _Population:
    """Runs of K-means on the cells that end in different places, the best first."""

    rows: float
    centres: Floats
    inertias: list[float] = field(default_factory=list)

    def keep(self, runs: Runs) -> None:
        """Take in what is good and not there yet; of two runs to one place the better."""
        for at in np.argsort(runs.inertias, kind="stable"):
            inertia, centres = float(runs.inertias[at]), runs.centres[at]
            if len(self.inertias) == POPULATION and inertia >= self.inertias[-1]:
                return
            place = bisect_right(self.inertias, inertia)
            if any(abs(inertia - one) <= EQUAL * inertia for one in self.inertias[max(place - 1, 0) : place + 1]):
                continue
            near = self._near(centres, ALIKE * inertia)
            if len(near) and near[0] < place:
                continue
            self.inertias = np.insert(np.delete(self.inertias, near), place, inertia)[:POPULATION].tolist()
            self.centres = np.insert(np.delete(self.centres, near, axis=0), place, centres, axis=0)[:POPULATION]

    def recombined(self, count: int, random: np.random.Generator) -> list[Floats]:
        """Centres of pairs of runs, matched; of each match one is taken."""
        made = []
        for _ in range(count if len(self.centres) > 1 else 0):
            one = int(random.integers(len(self.centres), size=2).min())  # the better of two
            other = int(random.integers(len(self.centres) - 1))
            mine, theirs = self.centres[one], self.centres[other + (other >= one)]
            left, right = linear_sum_assignment(np.square(mine[:, None] - theirs[None]).sum(axis=2))
            taken = random.random(len(mine)) < 0.5
            made.append(np.where(taken[:, None], mine[left], theirs[right]))
        return made

    def _near(self, centres: Floats, limit: float) -> npt.NDArray[np.intp]:
        """Positions of the runs whose centres lie next to these."""
        apart = np.matmul(self.centres, -2.0 * centres.T)
        apart += np.einsum("pkd,pkd->pk", self.centres, self.centres)[:, :, None]
        apart += np.einsum("kd,kd->k", centres, centres)
        moved = apart.min(axis=1).sum(axis=1) * self.rows / len(centres)
        return np.flatnonzero(moved < limit)


def _best_on_cells(cells: Cells, starts: int, rounds: int, random: np.random.Generator) -> _Population:
    """Starts, then rounds of trials until several in turn have brought nothing better."""
    population = _Population(float(cells.weights.sum()), np.empty((0, cells.k, cells.means.shape[1])))
    population.keep(cells.descend(cells.starts(starts), np.inf))
    idle = 0
    for _ in range(rounds):
        before = population.inertias[0]
        trials = [cells.moved(centres, MOVES) for centres in population.centres[:PARENTS]]
        trials += [np.stack(made)] if (made := population.recombined(RECOMBINED, random)) else []
        population.keep(cells.descend(np.concatenate(trials), population.inertias[-1]))
        idle = 0 if population.inertias[0] < before * (1 - GAINED) else idle + 1
        if idle >= max(int(cells.k * PATIENCE), 1):
            break
    return population


def _best_on_rows(rows: Floats, population: _Population, max_iter: int, step: LloydStep) -> Floats:
    """Lloyd's steps over all rows from the best runs on the cells, given up once they cannot beat the best one."""
    n, (k, width) = len(rows), population.centres[0].shape
    ones, labels, total = np.ones(n), np.full(n, -1, dtype=np.int32), float(np.einsum("ij,ij->", rows, rows))
    sizes, shift, new = np.zeros(k), np.zeros(k), np.zeros((k, width))
    best, found = np.inf, np.asarray(population.centres[0], dtype=np.float64)
    for start, on_cells in zip(population.centres[:CONTINUED], population.inertias, strict=False):
        if on_cells > population.inertias[0] * (1 + WINDOW):
            break
        old, last = start.copy(), np.inf
        for number in range(max_iter):
            step(rows, ones, old, new, sizes, labels, shift, 1)
            # Of the rows about their means: what the step's assignment leaves.
            inertia = total - float(sizes @ np.square(new).sum(axis=1))
            old, new = new, old
            gained, last = last - inertia, inertia
            if gained <= GAIN * inertia:
                break
            if number >= 2 and inertia - REACH * gained > best:
                last = np.inf
                break
        if last < best:
            best, found = last, old.copy()
    return found
