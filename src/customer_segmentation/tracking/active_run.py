"""The MLflow run that a Python session has open, and what a call logs beside it."""

from __future__ import annotations

import sys
from dataclasses import replace

from customer_segmentation.tracking.store import Store
from customer_segmentation.tracking.store_address import store_uri


def beside_active_run(store: Store, *, experiment_given: bool) -> Store:
    """Put what a call from Python logs under the run that its session has open in this store, if it has one.

    The runs go to the experiment of that run, unless the call names another one: then they stand on their own. The run
    itself is not touched.

    Parameters
    ----------
    store : as it was opened
    experiment_given : whether the call names an experiment
    """
    mlflow = sys.modules.get("mlflow")
    active = None if mlflow is None else mlflow.active_run()
    if active is None or store_uri(mlflow.get_tracking_uri()) != store.uri:  # type: ignore[union-attr]  # MLflow does not type None out
        return store
    if active.info.experiment_id == store.experiment_id:
        return replace(store, parent=active.info.run_id)
    if experiment_given:
        return store
    experiment = store.client.get_experiment(active.info.experiment_id)
    found = replace(store, experiment_id=experiment.experiment_id, experiment=experiment.name)
    return replace(found, parent=active.info.run_id)
