"""Processes of this machine that run studies and refits, and end with the command that started them."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from customer_segmentation.errors import SegmentError, StoreError
from customer_segmentation.execution import shared_data
from customer_segmentation.execution.launchers import Launch
from customer_segmentation.execution.slurm import end_jobs
from customer_segmentation.parallel import spread

#: Threads of a worker's numerical libraries: they read these when they are imported.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


#: Options of the launcher's pool of processes: a call with the same ones finds its processes running.
POOL: dict[str, Any] = {"backend": "loky", "prefer": "processes", "max_nbytes": None}


PARENT = "SEGMENT_PARENT"  # process id of the sweep, for workers of the same machine


@contextlib.contextmanager
def workers(
    launch: Launch, *, threads: int, prepare: Callable[[], None], complete: Callable[[], object]
) -> Iterator[None]:
    """Prepare what workers find: one thread each unless asked otherwise, and on this machine the customers.

    Parameters
    ----------
    launch : Launch
    threads : int
        Of the numerical libraries of one process.
    prepare : callable
        What a process of this machine does before its first study; it must not raise.
    complete : callable
        Computes once, while they prepare, what every process would compute again; what this one holds then is shared.
    """
    if not launch.is_parallel:
        yield
        return
    before = dict(os.environ)
    os.environ.update(dict.fromkeys(THREADS, str(threads)))
    processes = launch.processes or 1
    if launch.kind != "local" or processes == 1:
        try:
            yield
        finally:
            _restore(before)
        return
    os.environ[PARENT] = str(os.getpid())
    with tempfile.TemporaryDirectory(prefix="segment-") as folder:
        shared = Path(folder) / "shared.pickle"
        os.environ[shared_data.VARIABLE] = str(shared)
        try:
            start_workers(processes, prepare)
            complete()
            shared_data.share(shared)
            with spread(processes, functools.partial(in_workers, processes)):  # the refits of the verdict
                yield
        finally:
            _restore(before)
            end_workers()


def _restore(before: dict[str, str]) -> None:
    for name in (*THREADS, PARENT, shared_data.VARIABLE):
        if name in before:
            os.environ[name] = before[name]
        else:
            os.environ.pop(name, None)


def start_workers(processes: int, prepare: Callable[[], None]) -> None:
    """Start the processes of this machine, and let them prepare while this one goes on.

    The launcher's own `Parallel` finds these processes again.

    Parameters
    ----------
    processes : how many
    prepare : called once in each
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
    """Call a function once for each tuple of arguments in the processes of this machine; here when one of them dies.

    Parameters
    ----------
    processes : how many
    function : can be pickled
    calls : arguments of each call
    """
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
    shared_data.forget()
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
    _keep_growing()
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="segment-parent").start()


def _keep_growing() -> None:
    """Let this worker hold the customers' distances without being taken for one that leaks, ended and started again.

    What it may hold is the sweep's to decide. The pool's measure is its first task, which does nothing at all.
    """
    from joblib.externals.loky import process_executor

    process_executor._MAX_MEMORY_LEAK_SIZE = sys.maxsize


_FOLLOWING = threading.Event()
