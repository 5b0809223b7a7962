"""Labels written to a table of a database: whole or not at all."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.scoring.outputs import ParquetWriter
from customer_segmentation.secrets import redact

_AT_ONCE = 50_000  # rows


class TableOutput:
    """A table of a database. Rows are kept in a file until all are there, then written in one go under another name.

    Parameters
    ----------
    url : str
        SQLAlchemy URL.
    table : str
    overwrite : bool

    Raises
    ------
    SettingsError
        The table exists and may not be overwritten.
    DataError
        The database cannot be reached.
    """

    def __init__(self, url: str, table: str, *, overwrite: bool) -> None:
        import sqlalchemy

        try:
            parsed = sqlalchemy.make_url(url)
        except sqlalchemy.exc.ArgumentError:
            raise SettingsError(
                "output looks like a database URL but is none; expected dialect://user@host/name."
            ) from None
        if not table.strip():
            raise SettingsError("table is empty; name the table of the output with table=NAME.")
        self.shown = redact(url)
        self.table = table
        self.rows = 0
        with self._errors():
            self._engine = sqlalchemy.create_engine(parsed)
            if sqlalchemy.inspect(self._engine).has_table(table) and not overwrite:
                raise SettingsError(f"{self.shown} has a table {table} already; give another table, or overwrite=true.")
        self._scratch = tempfile.TemporaryDirectory(prefix="segment-")
        self._file = Path(self._scratch.name) / "rows.parquet"
        self._writer: ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        if self._writer is None:
            self._writer = ParquetWriter(self._file, table.schema)
        self._writer.write(table)
        self.rows += table.num_rows

    def finish(self) -> None:
        """Write all rows to a table of another name."""
        import pyarrow.parquet as parquet
        import sqlalchemy

        if self._writer is not None:
            self._writer.close()
        rows = parquet.ParquetFile(self._file)
        nobody = rows.schema_arrow.empty_table().to_pandas()  # makes the table where no row follows
        with self._errors(), self._engine.begin() as connection:
            connection.execute(sqlalchemy.text(f"DROP TABLE IF EXISTS {self._quoted(self._aside)}"))
            nobody.to_sql(self._aside, connection, index=False)
            for batch in rows.iter_batches(batch_size=_AT_ONCE):
                frame = pa.Table.from_batches([batch]).to_pandas()
                frame.to_sql(self._aside, connection, if_exists="append", index=False)

    def publish(self) -> None:
        """Give the table its name; the one that had it is dropped in the same transaction."""
        import sqlalchemy

        with self._errors(), self._engine.begin() as connection:
            if self._engine.dialect.name == "sqlite":  # Python's driver begins at the first INSERT, not at a DROP
                connection.exec_driver_sql("BEGIN")
            connection.execute(sqlalchemy.text(f"DROP TABLE IF EXISTS {self._quoted(self.table)}"))
            connection.execute(
                sqlalchemy.text(f"ALTER TABLE {self._quoted(self._aside)} RENAME TO {self._quoted(self.table)}")
            )
        self._engine.dispose()
        self._scratch.cleanup()

    def discard(self) -> None:
        """Drop what was written aside."""
        import sqlalchemy

        with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError), self._engine.begin() as connection:
            connection.execute(sqlalchemy.text(f"DROP TABLE IF EXISTS {self._quoted(self._aside)}"))
        self._engine.dispose()
        self._scratch.cleanup()

    @property
    def _aside(self) -> str:
        return f"{self.table}__being_written"

    def _quoted(self, name: str) -> str:
        return str(self._engine.dialect.identifier_preparer.quote_identifier(name))

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        import sqlalchemy

        try:
            yield
        except ImportError as error:
            raise DataError(f"{self.shown} needs a driver that is not installed ({error}); install it.") from None
        except sqlalchemy.exc.SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            line = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
            raise DataError(f"{self.shown} cannot be written ({line}); check output and table.") from None
