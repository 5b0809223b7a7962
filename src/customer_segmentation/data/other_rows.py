"""Rows of a table that are no customers: its header once more, and the totals under its last row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from customer_segmentation.data.rejections import RejectedRows
from customer_segmentation.sources.base import TableSource
from customer_segmentation.sources.parsing.numbers import parse_numbers
from customer_segmentation.sources.parsing.texts import fold, texts_of

HEADER_AGAIN = "repeats the header"
TOTALS = "is a row of totals"
#: Words, folded, of which one stands in a row of totals.
_TOTALS = """
    total totals grandtotal subtotal sum overall average mean summe gesamt gesamtsumme insgesamt durchschnitt totaux
    somme moyenne totales suma promedio totalgeneral totalgeral soma totais média totale totali somma media
    totalegenerale toplam geneltoplam ortalama razem итого всего 合计 总计 合計"""
_TOTAL_WORDS = frozenset(_TOTALS.split())
_NEAR = 0.005  # of a sum, for rounding


def mark_headers(rejected: RejectedRows, raw: pd.DataFrame) -> None:
    """Mark the rows whose cells are the names of their columns.

    Parameters
    ----------
    rejected : RejectedRows
    raw : DataFrame of shape (n_rows, n_columns)
        Cells as they come, under the columns' names.
    """
    for position in np.flatnonzero(header_rows(raw)):
        rejected.add(int(position), HEADER_AGAIN, kind=HEADER_AGAIN)


def mark_totals(rejected: RejectedRows, frame: pd.DataFrame, source: TableSource, positions: np.ndarray) -> None:
    """Mark the last row where it is one of totals.

    Parameters
    ----------
    rejected : RejectedRows
    frame : DataFrame of shape (n_rows, n_columns)
        Typed cells.
    source : TableSource
        Has all cells of the last row.
    positions : int array of shape (n_rows,)
        Where the rows stand among those read.
    """
    # The sums first: the cells of a row as text may cost a pass over the file.
    if ends_with_sum(frame) and says_total(source.rows_as_text(positions[-1:]).iloc[0]):
        rejected.add(len(frame) - 1, TOTALS, kind=TOTALS)


def header_rows(raw: pd.DataFrame) -> np.ndarray:
    """Rows whose cells are the names of their columns: bool array of shape (n_rows,)."""
    candidates = np.arange(len(raw))
    if raw.shape[1] < 2 or any(pd.api.types.is_numeric_dtype(raw[name].dtype) for name in raw.columns):
        candidates = candidates[:0]
    for name in raw.columns:
        if not len(candidates):
            break
        cells = texts_of(raw[name].iloc[candidates]).fillna("")
        candidates = candidates[(cells.str.casefold() == str(name).strip().casefold()).to_numpy(dtype=bool)]
    found = np.zeros(len(raw), dtype=bool)
    found[candidates] = True
    return found


def says_total(last: pd.Series) -> bool:
    """Whether a cell of a row, as text, is a word for totals."""
    return any(fold(cell) in _TOTAL_WORDS for cell in last if isinstance(cell, str))


def ends_with_sum(frame: pd.DataFrame) -> bool:
    """Whether a number of the last row is the sum or the mean of those above it."""
    if len(frame) < 3:
        return False
    for name in frame.columns:
        if not pd.api.types.is_float_dtype(frame[name].dtype):
            continue
        values = frame[name].to_numpy()
        own = values[-1]
        if not np.isfinite(own) or own == 0:
            continue
        known = np.isfinite(values[:-1])
        total, count = float(values[:-1].sum(where=known)), int(known.sum())
        expected = (total, total / count) if count else ()
        if any(abs(own - value) <= _NEAR * abs(value) for value in expected):
            return True
    return False


def customer_rows(cells: pd.DataFrame, headers: Sequence[str], *, decimal: str | None = None) -> np.ndarray:
    """Rows of a table as it is first seen that are neither its header once more nor its totals.

    Parameters
    ----------
    cells : DataFrame of shape (n_rows, n_columns)
        Raw cells of any type.
    headers : sequence of str, of length n_columns
    decimal : {".", ","}, optional
        Decimal mark of the source, where it is known.

    Returns
    -------
    bool array of shape (n_rows,)
    """
    kept = ~header_rows(cells.set_axis(list(headers), axis=1)) if len(set(headers)) == len(headers) else None
    kept = np.ones(len(cells), dtype=bool) if kept is None else kept
    if len(cells) < 3:
        return kept
    last = texts_of(cells.iloc[-1].astype("object")).fillna("")
    if says_total(last):
        numbers = {}
        for at in range(cells.shape[1]):
            texts = texts_of(cells.iloc[:, at])[kept]
            filled = texts.notna() & (texts != "")
            values = np.full(len(texts), np.nan)
            values[filled.to_numpy(dtype=bool)] = parse_numbers(texts[filled], decimal=decimal)
            numbers[at] = values
        kept[-1] = not ends_with_sum(pd.DataFrame(numbers))
    return kept
