"""The segments of a version as its page and the terminal show them: size, share of customers and of value, identity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customer_segmentation.clustering.metrics import cluster_sizes
from customer_segmentation.registry.segment_identity import Identity


@dataclass(frozen=True)
class SegmentRow:
    """One segment as a version's page shows it.

    Attributes
    ----------
    number : int
    name : str
        "" where it has none.
    customers : int
    share : float
        Of all customers.
    value_mean, value_share : float or None
        Value per customer, and its share of all value; None where the table knows no value.
    origin : str
        Where the number comes from.
    """

    number: int
    name: str
    customers: int
    share: float
    value_mean: float | None
    value_share: float | None
    origin: str


def segment_rows(
    labels: npt.NDArray[np.integer], value: npt.NDArray[np.float64] | None, identity: Identity
) -> tuple[SegmentRow, ...]:
    """Rows of all segments, in the order of their numbers.

    Parameters
    ----------
    labels : integer array of shape (n_customers,)
        Clusters, 0 ... k-1.
    value : array of shape (n_customers,) or None
        What each customer is worth; None where the table does not say.
    identity : Identity
        Numbers and names of the clusters.
    """
    k = len(identity.numbers)
    sizes = cluster_sizes(labels, k)
    sums = None if value is None else np.bincount(labels, weights=np.nan_to_num(value), minlength=k)
    total = None if sums is None else float(sums.sum())
    rows = [
        SegmentRow(
            number=number,
            name=identity.names.get(number, ""),
            customers=int(sizes[cluster]),
            share=float(sizes[cluster] / sizes.sum()),
            value_mean=None if sums is None else float(sums[cluster] / sizes[cluster]),
            value_share=None if sums is None or not total else float(sums[cluster] / total),
            origin=identity.origin.get(number, ""),
        )
        for cluster, number in enumerate(identity.numbers)
    ]
    return tuple(sorted(rows, key=lambda row: row.number))
