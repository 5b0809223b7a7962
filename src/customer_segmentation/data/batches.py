"""Columns that grow batch by batch, so that a big table is held once while it is read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa


class NumberColumn:
    """A column of float64 cells.

    Parameters
    ----------
    expected : int
        Number of cells to make room for; more are taken as well.
    """

    def __init__(self, expected: int) -> None:
        self._values = np.empty(max(expected, 1))
        self._size = 0

    def add(self, cells: pa.Array) -> None:
        """Append the cells of a batch; a null becomes NaN."""
        end = self._size + len(cells)
        if end > len(self._values):
            grown = np.empty(max(end, 2 * len(self._values)))
            grown[: self._size] = self._values[: self._size]
            self._values = grown
        self._values[self._size : end] = cells.to_numpy(zero_copy_only=False)
        self._size = end

    def series(self) -> pd.Series:
        """All cells so far."""
        return pd.Series(self._values[: self._size], copy=False)


class TextColumn:
    """A column of texts, or of codes for few texts.

    Parameters
    ----------
    kind : DataType
        A string type or a dictionary of strings.
    """

    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._batches: list[pa.Array] = []

    def add(self, cells: pa.Array) -> None:
        """Append the cells of a batch."""
        self._batches.append(cells)

    def series(self) -> pd.Series:
        """All cells so far: of a string dtype, or categorical."""
        cells = pa.chunked_array(self._batches, type=self._kind)
        if pa.types.is_dictionary(self._kind):
            return cells.unify_dictionaries().to_pandas()
        return pd.Series(pd.array(cells, dtype="str"), copy=False)
