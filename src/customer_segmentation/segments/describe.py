"""Profiles of a candidate's segments and what is said of them, from what a study has at hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.fit import Fit
from customer_segmentation.segments.high_value import high_value_customers
from customer_segmentation.segments.insights import Portraits
from customer_segmentation.segments.names import name_segments
from customer_segmentation.segments.profile import Profiles, profile_segments
from customer_segmentation.segments.recommendations import recommend
from customer_segmentation.segments.variables import with_features
from customer_segmentation.settings.playbook import PlaybookSettings
from customer_segmentation.spaces.space import Space
from customer_segmentation.workflows.prepare import Customers


def profiles_of(customers: Customers, space: Space, labels: npt.NDArray[np.integer], estimator: Any) -> Profiles:
    """Profile the segments of a fit; customers outside the fit are assigned to them first."""
    return profile_segments(
        with_features(customers.described, space.features, space.values),
        labels,
        k=int(labels.max()) + 1,
        left_out_labels=assigned(customers.table.others, space, estimator),
    )


def portraits_of(customers: Customers, space: Space, fit: Fit, playbook: PlaybookSettings) -> Portraits:
    """Everything that is said of the segments of a fit: profiles, names, recommendations, high-value customers."""
    profiles = profiles_of(customers, space, fit.labels, fit.estimator)
    names = name_segments(profiles, playbook)
    amounts = customers.value
    high = None
    if amounts is not None:
        high = high_value_customers(
            profiles,
            names,
            matrix=space.matrix,
            labels=fit.labels,
            centres=fit.centres,
            amounts=amounts,
            ids=customers.ids,
        )
    return Portraits(profiles, names, recommend(profiles, playbook), high)


def assigned(others: pd.DataFrame, space: Space, estimator: Any) -> npt.NDArray[np.int64]:
    """Segment of each customer outside the fit; -1 where a feature has no value."""
    labels = np.full(len(others), -1, dtype=np.int64)
    columns = list(space.features.specs)
    if not len(others) or not set(columns) <= set(others.columns):
        return labels
    values = space.preparation[0].transform(others[columns])
    numbers = values[space.features.of_kind("numeric") + space.features.of_kind("indicator")]
    usable = np.isfinite(numbers.to_numpy(dtype=float)).all(axis=1)
    if usable.any():
        labels[usable] = estimator.predict(np.ascontiguousarray(space.preparation[1].transform(values[usable])))
    return labels
