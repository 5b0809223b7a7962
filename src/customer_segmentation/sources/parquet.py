"""Parquet, whole or batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.errors import DataError
from customer_segmentation.formatting import first_line
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.base import PLACES, Cells, Chunk, Preview, with_reasons
from customer_segmentation.sources.files import FileBytes
from customer_segmentation.sources.frame import FrameSource
from customer_segmentation.sources.row_spool import RowSpool

_BATCH = 1 << 16  # rows of a Parquet file that are held while a sample is drawn from it


_SAMPLED_WITH = 0  # seed of that sample: the same file gives the same customers


class ParquetSource:
    """A Parquet file, of which only the wanted columns are read.

    Parameters
    ----------
    file : FileBytes
    at_most : int or None
        Of a file with more rows, a sample of so many is streamed from it, always the same.
    """

    def __init__(self, file: FileBytes, *, at_most: int | None = None) -> None:
        import pyarrow.parquet as parquet

        self.name = file.name
        self.decimal: str | None = None
        self.sampled_from = 0
        self._path = file.path
        try:
            schema = parquet.read_schema(file.path)
            rows = parquet.read_metadata(file.path).num_rows
        except Exception as error:  # pyarrow raises many kinds for a damaged file
            raise DataError(f"{file.name} is a damaged Parquet file ({first_line(error)}); fetch it again.") from None
        self.headers = tuple(schema.names)
        self.sha256 = file.sha256()
        self._kept: np.ndarray | None = None
        if at_most is not None and rows > at_most:
            drawn = np.random.default_rng(_SAMPLED_WITH).choice(
                rows, size=max(at_most, 1), replace=False, shuffle=False
            )
            self._kept = np.sort(drawn)
            self.sampled_from = rows
            self.name = f"{file.name}, sampled from its {rows:,} rows (data.max_rows={at_most})"

    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        """Read the wanted columns, given by position with their contract."""
        frame = self._frame([self.headers[position] for position in wanted]).set_axis(list(wanted), axis=1)
        rows = np.arange(len(frame), dtype=np.int64) if self._kept is None else self._kept.astype(np.int64)
        return Cells(frame, rows + 2, pd.DataFrame())

    def originals(self, rows: np.ndarray) -> pd.DataFrame:
        """Cells of some rows as text, all columns, under their headers; rows are positions among those read."""
        wanted = np.asarray(rows, dtype=np.intp)
        at = np.unique(wanted)
        table = self._taken(list(self.headers), at if self._kept is None else self._kept[at])
        frame = table.replace_schema_metadata(None).to_pandas()
        return FrameSource(frame, name=self.name).originals(np.searchsorted(at, wanted))

    def look(self, most: int) -> Preview:
        """Read all columns of about ``most`` rows, the first of some row groups, of all where there are no more."""
        import pyarrow.parquet as parquet

        try:
            with parquet.ParquetFile(self._path) as file:
                groups, rows = file.num_row_groups, file.metadata.num_rows
                places = np.unique(np.linspace(0, groups - 1, min(groups, PLACES)).astype(np.intp))
                size = max(most // max(len(places), 1), 1)
                if rows <= most:
                    table, which = file.read(), ""
                else:
                    taken = [next(file.iter_batches(batch_size=size, row_groups=[int(at)])) for at in places]
                    table = pa.Table.from_batches(taken)
                    which = f"spread over its {rows:,}" if len(places) > 1 else f"the first of its {rows:,}"
        except Exception as error:
            raise DataError(f"{self.name} is a damaged Parquet file ({first_line(error)}); fetch it again.") from None
        frame = table.replace_schema_metadata(None).select(list(self.headers)).to_pandas()
        return Preview(frame.set_axis(range(len(self.headers)), axis=1), which)

    def first(self, position: int, most: int) -> pd.Series:
        """Read the first cells of a column, ``most`` at most."""
        import pyarrow.parquet as parquet

        parts: list[pa.RecordBatch] = []
        with parquet.ParquetFile(self._path) as file:
            for batch in file.iter_batches(batch_size=_BATCH, columns=[self.headers[position]]):
                parts.append(batch)
                most -= batch.num_rows
                if most <= 0:
                    break
        cells: pd.Series = pa.Table.from_batches(parts).replace_schema_metadata(None).to_pandas().iloc[:, 0]
        return cells

    def _taken(self, names: list[str], rows: np.ndarray) -> pa.Table:
        """Some rows, ascending, batch by batch: no more than a batch is held beside them."""
        import pyarrow.parquet as parquet

        parts: list[pa.RecordBatch] = []
        start = 0
        with parquet.ParquetFile(self._path) as file:
            for batch in file.iter_batches(batch_size=_BATCH, columns=names):
                first, last = np.searchsorted(rows, (start, start + batch.num_rows))
                if last > first:
                    parts.append(batch.take(pa.array(rows[first:last] - start)))
                start += batch.num_rows
            empty = file.schema_arrow.empty_table()
        return (pa.Table.from_batches(parts) if parts else empty).select(names)

    def _frame(self, names: list[str]) -> pd.DataFrame:
        import pyarrow.parquet as parquet

        try:
            if self._kept is None:
                table = parquet.ParquetFile(self._path).read(columns=names)
            else:
                table = self._taken(names, self._kept)
            # A pandas index stored as a column stays a column.
            kept = table.replace_schema_metadata(None).select(names)
            frame: pd.DataFrame = kept.to_pandas(split_blocks=True, self_destruct=True)
            return frame
        except Exception as error:
            raise DataError(f"{self.name} is a damaged Parquet file ({first_line(error)}); fetch it again.") from None


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
                yield with_reasons(table.take(pa.array(taken["position"].to_numpy() - start)), self.headers, taken)
            start += table.num_rows

    def _tables(self, size: int, named: list[str] | None) -> Iterator[pa.Table]:
        try:
            for batch in self._file.iter_batches(batch_size=size, columns=named):
                # A pandas index stored as a column stays a column.
                yield pa.Table.from_batches([batch]).replace_schema_metadata(None)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{self.name} is a damaged Parquet file ({first_line(error)}); fetch it again.") from None
