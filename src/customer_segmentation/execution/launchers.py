"""Where the studies of a sweep run: in this process, in several of this machine, or on a cluster.

Hydra's launchers do the work. What is decided here is which one, with how many processes, and what a worker finds in
its environment; a worker writes to the store itself, so the parent reads from there what became of its studies.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customer_segmentation.errors import SegmentError, StoreError
from customer_segmentation.execution.slurm import end_jobs, job_name, slurm_overrides
from customer_segmentation.parallel import spread
from customer_segmentation.settings.k_values import segments_asked
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.workflows.prepare import SHARED, Customers, forget_customers, save_customers

#: CPU seconds to start a worker (imports, mostly) and of a study (logging; and per customer and candidate of it).
#: Rounded from benchmarks/launchers.py at 5,000 and 100,000 customers: good for telling minutes from seconds.
START = 8.0
STUDY = 0.3
CUSTOMER = 8e-6
#: A sweep goes to several processes when that saves this many times what starting them costs.
WORTH = 2.0

#: Threads of a worker's numerical libraries: they read these when they are imported.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")

#: Options of the launcher's pool of processes: a call with the same ones finds its processes running.
POOL: dict[str, Any] = {"backend": "loky", "prefer": "processes", "max_nbytes": None}

PARENT = "SEGMENT_PARENT"  # process id of the sweep, for workers of the same machine


@dataclass(frozen=True)
class Launch:
    """How the studies of a sweep are run.

    Attributes
    ----------
    kind : {"in_process", "local", "ray", "slurm"}
    processes : int or None
        None: as many as the cluster has room for.
    overrides, last : tuple of str
        For Hydra's command line, before and after the user's own.
    jobs : str
        Name of the jobs of a cluster's queue.
    """

    kind: str
    processes: int | None
    overrides: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    jobs: str = ""

    @property
    def apart(self) -> bool:
        """Whether studies run in processes other than this one."""
        return self.kind != "in_process"

    def __str__(self) -> str:
        return f"{self.kind}, {self.processes} processes" if self.apart and self.processes else self.kind


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pays(studies: int, customers: int, candidates: int, processes: int) -> bool:
    """Tell whether several processes are clearly quicker than this one.

    >>> pays(16, 4720, 9, 2), pays(16, 100_000, 9, 2), pays(1, 1_000_000, 9, 2)
    (False, True, False)
    """
    each = STUDY + CUSTOMER * customers * candidates
    rounds = -(-studies // max(processes, 1))
    return (studies - rounds) * each > WORTH * START


def launch_of(
    settings: SweepSettings, studies: int, customers: int, *, overrides: Sequence[str], sweep_id: str
) -> Launch:
    """Decide where the studies of a sweep run; the overrides are the user's."""
    asked = settings.launcher
    processes = min(asked.processes or cores(), studies)
    kind = asked.kind
    if kind == "auto":
        worth = pays(studies, customers, len(segments_asked(settings.k)), processes)
        kind = "local" if worth else "in_process"
    if kind == "local":
        # `pre_dispatch`: a study is handed out when a process is free, or the last ones would wait behind a long one.
        return Launch(kind, processes, ("hydra/launcher=joblib", f"hydra.launcher.n_jobs={processes}", *_ONE_BY_ONE))
    if kind == "ray":
        ray = () if asked.address else (f"++hydra.launcher.ray.init.num_cpus={processes}",)
        return Launch(kind, None if asked.address else processes, ray)
    if kind == "slurm":
        return Launch(kind, None, last=slurm_overrides(overrides, sweep_id), jobs=job_name(overrides, sweep_id))
    return Launch(kind, 1)


_ONE_BY_ONE = ("hydra.launcher.batch_size=1", "hydra.launcher.pre_dispatch=n_jobs")


@contextlib.contextmanager
def workers(
    launch: Launch, settings: SweepSettings, customers: Customers, prepare: Callable[[], None]
) -> Iterator[None]:
    """Prepare what workers find: one thread each unless asked otherwise, and on this machine the customers.

    Parameters
    ----------
    launch : Launch
    settings : SweepSettings
    customers : Customers
    prepare : callable
        What a process of this machine does before its first study; it must not raise.
    """
    if not launch.apart:
        yield
        return
    before = dict(os.environ)
    os.environ.update(dict.fromkeys(THREADS, str(settings.threads)))
    processes = launch.processes or 1
    if launch.kind != "local" or processes == 1:
        try:
            yield
        finally:
            _restore(before)
        return
    os.environ[PARENT] = str(os.getpid())
    with tempfile.TemporaryDirectory(prefix="segment-") as folder:
        shared = Path(folder) / "customers.pickle"
        os.environ[SHARED] = str(shared)
        try:
            start_workers(processes, prepare)
            # Read once, and what K-means attains in the reference space computed once: every process would do it again.
            customers.attainable(segments_asked(settings.k))
            save_customers(shared)
            with spread(processes, functools.partial(in_workers, processes)):  # the refits of the verdict
                yield
        finally:
            _restore(before)
            end_workers()


def _restore(before: dict[str, str]) -> None:
    for name in (*THREADS, PARENT, SHARED):
        if name in before:
            os.environ[name] = before[name]
        else:
            os.environ.pop(name, None)


def start_workers(processes: int, prepare: Callable[[], None]) -> None:
    """Start the processes of this machine, and let them prepare while this one goes on.

    The launcher's own `Parallel` finds these processes again.
    """
    from joblib import Parallel, delayed

    _wake(processes)

    def all_prepare() -> None:
        with contextlib.suppress(Exception):  # ended with their processes, when the sweep is stopped
            Parallel(n_jobs=processes, **POOL)(delayed(prepare)() for _ in range(processes))

    threading.Thread(target=all_prepare, daemon=True, name="segment-prepare").start()


def _wake(processes: int) -> None:
    """Start the processes that do not run, with Ctrl-C blocked, which they inherit: it is for this process alone.

    One that is still importing could not ignore it yet, and would end with a traceback.
    """
    from multiprocessing import resource_tracker

    from joblib import Parallel, delayed

    resource_tracker.ensure_running()  # started on the way, it would unblock the signal
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        Parallel(n_jobs=processes, **POOL)(delayed(os.getpid)() for _ in range(processes))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def in_workers(processes: int, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Call a function once for each tuple of arguments in the processes of this machine; here when one of them dies."""
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed

    calls = list(calls)
    try:
        _wake(processes)  # they end when nothing is asked of them for minutes
        return list(Parallel(n_jobs=processes, **POOL)(delayed(_refit)(function, *arguments) for arguments in calls))
    except BrokenProcessPool:
        return [function(*arguments) for arguments in calls]


def _refit(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run one call in a worker, which needs no table any more."""
    follow_parent()
    forget_customers()
    return function(*arguments)


@contextlib.contextmanager
def ended_with_the_sweep(launch: Launch) -> Iterator[None]:
    """End what runs studies elsewhere when the block is left by an error or Ctrl-C: nothing is logged after that."""
    try:
        yield
    except BaseException as error:
        if launch.kind == "local":
            end_workers()
        elif launch.kind == "slurm":
            lost = isinstance(error, SegmentError) and not isinstance(error, StoreError)
            end_jobs(launch.jobs, wait=lost)  # of a job that was lost, submitit tells at once; the others go on
        elif launch.kind == "ray" and "ray" in sys.modules:
            sys.modules["ray"].shutdown()  # a cluster ends the tasks of a driver that leaves it
        raise


def end_workers() -> None:
    """End the processes of this machine that ran studies, at once and with whatever they started."""
    if "joblib" not in sys.modules:
        return
    from joblib.externals.loky import reusable_executor

    executor = reusable_executor._executor
    if executor is not None:
        executor.shutdown(wait=True, kill_workers=True)


def follow_parent() -> None:
    """In a worker: leave Ctrl-C to the sweep's process, and end when that is gone.

    It ends its workers itself; when it is killed it cannot tell them.
    """
    parent = os.environ.get(PARENT)
    if not parent or int(parent) == os.getpid() or os.getppid() != int(parent) or _FOLLOWING.is_set():
        return
    _FOLLOWING.set()
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="segment-parent").start()


_FOLLOWING = threading.Event()
