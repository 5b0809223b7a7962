"""SQLite stores that cost a test less.

MLflow's tables are made once by its hundred migrations and then copied; commits do not wait for the disk, which only a
loss of power could tell.
"""

import atexit
import contextlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

from customer_segmentation.tracking import store


def make_schema_once() -> None:
    """Let stores that this process creates begin with a copy of the tables of the first one."""
    event.listen(Engine, "connect", _wait_for_no_disk)
    create = store._create_sqlite

    def create_sooner(path: Path) -> None:
        _copy_schema()
        create(path)

    store._create_sqlite = create_sooner


def make_tables(path: Path) -> None:
    """Make a database with MLflow's tables, which a server then finds."""
    from mlflow.store.db import utils

    _copy_schema()
    engine = create_engine(f"sqlite:///{path}")
    utils._initialize_tables(engine)
    engine.dispose()


def _wait_for_no_disk(connection, _record) -> None:
    if isinstance(connection, sqlite3.Connection):
        with contextlib.suppress(sqlite3.DatabaseError):  # a file that is none is for MLflow to find
            connection.execute("PRAGMA synchronous=OFF")


def _copy_schema() -> None:
    from mlflow.store.db import utils

    migrate = utils._initialize_tables
    if migrate.__module__ == __name__:
        return
    folder = Path(tempfile.mkdtemp(prefix="segment-schema-"))
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))
    kept = folder / "schema.db"

    def initialize(engine) -> None:
        if engine.dialect.name != "sqlite" or not engine.url.database:
            migrate(engine)
            return
        made = Path(engine.url.database)
        if not kept.exists():
            migrate(engine)
            _copy(made, kept)
        else:
            _copy(kept, made)

    utils._initialize_tables = initialize


def _copy(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as one, sqlite3.connect(target) as other:
        one.backup(other)
    one.close()
    other.close()
