"""K-means started at the segments of an earlier model, so that a refit continues them instead of finding others.

Random starts of two quarters may end in two local optima that are about as good, and nearly every customer changes its
segment although nearly none has changed. Started at the means of the segments that there were, K-means ends in the
optimum next to them. That fit is kept unless the random starts found a clearly better one (`GIVEN_UP`), or a better one
in which as many customers keep their segment.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from customer_segmentation.clustering.clusterer import MakeEstimator, started_at
from customer_segmentation.clustering.fit import Fit, fit_k
from customer_segmentation.clustering.metrics import Floats, cluster_means, contingency
from customer_segmentation.errors import StudyError
from customer_segmentation.formatting import apart, level, percent

#: How far above the inertia of random starts, as a share of it, a fit that continues given segments may be: of optima
#: so near to each other the data prefers none, and a customer who stays where it was is worth more.
GIVEN_UP = 0.01
#: Inertias that differ by no larger share are told to be the same.
ALIKE = 1e-4


@dataclass(frozen=True)
class WarmStart:
    """Segments of a model among the customers of a study.

    Attributes
    ----------
    name : str
        What people call the model.
    k : int
        Number of its segments.
    codes : integer array of shape (n_customers,)
        The segment of each customer, 0 ... k-1; -1 where the model gives none.
    """

    name: str
    k: int
    codes: npt.NDArray[np.integer]

    @property
    def digest(self) -> str:
        """Checksum of the segments: a name may come to mean another model."""
        return hashlib.sha256(np.ascontiguousarray(self.codes, dtype=np.int64).tobytes()).hexdigest()

    def centres(self, matrix: Floats) -> Floats:
        """Means of the segments in a space, of shape (k, n_features).

        Parameters
        ----------
        matrix : array of shape (n_customers, n_features)
        """
        known = self.codes >= 0
        return cluster_means(matrix[known], self.codes[known], self.k)

    def kept(self, labels: npt.NDArray[np.integer]) -> float:
        """Share of the customers with a segment who keep it in a fit with as many.

        Parameters
        ----------
        labels : integer array of shape (n_customers,)
        """
        known = self.codes >= 0
        shared = contingency(self.codes[known], labels[known], self.k)
        return float(shared[linear_sum_assignment(-shared)].sum() / known.sum())


def at_centres(make: MakeEstimator, centres: Floats) -> MakeEstimator:
    """Let estimators start at these centres and nowhere else.

    Parameters
    ----------
    make : makes an unfitted estimator from k and a seed
    centres : array of shape (k, n_features)
    """

    def started(k: int, seed: int) -> object:
        return started_at(make(k, seed), centres)

    return started


def continued(matrix: Floats, cold: Fit, start: WarmStart, *, make_estimator: MakeEstimator, seed: int) -> Fit:
    """Fit once more from given segments; keep that fit unless the one from random starts is clearly better.

    Parameters
    ----------
    matrix : array of shape (n_customers, n_features)
    cold : the fit from random starts
    start : the segments; with another number of them the fit stays as it is
    make_estimator : makes an unfitted estimator from k and a seed
    seed : of the fit

    Returns
    -------
    Fit
        With ``start``, the centres it was started at, if it is the one from the given segments; ``how`` says which it
        is and why.
    """
    if cold.k != start.k:
        return _said(cold, f"from random starts, as {start.name} has {start.k} segments")
    centres = start.centres(matrix)
    try:
        warm = fit_k(matrix, cold.k, make_estimator=at_centres(make_estimator, centres), seed=seed)
    except StudyError as error:
        return _said(cold, f"from random starts, as from the segments of {start.name} {str(error).rstrip('.')}")
    more, seconds = warm.inertia / cold.inertia - 1 if cold.inertia else 0.0, cold.seconds + warm.seconds
    above, most = apart(more, GIVEN_UP, share=True)
    against = f", and up to {most} is given up to continue them" if more > GIVEN_UP else ""
    if not against and more > ALIKE and start.kept(warm.labels) <= start.kept(cold.labels):
        against = ", and no more customers would stay"
    if against:
        why = f"from the segments of {start.name} the inertia is {above} higher{against}"
        return _said(replace(cold, seconds=seconds), f"from random starts: {why}; {_stay(start, cold)}")
    found = f"started at the segments of {start.name}; "
    if np.array_equal(warm.codes, cold.codes):
        found += "random starts end at the same segments"
    elif abs(more) <= ALIKE:
        found += f"the inertia is within {level(ALIKE)} of that of random starts"
    elif more < 0:
        found += f"the inertia is {percent(-more)} below that of random starts"
    else:
        found += f"the inertia is {percent(more)} above that of random starts (up to {level(GIVEN_UP)} is given up)"
    return replace(warm, seconds=seconds, start=centres, how=f"{found}; {_stay(start, warm)}")


def after_steps(fit: Fit, start: WarmStart) -> Fit:
    """Say of a fit whose centres were moved afterwards how many customers keep their segment now.

    Parameters
    ----------
    fit : with its centres moved
    start : the segments; of a fit with another number of them nothing is said
    """
    return fit if fit.k != start.k else replace(fit, how=f"{fit.how}, after which {_stay(start, fit)}")


def _said(fit: Fit, how: str) -> Fit:
    return replace(fit, how="; ".join(part for part in (fit.how, how) if part))


def _stay(start: WarmStart, fit: Fit) -> str:
    return f"{percent(start.kept(fit.labels))} of the customers keep their segment"
