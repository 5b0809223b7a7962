"""A run id, as a user pastes it, to the candidate, sweep or model that is meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from customer_segmentation.errors import StoreError
from customer_segmentation.tracking.read import newest_sweep, run_of
from customer_segmentation.tracking.store import Store

SHOWN = 6


def candidate_run(store: Store, run_id: str) -> Any:
    """Run of a finished candidate; a sentence that says which runs to take where it is another one."""
    run = run_of(store, run_id)
    level = run.data.tags.get("level")
    if level == "sweep":
        chosen = run.data.tags.get("chosen_run_id")
        hint = f"its chosen candidate is {chosen}" if chosen else "it chose no candidate"
        raise StoreError(f"run {run_id} is a sweep, not a candidate; {hint}.")
    if level == "study":
        below = store.client.search_runs(
            [run.info.experiment_id],
            f"tags.study_id = '{run_id}' and tags.level = 'candidate'",
            order_by=["attributes.start_time ASC"],
            max_results=SHOWN,
        )
        named = ", ".join(f"k={item.data.params.get('k')} {item.info.run_id}" for item in below)
        raise StoreError(f"run {run_id} is a study; take one of its candidates: {named or 'it has none'}.")
    if level != "candidate":
        raise StoreError(f"run {run_id} is not a candidate of a sweep; the UI lists them by tags.level = 'candidate'.")
    if run.info.status != "FINISHED":
        raise StoreError(f"run {run_id} is {run.info.status}, not FINISHED: run its sweep again.")
    return run


def store_of(store: Store, run: Any) -> Store:
    """Store with the experiment of a run."""
    if run.info.experiment_id == store.experiment_id:
        return store
    experiment = store.client.get_experiment(run.info.experiment_id)
    return replace(store, experiment_id=run.info.experiment_id, experiment=experiment.name)


def candidate_of(store: Store, run_id: str | None) -> Any:
    """Run of the candidate that is asked for: given, chosen by a given sweep, or chosen by the newest finished one."""
    if not run_id:
        sweep = newest_sweep(store)
        chosen = sweep.data.tags.get("chosen_run_id")
        if not chosen:
            raise StoreError(
                f"the newest finished sweep, {sweep.info.run_name} ({sweep.info.run_id}), chose no candidate; "
                "name one with run_id=ID."
            )
        return candidate_run(store, chosen)
    run = run_of(store, run_id)
    if run.data.tags.get("level") == "sweep" and run.data.tags.get("chosen_run_id"):
        run_id = run.data.tags["chosen_run_id"]
    return candidate_run(store, run_id)


def address_of(store: Store, model: str, run_id: str | None) -> str:
    """Address of the model: as given, or that of a run; of a sweep it is its chosen candidate's.

    Raises
    ------
    StoreError
        The run does not exist or holds no model.
    """
    if run_id is None:
        return model
    run: Any = run_of(store, run_id)
    if run.data.tags.get("level") == "sweep":
        chosen = run.data.tags.get("chosen_run_id")
        if chosen is None:
            raise StoreError(f"run {run_id} is a sweep that chose no candidate; give the run of a candidate.")
        run = run_of(store, chosen)
    outputs = run.outputs.model_outputs if run.outputs else []
    if not outputs:
        raise StoreError(
            f"run {run.info.run_id} holds no model: the best candidate of each study has one, and `segment promote "
            "run_id=...` makes one of any other."
        )
    return f"models:/{outputs[-1].model_id}"
