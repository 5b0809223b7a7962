"""What every kind of source hands over: raw cells by position, and on demand the original texts of some rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from customer_segmentation.parsing.headers import header_name
from customer_segmentation.parsing.values import texts_of
from customer_segmentation.settings.data import ColumnSpec

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
class Look:
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

    def look(self, most: int) -> Look:
        """Read all columns of about ``most`` rows, of all where there are no more."""

    def first(self, position: int, most: int) -> pd.Series:
        """Read the first cells of a column, ``most`` at most."""


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

    def look(self, most: int) -> Look:
        """Read all columns of about ``most`` rows, from several places, of all where there are no more."""
        frame = self._frame.reset_index(drop=True)
        if len(frame) <= most:
            return Look(frame)
        size = max(most // PLACES, 1)
        at = np.unique([np.arange(size) + start for start in np.linspace(0, len(frame) - size, PLACES).astype(np.intp)])
        return Look(frame.iloc[at].reset_index(drop=True), f"spread over its {len(frame):,}")

    def first(self, position: int, most: int) -> pd.Series:
        """Read the first cells of a column, ``most`` at most."""
        return self._frame[position].head(most)


def number_rows(count: int, broken: Sequence[int], *, first: int) -> np.ndarray:
    """Numbers of the rows in the source: consecutive from ``first``, those of the broken rows left out."""
    if not broken:
        return np.arange(first, first + count, dtype=np.int64)
    taken = np.zeros(first + count + len(broken), dtype=bool)
    taken[:first] = True
    taken[[number for number in broken if number < len(taken)]] = True
    return np.flatnonzero(~taken)[:count]
