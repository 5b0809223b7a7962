"""Delimited text: its delimiter, its header, its rows; only the wanted columns of a big file are converted."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec, ColumnType
from customer_segmentation.sources.base import PLACES, Cells, Preview, number_rows
from customer_segmentation.sources.byte_streams import MarkFoundError, Transcoded
from customer_segmentation.sources.column_buffers import GrowingColumn, growing_column
from customer_segmentation.sources.csv_bad_rows import broken_rows, lines_of_broken
from customer_segmentation.sources.csv_dialect import HEADER_ROWS, complete, decimal_of, find_delimiter, first_records
from customer_segmentation.sources.files import READ_ERRORS, FileBytes, encoding_of, guessed_encoding
from customer_segmentation.sources.parsing.blanks import BLANK_SPELLINGS, is_blank
from customer_segmentation.sources.parsing.headers import header_name, recognised
from customer_segmentation.sources.parsing.numbers import parse_numbers
from customer_segmentation.sources.parsing.texts import texts_of

NUMBERS = (ColumnType.number, ColumnType.integer)
NULLS = sorted({form for word in BLANK_SPELLINGS for form in (word, word.upper(), word.capitalize(), word.title())})
_BLOCK = 1 << 19  # bytes; smaller ones cost more batches, bigger ones leave the cache
_HALVED = 1 << 25  # bytes from which a file is parsed as two halves
_MAX_BLOCK = 1 << 30


class DelimitedSource:
    """A table as delimited text.

    Parameters
    ----------
    file : FileBytes
    claimed : mapping of str to str
        Folded spellings of the contract's columns, by which delimiter and header row are recognised.
    delimiter, encoding, decimal : str, optional
        Where the file does not speak for itself.

    Raises
    ------
    DataError
        The file is no text, or has no header.
    """

    _watches = True  # a big file is searched for quotes while it is parsed, not before

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
        self.sampled_from = 0
        self._file = file
        self._encoding = encoding or encoding_of(file.head, name=file.name)
        try:
            text = Transcoded(io.BytesIO(file.head), self._encoding).read().decode("utf-8")
        except LookupError:
            raise DataError(f"data.encoding is {encoding!r}, which is no encoding that Python knows.") from None
        except UnicodeError as error:
            raise DataError(f"{file.name} is not in the encoding data.encoding={encoding} ({error}).") from None
        text = text.removeprefix("\ufeff")
        # A last line that the head cuts off would look like a damaged one.
        if len(file.head) >= 1 << 20:
            text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
        declared = re.match(r"sep=(.)\r?\n?", text)  # Excel's own first line
        self._skip = 1 if declared else 0
        text = text[declared.end() :] if declared else text
        delimiter = "\t" if delimiter == "\\t" else delimiter
        self._delimiter = delimiter or (declared[1] if declared else find_delimiter(text, claimed))
        if len(self._delimiter) != 1:
            raise DataError(f"data.delimiter is {delimiter!r}; expected a single character.")
        records = list(first_records(text, self._delimiter, 200))
        filled = [index for index, (cells, _) in enumerate(records) if any(cell.strip() for cell in cells)]
        if not filled:
            raise DataError(f"{self.name} holds only empty rows; expected a table with a header row.")
        candidates = filled[:HEADER_ROWS]
        header = max(candidates, key=lambda index: recognised(records[index][0], claimed))
        if recognised(records[header][0], claimed) <= recognised(records[candidates[0]][0], claimed):
            header = candidates[0]
        self._skip += sum(lines for _, lines in records[: header + 1])
        self._first_row = self._skip + 1
        rows = [cells for cells, _ in records[header + 1 :] if cells]
        self.headers = complete(records[header][0], rows)
        self._columns = [f"c{position}" for position in range(len(self.headers))]
        self._sample = pd.DataFrame([cells for cells in rows if len(cells) == len(self.headers)], dtype="str")
        if self._sample.empty:
            self._sample = pd.DataFrame({position: [] for position in range(len(self.headers))}, dtype="str")
        self._big = not file.packed and self._encoding == "utf-8" and file.path.stat().st_size > _HALVED
        self._quoted = b'"' in file.head or self._encoding.startswith(("utf-16", "utf-32"))
        self._searched = self._quoted
        if not (self._big and self._watches):
            self._search_quotes()
        # Without quotes no cell of a comma-separated file holds a comma.
        points_only = self._delimiter == "," and not self._quoted
        self.decimal = decimal or ("." if points_only else decimal_of(self._sample))
        self._block = _BLOCK
        # Room for numbers that is never touched costs no memory; too little is made up for.
        row_length = len(text) / max(text.count("\n"), text.count("\r"), 1)
        self._rows_expected = int(1.1 * file.path.stat().st_size / row_length) + 1000
        self._checksum: Future[str] | None = None

    @property
    def sha256(self) -> str:
        """Checksum of the file as it is stored."""
        return (self._checksum or self._start_checksum()).result()

    def _start_checksum(self) -> Future[str]:
        self._checksum = ThreadPoolExecutor(max_workers=1).submit(self._file.sha256)
        return self._checksum

    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        """Read the wanted columns, given by position with their contract."""
        types = {position: self._type(position, spec) for position, spec in wanted.items()}
        while True:
            try:
                frame, broken = self._frame(types)
                break
            except pa.ArrowInvalid as error:
                self._adapt(str(error), types)
        pa.default_memory_pool().release_unused()  # what the parser held
        self._start_checksum()  # beside the cleaning, which leaves a core free
        expanded = [line for number, text in broken for line in lines_of_broken(number, text)]
        return Cells(
            frame=frame,
            rows=number_rows(len(frame), [number for number, _ in broken], first=self._first_row),
            broken=broken_rows(expanded, self.headers, self._delimiter),
        )

    def originals(self, rows: np.ndarray) -> pd.DataFrame:
        """Cells of some rows as text, all columns, under their headers; rows are positions among those read."""
        wanted = np.sort(np.asarray(rows, dtype=np.int64))
        parts: list[pa.Table] = []
        start = 0
        with self._stream() as stream:
            options = self._options(dict.fromkeys(range(len(self.headers)), pa.string()), skip=self._skip)
            for batch in arrow_csv.open_csv(stream, **options):
                inside = wanted[(wanted >= start) & (wanted < start + batch.num_rows)] - start
                if len(inside):
                    parts.append(pa.Table.from_batches([batch]).take(pa.array(inside)))
                start += batch.num_rows
                if not len(wanted) or start > wanted[-1]:
                    break
        named = [header_name(header, at) for at, header in enumerate(self.headers)]
        if not parts:
            return pd.DataFrame({at: [] for at in range(len(named))}, dtype="str").set_axis(named, axis=1)
        frame: pd.DataFrame = pa.concat_tables(parts).to_pandas().astype("str").set_axis(named, axis=1)
        return frame.set_axis(wanted, axis=0).loc[np.asarray(rows)].reset_index(drop=True)

    def look(self, most: int) -> Preview:
        """Read all columns of about ``most`` rows: of a big plain file from several places, else the first."""
        texts: dict[int, pa.DataType] = dict.fromkeys(range(len(self.headers)), pa.large_string())
        spread = self._spread(most)
        columns = self._first(texts, most + 1, None if spread is None else partial(pa.BufferReader, spread))
        frame = pd.DataFrame({at: column.series() for at, column in zip(texts, columns, strict=True)}, copy=False)
        if spread is not None:
            return Preview(frame, "spread over all")
        return Preview(frame.head(most), "its first") if len(frame) > most else Preview(frame)

    def first(self, position: int, most: int) -> pd.Series:
        """Read the first cells of a column, ``most`` at most."""
        (column,) = self._first({position: pa.large_string()}, most)
        return column.series().head(most)

    def _first(
        self,
        types: dict[int, pa.DataType],
        most: int,
        opened: Callable[[], BinaryIO | pa.NativeFile] | None = None,
    ) -> list[GrowingColumn]:
        """Columns of about the first ``most`` rows, broken ones left out."""
        self._search_quotes()
        while True:
            try:
                return self._parse(types, opened or self._stream, skip=self._skip, most=most)[0]
            except pa.ArrowInvalid as error:
                self._adapt(str(error), types)

    def _spread(self, most: int) -> bytes | None:
        """Lines of several places of a big plain file, after its header; None where it cannot be cut."""
        if not self._big or self._middle() is None:
            return None
        self._search_quotes()
        size = self._file.path.stat().st_size
        # The rows expected are 1.1 times too many.
        piece = int(1.1 * most * size / max(self._rows_expected, 1) / PLACES)
        if self._quoted or piece * PLACES * 1.5 > size:
            return None
        pieces = []
        with self._file.path.open("rb") as stored:
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
        texts = texts_of(self._sample[position])
        texts = texts[~is_blank(texts, spec.na_values)]
        wrapped = self._sample[position].str.contains('"', regex=False).any()
        marked = wrapped or texts.str.contains(r"[,$€£%()]", regex=True).any()
        ambiguous = self.decimal == "," and texts.str.contains(".", regex=False).any()
        plain = not marked and not ambiguous and not np.isnan(parse_numbers(texts)).any()
        return pa.float64() if plain else pa.large_string()

    def _adapt(self, message: str, types: dict[int, pa.DataType]) -> None:
        """Change what the last attempt failed at, or give up with a sentence."""
        at = re.search(r"In CSV column #(\d+)", message)
        if "invalid UTF8" in message:
            self._encoding = (
                guessed_encoding(self._file.head, name=self.name) if not _is_utf8(self._file.head) else "utf-8!"
            )
        elif at and types.get(int(at[1])) == pa.float64():
            types[int(at[1])] = pa.large_string()
        elif "straddling" in message and self._block < _MAX_BLOCK:
            self._block *= 8
            self._quoted = True
        else:
            raise DataError(f"{self.name} cannot be read as delimited text: {message.splitlines()[0]}.")

    def _frame(self, types: Mapping[int, pa.DataType]) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
        """Parse the file once: the wanted columns, and the rows with a wrong number of cells."""
        middle = self._middle()
        if middle is None:
            self._search_quotes()
            columns, broken, _ = self._parse(types, self._stream, skip=self._skip)
        else:
            # Two halves side by side: the parser leaves Python's lock alone, its own threads do not number the rows.
            with ThreadPoolExecutor(max_workers=2) as pool:
                half = partial(self._file.part, without=b'"')
                first = pool.submit(self._parse, types, partial(half, 0, middle), skip=self._skip)
                second = pool.submit(self._parse, types, partial(half, middle, None), skip=0)
            try:
                columns, broken, rows = first.result()
                further, more_broken, _ = second.result()
            except MarkFoundError:
                self._quoted = True
                return self._frame(types)
            before = self._skip + rows + len(broken)
            broken += [(before + number, text) for number, text in more_broken]
            for column in columns:
                column.extend(further.pop(0))
        frame = {position: column.series() for position, column in zip(types, columns, strict=True)}
        return pd.DataFrame(frame, copy=False), broken

    def _parse(
        self,
        types: Mapping[int, pa.DataType],
        opened: Callable[[], BinaryIO | pa.NativeFile],
        *,
        skip: int,
        most: int | None = None,
    ) -> tuple[list[GrowingColumn], list[tuple[int, str]], int]:
        """Parse a stream: its columns, its broken rows with their numbers in it, and the number of its good rows.

        With ``most`` it ends after the batch in which so many rows are reached.
        """
        broken: list[tuple[int, str]] = []
        columns = [growing_column(kind, self._rows_expected) for kind in types.values()]
        rows = 0
        try:
            options = self._options(types, skip=skip, broken=broken)
            with opened() as stream, arrow_csv.open_csv(stream, **options) as batches:
                for batch in batches:
                    rows += batch.num_rows
                    for column, cells in zip(columns, batch.columns, strict=False):
                        column.add(cells)
                    if most is not None and rows >= most:
                        break
        except pa.ArrowInvalid as error:
            if "Could not skip initial" not in str(error) and "Empty CSV file" not in str(error):
                raise
        except READ_ERRORS as error:
            raise DataError(
                f"{self.name} is damaged and cannot be read to its end ({error}); fetch it again."
            ) from None
        return columns, broken, rows

    def _search_quotes(self) -> None:
        """Search the whole file for quotes, where that has not been done."""
        self._quoted = self._quoted or (not self._searched and self._file.may_hold_quotes())
        self._searched = True

    def _middle(self) -> int | None:
        """Where a big plain file can be cut between two rows; None where it is read in one go."""
        if self._quoted or not self._big or self._encoding != "utf-8":
            return None
        return self._file.line_after_middle()

    def _options(
        self, types: Mapping[int, pa.DataType], *, skip: int, broken: list[tuple[int, str]] | None = None
    ) -> dict[str, object]:
        def note(row: arrow_csv.InvalidRow) -> str:
            if broken is not None:
                broken.append((row.number, row.text))
            return "skip"

        columns = {f"c{position}": kind for position, kind in types.items()}
        return {
            "read_options": arrow_csv.ReadOptions(
                column_names=self._columns,
                skip_rows=skip,
                use_threads=False,
                block_size=self._block,
            ),
            "parse_options": arrow_csv.ParseOptions(
                delimiter=self._delimiter,
                quote_char='"' if self._quoted else False,  # not to look for any saves a fifth
                newlines_in_values=self._quoted,
                invalid_row_handler=note,
            ),
            "convert_options": arrow_csv.ConvertOptions(
                include_columns=list(columns) or self._columns[:1],
                column_types=columns or {self._columns[0]: pa.string()},
                null_values=NULLS,
                strings_can_be_null=False,
            ),
        }

    def _stream(self) -> BinaryIO | pa.NativeFile:
        stream = self._file.open()
        if self._encoding in ("utf-8", "ascii", "utf-8-sig"):
            return pa.PythonFile(stream, mode="r") if not hasattr(stream, "name") else stream
        encoding = self._encoding.removesuffix("!")
        return pa.PythonFile(io.BufferedReader(Transcoded(stream, encoding), 1 << 20), mode="r")


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4
    return any(byte > 127 for byte in head)
