"""Rows of a delimited text that do not fit its header: taken apart, and kept with the reason."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

import pandas as pd

from customer_segmentation.sources.parsing.headers import header_name


def lines_of_broken(number: int, text: str) -> Iterator[tuple[int, str, str]]:
    """Take a broken record apart: a quotation that never ends swallows many customers."""
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    if len(lines) <= 1:
        yield number, text, ""
        return
    for line in lines:
        yield number, line, f"a quotation that begins in row {number} does not end where a cell ends"


def broken_rows(rows: Sequence[tuple[int, str, str]], headers: Sequence[str], delimiter: str) -> pd.DataFrame:
    """Broken rows under the headers, as far as they go, with ``row`` and ``reason``.

    Parameters
    ----------
    rows : sequence of (int, str, str)
        Number in the source, text, and the reason; without one the number of its cells is told.
    headers : sequence of str
    delimiter : str
    """
    named = [header_name(header, at) for at, header in enumerate(headers)]
    cells = []
    for _, text, _ in rows:
        parsed = next(iter(csv.reader([text], delimiter=delimiter)), []) if '"' not in text else text.split(delimiter)
        cells.append((parsed + [""] * len(named))[: len(named)])
    frame = pd.DataFrame(cells, columns=named, dtype="str")
    frame["row"] = [row for row, _, _ in rows]
    frame["reason"] = [
        reason or f"the row has {len(text.split(delimiter))} cells, the header {len(named)}" for _, text, reason in rows
    ]
    return frame
