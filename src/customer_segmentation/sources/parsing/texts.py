"""Cells as text: folded for comparison, yes and no, categories."""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.sources.parsing.numbers import AS_TEXT

YES_SPELLINGS = frozenset(
    [
        "yes",
        "y",
        "true",
        "t",
        "1",
        "1.0",
        "on",
        "ja",
        "j",
        "wahr",
        "oui",
        "vrai",
        "si",
        "sí",
        "sì",
        "sim",
        "vero",
        "verdadero",
        "verdadeiro",
        "evet",
        "doğru",
        "tak",
        "да",
        "是",
        "はい",
        "x",
        "✓",
        "✔",
    ]
)


NO_SPELLINGS = frozenset(
    [
        "no",
        "n",
        "false",
        "f",
        "0",
        "0.0",
        "off",
        "nein",
        "falsch",
        "non",
        "faux",
        "não",
        "nao",
        "falso",
        "hayır",
        "hayir",
        "yanlış",
        "yanliş",  # what its capitals become in small letters
        "nee",
        "nej",
        "nie",
        "нет",
        "否",
        "いいえ",
        "✗",
        "✘",
    ]
)


def fold(text: str) -> str:
    """Strip case, spaces and punctuation for comparing names: ``"Month-to-Month"`` gives ``"monthtomonth"``."""
    return "".join(character for character in text.casefold() if character.isalnum())


def cell_text(value: Any) -> str:
    """One cell as text, trimmed; a whole number loses its ``.0``, so that 9.0 and 9 are the same text."""
    if isinstance(value, str):
        return AS_TEXT.sub(r"\1", value.strip())
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if math.isfinite(number) and number == int(number) else repr(number)
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8").strip()
        except UnicodeDecodeError:  # as PostgreSQL writes it: no two become one
            return f"\\x{value.hex()}"
    try:
        if isinstance(value, datetime.datetime) and value.time() == datetime.time():
            return value.date().isoformat()
        return str(value).strip()
    except (OverflowError, NotImplementedError):  # a day in a year that no calendar has
        return str(value.asm8) if isinstance(value, pd.Timestamp) else type(value).__name__


def texts_of(cells: pd.Series) -> pd.Series:
    """Cells of any kind as trimmed strings; missing cells stay missing.

    Parameters
    ----------
    cells : Series of shape (n_cells,)

    Returns
    -------
    Series of shape (n_cells,)
        Of pandas' string dtype, with the same index.
    """
    if isinstance(cells.dtype, pd.StringDtype):
        return _stripped(cells)
    missing = cells.isna().to_numpy()
    values = [None if gone else cell_text(value) for value, gone in zip(cells, missing, strict=True)]
    return pd.Series(values, index=cells.index, dtype="str")


def whole_ids(texts: pd.Series) -> pd.Series:
    """Take the ".0" from whole numbers, with which a program that knew a blank among them has written an id."""
    written = texts.str.fullmatch(r"\d+\.0+").fillna(False).to_numpy(dtype=bool)
    return texts.mask(written, texts.str.replace(r"\.0+$", "", regex=True)) if written.any() else texts


def _stripped(texts: pd.Series) -> pd.Series:
    """Trim white space, and copy only where there is some: trimming a million clean ids costs more than the look."""
    edges = [_edges(chunk) for chunk in chunks_of(texts)]
    # What may be white space: a control, a blank, or not ASCII.
    if any(((bytes_ <= ord(" ")) | (bytes_ > 126)).any() for bytes_ in edges):
        texts = texts.str.strip()
        edges = [_edges(chunk) for chunk in chunks_of(texts)]
    if any((bytes_ == ord('"')).any() for bytes_ in edges):
        texts = texts.str.replace(AS_TEXT.pattern, r"\1", regex=True)
    return texts


def _edges(chunk: pa.Array) -> np.ndarray:
    """First and last bytes of the texts that have any."""
    ends, data = bytes_of(chunk)
    filled = ends[:-1] < ends[1:]
    return np.concatenate([data[ends[:-1][filled]], data[ends[1:][filled] - 1]])


def bytes_of(chunk: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Where each text of an array of large strings begins, and the last ends, in the bytes that hold them all."""
    _, offsets, data = chunk.buffers()
    if not len(chunk) or data is None:
        return np.zeros(len(chunk) + 1, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    ends = np.frombuffer(offsets, dtype=np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    return ends, np.frombuffer(data, dtype=np.uint8)


def holds_nul(texts: pd.Series) -> np.ndarray:
    """Which texts hold a NUL byte: bool array of shape (n_cells,)."""
    parts = [np.zeros(0, dtype=bool)]
    for chunk in chunks_of(texts):
        ends, data = bytes_of(chunk)
        if (data[ends[0] : ends[-1]] == 0).any():  # the texts' bytes in a row: no look at each
            parts.append(pc.match_substring(chunk, "\0").fill_null(False).to_numpy(zero_copy_only=False))
        else:
            parts.append(np.zeros(len(chunk), dtype=bool))
    return np.concatenate(parts)


def chunks_of(texts: pd.Series) -> list[pa.Array]:
    """Arrow's arrays behind a column of texts; one by one they are worked on without a second copy of the column."""
    array = pa.array(texts, type=pa.large_string(), from_pandas=True)
    return array.chunks if isinstance(array, pa.ChunkedArray) else [array]


def parse_yes_no(texts: pd.Series) -> np.ndarray:
    """Read yes and no however spelt.

    Parameters
    ----------
    texts : Series of shape (n_cells,)
        Trimmed texts without blanks.

    Returns
    -------
    int8 array of shape (n_cells,)
        1 for yes, 0 for no, -1 where a text is neither.
    """
    # 0.000 and 1,0 are 0 and 1, as a program has written them that knows only decimals.
    lowered = texts.str.lower().str.replace(r"^([01])[.,]0+$", r"\1", regex=True)
    answers = np.full(len(texts), -1, dtype=np.int8)
    answers[lowered.isin(YES_SPELLINGS).to_numpy(dtype=bool)] = 1
    answers[lowered.isin(NO_SPELLINGS).to_numpy(dtype=bool)] = 0
    return answers


def match_values(texts: pd.Series, allowed: Collection[str]) -> np.ndarray:
    """Bring texts to the declared spelling: "month to month" to "Month-to-Month".

    Parameters
    ----------
    texts : Series of shape (n_cells,)
    allowed : collection of str

    Returns
    -------
    object array of shape (n_cells,)
        The declared value; None where the text is not one of them.
    """
    canonical = {fold(value): value for value in allowed}
    exact = set(allowed)
    return np.array(
        [None if not isinstance(text, str) else text if text in exact else canonical.get(fold(text)) for text in texts],
        dtype=object,
    )
