"""Delimited text: its delimiter, its header, its rows; only the wanted columns of a big file are converted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from typing_extensions import override

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings
from customer_segmentation.sources.base import PLACES, Cells, Chunk, FileSource, Preview
from customer_segmentation.sources.byte_streams import MarkFoundError
from customer_segmentation.sources.column_buffers import (
    NUMBERS,
    GrowingColumn,
    add_batch,
    gathered,
    growing_column,
    typed_columns,
)
from customer_segmentation.sources.csv_bad_rows import Broken, RowNumbers, broken_rows, lines_of_broken
from customer_segmentation.sources.csv_dialect import check_decimal, decimal_of, dialect_of
from customer_segmentation.sources.csv_parser import CsvParser
from customer_segmentation.sources.files import FileBytes
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.headers import spellings_of
from customer_segmentation.sources.parsing.numbers import parse_numbers
from customer_segmentation.sources.parsing.texts import chunks_of, texts_of
from customer_segmentation.sources.tables import names_of, number_rows


class DelimitedSource(FileSource):
    """A table as delimited text.

    Parameters
    ----------
    file : FileBytes
    claimed : mapping of str to str
        Folded spellings of the contract's columns, by which delimiter and header row are recognised.
    delimiter, encoding, decimal : str, optional
        Where the file does not speak for itself.

    Attributes
    ----------
    file : FileBytes
    written : Dialect
        How the text is written.

    Raises
    ------
    DataError
        The file is not text, or has no header.
    """

    kind = "delimited text"
    typed = False
    reads = ("delimiter", "encoding", "decimal")

    def __init__(
        self,
        file: FileBytes,
        *,
        claimed: Mapping[str, str],
        delimiter: str | None = None,
        encoding: str | None = None,
        decimal: str | None = None,
    ) -> None:
        self.name = file.name
        self.file = file
        self.written = written = dialect_of(file, claimed=claimed, delimiter=delimiter, encoding=encoding)
        self.headers, self._sample = written.headers, written.sample
        self.first_row = written.skip + 1
        self._parser = CsvParser(
            file,
            encoding=written.encoding,
            delimiter=written.delimiter,
            skip=written.skip,
            width=len(self.headers),
        )
        if not self._parser.big:  # a big one is searched for quotes while it is parsed, not before
            self._parser.search_quotes()
        # Without quotes no cell of a comma-separated file holds a comma.
        points_only = written.delimiter == "," and not self._parser.quoted
        found = "." if points_only else decimal_of(self._sample)
        self.decimal = check_decimal(decimal, self._sample, self.headers, self.name) if decimal else found
        # Room for numbers that is never touched costs no memory; too little is made up for.
        self._rows_expected = int(1.1 * file.path.stat().st_size / written.line_length) + 1000
        self._checksum: Future[str] | None = None

    @classmethod
    @override
    def takes(cls, file: FileBytes) -> bool:
        """Tell whether a file may be delimited text: what else is left."""
        return True

    @classmethod
    @override
    def opened(cls, file: FileBytes, settings: DataSettings) -> Self:
        return cls(
            file,
            claimed=spellings_of(settings.columns),
            delimiter=settings.delimiter,
            encoding=settings.encoding,
            decimal=settings.decimal,
        )

    @property
    @override
    def sha256(self) -> str:
        """Checksum of the file as it is stored."""
        return (self._checksum or self._start_checksum()).result()

    @property
    @override
    def expected_rows(self) -> int | None:
        """About how many rows there are; None for a packed file."""
        return None if self.file.packed else self._rows_expected

    @override
    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        types = {position: self._type(position, spec) for position, spec in wanted.items()}
        while True:
            try:
                frame, broken = self._frame(types)
                break
            except pa.ArrowInvalid as error:
                self._parser.adapt(error, types)
        pa.default_memory_pool().release_unused()  # what the parser held
        self._parser.refuse_swallowed(len(frame) + len(broken))
        self._start_checksum()  # beside the cleaning, which leaves a core free
        rows = number_rows(len(frame), [number for number, _ in broken], first=self.first_row)
        return Cells(frame, rows, self._broken_rows(broken))

    @override
    def chunks(self, wanted: Mapping[int, ColumnSpec], *, size: int, everything: bool = False) -> Iterator[Chunk]:
        """Yield chunks of about ``size`` rows.

        A cell that does not fit the type by which its column was read changes the type; the rows that were handed
        out by then are read once more and left out.
        """
        texts: dict[int, pa.DataType] = dict.fromkeys(range(len(self.headers)), pa.large_string())
        types = texts if everything else {position: self._type(position, spec) for position, spec in wanted.items()}
        numbers = RowNumbers(self.first_row)
        self._parser.search_quotes()  # chunks that are handed out are not taken back
        while True:
            try:
                for batches, broken in self._left(types, size, numbers):
                    rows = numbers.take(sum(batch.num_rows for batch in batches))
                    unfit = self._broken_rows(broken)
                    if everything:
                        schema = pa.schema([(f"c{at}", kind) for at, kind in types.items()])
                        table = pa.Table.from_batches(batches, schema).rename_columns(names_of(self.headers))
                        yield Chunk(typed_columns(table, wanted, decimal=self.decimal), rows, unfit, table)
                    else:
                        yield Chunk(gathered(batches, types, size), rows, unfit)
                return self._parser.refuse_swallowed(numbers.given + numbers.broken)
            except pa.ArrowInvalid as error:
                self._parser.adapt(error, types)

    @override
    def tables(self, positions: Sequence[int], *, size: int) -> Iterator[pa.Table]:
        for chunk in self.chunks({}, size=size, everything=True):
            if chunk.everything is not None:
                yield chunk.everything.select(list(positions))

    @override
    def preview(self, n_rows: int) -> Preview:
        """Read all columns of about ``n_rows`` rows: of a big plain file from several places, else the first."""
        texts: dict[int, pa.DataType] = dict.fromkeys(range(len(self.headers)), pa.large_string())
        spread = self._spread(n_rows)
        columns = self._first(texts, n_rows + 1, spread)
        frame = pd.DataFrame({at: column.series() for at, column in zip(texts, columns, strict=True)}, copy=False)
        if spread is not None:
            return Preview(frame, "spread over all")
        return Preview(frame.head(n_rows), "its first") if len(frame) > n_rows else Preview(frame)

    @override
    def first_cells(self, position: int, n_cells: int) -> pd.Series:
        (column,) = self._first({position: pa.large_string()}, n_cells)
        return column.series().head(n_cells)

    @override
    def passes(self, size: int) -> Iterator[tuple[pa.Table, pd.DataFrame]]:
        # As bytes: a column that was not wanted may hold what is not text in the file's encoding.
        types: dict[int, pa.DataType] = dict.fromkeys(range(len(self.headers)), pa.binary())
        schema = pa.schema([(f"c{at}", kind) for at, kind in types.items()])
        self._parser.search_quotes()
        while True:
            passed = 0
            try:
                for batches, broken in self._grouped(types, size):
                    passed += len(batches)
                    yield pa.Table.from_batches(batches, schema), self._broken_rows(broken)
                return
            except pa.ArrowInvalid as error:  # such as a row that is longer than a block
                if passed:
                    raise DataError(f"{self.name} cannot be read as delimited text: {error}.") from None
                self._parser.adapt(error, types)

    @override
    def as_texts(self, table: pa.Table) -> pd.DataFrame:
        texts = [[cell.decode("utf-8", "replace") for cell in column.to_pylist()] for column in table.columns]
        return pd.DataFrame(dict(enumerate(texts)), dtype="str").set_axis(self.text_names, axis=1)

    def _start_checksum(self) -> Future[str]:
        self._checksum = ThreadPoolExecutor(max_workers=1).submit(self.file.sha256)
        return self._checksum

    def _first(self, types: dict[int, pa.DataType], n_rows: int, content: bytes | None = None) -> list[GrowingColumn]:
        """Columns of about the first ``n_rows`` rows, broken ones left out."""
        self._parser.search_quotes()
        while True:
            columns = self._columns(types)
            broken: Broken = []
            batches = (
                self._parser.batches(types, broken) if content is None else self._parser.piece(types, broken, content)
            )
            rows = 0
            try:
                for batch in batches:
                    add_batch(columns, batch)
                    rows += batch.num_rows
                    if rows >= n_rows:
                        break
                return columns
            except pa.ArrowInvalid as error:
                self._parser.adapt(error, types)

    def _spread(self, n_rows: int) -> bytes | None:
        """Lines of several places of a big plain file, after its header; None where it cannot be cut."""
        if not self._parser.big or self._parser.middle() is None:
            return None
        self._parser.search_quotes()
        size = self.file.path.stat().st_size
        # The rows expected are 1.1 times too many.
        piece = int(1.1 * n_rows * size / max(self._rows_expected, 1) / PLACES)
        if self._parser.quoted or piece * PLACES * 1.5 > size:
            return None
        pieces = []
        with self.file.path.open("rb") as stored:
            for place in range(PLACES):
                stored.seek(size * place // PLACES)
                if place:
                    stored.readline()
                pieces.append(stored.read(piece) + stored.readline())
        return b"".join(pieces)

    def _type(self, position: int, spec: ColumnSpec) -> pa.DataType:
        if spec.type is ColumnType.text:
            return pa.large_string()  # as pandas holds texts: no conversion, no copy
        if spec.type not in NUMBERS:
            return pa.dictionary(pa.int32(), pa.string())
        if _plainly_written(self._sample[position], decimal_comma=self.decimal == ","):
            return pa.float64()
        texts = texts_of(self._sample[position])
        texts = texts[~is_blank(texts, spec.na_values)]
        wrapped = self._sample[position].str.contains('"', regex=False).any()
        marked = wrapped or texts.str.contains(r"[,$€£%()]", regex=True).any()
        ambiguous = self.decimal == "," and texts.str.contains(".", regex=False).any()
        plain = not marked and not ambiguous and not np.isnan(parse_numbers(texts)).any()
        return pa.float64() if plain else pa.large_string()

    def _frame(self, types: Mapping[int, pa.DataType]) -> tuple[pd.DataFrame, Broken]:
        """Parse the file once: the wanted columns, and the rows with a wrong number of cells."""
        middle = self._parser.middle()
        if middle is None:
            self._parser.search_quotes()
            columns, broken, _ = self._parsed(types)
        else:
            # Two halves side by side: the parser leaves Python's lock alone, its own threads do not number the rows.
            with ThreadPoolExecutor(max_workers=2) as pool:
                first = pool.submit(self._parsed, types, (0, middle))
                second = pool.submit(self._parsed, types, (middle, None))
            try:
                columns, broken, rows = first.result()
                further, more_broken, _ = second.result()
            except MarkFoundError:
                self._parser.quoted = True
                return self._frame(types)
            before = self.first_row - 1 + rows + len(broken)
            broken += [(before + number, text) for number, text in more_broken]
            for column in columns:
                column.extend(further.pop(0))
        frame = {position: column.series() for position, column in zip(types, columns, strict=True)}
        return pd.DataFrame(frame, copy=False), broken

    def _parsed(
        self, types: Mapping[int, pa.DataType], part: tuple[int, int | None] | None = None
    ) -> tuple[list[GrowingColumn], Broken, int]:
        """Columns of the text or of a part of it, its broken rows with their numbers in it, and how many are good."""
        broken: Broken = []
        columns = self._columns(types)
        rows = 0
        for batch in self._parser.batches(types, broken, part=part):
            add_batch(columns, batch)
            rows += batch.num_rows
        return columns, broken, rows

    def _columns(self, types: Mapping[int, pa.DataType]) -> list[GrowingColumn]:
        return [growing_column(kind, self._rows_expected) for kind in types.values()]

    def _grouped(self, types: Mapping[int, pa.DataType], size: int) -> Iterator[tuple[list[pa.RecordBatch], Broken]]:
        """Batches of about ``size`` rows, with the broken rows noted since, some of which may stand further on."""
        noted: Broken = []
        held: list[pa.RecordBatch] = []
        for batch in self._parser.batches(types, noted):
            held.append(batch)
            if sum(one.num_rows for one in held) >= size:
                broken, noted[:] = list(noted), []
                yield held, broken
                held = []
        yield held, noted

    def _left(
        self, types: Mapping[int, pa.DataType], size: int, numbers: RowNumbers
    ) -> Iterator[tuple[list[pa.RecordBatch], Broken]]:
        """Batches of about ``size`` rows, without those that were numbered by an earlier attempt."""
        leave_out = numbers.given
        for batches, broken in self._grouped(types, size):
            fresh = numbers.note(broken)
            kept = []
            for batch in batches:
                dropped = min(leave_out, batch.num_rows)
                leave_out -= dropped
                kept.append(batch.slice(dropped))
            kept = [batch for batch in kept if batch.num_rows]
            if kept or fresh:
                yield kept, fresh

    def _broken_rows(self, broken: Broken) -> pd.DataFrame:
        """Rows that do not fit the header, under `text_names`, with ``row`` and ``reason``."""
        lines = [line for number, text in broken for line in lines_of_broken(number, text)]
        if not lines:
            return pd.DataFrame()
        return broken_rows(lines, self.text_names, self._parser.delimiter)


def _plainly_written(cells: pd.Series, *, decimal_comma: bool) -> bool:
    """Whether all cells are digits, with a point at most, or empty: most columns of most tables, told at once."""
    number = "[-+]?[0-9]+" if decimal_comma else r"[-+]?[0-9]+(?:\.[0-9]+)?"
    return all(
        pc.all(pc.match_substring_regex(piece, f"^(?:{number})?$")).as_py() is True for piece in chunks_of(cells)
    )
