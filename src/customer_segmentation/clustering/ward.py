"""Ward's hierarchical clustering, with centres by which new customers are labelled.

The tree is cut at k; the centre of a cluster is the mean of its customers, and every customer, of the fit or later,
belongs to the nearest centre. How far that is from the tree's own answer is said: ``agreement_``.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_array, check_is_fitted

from customer_segmentation.clustering.metrics import Floats


class Ward(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Ward's clusters of a sample, as nearest-centre segments.

    Parameters
    ----------
    n_clusters : int
    sample : int
        Customers that the tree is made of at most: it needs their number squared in memory.
    random_state : int, RandomState or None
        Draws the sample.

    Attributes
    ----------
    cluster_centers_ : array of shape (n_clusters, n_features)
    agreement_ : float
        Share of the sample whose nearest centre is that of its own cluster of the tree.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "sample": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, n_clusters: int = 8, *, sample: int = 4000, random_state: Any = None) -> None:
        self.n_clusters = n_clusters
        self.sample = sample
        self.random_state = random_state

    def fit(self, X: Floats, y: object = None) -> Self:  # noqa: ARG002 - as scikit-learn calls it
        """Make the tree, cut it and take the means.

        Parameters
        ----------
        X : array of shape (n_customers, n_features)
        y : ignored
        """
        self._validate_params()
        rows = check_array(X, dtype=np.float64, ensure_min_samples=self.n_clusters)
        if len(rows) > self.sample:
            drawn = check_random_state(self.random_state).choice(len(rows), self.sample, replace=False)
            rows = rows[np.sort(drawn)]
        alone = self.n_clusters == 1
        labels = np.zeros(len(rows), int) if alone else AgglomerativeClustering(self.n_clusters).fit_predict(rows)
        self.cluster_centers_ = np.array([rows[labels == cluster].mean(axis=0) for cluster in range(self.n_clusters)])
        self.n_features_in_ = rows.shape[1]
        self.agreement_ = float((self.predict(rows) == labels).mean())
        return self

    def predict(self, X: Floats) -> npt.NDArray[np.int32]:
        """Nearest centre of each customer."""
        check_is_fitted(self)
        return np.asarray(pairwise_distances_argmin(X, self.cluster_centers_), dtype=np.int32)
