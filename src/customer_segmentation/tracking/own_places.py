"""Where the files of a run or a model are: below the place of its experiment and nowhere else.

A store may be a stranger's, or a database that strangers write to: its tables say what they like of each run. So this
is looked at wherever files are read or written, and not only when the store is opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from customer_segmentation.errors import StoreError
from customer_segmentation.secrets import redact
from customer_segmentation.tracking.moved_store import refuse_cut_short, refuse_place
from customer_segmentation.tracking.store_address import is_database


def place_of_run(client: Any, run_id: str) -> str:
    """Where the artifacts of a run are, see `own_place`.

    Parameters
    ----------
    client : of MLflow
    run_id : the run
    """
    info = client.get_run(run_id).info
    return own_place(client, info.experiment_id, info.artifact_uri, run_id, "artifacts")


def place_of_model(client: Any, model_id: str) -> str:
    """Where the files of a logged model are, see `own_place`.

    Parameters
    ----------
    client : of MLflow
    model_id : of the logged model
    """
    logged = client.get_logged_model(model_id)
    return own_place(client, logged.experiment_id, logged.artifact_location, "models", model_id, "artifacts")


def own_place(client: Any, experiment_id: str, place: str | None, *below: str) -> str:
    """Return a place as the store says it, which is where MLflow puts it; a server's is the server's matter.

    Parameters
    ----------
    client : of MLflow
    experiment_id : of the run or the model
    place : as the store says it
    *below : parts of the path below that of the experiment

    Raises
    ------
    StoreError
        It is elsewhere: the store was altered.
    """
    uri = str(client.tracking_uri)
    if not is_database(uri):
        return str(place)
    from mlflow.utils.uri import append_to_uri_path

    experiment = client.get_experiment(experiment_id).artifact_location or ""
    refuse_cut_short(uri, experiment)
    if not experiment or place is None or place != append_to_uri_path(experiment, *below):
        raise StoreError(
            f"the store {redact(uri)} keeps artifacts of {below[-2]} in {redact(str(place))}, outside "
            f"{redact(experiment)}; MLflow never does that, so that the store was altered and is not used."
        )
    refuse_place(uri, place)
    return place


def download(client: Any, place: str, path: str, folder: Path) -> Path:
    """Copy what is at a place that was looked at: MLflow's own functions ask again, and the session's default store.

    Parameters
    ----------
    client : of MLflow
    place : of a run, a model or a version
    path : below it; empty: all that is there
    folder : to copy into; made where it is missing

    Returns
    -------
    Path
        Of the copy.

    Raises
    ------
    StoreError
        The place is the address of another model.
    """
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
    from mlflow.utils.uri import add_databricks_profile_info_to_artifact_uri

    uri = str(client.tracking_uri)
    if place.startswith("models:"):  # which MLflow would look up in the session's default store
        raise StoreError(f"the store {redact(uri)} names {redact(place)} as a place of files, which it is not.")
    place = add_databricks_profile_info_to_artifact_uri(place, uri)
    repository = get_artifact_repository(place, tracking_uri=uri, registry_uri=uri)
    folder.mkdir(parents=True, exist_ok=True)
    return Path(repository.download_artifacts(path, dst_path=str(folder)))
