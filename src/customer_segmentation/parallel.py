"""Independent fits, side by side where the caller has processes to spare; and how many threads each of them takes.

Each fit has its own seed, so that the numbers are the same whether they run one after the other or not.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")
Calls = Iterable[tuple[Any, ...]]

RunCalls = Callable[[Callable[..., Any], Calls], list[Any]]
RunOnce = Callable[[Callable[[Any], None], Iterable[Any]], None]


@dataclass(frozen=True)
class _Spread:
    """Processes at once, and what runs a function in them."""

    jobs: int
    results: RunCalls
    once: RunOnce | None


#: None: here, one by one.
_SPREAD: ContextVar[_Spread | None] = ContextVar("side_by_side", default=None)


@contextlib.contextmanager
def spread(jobs: int, results: RunCalls, once: RunOnce | None = None) -> Iterator[None]:
    """Let `side_by_side` and `each_once` run what they are given in as many processes as ``jobs``.

    Parameters
    ----------
    jobs : number of processes to count on
    results : takes a function and the arguments of each call, and returns the results in order
    once : takes a function and its arguments, and begins none of them a second time; None: in this process
    """
    token = _SPREAD.set(_Spread(jobs, results, once))
    try:
        yield
    finally:
        _SPREAD.reset(token)


def alone() -> None:
    """Run everything in this process from now on, which one with processes to spare has started."""
    _SPREAD.set(None)


def jobs_at_once() -> int:
    """How many calls of `side_by_side` run at the same time."""
    found = _SPREAD.get()
    return 1 if found is None else found.jobs


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
    return found.results(function, calls)


def each_once(function: Callable[[Any], None], items: Iterable[Any]) -> None:
    """Call a function for each item.

    Parameters
    ----------
    function : callable
        Can be pickled, with each item.
    items : iterable
    """
    found = _SPREAD.get()
    if found is not None and found.once is not None:
        found.once(function, items)
        return
    for item in items:
        function(item)


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
