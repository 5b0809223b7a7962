"""A run id, as a user pastes it, to the run, candidate, sweep or model that is meant."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

from customer_segmentation.errors import StoreError
from customer_segmentation.formatting import one_line
from customer_segmentation.tracking.checked_files import understood
from customer_segmentation.tracking.moved_store import check_place
from customer_segmentation.tracking.read import artifact_of, candidates_of_study, newest_sweep, run_of
from customer_segmentation.tracking.stale_runs import models_of
from customer_segmentation.tracking.store import Store

if TYPE_CHECKING:
    from customer_segmentation.tracking.read import Run

SHOWN = 6  # candidates that are named to choose from


def run_meant(store: Store, run_id: str | None) -> Run:
    """Run of an id; with none, the sweep that finished last.

    Parameters
    ----------
    store : where the runs are
    run_id : as a person pasted it; None: the newest
    """
    return newest_sweep(store) if run_id is None else run_of(store, run_id)


def store_of(store: Store, run: Run) -> Store:
    """Store with the experiment of a run.

    Parameters
    ----------
    store : any experiment of the same store
    run : its experiment is taken
    """
    if run.info.experiment_id == store.experiment_id:
        return store
    experiment = store.client.get_experiment(run.info.experiment_id)
    check_place(store.uri, experiment.name)
    return replace(store, experiment_id=run.info.experiment_id, experiment=experiment.name)


def candidate_of(store: Store, run_id: str | None) -> Run:
    """Run of the finished candidate that is meant: itself, the chosen one of a sweep, that of the newest sweep.

    Parameters
    ----------
    store : where the runs are
    run_id : of a candidate, of a sweep for its chosen one, or None

    Raises
    ------
    StoreError
        There is no such run, or it is no finished candidate: the sentence says which runs to take.
    """
    run = _through_sweep(store, run_meant(store, run_id))
    level = run.data.tags.get("level")
    if level == "study":
        below = candidates_of_study(store_of(store, run), run.info.run_id)[:SHOWN]
        named = ", ".join(f"k={item.data.params.get('k')} {item.info.run_id}" for item in below)
        raise StoreError(f"run {run_id} is a study; take one of its candidates: {named or 'it has none'}.")
    if level != "candidate":
        raise StoreError(f"run {run_id} is not a candidate of a sweep; the UI lists them by tags.level = 'candidate'.")
    if run.info.status != "FINISHED":
        raise StoreError(f"run {run.info.run_id} is {run.info.status}, not FINISHED: run its sweep again.")
    return run


def spoken_name(store: Store, run: Run) -> str:
    """What a command acts on, in a line: sweep, table, and the candidate.

    Parameters
    ----------
    store : where the runs are
    run : of a sweep or of a candidate
    """
    if run.data.tags.get("level") == "sweep":
        sweep, candidate = run, run.data.tags.get("chosen", "none was chosen")
    else:
        sweep, candidate = run_of(store, run.data.tags["sweep"]), run.info.run_name
    table = sweep.data.tags.get("data_source", "unknown")
    name, table, candidate = map(one_line, (sweep.info.run_name, table, candidate))
    return f"Sweep: {name} ({sweep.info.run_id}) · Table: {table} · Candidate: {candidate}"


def address_of(store: Store, model: str, run_id: str | None) -> str:
    """Address of the model: as given, or that of a run; of a sweep it is its chosen candidate's.

    Parameters
    ----------
    store : Store
    model : str
        An address, taken where no run is named.
    run_id : str or None

    Raises
    ------
    StoreError
        The run does not exist or holds no model.
    """
    if run_id is None:
        return model
    run = _through_sweep(store, run_of(store, run_id))
    logged = models_of(run)
    if not logged:
        raise StoreError(
            f"run {run.info.run_id} holds no model: the best candidate of each study has one, and `segment promote "
            "run_id=...` makes one of any other."
        )
    return f"models:/{logged[-1]}"


def _through_sweep(store: Store, run: Run) -> Run:
    """Run of a sweep's chosen candidate; any other as it is.

    Raises
    ------
    StoreError
        The sweep chose nobody.
    """
    if run.data.tags.get("level") != "sweep":
        return run
    chosen = chosen_of(store, run)
    if chosen is None:
        raise StoreError(
            f"run {run.info.run_id} is a sweep, {run.info.run_name}, not a candidate, and it chose none; name the run "
            "of a candidate with run_id=ID."
        )
    return run_of(store, chosen)


def chosen_of(store: Store, sweep: Run) -> str | None:
    """Run id of the candidate that a sweep chose; None where it chose none.

    Parameters
    ----------
    store : where the runs are
    sweep : its run

    Raises
    ------
    StoreError
        The tag that names it says another one than the leaderboard, whose checksum is known.
    """
    tagged = sweep.data.tags.get("chosen_run_id")
    content = artifact_of(store, sweep.info.run_id, "leaderboard.csv")
    if content is None:
        return tagged or None
    with understood(sweep.info.run_id, "leaderboard.csv"):
        rows = csv.DictReader(io.StringIO(content.decode()))
        chosen = next((row["run_id"] for row in rows if row["verdict"] == "chosen"), None)
    if (tagged or None) != chosen:
        raise StoreError(
            f"the tag chosen_run_id of sweep {sweep.info.run_id} is {tagged!r}, and its leaderboard names "
            f"{chosen or 'none'}: somebody has changed it, so name the run of a candidate with run_id=ID."
        )
    return chosen
