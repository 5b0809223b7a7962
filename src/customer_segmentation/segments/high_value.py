"""The original question: which segments are worth most, which customers are in them, how much is theirs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.distances import distances, margin
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.segments.segment_name import SegmentName

Floats = npt.NDArray[np.float64]


def high_value_segments(profiles: Profiles) -> tuple[int, ...]:
    """Segments whose customers are worth more than the average, the whole interval of it; highest value first."""
    value = profiles.value
    if value is None:
        return ()
    table = profiles.table
    rows = table[(table["variable"] == value.name) & (table["effect_low"] > 0)]
    return tuple(int(segment) for segment in rows.sort_values("value", ascending=False, kind="stable")["segment"])


def high_value_customers(
    profiles: Profiles,
    names: tuple[SegmentName, ...],
    *,
    matrix: Floats,
    labels: npt.NDArray[np.integer],
    centres: Floats,
    amounts: Floats,
    ids: pd.Series | None,
) -> HighValue | None:
    """List the customers of the high-value segments; None where the table has no column of role value.

    Parameters
    ----------
    profiles : Profiles
    names : tuple of SegmentName
    matrix : array of shape (n_customers, n_dimensions)
        The clustered space.
    labels : integer array of shape (n_customers,)
    centres : array of shape (k, n_dimensions)
    amounts : array of shape (n_customers,)
        What each customer is worth.
    ids : Series of shape (n_customers,) or None
    """
    if profiles.value is None:
        return None
    segments = high_value_segments(profiles)
    rows = np.flatnonzero(np.isin(labels, segments))
    own, other = distances(matrix[rows], centres, labels[rows].astype(np.intp))
    called = {name.segment: name.name for name in names}
    columns = {
        "row": rows,
        "segment": labels[rows].astype(np.int64),
        "name": [called.get(int(segment), "") for segment in labels[rows]],
        "value": amounts[rows],
        "distance": own,
        "margin": margin(own, other),
    }
    if ids is not None:
        columns = {"customer": ids.to_numpy()[rows], **columns}
    frame = pd.DataFrame(columns).sort_values("value", ascending=False, kind="stable", ignore_index=True)
    theirs = profiles.segments[profiles.segments["segment"].isin(segments)]
    return HighValue(
        segments=segments,
        customers=frame,
        share=float(theirs["share"].sum()),
        value=float(theirs["value"].sum()),
        value_share=float(theirs["value_share"].sum()) if len(theirs) else 0.0,
    )


@dataclass(frozen=True)
class HighValue:
    """The customers of the segments that are worth more than the average.

    Attributes
    ----------
    segments : tuple of int
        Their value per customer is above that of all customers, interval included; the most valuable first.
    customers : DataFrame, one row a customer of these segments, the most valuable first
        ``customer`` (where the table has ids), ``row`` (position among the customers used, from 0), ``segment``,
        ``name``, ``value``, ``distance`` to the centre of its own segment in the clustered space, and ``margin``: 1 at
        that centre, 0 half way to the next one.
    share, value, value_share : float
        Share of all customers, their value in total and as a share of all value.
    """

    segments: tuple[int, ...]
    customers: pd.DataFrame
    share: float
    value: float
    value_share: float
