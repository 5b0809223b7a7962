"""The model of a fit, as it is logged: from raw customers to segment, and what later ones are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customer_segmentation.clustering.distances import distances
from customer_segmentation.clustering.feature_set import columns_of_repairs
from customer_segmentation.clustering.space import Space
from customer_segmentation.data.contract import plain_spec
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.model.reference import reference_of
from customer_segmentation.model.rules import learn_rules
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.secrets import redact
from customer_segmentation.settings.data import ColumnType, DataSettings
from customer_segmentation.settings.sweep import SelectionSettings
from customer_segmentation.settings.trusted import trusted_modules

EXAMPLE_ROWS = 5


class Clusters(Protocol):
    """What a model is built of: a fit, or a candidate of a study."""

    @property
    def labels(self) -> NDArray[np.int32]:
        """Cluster of each customer."""

    @property
    def centres(self) -> NDArray[np.float64]:
        """Centres in the space, of shape (k, n_dimensions)."""

    @property
    def estimator(self) -> Any:
        """Fitted clusterer."""


def segment_model_of(  # noqa: PLR0913 - what a model is made of, by keyword
    fit: Clusters,
    space: Space,
    table: CustomerTable,
    *,
    study: str,
    data: DataSettings,
    selection: SelectionSettings,
    profile: pd.DataFrame | None = None,
    names: Mapping[int, str] | None = None,
    actions: Mapping[int, str] | None = None,
    mixed: bool = False,
) -> SegmentModel:
    """Pipeline around a fit's estimator, contract, example and reference distributions.

    Parameters
    ----------
    fit : Clusters
        Its segments are numbered as its clusters are.
    space : Space
    table : CustomerTable
        The customers of the fit.
    study : str
        Name of the study.
    data : DataSettings
        Which population is kept.
    selection : SelectionSettings
        Depth and leaves of the tree that explains the segments.
    profile : DataFrame, optional
        Tidy, one row a segment and variable.
    names : mapping of int to str, optional
        Names of the segments.
    actions : mapping of int to str, optional
        What to do first with each segment.
    mixed : bool
        The example is of no customer: each cell is another one's.
    """
    columns = list(space.features.specs)
    population = data.populations.get(data.keep)
    kept = [population.column] if population is not None and population.column in table.columns else []
    # The value is told in the list of a scoring, where it is there: nobody's label needs it.
    worth = columns_of_repairs([table.value_column], table.columns) if table.value_column else []
    worth = [name for name in worth if name in table.columns]
    read = list(dict.fromkeys([*([table.id_column] if table.id_column else []), *columns, *kept, *worth]))
    k = len(fit.centres)
    own, _ = distances(space.matrix, fit.centres, fit.labels.astype(np.intp))
    # A column that is a feature stands there; a date moves with every new table, and its features count from a day.
    told = {feature.expression.name for feature in space.features.features if feature.expression.operation == "column"}
    told |= {name for name in space.features.columns if table.columns[name].type is ColumnType.date}
    reference = reference_of(
        space.values,
        table.customers[[name for name in space.features.columns if name not in told]],
        units=space.features.units,
        sources={feature.name: feature.expression.columns for feature in space.features.features},
        clusters=fit.labels,
        distances=own,
        k=k,
    )
    return SegmentModel(
        pipeline=space.pipeline(fit.estimator),
        numbers=tuple(range(k)),
        names=dict(names or {}),
        actions=dict(actions or {}),
        centres=fit.centres,
        contract={name: plain_spec(table.columns[name]) for name in read},
        example=_example(table, columns, mixed=mixed),
        profile=profile,
        reference=reference,
        trusted_modules=trusted_modules(),
        rules=rules_of(fit, space, selection),
        about={
            "study": study,
            "features": space.features.name,
            "scaling": space.scaling,
            "k": k,
            "customers": len(table.customers),
            "source": redact(table.source),
            "data_digest": table.digest[:32],
            "dimensions": space.dimensions,
            "population": asdict(population) if population is not None and kept else None,
        },
    )


def _example(table: CustomerTable, columns: list[str], *, mixed: bool) -> pd.DataFrame:
    """First customers as they come raw; mixed: each cell is another customer's."""
    example = table.customers[columns].head(EXAMPLE_ROWS).copy()
    if mixed:
        rng = np.random.default_rng(EXAMPLE_ROWS)
        for name in columns:
            example[name] = table.customers[name].take(rng.integers(0, len(table.customers), len(example))).array
    for column in example:
        if example[column].dtype == bool or example[column].dtype == "boolean":
            # as the published table has them, which is how raw customers come
            example[column] = example[column].map({True: "Yes", False: "No"}).astype(object)
        elif pd.api.types.is_datetime64_dtype(example[column].dtype):  # as the table writes its dates
            written = example[column].dt.strftime(table.columns[str(column)].date_format or "%Y-%m-%d")
            example[column] = written.astype(object).where(written.notna(), None)
    return example


def rules_of(fit: Clusters, space: Space, selection: SelectionSettings) -> dict[str, Any]:
    """The shallow tree that explains the segments of a fit, see `customer_segmentation.model.rules.learn_rules`.

    Parameters
    ----------
    fit : its labels
    space : the space that was clustered
    selection : depth, leaves and features of the tree
    """
    return learn_rules(
        space.values,
        fit.labels,
        indicators=space.features.of_kind("indicator"),
        most_features=selection.most_features,
        depth=selection.tree_depth,
        leaves=selection.tree_leaves,
    )
