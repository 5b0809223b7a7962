"""Excel sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
import pandas as pd

from customer_segmentation.errors import DataError
from customer_segmentation.formatting import first_line
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.base import FileSource
from customer_segmentation.sources.files import FileBytes
from customer_segmentation.sources.frame import FrameSource
from customer_segmentation.sources.parsing.headers import recognised, spellings_of


class ExcelSource(FrameSource, FileSource):
    """A sheet of a workbook: Excel's own (old ones too) or LibreOffice's."""

    kind = "excel"
    magics = (b"\xd0\xcf\x11\xe0",)  # of old ones; a new one is a zip archive, told by what is in it

    @classmethod
    def takes(cls, file: FileBytes) -> bool:
        """Tell whether a file is a workbook."""
        return file.workbook or super().takes(file)

    @classmethod
    def opened(cls, file: FileBytes, settings: DataSettings) -> Self:
        """Read the sheet that ``settings.sheet`` names, or the one that looks most like the contract's table.

        Raises
        ------
        DataError
            The workbook is damaged, has no such sheet, or only empty ones.
        """
        frame, first_row = sheet_of(file, settings.sheet, spellings_of(settings.columns))
        return cls(frame, name=file.name, sha256=file.sha256(), first_row=first_row)


def sheet_of(file: FileBytes, sheet: str | None, claimed: Mapping[str, str]) -> tuple[pd.DataFrame, int]:
    """Read the sheet that is named, or the one whose header knows most of the contract's columns.

    Returns
    -------
    frame : DataFrame
    first_row : int
        Number of its first row in the sheet.
    """
    try:
        book = pd.ExcelFile(file.path, engine="calamine")
        names = [str(name) for name in book.sheet_names]
    except Exception as error:
        raise DataError(
            f"{file.name} is not a readable workbook ({first_line(error)}); save it again or as CSV."
        ) from None
    if sheet is not None and sheet not in names:
        raise DataError(f"{file.name} has no sheet {sheet!r}; its sheets are {', '.join(names)}: check data.sheet.")
    best: tuple[int, pd.DataFrame, int] | None = None
    with book:
        for name in [sheet] if sheet is not None else names:
            cells = pd.read_excel(book, sheet_name=name, header=None, dtype=object, na_filter=False)
            cells = cells.replace("", None) if len(cells) else cells
            filled = np.flatnonzero(cells.notna().any(axis=1).to_numpy())[:10]
            if not len(filled):
                continue
            scores = [recognised([str(cell) for cell in cells.iloc[row] if pd.notna(cell)], claimed) for row in filled]
            at = int(np.argmax(scores))
            if best is None or scores[at] > best[0]:
                best = (scores[at], cells, int(filled[at]))
    if best is None:
        raise DataError(f"{file.name} has only empty sheets; expected a table with a header row.")
    _, cells, header = best
    headers = ["" if pd.isna(cell) else str(cell) for cell in cells.iloc[header]]
    frame = cells.iloc[header + 1 :].set_axis(range(cells.shape[1]), axis=1).reset_index(drop=True)
    frame.columns = pd.Index(headers)
    return frame, header + 2
