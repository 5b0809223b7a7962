"""One way to read a table, whatever holds it: whole, in chunks, as a preview, and some of its rows as text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.settings.data import ColumnSpec, DataSettings
from customer_segmentation.sources.files import FileBytes
from customer_segmentation.sources.row_spool import RowSpool
from customer_segmentation.sources.tables import in_order, names_of, plain_frame, texts_frame

PLACES = 20  # of a table, from which the rows of a preview are taken
_PASS = 1 << 15  # rows held while a table is passed through for some of its rows


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
        Rows that do not fit the header: the columns of `TableSource.text_names`, ``row`` and ``reason``.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    broken: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Chunk(Cells):
    """Consecutive rows of a table; ``broken`` holds those found since the chunk before.

    Attributes
    ----------
    everything : Table or None
        All columns, where these were asked for or are at hand.
    texts : callable or None
        Gives all cells of some of its rows as text, where the source itself is elsewhere.
    """

    everything: pa.Table | None = None
    texts: Callable[[np.ndarray], pd.DataFrame] | None = None


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


#: Settings by which a table is read, each of some kinds of tables.
READING = ("query", "sheet", "delimiter", "encoding", "decimal")


class TableSource(ABC):
    """A table that can be read: the same class for every command, so that each rejects the same rows.

    A new kind of table is a subclass with `tables`; the other methods are derived from it and are overridden where a
    format can do better.

    Attributes
    ----------
    name : str
        For messages.
    headers : tuple of str
    decimal : {".", ","} or None
        Decimal mark of numbers in text; None where the table does not show it.
    sampled_from : int
        Rows of the whole, where only a sample of it is read; else 0.
    first_row : int
        Number of the first row in the source.
    typed : bool
        Whether cells have types; those of a delimited text are characters.
    reads : tuple of str or None
        Settings that such a table reads, of `READING`; None: nobody asks, as of the built-in sample.
    """

    name: str
    headers: tuple[str, ...]
    decimal: str | None = None
    sampled_from: int = 0
    first_row: int = 2
    typed: bool = True
    reads: tuple[str, ...] | None = None

    @abstractmethod
    def tables(self, positions: Sequence[int], *, size: int) -> Iterator[pa.Table]:
        """Yield all rows in order, at most about ``size`` at a time, with the columns at ``positions`` in that order.

        Parameters
        ----------
        positions : columns, counted from 0
        size : rows at a time

        Raises
        ------
        DataError
            The source cannot be read to its end.
        """

    @property
    def sha256(self) -> str:
        """Checksum of the source's bytes, empty where it has none."""
        return ""

    @property
    def expected_rows(self) -> int | None:
        """About how many rows there are; None where nobody knows."""
        return None

    @property
    def text_names(self) -> list[str]:
        """Names of the columns of rows as text, each once; none is that of the two which rejected rows end with."""
        return names_of(self.headers, taken=("row", "reason"))

    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        """Read the wanted columns, given by position with their contract."""
        parts = list(self.tables(list(wanted), size=_PASS))
        frame = (
            plain_frame(pa.concat_tables(parts)) if parts else pd.DataFrame(index=range(0), columns=range(len(wanted)))
        )
        rows = np.arange(len(frame), dtype=np.int64) + self.first_row
        return Cells(frame.set_axis(list(wanted), axis=1), rows)

    def chunks(self, wanted: Mapping[int, ColumnSpec], *, size: int, everything: bool = False) -> Iterator[Chunk]:
        """Yield the rows in chunks of at most about ``size``.

        Parameters
        ----------
        wanted : mapping of int to ColumnSpec
            Contract of the wanted columns by their position.
        size : int
            Rows.
        everything : bool
            Hand out all columns as well.
        """
        row = self.first_row
        asked = list(range(len(self.headers))) if everything else list(wanted)
        for table in self.tables(asked, size=size):
            rows = np.arange(row, row + table.num_rows, dtype=np.int64)
            row += table.num_rows
            part = table.select(list(wanted)) if everything else table
            whole = table.rename_columns(names_of(self.headers)) if everything else None
            yield Chunk(plain_frame(part).set_axis(list(wanted), axis=1), rows, everything=whole)

    def preview(self, n_rows: int) -> Preview:
        """Read all columns of about ``n_rows`` rows, of all where there are no more."""
        parts: list[pa.Table] = []
        count = 0
        for table in self.tables(range(len(self.headers)), size=n_rows + 1):
            parts.append(table)
            count += table.num_rows
            if count > n_rows:
                break
        frame = (
            plain_frame(pa.concat_tables(parts)) if parts else pd.DataFrame(columns=range(len(self.headers)), index=[])
        )
        frame = frame.set_axis(range(len(self.headers)), axis=1)
        return Preview(frame.head(n_rows), "its first") if count > n_rows else Preview(frame)

    def first_cells(self, position: int, n_cells: int) -> pd.Series:
        """Read the first cells of a column, ``n_cells`` at most.

        Parameters
        ----------
        position : the column, counted from 0
        n_cells : cells at most
        """
        parts: list[pa.Table] = []
        for table in self.tables([position], size=n_cells):
            parts.append(table)
            n_cells -= table.num_rows
            if n_cells <= 0:
                break
        return plain_frame(pa.concat_tables(parts)).iloc[:, 0] if parts else pd.Series(dtype="str")

    def rows_as_text(self, positions: np.ndarray) -> pd.DataFrame:
        """All cells of some rows as text.

        Parameters
        ----------
        positions : int array of shape (n_rows,)
            Of the rows among those read, from 0, in any order.

        Returns
        -------
        DataFrame of shape (n_rows, n_columns)
            Under `text_names`.
        """
        asked = np.asarray(positions, dtype=np.int64)
        at = np.unique(asked)
        parts = [pd.DataFrame(columns=self.text_names, dtype="str")]
        start = 0
        for table, _ in self.passes(_PASS) if len(at) else ():
            stop = start + table.num_rows
            inside = at[slice(*np.searchsorted(at, (start, stop)))]
            if len(inside):
                parts.append(self.as_texts(table.take(pa.array(inside - start))))
            start = stop
            if start > at[-1]:
                break
        found = pd.concat(parts[1:] or parts, ignore_index=True)
        return found if np.array_equal(at, asked) else found.iloc[np.searchsorted(at, asked)].reset_index(drop=True)

    def rejected(self, spool: RowSpool) -> Iterator[pd.DataFrame]:
        """All cells as text of the spool's rows and of the broken ones, with ``row`` and ``reason``, in order."""
        start = 0
        for table, broken in self.passes(_PASS):
            stop = start + table.num_rows
            taken = spool.take(stop)
            parts = [broken] if len(broken) else []
            if len(taken):
                texts = self.as_texts(table.take(pa.array(taken["position"].to_numpy() - start)))
                parts.append(texts.assign(row=taken["row"].to_numpy(), reason=taken["reason"].to_numpy()))
            if parts:
                yield in_order(parts)
            start = stop

    def passes(self, size: int) -> Iterator[tuple[pa.Table, pd.DataFrame]]:
        """Yield all columns of all rows in order, each time with the broken rows met on the way."""
        for table in self.tables(range(len(self.headers)), size=size):
            yield table, pd.DataFrame()

    def as_texts(self, table: pa.Table) -> pd.DataFrame:
        """All cells of rows that `passes` yields as text, under `text_names`; empty where there is no value."""
        return texts_frame(table, self.text_names)


class FileSource(TableSource):
    """A table in a file. A new kind is a subclass in a file of its own, and one line in ``sources/open.py``.

    Attributes
    ----------
    kind : str
        Of file, as messages have it.
    magics : tuple of bytes
        First bytes of a stored file of this kind; empty where it is text.
    """

    kind: ClassVar[str] = ""
    magics: ClassVar[tuple[bytes, ...]] = ()

    @classmethod
    def takes(cls, file: FileBytes) -> bool:
        """Tell whether a file is of this kind."""
        return file.head.startswith(cls.magics)

    @classmethod
    @abstractmethod
    def opened(cls, file: FileBytes, settings: DataSettings) -> Self:
        """Open a file of this kind; only its header is read.

        Parameters
        ----------
        file : the file's bytes, whatever they are packed in
        settings : ``data``: delimiter, encoding, sheet and the like

        Raises
        ------
        DataError
            It is damaged or holds no table.
        """
