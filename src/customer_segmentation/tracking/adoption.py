"""Take over the run that ``mlflow run`` opened for a command, so that it becomes the command's own."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from customer_segmentation.tracking.store import Store

DEFAULT_EXPERIMENT = "0"


def adopt_run(store: Store) -> tuple[Store, str | None]:
    """Return the run of ``mlflow run`` and the store of its experiment; (store, None) when there is none.

    Its id is in ``MLFLOW_RUN_ID``, which would hijack every run that is started later: the variable is removed. Without
    ``--experiment-name`` MLflow puts its run into the experiment *Default*, where nobody would look for it: in a SQL
    store it is moved to ours; elsewhere it is left with a word on where the work went on.
    """
    from mlflow.exceptions import MlflowException

    run_id = os.environ.pop("MLFLOW_RUN_ID", None)
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
    if run_id is None:
        return store, None
    try:
        run = store.client.get_run(run_id)
    except MlflowException:  # of another store
        return store, None
    if run.info.status != "RUNNING":
        return store, None
    if run.info.experiment_id != DEFAULT_EXPERIMENT:
        experiment = store.client.get_experiment(run.info.experiment_id)
        return replace(store, experiment_id=experiment.experiment_id, experiment=experiment.name), run_id
    if _move(store, run_id):
        return store, run_id
    store.client.set_tag(run_id, "mlflow.note.content", f"Continued in the experiment {store.experiment}.")
    return store, None


def _move(store: Store, run_id: str) -> bool:
    """Move a run that is still empty into the store's experiment. MLflow has no call for it; its SQL tables have."""
    tables: Any = store.client._tracking_client.store
    if not hasattr(tables, "ManagedSessionMaker"):
        return False
    from mlflow.store.tracking.dbmodels.models import SqlRun

    place = store.client.get_experiment(store.experiment_id).artifact_location
    with tables.ManagedSessionMaker(read_only=False) as session:
        row = session.query(SqlRun).filter(SqlRun.run_uuid == run_id).one()
        row.experiment_id = int(store.experiment_id)
        row.artifact_uri = f"{place.rstrip('/')}/{run_id}/artifacts"
    return True
