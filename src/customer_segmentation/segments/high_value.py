"""The original question: which segments are worth most, which customers are in them, how much is theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.distances import distances, margin
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.segments.segment_name import SegmentName

Floats = npt.NDArray[np.float64]
Listing = Callable[..., pd.DataFrame]

#: All customers of a fit with what to do with each: typed, and for spreadsheets up to so many customers.
LIST, LIST_CSV = "segments/customers.parquet", "segments/customers.csv"
MOST_IN_CSV = 200_000
#: So many of the most valuable customers are shown.
FIRST = 10


def list_files(customers: int) -> tuple[str, ...]:
    """Names of the files that hold a list of so many customers, that for people first."""
    return (LIST_CSV, LIST) if customers <= MOST_IN_CSV else (LIST,)


def high_value_segments(profiles: Profiles) -> tuple[int, ...]:
    """Segments whose customers are worth more than the average, the whole interval of it; highest value first."""
    value = profiles.value
    if value is None:
        return ()
    table = profiles.table
    rows = table[(table["variable"] == value.name) & (table["effect_low"] > 0)]
    return tuple(int(segment) for segment in rows.sort_values("value", ascending=False, kind="stable")["segment"])


def most_valuable_first(profiles: Profiles, amounts: Floats | None, n: int) -> npt.NDArray[np.intp]:
    """Positions of all customers in the order of their list; as they came where nothing says what they are worth.

    Parameters
    ----------
    profiles : Profiles
    amounts : array of shape (n_customers,), optional
        What each customer is worth.
    n : number of customers
    """
    if amounts is None or profiles.value is None:
        return np.arange(n)
    return pd.Series(amounts).sort_values(ascending=False, kind="stable").index.to_numpy()


def customer_list(  # noqa: PLR0913 - each is named at the call
    profiles: Profiles,
    names: tuple[SegmentName, ...],
    actions: Mapping[int, str],
    *,
    matrix: Floats,
    labels: npt.NDArray[np.integer],
    centres: Floats,
    amounts: Floats | None,
    ids: pd.Series | None,
    rfm: pd.DataFrame | None = None,
    rows: npt.NDArray[np.intp] | None = None,
) -> pd.DataFrame:
    """List customers of a fit with what to do with each.

    Parameters
    ----------
    profiles : Profiles
    names : tuple of SegmentName
    actions : mapping of int to str
        First action of a segment, where there is one.
    matrix : array of shape (n_customers, n_dimensions)
        The clustered space.
    labels : integer array of shape (n_customers,)
    centres : array of shape (k, n_dimensions)
    amounts : array of shape (n_customers,), optional
        What each customer is worth.
    ids : Series of shape (n_customers,) or None
    rfm : DataFrame of shape (n_customers, n_scores), optional
        Scores of the classic grid.
    rows : integer array of shape (n_listed,), optional
        Positions of those to list, in this order; default: all, the most valuable first.

    Returns
    -------
    DataFrame of shape (n_listed, n_columns)
        ``customer`` (where the table has ids), ``row`` (position among the customers used, from 0), ``segment``,
        ``segment_name``, ``first_action``, ``value`` and ``high_value`` (whether the segment is worth more than the
        average; both where the table has a value), ``distance`` to the centre of its own segment in the clustered
        space, and ``margin``: 1 at that centre, 0 half way to the next one.
    """
    if rows is None:
        own, other = distances(matrix, centres, labels.astype(np.intp))
        rows = most_valuable_first(profiles, amounts, len(labels))
        own, other = own[rows], other[rows]
    else:
        own, other = distances(matrix[rows], centres, labels[rows].astype(np.intp))
    labels = labels[rows]
    called = {name.segment: name.name for name in names}
    numbers = range(len(centres))
    columns: dict[str, Any] = {} if ids is None else {"customer": ids.array.take(rows)}
    columns |= {
        "row": rows,
        "segment": labels.astype(np.int64),
        "segment_name": _by_segment([called.get(number, f"segment {number}") for number in numbers], labels),
        "first_action": _by_segment([actions.get(number) for number in numbers], labels),
    }
    if amounts is not None and profiles.value is not None:
        columns |= {"value": amounts[rows], "high_value": np.isin(labels, high_value_segments(profiles))}
    columns |= {"distance": own, "margin": margin(own, other)}
    frame = pd.DataFrame(columns, copy=False)
    return frame if rfm is None else frame.join(rfm, on="row")


def _by_segment(texts: list[str | None], labels: npt.NDArray[np.integer]) -> pd.Categorical:
    """A text of each segment for each of its customers, stored once."""
    codes, distinct = pd.factorize(pd.Series(texts, dtype="str"))
    return pd.Categorical.from_codes(codes[labels], categories=pd.Index(distinct))


def high_value_customers(
    profiles: Profiles, labels: npt.NDArray[np.integer], amounts: Floats | None, listing: Listing
) -> HighValue | None:
    """Take the customers of the high-value segments; None where the table has no column of role value.

    Parameters
    ----------
    profiles : Profiles
    labels : integer array of shape (n_customers,)
    amounts : array of shape (n_customers,), optional
        What each customer is worth.
    listing : callable
        `customer_list` of some rows.
    """
    if profiles.value is None:
        return None
    segments = high_value_segments(profiles)
    rows = most_valuable_first(profiles, amounts, len(labels))
    inside = rows[np.isin(labels[rows], segments)]
    theirs = profiles.segments[profiles.segments["segment"].isin(segments)]
    return HighValue(
        segments=segments,
        first=listing(rows=inside[:FIRST]),
        count=len(inside),
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
    first : DataFrame
        Rows of `customer_list` for the most valuable of their customers, at most `FIRST`.
    count : int
        Number of their customers.
    share, value, value_share : float
        Share of all customers, their value in total and as a share of all value.
    """

    segments: tuple[int, ...]
    first: pd.DataFrame
    count: int
    share: float
    value: float
    value_share: float
