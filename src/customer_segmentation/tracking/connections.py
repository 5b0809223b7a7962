"""Connections that MLflow keeps open to a store in this process."""

from __future__ import annotations

import contextlib
import functools
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from customer_segmentation.tracking.store_address import SQLITE

#: File of a store -> levels of ``PRAGMA synchronous`` that blocks under way ask for.
_LEVELS: dict[str, list[str]] = {}


def close_connections(uri: str) -> None:
    """Close those to a store; MLflow opens again what it needs.

    They stay with a file that was moved or replaced, and must not be open when a process is forked: SQLite's locks do
    not go with it, and it would take them for its own.

    Parameters
    ----------
    uri : of the store
    """
    for engine in _engines(uri):
        engine.dispose()


@contextlib.contextmanager
def waiting_for_the_disk(path: Path, level: str) -> Iterator[None]:
    """Set how connections to a SQLite file wait for the disk, of those that MLflow opens in the block.

    Parameters
    ----------
    path : of the file
    level : of ``PRAGMA synchronous``
    """
    _listen()
    place = os.path.realpath(path)
    levels = _LEVELS.setdefault(place, [])
    levels.append(level)
    try:
        yield
    finally:
        levels.remove(level)


@functools.cache
def _listen() -> None:
    """Listen to new connections, once: SQLAlchemy's list of listeners must not change while a thread connects."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def set_level(connection: Any, _record: object) -> None:
        if _LEVELS and isinstance(connection, sqlite3.Connection):
            for _, _, file in connection.execute("PRAGMA database_list").fetchall():
                for level in _LEVELS.get(file, ())[-1:]:
                    connection.execute(f"PRAGMA synchronous={level}")

    event.listen(Engine, "connect", set_level)


def _engines(uri: str) -> Iterator[Any]:
    for name in ("tracking", "model_registry"):
        module = sys.modules.get(f"mlflow.store.{name}.sqlalchemy_store")
        engine = None if module is None else module.SqlAlchemyStore._engine_map.get(uri)
        if engine is not None:
            yield engine


def is_held_open(uri: str) -> bool:
    """Tell whether this process holds the file of a store open: another call of a session does, or its user.

    Parameters
    ----------
    uri : of the store
    """
    if not uri.startswith(SQLITE):
        return False
    path = Path(uri.removeprefix(SQLITE)).resolve()
    files = {str(path), f"{path}-wal", f"{path}-shm"}
    for name in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{name}") in files:
                return True
        except OSError:  # closed meanwhile
            continue
    return False
