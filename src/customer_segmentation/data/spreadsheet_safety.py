"""Cells that a spreadsheet would run as formulas, made into text before a table is exported."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

#: A cell that starts with one of these is a formula to Excel or LibreOffice (OWASP, "CSV Injection"); the last four are
#: the full-width forms, which they take alike.
_MARKS = "=+-@＝＋－＠"
_STARTS = f"{_MARKS}\t\r\n"
#: Where a spreadsheet of another list separator (Excel in German, French, …) divides a text with commas: quotation
#: marks within a line hold nothing together then, and what stands behind one of these begins a cell.
WITHIN_CSV = ";\t\r\n"
#: The same of a text with tabs.
WITHIN_TSV = ";,\r\n"
_NUMBER = re.compile(r"[+-]?\s*[\d.,' \u00a0\u202f]*\d[\d.,' \u00a0\u202f]*(?:[eE][+-]?\d+)?\s*%?")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula; numbers with a sign are not."""
    return text[:1] in _STARTS and bool(text) and not _NUMBER.fullmatch(text)


def neutral(text: str, *, within: str = "") -> str:
    """Text with an apostrophe in front where a spreadsheet would run it.

    Parameters
    ----------
    text : of a cell
    within : signs at which a spreadsheet may divide the text, so that what is behind one gets an apostrophe too

    Examples
    --------
    >>> neutral("=1+1"), neutral("a;=1+1;-5", within=WITHIN_CSV)
    ("'=1+1", "a;'=1+1;-5")
    """
    text = f"'{text}" if is_formula(text) else text
    return re.sub(f"({_begin(within)})([^{within}]*)", _neutral_part, text) if within else text


def _begin(within: str) -> str:
    """Pattern of a separator and what is passed over behind it, up to the sign of a formula, which is not taken."""
    return f'[{within}][ \u00a0"]*'


def _neutral_part(found: re.Match[str]) -> str:
    before, part = found.groups()
    return f"{before}'{part}" if is_formula(part.strip(' \u00a0"')) else found[0]


def neutralised(frame: pd.DataFrame, *, but: Collection[str] = ()) -> pd.DataFrame:
    """Return the table with an apostrophe before what a spreadsheet would run of its texts and headers, as a CSV.

    Parameters
    ----------
    frame : DataFrame
        Returned as it is where there is nothing to neutralise; never changed.
    but : collection of str
        Columns that are left as they are.
    """
    changed: dict[int, Any] = {}
    for at in range(frame.shape[1]):
        column = frame.iloc[:, at]
        if frame.columns[at] in but:
            continue
        if isinstance(column.dtype, pd.CategoricalDtype):
            words = [_in_csv(word) for word in column.cat.categories]
            if words != list(column.cat.categories):
                changed[at] = column.astype(object).map(dict(zip(column.cat.categories, words, strict=True)))
            continue
        if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
            continue
        if isinstance(column.dtype, pd.StringDtype) and not column.str.contains(_suspect(WITHIN_CSV), na=False).any():
            continue  # told without a look at each cell
        cells = np.array(column.to_numpy(dtype=object), copy=True)
        marks = np.array([isinstance(cell, str) and _in_csv(cell) != cell for cell in cells], dtype=bool)
        if marks.any():
            cells[marks] = [_in_csv(cell) for cell in cells[marks]]
            changed[at] = cells
    headers = [_in_csv(name) for name in frame.columns]
    if not changed and headers == list(frame.columns):
        return frame
    columns = [
        pd.Series(changed[at], index=frame.index, dtype=object) if at in changed else frame.iloc[:, at]
        for at in range(frame.shape[1])
    ]
    return pd.concat(columns, axis=1).set_axis(headers, axis=1)


def _in_csv(cell: Any) -> Any:
    return neutral(cell, within=WITHIN_CSV) if isinstance(cell, str) else cell


def _suspect(within: str) -> str:
    """Pattern, to Python and to RE2, of texts that are looked at one by one."""
    inner = f"|{_begin(within)}[{re.escape(_MARKS)}]" if within else ""
    return f"^[{re.escape(_STARTS)}]{inner}"


def neutralised_arrow(table: pa.Table, *, but: Collection[str] = (), within: str = "") -> pa.Table:
    """The same of an Arrow table without its headers; columns without a suspect text are handed on as they are.

    Parameters
    ----------
    table : pyarrow.Table
    but : collection of str
        Columns that are left as they are.
    within : str
        See `neutral`.
    """
    for at, field in enumerate(table.schema):
        if field.name in but:
            continue
        column = table.column(at)
        if not any(any_matches(texts, _suspect(within)) for texts in texts_in(column)):
            continue
        if pa.types.is_dictionary(column.type):
            column = pc.cast(column, column.type.value_type)
        cells = [None if cell is None else neutral(cell, within=within) for cell in column.to_pylist()]
        table = table.set_column(at, field.name, pa.chunked_array([pa.array(cells, column.type)]))
    return table


def texts_in(column: pa.ChunkedArray) -> list[pa.Array]:
    """Texts of a column, of coded ones each once; none of a column of another kind."""
    if pa.types.is_dictionary(column.type):
        return [chunk.dictionary for chunk in column.chunks]
    texts: list[pa.Array] = column.chunks
    return texts if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) else []


def any_matches(texts: pa.Array, pattern: str) -> bool:
    """Tell whether a regular expression matches in one of the texts.

    Parameters
    ----------
    texts : Arrow array of strings
    pattern : in RE2's grammar
    """
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())
