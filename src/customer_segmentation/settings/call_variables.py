"""Environment variables that this package gives itself: a command its process, a call from Python its thread alone.

A session's environment is the user's, and its other threads read it: what a call needs there is kept beside it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextvars import ContextVar

_OWN: ContextVar[dict[str, str] | None] = ContextVar("call_variables", default=None)


@contextlib.contextmanager
def own_variables() -> Iterator[None]:
    """Let what is set in the block be seen by this thread, and those that get its context, until its end."""
    token = _OWN.set({**(_OWN.get() or {})})
    try:
        yield
    finally:
        _OWN.reset(token)


@contextlib.contextmanager
def in_environment(values: Mapping[str, str]) -> Iterator[None]:
    """Let variables stand in the environment of this process until the end of the block, for what reads nothing else.

    Parameters
    ----------
    values : name to value
    """
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def variables_of_call() -> Mapping[str, str]:
    """What the call of this thread has set; nothing in a command."""
    return _OWN.get() or {}


def variable(name: str) -> str | None:
    """Value of a variable as this thread has it.

    Parameters
    ----------
    name : of the variable
    """
    return variables_of_call().get(name, os.environ.get(name))


def set_variables(values: Mapping[str, str], *, missing: bool = False) -> None:
    """Set variables of the call, or of a command's process.

    Parameters
    ----------
    values : name to value
    missing : those alone that have no value yet
    """
    chosen = {name: value for name, value in values.items() if not missing or variable(name) is None}
    own = _OWN.get()
    (os.environ if own is None else own).update(chosen)
