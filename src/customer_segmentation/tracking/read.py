"""Read back from the store what a sweep has logged: it works whoever ran the studies, and wherever."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from customer_segmentation.errors import StoreError
from customer_segmentation.scratch import scratch_folder
from customer_segmentation.secrets import redact
from customer_segmentation.tracking.checked_files import CHECKED, VERDICT, json_tag, refuse_altered, understood
from customer_segmentation.tracking.log.study import COUNTS, LABELS, PROFILE_OF_ALL, STRUCTURE, TABLE
from customer_segmentation.tracking.machine_facts import STUDY_ID, whole
from customer_segmentation.tracking.own_places import place_of_run
from customer_segmentation.tracking.spoken_of import sweep_spoken_of
from customer_segmentation.tracking.store import Store

if TYPE_CHECKING:
    from mlflow.entities import Run as Run  # also for the rooms that do not know MLflow

PAGE = 1000
Plain = TypeVar("Plain", dict[str, Any], list[Any])


def run_of(store: Store, run_id: str) -> Run:
    """Return one run by its id, in whatever experiment.

    Parameters
    ----------
    store : where the runs are
    run_id : as a person pasted it

    Raises
    ------
    StoreError
        The store has no such run, or it is in the trash.
    """
    from mlflow.exceptions import MlflowException

    try:
        run = store.client.get_run(run_id.strip())
    except MlflowException as error:
        raise StoreError(
            f"there is no run {run_id!r} in {store.shown}; copy its id from the UI, or name another store with "
            "tracking.uri=ADDRESS."
        ) from error
    if run.info.lifecycle_stage != "active":
        raise StoreError(f"run {run_id} is in the trash; restore it in the UI first.")
    return whole(run)


def newest_sweep(store: Store) -> Run:
    """Run of the sweep that the last command spoke of, else of the one that finished last.

    Raises
    ------
    StoreError
        No sweep of the experiment has finished.
    """
    spoken_of = sweep_spoken_of(store)
    if spoken_of is not None:
        return spoken_of
    found = store.client.search_runs(
        [store.experiment_id],
        "tags.level = 'sweep' and attributes.status = 'FINISHED'",
        order_by=["attributes.end_time DESC"],
        max_results=1,
    )
    if not found:
        raise StoreError(
            f"the experiment {store.experiment} of {store.shown} has no finished sweep; run `segment sweep` first, or "
            "name a run with run_id=ID."
        )
    return found[0]


def found_runs(store: Store, condition: str, order: str = "attributes.start_time ASC") -> list[Run]:
    """All runs of the experiment that satisfy a condition, in an order; all pages of them.

    Parameters
    ----------
    store : where the runs are
    condition : in MLflow's language of filters
    order : MLflow's ``order_by``
    """
    found: list[Run] = []
    token = None
    while True:
        page = store.client.search_runs(
            [store.experiment_id], condition, max_results=PAGE, order_by=[order], page_token=token
        )
        found += [whole(run) for run in page]
        token = page.token
        if not token:
            return found


def runs_of(store: Store, sweep_id: str, level: str) -> list[Run]:
    """All runs of one level of a sweep, in the order in which they were started.

    Parameters
    ----------
    store : where the runs are
    sweep_id : id of the sweep's run
    level : ``study`` or ``candidate``
    """
    return found_runs(store, f"tags.sweep = '{sweep_id}' and tags.level = '{level}'")


def candidates_of_study(store: Store, study_id: str) -> list[Run]:
    """Runs of all candidates of a study, in the order in which they were started.

    Parameters
    ----------
    store : where the runs are
    study_id : id of the study's run
    """
    return found_runs(store, f"tags.{STUDY_ID} = '{study_id}' and tags.level = 'candidate'")


def candidates_of(store: Store, sweep_id: str) -> pd.DataFrame:
    """Leaderboard of a sweep: one row a candidate of a finished study with its params, scores and ids of its runs.

    A study that failed after its candidates lacks what the verdict reads of it, so that its candidates do not count.

    Parameters
    ----------
    store : where the runs are
    sweep_id : id of the sweep's run
    """
    rows = []
    whole = {run.info.run_id for run in runs_of(store, sweep_id, "study") if run.info.status == "FINISHED"}
    for run in runs_of(store, sweep_id, "candidate"):
        tags, params = run.data.tags, run.data.params
        if run.info.status != "FINISHED" or tags["study_id"] not in whole:
            continue
        rows.append(
            {
                "study": tags["study"],
                "features": params["features"],
                "scaling": params["scaling"],
                "clustering": params["clustering"],
                "k": int(params["k"]),
                **{name: value for name, value in run.data.metrics.items() if name != "k"},
                "knee": float(tags.get("knee", "nan")),
                "natural": tags.get("natural") == "yes",
                "best_of_study": tags.get("best_of_study") == "yes",
                "value_circular": tags.get("value_circular") == "yes",
                "verdict": tags.get("verdict", ""),
                "sizes": tags.get("sizes", ""),
                "run_id": run.info.run_id,
                "study_id": tags["study_id"],
                "job": int(tags["job"]),
            }
        )
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    for name in [name for name in ("yardstick", "silhouette", "smallest_share") if name not in frame]:
        frame[name] = np.nan
    return frame.sort_values(["job", "k"], kind="stable").reset_index(drop=True)


def _fetched(store: Store, run_id: str, path: str, folder: str) -> Path:
    """Copy an artifact of a run into a folder, without looking for a model of its name, as MLflow does every time."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository = get_artifact_repository(place_of_run(store.client, run_id), tracking_uri=store.uri)
    return Path(repository.download_artifacts(path, folder))


def refuse_without_verdict(store: Store, run_id: str) -> None:
    """Refuse a finished sweep whose files cannot be read: nothing of it can be shown, reported or promoted.

    Parameters
    ----------
    store : where the run is
    run_id : id of a sweep's run that finished

    Raises
    ------
    StoreError
        Its ``verdict.json`` is not where the store says.
    """
    if artifact_of(store, run_id, VERDICT) is None:
        place = redact(str(store.client.get_run(run_id).info.artifact_uri).removeprefix("file://"))
        raise StoreError(
            f"sweep {run_id} finished, but its {VERDICT} is not in {place}: bring that folder back (is its disk "
            "mounted, may you read it?), or compute the sweep again with resume=false."
        )


def artifact_of(store: Store, run_id: str, path: str) -> bytes | None:
    """Content of an artifact of a run; None where the run has none of that name.

    Parameters
    ----------
    store : where the run is
    run_id : the run
    path : of the artifact, within the run
    """
    from mlflow.exceptions import MlflowException

    with scratch_folder() as folder:
        content = None
        with contextlib.suppress(MlflowException, OSError):
            content = _fetched(store, run_id, path, folder).read_bytes()
    if path in CHECKED:
        refuse_altered(run_id, path, content, store.client.get_run(run_id).data.tags)
    return content


def json_of(store: Store, run_id: str, path: str, kind: type[Plain]) -> Plain:
    """Content of a JSON artifact of a run; an empty one where the run has none of that name.

    Parameters
    ----------
    store : where the run is
    run_id : the run
    path : of the artifact, within the run
    kind : ``dict`` or ``list``, which it has to be
    """  # noqa: DOC501 - `understood` makes a StoreError
    content = artifact_of(store, run_id, path)
    with understood(run_id, path):
        found = kind() if content is None else json.loads(content)
        if not isinstance(found, kind):
            raise TypeError(f"expected a {kind.__name__}, found a {type(found).__name__}")
        return found


def overrides_of(store: Store, study_id: str) -> list[str]:
    """Overrides by which Hydra composed a study, as its run holds them.

    Parameters
    ----------
    store : where the run is
    study_id : id of the study's run
    """
    return list(json_tag(store.client.get_run(study_id), "overrides", list))


def structure_of(store: Store, study_id: str) -> dict[str, Any]:
    """``structure.json`` of a study, see `customer_segmentation.verdict.structure`; empty where it has none.

    Parameters
    ----------
    store : where the run is
    study_id : id of the study's run
    """
    return json_of(store, study_id, STRUCTURE, dict)


def labels_of(store: Store, study_id: str) -> pd.DataFrame:
    """Labels of all candidates of a study, as its run holds them.

    Parameters
    ----------
    store : where the run is
    study_id : id of the study's run
    """
    with scratch_folder() as folder:
        place = _fetched(store, study_id, LABELS, folder)
        refuse_altered(study_id, LABELS, place.read_bytes(), store.client.get_run(study_id).data.tags)
        with understood(study_id, LABELS):
            return pd.read_parquet(place)


def labels_by_k(store: Store, study_id: str) -> dict[int, np.ndarray]:
    """Segment of each customer under every k of a study, without the ids of the customers.

    Parameters
    ----------
    store : where the run is
    study_id : id of the study's run
    """
    return {int(str(k)[1:]): own.to_numpy() for k, own in labels_of(store, study_id).items() if k != "customer"}


def full_data_of(store: Store, study_id: str) -> tuple[dict[str, int], pd.DataFrame] | None:
    """What a study logged of all rows; None where its no sample was drawn.

    Parameters
    ----------
    store : where the run is
    study_id : id of the study's run
    """
    metrics: dict[str, Any] = run_of(store, study_id).data.metrics
    stored = artifact_of(store, study_id, TABLE) if f"full_data/{COUNTS[0]}" in metrics else None
    if stored is None:
        return None
    with understood(study_id, TABLE):
        return {name: int(metrics[f"full_data/{name}"]) for name in COUNTS}, pd.read_csv(io.BytesIO(stored))


def centres_logged(store: Store, study_id: str, k: int, *, path: str) -> np.ndarray | None:
    """Centres that a study has logged for a candidate; None where it has none.

    Parameters
    ----------
    store : where the run is
    study_id : id of the study's run
    k : number of segments
    path : of those that it was started at, or moved to after its fit
    """
    given = json_of(store, study_id, path, dict).get(str(k))
    return None if given is None else np.array(given, dtype=np.float64)


def full_profile_of(store: Store, study_id: str) -> pd.DataFrame | None:
    """Profiles of the segments of a study among all rows; None where its run holds none.

    Parameters
    ----------
    store : where the run is
    study_id : id of the study's run
    """
    stored = artifact_of(store, study_id, PROFILE_OF_ALL)
    if stored is None:
        return None
    with understood(study_id, PROFILE_OF_ALL):  # a level may be called NA
        return pd.read_csv(io.BytesIO(stored), keep_default_na=False, na_values={"value": [""], "overall": [""]})


def text_of(store: Store, run_id: str, path: str) -> str:
    """Text of an artifact that a run must have.

    Parameters
    ----------
    store : where the run is
    run_id : the run
    path : of the artifact, within the run

    Raises
    ------
    StoreError
        The run has no such artifact.
    """
    content = artifact_of(store, run_id, path)
    if content is None:
        raise StoreError(
            f"run {run_id} has no artifact {path}: it was logged by another version, or its artifacts are gone; run "
            "its sweep again."
        )
    return content.decode("utf-8")
