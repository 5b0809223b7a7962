"""Tables that are in memory already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.base import PLACES, Cells, Chunk, Preview, arrow_table, number_rows
from customer_segmentation.sources.parsing.headers import header_name
from customer_segmentation.sources.parsing.texts import texts_of
from customer_segmentation.sources.row_spool import RowSpool


class FrameSource:
    """A table that is a frame already.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
    name : str
        For messages.
    sha256 : str
    first_row : int
        Number of the first row in the source.
    """

    def __init__(self, frame: pd.DataFrame, *, name: str, sha256: str = "", first_row: int = 2) -> None:
        self.name = name
        self.headers = tuple("" if pd.isna(header) else str(header) for header in frame.columns)
        self.sha256 = sha256
        self.decimal: str | None = None
        self.sampled_from = 0
        self._frame = frame.set_axis(range(frame.shape[1]), axis=1)
        self._first_row = first_row

    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        """Read the wanted columns, given by position with their contract."""
        frame = self._frame[list(wanted)].reset_index(drop=True)
        return Cells(frame, number_rows(len(frame), [], first=self._first_row), pd.DataFrame())

    def originals(self, rows: np.ndarray) -> pd.DataFrame:
        """Cells of some rows as text, all columns, under their headers; rows are positions among those read."""
        part = self._frame.iloc[np.asarray(rows, dtype=np.intp)].reset_index(drop=True)
        texts = {position: texts_of(part[position]).fillna("") for position in part.columns}
        frame = pd.DataFrame(texts, index=part.index)
        return frame.set_axis([header_name(header, at) for at, header in enumerate(self.headers)], axis=1)

    def look(self, most: int) -> Preview:
        """Read all columns of about ``most`` rows, from several places, of all where there are no more."""
        frame = self._frame.reset_index(drop=True)
        if len(frame) <= most:
            return Preview(frame)
        size = max(most // PLACES, 1)
        at = np.unique([np.arange(size) + start for start in np.linspace(0, len(frame) - size, PLACES).astype(np.intp)])
        return Preview(frame.iloc[at].reset_index(drop=True), f"spread over its {len(frame):,}")

    def first(self, position: int, most: int) -> pd.Series:
        """Read the first cells of a column, ``most`` at most."""
        return self._frame[position].head(most)


class FrameChunks:
    """A table that is a frame already."""

    broken = 0

    def __init__(self, frame: pd.DataFrame, *, name: str, sha256: str = "", first_row: int = 2) -> None:
        self.name = name
        self.sha256 = sha256
        self.headers = tuple("" if pd.isna(header) else str(header) for header in frame.columns)
        self.decimal: str | None = None
        self.expected: int | None = len(frame)
        self._frame = frame.set_axis(range(frame.shape[1]), axis=1)
        self._first_row = first_row

    def chunks(self, wanted: Mapping[int, ColumnSpec], *, size: int, everything: bool) -> Iterator[Chunk]:
        """Yield chunks of at most ``size`` rows; all columns are at hand."""
        for start in range(0, len(self._frame), size):
            part = self._frame.iloc[start : start + size].reset_index(drop=True)
            rows = np.arange(start, start + len(part), dtype=np.int64) + self._first_row
            yield Chunk(part[list(wanted)], rows, arrow_table(part, self.headers))

    def rejected(self, spool: RowSpool) -> Iterator[pd.DataFrame]:
        """Nothing is left to come back to: all columns were at hand."""
        yield from ()
