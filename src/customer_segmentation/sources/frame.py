"""Tables that are in memory already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from typing_extensions import override

from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.base import PLACES, Cells, Chunk, Preview, TableSource
from customer_segmentation.sources.parsing.texts import texts_of
from customer_segmentation.sources.tables import arrow_table, number_rows


class FrameSource(TableSource):
    """A table that is a frame already.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
    name : str
        For messages.
    sha256 : str
    first_row : int
        Number of the first row in the source.
    decimal : {".", ","}, optional
        Decimal mark of numbers in text.
    """

    def __init__(
        self, frame: pd.DataFrame, *, name: str, sha256: str = "", first_row: int = 2, decimal: str | None = None
    ) -> None:
        self.name = name
        self.headers = tuple("" if pd.isna(header) else str(header) for header in frame.columns)
        self.decimal = decimal
        self.first_row = first_row
        self._sha256 = sha256
        self._frame = frame.set_axis(range(frame.shape[1]), axis=1).reset_index(drop=True)

    @property
    @override
    def sha256(self) -> str:
        return self._sha256

    @property
    @override
    def expected_rows(self) -> int | None:
        return len(self._frame)

    @override
    def tables(self, positions: Sequence[int], *, size: int) -> Iterator[pa.Table]:
        for start in range(0, len(self._frame), size):
            yield arrow_table(self._frame.iloc[start : start + size], self.headers).select(list(positions))

    @override
    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        return Cells(self._frame[list(wanted)], number_rows(len(self._frame), [], first=self.first_row))

    @override
    def chunks(self, wanted: Mapping[int, ColumnSpec], *, size: int, everything: bool = False) -> Iterator[Chunk]:
        for start in range(0, len(self._frame), size):
            part = self._frame.iloc[start : start + size].reset_index(drop=True)
            rows = np.arange(start, start + len(part), dtype=np.int64) + self.first_row
            yield Chunk(part[list(wanted)], rows, everything=arrow_table(part, self.headers))

    @override
    def preview(self, n_rows: int) -> Preview:
        frame = self._frame
        if len(frame) <= n_rows:
            return Preview(frame)
        size = max(n_rows // PLACES, 1)
        at = np.unique([np.arange(size) + start for start in np.linspace(0, len(frame) - size, PLACES).astype(np.intp)])
        return Preview(frame.iloc[at].reset_index(drop=True), f"spread over its {len(frame):,}")

    @override
    def first_cells(self, position: int, n_cells: int) -> pd.Series:
        return self._frame[position].head(n_cells)

    @override
    def rows_as_text(self, positions: np.ndarray) -> pd.DataFrame:
        part = self._frame.iloc[np.asarray(positions, dtype=np.intp)].reset_index(drop=True)
        texts = {position: texts_of(part[position]).fillna("") for position in part.columns}
        return pd.DataFrame(texts, index=part.index).set_axis(self.text_names, axis=1)
