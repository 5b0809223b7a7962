"""Frames of a Python session as tables: pandas, polars, Arrow, and whatever else speaks one of their protocols.

A frame is named by its checksum, ``frame:SHA256``, in the settings of the runs that are made of it. The session finds
it by that name as long as somebody holds its source; another session is given the same rows again, as a frame or a
file.
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.errors import DataError
from customer_segmentation.formatting import counted, first_line, listed
from customer_segmentation.sources.base import PLACES, Preview, TableSource
from customer_segmentation.sources.parsing.texts import texts_of

PREFIX = "frame:"
_SECONDS = 86_400  # of a day


class MemoryTable(TableSource):
    """A table that the session holds. The number of a row is its position, from 0.

    Parameters
    ----------
    table : pyarrow.Table
    name : str
        For messages.

    Raises
    ------
    DataError
        Two of its columns have one name.
    """

    first_row = 0
    reads = ()

    def __init__(self, table: pa.Table, *, name: str = "") -> None:
        self.name = name or f"a frame of {counted(table.num_rows, 'row')}"
        twice = sorted({header for header in table.column_names if table.column_names.count(header) > 1})
        if twice:
            raise DataError(f"{self.name} has several columns {twice[0]!r}; rename them, a name must be unique.")
        self.headers = tuple(table.column_names)
        self._table = _copied(pa.table({header: _plain(table[header]) for header in self.headers}))

    @cached_property
    def sha256(self) -> str:
        """Checksum of the names, types and cells, whatever library holds them."""
        digest = hashlib.sha256()

        class Sink:
            closed = False

            def write(self, data: Any) -> int:
                digest.update(data)
                return len(data)

            def flush(self) -> None: ...

            def close(self) -> None: ...

        table = self._table.combine_chunks()
        with pa.PythonFile(Sink(), mode="w") as sink, pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return digest.hexdigest()

    @property
    def address(self) -> str:
        """What ``data.path`` says for it."""
        return PREFIX + self.sha256

    @property
    def expected_rows(self) -> int | None:
        """How many rows there are."""
        return int(self._table.num_rows)

    def tables(self, positions: Sequence[int], *, size: int) -> Iterator[pa.Table]:
        """Yield all rows in order, ``size`` at a time, with the columns at ``positions``.

        Parameters
        ----------
        positions : columns, counted from 0
        size : rows at a time
        """
        table = self._table.select(list(positions))
        for start in range(0, table.num_rows, size):
            yield table.slice(start, size)

    def preview(self, n_rows: int) -> Preview:
        """Read all columns of about ``n_rows`` rows, from several places, of all where there are no more."""
        table, which = self._table, ""
        rows = table.num_rows
        if rows > n_rows:
            size = max(n_rows // PLACES, 1)
            starts = np.linspace(0, rows - size, PLACES).astype(np.intp)
            table = table.take(pa.array(np.unique([np.arange(size) + start for start in starts])))
            which = f"spread over its {rows:,}"
        frame = table.to_pandas().set_axis(range(len(self.headers)), axis=1)
        return Preview(frame, which)


_HELD: weakref.WeakValueDictionary[str, MemoryTable] = weakref.WeakValueDictionary()


def hold(source: MemoryTable) -> MemoryTable:
    """Let the session find a table by its address; return what has to be kept for that, an equal one or itself."""
    return _HELD.setdefault(source.address, source)


def held_table(address: str) -> MemoryTable:
    """The table of an address.

    Raises
    ------
    DataError
        Nobody holds it any more.
    """
    found = _HELD.get(address)
    if found is None:
        raise DataError(
            f"the table was a frame of a Python session ({address[: len(PREFIX) + 12]}…) that no longer exists; "
            "give the same rows again, as data=FRAME in Python or as a file with data.path=FILE."
        )
    return found


def memory_table(data: Any, *, name: str = "") -> MemoryTable:
    """Take a frame as a table.

    Parameters
    ----------
    data : frame
        Of pandas, or of any library that speaks the Arrow PyCapsule protocol (polars, pyarrow, DuckDB) or the dataframe
        interchange protocol. Of a pandas index the levels that have a name become columns.
    name : str
        For messages; empty: how many rows it has.

    Raises
    ------
    DataError
        It is no frame, or one whose columns cannot be told apart.
    """
    if isinstance(data, MemoryTable):
        return data
    if isinstance(data, pd.DataFrame):
        return MemoryTable(_from_pandas(data), name=name)
    try:
        if isinstance(data, type):
            pass
        elif hasattr(data, "__arrow_c_stream__") and not hasattr(data, "to_frame"):  # which a single column has
            return MemoryTable(pa.table(data), name=name)
        elif hasattr(data, "__dataframe__"):
            from pyarrow.interchange import from_dataframe

            return MemoryTable(from_dataframe(data), name=name)
    except (pa.ArrowException, TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"the frame ({type(data).__name__}) cannot be read: {first_line(error)}.") from error
    kind = f"{type(data).__module__.partition('.')[0]}.{type(data).__name__}"
    collected = next(
        (f" call its .{way}() first" for way in ("collect", "toArrow", "to_frame") if hasattr(data, way)), ""
    )
    raise DataError(
        f"expected a frame (pandas, polars, Arrow), the path of a table or the name of a config, found {kind};"
        f"{collected or ' make it a frame first'}."
    )


def _from_pandas(frame: pd.DataFrame) -> pa.Table:
    """Columns and the named levels of the index, each of one Arrow type; what has none is text.

    Raises
    ------
    DataError
        Two columns have one name.
    """
    columns = [(_header(label), frame.iloc[:, at]) for at, label in enumerate(frame.columns)]
    levels = [
        (_header(name), frame.index.get_level_values(at).to_series())
        for at, name in enumerate(frame.index.names)
        if name is not None
    ]
    both = [header for header, _ in levels if header in {header for header, _ in columns}]
    if both:
        raise DataError(
            f"the frame has an index and a column of the name {both[0]!r}; rename one, or drop the index with "
            "reset_index(drop=True)."
        )
    headers = [header for header, _ in (*levels, *columns)]
    twice = sorted({header for header in headers if headers.count(header) > 1})
    if twice:
        raise DataError(f"the frame has several columns {listed(map(repr, twice[:3]))}; rename them.")
    return pa.table({header: _array(cells) for header, cells in (*levels, *columns)})


def _header(label: Any) -> str:
    """Name of a column; of several levels those that say something, with a space between them."""
    parts = label if isinstance(label, tuple) else (label,)
    return " ".join(str(part) for part in parts if not pd.isna(part) and str(part)).strip()


def _array(cells: pd.Series) -> Any:
    cells = cells.reset_index(drop=True)
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(cells.cat.categories.dtype)
    if isinstance(cells.dtype, pd.SparseDtype):
        cells = pd.Series(cells.to_numpy())
    if pd.api.types.is_timedelta64_dtype(cells.dtype):  # days, as people count them
        cells = cells.dt.total_seconds() / _SECONDS
    try:
        found = _instants(cells) if isinstance(cells.dtype, pd.DatetimeTZDtype) else pa.array(cells, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError, OverflowError):  # cells of several types
        found = None
    if found is None or isinstance(found.type, pa.ExtensionType) or pa.types.is_nested(found.type):
        found = pa.array(texts_of(cells.astype(object)), type=pa.large_string(), from_pandas=True)
    return found


def _instants(cells: pd.Series) -> Any:
    """Times with a zone; pyarrow itself asks pandas for them in a way that pandas warns of."""
    utc = pa.array(cells.dt.tz_convert(None).to_numpy(), from_pandas=True)
    unit = utc.type.unit
    return utc.cast(pa.timestamp(unit, "UTC")).cast(pa.timestamp(unit, pa.lib.tzinfo_to_string(cells.dt.tz)))


def _copied(table: pa.Table) -> pa.Table:
    """A table in memory of its own: whoever gave the frame may change its cells, and the checksum tells these."""
    held = pa.BufferOutputStream()
    with pa.ipc.new_stream(held, table.schema) as stream:
        stream.write_table(table)
    return pa.ipc.open_stream(held.getvalue()).read_all()


def _plain(column: Any) -> Any:
    """One type for each kind of cell, so that a frame of another library has the same checksum."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        if pa.types.is_string_view(kind.value_type):  # of polars, which Arrow does not decode
            words = [part.dictionary.cast(pa.large_string()).take(part.indices) for part in column.chunks]
            return pa.chunked_array(words, pa.large_string())
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.large_string())
    if pa.types.is_nested(kind) or isinstance(kind, pa.ExtensionType) or pa.types.is_binary(kind):
        texts = texts_of(column.to_pandas().astype(object))
        return pa.chunked_array(pa.array(texts, type=pa.large_string(), from_pandas=True))
    if pa.types.is_duration(kind):
        seconds = column.cast(pa.duration("us")).to_pandas().dt.total_seconds()
        return pa.chunked_array([pa.array(seconds / _SECONDS, from_pandas=True)])
    return column
