"""Delimited text that Spark reads: line by line, or file by file where a row may go over several lines."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.scratch import scratch_folder
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.base import TableSource
from customer_segmentation.sources.csv import DelimitedSource
from customer_segmentation.sources.files import FileBytes
from customer_segmentation.sources.spark.rows import NumberedRows
from customer_segmentation.sources.spark.session import Connection
from customer_segmentation.sources.spark.text_worker import (
    AT,
    CONTENT,
    COUNTED,
    LINE,
    PATH,
    START,
    Bases,
    TextPart,
    counted_files,
    counted_lines,
    first_lines,
    place_of,
    read_files,
    read_lines,
)
from customer_segmentation.sources.spark.worker import FILE, ROW, WHY
from customer_segmentation.sources.stacked import StackedSource

READS = "CSV, Parquet and Delta, a table of the catalog, or a query; write it as Parquet, or leave engine out"
#: Packings that Spark opens by itself, by the ending of the name, and the first bytes of such a file.
_PACKED = {".gz": b"\x1f\x8b", ".bz2": b"BZh"}
_ENDINGS = (*_PACKED, ".deflate", ".lz4", ".snappy", ".zst", ".zstd")
_HEAD = 1 << 20  # bytes of a file by which it is judged
_WHOLE = 1 << 28  # bytes of a file that a worker is handed at once
#: Spark cuts files the same way in every pass where this does not follow the number of cores of the moment.
_PINNED = ("spark.sql.files.minPartitionNum", "64")
WITHIN = {"recursiveFileLookup": "true"}  # as a folder is read where no Spark is

Batches = Iterator[pa.RecordBatch]


def refuse_other_kinds(source: TableSource) -> None:
    """Refuse what is no delimited text.

    Parameters
    ----------
    source : opened

    Raises
    ------
    SettingsError
        It is of another kind.
    """
    if not all(isinstance(part, DelimitedSource) for part, _ in _parts(source)):
        raise SettingsError(f"{source.name}: engine=spark reads {READS}.")


def text_rows(
    connection: Connection, source: TableSource, settings: DataSettings, *, stored: Mapping[Path, str], load: str = ""
) -> NumberedRows:
    """Number the rows of delimited text: file after file, as they are where no Spark is.

    Parameters
    ----------
    connection : Connection
    source : the text, of which this machine knows the first rows
    settings : how it is read
    stored : where Spark has the files, where that is elsewhere
    load : what Spark is told to read, where that is not every file by its path

    Raises
    ------
    DataError
        Spark sees other files, or would have to hold too much of one at once.
    """
    opened = _parts(source)
    parts: dict[str, TextPart] = {}
    for part, columns in opened:
        place = stored.get(part.file.path) or os.path.abspath(part.file.path)
        parts[place] = _part(part, columns, stacked=len(opened) > 1)
    paths = [load] if load else [f"file://{escaped(place)}" for place in parts]
    with contextlib.suppress(Exception):  # else a worker says when the parts are others
        connection.session.conf.set(*_PINNED)
    counted = None
    if all(_has_lines(part.file, part.written.encoding) for part, _ in opened):
        lines = read_in_lines(connection, paths)
        counted = _counted(connection, lines, lambda batches: counted_lines(parts, batches))
        if not counted["odd"].any():
            bases = _numbered(parts, counted, source.name)
            frame = lines.mapInArrow(lambda batches: read_lines(parts, bases, batches), _schema(source))
            return NumberedRows(frame, source.headers, _count(parts, counted), files=True, written=source)
    whole = _whole_files(connection, paths, source.name)
    asked = replace(settings, path=None)
    counted = _counted(connection, whole, lambda batches: counted_files(parts, asked, batches))
    _numbered(parts, counted, source.name)
    frame = whole.mapInArrow(lambda batches: read_files(parts, asked, batches), _schema(source))
    return NumberedRows(frame, source.headers, _count(parts, counted), files=True, written=source)


@contextlib.contextmanager
def first_rows_of(connection: Connection, path: str) -> Iterator[dict[Path, str]]:
    """The beginnings of texts that Spark sees and this machine does not: files here, and where Spark has them.

    Parameters
    ----------
    connection : Connection
    path : a file, a folder or a pattern

    Raises
    ------
    DataError
        There is nothing in it.
    """
    F = connection.functions

    def query() -> pa.Table:
        lines = read_in_lines(connection, [path], empty=True).where(F.col(START) == 0).select(PATH, LINE)
        return lines.mapInArrow(lambda batches: first_lines(_HEAD, batches), lines.schema).toArrow()

    found = connection.ask(query).to_pandas()
    if found.empty:
        raise DataError(f"{path} is empty; expected a table with a header row.")
    with scratch_folder() as folder:
        stored = {}
        places = {place_of(one): lines for one, lines in found.groupby(PATH)[LINE]}
        for at, place in enumerate(sorted(places, key=lambda one: Path(one).parts)):
            file = Path(folder) / str(at) / Path(place).name
            file.parent.mkdir()
            file.write_bytes(b"\n".join(places[place]) + b"\n")
            stored[file] = place
        yield stored


def escaped(path: str) -> str:
    """A path of which no sign stands for others.

    Parameters
    ----------
    path : as it is stored
    """
    return re.sub(r"([\[\]{}*?\\])", r"\\\1", path)


def read_in_lines(connection: Connection, paths: Sequence[str], *, empty: bool = False) -> Any:
    """Lines of texts, each with its path, where its block starts, and a number that ascends within the block.

    Parameters
    ----------
    connection : Connection
    paths : of the files
    empty : also lines without a character

    Raises
    ------
    DataError
        The engine does not tell where lines stand.
    """
    F = connection.functions

    def query() -> Any:
        frame = connection.session.read.format("text").options(**WITHIN).load(list(paths))
        kept = frame if empty else frame.where(F.length("value") > 0)
        found = kept.select(
            F.col("value").cast("binary").alias(LINE),
            F.col("_metadata.file_path").alias(PATH),
            F.col("_metadata.file_block_start").alias(START),
            F.monotonically_increasing_id().alias(AT),
        )
        _ = found.schema
        return found

    try:
        return connection.ask(query)
    except DataError as error:
        if "_metadata" not in str(error):
            raise
        raise DataError(
            f"Spark at {connection.shown} does not tell in which file a line stands, so that it reads no CSV; write it "
            "as Parquet."
        ) from error


def _whole_files(connection: Connection, paths: Sequence[str], name: str) -> Any:
    """Files with their path, each as one cell.

    Raises
    ------
    DataError
        One is too large.
    """
    F = connection.functions
    files = connection.session.read.format("binaryFile").options(**WITHIN).load(list(paths))
    sizes = connection.ask(lambda: files.agg(F.max("length").alias("most")).toArrow()).column("most").to_pylist()
    if (sizes[0] or 0) > _WHOLE:
        raise DataError(
            f"{name} has a file that Spark cannot read line by line (a quotation goes over lines, or its encoding or "
            f"packing hides their ends), and {sizes[0] >> 20:,} MiB are too much at once; write it as Parquet, or in "
            f"files of at most {_WHOLE >> 20} MiB."
        )
    return files.select(F.col("content").alias(CONTENT), F.col("_metadata.file_path").alias(PATH))


def _counted(connection: Connection, frame: Any, count: Callable[[Batches], Batches]) -> pd.DataFrame:
    """Rows or lines of each block of each file, with the place of the file."""
    F = connection.functions

    def query() -> pa.Table:
        counted = frame.mapInArrow(count, COUNTED).groupBy(PATH, START)
        sums = [F.min("first").alias("first"), F.sum("count").alias("count"), F.max("odd").alias("odd")]
        return counted.agg(*sums).toArrow()

    found: pd.DataFrame = connection.ask(query).to_pandas().sort_values(START, ignore_index=True)
    return found.assign(place=[place_of(path) for path in found[PATH]])


def _numbered(parts: dict[str, TextPart], counted: pd.DataFrame, name: str) -> Bases:
    """Note in each part how many rows are before it; tell what makes the number of a line that of its row.

    Raises
    ------
    DataError
        Spark does not see a file.
    """
    before = 0
    bases: dict[tuple[str, int], tuple[int, int, int]] = {}
    for place, part in parts.items():
        blocks = counted[counted["place"] == place]
        if blocks.empty:
            raise DataError(f"{name}: Spark does not see {place}; check the path, and whether the name begins with _.")
        parts[place] = replace(part, before=before)
        number = before + part.first_row - part.header_lines
        for path, start, first, count in blocks[[PATH, START, "first", "count"]].to_numpy().tolist():
            bases[path, start] = (first, count, number - first)
            number += count
        before = number - 1
    return bases


def _part(source: DelimitedSource, columns: Sequence[int], *, stacked: bool) -> TextPart:
    head = source.file.head.removeprefix(b"\xef\xbb\xbf")
    lines = re.split(rb"\r\n|\r|\n", head)[: source.written.skip]
    return TextPart(
        name=source.name,
        columns=tuple(columns),
        width=len(source.headers),
        encoding=source.written.encoding,
        delimiter=source.written.delimiter,
        header_lines=sum(bool(line) for line in lines),
        first_row=source.first_row,
        stacked=stacked,
    )


def _parts(source: TableSource) -> list[tuple[Any, Sequence[int]]]:
    """Files of a table, each with the positions that its columns have in it."""
    if not isinstance(source, StackedSource):
        return [(source, range(len(source.headers)))]
    return list(source.parts)


def _has_lines(file: FileBytes, encoding: str) -> bool:
    """Whether Spark can tell the lines of a file: of a packing it knows, in an encoding in which ASCII is itself."""
    suffix, plain = file.path.suffix.lower(), bytes(range(128))
    packing = _PACKED.get(suffix)
    opened = suffix not in _ENDINGS if not file.packed else packing and file.head_of_file.startswith(packing)
    try:
        return bool(opened) and plain.decode(encoding) == plain.decode("ascii")
    except (UnicodeError, LookupError):
        return False


def _schema(source: TableSource) -> str:
    cells = ", ".join(f"c{at} string" for at in range(len(source.headers)))
    return f"{cells}, {ROW} long, {WHY} string" + (f", {FILE} string" if isinstance(source, StackedSource) else "")


def _count(parts: Mapping[str, TextPart], counted: pd.DataFrame) -> int:
    return int(counted["count"].sum()) - sum(part.header_lines for part in parts.values())
