"""Rows of a delimited text that do not fit its header: taken apart, and kept with the reason."""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

#: Rows that do not fit the header: number in the stream, and text.
Broken = list[tuple[int, str]]


#: How the reason of a row begins that a quotation has swallowed; of other broken rows the number of cells is wrong.
UNENDED = "a quotation that begins in row"


def lines_of_broken(number: int, text: str) -> Iterator[tuple[int, str, str]]:
    """Take a broken record apart: a quotation that never ends swallows many customers.

    Parameters
    ----------
    number : of the record's first line
    text : the record as it stands in the file
    """
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    if len(lines) <= 1:
        yield number, text, ""
        return
    for line in lines:
        yield number, line, f"{UNENDED} {number} does not end where a cell ends"


def broken_rows(rows: Sequence[tuple[int, str, str]], names: Sequence[str], delimiter: str) -> pd.DataFrame:
    """Broken rows under the names of the columns, as far as they go, with ``row`` and ``reason``.

    Parameters
    ----------
    rows : sequence of (int, str, str)
        Number in the source, text, and the reason; without one the number of its cells is told.
    names : sequence of str
        Of the columns, each once.
    delimiter : str
    """
    cells, reasons = [], []
    for _, text, reason in rows:
        parsed = text.split(delimiter) if reason else _cells_of(text, delimiter)
        cells.append((parsed + [""] * len(names))[: len(names)])
        reasons.append(reason or f"the row has {len(parsed)} cells, the header {len(names)}")
    frame = pd.DataFrame(cells, columns=list(names), dtype="str")
    return frame.assign(row=[row for row, _, _ in rows], reason=reasons)


def _cells_of(text: str, delimiter: str) -> list[str]:
    """Cells of a line; quotation marks that enclose none do not count."""
    if '"' in text:
        with contextlib.suppress(csv.Error):
            return next(iter(csv.reader([text], delimiter=delimiter, strict=True)), [])
    return text.split(delimiter)


class RowNumbers:
    """Numbers of rows in the source: consecutive, those of broken rows left out."""

    def __init__(self, first: int) -> None:
        self.given = self.broken = 0
        self._next = first
        self._last_broken = 0
        self._ahead: list[int] = []

    def note(self, broken: Iterable[tuple[int, str]]) -> Broken:
        """Take note of broken rows; return those that are new."""
        fresh = [(number, text) for number, text in broken if number > self._last_broken]
        if fresh:
            self._last_broken = fresh[-1][0]
            self.broken += len(fresh)
            self._ahead += [number for number, _ in fresh]
        return fresh

    def take(self, count: int) -> np.ndarray:
        """Numbers of the next rows."""
        numbers = np.arange(self._next, self._next + count + len(self._ahead), dtype=np.int64)
        if self._ahead:
            numbers = numbers[~np.isin(numbers, self._ahead)]
        numbers = numbers[:count]
        if count:
            self.given += count
            self._next = int(numbers[-1]) + 1
            self._ahead = [number for number in self._ahead if number >= self._next]
        return numbers
