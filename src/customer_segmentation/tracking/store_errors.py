"""A store that fails in the midst of the work: recognised, told in one sentence, and not waited for again and again."""

from __future__ import annotations

import contextlib
import errno
import re
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path

from customer_segmentation.errors import SegmentError, StoreError, chain_of
from customer_segmentation.secrets import redact
from customer_segmentation.settings.call_variables import set_variables

FULL = ("its disk is full", "make room")
READ_ONLY = ("it is read-only", "make it writable")
DENIED = ("permission denied", "make it writable")
SILENT = ("it does not answer", "start it")

#: What databases, file systems and MLflow's client say -> what it means, and what to do about it.
SIGNS = {
    "disk is full": FULL,
    "No space": FULL,
    "quota exceeded": FULL,
    "readonly": READ_ONLY,
    "Read-only": READ_ONLY,
    "Permission denied": DENIED,
    "unable to open": ("its folder is missing or cannot be written", "bring it back"),
    "disk I/O error": ("its disk gives errors", "mend it"),
    "file is not a database": ("the file is no SQLite database", "bring the right one back"),
    "malformed": ("the file is damaged", "bring it back from a copy"),
    "no such table": ("its tables are gone", "bring it back"),
    "database is locked": ("another process holds it", "wait for that"),
    "Connection refused": SILENT,
    "Max retries exceeded": SILENT,
    "timed out": SILENT,
    "Connection aborted": SILENT,
}

ERRORS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: DENIED,
    errno.EPERM: DENIED,
    errno.EIO: ("its disk gives errors", "mend it"),
    errno.ESTALE: ("its folder has gone", "bring it back"),
}

#: How long MLflow's client holds on to a server: seconds for an answer, and how often it asks again (0, 4, 8 s apart).
PATIENCE = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "30", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3"}
HASTE = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "5", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}


_STORE: ContextVar[str] = ContextVar("store", default="")


def be_patient() -> None:
    """Let a server be away for some seconds, not for the minutes that MLflow allows; what the user has set stands."""
    set_variables(PATIENCE, missing=True)


def stop_retrying() -> None:
    """Ask the store once from now on: it has failed, or the user wants to leave."""
    set_variables(HASTE)


def meaning(text: str) -> tuple[str, str] | None:
    """What a message of a store means and what to do about it; None for one that is not known.

    >>> meaning("(sqlite3.OperationalError) database or disk is full")
    ('its disk is full', 'make room')
    """
    return next((known for sign, known in SIGNS.items() if sign in text), None)


def store_error_of(error: BaseException, *, keeps: bool = False) -> StoreError | None:
    """Sentence for an exception that a store or its disk has caused; None for any other.

    Parameters
    ----------
    error : exception
    keeps : bool
        Whether the same command, run again, goes on from what is finished.
    """
    if isinstance(error, SegmentError):
        return error if isinstance(error, StoreError) else None
    for cause in chain_of(error):
        found = _found(cause)
        if found is None:
            continue
        (why, remedy), place = found
        again = "run the same command again"
        again += " to continue: what is finished is kept" if keeps else ""
        return StoreError(f"{place} cannot be used: {why}; {remedy} and {again}.")
    return None


def _found(error: BaseException) -> tuple[tuple[str, str], str] | None:
    """What an exception means and which place it speaks of."""
    text = " ".join(redact(str(error)).split())  # before it is cut: half of a secret is not known for one
    if _is(error, "mlflow.exceptions", "MlflowException"):
        known = meaning(text)
        if known is None and _is(error, "mlflow.exceptions", "RestException"):
            known = (f"it says {text[:200]}", "mend that")
        return None if known is None else (known, _store())
    if _is(error, "sqlalchemy.exc", "DBAPIError") or _is(error, "sqlite3", "Error"):
        return meaning(text) or (text[:200], "mend that"), _store()
    if _is(error, "requests.exceptions", "HTTPError"):
        return (f"it says {text[:200]}", "mend that"), _store()
    if _is(error, "requests.exceptions", "RequestException"):
        return SILENT, _store()
    if isinstance(error, OSError) and error.errno in ERRORS:
        place = error.filename2 or error.filename  # a copy fails where it goes to, not where it comes from
        return ERRORS[error.errno], str(place) if place else _store()
    return None


def _is(error: BaseException, module: str, name: str) -> bool:
    """Whether it is an instance of a class; a library that was never imported has raised nothing."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(error, kind)


def remember_store(uri: str) -> None:
    """Name the store by this address where an exception of this thread does not say which it is of."""
    _STORE.set(uri)


def _store() -> str:
    """The store that this thread has opened last."""
    return f"the tracking store {redact(_STORE.get())}".strip()


@contextlib.contextmanager
def after(done: str) -> Iterator[None]:
    """Say of a store that fails in the block, or of a command that is stopped there, what has been done by then.

    Parameters
    ----------
    done : a clause, such as "the labels are written, to l.csv, but not what belongs to them"

    Raises
    ------
    StoreError
        The store fails.
    KeyboardInterrupt
        By Ctrl-C or SIGTERM, with the clause as its text.
    """
    try:
        yield
    except KeyboardInterrupt as stopped:
        raise KeyboardInterrupt(done) from stopped
    except Exception as error:
        told = str(error) if isinstance(error, StoreError) else store_error_of(error)
        if told is None:
            raise
        raise StoreError(f"{done}: {told}") from error


def age_of_schema(text: str) -> str:
    """What to do about a store of another MLflow, whose message names the version: only one that is known is older."""
    import mlflow

    found = re.search(r"found version (\w+)", text)
    versions = Path(mlflow.__file__).parent / "store" / "db_migrations" / "versions"
    if found is not None and versions.is_dir() and not any(versions.glob(f"{found[1]}*")):
        return "a newer MLflow has written it; update this one"
    return "its schema is older than this MLflow; copy it, then run `mlflow db upgrade` on it"
