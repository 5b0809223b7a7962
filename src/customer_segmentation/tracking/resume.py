"""A sweep that is run again: what of it stands already, and what has to be done again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer_segmentation.errors import StoreError
from customer_segmentation.tracking.fingerprint import TAG
from customer_segmentation.tracking.machine_facts import EVALUATION
from customer_segmentation.tracking.process import TAG as PROCESS
from customer_segmentation.tracking.process import named, this_process
from customer_segmentation.tracking.read import candidates_of_study, found_runs, runs_of
from customer_segmentation.tracking.stale_runs import discard
from customer_segmentation.tracking.store import Store

if TYPE_CHECKING:
    from customer_segmentation.tracking.read import Run

#: Tags that a verdict leaves on candidates; it is given again over what then is there.
OF_THE_VERDICT = ("ruled_out_because", "violations", "violated_because", EVALUATION)


@dataclass(frozen=True)
class Standing:
    """What a store holds of a study that was begun earlier.

    Attributes
    ----------
    run_id : str
    finished : bool
    ks : set of int
        Of its finished candidates.
    described : bool
        Whether its scores were logged; logged again they would stand twice in its charts.
    """

    run_id: str
    finished: bool
    ks: frozenset[int]
    described: bool


def earlier_sweep(store: Store, identity: str) -> Run | None:
    """The newest equal sweep: finished, or broken off and to be continued; None where there is none.

    Parameters
    ----------
    store : where the runs are
    identity : fingerprint of settings, customers and code

    Raises
    ------
    StoreError
        An equal sweep is running.
    """
    equal = found_runs(store, f"tags.{TAG} = '{identity}' and tags.level = 'sweep'", "attributes.start_time DESC")
    for run in equal:
        alive = [run] if run.info.status == "RUNNING" else []
        if run.info.status != "FINISHED":
            for level in ("study", "candidate"):
                alive += [item for item in runs_of(store, run.info.run_id, level) if item.info.status == "RUNNING"]
        if alive:
            who = named(alive[0].data.tags.get(PROCESS, ""))
            raise StoreError(
                f"an equal sweep is running: run {run.info.run_id}, by {who}; wait for it, or start another one with "
                "resume=false."
            )
    finished = [run for run in equal if run.info.status == "FINISHED"]
    return finished[0] if finished else (equal[0] if equal else None)


def take_up(store: Store, run_id: str) -> None:
    """Make this process the one that works on a run.

    Parameters
    ----------
    store : where the run is
    run_id : a run that another process left
    """
    store.client.set_tag(run_id, PROCESS, this_process())
    store.client.update_run(run_id, status="RUNNING")


def clear_verdict(store: Store, sweep_id: str) -> None:
    """Take back what an interrupted verdict has written on candidates: it may have been over fewer studies.

    Parameters
    ----------
    store : where the runs are
    sweep_id : id of the sweep's run
    """
    for run in runs_of(store, sweep_id, "candidate"):
        tags = run.data.tags
        own = tags.get("verdict_of_study")
        if own is not None and tags.get("verdict") != own:
            store.client.set_tag(run.info.run_id, "verdict", own)
        for name in OF_THE_VERDICT:
            if name in tags:
                store.client.delete_tag(run.info.run_id, name)


def standing_of(store: Store, sweep_id: str, identity: str) -> Standing | None:
    """What stands of a study; its candidates that did not finish go to the trash and are made again.

    Parameters
    ----------
    store : where the runs are
    sweep_id : id of the sweep's run
    identity : fingerprint of the study
    """
    equal = f"tags.sweep = '{sweep_id}' and tags.level = 'study' and tags.{TAG} = '{identity}'"
    found = found_runs(store, equal, "attributes.start_time DESC")
    if not found:
        return None
    run = found[0]
    candidates = candidates_of_study(store, run.info.run_id)
    ended = [item for item in candidates if item.info.status == "FINISHED"]
    discard(store, [item for item in candidates if item.info.status != "FINISHED"])
    return Standing(
        run_id=run.info.run_id,
        finished=run.info.status == "FINISHED",
        ks=frozenset(int(item.data.params["k"]) for item in ended),
        described=bool(run.data.metrics),
    )
