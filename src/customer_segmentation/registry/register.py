"""The model that a version stands for: logged once, found again by a later attempt, cleaned up where half made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customer_segmentation.errors import StoreError
from customer_segmentation.model.checksums import MANIFEST_TAG, check_manifest
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.registry.checks import Check, checked
from customer_segmentation.scoring.load import load_segment_model
from customer_segmentation.scratch import scratch_folder
from customer_segmentation.tracking.items import Model
from customer_segmentation.tracking.models import OF_PROMOTION, log_model, runs_our_code
from customer_segmentation.tracking.own_places import download, place_of_model
from customer_segmentation.tracking.store import Store

READY = "READY"


@dataclass(frozen=True)
class Registered:
    """A model that is logged, and the checksum of its manifest as this process wrote or examined it."""

    model_id: str
    manifest: str


def logged_models(store: Store, run_id: str) -> list[Any]:
    """Models that a run has logged, whatever their state.

    Parameters
    ----------
    store : where the run is
    run_id : the run
    """
    return list(store.client.search_logged_models([store.experiment_id], f"source_run_id = '{run_id}'"))


def artifact_check(store: Store, run_id: str) -> Check | None:
    """Files of the model that a candidate logged with its sweep are as they were then; None where it logged none.

    Parameters
    ----------
    store : where the run is
    run_id : of the candidate
    """
    for logged in logged_models(store, run_id):
        if OF_PROMOTION not in logged.tags and str(logged.status) == READY:
            try:
                load_segment_model(f"models:/{logged.model_id}", store.client)
            except StoreError as error:
                return checked("artifact", False, str(error).rstrip("."))
            return checked("artifact", True, "the files of the logged model are those that were logged")
    return None


def register_model(
    store: Store, run_id: str, model: SegmentModel, *, name: str, params: Mapping[str, Any], study: str
) -> Registered:
    """Log the model under a candidate's run, or find what an earlier attempt has logged.

    What an attempt left half made is deleted. One that holds other code than this package's is left alone and not
    taken: the gate runs what it registers, and a store may be a stranger's.

    Parameters
    ----------
    store : Store
    run_id : str
        Of the candidate.
    model : SegmentModel
        With the numbers and names that its segments will have.
    name : str
        Of the candidate: table, features, scaling and k.
    params : mapping
        By which models are compared.
    study : str
    """
    known = json.dumps([run_id, list(model.numbers), sorted(model.names.items())])
    identity = hashlib.sha256(known.encode()).hexdigest()[:32]
    for logged in logged_models(store, run_id):
        if OF_PROMOTION not in logged.tags:
            continue
        if str(logged.status) != READY:
            store.client.delete_logged_model(logged.model_id)
        elif logged.tags.get(OF_PROMOTION) == identity and _intact(store, logged.model_id, model):
            return Registered(str(logged.model_id), logged.tags[MANIFEST_TAG])
    tags = {"study": study, OF_PROMOTION: identity}
    return Registered(*log_model(store, run_id, Model(model, name=f"{name} · registered", params=params, tags=tags)))


def same_inputs(store: Store, run_id: str, other: Any) -> None:
    """Give a run the data sets that another one has as its inputs.

    Parameters
    ----------
    store : where both are
    run_id : of the run that gets them
    other : the run that has them
    """
    if other.inputs and other.inputs.dataset_inputs:
        store.client.log_inputs(run_id, other.inputs.dataset_inputs)


def model_folder(store: Store, model_id: str, scratch: Path) -> Path:
    """Download a logged model.

    Parameters
    ----------
    store : where the model is
    model_id : of a logged model
    scratch : folder to download into
    """
    return download(store.client, place_of_model(store.client, model_id), "", scratch)


def own_folder(store: Store, logged: Registered, model: SegmentModel, scratch: Path) -> Path:
    """Download a model that this process is about to run: what the store gives now need not be what was logged.

    Parameters
    ----------
    store : where the model is
    logged : the model, as `register_model` returned it
    model : that it is
    scratch : folder to download into

    Raises
    ------
    StoreError
        The files are not those that were logged, or hold other code than this package's.
    """
    folder = model_folder(store, logged.model_id, scratch)
    check_manifest(folder, logged.manifest, f"the model {logged.model_id}")
    if not runs_our_code(folder, model):
        raise StoreError(f"the model {logged.model_id} holds other code than this package's; do not use this store.")
    return folder


def _intact(store: Store, model_id: str, model: SegmentModel) -> bool:
    with scratch_folder() as scratch:
        try:
            load_segment_model(f"models:/{model_id}", store.client)
            return runs_our_code(model_folder(store, model_id, Path(scratch)), model)
        except StoreError:
            return False
