"""What a worker of Spark does with delimited text: it is parsed as it is where no Spark is."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.csv import DelimitedSource
from customer_segmentation.sources.csv_bad_rows import broken_rows
from customer_segmentation.sources.csv_parser import parsed_lines
from customer_segmentation.sources.files import open_file
from customer_segmentation.sources.spark.worker import FILE, ROW, WHY

PATH, START, LINE, AT, CONTENT = "path", "start", "line", "at", "content"
COUNTED = f"{PATH} string, {START} long, first long, count long, odd boolean"
_CHUNK = 1 << 15

#: For each path and start of a block: number of its first line, how many it has, and what is added to the number of a
#: line to make it that of a row.
Bases = Mapping[tuple[str, int], tuple[int, int, int]]


@dataclass(frozen=True)
class TextPart:
    """How a file of the table is written.

    Attributes
    ----------
    name : str
    columns : tuple of int
        Position in it of each column of the table.
    width : int
        Number of its columns.
    encoding, delimiter : str
    header_lines : int
        Lines that are not empty up to the header, with it.
    first_row : int
        Number of its first row.
    stacked : bool
        Whether the table has several files.
    before : int
        Number of the last row before its lines.
    """

    name: str
    columns: tuple[int, ...]
    width: int
    encoding: str
    delimiter: str
    header_lines: int
    first_row: int
    stacked: bool
    before: int = 0


def place_of(path: str) -> str:
    """A path as Spark tells it, without scheme and host, as it is stored.

    Parameters
    ----------
    path : an address, with what is not of one quoted
    """
    return unquote(re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*:(//[^/]*)?", "", path))


def first_lines(size: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The first lines of each file, up to a number of bytes.

    Parameters
    ----------
    size : bytes
    batches : lines of the beginnings of files, with path
    """
    taken: dict[str, int] = {}
    for batch in batches:
        keep = np.zeros(batch.num_rows, dtype=bool)
        lengths = pc.binary_length(batch.column(LINE)).to_pylist()
        for row, (path, length) in enumerate(zip(batch.column(PATH).to_pylist(), lengths, strict=True)):
            keep[row] = taken.get(path, 0) < size
            taken[path] = taken.get(path, 0) + length + 1
        if keep.any():
            yield batch.filter(pa.array(keep))


def counted_lines(parts: Mapping[str, TextPart], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """How many lines each block of each file has, and whether one is more or less than a row.

    Parameters
    ----------
    parts : by path
    batches : lines, none of them empty, with path, start of the block and ascending number
    """
    for path, start, lines, at in _runs(batches):
        odd = _rows(lines, parts[place_of(path)]) is None
        yield pa.RecordBatch.from_pydict(
            {PATH: [path], START: [start], "first": [int(at[0])], "count": [len(at)], "odd": [odd]}
        )


def read_lines(
    parts: Mapping[str, TextPart],
    bases: Bases,
    batches: Iterator[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    """Rows of lines: their cells, number, and why a row does not fit.

    Parameters
    ----------
    parts : by path
    bases : see `Bases`
    batches : see `counted_lines`

    Raises
    ------
    DataError
        The table is not what it was.
    """
    for path, start, lines, at in _runs(batches):
        part = parts[place_of(path)]
        first, count, base = bases.get((path, start), (0, 0, 0))
        if not (first <= at[0] and at[-1] < first + count):
            raise DataError(f"{part.name} changed while it was read, or Spark reads it in other parts; run it again.")
        numbers = at + base
        fresh = numbers >= part.before + part.first_row
        content = _rows(lines.filter(pa.array(fresh)), part)
        if content is None:
            raise DataError(f"{part.name} changed while it was read; run it again.")
        table, broken = parsed_lines(content, delimiter=part.delimiter, width=part.width)
        numbers = numbers[fresh]
        places = np.array([number - 1 for number, _ in broken], dtype=np.int64)
        if table.num_rows + len(places) != len(numbers):
            raise DataError(f"{part.name} cannot be read line by line; write it as Parquet.")
        good = np.setdiff1d(np.arange(len(numbers)), places)
        yield from _batches(part, table, numbers[good])
        if broken:
            names = [str(at) for at in range(part.width)]
            told = broken_rows([(int(numbers[number - 1]), text, "") for number, text in broken], names, part.delimiter)
            yield _broken(part, told)


def counted_files(
    parts: Mapping[str, TextPart], settings: DataSettings, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """How many rows each file has.

    Parameters
    ----------
    parts : by path
    settings : how it is read
    batches : files with their path
    """
    for path, part, source in _files(parts, settings, batches):
        last = part.first_row - 1
        for chunk in source.chunks({}, size=_CHUNK):
            broken = chunk.broken["row"].tolist() if len(chunk.broken) else []
            last = max([last, *chunk.rows[-1:].tolist(), *broken])
        count = last - part.first_row + 1 + part.header_lines  # as lines are counted
        yield pa.RecordBatch.from_pydict({PATH: [path], START: [0], "first": [0], "count": [count], "odd": [False]})


def read_files(
    parts: Mapping[str, TextPart], settings: DataSettings, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Rows of whole files: their cells, number, and why a row does not fit.

    Parameters
    ----------
    parts : by path
    settings : how they are read
    batches : files with their path
    """
    for _, part, source in _files(parts, settings, batches):
        for chunk in source.chunks({}, size=_CHUNK, everything=True):
            if chunk.everything is not None and chunk.everything.num_rows:
                yield from _batches(part, chunk.everything, chunk.rows + part.before)
            if len(chunk.broken):
                yield _broken(part, chunk.broken.assign(row=chunk.broken["row"] + part.before))


def _runs(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[str, int, pa.Array, np.ndarray]]:
    """Lines of one block of one file: its path and start, the lines, their numbers."""
    for batch in batches:
        paths = batch.column(PATH).dictionary_encode()
        starts, at = batch.column(START).to_numpy(), batch.column(AT).to_numpy()
        codes = paths.indices.to_numpy()
        cuts = np.flatnonzero((np.diff(codes) != 0) | (np.diff(starts) != 0)) + 1
        for begin, end in zip([0, *cuts], [*cuts, batch.num_rows], strict=True):
            if end > begin:
                lines = batch.column(LINE).slice(begin, end - begin)
                yield paths.dictionary[codes[begin]].as_py(), int(starts[begin]), lines, at[begin:end]


def _rows(lines: pa.Array, part: TextPart) -> bytes | None:
    """Lines in UTF-8; None where they are not in the encoding, or a quotation goes on in the next line."""
    try:
        if part.encoding in ("utf-8", "ascii", "utf-8-sig"):
            texts = lines.cast(pa.string())
        else:
            texts = pa.array([line.decode(part.encoding) for line in lines.to_pylist()], pa.string())
    except (UnicodeError, pa.ArrowInvalid):
        return None
    quoted = texts.filter(pc.match_substring(texts, '"'))
    if len(quoted):
        mark = re.escape(part.delimiter)
        cell = f'(?:"(?:[^"]|"")*"(?:[^"{mark}][^{mark}]*)?|[^"{mark}][^{mark}]*)?'
        if not pc.all(pc.match_substring_regex(quoted, f"^{cell}(?:{mark}{cell})*$")).as_py():
            return None
    return b"\n".join(texts.cast(pa.binary()).to_pylist())


def _files(
    parts: Mapping[str, TextPart], settings: DataSettings, batches: Iterator[pa.RecordBatch]
) -> Iterator[tuple[str, TextPart, DelimitedSource]]:
    """Files as sources of their own, one by one."""
    for batch in batches:
        for path, content in zip(batch.column(PATH).to_pylist(), batch.column(CONTENT), strict=True):
            part = parts[place_of(path)]
            with tempfile.TemporaryDirectory(prefix="segment-") as folder:
                stored = Path(folder) / (Path(part.name).name or "table")
                stored.write_bytes(content.as_buffer())
                file = open_file(str(stored), member=settings.download.member if settings.download else "")
                yield path, part, DelimitedSource.opened(file, settings)


def _batches(part: TextPart, table: pa.Table, numbers: np.ndarray) -> Iterator[pa.RecordBatch]:
    if not len(numbers):
        return
    cells = [table.column(at).combine_chunks().cast(pa.string()) for at in part.columns]
    cells = [cell.combine_chunks() if isinstance(cell, pa.ChunkedArray) else cell for cell in cells]
    yield _batch(part, cells, numbers, pa.nulls(len(numbers), pa.string()))


def _broken(part: TextPart, told: pd.DataFrame) -> pa.RecordBatch:
    cells = [pa.array(told.iloc[:, at].astype(object), pa.string()) for at in part.columns]
    return _batch(part, cells, told["row"].to_numpy(), pa.array(told["reason"].astype(object), pa.string()))


def _batch(part: TextPart, cells: list[pa.Array], numbers: np.ndarray, why: pa.Array) -> pa.RecordBatch:
    columns = {f"c{at}": cell for at, cell in enumerate(cells)}
    columns |= {ROW: pa.array(numbers, pa.int64()), WHY: why}
    if part.stacked:
        columns[FILE] = pa.repeat(part.name, len(numbers))
    return pa.RecordBatch.from_pydict(columns)
