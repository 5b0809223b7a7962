"""What is said of segments: claims with their figures, names, recommendations; all of it drawn from the profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.fit import Fit
from customer_segmentation.clustering.space import Space
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.model.build import Clusters
from customer_segmentation.segments.high_value import (
    HighValue,
    Listing,
    customer_list,
    high_value_customers,
)
from customer_segmentation.segments.names import name_segments
from customer_segmentation.segments.profile import Profiles, profile_segments
from customer_segmentation.segments.recommendations import Recommendation, recommend
from customer_segmentation.segments.relations import Relation, determined
from customer_segmentation.segments.rfm_grid import RfmGrid, rfm_grid
from customer_segmentation.segments.segment_name import SegmentName
from customer_segmentation.segments.stakes import Base, Stake, outcome_of, recurring_column
from customer_segmentation.segments.variables import Described, with_features
from customer_segmentation.settings.playbook import PlaybookSettings


@dataclass(frozen=True)
class SegmentInsights:
    """Everything that is said of the segments of one candidate.

    Attributes
    ----------
    profiles : Profiles
    names : tuple of SegmentName
    recommendations : tuple of Recommendation
    high_value : HighValue or None
        None where the table has no column of role value.
    cautions : tuple of str
        What was taken for known in placing the customers.
    stakes : tuple of Stake
        What is at stake with all customers of each segment.
    relations : tuple of Relation
        What the table's own make explains of the profiles.
    listing : callable or None
        Makes the list of all customers of the fit with what to do with each, see `customer_list`; of orders also with
        ``rfm`` and ``rfm_group``. It is as large as the space, and made where it is written.
    rfm : RfmGrid or None
        The classic grid beside the segments, of a table of recency, frequency and monetary value.
    """

    profiles: Profiles
    names: tuple[SegmentName, ...]
    recommendations: tuple[Recommendation, ...]
    high_value: HighValue | None
    cautions: tuple[str, ...] = field(default=())
    stakes: tuple[Stake, ...] = field(default=())
    relations: tuple[Relation, ...] = field(default=())
    listing: Listing | None = None
    rfm: RfmGrid | None = None

    def of(self, segment: int) -> tuple[Recommendation, ...]:
        """Recommendations for one segment, the most urgent first."""
        return tuple(item for item in self.recommendations if item.segment == segment)

    def titled(self, segment: int) -> str:
        """Number and name of a segment."""
        return f"{segment} · {self.names[segment].name}" if segment < len(self.names) else f"{segment}"


def profile_fit(
    described: Sequence[Described],
    table: CustomerTable,
    space: Space,
    labels: npt.NDArray[np.integer],
    estimator: Any,
) -> Profiles:
    """Profile the segments of a fit.

    Parameters
    ----------
    described : sequence of Described
        What profiles speak of.
    table : CustomerTable
        The customers of the fit; those outside it are assigned to its segments first.
    space : Space
    labels : int array of shape (n_customers,)
    estimator : object
        The fitted clusterer, which predicts in the space.
    """
    return profile_segments(
        with_features(described, space.features, space.values),
        labels,
        k=int(labels.max()) + 1,
        left_out_labels=assigned(table.others, space, estimator),
    )


def describe_segments(
    described: Sequence[Described],
    table: CustomerTable,
    space: Space,
    fit: Fit,
    playbook: PlaybookSettings,
    ids: pd.Series | None,
) -> SegmentInsights:
    """Everything that is said of the segments of a fit: profiles, names, recommendations, high-value customers.

    Parameters
    ----------
    described : sequence of Described
    table : CustomerTable
    space : Space
    fit : Fit
    playbook : PlaybookSettings
    ids : Series of shape (n_customers,) or None
        What the list of customers calls them.
    """
    profiles = profile_fit(described, table, space, fit.labels, fit.estimator)
    names = name_segments(profiles, playbook)
    base = counted_base(described, table, space, fit, playbook)
    recommendations = recommend(profiles, playbook, base)
    amounts = None
    if table.value_column is not None:
        amounts = table.customers[table.value_column].to_numpy(dtype=float)
    grid = rfm_grid(table.customers, fit.labels)
    listing = partial(
        customer_list,
        profiles,
        names,
        first_actions(recommendations),
        matrix=space.matrix,
        labels=fit.labels,
        centres=fit.centres,
        amounts=amounts,
        ids=ids,
        rfm=None if grid is None else grid.scores,
    )
    return SegmentInsights(
        profiles,
        names,
        recommendations,
        high_value_customers(profiles, fit.labels, amounts, listing),
        cautions=space.imputed,
        stakes=tuple(base.stake(segment) for segment in range(profiles.k)),
        relations=determined(table.customers, table.columns, space.features.columns),
        listing=listing,
        rfm=grid,
    )


def first_actions(recommendations: Sequence[Recommendation]) -> dict[int, str]:
    """What to do first and whom it is for, for each segment for which anything is advised."""
    return {item.segment: item.for_whom for item in reversed(recommendations)}


def counted_base(
    described: Sequence[Described], table: CustomerTable, space: Space, fit: Clusters, playbook: PlaybookSettings
) -> Base:
    """The customers behind the segments of a fit, for counting whom an action is for and what is at stake.

    Parameters
    ----------
    described : sequence of Described
    table : CustomerTable
    space : Space
    fit : Clusters
        Customers outside it are assigned by its clusterer.
    playbook : PlaybookSettings
        Names the column of recurring value, if any.
    """
    return Base(
        labels=fit.labels,
        outside_labels=assigned(table.others, space, fit.estimator),
        customers=table.customers,
        outside=table.others,
        recurring=recurring_column(table.columns, [str(name) for name in table.customers], playbook.recurring),
        outcome=outcome_of(described, len(table.others)),
    )


def assigned(others: pd.DataFrame, space: Space, estimator: Any) -> npt.NDArray[np.int64]:
    """Segment of each customer outside the fit; -1 where a feature has no value.

    Parameters
    ----------
    others : customers outside the fit, one row each; shape (m, n_columns)
    space : the space that was clustered
    estimator : the fitted clusterer
    """
    labels = np.full(len(others), -1, dtype=np.int64)
    columns = list(space.features.specs)
    if not len(others) or not set(columns) <= set(others.columns):
        return labels
    matrix, usable = space.project(others[columns])
    if usable.any():
        labels[usable] = estimator.predict(matrix)
    return labels
