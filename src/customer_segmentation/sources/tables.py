"""Rows of a table as every kind of source hands them out: as frames, as text, under names that stand once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.sources.parsing.headers import header_name
from customer_segmentation.sources.parsing.texts import texts_of

#: Up to here a float tells every whole number from its neighbours.
EXACT = 2**53
_LONG = 64  # bits of a whole number that may lie beyond


def in_order(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Rows as text of several parts in one table, by their number."""
    return pd.concat(parts, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)


def number_rows(count: int, broken: Sequence[int], *, first: int) -> np.ndarray:
    """Numbers of the rows in the source: consecutive from ``first``, those of the broken rows left out.

    Parameters
    ----------
    count : rows that could be read
    broken : numbers of the broken rows among them, ascending
    first : number of the first row
    """
    if not broken:
        return np.arange(first, first + count, dtype=np.int64)
    taken = np.zeros(first + count + len(broken), dtype=bool)
    taken[:first] = True
    taken[[number for number in broken if number < len(taken)]] = True
    return np.flatnonzero(~taken)[:count]


def names_of(headers: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """Header names, each once: an empty one is named by its position, a repeated one gets its position.

    Parameters
    ----------
    headers : sequence of str
    taken : collection of str
        Names that are used already.
    """
    names: list[str] = []
    known = set(taken)
    for at, header in enumerate(headers):
        name = header_name(header, at)
        names.append(f"{name} (column {at + 1})" if name in known else name)
        known.add(names[-1])
    return names


def arrow_table(frame: pd.DataFrame, headers: tuple[str, ...]) -> pa.Table:
    """All columns of a frame with types that do not depend on the chunk: numbers as they are, the rest as text.

    Parameters
    ----------
    frame : cells as they were read
    headers : header of each column
    """
    columns: list[Any] = []
    for position in frame.columns:
        cells = frame[position]
        if pd.api.types.is_numeric_dtype(cells.dtype):
            columns.append(pa.array(cells, from_pandas=True))
        else:
            columns.append(pa.array(texts_of(cells), type=pa.large_string(), from_pandas=True))
    return pa.table(dict(zip(names_of(headers), columns, strict=True)))


def texts_frame(table: pa.Table, names: Sequence[str]) -> pd.DataFrame:
    """All cells of a table as text; empty where there is no value.

    Parameters
    ----------
    table : cells of any Arrow type
    names : of the columns
    """
    frame = plain_frame(table).set_axis(range(table.num_columns), axis=1)
    return pd.DataFrame({at: texts_of(frame[at]).fillna("") for at in frame}).set_axis(list(names), axis=1)


def scanned(dataset: Any, names: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
    """Some columns of all rows of Parquet files, in order.

    A scan of the whole reads ahead of whoever works slower than it, in the end all of the table, whatever it is told of
    batches. So each scan is of about ``size`` rows, and none of less than a row group.

    Parameters
    ----------
    dataset : the files
    names : of the columns
    size : rows of a batch
    """
    for file in dataset.get_fragments():
        groups: list[list[int]] = [[]]
        count = 0
        for group in file.row_groups:
            if groups[-1] and count + group.num_rows > size:
                groups.append([])
                count = 0
            groups[-1].append(group.id)
            count += group.num_rows
        for ids in filter(None, groups):
            part = file.subset(row_group_ids=ids)
            yield from part.scanner(
                columns=list(names), schema=dataset.schema, batch_size=size, batch_readahead=2
            ).to_batches()


def resized(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.Table]:
    """Yield the rows of many batches as tables of ``size`` rows, the last of fewer.

    Parameters
    ----------
    batches : of one schema
    size : rows of a table
    """
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        rest = batch
        while rest.num_rows:
            piece = rest.slice(0, size - count)
            held.append(piece)
            count += piece.num_rows
            rest = rest.slice(piece.num_rows)
            if count == size:
                yield pa.Table.from_batches(held)
                held, count = [], 0
    if held:
        yield pa.Table.from_batches(held)


def taken_rows(parts: list[pa.Table], positions: np.ndarray) -> pa.Table:
    """Rows of a table at some positions, in their order; no more than one column is held twice.

    Parameters
    ----------
    parts : of the table; the list is emptied
    positions : counted from 0
    """
    table = pa.concat_tables(parts)
    parts.clear()
    at, names, columns = pa.array(positions), table.column_names, []
    while table.num_columns:
        column = table.column(0)
        table = table.remove_column(0)
        # Arrow joins the pieces first, and a text of its shorter kind holds 2 GiB at most.
        if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
            column = column.cast(pa.large_string() if pa.types.is_string(column.type) else pa.large_binary())
        columns.append(column.take(at))
    return pa.Table.from_arrays(columns, names=names)


def plain_frame(table: pa.Table) -> pd.DataFrame:
    """A table as a frame; what pandas itself once noted in a file (an index) stays a column."""
    frame: pd.DataFrame = for_pandas(table).to_pandas()
    return frame


def for_pandas(table: pa.Table) -> pa.Table:
    """A table whose columns pandas can hold, without what it once noted in the file.

    A code of lists becomes the lists, a clock's nanoseconds a text, and a zone that nobody knows is taken for UTC. Long
    whole numbers beside a blank become texts: pandas makes floats of them, which have 53 bits, and ids would meet.
    """
    for at, field in enumerate(table.schema):
        kind, cells = field.type, table.column(at)
        if pa.types.is_dictionary(kind) and pa.types.is_nested(kind.value_type):
            better = kind.value_type
            cells = pa.chunked_array([part.dictionary.take(part.indices) for part in cells.chunks], better)
        elif pa.types.is_time64(kind) and kind.unit == "ns":
            better = pa.string()
        elif pa.types.is_timestamp(kind) and kind.tz is not None and not _is_known(kind.tz):
            better = pa.timestamp(kind.unit, "UTC")
        elif pa.types.is_integer(kind) and kind.bit_width == _LONG and cells.null_count and _is_beyond(cells):
            better = pa.string()
        else:
            continue
        table = table.set_column(at, field.name, cells.cast(better))
    return table.replace_schema_metadata(None)


def _is_beyond(cells: pa.ChunkedArray) -> bool:
    """Whether a column holds whole numbers that no float tells from their neighbours."""
    found = pc.min_max(cells)
    return any(end is not None and abs(end) > EXACT for end in (found["min"].as_py(), found["max"].as_py()))


def _is_known(zone: str) -> bool:
    try:
        pa.lib.string_to_tzinfo(zone)
    except (pa.ArrowException, ValueError, LookupError, OSError):
        return False
    return True
