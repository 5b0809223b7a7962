"""What every kind of source hands over: raw cells by position, and on demand the original texts of some rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.parsing.headers import header_name
from customer_segmentation.sources.parsing.texts import texts_of
from customer_segmentation.sources.row_spool import RowSpool

PLACES = 20  # of a table, from which the rows of a look are taken


@dataclass(frozen=True)
class Cells:
    """Raw cells of the wanted columns.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_wanted)
        Cells of any type; its columns are the positions of the headers.
    rows : int64 array of shape (n_rows,)
        Number of each row in the source, the header being row 1.
    broken : DataFrame
        Rows that do not fit the header: the source's headers, ``row`` and ``reason``.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    broken: pd.DataFrame


@dataclass(frozen=True)
class Preview:
    """All columns of some rows, by which a table is judged.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_headers)
        Cells of any type; its columns are the positions of the headers.
    which : str
        Which rows these are, such as "spread over all"; empty where the table has no others.
    """

    frame: pd.DataFrame
    which: str = ""


class Source(Protocol):
    """A table that can be read."""

    name: str
    headers: tuple[str, ...]
    decimal: str | None
    sampled_from: int  # rows of the whole, where only a sample of it is read; else 0

    @property
    def sha256(self) -> str:
        """Checksum of the source's bytes, empty where it has none."""

    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        """Read the wanted columns, given by position with their contract."""

    def originals(self, rows: np.ndarray) -> pd.DataFrame:
        """Cells of some rows as text, all columns, under their headers; rows are positions among those read."""

    def look(self, most: int) -> Preview:
        """Read all columns of about ``most`` rows, of all where there are no more."""

    def first(self, position: int, most: int) -> pd.Series:
        """Read the first cells of a column, ``most`` at most."""


def number_rows(count: int, broken: Sequence[int], *, first: int) -> np.ndarray:
    """Numbers of the rows in the source: consecutive from ``first``, those of the broken rows left out."""
    if not broken:
        return np.arange(first, first + count, dtype=np.int64)
    taken = np.zeros(first + count + len(broken), dtype=bool)
    taken[:first] = True
    taken[[number for number in broken if number < len(taken)]] = True
    return np.flatnonzero(~taken)[:count]


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows of a table.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_wanted)
        Cells of the wanted columns, of any type; its columns are the positions of the headers.
    rows : int64 array of shape (n_rows,)
        Number of each row in the source, the header being row 1.
    everything : Table or None
        All columns, where these were asked for or are at hand.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    everything: pa.Table | None


class ChunkedSource(Protocol):
    """A table that can be read in chunks.

    Attributes
    ----------
    broken : int
        Rows so far that do not fit the header.
    """

    name: str
    headers: tuple[str, ...]
    decimal: str | None
    broken: int

    @property
    def expected(self) -> int | None:
        """About how many rows there are; None where nobody knows."""

    @property
    def sha256(self) -> str:
        """Checksum of the source's bytes, empty where it has none."""

    def chunks(self, wanted: Mapping[int, ColumnSpec], *, size: int, everything: bool) -> Iterator[Chunk]:
        """Yield chunks of at most about ``size`` rows."""

    def rejected(self, spool: RowSpool) -> Iterator[pd.DataFrame]:
        """Original cells as text of the spool's rows and of the broken ones, with ``row`` and ``reason``, in order."""


def names_of(headers: tuple[str, ...], taken: tuple[str, ...] = ()) -> list[str]:
    """Header names, each once: an empty one is named by its position, a repeated one gets its position."""
    names: list[str] = []
    for at, header in enumerate(headers):
        name = header_name(header, at)
        names.append(f"{name} (column {at + 1})" if name in {*names, *taken} else name)
    return names


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


def with_reasons(table: pa.Table, headers: tuple[str, ...], taken: pd.DataFrame) -> pd.DataFrame:
    """Rows as text, with their number and the reason for which they were rejected."""
    return texts_frame(table, headers).assign(row=taken["row"].to_numpy(), reason=taken["reason"].to_numpy())


def texts_frame(table: pa.Table, headers: tuple[str, ...]) -> pd.DataFrame:
    """All cells of a table as text."""
    frame = table.to_pandas().set_axis(range(table.num_columns), axis=1)
    return pd.DataFrame({at: texts_of(frame[at]).fillna("") for at in frame}).set_axis(names_of(headers), axis=1)
