"""The model of a candidate, as it is logged: from raw customers to segment, and what later ones are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from customer_segmentation.clustering.distances import distances
from customer_segmentation.clustering.space import Space
from customer_segmentation.clustering.study import Candidate
from customer_segmentation.data.contract import plain_spec
from customer_segmentation.model.reference import reference_of
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.settings.trusted import trusted_modules
from customer_segmentation.tracking.items import Model
from customer_segmentation.workflows.prepare import PreparedCustomers
from customer_segmentation.workflows.study_spec import StudySpec

EXAMPLE_ROWS = 5


def model_of(
    candidate: Candidate,
    space: Space,
    customers: PreparedCustomers,
    job: StudySpec,
    *,
    profile: pd.DataFrame | None = None,
    names: Mapping[int, str] | None = None,
) -> Model:
    """Model of a candidate, its segments numbered as its clusters are."""
    return Model(
        segment_model_of(candidate, space, customers, job, profile=profile, names=names),
        params={**job.params, "k": candidate.k},
        tags={"study": job.name, "verdict": "best_of_study"},
    )


def segment_model_of(
    candidate: Candidate,
    space: Space,
    customers: PreparedCustomers,
    job: StudySpec,
    *,
    profile: pd.DataFrame | None = None,
    names: Mapping[int, str] | None = None,
) -> SegmentModel:
    """Pipeline around the candidate's estimator, contract, example and reference distributions.

    Parameters
    ----------
    candidate : Candidate
    space : Space
    customers : Customers
    job : Job
    profile : DataFrame, optional
        Tidy, one row a segment and variable.
    names : mapping of int to str, optional
        Names of the segments.
    """
    table = customers.table
    columns = list(space.features.specs)
    example = table.customers[columns].head(EXAMPLE_ROWS).copy()
    for column in example:
        if example[column].dtype == bool or example[column].dtype == "boolean":
            # as the published table has them, which is how raw customers come
            example[column] = example[column].map({True: "Yes", False: "No"}).astype(object)
    settings = job.settings.data
    population = settings.populations.get(settings.keep)
    kept = [population.column] if population is not None and population.column in table.columns else []
    read = list(dict.fromkeys([*([table.id_column] if table.id_column else []), *columns, *kept]))
    own, _ = distances(space.matrix, candidate.centres, candidate.labels.astype(np.intp))
    reference = reference_of(
        space.values,
        table.customers[space.features.columns],
        units=space.features.units,
        sources={feature.name: feature.expression.columns for feature in space.features.features},
        clusters=candidate.labels,
        distances=own,
        k=len(candidate.centres),
    )
    return SegmentModel(
        pipeline=space.pipeline(candidate.estimator),
        numbers=tuple(range(len(candidate.centres))),
        names=dict(names or {}),
        centres=candidate.centres,
        contract={name: plain_spec(table.columns[name]) for name in read},
        example=example,
        profile=profile,
        reference=reference,
        trusted_modules=trusted_modules(),
        about={
            "study": job.name,
            "features": space.features.name,
            "scaling": space.scaling,
            "k": candidate.k,
            "customers": len(table.customers),
            "source": table.source,
            "data_digest": table.digest[:32],
            "dimensions": space.dimensions,
            "population": asdict(population) if population is not None and kept else None,
        },
    )
