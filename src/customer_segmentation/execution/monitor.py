"""Follow studies that run in other processes: what became of them is read from the store, which is all they share.

A launcher hands nothing back before the last job has ended, and a job that is killed hands back nothing at all. A
look at a local store with two studies takes .014 CPU s.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextvars import copy_context

from customer_segmentation.errors import SegmentError, StoreError
from customer_segmentation.execution.progress import StudyProgress
from customer_segmentation.formatting import one_line
from customer_segmentation.tracking.items import Tags
from customer_segmentation.tracking.read import candidates_of_study, runs_of
from customer_segmentation.tracking.runs import finish_run, record
from customer_segmentation.tracking.store import Store
from customer_segmentation.tracking.store_errors import stop_retrying

PAUSE = 1.0  # seconds between two looks
LOST = "its process ended before it did; the machine may have run out of memory"


@contextlib.contextmanager
def watched(store: Store, sweep_id: str, progress: StudyProgress, *, is_parallel: bool) -> Iterator[None]:
    """Tell the progress of studies in other processes, and close what they leave open when they are stopped.

    Parameters
    ----------
    store : Store
    sweep_id : str
    progress : StudyProgress
        Told of every study that ends; in the end it knows the failures and notes of all.
    is_parallel : bool
        Whether the studies run in other processes. In this one they tell the progress themselves.
    """  # noqa: DOC501 - raised again as it came
    if not is_parallel:
        yield
        return
    watch = _Watch(store, sweep_id, progress)
    watch.start()
    try:
        yield
    except StoreError:  # nothing more can be read from it or written to it
        stop_retrying()
        watch.stop()
        with contextlib.suppress(Exception):
            watch.settle()
        raise
    except SegmentError as error:  # of the launcher: what the studies have logged until then is kept
        watch.stop()
        watch.settle()
        if not progress.failures:
            raise
        progress.notes["launcher"] = one_line(error)
    except BaseException:
        stop_retrying()
        watch.stop()
        with contextlib.suppress(Exception):  # the store may be what failed
            close_below(store, sweep_id, "KILLED")
        raise
    else:
        watch.stop()
        watch.settle()


def close_below(store: Store, sweep_id: str, status: str) -> list[str]:
    """Close the studies and candidates of a sweep that are RUNNING; return the ids of the studies.

    Parameters
    ----------
    store : where the runs are
    sweep_id : id of the sweep's run
    status : MLflow's word for how they end
    """
    closed = []
    for level in ("candidate", "study"):
        for run in runs_of(store, sweep_id, level):
            if run.info.status == "RUNNING":
                finish_run(store, run.info.run_id, status)
                closed += [run.info.run_id] if level == "study" else []
    return closed


class _Watch(threading.Thread):
    def __init__(self, store: Store, sweep_id: str, progress: StudyProgress) -> None:
        super().__init__(daemon=True, name="segment-watch")
        self.store, self.sweep_id, self.progress = store, sweep_id, progress
        self.ended = threading.Event()
        self.context = copy_context()  # how long to wait for the store is the call's own
        self.told: set[str] = set()
        self.since = time.time() * 1000

    def run(self) -> None:
        self.context.run(self._watch)

    def _watch(self) -> None:
        while not self.ended.wait(PAUSE):
            with contextlib.suppress(Exception):  # a store that is busy is asked again
                self.look()

    def stop(self) -> None:
        self.ended.set()
        self.join(timeout=30)

    def look(self, *, last: bool = False) -> None:
        """Tell every study that has ended since the last look."""
        running = []
        for run in runs_of(self.store, self.sweep_id, "study"):
            name, tags = run.data.tags["study"], run.data.tags
            if run.info.status == "RUNNING":
                running.append(name)
            elif run.info.run_id in self.told:
                continue
            elif run.info.status == "FINISHED":
                self.told.add(run.info.run_id)
                marks = self._marks(run.info.run_id)
                self.progress.study_done(name, marks, tags.get("note", ""), counted=False)
            elif last or (run.info.end_time or 0) >= self.since:  # an earlier failure may be made good yet
                self.told.add(run.info.run_id)
                self.progress.study_failed(name, tags.get("failed_because", LOST))
        self.progress.studies_running(running)

    def settle(self) -> None:
        """Close what is still open and tell the rest: no process works on it any more."""
        for run_id in close_below(self.store, self.sweep_id, "FAILED"):
            record(self.store, run_id, [Tags({"failed_because": LOST, "mlflow.note.content": f"**Failed.** {LOST}"})])
        self.look(last=True)

    def _marks(self, study_id: str) -> list[tuple[float, int]]:
        ended = [run for run in candidates_of_study(self.store, study_id) if run.info.status == "FINISHED"]
        return [(run.data.metrics.get("yardstick", float("nan")), int(run.data.params["k"])) for run in ended]
