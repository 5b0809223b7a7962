"""The kinds of tables that are read in chunks: delimited text, Parquet, a query's result, a sheet of a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.errors import DataError
from customer_segmentation.parsing.headers import spellings_of
from customer_segmentation.parsing.values import texts_of
from customer_segmentation.settings.data import ColumnSpec, DataSettings
from customer_segmentation.sources.chunks import Chunk, ChunkedSource, DelimitedChunks, names_of
from customer_segmentation.sources.files import FileBytes, open_file
from customer_segmentation.sources.open import checked_url, first_line, query_errors, sheet_of
from customer_segmentation.sources.row_spool import RowSpool


def open_chunks(settings: DataSettings) -> ChunkedSource:
    """Open the table that ``settings.path`` names, or the query on the database that it names.

    Raises
    ------
    DataError, SettingsError
        The table cannot be found or read, or not all is said that its reading needs.
    """
    path = settings.path or ""
    if "://" in path:
        return QueryChunks(path, settings.query)
    claimed = spellings_of(settings.columns)
    file = open_file(path)
    if file.kind == "parquet":
        return ParquetChunks(file)
    if file.kind == "excel":
        frame, first_row = sheet_of(file, settings.sheet, claimed)
        return FrameChunks(frame, name=file.name, sha256=file.sha256(), first_row=first_row)
    return DelimitedChunks(
        file, claimed=claimed, delimiter=settings.delimiter, encoding=settings.encoding, decimal=settings.decimal
    )


class ParquetChunks:
    """A Parquet file, of which only the wanted columns are read."""

    broken = 0

    def __init__(self, file: FileBytes) -> None:
        import pyarrow.parquet as parquet

        self.name = file.name
        self.decimal: str | None = None
        self._bytes = file
        try:
            self._file = parquet.ParquetFile(file.path)
        except Exception as error:  # pyarrow raises many kinds for a damaged file
            raise DataError(f"{file.name} is a damaged Parquet file ({first_line(error)}); fetch it again.") from None
        self.headers = tuple(self._file.schema_arrow.names)
        self.expected: int | None = self._file.metadata.num_rows

    @property
    def sha256(self) -> str:
        """Checksum of the file."""
        return self._bytes.sha256()

    def chunks(self, wanted: Mapping[int, ColumnSpec], *, size: int, everything: bool) -> Iterator[Chunk]:
        """Yield chunks of at most ``size`` rows."""
        row = 2
        named = None if everything else [self.headers[position] for position in wanted]
        for table in self._tables(size, named):
            rows = np.arange(row, row + table.num_rows, dtype=np.int64)
            row += table.num_rows
            frame = table.select([self.headers[position] for position in wanted]).to_pandas()
            yield Chunk(frame.set_axis(list(wanted), axis=1), rows, table if everything else None)

    def rejected(self, spool: RowSpool) -> Iterator[pd.DataFrame]:
        """Original cells as text of the spool's rows, with ``row`` and ``reason``, in order."""
        start = 0
        for table in self._tables(1 << 15, None):
            taken = spool.take(start + table.num_rows)
            if len(taken):
                yield _with_reasons(table.take(pa.array(taken["position"].to_numpy() - start)), self.headers, taken)
            start += table.num_rows

    def _tables(self, size: int, named: list[str] | None) -> Iterator[pa.Table]:
        try:
            for batch in self._file.iter_batches(batch_size=size, columns=named):
                # A pandas index stored as a column stays a column.
                yield pa.Table.from_batches([batch]).replace_schema_metadata(None)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{self.name} is a damaged Parquet file ({first_line(error)}); fetch it again.") from None


class FrameChunks:
    """A table that is a frame already."""

    broken = 0

    def __init__(self, frame: pd.DataFrame, *, name: str, sha256: str = "", first_row: int = 2) -> None:
        self.name = name
        self.sha256 = sha256
        self.headers = tuple("" if pd.isna(header) else str(header) for header in frame.columns)
        self.decimal: str | None = None
        self.expected: int | None = len(frame)
        self._frame = frame.set_axis(range(frame.shape[1]), axis=1)
        self._first_row = first_row

    def chunks(self, wanted: Mapping[int, ColumnSpec], *, size: int, everything: bool) -> Iterator[Chunk]:
        """Yield chunks of at most ``size`` rows; all columns are at hand."""
        for start in range(0, len(self._frame), size):
            part = self._frame.iloc[start : start + size].reset_index(drop=True)
            rows = np.arange(start, start + len(part), dtype=np.int64) + self._first_row
            yield Chunk(part[list(wanted)], rows, arrow_table(part, self.headers))

    def rejected(self, spool: RowSpool) -> Iterator[pd.DataFrame]:
        """Nothing is left to come back to: all columns were at hand."""
        yield from ()


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
            # To the driver as it is: a colon or a per cent sign in it is no parameter.
            self._connection = self._engine.connect().execution_options(stream_results=True, no_parameters=True)
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


def arrow_table(frame: pd.DataFrame, headers: tuple[str, ...]) -> pa.Table:
    """All columns of a chunk with types that do not depend on it: numbers as they are, the rest as text."""
    columns: list[Any] = []
    for position in frame.columns:
        cells = frame[position]
        if pd.api.types.is_numeric_dtype(cells.dtype):
            columns.append(pa.array(cells, from_pandas=True))
        else:
            columns.append(pa.array(texts_of(cells), type=pa.large_string(), from_pandas=True))
    return pa.table(dict(zip(names_of(headers), columns, strict=True)))


def _with_reasons(table: pa.Table, headers: tuple[str, ...], taken: pd.DataFrame) -> pd.DataFrame:
    return texts_frame(table, headers).assign(row=taken["row"].to_numpy(), reason=taken["reason"].to_numpy())


def texts_frame(table: pa.Table, headers: tuple[str, ...]) -> pd.DataFrame:
    """All cells of a table as text."""
    frame = table.to_pandas().set_axis(range(table.num_columns), axis=1)
    return pd.DataFrame({at: texts_of(frame[at]).fillna("") for at in frame}).set_axis(names_of(headers), axis=1)
