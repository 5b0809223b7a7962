"""Numbers as people write them: thousands marks, decimal marks, currencies, percent signs."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd

_CURRENCY = (
    r"(?:(?:r\$|us\$|[$€£¥₺₹₽₩₫₦₴]|usd|eur|euro|gbp|chf|brl|try|tl|pln|zł|sek|dkk|nok|kr|inr|rs|cad|aud|jpy"
    r"|cny|mxn)\.?)"
)


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
AS_TEXT = re.compile(r'^=?"([^"]*)"$')


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
