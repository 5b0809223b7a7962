"""Columns that grow batch by batch, so that a big table is held once while it is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from typing_extensions import override

from customer_segmentation.settings.data import ColumnSpec, ColumnType
from customer_segmentation.sources.parsing.blanks import BLANK_SPELLINGS

NULLS = sorted({form for word in BLANK_SPELLINGS for form in (word, word.upper(), word.capitalize(), word.title())})
NUMBERS = (ColumnType.number, ColumnType.integer)

_GATHERED = 16  # batches


class GrowingColumn(ABC):
    """A column that takes batches of cells."""

    @abstractmethod
    def add(self, cells: pa.Array) -> None:
        """Append the cells of a batch."""

    @abstractmethod
    def extend(self, other: GrowingColumn) -> None:
        """Append the cells of another column of the same kind, which is used up."""

    @abstractmethod
    def series(self) -> pd.Series:
        """All cells so far."""


def growing_column(kind: pa.DataType, expected: int) -> GrowingColumn:
    """Make an empty column for cells of an Arrow type; ``expected`` cells are likely to come.

    Parameters
    ----------
    kind : Arrow type of the cells
    expected : cells that are likely to come
    """
    return NumberColumn(expected) if kind == pa.float64() else TextColumn(kind)


class NumberColumn(GrowingColumn):
    """A column of float64 cells.

    Parameters
    ----------
    expected : int
        Number of cells to make room for; more are taken as well.
    """

    def __init__(self, expected: int) -> None:
        self._values = np.empty(max(expected, 1))
        self._size = 0

    @override
    def add(self, cells: pa.Array) -> None:
        """Append the cells of a batch; a null becomes NaN."""
        self._append(cells.to_numpy(zero_copy_only=False))

    @override
    def extend(self, other: GrowingColumn) -> None:
        assert isinstance(other, NumberColumn)  # noqa: S101 - for the type checker
        self._append(other._values[: other._size])

    def _append(self, values: np.ndarray) -> None:
        end = self._size + len(values)
        if end > len(self._values):
            grown = np.empty(max(end, 2 * len(self._values)))
            grown[: self._size] = self._values[: self._size]
            self._values = grown
        self._values[self._size : end] = values
        self._size = end

    @override
    def series(self) -> pd.Series:
        return pd.Series(self._values[: self._size], copy=False)


class TextColumn(GrowingColumn):
    """A column of texts, or of codes for few texts.

    Parameters
    ----------
    kind : DataType
        A string type or a dictionary of strings.
    """

    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._batches: list[pa.Array] = []
        self._loose: list[pa.Array] = []

    @override
    def add(self, cells: pa.Array) -> None:
        """Append the cells of a batch; many small arrays in a row become one, which later work is quicker on."""
        self._loose.append(cells)
        if len(self._loose) == _GATHERED and not pa.types.is_dictionary(self._kind):
            self._batches.append(pa.concat_arrays(self._loose))
            self._loose = []

    @override
    def extend(self, other: GrowingColumn) -> None:
        assert isinstance(other, TextColumn)  # noqa: S101 - for the type checker
        self._batches += [*self._loose, *other._batches, *other._loose]
        self._loose = []

    @override
    def series(self) -> pd.Series:
        """All cells so far: of a string dtype, or categorical."""
        cells = pa.chunked_array([*self._batches, *self._loose], type=self._kind)
        if pa.types.is_dictionary(self._kind):
            categories: pd.Series = cells.unify_dictionaries().to_pandas()
            return categories
        return pd.Series(pd.array(cells, dtype="str"), copy=False)


def add_batch(columns: Iterable[GrowingColumn], batch: pa.RecordBatch) -> None:
    """Append the cells of a batch to its columns.

    Parameters
    ----------
    columns : one a column of the batch, in its order
    batch : rows to append
    """
    for column, cells in zip(columns, batch.columns, strict=False):
        column.add(cells)


def gathered(batches: Iterable[pa.RecordBatch], types: Mapping[int, pa.DataType], expected: int) -> pd.DataFrame:
    """Batches as one frame.

    Parameters
    ----------
    batches : iterable of RecordBatch
    types : mapping of int to DataType
        Of the columns, by position.
    expected : int
        Rows that are likely to come.
    """
    columns = {position: growing_column(kind, expected) for position, kind in types.items()}
    for batch in batches:
        add_batch(columns.values(), batch)
    return pd.DataFrame({position: column.series() for position, column in columns.items()}, copy=False)


def typed_columns(table: pa.Table, wanted: Mapping[int, ColumnSpec], *, decimal: str | None = None) -> pd.DataFrame:
    """Wanted columns of a table of texts; one whose cells are all plain numbers becomes numbers, which is quicker.

    Parameters
    ----------
    table : Table
        All columns.
    wanted : mapping of int to ColumnSpec
        Contract of those that are wanted, by position.
    decimal : str or None
        Decimal mark; with a comma a point is between thousands, and no number is plain.
    """
    columns: dict[int, pd.Series] = {}
    for position, spec in wanted.items():
        cells = table.column(position)
        if spec.type in NUMBERS and decimal != ",":
            try:
                blank = pc.is_in(cells, value_set=pa.array(NULLS, cells.type))
                filled = pc.if_else(blank, pa.scalar(None, cells.type), cells)
                columns[position] = pd.Series(pc.cast(filled, pa.float64()).to_numpy(), copy=False)
                continue
            except pa.ArrowInvalid:
                pass
        columns[position] = pd.Series(pd.array(cells, dtype="str"), copy=False)
    return pd.DataFrame(columns, copy=False)
