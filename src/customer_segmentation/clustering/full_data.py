"""Fits to a sample, told about all customers: sizes, scores, means and value of the segments, summed batch by batch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.clusterer import centres_of
from customer_segmentation.clustering.exact_sums import ExactSums, slices_of
from customer_segmentation.clustering.metrics import cluster_sizes, contingency

Floats = npt.NDArray[np.float64]


class _Column:
    """A column of the profile in each cluster of one fit: a count of each of its levels, and the sum of its numbers."""

    def __init__(self, k: int, levels: int) -> None:
        self.counts = np.zeros((k, levels + 2), dtype=np.int64)  # of missing cells, of each level, of all others
        self.sums = ExactSums(k)


class _Sums:
    """What is known of the customers of each cluster of one fit so far."""

    def __init__(self, k: int, dimensions: int, levels: Sequence[int]) -> None:
        self.sizes = np.zeros(k, dtype=np.int64)
        self.valued = np.zeros(k, dtype=np.int64)  # customers whose value is known
        self.inertia = ExactSums(k)
        self.value = ExactSums(k)  # of their values, less the shift
        self.places = [ExactSums(k) for _ in range(dimensions)]
        self.columns = [_Column(k, count) for count in levels]

    @property
    def exact(self) -> list[ExactSums]:
        """All sums, in one order."""
        return [self.inertia, self.value, *self.places, *(column.sums for column in self.columns)]

    @property
    def counted(self) -> list[npt.NDArray[np.int64]]:
        """All counts, in one order."""
        return [self.sizes, self.valued, *(column.counts for column in self.columns)]


class FullDataScores:
    """Assigns batches of customers to the clusters of several fits and keeps sums alone.

    The sums are exact: batches may be of any size and come in any order, and those of several processes may be merged.

    Parameters
    ----------
    estimators : mapping of int to fitted scikit-learn estimator
        By k.
    shift : float
        About the mean value of a customer: squares of what is left keep their digits.
    levels : sequence of int
        Of each column of the profile how many levels are counted; 0 of a column of numbers.
    """

    def __init__(self, estimators: Mapping[int, Any], *, shift: float = 0.0, levels: Sequence[int] = ()) -> None:
        self._estimators = dict(estimators)
        self._shift = shift
        self._squares = ExactSums(1)
        self._sums = {k: _Sums(k, centres_of(estimator).shape[1], levels) for k, estimator in self._estimators.items()}

    def add(self, matrix: Floats, value: Floats | None, columns: Mapping[int, npt.NDArray[Any]] | None = None) -> None:
        """Assign a batch.

        Parameters
        ----------
        matrix : float64 array of shape (n_customers, n_features), C order
        value : array of shape (n_customers,) or None
            What the customers are worth; NaN where it is not known.
        columns : mapping of int to array of shape (n_customers,)
            Cells of the profile, by the column's position in ``levels``: float64 numbers, NaN where one is missing; or
            integer positions of levels, -1 where a cell is missing, and beyond the levels what is none of them.
        """
        if not len(matrix):
            return
        known = np.zeros(len(matrix), dtype=bool) if value is None else np.isfinite(value)
        worth = np.zeros(0) if value is None else value[known] - self._shift
        self._squares.add(np.square(worth), np.zeros(len(worth), dtype=np.int64))
        labels = self._labels(matrix)
        for k, estimator in self._estimators.items():
            sums, own = self._sums[k], labels[k]
            sums.sizes += cluster_sizes(own, k)
            apart = matrix - centres_of(estimator)[own]
            sums.inertia.add(np.einsum("ij,ij->i", apart, apart), own)
            if value is not None:
                mine = own[known]
                sums.valued += cluster_sizes(mine, k)
                sums.value.add(worth, mine)
        for at, places in enumerate(matrix.T):
            slices = list(slices_of(places))
            for k, own in labels.items():
                self._sums[k].places[at].add_slices(slices, own)
        self._add_columns(labels, columns or {})

    def add_outside(self, matrix: Floats, columns: Mapping[int, npt.NDArray[Any]]) -> None:
        """Assign a batch of customers who are not among those that the segments are of: some columns count them too.

        Parameters
        ----------
        matrix : float64 array of shape (n_customers, n_features), C order
        columns : see `add`
        """
        if len(matrix):
            self._add_columns(self._labels(matrix), columns)

    def _labels(self, matrix: Floats) -> dict[int, npt.NDArray[np.int64]]:
        return {k: np.asarray(fit.predict(matrix), dtype=np.int64) for k, fit in self._estimators.items()}

    def _add_columns(
        self, labels: Mapping[int, npt.NDArray[np.int64]], columns: Mapping[int, npt.NDArray[Any]]
    ) -> None:
        for at, cells in columns.items():
            if np.issubdtype(cells.dtype, np.integer):
                codes, slices = cells.astype(np.int64), []
            else:
                known = np.isfinite(cells)
                codes, slices = known.astype(np.int64) - 1, list(slices_of(np.where(known, cells, 0.0)))
            for k, own in labels.items():
                column = self._sums[k].columns[at]
                width = column.counts.shape[1]
                column.counts += contingency(own, np.minimum(codes, width - 2) + 1, k, width)
                column.sums.add_slices(slices, own)

    @property
    def state(self) -> dict[str, Any]:
        """What `merge` takes: whole numbers and texts alone."""
        return {
            "squares": self._squares.state,
            "sums": {
                str(k): {
                    "counted": [counts.tolist() for counts in sums.counted],
                    "exact": [exact.state for exact in sums.exact],
                }
                for k, sums in self._sums.items()
            },
        }

    def merge(self, state: Mapping[str, Any]) -> None:
        """Add what other sums of the same fits, made elsewhere, have as their `state`."""
        self._squares.merge(state["squares"])
        for k, other in state["sums"].items():
            sums = self._sums[int(k)]
            for counts, more in zip(sums.counted, other["counted"], strict=True):
                counts += np.array(more, dtype=np.int64)
            for exact, slices in zip(sums.exact, other["exact"], strict=True):
                exact.merge(slices)

    @property
    def customers(self) -> int:
        """Customers so far."""
        return int(next(iter(self._sums.values())).sizes.sum()) if self._sums else 0

    def scores(self, k: int) -> dict[str, float]:
        """Scores of one fit.

        ``inertia``, ``smallest_share`` and, where they exist, ``calinski_harabasz`` and ``value_explained``.
        """
        sums = self._sums[k]
        value, squares = sums.value.values, float(self._squares.values[0])
        inertia = math.fsum(sums.inertia.values)
        found = {"inertia": inertia, "smallest_share": float(sums.sizes.min() / max(self.customers, 1))}
        occupied = int(np.count_nonzero(sums.sizes))
        if 1 < occupied < self.customers:
            means = self.means(k)
            overall = np.array([math.fsum(places.values) for places in sums.places]) / self.customers
            # What the customers are apart from their centre is what they are from their mean, and it from the centre.
            moved = np.square(means - centres_of(self._estimators[k])).sum(axis=1) * sums.sizes
            within = inertia - math.fsum(moved)
            between = math.fsum(np.square(means - overall).sum(axis=1) * sums.sizes)
            freedom = (self.customers - occupied) / (occupied - 1)
            found["calinski_harabasz"] = between / within * freedom if within > 0 else 1.0
        n = int(sums.valued.sum())
        if n and k > 1:
            correction = math.fsum(value) ** 2 / n
            total = squares - correction
            between = math.fsum(np.square(value) / np.maximum(sums.valued, 1)) - correction
            if total > 0:
                found["value_explained"] = float(between / total)
        return found

    def means(self, k: int) -> Floats:
        """Mean of the members of each cluster of one fit in the space; its centre where it has none."""
        sums = self._sums[k]
        totals = np.column_stack([places.values for places in sums.places])
        means = totals / np.maximum(sums.sizes, 1)[:, None]
        return np.where(sums.sizes[:, None] > 0, means, centres_of(self._estimators[k]))

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

    def profile(self) -> pd.DataFrame:
        """One row a fit, cluster, column and level, in the order of the columns.

        ``k``; ``segment``; ``column``, its position; ``level``, its position, 0 of a column of numbers; ``customers``
        whose cell is known, and ``missing`` ones; ``value``, their mean or the level's share, and ``overall``, that of
        all clusters together; NaN of nobody.
        """
        parts = []
        for k, sums in self._sums.items():
            for at, column in enumerate(sums.columns):
                missing, levels = column.counts[:, 0], column.counts.shape[1] - 2
                known = column.counts[:, 1:].sum(axis=1)
                totals = column.counts[:, 1:-1].astype(float) if levels else column.sums.values[:, None]
                whole = [math.fsum(of_level) for of_level in totals.T]
                with np.errstate(invalid="ignore"):
                    value, overall = totals / known[:, None], np.divide(whole, known.sum())
                width = max(levels, 1)
                cells = {"k": k, "segment": np.repeat(np.arange(k), width), "column": at}
                cells |= {"level": np.tile(np.arange(width), k), "customers": np.repeat(known, width)}
                cells |= {"missing": np.repeat(missing, width), "value": value.ravel(), "overall": np.tile(overall, k)}
                parts.append(pd.DataFrame(cells))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
