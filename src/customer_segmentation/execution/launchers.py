"""Where the studies of a sweep run: in this process, in several of this machine, or on a cluster.

On a cluster Hydra's launchers do the work. What is decided here is which one, and with how many processes; a worker
writes to the store itself, so the parent reads from there what became of its studies.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass

from customer_segmentation.execution.slurm import job_name, slurm_overrides
from customer_segmentation.formatting import counted
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.settings.sweep import SweepSettings

#: CPU seconds that a forked process costs, and those of a study (logging; and per customer and candidate of it).
#: Rounded from benchmarks/launchers.py: good for telling minutes from seconds.
START = 1.0


STUDY = 0.3


CUSTOMER = 8e-6


#: A sweep goes to several processes when that saves this many times what one of them costs.
WORTH = 2.0


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
    def is_parallel(self) -> bool:
        """Whether studies run in processes other than this one."""
        return self.kind != "in_process"

    def __str__(self) -> str:
        many = counted(self.processes or 0, "process", "processes")
        return f"{self.kind}, {many}" if self.is_parallel and self.processes else self.kind


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_faster(studies: int, customers: int, candidates: int, processes: int) -> bool:
    """Tell whether several processes are clearly quicker than this one.

    >>> is_faster(4, 600, 9, 2), is_faster(16, 4720, 9, 2), is_faster(1, 1_000_000, 9, 2)
    (False, True, False)

    Parameters
    ----------
    studies : how many there are
    customers : rows of each
    candidates : values of k of each
    processes : how many would share them
    """
    each = STUDY + CUSTOMER * customers * candidates
    rounds = -(-studies // max(processes, 1))
    return (studies - rounds) * each > WORTH * START


def may_fork() -> bool:
    """Whether this process can have others: not one of a pool itself, and on a system with semaphores (/dev/shm)."""
    if multiprocessing.current_process().daemon:
        return False
    try:
        multiprocessing.get_context("fork").Lock()
    except (OSError, ImportError, ValueError):
        return False
    return True


def launch_of(
    settings: SweepSettings,
    studies: int,
    customers: int,
    *,
    overrides: Sequence[str],
    sweep_id: str,
    alone: bool = False,
) -> Launch:
    """Decide where the studies of a sweep run; the overrides are the user's.

    Parameters
    ----------
    settings : of the sweep
    studies : how many there are
    customers : rows of each
    overrides : as Hydra gets them
    sweep_id : id of the sweep's run
    alone : the user says how Hydra runs jobs, one after the other
    """
    asked = settings.launcher
    processes = min(asked.processes or cores(), studies)
    kind = asked.kind
    if kind == "auto":
        faster = is_faster(studies, customers, len(parse_k(settings.k)), processes)
        # One process speaks to Spark, which does the heavy part; and a process that is forked takes one thread.
        here = alone or settings.engine.kind != "local" or settings.threads > 1
        kind = "local" if faster and not here else "in_process"
    if kind == "local":
        return Launch(kind, processes) if may_fork() else Launch("in_process", 1)
    if kind == "ray":
        ray = () if asked.address else (f"++hydra.launcher.ray.init.num_cpus={processes}",)
        return Launch(kind, None if asked.address else processes, ray)
    if kind == "slurm":
        return Launch(kind, None, last=slurm_overrides(overrides, sweep_id), jobs=job_name(overrides, sweep_id))
    return Launch(kind, 1)
