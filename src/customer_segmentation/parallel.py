"""Independent fits, side by side where the caller has processes to spare; and how many threads each of them takes.

Each fit has its own seed, so that the numbers are the same whether they run one after the other or not.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

Result = TypeVar("Result")
Calls = Iterable[tuple[Any, ...]]

#: Processes at once, and what runs a function in them once for each tuple of arguments; None: here, one by one.
_SPREAD: ContextVar[tuple[int, Callable[[Callable[..., Any], Calls], list[Any]]] | None] = ContextVar(
    "side_by_side", default=None
)


@contextlib.contextmanager
def spread(jobs: int, run: Callable[[Callable[..., Any], Calls], list[Any]]) -> Iterator[None]:
    """Let `side_by_side` run what it is given by ``run``, in as many processes as ``jobs``.

    Parameters
    ----------
    jobs : number of processes to count on
    run : takes joblib's ``delayed`` and the list of calls, and returns their results in order
    """
    token = _SPREAD.set((jobs, run))
    try:
        yield
    finally:
        _SPREAD.reset(token)


def jobs_at_once() -> int:
    """How many calls of `side_by_side` run at the same time."""
    found = _SPREAD.get()
    return 1 if found is None else found[0]


def side_by_side(function: Callable[..., Result], calls: Calls) -> list[Result]:
    """Call a function once for each tuple of arguments.

    Parameters
    ----------
    function : callable
        Changes nothing that is shared, and can be pickled with its arguments.
    calls : iterable of tuple

    Returns
    -------
    list
        In the order of the calls.
    """
    found = _SPREAD.get()
    if found is None:
        return [function(*arguments) for arguments in calls]
    return found[1](function, calls)


class _Limits:
    """The limit of threads that holds in this process, and how many ask for one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked = 0
        self.limits: Any = None


_LIMITS = _Limits()


@contextlib.contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Limit the threads of the numerical libraries in this process.

    Of several blocks at once, in one another or in several threads, the first decides and the last takes the limit
    away: the libraries know one limit for all.
    """
    from threadpoolctl import threadpool_limits

    with _LIMITS.lock:
        if not _LIMITS.asked:
            _LIMITS.limits = threadpool_limits(threads)
        _LIMITS.asked += 1
    try:
        yield
    finally:
        with _LIMITS.lock:
            _LIMITS.asked -= 1
            if not _LIMITS.asked:
                _LIMITS.limits.restore_original_limits()
