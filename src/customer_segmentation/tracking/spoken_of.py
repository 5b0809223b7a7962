"""The sweep that the last command spoke of: the next command acts on it, unless it names another.

A tag of the experiment, so that it goes with the store and not with a folder. A sweep that was finished already and is
only pointed to counts as well as one that was computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer_segmentation.tracking.store import Store, insert

if TYPE_CHECKING:
    from mlflow.entities import Run

TAG = "last_sweep"


def speak_of(store: Store, sweep_id: str) -> None:
    """Remember a sweep as the one that was spoken of last.

    Parameters
    ----------
    store : where the run is
    sweep_id : id of the sweep's run
    """
    if store.client.get_experiment(store.experiment_id).tags.get(TAG) != sweep_id:
        insert(lambda: store.client.set_experiment_tag(store.experiment_id, TAG, sweep_id))


def sweep_spoken_of(store: Store) -> Run | None:
    """Run of the finished sweep that was spoken of last; None where there is none, or it is gone."""
    from mlflow.exceptions import MlflowException

    sweep_id = store.client.get_experiment(store.experiment_id).tags.get(TAG)
    if not sweep_id:
        return None
    try:
        run = store.client.get_run(sweep_id)
    except MlflowException:
        return None
    standing = run.info.lifecycle_stage == "active" and run.info.status == "FINISHED"
    return run if standing and run.info.experiment_id == store.experiment_id else None
