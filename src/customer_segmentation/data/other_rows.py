"""Rows of a table that are no customers: its header once more, and the totals under its last row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_segmentation.data.rejections import RejectedRows
from customer_segmentation.sources.base import TableSource
from customer_segmentation.sources.parsing.texts import fold, texts_of

HEADER_AGAIN = "repeats the header"
TOTALS = "is a row of totals"
#: Words, folded, of which one stands in a row of totals.
_TOTAL_WORDS = frozenset(
    fold(word)
    for word in (
        "total totals grandtotal subtotal sum overall average mean summe gesamt gesamtsumme insgesamt durchschnitt totaux "
        "somme moyenne ensemble totales suma promedio totalgeneral totalgeral soma totais média totale totali somma media "
        "totalegenerale toplam geneltoplam ortalama razem итого всего 合计 总计 合計"
    ).split()
)
_NEAR = 0.005  # of a sum, for rounding


def mark_other_rows(faults: RejectedRows, raw: pd.DataFrame, frame: pd.DataFrame, last: pd.Series) -> None:
    """Mark the rows that are no customers.

    Parameters
    ----------
    faults : RejectedRows
    raw : DataFrame of shape (n_rows, n_columns)
        Cells as they come, under the columns' names.
    frame : DataFrame of shape (n_rows, n_columns)
        The same, typed.
    last : Series
        All cells of the last row as text.
    """
    for position in np.flatnonzero(header_rows(raw)):
        faults.add(int(position), HEADER_AGAIN, kind=HEADER_AGAIN)
    if len(frame) and has_totals(frame, last):
        faults.add(len(frame) - 1, TOTALS, kind=TOTALS)


def header_rows(raw: pd.DataFrame) -> np.ndarray:
    """Rows whose cells are the names of their columns: bool array of shape (n_rows,)."""
    candidates = np.arange(len(raw))
    if raw.shape[1] < 2 or any(pd.api.types.is_numeric_dtype(raw[name].dtype) for name in raw.columns):
        candidates = candidates[:0]
    for name in raw.columns:
        if not len(candidates):
            break
        cells = texts_of(raw[name].iloc[candidates]).fillna("")
        candidates = candidates[[fold(cell) == fold(str(name)) for cell in cells] if len(cells) < 1000 else
                                (cells.str.lower() == str(name).lower()).to_numpy(dtype=bool)]  # fmt: skip
    found = np.zeros(len(raw), dtype=bool)
    found[candidates] = True
    return found


def has_totals(frame: pd.DataFrame, last: pd.Series) -> bool:
    """Whether the last row says that it is one of totals, and a number of it is the sum or the mean of those above."""
    if len(frame) < 3 or not any(fold(str(cell)) in _TOTAL_WORDS for cell in last if isinstance(cell, str)):
        return False
    for name in frame.columns:
        if not pd.api.types.is_float_dtype(frame[name].dtype):
            continue
        values = frame[name].to_numpy()
        above, own = values[:-1][np.isfinite(values[:-1])], values[-1]
        for expected in (above.sum(), above.mean()) if len(above) else ():
            if np.isfinite(own) and own != 0 and abs(own - expected) <= _NEAR * abs(expected):
                return True
    return False


def last_row(source: TableSource, positions: np.ndarray) -> pd.Series:
    """All cells of the last of some rows, as text."""
    return source.originals(positions[-1:]).iloc[0] if len(positions) else pd.Series(dtype="str")
