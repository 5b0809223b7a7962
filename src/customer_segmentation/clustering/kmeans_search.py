"""K-means whose starts are improved together, so that its optimum is that of the space and not one near it.

Ten restarts of K-means stop more than 0.1 % above the best known inertia in one of thirteen candidates of a real table
(by up to 3 %), and in one of four of generated ones. Here the rows are summed up in cells first, on which a step of
many runs at once costs a tenth. Starts drawn as by k-means++ make a population of runs that end in different places.
Then, round after round, pairs of them are recombined (their centres are matched, and of each match one is taken), and
single centres of some are moved: of several places to the one, and of all centres the one, by which the inertia falls
most. When rounds bring nothing better, all that are nearly as good as the best race over all rows, and the best of
these is the fit. All but the last run is in single precision, where that tells optima apart.

D. Gribel, T. Vidal, "HG-means: A scalable hybrid genetic algorithm for minimum sum-of-squares clustering", Pattern
Recognition 88 (2019); P. Fränti, "Efficiency of random swap clustering", Journal of Big Data 5 (2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from customer_segmentation.clustering.cells import Cells, Runs, summed_up
from customer_segmentation.clustering.metrics import Floats

#: Runs on the cells that are kept, and continued over all rows if no more than such a share above the best. Two
#: are one if the move of one's centres to the other's, in the inertia's unit, is a smaller share than the last number.
POPULATION, WINDOW, ALIKE = 40, 0.01, 0.01
#: Trials of a round: runs of which a centre is moved, in how many ways each, and pairs that are recombined.
PARENTS, MOVES, RECOMBINED = 3, 3, 8
#: The search on the cells ends after so many rounds for each cluster, at least so many, that gain less than this.
PATIENCE, LEAST, GAINED = 0.75, 2, 1e-4
#: Single precision tells optima apart where they leave more than this share of the squares about the mean.
TIGHT = 0.01


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
        Steps of the last run.
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
        about = rows - offset
        size = int(np.frexp(np.abs(about).max())[1])
        about = np.ldexp(about, -size)  # numbers whose squares single precision holds
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        for number in (np.float32, np.float64):
            inertia, centres = _search(about, self, seed, number)
            if inertia > TIGHT * np.einsum("ij,ij->", about, about):
                break
        last = KMeans(
            self.n_clusters, init=np.ldexp(centres, size) + offset, n_init=1, max_iter=self.max_iter, tol=self.tol
        ).fit(X)
        for name, value in vars(last).items():
            if name.endswith("_") or name.startswith("_n_"):
                setattr(self, name, value)
        return self


@dataclass
class _Population:
    """Runs of K-means on the cells that end in different places, the best first."""

    rows: float
    centres: Floats
    inertias: Floats

    def keep(self, runs: Runs) -> None:
        """Take in what is good and not there yet; of two runs to one place the better."""
        good = runs.inertias < (self.inertias[-1] if len(self.inertias) == POPULATION else np.inf)
        if not good.any():
            return
        known, k = self.centres.shape[:2]
        inertias = np.concatenate([self.inertias, runs.inertias[good]])
        centres = np.concatenate([self.centres, runs.centres[good]])
        new, every = centres[known:].reshape(-1, centres.shape[2]), centres.swapaxes(0, 1).reshape(-1, centres.shape[2])
        apart = new @ (-2.0 * every.T) + np.einsum("ij,ij->i", every, every)
        moved = apart.reshape(len(new), k, -1).min(axis=1).reshape(-1, k, len(centres)).sum(axis=1)
        moved += np.einsum("pkd,pkd->p", centres[known:], centres[known:])[:, None]
        alike = np.zeros((len(centres), len(centres)), dtype=bool)
        alike[known:] = moved * (self.rows / k) < ALIKE * inertias[known:, None]
        alike |= alike.T
        kept: list[int] = []
        for at in np.argsort(inertias, kind="stable"):
            if not alike[at, kept].any():
                kept.append(at)
                if len(kept) == POPULATION:
                    break
        self.inertias, self.centres = inertias[kept], centres[kept]

    def drawn(self, random: np.random.Generator, count: int) -> npt.NDArray[np.intp]:
        """Positions of runs, of two drawn evenly the better."""
        return np.asarray(random.integers(len(self.centres), size=(count, 2)).min(axis=1))

    def recombined(self, count: int, random: np.random.Generator) -> list[Floats]:
        """Centres of pairs of runs, matched; of each match one is taken."""
        made = []
        for _ in range(count if len(self.centres) > 1 else 0):
            one = int(self.drawn(random, 1)[0])
            other = int(random.integers(len(self.centres) - 1))
            mine, theirs = self.centres[one], self.centres[other + (other >= one)]
            left, right = linear_sum_assignment(np.square(mine[:, None] - theirs[None]).sum(axis=2))
            taken = random.random(len(mine)) < 0.5
            made.append(np.where(taken[:, None], mine[left], theirs[right]))
        return made


def _best_on_cells(cells: Cells, starts: int, rounds: int, random: np.random.Generator) -> _Population:
    """Starts, then rounds of trials until several in turn have brought nothing better."""
    population = _Population(cells.rows, np.empty((0, cells.k, cells.means.shape[1]), cells.means.dtype), np.empty(0))
    population.keep(cells.descend(cells.starts(starts, random), np.inf))
    idle = 0
    for _ in range(rounds):
        before = population.inertias[0]
        trials = [
            cells.moved(centres, MOVES, random) for centres in population.centres[population.drawn(random, PARENTS)]
        ]
        trials += [np.stack(made)] if (made := population.recombined(RECOMBINED, random)) else []
        population.keep(cells.descend(np.concatenate(trials), population.inertias[-1]))
        idle = 0 if population.inertias[0] < before * (1 - GAINED) else idle + 1
        if idle >= max(int(cells.k * PATIENCE), LEAST):
            break
    return population


def _search(rows: Floats, asked: KMeansSearch, seed: int, number: type[np.floating[Any]]) -> tuple[float, Floats]:
    """The best centres of the search, and the inertia about them of all rows."""
    k = asked.n_clusters
    cells = Cells(*summed_up(rows, k, seed, number), k, number)
    population = _best_on_cells(cells, asked.n_init, asked.rounds, np.random.default_rng([seed, 1]))
    good = population.centres[population.inertias <= population.inertias[0] * (1 + WINDOW)]
    runs = Cells(rows, np.ones(len(rows)), k, number).descend(good, np.inf, race=True)
    best = runs.inertias.argmin()
    return float(runs.inertias[best]), runs.centres[best].astype(np.float64)
