"""A delimited text as typed batches: one parser for a whole table, for chunks, and for some rows."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from customer_segmentation.errors import DataError
from customer_segmentation.sources.byte_streams import Transcoded
from customer_segmentation.sources.column_buffers import NULLS
from customer_segmentation.sources.csv_bad_rows import Broken
from customer_segmentation.sources.csv_quotations import refuse_swallowed
from customer_segmentation.sources.files import READ_ERRORS, FileBytes, guessed_encoding

_BLOCK = 1 << 19  # bytes; smaller ones cost more batches, bigger ones leave the cache
#: Bytes from which a file is parsed as two halves: a million rows with ten columns (67 MiB) are read in 4.2 s, in one
#: piece in 4.9, with the same CPU (medians of three, on two busy cores).
_HALVED = 1 << 25
_MAX_BLOCK = 1 << 28  # of which Arrow takes several times as much memory


class CsvParser:
    """The rows of a delimited text.

    Parameters
    ----------
    file : FileBytes
    encoding : str
    delimiter : str
        One character.
    skip : int
        Lines before the first row.
    width : int
        Number of columns.

    Attributes
    ----------
    quoted : bool
        Whether a quotation mark was found so far.
    """

    def __init__(self, file: FileBytes, *, encoding: str, delimiter: str, skip: int, width: int) -> None:
        self.name = file.name
        self.delimiter = delimiter
        self.quoted = b'"' in file.head or encoding.startswith(("utf-16", "utf-32"))
        self._file = file
        self._encoding = encoding
        self._skip = skip
        self._width = width
        self._block = _BLOCK
        self._searched = self.quoted
        self.big = not file.packed and encoding == "utf-8" and file.path.stat().st_size > _HALVED

    def batches(
        self, types: Mapping[int, pa.DataType], broken: Broken, *, part: tuple[int, int | None] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of the text, or of a part of its bytes, batch by batch.

        Parameters
        ----------
        types : mapping of int to DataType
            Of the wanted columns, by position.
        broken : list
            Takes the rows that do not fit the header, some of which may stand further on than the batch.
        part : (int, int or None), optional
            First byte and the byte after the last, both where a row begins; without a quotation mark between them.

        Raises
        ------
        ArrowInvalid
            A cell does not fit its type, or the text its form; `adapt` draws the lesson.
        DataError
            The file is damaged.
        MarkFoundError
            There is a quotation mark in the part.
        """
        opened = self.stream if part is None else partial(self._file.part, *part, without=b'"')
        yield from self._batches(types, broken, opened, skip=0 if part is not None and part[0] else self._skip)

    def piece(self, types: Mapping[int, pa.DataType], broken: Broken, content: bytes) -> Iterator[pa.RecordBatch]:
        """Yield the rows of some bytes of the text that begin where it begins.

        Parameters
        ----------
        types : position of a column to the Arrow type of its cells
        broken : grows by the rows that cannot be parsed
        content : whole rows
        """
        return self._batches(types, broken, partial(pa.BufferReader, content), skip=self._skip)

    def _batches(
        self,
        types: Mapping[int, pa.DataType],
        broken: Broken,
        opened: Callable[[], BinaryIO | pa.NativeFile],
        *,
        skip: int,
    ) -> Iterator[pa.RecordBatch]:
        try:
            options = self._options(types, skip=skip, broken=broken)
            with opened() as stream, arrow_csv.open_csv(stream, **options) as batches:
                yield from batches
        except pa.ArrowInvalid as error:
            if "Could not skip initial" not in str(error) and "Empty CSV file" not in str(error):
                raise
        except READ_ERRORS as error:
            raise DataError(
                f"{self.name} is damaged and cannot be read to its end ({error}); fetch it again."
            ) from None

    def adapt(self, error: pa.ArrowInvalid, types: dict[int, pa.DataType]) -> None:
        """Change what an attempt failed at.

        Parameters
        ----------
        error : ArrowInvalid
            Of the attempt.
        types : dict of int to DataType
            Of the columns; a number that is not becomes a text, in place.

        Raises
        ------
        DataError
            There is nothing to change.
        """
        message = str(error)
        at = re.search(r"In CSV column #(\d+)", message)
        if "invalid UTF8" in message:
            self._encoding = (
                guessed_encoding(self._file.head, name=self.name) if not _is_utf8(self._file.head) else "utf-8!"
            )
        elif at and types.get(int(at[1])) == pa.float64():
            types[int(at[1])] = pa.large_string()
        elif "straddling" in message and self._block < _MAX_BLOCK:
            self._block = min(8 * self._block, _MAX_BLOCK)
            self.quoted = True
        elif "straddling" in message:
            raise DataError(
                f"{self.name} has a row of more than {_MAX_BLOCK >> 20:,} MiB, which is not read: a quotation mark may "
                "be open in it."
            )
        else:
            raise DataError(f"{self.name} cannot be read as delimited text: {message.splitlines()[0]}.")

    def search_quotes(self) -> None:
        """Search the whole file for quotation marks, where that has not been done."""
        self.quoted = self.quoted or (not self._searched and self._file.may_hold_quotes())
        self._searched = True

    def refuse_swallowed(self, rows: int) -> None:
        """Refuse a quotation that swallows rows, see `customer_segmentation.sources.csv_quotations`.

        Parameters
        ----------
        rows : that were read, with those that do not fit
        """
        if not self.quoted:
            return
        with self.stream() as stream:
            lines = sum(part.count(b"\n") or part.count(b"\r") for part in iter(partial(stream.read, 1 << 20), b""))
        if lines > rows + self._skip:
            with self.stream() as stream:
                refuse_swallowed(stream, name=self.name, delimiter=self.delimiter, width=self._width)

    def middle(self) -> int | None:
        """Where a big plain file can be cut between two rows; None where it is read in one go."""
        if self.quoted or not self.big or self._encoding != "utf-8":
            return None
        return self._file.line_after_middle()

    def stream(self) -> BinaryIO | pa.NativeFile:
        """Open the text as UTF-8 bytes."""
        stream = self._file.open()
        if self._encoding in ("utf-8", "ascii", "utf-8-sig"):
            return pa.PythonFile(stream, mode="r") if not hasattr(stream, "name") else stream
        encoding = self._encoding.removesuffix("!")
        return pa.PythonFile(io.BufferedReader(Transcoded(stream, encoding), 1 << 20), mode="r")

    def _options(self, types: Mapping[int, pa.DataType], *, skip: int, broken: Broken) -> dict[str, object]:
        return _options(
            types,
            broken,
            width=self._width,
            delimiter=self.delimiter,
            quoted=self.quoted,
            block=self._block,
            skip=skip,
        )


def parsed_lines(content: bytes, *, delimiter: str, width: int) -> tuple[pa.Table, Broken]:
    """Lines, of which each is a row, as texts by columns; and the rows that do not fit, counted from 1.

    Parameters
    ----------
    content : in UTF-8, without empty lines and without quotations that go over lines
    delimiter : one character
    width : number of columns
    """
    broken: Broken = []
    types: dict[int, pa.DataType] = dict.fromkeys(range(width), pa.large_string())
    block = max(len(content) + 1, 1 << 10)
    options = _options(types, broken, width=width, delimiter=delimiter, quoted=b'"' in content, block=block)
    if not content:
        return pa.table({f"c{at}": pa.array([], kind) for at, kind in types.items()}), broken
    return arrow_csv.read_csv(pa.BufferReader(content), **options), broken


def _options(
    types: Mapping[int, pa.DataType],
    broken: Broken,
    *,
    width: int,
    delimiter: str,
    quoted: bool,
    block: int,
    skip: int = 0,
) -> dict[str, object]:
    """How Arrow reads some columns of a text; the rows that do not fit are noted."""

    def note(row: arrow_csv.InvalidRow) -> str:
        broken.append((row.number, row.text))
        return "skip"

    names = [f"c{position}" for position in range(width)]
    columns = {f"c{position}": kind for position, kind in types.items()}
    return {
        "read_options": arrow_csv.ReadOptions(
            column_names=names,
            skip_rows=skip,
            use_threads=False,
            block_size=block,
        ),
        "parse_options": arrow_csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if quoted else False,  # not to look for any saves a fifth
            newlines_in_values=quoted,
            invalid_row_handler=note,
        ),
        "convert_options": arrow_csv.ConvertOptions(
            include_columns=list(columns) or names[:1],
            column_types=columns or {names[0]: pa.string()},
            null_values=NULLS,
            strings_can_be_null=False,
        ),
    }


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4
    return any(byte > 127 for byte in head)
