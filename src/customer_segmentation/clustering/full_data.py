"""Fits to a sample, told about everybody: sizes, inertia and value of the segments, summed batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.clusterer import centres_of
from customer_segmentation.clustering.metrics import cluster_sizes, inertia_of

Floats = npt.NDArray[np.float64]


@dataclass
class _Sums:
    """What is known of the customers of each cluster so far."""

    sizes: npt.NDArray[np.int64]
    inertia: float
    valued: npt.NDArray[np.int64]  # customers whose value is known
    value: Floats  # sum of their values, less the shift


class FullDataScores:
    """Assigns batches of customers to the clusters of several fits and keeps sums alone.

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
        self._squares = 0.0
        self._sums = {
            k: _Sums(np.zeros(k, dtype=np.int64), 0.0, np.zeros(k, dtype=np.int64), np.zeros(k)) for k in estimators
        }

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
        self._squares += float(np.square(worth).sum())
        for k, estimator in self._estimators.items():
            labels = np.asarray(estimator.predict(matrix))
            sums = self._sums[k]
            sums.sizes += cluster_sizes(labels, k)
            sums.inertia += inertia_of(matrix, centres_of(estimator), labels)
            if value is not None:
                mine = labels[known]
                sums.valued += cluster_sizes(mine, k)
                sums.value += np.bincount(mine, weights=worth, minlength=k)

    @property
    def customers(self) -> int:
        """Customers so far."""
        return int(next(iter(self._sums.values())).sizes.sum()) if self._sums else 0

    def scores(self, k: int) -> dict[str, float]:
        """``inertia``, ``smallest_share`` and, where values are known and vary, ``value_explained`` of one fit."""
        sums = self._sums[k]
        found = {"inertia": sums.inertia, "smallest_share": float(sums.sizes.min() / max(self.customers, 1))}
        n = int(sums.valued.sum())
        if n and k > 1:
            correction = sums.value.sum() ** 2 / n
            total = self._squares - correction
            between = float((np.square(sums.value) / np.maximum(sums.valued, 1)).sum()) - correction
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
                        "value": sums.value + self._shift * sums.valued,
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)
