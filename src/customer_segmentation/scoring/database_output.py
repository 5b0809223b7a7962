"""Labels written to a table of a database: whole or not at all, never in the place of what is not ours."""

from __future__ import annotations

import contextlib
import os
import secrets
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.scoring.database_places import (
    LOCKED,
    cells_hash,
    ends_with_the_command,
    refuse_where_others_depend,
    remove_if_empty,
    schema_and_name,
    sqlite_file,
    undo_left_over,
    wait_at_most,
)
from customer_segmentation.scoring.earlier import LABELS, has_labels
from customer_segmentation.scoring.outputs import ParquetWriter
from customer_segmentation.scratch import scratch_folder
from customer_segmentation.secrets import is_redacted, redact
from customer_segmentation.sources.remote import is_remote
from customer_segmentation.sources.sql import refuse_other_address

_AT_ONCE = 50_000  # rows
#: How the index begins that marks a table of a scoring; the checksum of its rows follows.
MARK = "segment_score_"
#: Databases in which a table is made and dropped at once, in a transaction or not.
_COMMITS_BY_ITSELF = ("mysql", "mariadb", "oracle")
#: One in which a mark that cannot be made would take the rows with it.
_WITHOUT_SAVEPOINTS = ("duckdb",)


class TableOutput:
    """A table of a database. Rows are kept in a file until all are there, then written in one transaction.

    One that is replaced is emptied and filled, so that a user's indexes, triggers, rights and views stay with it.

    Parameters
    ----------
    url : str
        SQLAlchemy URL.
    table : str
        ``table`` or ``schema.table``.
    overwrite : bool
        Whether a table that an earlier scoring wrote may be replaced: its index has the checksum of its rows.

    Raises
    ------
    SettingsError
        The table exists and may not be replaced.
    DataError
        The database cannot be reached.
    """

    def __init__(self, url: str, table: str, *, overwrite: bool) -> None:
        import sqlalchemy

        if is_redacted(url):
            raise SettingsError(
                f"output={url}: *** stands for a password, which no run and no screen keeps; give the address with it, "
                "or with ${oc.env:NAME} in its place."
            )
        try:
            parsed = sqlalchemy.make_url(url)
        except (sqlalchemy.exc.ArgumentError, ValueError):  # the second of a port
            raise SettingsError("output looks like a database URL and is none; expected dialect://host/name.") from None
        if is_remote(url):
            raise SettingsError(
                f"output={redact(url)}: labels are written to a file of this machine or to a database; write a file "
                "and copy it there."
            )
        refuse_other_address(parsed, f"output={redact(url)}")
        if not table.strip():
            raise SettingsError("table is empty; name the table of the output with table=NAME.")
        self.shown = redact(url)
        self.table = table
        self._schema, self._name = schema_and_name(table)
        if ends_with_the_command(parsed, self._schema):
            raise SettingsError(
                f"output={self.shown} table={table}: the table would be gone when the command ends; name a table of a "
                "file, such as sqlite:///crm.db, or of a server."
            )
        self.rows, self.committed = 0, False
        self._file_of_sqlite = sqlite_file(parsed, self.shown)
        # Looking into one that is not there yet would make it.
        self._new = None if self._file_of_sqlite is None or self._file_of_sqlite.exists() else self._file_of_sqlite
        self._made: Path | None = None  # a database that this command made
        self._connection: Any = None
        self.token = secrets.token_hex(4)  # ends the mark of this scoring
        self._found = ""  # checksum of the table that is replaced, and its columns
        self._columns: list[str] = []
        if parsed.get_backend_name() == "duckdb":  # what is defined in it would read any other file
            parsed = parsed.update_query_dict({"enable_external_access": "false", **parsed.query})
        with self._errors():
            self._engine = sqlalchemy.create_engine(parsed)
            wait_at_most(self._engine)
            self._replaces = self._new is None and self._may_replace(overwrite)
        self._at_once = self._engine.dialect.name in _COMMITS_BY_ITSELF and not self._replaces
        # Where a table is there before its rows are, it has another name meanwhile, which is nobody else's.
        self._target = f"{self._name[:30]}_{secrets.token_hex(8)}" if self._at_once else self._name
        self._scratch = scratch_folder()
        self._file = Path(self._scratch.name) / "rows.parquet"
        self._writer: ParquetWriter | None = None

    def _may_replace(self, overwrite: bool) -> bool:
        """Whether the table is there; refuse one that may not be replaced.

        Raises
        ------
        SettingsError
            The table is there and may not be replaced.
        """
        import sqlalchemy

        inspector = sqlalchemy.inspect(self._engine)
        if self._name.lower() in [name.lower() for name in inspector.get_view_names(schema=self._schema)]:
            raise SettingsError(f"{self.shown} has a view {self.table}; give another table.")
        if not inspector.has_table(self._name, schema=self._schema):
            return False
        if not overwrite:
            raise SettingsError(
                f"{self.shown} has a table {self.table} already; give another table, or overwrite=true."
            )
        names = [str(column["name"]) for column in inspector.get_columns(self._name, schema=self._schema)]
        indexes = [str(index["name"]).lower() for index in inspector.get_indexes(self._name, schema=self._schema)]
        marks = [index for index in indexes if index.startswith(MARK)]
        if not has_labels(names) or not marks:
            why = f"no index {MARK}…" if has_labels(names) else f"its last columns are not {', '.join(LABELS)}"
            was = f"that segment score did not write ({why})"
        else:
            with self._engine.connect() as connection:
                checksum = self._checksum(connection, self._name)
            if any(mark.startswith(f"{MARK}{checksum}_") for mark in marks):
                self._found, self._columns = checksum, names
                refuse_where_others_depend(self._engine, self._schema, self._name, self.shown)
                return True
            was = "that was changed since segment score wrote it"
        raise SettingsError(
            f"{self.shown} has a table {self.table} {was}, so that overwrite=true does not replace it; drop it there, "
            "or give another with table=NAME."
        )

    def _checksum(self, connection: Any, table: str) -> str:
        """Checksum of the rows as the database gives them, in whatever order, and of the columns' names."""
        import sqlalchemy

        everything = sqlalchemy.select(sqlalchemy.text("*")).select_from(sqlalchemy.table(table, schema=self._schema))
        # Options of this statement alone: a database cannot rename a table while it sends what is asked a part a time.
        rows = connection.execute(everything, execution_options={"stream_results": True, "max_row_buffer": _AT_ONCE})
        total = cells_hash(tuple(rows.keys()))
        for row in rows:
            total += cells_hash(tuple(row))
        return f"{total % 2**64:016x}"

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        if self._writer is None:
            self._writer = ParquetWriter(self._file, table.schema)
        self._writer.write(table)
        self.rows += table.num_rows

    def finish(self) -> None:
        """Write all rows in a transaction that is left open.

        Raises
        ------
        SettingsError
            The table to be replaced has changed since the command began, or has other columns.
        DataError
            The database does not hold the rows that were written.
        """
        import pyarrow.parquet as parquet

        if self._writer is not None:
            self._writer.close()
        rows = parquet.ParquetFile(self._file)
        names = rows.schema_arrow.names
        if self._replaces and self._columns != names:
            differs = next(
                (name for name in [*self._columns, *names] if (name in self._columns) != (name in names)), ""
            )
            raise SettingsError(
                f"{self.shown}: the table {self.table} has other columns than would be written "
                f"({differs or 'in another order'}); drop it there, or give another with table=NAME."
            )
        with self._errors():
            if self._new is not None:
                with contextlib.suppress(FileExistsError):  # another command has made it meanwhile
                    os.close(os.open(self._new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
                    self._made = self._new
            self._connection = self._engine.connect()
            if self._engine.dialect.name == "sqlite":  # Python's driver begins at the first INSERT, not at a CREATE
                self._connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                self._connection.begin()  # or pandas would, and end it with its rows
            if self._replaces:
                self._empty()
            there: Literal["append", "fail"] = "append" if self._replaces else "fail"  # of someone else, since
            for batch in rows.iter_batches(batch_size=_AT_ONCE):
                frame = pa.Table.from_batches([batch]).to_pandas()
                with warnings.catch_warnings():  # of a name in other letters than the database has it
                    warnings.filterwarnings("ignore", message="The provided table name", category=UserWarning)
                    frame.to_sql(self._target, self._connection, schema=self._schema, if_exists=there, index=False)
                there = "append"
            if (found := self._count(self._target)) != self.rows:
                raise DataError(
                    f"{self.shown}: the table {self.table} has {found:,} rows after {self.rows:,} were written, and "
                    "was left as it was; something in the database adds or drops rows."
                )

    def _empty(self) -> None:
        """Take the rows out of the table that is replaced.

        Raises
        ------
        SettingsError
            They are not those that were there when the command began.
        """
        import sqlalchemy

        if self._checksum(self._connection, self._name) != self._found:
            raise SettingsError(
                f"{self.shown}: the table {self.table} was changed while the command ran and was left as it is; give "
                "another with table=NAME."
            )
        self._connection.execute(sqlalchemy.delete(sqlalchemy.table(self._name, schema=self._schema)))

    def _count(self, table: str) -> int:
        import sqlalchemy

        named = sqlalchemy.table(table, schema=self._schema)
        return int(self._connection.scalar(sqlalchemy.select(sqlalchemy.func.count()).select_from(named)))

    def _mark(self) -> None:
        """Say in the database whose table it is, by an index on the segment; one without indexes is left unmarked."""
        import sqlalchemy

        segment = sqlalchemy.Column("segment", sqlalchemy.BigInteger)
        table = sqlalchemy.Table(self._target, sqlalchemy.MetaData(), segment, schema=self._schema)
        checksum = self._checksum(self._connection, self._target)
        inspector = sqlalchemy.inspect(self._connection)
        before = [str(index["name"]) for index in inspector.get_indexes(self._target, schema=self._schema)]
        with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError), self._connection.begin_nested():
            for name in before:
                if name.lower().startswith(MARK):
                    sqlalchemy.Index(name, table.c.segment).drop(self._connection)
            name = f"{MARK}{checksum}_{self.token}"  # unlike that of another table with the same rows
            sqlalchemy.Index(name, table.c.segment).create(self._connection)

    def holds(self, token: str) -> bool | None:
        """Whether the table is of the scoring with a token; None where that cannot be told.

        Parameters
        ----------
        token : of a scoring that was killed
        """
        import sqlalchemy

        if not self._replaces:
            return False
        names = [str(index["name"]) for index in sqlalchemy.inspect(self._engine).get_indexes(self._name, self._schema)]
        return any(name.startswith(MARK) and name.endswith(f"_{token}") for name in names)

    def publish(self) -> None:
        """End the transaction: a new table has its name, or one that was there its new rows.

        Raises
        ------
        DataError
            The database is gone, or has lost the rows.
        """
        import sqlalchemy

        with self._errors():
            if self._engine.dialect.name not in _WITHOUT_SAVEPOINTS:
                self._mark()
            if self._at_once:
                old, new = self._quoted(self._target), str(self._preparer.quote_identifier(self._name))
                self._connection.execute(sqlalchemy.text(f"ALTER TABLE {old} RENAME TO {new}"))
            self._connection.commit()
            self._connection.close()
            with self._engine.connect() as self._connection:  # a driver may lose what it says that it has taken
                found = self._count(self._name)
            self._connection = None
            if found != self.rows:
                raise DataError(f"{self.shown}: {found:,} of {self.rows:,} rows are there; write to a file instead.")
            self.committed = True
        self._engine.dispose()
        self._scratch.cleanup()
        self._made = None
        if self._file_of_sqlite is not None and not self._file_of_sqlite.is_file():
            raise DataError(f"{self.shown} was removed while it was written; score again.")

    def discard(self) -> None:
        """Undo what was written, and a database that would be there for nothing."""
        import sqlalchemy

        if self._writer is not None:
            self._writer.give_up()
        if self._connection is not None:
            with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError):
                self._connection.rollback()
                if self._at_once:
                    self._connection.execute(sqlalchemy.text(f"DROP TABLE IF EXISTS {self._quoted(self._target)}"))
            with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError):
                self._connection.close()
            self._connection = None
        self._engine.dispose()
        self._scratch.cleanup()
        if self._made:
            remove_if_empty(self._made)
        elif self._file_of_sqlite is not None and self._file_of_sqlite.is_file():
            undo_left_over(self._file_of_sqlite)

    @property
    def _preparer(self) -> Any:
        return self._engine.dialect.identifier_preparer

    def _quoted(self, name: str) -> str:
        quoted = str(self._preparer.quote_identifier(name))
        return quoted if self._schema is None else f"{self._preparer.quote_identifier(self._schema)}.{quoted}"

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        import sqlalchemy

        try:
            yield
        except ImportError as error:
            raise DataError(f"{self.shown} needs a driver that is not installed ({error}); install it.") from None
        except (sqlalchemy.exc.SQLAlchemyError, pd.errors.DatabaseError, ValueError) as error:
            inner = error.__cause__ if isinstance(error, pd.errors.DatabaseError) and error.__cause__ else error
            cause = getattr(inner, "orig", None) or inner
            line = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
            if "lock timeout" in line.lower() or "lock wait timeout" in line.lower():
                line = f"somebody else has locked the table {self.table} for more than {LOCKED} seconds"
            raise DataError(f"{self.shown} cannot be written ({line}); check output and table.") from None
