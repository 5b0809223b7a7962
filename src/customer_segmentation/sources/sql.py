"""Queries of a database."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.formatting import first_line
from customer_segmentation.secrets import is_redacted, redact
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.base import Chunk, arrow_table
from customer_segmentation.sources.frame import FrameSource
from customer_segmentation.sources.row_spool import RowSpool

#: A comment, or a text in quotes that may look like one (kept, as the first group).
_COMMENT = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]")


def open_query(url: str, query: str | None) -> FrameSource:
    """Run a query and hold its result."""
    import sqlalchemy

    parsed, shown = checked_url(url, query)
    with query_errors(shown):
        engine = sqlalchemy.create_engine(parsed)
        try:
            with read_only(engine, no_parameters=True) as connection:
                frame = pd.read_sql_query(query or "", connection)
        finally:
            engine.dispose()
    return FrameSource(frame, name=f"query on {shown}", first_row=1)


def checked_url(url: str, query: str | None) -> tuple[Any, str]:
    """Address of a database, parsed and as it may be shown: passwords do not reach a message."""
    import sqlalchemy

    if is_redacted(url):
        raise SettingsError(
            f"data.path={url}: *** stands for a password, which no run and no screen keeps; give the address with it, "
            "or with ${oc.env:NAME} in its place."
        )
    try:
        parsed = sqlalchemy.make_url(url)
    except sqlalchemy.exc.ArgumentError:
        raise DataError("data.path looks like a database URL but is none; expected dialect://user@host/name.") from None
    sqlite = parsed.get_backend_name() == "sqlite"
    shown = redact(url)
    if not query:
        raise SettingsError(f"data.path is the database {shown}; give the query for its customers with data.query.")
    if sqlite and parsed.database and parsed.database != ":memory:":
        named = parsed.database
        database = Path(unquote(named[5:]) if named.startswith("file:") else named).expanduser()
        if not database.is_file():  # SQLite would create it
            raise DataError(f"There is no database {database}; check data.path.")
        parsed = parsed.set(database=f"file:{quote(str(database))}")
        parsed = parsed.update_query_dict({"mode": "ro", "uri": "true"})
    check_query(query)
    return parsed, shown


def read_only(engine: Any, **options: Any) -> Any:
    """Open a connection that cannot write, where the database has such a thing; nothing is committed anywhere.

    With ``no_parameters`` a query goes to the driver as it is: a colon or a per cent sign in it is no parameter.
    """
    kind = engine.dialect.name
    if kind == "postgresql":
        options["postgresql_readonly"] = True
    connection = engine.connect().execution_options(**options)
    if kind in ("mysql", "mariadb"):
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.rollback()  # the next transaction is
    return connection


def check_query(query: str) -> None:
    """Refuse what is not one SELECT: reading a table must not change a database.

    Raises
    ------
    SettingsError
        The query begins with another word, or holds several statements.
    """
    bare = _QUOTED.sub("''", _COMMENT.sub(lambda found: found[1] or " ", query)).strip().rstrip(";").rstrip()
    word = (re.findall(r"[A-Za-z]+", bare.lstrip("( \t\r\n")) or [""])[0]
    if word.upper() not in ("SELECT", "WITH", "VALUES", "TABLE") or not bare.lstrip("( \t\r\n").startswith(word):
        shown = redact(" ".join(query.split()))
        raise SettingsError(
            f"data.query={shown[:80]}{'…' if len(shown) > 80 else ''}: expected a SELECT; a query reads customers and "
            "changes nothing."
        )
    if ";" in bare:
        raise SettingsError("data.query holds several statements; expected one SELECT.")
    changing = re.search(r"\b(INSERT\s+INTO|DELETE\s+FROM|UPDATE\s+\S+\s+SET|DROP\s+\w+|ALTER\s+TABLE)\b", bare, re.I)
    if word.upper() == "WITH" and changing:
        raise SettingsError(f"data.query holds {changing[0].upper()}: a query reads customers and changes nothing.")


@contextlib.contextmanager
def query_errors(shown: str) -> Iterator[None]:
    """Turn what a database driver raises into one sentence."""
    import sqlalchemy

    try:
        yield
    except ImportError as error:
        raise DataError(f"{shown} needs a driver that is not installed ({first_line(error)}); install it.") from None
    except (sqlalchemy.exc.SQLAlchemyError, pd.errors.DatabaseError) as error:
        inner = error.__cause__ if isinstance(error, pd.errors.DatabaseError) and error.__cause__ else error
        cause = getattr(inner, "orig", None) or inner
        raise DataError(f"The query on {shown} failed: {first_line(cause)}; check data.path and data.query.") from None


class QueryChunks:
    """The result of a query; passwords do not reach a message."""

    broken = 0
    sha256 = ""
    decimal: str | None = None
    expected: int | None = None

    def __init__(self, url: str, query: str | None) -> None:
        import sqlalchemy

        parsed, shown = checked_url(url, query)
        self.name = f"query on {shown}"
        with query_errors(shown):
            self._engine = sqlalchemy.create_engine(parsed)
            self._connection = read_only(self._engine, stream_results=True, no_parameters=True)
            self._result = self._connection.exec_driver_sql(query or "")
            if not self._result.returns_rows:
                raise DataError(f"the query on {shown} returns no rows; give a SELECT with query=.")
            names = self._result.keys()
            self.headers = tuple(str(name) for name in names)
        self._shown = shown

    def chunks(self, wanted: Mapping[int, ColumnSpec], *, size: int, everything: bool) -> Iterator[Chunk]:
        """Yield chunks of at most ``size`` rows; all columns are at hand."""
        row = 1
        try:
            while True:
                with query_errors(self._shown):
                    records = self._result.fetchmany(size)
                if not records:
                    return
                frame = pd.DataFrame.from_records(
                    [tuple(record) for record in records], columns=range(len(self.headers)), coerce_float=True
                )
                rows = np.arange(row, row + len(frame), dtype=np.int64)
                row += len(frame)
                yield Chunk(frame[list(wanted)], rows, arrow_table(frame, self.headers))
        finally:
            self._connection.close()
            self._engine.dispose()

    def rejected(self, spool: RowSpool) -> Iterator[pd.DataFrame]:
        """Nothing is left to come back to: all columns were at hand."""
        yield from ()
