"""Fits to a sample, told about all customers: sizes, inertia and value of the segments, summed batch by batch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.clusterer import centres_of
from customer_segmentation.clustering.exact_sums import ExactSums
from customer_segmentation.clustering.metrics import cluster_sizes

Floats = npt.NDArray[np.float64]


class _Sums:
    """What is known of the customers of each cluster of one fit so far."""

    def __init__(self, k: int) -> None:
        self.sizes = np.zeros(k, dtype=np.int64)
        self.valued = np.zeros(k, dtype=np.int64)  # customers whose value is known
        self.inertia = ExactSums(k)
        self.value = ExactSums(k)  # of their values, less the shift


class FullDataScores:
    """Assigns batches of customers to the clusters of several fits and keeps sums alone.

    The sums are exact: batches may be of any size and come in any order, and those of several processes may be merged.

    Parameters
    ----------
    estimators : mapping of int to fitted scikit-learn estimator
        By k.
    shift : float
        About the mean value of a customer: squares of what is left keep their digits.
    """

    def __init__(self, estimators: Mapping[int, Any], *, shift: float = 0.0) -> None:
        self._estimators = dict(estimators)
        self._shift = shift
        self._squares = ExactSums(1)
        self._sums = {k: _Sums(k) for k in estimators}

    def add(self, matrix: Floats, value: Floats | None) -> None:
        """Assign a batch.

        Parameters
        ----------
        matrix : float64 array of shape (n_customers, n_features), C order
        value : array of shape (n_customers,) or None
            What the customers are worth; NaN where it is not known.
        """
        if not len(matrix):
            return
        known = np.zeros(len(matrix), dtype=bool) if value is None else np.isfinite(value)
        worth = np.zeros(0) if value is None else value[known] - self._shift
        self._squares.add(np.square(worth), np.zeros(len(worth), dtype=np.int64))
        for k, estimator in self._estimators.items():
            labels = np.asarray(estimator.predict(matrix), dtype=np.int64)
            sums = self._sums[k]
            sums.sizes += cluster_sizes(labels, k)
            apart = matrix - centres_of(estimator)[labels]
            sums.inertia.add(np.einsum("ij,ij->i", apart, apart), labels)
            if value is not None:
                mine = labels[known]
                sums.valued += cluster_sizes(mine, k)
                sums.value.add(worth, mine)

    @property
    def state(self) -> dict[str, Any]:
        """What `merge` takes: whole numbers and texts alone."""
        return {
            "squares": self._squares.state,
            "sums": {
                str(k): {
                    "sizes": sums.sizes.tolist(),
                    "valued": sums.valued.tolist(),
                    "inertia": sums.inertia.state,
                    "value": sums.value.state,
                }
                for k, sums in self._sums.items()
            },
        }

    def merge(self, state: Mapping[str, Any]) -> None:
        """Add what other sums of the same fits, made elsewhere, have as their `state`."""
        self._squares.merge(state["squares"])
        for k, other in state["sums"].items():
            sums = self._sums[int(k)]
            sums.sizes += np.array(other["sizes"], dtype=np.int64)
            sums.valued += np.array(other["valued"], dtype=np.int64)
            sums.inertia.merge(other["inertia"])
            sums.value.merge(other["value"])

    @property
    def customers(self) -> int:
        """Customers so far."""
        return int(next(iter(self._sums.values())).sizes.sum()) if self._sums else 0

    def scores(self, k: int) -> dict[str, float]:
        """``inertia``, ``smallest_share`` and, where values are known and vary, ``value_explained`` of one fit."""
        sums = self._sums[k]
        value, squares = sums.value.values, float(self._squares.values[0])
        found = {
            "inertia": math.fsum(sums.inertia.values),
            "smallest_share": float(sums.sizes.min() / max(self.customers, 1)),
        }
        n = int(sums.valued.sum())
        if n and k > 1:
            correction = math.fsum(value) ** 2 / n
            total = squares - correction
            between = math.fsum(np.square(value) / np.maximum(sums.valued, 1)) - correction
            if total > 0:
                found["value_explained"] = float(between / total)
        return found

    def table(self) -> pd.DataFrame:
        """One row a fit and cluster: ``k``, ``segment``, ``customers``, ``share`` and, of those known, ``value``."""
        parts = []
        for k, sums in self._sums.items():
            parts.append(
                pd.DataFrame(
                    {
                        "k": k,
                        "segment": np.arange(k),
                        "customers": sums.sizes,
                        "share": sums.sizes / max(self.customers, 1),
                        "value": sums.value.values + self._shift * sums.valued,
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)
