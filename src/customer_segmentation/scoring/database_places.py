"""Where a table of labels is: its database, schema and name, and what else there depends on it."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from pathlib import Path
from typing import Any

from customer_segmentation.errors import SettingsError
from customer_segmentation.sources.sqlite_journal import journal_of_others

LOCKED = 30  # seconds that a statement waits for somebody else's lock
#: What asks a database for the triggers of a table.
_TRIGGERS = dict.fromkeys(
    ("postgresql", "mysql", "mariadb"),
    "SELECT trigger_name FROM information_schema.triggers WHERE lower(event_object_table) = :name",
) | {"sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = :name"}


def refuse_where_others_depend(engine: Any, schema: str | None, table: str, shown: str) -> None:
    """Refuse to empty a table where other rows might go or change with its own.

    Parameters
    ----------
    engine : SQLAlchemy's
    schema, table : of the labels
    shown : the address, for messages

    Raises
    ------
    SettingsError
        Names the table whose rows belong to its rows, or its trigger.
    """
    import sqlalchemy

    inspector, what = sqlalchemy.inspect(engine), ""
    for place in [schema] if engine.dialect.name == "sqlite" else inspector.get_schema_names():
        for (_, other), keys in inspector.get_multi_foreign_keys(schema=place).items():
            if other.lower() != table.lower() and any(key["referred_table"].lower() == table.lower() for key in keys):
                what = f"a table {other} whose rows belong to those of {table}"
    asked = _TRIGGERS.get(engine.dialect.name)
    if asked and not what:
        with engine.connect() as connection:
            for (name,) in connection.execute(sqlalchemy.text(asked), {"name": table.lower()}):
                what = f"the trigger {name} on {table}, which might change rows"
    if what:
        raise SettingsError(
            f"{shown} has {what}, so that overwrite=true does not replace it; give another with table=NAME."
        )


def cells_hash(cells: tuple[object, ...]) -> int:
    """Hash of one row.

    Parameters
    ----------
    cells : as the database gives them
    """
    return int.from_bytes(hashlib.blake2b(repr(cells).encode(), digest_size=8).digest())


def schema_and_name(table: str) -> tuple[str | None, str]:
    """Schema, where one is named, and name of a table.

    Parameters
    ----------
    table : as it was given

    Examples
    --------
    >>> schema_and_name("main.labels"), schema_and_name("labels")
    (('main', 'labels'), (None, 'labels'))
    """
    schema, _, name = table.strip().rpartition(".")
    return (schema, name) if schema and name else (None, table.strip())


def ends_with_the_command(url: Any, schema: str | None) -> bool:
    """Whether a database is in memory, or a schema that of one connection.

    Parameters
    ----------
    url : SQLAlchemy's address
    schema : of the table
    """
    if url.get_backend_name() in ("sqlite", "duckdb"):
        in_memory = ":memory:" in (url.database or ":memory:")
        if in_memory or url.query.get("mode") == "memory" or url.query.get("vfs") == "memdb":
            return True
    return (schema or "").lower().startswith(("temp", "pg_temp"))


def sqlite_file(url: Any, shown: str) -> Path | None:
    """File of an SQLite database; None of another.

    Parameters
    ----------
    url : SQLAlchemy's address
    shown : the address, for messages

    Raises
    ------
    SettingsError
        SQLite would take the address for another file than it names, its folder is not there, or its journal names a
        file of others.
    """
    if url.get_backend_name() != "sqlite":
        return None
    as_uri = str(url.query.get("uri", "")).lower() in ("true", "1", "yes", "on", "t", "y")
    if as_uri != url.database.startswith("file:"):
        raise SettingsError(
            f"output={shown}: an address with uri=true begins with sqlite:///file:, and no other does; write both, or "
            "neither."
        )
    file = Path(url.database.removeprefix("file:") if as_uri else url.database)
    if not file.parent.is_dir():
        raise SettingsError(f"output={shown}: there is no folder {file.parent}; create it first, and write ~ out.")
    if file.is_dir():
        raise SettingsError(f"output={shown}: {file} is a folder; expected a file.")
    if file.exists() and not file.is_file():  # opening a pipe would never end
        raise SettingsError(f"output={shown}: {file} is a pipe or a device; expected a file.")
    if why := journal_of_others(file):
        raise SettingsError(f"output={shown}: the database is not opened: {why}.")
    return file


def remove_if_empty(file: Path) -> None:
    """Remove an SQLite database that this command made, if nobody else holds it and nothing is in it.

    Parameters
    ----------
    file : the database
    """
    with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(sqlite3.connect(file, timeout=0)) as database:
        database.execute("BEGIN EXCLUSIVE")
        if database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            file.unlink()


def undo_left_over(file: Path) -> None:
    """Read an SQLite database, whereby what a full disk left undone in it is undone.

    Parameters
    ----------
    file : the database
    """
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def wait_at_most(engine: Any, seconds: int = LOCKED) -> None:
    """Let a server end a statement that waits for somebody else's lock: by itself it would wait without end.

    Parameters
    ----------
    engine : of SQLAlchemy; SQLite's driver waits five seconds anyway
    seconds : that it waits
    """
    import sqlalchemy

    told = {"postgresql": f"SET lock_timeout = '{seconds}s'"}
    told |= dict.fromkeys(("mysql", "mariadb"), f"SET SESSION lock_wait_timeout = {seconds}")
    statement = told.get(engine.dialect.name)
    if statement is not None:

        @sqlalchemy.event.listens_for(engine, "connect")
        def _tell(connection: Any, _record: Any) -> None:
            with contextlib.closing(connection.cursor()) as cursor:
                cursor.execute(statement)
            connection.commit()
