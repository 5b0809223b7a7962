"""From raw cells to rows that can be used and rows that cannot: one set of rules, however a table is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from customer_segmentation.data.cleaning import prepare_columns
from customer_segmentation.data.other_rows import mark_headers
from customer_segmentation.data.rejections import (
    RejectedRows,
    RowsAsText,
    empty_rows,
    mark_missing,
    mark_problems,
    mark_repetitions,
    rejected_table,
)
from customer_segmentation.data.wanted import WantedColumns
from customer_segmentation.sources.base import Cells


@dataclass
class CheckedRows:
    """Typed rows of a source, with the reasons why some cannot be used.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Typed values of the rows that are not empty; categories are coded.
    rejected : RejectedRows
        Of these rows.
    filled : bool array of shape (n_rows_read,)
        Which of the rows read these are.
    broken : DataFrame
        Rows that do not fit the header.
    duplicates : int
        Exact repetitions of an earlier row.
    repaired : dict of str to int array
        A sentence for each repair that was applied, and the positions of its rows in ``frame``.
    """

    frame: pd.DataFrame
    rejected: RejectedRows
    filled: np.ndarray
    broken: pd.DataFrame
    duplicates: int
    repaired: dict[str, np.ndarray]

    @property
    def read(self) -> int:
        """Rows of the source without the empty ones."""
        return int(self.filled.sum()) + len(self.broken)

    @property
    def repairs(self) -> dict[str, int]:
        """A sentence for each repair that was applied, and in how many usable rows."""
        usable = self.rejected.usable
        return {sentence: int(usable[at].sum()) for sentence, at in self.repaired.items() if usable[at].any()}

    def usable_frame(self) -> pd.DataFrame:
        """Typed values of the rows that can be used; the frame is used up."""
        frame, usable = self.frame, self.rejected.usable
        self.frame = pd.DataFrame()  # an empty part of it would hold it all
        return frame if usable.all() else frame[usable].reset_index(drop=True)

    def rejected_rows(self, names: list[str], rows_as_text: RowsAsText, known: Mapping[int, str]) -> pd.DataFrame:
        """Rows that cannot be used with their original cells.

        Parameters
        ----------
        names : list of str
            Of the columns of rows as text.
        rows_as_text : callable
            Gives the cells of rows, by position among those read.
        known : mapping of int to str
            Columns of the contract by their position, which have its names.
        """
        usable = self.rejected.usable
        texts = None if usable.all() else rows_as_text(np.flatnonzero(self.filled)[~usable])
        return rejected_table(self.rejected, texts, self.broken, names, known)


def checked_rows(
    cells: Cells, wanted: WantedColumns, decimal: str | None, rows_as_text: RowsAsText, *, repetitions: bool = True
) -> CheckedRows:
    """Type the cells and mark the rows that cannot be used.

    Parameters
    ----------
    cells : Cells
        Of the wanted columns.
    wanted : WantedColumns
    decimal : {".", ","} or None
        Decimal mark of numbers in text.
    rows_as_text : callable
        Gives all cells of rows, by position among ``cells``.
    repetitions : bool
        Mark rows whose id stands in several; False where the others may not be among these cells.
    """
    present = wanted.present
    raw, numbers, broken = cells.frame.set_axis(list(present), axis=1), cells.rows, cells.broken
    del cells  # of a big table the raw cells are not held beside the typed ones
    filled = ~empty_rows(raw, rows_as_text)
    whole = bool(filled.all())
    rejected = RejectedRows(numbers if whole else numbers[filled])
    prepared = prepare_columns(raw if whole else raw[filled], present, decimal=decimal, coded=True)
    mark_headers(rejected, raw if whole else raw[filled])
    del raw
    frame, problems, repaired = prepared.frame.reset_index(drop=True), prepared.problems, prepared.repaired
    del prepared
    mark_problems(rejected, problems[problems["column"].isin(wanted.strict)])
    ids = [] if wanted.id_column is None else [wanted.id_column]
    mark_missing(rejected, frame, [*wanted.required, *ids], problems)
    duplicates = 0
    if repetitions and wanted.id_column is not None:
        own = frame[wanted.own] if wanted.guests else frame
        duplicates = mark_repetitions(rejected, own, wanted.id_column)
    rejected.count_broken(broken)
    return CheckedRows(frame, rejected, filled, broken, duplicates, repaired)
