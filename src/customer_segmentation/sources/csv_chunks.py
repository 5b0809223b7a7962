"""Tables read in chunks of rows, with bounded memory, and on demand the original cells of some of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.base import Chunk, names_of
from customer_segmentation.sources.column_buffers import growing_column
from customer_segmentation.sources.csv import NULLS, NUMBERS, DelimitedSource
from customer_segmentation.sources.csv_bad_rows import broken_rows, lines_of_broken
from customer_segmentation.sources.files import READ_ERRORS
from customer_segmentation.sources.row_spool import RowSpool


class DelimitedChunks(DelimitedSource):
    """Delimited text in chunks. Parameters are those of `DelimitedSource`."""

    broken = 0
    _watches = False  # chunks that are handed out are not taken back

    @property
    def expected(self) -> int | None:
        """About how many rows there are."""
        return None if self._file.packed else self._rows_expected

    def chunks(self, wanted: Mapping[int, ColumnSpec], *, size: int, everything: bool) -> Iterator[Chunk]:
        """Yield chunks of about ``size`` rows.

        A cell that does not fit the type by which its column was read changes the type; the rows that were handed
        out by then are read once more and left out.
        """
        if everything:
            types: dict[int, pa.DataType] = dict.fromkeys(range(len(self.headers)), pa.large_string())
        else:
            types = {position: self._type(position, spec) for position, spec in wanted.items()}
        self._delivered, self._next, self._counted = 0, self._first_row, 0
        self._ahead: list[int] = []
        while True:
            try:
                for batches in self._passed(types, size, leave_out=self._delivered):
                    rows = self._numbers(sum(batch.num_rows for batch in batches))
                    self._delivered += len(rows)
                    if everything:
                        table = pa.Table.from_batches(batches).rename_columns(names_of(self.headers))
                        yield Chunk(_typed(table, wanted), rows, table)
                    else:
                        yield Chunk(_frame(batches, types, size), rows, None)
                return
            except pa.ArrowInvalid as error:
                self._adapt(str(error), types)

    def rejected(self, spool: RowSpool) -> Iterator[pd.DataFrame]:
        """Original cells as text of the spool's rows and of the broken ones, with ``row`` and ``reason``, in order."""
        names = names_of(self.headers)
        # As bytes: a column that was not wanted may hold what is no text in the file's encoding.
        types: dict[int, pa.DataType] = dict.fromkeys(range(len(self.headers)), pa.binary())
        start = 0
        for batches, broken in self._batches(types, 1 << 15):
            parts = []
            stop = start + sum(batch.num_rows for batch in batches)
            taken = spool.take(stop)
            if len(taken):
                table = pa.Table.from_batches(batches).take(pa.array(taken["position"].to_numpy() - start))
                texts = [[cell.decode("utf-8", "replace") for cell in column.to_pylist()] for column in table.columns]
                cells = pd.DataFrame(dict(enumerate(texts)), dtype="str").set_axis(names, axis=1)
                parts.append(cells.assign(row=taken["row"].to_numpy(), reason=taken["reason"].to_numpy()))
            lines = [line for number, text in broken for line in lines_of_broken(number, text)]
            broken.clear()
            if lines:
                parts.append(
                    broken_rows(lines, self.headers, self._delimiter).set_axis([*names, "row", "reason"], axis=1)
                )
            if parts:
                yield pd.concat(parts, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)
            start = stop

    def _passed(self, types: Mapping[int, pa.DataType], size: int, *, leave_out: int) -> Iterator[list[pa.RecordBatch]]:
        """Batches of about ``size`` rows after those to leave out; broken rows are counted on the way."""
        for batches, broken in self._batches(types, size):
            for number, text in broken:
                if number > self._counted:
                    self.broken += sum(1 for _ in lines_of_broken(number, text))
                    self._counted = number
                    self._ahead.append(number)
            broken.clear()
            for at, batch in enumerate(batches):
                dropped = min(leave_out, batch.num_rows)
                leave_out -= dropped
                batches[at] = batch.slice(dropped)
            kept = [batch for batch in batches if batch.num_rows]
            if kept:
                yield kept

    def _batches(
        self, types: Mapping[int, pa.DataType], size: int
    ) -> Iterator[tuple[list[pa.RecordBatch], list[tuple[int, str]]]]:
        """Batches of about ``size`` rows with the broken rows noted so far, some of which may be further on."""
        broken: list[tuple[int, str]] = []
        held: list[pa.RecordBatch] = []
        count = 0
        try:
            options = self._options(types, skip=self._skip, broken=broken)
            with self._stream() as stream, arrow_csv.open_csv(stream, **options) as batches:
                for batch in batches:
                    held.append(batch)
                    count += batch.num_rows
                    if count >= size:
                        yield held, broken
                        held, count = [], 0
        except pa.ArrowInvalid as error:
            if "Could not skip initial" not in str(error) and "Empty CSV file" not in str(error):
                raise
        except READ_ERRORS as error:
            raise DataError(
                f"{self.name} is damaged and cannot be read to its end ({error}); fetch it again."
            ) from None
        yield held, broken

    def _numbers(self, count: int) -> np.ndarray:
        """Numbers of the next rows in the source: consecutive, those of broken rows left out."""
        numbers = np.arange(self._next, self._next + count + len(self._ahead), dtype=np.int64)
        if self._ahead:
            numbers = numbers[~np.isin(numbers, self._ahead)]
        numbers = numbers[:count]
        if count:
            self._next = int(numbers[-1]) + 1
            self._ahead = [number for number in self._ahead if number >= self._next]
        return numbers


def _frame(batches: list[pa.RecordBatch], types: Mapping[int, pa.DataType], size: int) -> pd.DataFrame:
    columns = {position: growing_column(kind, size) for position, kind in types.items()}
    for batch in batches:
        for column, cells in zip(columns.values(), batch.columns, strict=False):
            column.add(cells)
    return pd.DataFrame({position: column.series() for position, column in columns.items()}, copy=False)


def _typed(table: pa.Table, wanted: Mapping[int, ColumnSpec]) -> pd.DataFrame:
    """Wanted columns of a table of texts; one whose cells are all plain numbers becomes numbers, which is quicker."""
    columns: dict[int, pd.Series] = {}
    for position, spec in wanted.items():
        cells = table.column(position)
        if spec.type in NUMBERS:
            try:
                blank = pc.is_in(cells, value_set=pa.array(NULLS, cells.type))
                filled = pc.if_else(blank, pa.scalar(None, cells.type), cells)
                columns[position] = pd.Series(pc.cast(filled, pa.float64()).to_numpy(), copy=False)
                continue
            except pa.ArrowInvalid:
                pass
        columns[position] = pd.Series(pd.array(cells, dtype="str"), copy=False)
    return pd.DataFrame(columns, copy=False)
