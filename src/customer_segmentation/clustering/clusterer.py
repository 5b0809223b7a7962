"""What a study needs of a clustering algorithm, whatever its attributes are called.

Any scikit-learn estimator will do that has a number of clusters, centres, and labels for new customers: K-means and its
relatives have ``n_clusters`` and ``cluster_centers_``, mixtures have ``n_components`` and ``means_``. These names stand
in this module and nowhere else. Another algorithm is a file of ``conf/clustering/``, and at most one class that has one
of these pairs of names; a class whose ``predict`` reads more than the centres brings its own ``renumber(order)``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.cluster import KMeans, MiniBatchKMeans

Floats = npt.NDArray[np.float64]

#: Makes an unfitted estimator from the number of clusters and a seed.
MakeEstimator = Callable[[int, int], Any]

#: Names of the number of clusters among an estimator's parameters, and of the centres among what it has learnt.
COUNTS = ("n_clusters", "n_components")
CENTRES = ("cluster_centers_", "means_")

#: What else a fitted estimator keeps in the order of its clusters.
_BY_CLUSTER = ("weights_", "covariances_", "precisions_", "precisions_cholesky_", "_counts")


@runtime_checkable
class Renumbers(Protocol):
    """A fitted estimator that knows how to let its cluster ``order[i]`` become cluster ``i``."""

    def renumber(self, order: npt.NDArray[np.intp]) -> None:
        """Change the numbers of the clusters in place."""


@dataclass(frozen=True)
class Restarts:
    """Where the starts of K-means are tried.

    Attributes
    ----------
    threshold : int
        Customers up to which all starts run over all customers.
    sample : int
        Customers that they are tried on beyond.
    """

    threshold: int = 100_000
    sample: int = 50_000


@dataclass(frozen=True)
class Clusterers:
    """Makes unfitted estimators from k and a seed, as a study asks for them.

    Attributes
    ----------
    prototype : scikit-learn estimator
        Unfitted; each estimator is a clone of it.
    restarts : Restarts
        How K-means is fitted to a large table.
    """

    prototype: Any
    restarts: Restarts = field(default_factory=Restarts)

    def __call__(self, k: int, seed: int) -> Any:
        """Make an unfitted estimator."""
        made = clone(self.prototype)
        parameters = made.get_params(deep=False)
        return made.set_params(**asked_parameters(list(parameters), k, seed))


def asked_parameters(accepted: list[str], k: int, seed: int) -> dict[str, int]:
    """The parameters that a study sets, of those that an estimator accepts; without a number of clusters none.

    Parameters
    ----------
    accepted : list of str
        Names of the estimator's parameters.
    k, seed : int
    """
    count = next((name for name in COUNTS if name in accepted), None)
    if count is None:
        return {}
    return {count: k} | ({"random_state": seed} if "random_state" in accepted else {})


def parameters_of(made_by: Callable[..., Any]) -> list[str]:
    """Names of the arguments of a class, or of a function that makes an estimator."""
    return list(inspect.signature(made_by).parameters)


def centres_of(estimator: Any) -> Floats:
    """Centres of a fitted estimator, of shape (k, n_features)."""
    return np.asarray(getattr(estimator, _centres_name(estimator)), dtype=np.float64)


def labels_new_customers(estimator: Any) -> bool:
    """Whether a fitted estimator has centres and can label customers whom it has not seen."""
    return hasattr(estimator, "predict") and any(hasattr(estimator, name) for name in CENTRES)


def labels_of_fit(estimator: Any, matrix: Floats) -> npt.NDArray[np.intp]:
    """Labels of the rows that an estimator was fitted to, computed where it does not keep them.

    Parameters
    ----------
    estimator : a fitted clusterer
    matrix : the rows that it was fitted to, shape (n, d)
    """
    return np.asarray(estimator.labels_ if hasattr(estimator, "labels_") else estimator.predict(matrix))


def objective_of(estimator: Any) -> float:
    """What the fit has minimised, by which fits of the same rows are compared; NaN where it does not tell."""
    if hasattr(estimator, "inertia_"):
        return float(estimator.inertia_)
    return -float(estimator.lower_bound_) if hasattr(estimator, "lower_bound_") else float("nan")


def own_scores(estimator: Any, matrix: Floats) -> dict[str, float]:
    """What only this algorithm can say of its fit.

    ``bic`` of a mixture, the lower the better within one space; ``agreement``, the share of customers in the same
    segment by the nearest centre as by the algorithm itself.

    Parameters
    ----------
    estimator : a fitted clusterer
    matrix : the rows that it was fitted to, shape (n, d)
    """
    found = {"bic": float(estimator.bic(matrix))} if hasattr(estimator, "bic") else {}
    return found | ({"agreement": float(estimator.agreement_)} if hasattr(estimator, "agreement_") else {})


def with_starts(estimator: Any, starts: int) -> Any:
    """Let an unfitted estimator try so many random starts, where it runs as a whole from each of them.

    Parameters
    ----------
    estimator : an unfitted clusterer
    starts : how many
    """
    if _start_of(estimator) is None:
        return estimator
    search = {"rounds": 0} if "rounds" in estimator.get_params(deep=False) else {}
    return estimator.set_params(n_init=starts, **search)


def started_at(estimator: Any, centres: Floats) -> Any | None:
    """Let an unfitted estimator start at these centres and nowhere else; None where it cannot.

    Parameters
    ----------
    estimator : scikit-learn estimator
    centres : array of shape (k, n_features)
    """
    start = _start_of(estimator)
    return None if start is None else estimator.set_params(**{start: centres, "n_init": 1})


def renumber(estimator: Any, order: npt.NDArray[np.intp]) -> None:
    """Let cluster ``order[i]`` of a fitted estimator become its cluster ``i``, in everything ``predict`` reads.

    Parameters
    ----------
    estimator : fitted scikit-learn estimator
        Changed in place.
    order : integer array of shape (k,)
        A permutation of 0 … k-1.
    """
    if isinstance(estimator, Renumbers):
        estimator.renumber(order)
        return
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    for name in (_centres_name(estimator), *_BY_CLUSTER):
        values = getattr(estimator, name, None)
        # A covariance that the components share is not by component.
        if values is None or (name[:4] in ("cova", "prec") and estimator.covariance_type == "tied"):
            continue
        # Contiguous, because the compiled assignment of scikit-learn reads the centres' memory as it lies.
        setattr(estimator, name, np.ascontiguousarray(values[order]))
    if hasattr(estimator, "labels_"):
        estimator.labels_ = rank[estimator.labels_]
    if hasattr(estimator, "_bisecting_tree"):  # BisectingKMeans predicts by its tree, not by the centres
        for leaf in estimator._bisecting_tree.iter_leaves():
            leaf.label = int(rank[leaf.label])


def _start_of(estimator: Any) -> str | None:
    """Name of the parameter that takes centres to start from; None where there is none."""
    if isinstance(estimator, KMeans | MiniBatchKMeans):  # BisectingKMeans has an ``init`` too, of each of its splits
        return "init"
    return "means_init" if "means_init" in estimator.get_params(deep=False) else None


def _centres_name(estimator: Any) -> str:
    return next(name for name in CENTRES if hasattr(estimator, name))
