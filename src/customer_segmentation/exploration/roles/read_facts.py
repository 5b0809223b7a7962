"""Read a column of raw cells: what of it are numbers, words, dates and blanks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.exploration.roles.facts import TRIED, UNIQUE, ColumnFacts
from customer_segmentation.exploration.roles.vocabulary import HeaderWords
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.dates import date_format_of
from customer_segmentation.sources.parsing.numbers import parse_numbers
from customer_segmentation.sources.parsing.texts import chunks_of, texts_of

_NUMERIC = 0.9  # share of readable numbers from which the rest is a few words for "no value"
_FEW_WORDS = 3


def read_facts(
    header: str, cells: pd.Series, words: HeaderWords, *, decimal: str | None = None, rows_per_cell: float | None = None
) -> ColumnFacts:
    """Read a column of raw cells.

    Parameters
    ----------
    header : str
    cells : Series of shape (n_rows,)
        Of any type.
    words : HeaderWords
    decimal : {".", ","}, optional
        Decimal mark of the source, where it is known.
    rows_per_cell : float, optional
        In the whole table, where the cells are a part of it.
    """
    is_bool = bool(pd.api.types.is_bool_dtype(cells.dtype))
    numbers = None if is_bool else _plain_numbers(cells)
    plain = numbers is not None
    strangers: tuple[str, ...] = ()
    percent = False
    if numbers is not None:
        filled = np.isfinite(numbers)
        codes, values = pd.factorize(numbers)
        distinct = _plain_texts(cells, codes, values)
    else:
        texts = texts_of(cells)
        codes, found = pd.factorize(texts)
        distinct = pd.Series(found, dtype="str")
        blank = is_blank(distinct)
        if blank.any():
            new = np.cumsum(~blank) - 1
            new[blank] = -1
            codes = np.append(new, -1)[codes]
            distinct = distinct[~blank].reset_index(drop=True)
        filled = codes >= 0
        numbers, strangers, percent = _written_numbers(codes, distinct, decimal)
    used = int(filled.sum())
    per_cell = rows_per_cell if rows_per_cell is not None else used / max(len(distinct), 1)
    is_date, form = _dates(cells, distinct, words, numbers)
    return ColumnFacts(
        header, words, filled, codes, distinct, numbers, strangers, per_cell, is_date, form, is_bool, percent, plain
    )


def _plain_numbers(cells: pd.Series) -> np.ndarray | None:
    """Numbers of a column that has nothing else, read at once; None where a cell is written another way."""
    if pd.api.types.is_numeric_dtype(cells.dtype):
        numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isfinite(numbers), numbers, np.nan)
    if not isinstance(cells.dtype, pd.StringDtype):
        return None
    try:
        parts = [_as_numbers(chunk) for chunk in chunks_of(cells)]
    except pa.ArrowInvalid:
        return None
    numbers = np.concatenate(parts) if parts else np.zeros(0)
    return numbers if np.isfinite(numbers).any() and not np.isinf(numbers).any() else None


def _as_numbers(texts: pa.Array) -> np.ndarray:
    try:
        read = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        read = pc.cast(pc.if_else(pc.equal(texts, ""), None, texts), pa.float64())
    numbers: np.ndarray = read.to_numpy(zero_copy_only=False)
    return numbers


def _plain_texts(cells: pd.Series, codes: np.ndarray, values: np.ndarray) -> pd.Series:
    """Different cells of plain numbers as they are written first."""
    if isinstance(cells.dtype, pd.StringDtype):
        _, first = np.unique(codes[codes >= 0], return_index=True)
        return pd.Series(cells.array.take(np.flatnonzero(codes >= 0)[first]))
    return texts_of(pd.Series(values))


def _written_numbers(
    codes: np.ndarray, distinct: pd.Series, decimal: str | None
) -> tuple[np.ndarray | None, tuple[str, ...], bool]:
    """Numbers of a column of texts, the words among them, and whether they are per cents; None where it holds words."""
    if not len(distinct):
        return None, (), False
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    digits = distinct.str.contains(r"\d", regex=True).to_numpy(dtype=bool)
    if counts[digits].sum() < _NUMERIC * counts.sum():
        return None, (), False
    percent = bool(counts[distinct.str.endswith("%").to_numpy(dtype=bool)].sum() > 0.5 * counts.sum())
    parsed = parse_numbers(distinct, decimal=decimal, percent=1.0 if percent else 0.01)
    read = np.isfinite(parsed)
    share = counts[read].sum() / counts.sum()
    strangers = tuple(distinct[~read])
    if share < _NUMERIC or (len(strangers) > _FEW_WORDS and share < UNIQUE):
        return None, (), False
    return np.append(np.where(read, parsed, np.nan), np.nan)[codes], strangers, percent


def _dates(
    cells: pd.Series, distinct: pd.Series, words: HeaderWords, numbers: np.ndarray | None
) -> tuple[bool, str | None]:
    """Whether the cells are dates, and their form."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return True, None
    if not len(distinct) or (numbers is not None and not {"date", "birth", "order_date"} & words.concepts):
        return False, None
    sample = distinct.head(TRIED)
    if sample.str.contains(r"\d", regex=True).mean() <= 0.9:
        return False, None
    if numbers is not None and not sample.str.fullmatch(r"(?:19|20)\d{6}").mean() > 0.9:
        return False, None  # 3.5 and 12.11 are numbers first
    form = date_format_of(sample)
    return form is not None, form


def rows_per_cell(cells: pd.Series) -> float:
    """How many rows have the same cell, on average over the cells."""
    return float(cells.notna().sum()) / max(cells.nunique(), 1)
