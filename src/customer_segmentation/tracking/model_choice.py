"""The model that a command was asked for: by its address, or by the run that holds it."""

from __future__ import annotations

from typing import Any

from customer_segmentation.errors import StoreError
from customer_segmentation.scoring.load import LoadedModel, load_segment_model
from customer_segmentation.tracking.read import run_of
from customer_segmentation.tracking.store import Store


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


def loaded(store: Store, model: str, run_id: str | None) -> LoadedModel:
    """Load the model that was asked for."""
    return load_segment_model(address_of(store, model, run_id), store.client)
