"""Runs that a killed process left RUNNING: closed by the next command that proves that their process is gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from customer_segmentation.tracking.process import TAG, state_of
from customer_segmentation.tracking.read import found_runs
from customer_segmentation.tracking.store import Store


def close_stale_runs(store: Store) -> int:
    """Mark runs whose process is proved to be gone as KILLED; return how many they were.

    Runs of other hosts and runs without the tag of a process, such as those of other tools, are left alone.
    """
    closed = 0
    for run in found_runs(store, "attributes.status = 'RUNNING'"):
        tag = run.data.tags.get(TAG)
        if tag is not None and state_of(tag) == "gone":
            store.client.set_terminated(run.info.run_id, status="KILLED")
            closed += 1
    return closed


def closed_sentence(closed: int) -> str:
    """Say how many runs of killed processes were closed."""
    return f"{closed} run{'s were' if closed > 1 else ' was'} left by a killed process: now KILLED"


def discard(store: Store, runs: Sequence[Any]) -> None:
    """Move broken runs to the trash, with the models that they logged.

    Parameters
    ----------
    store : where the runs are
    runs : MLflow's runs
    """
    if not runs:
        return
    from mlflow.exceptions import MlflowException

    for run in runs:
        for model_id in models_of(run):
            try:
                store.client.delete_logged_model(model_id)
            except MlflowException:  # it was never finished, or is gone already
                continue
        store.client.delete_run(run.info.run_id)


def models_of(run: Any) -> list[str]:
    """Ids of the models that a run has logged."""
    outputs = getattr(run, "outputs", None)
    return [model.model_id for model in outputs.model_outputs] if outputs is not None else []
