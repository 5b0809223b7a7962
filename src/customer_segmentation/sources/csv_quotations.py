"""Quotations that do not end where their cell ends, and still leave each record the right number of cells."""

from __future__ import annotations

import csv
import io
from typing import Any

from customer_segmentation.errors import DataError
from customer_segmentation.formatting import counted

_LONGEST_CELL = 1 << 30
_FEWEST = 3  # delimiters by which lines of a cell are taken for rows, and not for a text that somebody wrote


def refuse_swallowed(stream: Any, *, name: str, delimiter: str, width: int) -> None:
    """Refuse a text with a cell whose lines are rows of the table: ``5 inch`` behind a mark that nobody has closed.

    Parameters
    ----------
    stream : UTF-8 bytes of the whole text
    name : of the file, for the message
    delimiter : one character
    width : number of columns

    Raises
    ------
    DataError
        Names the first line of the cell.
    """
    csv.field_size_limit(_LONGEST_CELL)
    try:
        text = io.TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="")
        reader, first = csv.reader(text, delimiter=delimiter), 1
        for cells in reader:
            if reader.line_num > first:
                for at, cell in enumerate(cells):
                    lines = cell.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
                    if len(cells) == width and _are_rows(lines, at, delimiter, width):
                        raise DataError(
                            f"{name}: a quotation mark that opens in line {first} does not end where its cell ends, "
                            f"and swallows {counted(len(lines) - 1, 'further line')}; close it, double it, or take it "
                            "out."
                        )
            first = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}: a quotation mark may be open in line {first} or behind it ({error}).") from None


def _are_rows(lines: list[str], at: int, delimiter: str, width: int) -> bool:
    """Whether lines of a cell are the rest of its row, whole rows, and the beginning of another, up to its column."""
    found = [line.count(delimiter) for line in lines]
    rows = [width - 1 - at, *[width - 1] * (len(lines) - 2), at]
    return len(lines) > 1 and found == rows and sum(found) >= _FEWEST
