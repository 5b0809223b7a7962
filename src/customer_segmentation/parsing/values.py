"""Cells as people write them: blanks, yes and no, numbers, declared values."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

#: Spellings of "there is nothing here", compared after trimming and lowering. A contract's own words come on top.
BLANK_SPELLINGS = frozenset(
    [
        "",
        "na",
        "n/a",
        "n.a.",
        "n.a",
        "#n/a",
        "#na",
        "<na>",
        "nan",
        "null",
        "nil",
        "none",
        "(null)",
        "(blank)",
        "blank",
        "missing",
        "not applicable",
        "not available",
        "nat",
        "-",
        "--",
        "---",
        "–",
        "—",
        ".",
        "?",
        "\\n",
        "#value!",
        "#ref!",
        "#null!",
        "#div/0!",
        "keine angabe",
        "k.a.",
    ]
)
YES_SPELLINGS = frozenset(
    ["yes", "y", "true", "t", "1", "1.0", "on", "ja", "j", "wahr", "oui", "vrai", "si", "sí", "sim", "x", "✓", "✔"]
)
NO_SPELLINGS = frozenset(
    ["no", "n", "false", "f", "0", "0.0", "off", "nein", "falsch", "non", "faux", "não", "nao", "✗", "✘"]
)

_CURRENCY = r"(?:[$€£¥]|usd|eur|gbp|chf)"
_INFINITE = re.compile(r"[-+−]?\s*(?:inf|infinity|∞)", re.IGNORECASE)


def _number_pattern(decimal: str) -> re.Pattern[str]:
    grouping = r"[ \u00a0\u202f'’" + ("," if decimal == "." else ".") + "]"
    return re.compile(
        rf"(?P<bracket>\()?(?P<before>[-+−])?\s*{_CURRENCY}?\s*(?P<after>[-+−])?\s*"
        rf"(?P<whole>\d{{1,3}}(?:(?P<group>{grouping})\d{{3}})(?:(?P=group)\d{{3}})*|\d+(?=[^\d]|$)|(?=[{decimal}]\d))"
        rf"(?:[{decimal}](?P<fraction>\d*))?(?P<exponent>e[-+]?\d+)?"
        rf"\s*{_CURRENCY}?\s*(?P<trailing>-)?(?P<percent>\s*%)?(?(bracket)\))",
        re.IGNORECASE | re.ASCII,
    )


_NUMBER = {decimal: _number_pattern(decimal) for decimal in ".,"}
# Where a mark can only be the decimal one: not followed by exactly three digits, after a lone zero, in front of all
# digits, after the other mark, or where the other mark groups twice.
_DECISIVE = {
    mark: "|".join(
        [
            rf"(?:[{mark}](?:\d{{1,2}}|\d{{4,}})(?:\D|$))",
            rf"(?:(?:^|\D)0?[{mark}]\d)",
            rf"(?:[{other}]\d{{3}}[{mark}])",
            rf"(?:[{other}]\d{{3}}[{other}]\d{{3}})",
        ]
    )
    for mark, other in ((".", ","), (",", "."))
}


#: How a CSV keeps a spreadsheet from taking digits for a number: ="0012" is the text 0012. Without the sign it is a
#: quotation that does not begin where its cell does: after a comma and a space.
_AS_TEXT = re.compile(r'^=?"([^"]*)"$')


def fold(text: str) -> str:
    """Strip case, spaces and punctuation for comparing names: ``"Month-to-Month"`` gives ``"monthtomonth"``."""
    return "".join(character for character in text.casefold() if character.isalnum())


def cell_text(value: Any) -> str:
    """One cell as text, trimmed; a whole number loses its ``.0``, so that 9.0 and 9 are the same text."""
    if isinstance(value, str):
        return _AS_TEXT.sub(r"\1", value.strip())
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if math.isfinite(number) and number == int(number) else repr(number)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return str(value).strip()


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


def _stripped(texts: pd.Series) -> pd.Series:
    """Trim white space, and copy only where there is some: trimming a million clean ids costs more than the look."""
    edges = [_edges(chunk) for chunk in chunks_of(texts)]
    # What may be white space: a control, a blank, or not ASCII.
    if any(((bytes_ <= ord(" ")) | (bytes_ > 126)).any() for bytes_ in edges):
        texts = texts.str.strip()
        edges = [_edges(chunk) for chunk in chunks_of(texts)]
    if any((bytes_ == ord('"')).any() for bytes_ in edges):
        texts = texts.str.replace(_AS_TEXT.pattern, r"\1", regex=True)
    return texts


def _edges(chunk: pa.Array) -> np.ndarray:
    """First and last bytes of the texts that have any."""
    ends, data = _bytes_of(chunk)
    filled = ends[:-1] < ends[1:]
    return np.concatenate([data[ends[:-1][filled]], data[ends[1:][filled] - 1]])


def _bytes_of(chunk: pa.Array) -> tuple[np.ndarray, np.ndarray]:
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
        ends, data = _bytes_of(chunk)
        if (data[ends[0] : ends[-1]] == 0).any():  # the texts' bytes in a row: no look at each
            parts.append(pc.match_substring(chunk, "\0").fill_null(False).to_numpy(zero_copy_only=False))
        else:
            parts.append(np.zeros(len(chunk), dtype=bool))
    return np.concatenate(parts)


def chunks_of(texts: pd.Series) -> list[pa.Array]:
    """Arrow's arrays behind a column of texts; one by one they are worked on without a second copy of the column."""
    array = pa.array(texts, type=pa.large_string(), from_pandas=True)
    return array.chunks if isinstance(array, pa.ChunkedArray) else [array]


def is_blank(texts: pd.Series, extra: Iterable[str] = ()) -> np.ndarray:
    """Which texts mean an empty cell.

    Parameters
    ----------
    texts : Series of shape (n_cells,)
        Trimmed texts; missing ones are blank.
    extra : iterable of str
        Further spellings, such as "No internet service"; case does not count.

    Returns
    -------
    bool array of shape (n_cells,)
    """
    spellings = BLANK_SPELLINGS | {word.strip().lower() for word in extra}
    known = pa.array([*sorted(spellings), None], type=pa.large_string())
    parts = [np.zeros(0, dtype=bool)]
    for chunk in chunks_of(texts):
        candidates = _as_long_as(chunk, spellings)
        if candidates is None:
            parts.append(pc.is_in(_lowered(chunk), value_set=known).to_numpy(zero_copy_only=False))
        else:
            blank = np.zeros(len(chunk), dtype=bool)
            if len(candidates):
                few = _lowered(chunk.take(pa.array(candidates)))
                blank[candidates] = pc.is_in(few, value_set=known).to_numpy(zero_copy_only=False)
            parts.append(blank)
    return np.concatenate(parts)


def _as_long_as(chunk: pa.Array, spellings: Collection[str]) -> np.ndarray | None:
    """Positions of texts that are as long as one of the spellings; None where these are many, or not all ASCII."""
    ends, data = _bytes_of(chunk)
    if len(data) and (data[ends[0] : ends[-1]] > 127).any():
        return None  # lower-casing may change the length
    lengths = np.diff(ends)
    possible = np.zeros(max(lengths.max(initial=0), *(len(word.encode()) for word in spellings)) + 1, dtype=bool)
    possible[[len(word.encode()) for word in spellings]] = True
    at = np.flatnonzero(possible[lengths] | chunk.is_null().to_numpy(zero_copy_only=False))
    return at if len(at) < len(chunk) / 4 else None


def _lowered(chunk: pa.Array) -> pa.Array:
    """Texts in lower case; Unicode's costs forty times that of ASCII."""
    return pc.utf8_lower(chunk) if pc.all(pc.string_is_ascii(chunk)).as_py() is False else pc.ascii_lower(chunk)


def decimal_evidence(texts: pd.Series) -> str | None:
    """Find the decimal mark that a column of numbers shows: "." or ",", None where neither or both equally."""
    counts = {mark: int(texts.str.contains(pattern, regex=True).sum()) for mark, pattern in _DECISIVE.items()}
    if counts["."] == counts[","]:
        return None
    return max(counts, key=lambda mark: counts[mark])


def parse_number(text: str, *, decimal: str = ".", percent: float = 0.01) -> float:
    """Read one number as people write it.

    Parameters
    ----------
    text : str
    decimal : {".", ","}
        The decimal mark; the other one, a space or an apostrophe may group thousands.
    percent : float
        Value of one per cent.

    Returns
    -------
    float
        NaN where the text is no number; plus or minus infinity where it says so.

    Examples
    --------
    >>> parse_number("$1,234.50"), parse_number("1.234,50 €", decimal=","), parse_number("(12)")
    (1234.5, 1234.5, -12.0)
    """
    text = text.strip()
    found = _NUMBER[decimal].fullmatch(text)
    if found is None:
        if _INFINITE.fullmatch(text):
            return -math.inf if text[0] in "-−" else math.inf
        return math.nan
    signs = [found[name] for name in ("bracket", "before", "after", "trailing") if found[name]]
    if len(signs) > 1:
        return math.nan
    whole = re.sub(r"\D", "", found["whole"])
    # One conversion of the whole literal: the float nearest to what is written, as every CSV reader gives it.
    number = float(f"{whole or '0'}.{found['fraction'] or '0'}{found['exponent'] or ''}")
    if found["percent"]:
        number *= percent
    return -number if signs and signs[0] != "+" else number


def parse_numbers(texts: pd.Series, *, decimal: str | None = None, percent: float = 0.01) -> np.ndarray:
    """Read a column of numbers.

    The decimal mark is the one the column itself shows (``12,5``; ``1.234,50``); where it shows none (``1,234``), the
    given one counts, else the point.

    Parameters
    ----------
    texts : Series of shape (n_cells,)
        Trimmed texts without blanks.
    decimal : {".", ","}, optional
        The decimal mark of the file, where it is known.
    percent : float
        Value of one per cent.

    Returns
    -------
    float64 array of shape (n_cells,)
        NaN where a text is no number.
    """
    marks = texts.str.contains(r"[.,]", regex=True).to_numpy(dtype=bool)
    commas = bool(texts.str.contains(",", regex=False).any())
    if commas or (decimal == "," and marks.any()) or bool(texts.str.contains(r"\..*\.", regex=True).any()):
        decimal = decimal_evidence(texts) or decimal or "."
    else:
        decimal = "."
    values = np.full(len(texts), np.nan)
    plain = np.ones(len(texts), dtype=bool) if decimal == "." else ~marks
    plain &= texts.str.fullmatch(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?").to_numpy(dtype=bool)
    values[plain] = texts[plain].to_numpy(dtype=object).astype(np.float64)
    rest = np.flatnonzero(~plain)
    values[rest] = [parse_number(text, decimal=decimal, percent=percent) for text in texts.iloc[rest]]
    return values


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
    lowered = texts.str.lower()
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
        The declared value; None where the text is none of them.
    """
    canonical = {fold(value): value for value in allowed}
    exact = set(allowed)
    return np.array(
        [None if not isinstance(text, str) else text if text in exact else canonical.get(fold(text)) for text in texts],
        dtype=object,
    )
