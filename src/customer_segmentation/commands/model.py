"""The model of a candidate, as it is logged: one Pipeline from raw customers to segment, with an example."""

from __future__ import annotations

from customer_segmentation.clustering.study import Candidate
from customer_segmentation.commands.customers import Customers
from customer_segmentation.commands.job import Job
from customer_segmentation.spaces.space import Space
from customer_segmentation.tracking.items import Model

EXAMPLE_ROWS = 5


def model_of(candidate: Candidate, space: Space, customers: Customers, job: Job) -> Model:
    """One Pipeline from raw customers to label, with an example of raw customers."""
    columns = list(space.features.specs)
    example = customers.table.customers[columns].head(EXAMPLE_ROWS).copy()
    for column in example:
        if example[column].dtype == bool or example[column].dtype == "boolean":
            # as the published table has them, which is how raw customers come
            example[column] = example[column].map({True: "Yes", False: "No"}).astype(object)
    return Model(
        pipeline=space.pipeline(candidate.estimator),
        example=example,
        params={**job.params, "k": candidate.k},
        tags={"study": job.name, "verdict": "best_of_study"},
    )
