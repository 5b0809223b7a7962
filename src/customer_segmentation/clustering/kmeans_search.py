"""K-means whose starts are improved together, so that its optimum is that of the space and not one near it.

Ten restarts of K-means stop above the best known inertia in one of seven candidates of a real table, by up to 3 %.
Here a few starts make a population of converged runs. Then, again and again, either two of them are recombined (their
centres are matched, and of each pair one is taken), or one centre of a run is moved: away from where its removal costs
little, to a customer far from all centres. Lloyd's steps follow, given up as soon as they cannot beat the best run any
more, so that most trials cost a few steps. The search ends when the best run has come out often enough, or after a
number of trials that grows with k.

D. Gribel, T. Vidal, "HG-means: A scalable hybrid genetic algorithm for minimum sum-of-squares clustering", Pattern
Recognition 88 (2019); P. Fränti, "Efficiency of random swap clustering", Journal of Big Data 5 (2018).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from customer_segmentation.clustering.metrics import Floats
from customer_segmentation.errors import StudyError

#: Runs that are kept, and share of trials that recombine two of them; the others move a centre.
POPULATION, RECOMBINED = 6, 0.3
#: Inertias that differ by a smaller share are those of one optimum. A run ends when a step gains less than the second.
SAME, GAIN = 2e-4, 1e-4
#: A run is given up when so many more steps of the last gain would not bring it below the best one.
REACH = 5
#: A start is given up only when it stays so far above.
SLACK = 1.05
#: The best run has to come out so often for the search to end early.
ENOUGH = 8
#: Customers from among whom the one is taken that a moved centre helps most.
CANDIDATES = 3


@dataclass
class _Run:
    """Centres to which Lloyd's steps have led, and what moving one of them needs."""

    inertia: float
    centres: Floats
    distances: Floats | None = None  # squared, of the rows to their centre
    removal: Floats | None = None  # what the inertia rises by without a centre


class KMeansSearch(KMeans):  # type: ignore[misc]  # scikit-learn has no types
    """K-means by a search among converged runs.

    Parameters
    ----------
    n_clusters : int
    init : "k-means++" or array of shape (n_clusters, n_features)
        From given centres there is one plain run and no search.
    n_init : int
        Starts of the search.
    trials : int
        Trials after the starts for each cluster; with none, this is K-means with ``n_init`` restarts.
    max_iter : int
        Steps of one run.
    tol : float
        Of the last run, as in K-means.
    random_state : int, RandomState or None
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **KMeans._parameter_constraints,
        "trials": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Any = "k-means++",
        n_init: int = 4,
        trials: int = 6,
        max_iter: int = 300,
        tol: float = 1e-5,
        random_state: Any = None,
    ) -> None:
        super().__init__(n_clusters, init=init, n_init=n_init, max_iter=max_iter, tol=tol, random_state=random_state)
        self.trials = trials

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
        plain = not isinstance(self.init, str) or self.n_clusters == 1 or self.trials == 0 or sample_weight is not None
        rows = np.asarray(X)
        if plain or len(rows) <= self.n_clusters or not np.isfinite(rows).all():
            super().fit(X, sample_weight=sample_weight)  # which also says what is wrong with the rows
            return self
        rows = np.ascontiguousarray(rows, dtype=np.float64)
        offset = rows.mean(axis=0)
        centres = _Search(rows - offset, self.n_clusters, self.max_iter, self.random_state).best(
            self.n_init, self.trials
        )
        last = KMeans(self.n_clusters, init=centres + offset, n_init=1, max_iter=self.max_iter, tol=self.tol).fit(X)
        for name, value in vars(last).items():
            if name.endswith("_") or name.startswith("_n_"):
                setattr(self, name, value)
        return self


@dataclass
class _Search:
    """The rows, centred, and the runs so far, the best first."""

    rows: Floats
    k: int
    max_iter: int
    random_state: Any
    runs: list[_Run] = field(default_factory=list)
    times: int = 0  # how often the best run has come out

    def __post_init__(self) -> None:
        self._step = _lloyd_step()
        self._starts = check_random_state(self.random_state)
        self._random = np.random.default_rng(self._starts.randint(2**31 - 1))
        self._norms = np.einsum("ij,ij->i", self.rows, self.rows)
        self._total = float(self._norms.sum())
        self._labels = np.full(len(self.rows), -1, dtype=np.int32)
        self._weights = np.ones(len(self.rows))

    def best(self, starts: int, trials: int) -> Floats:
        """Centres of the best run after so many starts, and trials for each cluster."""
        for _ in range(starts):
            first, _rows = kmeans_plusplus(
                self.rows, self.k, x_squared_norms=self._norms, random_state=self._starts, n_local_trials=1
            )
            self._keep(self._run(first, SLACK))
            if self.times >= ENOUGH:
                break
        for _ in range(trials * self.k):
            if self.times >= ENOUGH:
                break
            one, other = self._drawn(), self._drawn()
            recombine = one is not other and self._random.random() < RECOMBINED
            self._keep(self._run(self._recombined(one, other) if recombine else self._moved(one), 1.0))
        return self.runs[0].centres

    def _drawn(self) -> _Run:
        """The better of two runs drawn at random."""
        return self.runs[int(self._random.integers(len(self.runs), size=2).min())]

    def _recombined(self, one: _Run, other: _Run) -> Floats:
        apart = np.square(one.centres[:, None] - other.centres[None]).sum(axis=2)
        mine, theirs = linear_sum_assignment(apart)
        taken = self._random.random(self.k) < 0.5
        return np.asarray(np.where(taken[:, None], one.centres[mine], other.centres[theirs]))

    def _moved(self, run: _Run) -> Floats:
        """One centre moved, from where it is missed little to a row that is far from all."""
        if run.distances is None or run.removal is None:
            run.distances, run.removal = self._nearest_two(run.centres)
        cumulated = np.cumsum(run.distances)
        far = cumulated[-1]
        chances = 1.0 / np.maximum(run.removal, max(1e-9 * far, np.finfo(float).tiny))
        drawn = np.searchsorted(cumulated, self._random.random(CANDIDATES) * far)
        candidates = self.rows[np.minimum(drawn, len(self.rows) - 1)]
        left = [
            np.minimum(run.distances, self._norms - 2.0 * (self.rows @ row) + row @ row).sum() for row in candidates
        ]
        moved = run.centres.copy()
        moved[self._random.choice(self.k, p=chances / chances.sum())] = candidates[int(np.argmin(left))]
        return moved

    def _nearest_two(self, centres: Floats) -> tuple[Floats, Floats]:
        """Squared distances to the nearest centre, and by centre what its rows lose without it."""
        apart = self.rows @ centres.T
        apart *= -2.0
        apart += np.square(centres).sum(axis=1)
        every = np.arange(len(self.rows))
        labels = apart.argmin(axis=1)
        nearest = np.maximum(apart[every, labels] + self._norms, 0.0)
        apart[every, labels] = np.inf
        second = np.maximum(apart.min(axis=1) + self._norms, nearest)
        removal = np.bincount(labels, weights=second - nearest, minlength=self.k)
        return nearest, np.asarray(removal, dtype=np.float64)

    def _run(self, centres: Floats, slack: float) -> _Run | None:
        """Lloyd's steps from these centres; None when they will not come below ``slack`` times the best inertia."""
        old, new = np.ascontiguousarray(centres), np.zeros_like(centres)
        sizes, shift = np.zeros(self.k), np.zeros(self.k)
        goal = self.runs[0].inertia * slack if self.runs else np.inf
        last = np.inf
        for step in range(self.max_iter):
            self._step(self.rows, self._weights, old, new, sizes, self._labels, shift, 1)
            # Of the rows about their means: what the step's assignment leaves.
            inertia = self._total - float(sizes @ np.square(new).sum(axis=1))
            old, new = new, old
            gained, last = last - inertia, inertia
            if gained <= GAIN * inertia:
                break
            if step >= 2 and inertia - REACH * gained > goal:
                return None
        return _Run(last, old.copy())

    def _keep(self, run: _Run | None) -> None:
        """Take a run into the population, or into the place of the one that it equals."""
        if run is None:
            return
        best = self.runs[0].inertia if self.runs else np.inf
        if run.inertia < best * (1 - SAME):
            self.times = 1
        elif run.inertia <= best * (1 + SAME):
            self.times += 1
        equal = next((at for at, one in enumerate(self.runs) if abs(one.inertia - run.inertia) <= SAME * best), None)
        if equal is None:
            self.runs.append(run)
        elif run.inertia < self.runs[equal].inertia:
            self.runs[equal] = run
        self.runs.sort(key=lambda one: one.inertia)
        del self.runs[POPULATION:]


def _lloyd_step() -> Callable[..., None]:
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
    step: Callable[..., None] = lloyd_iter_chunked_dense
    return step
