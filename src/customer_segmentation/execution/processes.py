"""Processes of this machine that run studies and refits: forked from this one, and ended with the sweep.

A forked process has all that this one has imported and loaded: it starts in milliseconds, where one that begins from
nothing imports for four to eight CPU seconds. Three things do not survive a fork, and are kept from the processes: an
open SQLite file (its locks stay with this process, and SQLite would not know), more than one thread of OpenMP, and the
terminal, whose lock another thread may hold.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from customer_segmentation.errors import SegmentError, StoreError
from customer_segmentation.execution.launchers import Launch
from customer_segmentation.execution.progress import silent
from customer_segmentation.execution.slurm import end_jobs
from customer_segmentation.parallel import alone, spread
from customer_segmentation.secrets import RedactedStream
from customer_segmentation.settings.call_variables import in_environment, variables_of_call

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

#: Threads of the numerical libraries that read these when they are imported.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


LOST = (
    "a process that ran studies has ended (the machine may have run out of memory), and not all studies were begun; "
    "the same command again goes on with them"
)


@contextlib.contextmanager
def workers(launch: Launch, *, threads: int, settle: Callable[[], None]) -> Iterator[None]:
    """Start what runs studies: processes of this machine, or an environment that those of a cluster inherit.

    Parameters
    ----------
    launch : Launch
    threads : int
        Of the numerical libraries of one process of a cluster.
    settle : callable
        Called before processes are forked: closes what they must not inherit.
    """
    if launch.kind == "local":
        pool = Processes(launch.processes or 1, settle)
        try:
            with spread(pool.count, pool.results, pool.once):
                yield
        finally:
            pool.end()
    elif launch.is_parallel:
        # a cluster's jobs inherit the environment of this process, and nothing of its threads
        with in_environment({**dict.fromkeys(THREADS, str(threads)), **variables_of_call()}):
            yield
    else:
        yield


class Processes:
    """Processes that are as this one was when they were started.

    Parameters
    ----------
    count : int
    settle : callable
        Called before they are forked.
    """

    def __init__(self, count: int, settle: Callable[[], None]) -> None:
        self.count, self.settle = count, settle
        self._pool: ProcessPoolExecutor | None = None
        self._start()

    def _start(self) -> ProcessPoolExecutor:
        """Start the processes with Ctrl-C blocked, which they inherit: it is for this process alone."""
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        self.settle()
        kept = gc.get_freeze_count()
        gc.freeze()  # what a collector marks is copied to each process
        context = multiprocessing.get_context("fork")
        pool = self._pool = ProcessPoolExecutor(self.count, context, _begin, (os.getpid(),))
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of every fork beside threads; which of them matter is said above.
                warnings.simplefilter("ignore", DeprecationWarning)
                pool.submit(os.getpid).result()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            if not kept:  # a session's own objects are collected as ever
                gc.unfreeze()
        return pool

    def results(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Call a function once for each tuple of arguments; in this process when one of them dies.

        Parameters
        ----------
        function : can be pickled
        calls : arguments of each call
        """
        from concurrent.futures.process import BrokenProcessPool

        calls = list(calls)
        try:
            pool = self._pool or self._start()
            return [call.result() for call in [pool.submit(function, *arguments) for arguments in calls]]
        except BrokenProcessPool:
            self.end()
            return [function(*arguments) for arguments in calls]

    def once(self, function: Callable[[Any], None], items: Iterable[Any]) -> None:
        """Call a function for each item; what has been begun is not begun again.

        Parameters
        ----------
        function : can be pickled
        items : of which each is drawn when the one before has been handed out

        Raises
        ------
        SegmentError
            A process has died.
        BaseException
            What a call raised, or what interrupted this process.
        """
        from concurrent.futures.process import BrokenProcessPool

        try:
            pool = self._pool or self._start()
            for call in [pool.submit(function, item) for item in items]:
                call.result()
        except BaseException as error:
            self.end()  # before anybody closes the runs that they have open
            if isinstance(error, BrokenProcessPool):
                raise SegmentError(LOST) from error
            raise

    def end(self) -> None:
        """End the processes at once, whatever they are doing."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((pool._processes or {}).values()):  # of 3.14 on: pool.kill_workers()
            with contextlib.suppress(ProcessLookupError, ValueError):
                process.kill()
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(parent: int) -> None:
    """In a new process: leave Ctrl-C, the terminal and progress to its parent, and end when that is gone.

    The parent ends its processes itself; when it is killed it cannot tell them. A second thread of OpenMP would wait
    for ever for one that stayed with the parent.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    os.environ.update(dict.fromkeys(THREADS, "1"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.stdout, sys.stderr = RedactedStream(sys.__stdout__), RedactedStream(sys.__stderr__)
    silent()
    alone()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="segment-parent").start()


@contextlib.contextmanager
def ended_with_the_sweep(launch: Launch) -> Iterator[None]:
    """End what runs studies on a cluster when the block is left by an error or Ctrl-C: nothing is logged after that."""
    try:
        yield
    except BaseException as error:
        if launch.kind == "slurm":
            lost = isinstance(error, SegmentError) and not isinstance(error, StoreError)
            end_jobs(launch.jobs, wait=lost)  # of a job that was lost, submitit tells at once; the others go on
        elif launch.kind == "ray" and "ray" in sys.modules:
            sys.modules["ray"].shutdown()  # a cluster ends the tasks of a driver that leaves it
        raise
