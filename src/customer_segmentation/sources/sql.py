"""Queries of a database."""

from __future__ import annotations

import contextlib
import decimal
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
import pyarrow as pa
from typing_extensions import override

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.formatting import first_line
from customer_segmentation.paths import typed_path
from customer_segmentation.secrets import is_redacted, redact
from customer_segmentation.settings.addresses import NOT_ESCAPED, not_escaped
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.base import Cells, Chunk, Preview, TableSource
from customer_segmentation.sources.frame import FrameSource
from customer_segmentation.sources.tables import EXACT, arrow_table

#: A comment, or a text in quotes that may look like one (kept, as the first group).
_COMMENT = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]")

#: Whose drivers send one statement at a time, whatever stands in a query.
_ONE_AT_A_TIME = ("sqlite", "spark")
#: Signs by which databases differ on where a text or a comment ends: what looks like a part of it may be a statement.
_DIFFERENT = re.compile(r"[\\$#]|/\*|--")
#: Statements need no semicolon between them in these databases.
_WITHOUT_SEMICOLON = ("mssql", "sybase")
_CHANGING = r"INSERT|DELETE|UPDATE|MERGE|DROP|ALTER|CREATE|TRUNCATE|EXEC|EXECUTE|INTO|COMMIT|GRANT|DENY|REVOKE|USE|DBCC"


class SqlSource(TableSource):
    """The result of a query. It is streamed in chunks; read whole it is held, because a second run may differ.

    Parameters
    ----------
    url : str
        Address of the database, as of SQLAlchemy; a password in it does not reach a message.
    query : str or None

    Raises
    ------
    DataError
        The database cannot be reached, or the query fails or returns no rows.
    SettingsError
        There is no query.
    """

    first_row = 1
    reads = ("query",)

    def __init__(self, url: str, query: str | None) -> None:
        self._parsed, self._shown = checked_url(url, query)
        self._query = query or ""
        self.name = f"query on {self._shown}"
        self._streamed: tuple[Any, Any, Any] | None = self._executed()
        self.headers = tuple(str(name) for name in self._streamed[2].keys())  # noqa: SIM118 - not a mapping

    def _executed(self) -> tuple[Any, Any, Any]:
        """Engine, connection and the running result.

        Raises
        ------
        DataError
            The database refuses the query.
        """
        import sqlalchemy

        with query_errors(self._shown):
            engine = sqlalchemy.create_engine(self._parsed)
            connection = read_only(engine, stream_results=True, no_parameters=True)
            result = connection.exec_driver_sql(self._query)
            if not result.returns_rows:
                raise DataError(f"The query on {self._shown} returns no rows; give a SELECT with data.query.")
        return engine, connection, result

    def _frames(self, size: int | None) -> Iterator[pd.DataFrame]:
        """Yield the rows of the result, ``size`` at a time or all."""
        engine, connection, result = self._streamed or self._executed()
        self._streamed = None
        try:
            while True:
                with query_errors(self._shown):
                    records = result.fetchall() if size is None else result.fetchmany(size)
                if not records and size is not None:
                    return
                yield _frame_of([tuple(record) for record in records], len(self.headers))
                if size is None:
                    return
        finally:
            connection.close()
            engine.dispose()

    @cached_property
    def _held(self) -> FrameSource:
        """The whole result."""
        frame = next(self._frames(None)).set_axis(list(self.headers), axis=1)
        return FrameSource(frame, name=self.name, first_row=self.first_row)

    @override
    def tables(self, positions: Sequence[int], *, size: int) -> Iterator[pa.Table]:
        return self._held.tables(positions, size=size)

    @override
    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        return self._held.read(wanted)

    @override
    def preview(self, n_rows: int) -> Preview:
        return self._held.preview(n_rows)

    @override
    def first_cells(self, position: int, n_cells: int) -> pd.Series:
        return self._held.first_cells(position, n_cells)

    @override
    def rows_as_text(self, positions: np.ndarray) -> pd.DataFrame:
        return self._held.rows_as_text(positions)

    @override
    def chunks(self, wanted: Mapping[int, ColumnSpec], *, size: int, everything: bool = False) -> Iterator[Chunk]:
        row = self.first_row
        for frame in self._frames(size):
            rows = np.arange(row, row + len(frame), dtype=np.int64)
            row += len(frame)
            yield Chunk(frame[list(wanted)], rows, everything=arrow_table(frame, self.headers))


def _frame_of(records: list[tuple[Any, ...]], width: int) -> pd.DataFrame:
    """Rows as a frame; a column of numbers that would lose digits as floats keeps what the driver gave."""
    frame = pd.DataFrame.from_records(records, columns=range(width), coerce_float=True)
    for at in range(width):
        if frame[at].dtype == np.float64 and (np.abs(frame[at].to_numpy(dtype=float)) >= EXACT).any():
            given: list[Any] = [record[at] for record in records]
            exact = [cell for cell in given if isinstance(cell, int | decimal.Decimal) and math.isfinite(cell)]
            if any(not -EXACT <= cell <= EXACT for cell in exact):
                frame[at] = pd.Series(given, dtype=object)
    return frame


def checked_url(url: str, query: str | None) -> tuple[Any, str]:
    """Address of a database, parsed and as it may be shown: passwords do not reach a message.

    Parameters
    ----------
    url : str
    query : str or None

    Raises
    ------
    DataError
        It is not an address, or there is no such SQLite file.
    SettingsError
        There is no query, or it does more than read.
    """
    import sqlalchemy

    if is_redacted(url):
        raise SettingsError(
            f"data.path={url}: *** stands for a password, which no run and no screen keeps; give the address with it, "
            "or with ${oc.env:NAME} in its place."
        )
    try:
        parsed = sqlalchemy.make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError):  # the second of a port
        raise DataError(
            "data.path looks like a database URL and cannot be read as one; expected dialect://user@host/name."
        ) from None
    shown = redact(url)
    refuse_other_address(parsed, f"data.path={shown}")
    kind = parsed.get_backend_name()
    if not query:
        raise SettingsError(f"data.path is the database {shown}; give the query for its customers with data.query.")
    if kind in ("sqlite", "duckdb") and parsed.database and not parsed.database.startswith((":", "md:", "motherduck:")):
        named = parsed.database
        database = typed_path(unquote(named[5:]) if named.startswith("file:") else named)
        if not database.is_file():  # it would be created
            raise DataError(f"There is no database {database}; check data.path.")
        if kind == "sqlite":
            parsed = parsed.set(database=f"file:{quote(str(database))}")
        parsed = parsed.update_query_dict(
            {"mode": "ro", "uri": "true"} if kind == "sqlite" else {"access_mode": "READ_ONLY"}
        )
        if kind == "duckdb":  # a view in it, or the query of a file, would read any other file or an address
            parsed = parsed.update_query_dict({"enable_external_access": "false", **parsed.query})
    if parsed.get_driver_name() in ("mysqldb", "mariadbconnector"):  # whose server may ask for files of this machine
        parsed = parsed.update_query_dict({"local_infile": "0", **parsed.query})
    check_query(query, kind=kind)
    return parsed, shown


def refuse_other_address(parsed: Any, shown: str) -> None:
    """Refuse an address of another kind than a database: what it is called is what it is.

    Parameters
    ----------
    parsed : SQLAlchemy's address
    shown : the setting and its value, for the message

    Raises
    ------
    SettingsError
        No database of SQLAlchemy's has such addresses.
    """
    import sqlalchemy

    for key, values in parsed.query.items():
        if not isinstance(values, str):
            raise SettingsError(f"{shown}: {key} is given {len(values)} times; give it once.")
    if not_escaped(parsed.host):
        raise SettingsError(f"{shown}: {NOT_ESCAPED}.")
    kind = parsed.drivername.partition("+")[0]
    if kind == "file":
        raise SettingsError(f"{shown}: a file of this machine is given by its path, without file://.")
    try:
        dialect = sqlalchemy.make_url(f"{kind}://").get_dialect()
        with warnings.catch_warnings():
            warnings.simplefilter("error", sqlalchemy.exc.SAWarning)
            dialect().create_connect_args(parsed)
    except (sqlalchemy.exc.SAWarning, ValueError, TypeError) as error:
        why = first_line(error).partition(" (Background")[0]
        raise SettingsError(f"{shown}: an argument of the address cannot be used ({why}).") from None
    except sqlalchemy.exc.NoSuchModuleError:
        raise SettingsError(
            f"{shown}: {kind}:// is neither a kind of database that SQLAlchemy knows here nor an address that is read."
        ) from None
    except Exception:  # noqa: BLE001 - a driver that is missing is told where it connects
        return


def read_only(engine: Any, **options: Any) -> Any:
    """Open a connection that cannot write, where the database has such a thing; nothing is committed anywhere.

    With ``no_parameters`` a query goes to the driver as it is: a colon or a per cent sign in it is no parameter.

    Parameters
    ----------
    engine : SQLAlchemy's
    **options : of the connection's execution
    """
    kind = engine.dialect.name
    if kind == "postgresql":
        options["postgresql_readonly"] = True
    connection = engine.connect().execution_options(**options)
    if kind in ("mysql", "mariadb"):
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.rollback()  # the next transaction is
    return connection


def check_query(query: str, *, kind: str) -> None:
    """Refuse what is not one SELECT: reading a table must not change a database.

    Parameters
    ----------
    query : of a user
    kind : of the database, as SQLAlchemy calls it; spark

    Raises
    ------
    SettingsError
        The query begins with another word, or holds several statements.
    """
    bare = _QUOTED.sub("''", _COMMENT.sub(lambda found: found[1] or " ", query)).strip().rstrip(";").rstrip()
    word = (re.findall(r"[A-Za-z]+", bare.lstrip("( \t\r\n")) or [""])[0]
    if word.upper() not in ("SELECT", "WITH", "VALUES", "TABLE") or not bare.lstrip("( \t\r\n").startswith(word):
        shown = " ".join(redact(query).split())
        raise SettingsError(
            f"data.query={shown[:80]}{'…' if len(shown) > 80 else ''}: expected a SELECT; a query reads customers and "
            "changes nothing."
        )
    if ";" in bare:
        raise SettingsError("data.query holds several statements; expected one SELECT.")
    if kind not in _ONE_AT_A_TIME and ";" in query.rstrip("; \t\r\n") and (sign := _DIFFERENT.search(query)):
        raise SettingsError(
            f"data.query holds a semicolon and {sign[0]}, by which databases differ on where a text or a comment ends, "
            "so that it may be several statements; leave one of the two out."
        )
    changing = re.search(r"\b(INSERT\s+INTO|DELETE\s+FROM|UPDATE\s+\S+\s+SET|DROP\s+\w+|ALTER\s+TABLE)\b", bare, re.I)
    changing = changing if word.upper() == "WITH" else re.search(r"\bINTO\s+(OUT|DUMP)FILE\b", bare, re.I)
    if kind in _WITHOUT_SEMICOLON:
        changing = re.search(rf"\b({_CHANGING})\b", bare, re.I)
    if changing:
        raise SettingsError(f"data.query holds {changing[0].upper()}: a query reads customers and changes nothing.")


@contextlib.contextmanager
def query_errors(shown: str) -> Iterator[None]:
    """Turn what a database driver raises into one sentence.

    Raises
    ------
    DataError
        A driver raised something.
    """
    import sqlalchemy

    try:
        yield
    except ImportError as error:
        raise DataError(f"{shown} needs a driver that is not installed ({first_line(error)}); install it.") from None
    except (sqlalchemy.exc.SQLAlchemyError, pd.errors.DatabaseError) as error:
        inner = error.__cause__ if isinstance(error, pd.errors.DatabaseError) and error.__cause__ else error
        cause = getattr(inner, "orig", None) or inner
        raise DataError(f"The query on {shown} failed: {first_line(cause)}; check data.path and data.query.") from None
