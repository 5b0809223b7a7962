"""Dates as people write them. Days are enough here: a time of day is left out, as written and in its own zone."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from customer_segmentation.errors import DataError

#: A time after the date, with or without its zone.
_TIME = re.compile(
    r"(?:T|,?\s+)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|[-+]\d{2}:?\d{2})?$"
)
#: Forms of a date without its time, in the order in which they are tried; the mark between the parts becomes a slash.
_FORMATS = (
    "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d/%m/%y", "%m/%d/%y",
    "%d/%b/%Y", "%d/%B/%Y", "%b/%d/%Y", "%B/%d/%Y", "%d/%b/%y", "%b/%d/%y",
)  # fmt: skip
#: Pairs that read the same cells as other days.
_RIVALS = {"%d/%m/%Y": "%m/%d/%Y", "%m/%d/%Y": "%d/%m/%Y", "%d/%m/%y": "%m/%d/%y", "%m/%d/%y": "%d/%m/%y"}
_TRIED = 2000  # distinct dates by which the form of a column is found
_EARLIEST, _LATEST = pd.Timestamp("1900-01-01"), pd.Timestamp("2200-01-01")


def plain_dates(texts: pd.Series) -> pd.Series:
    """Leave out the time of day and bring the marks between day, month and year to a slash.

    >>> plain_dates(pd.Series(["2024-01-31 10:15:00", "31.1.2024", "Jan 31, 2024"])).tolist()
    ['2024/01/31', '31/1/2024', 'Jan/31/2024']
    """
    return texts.str.strip().str.replace(_TIME, "", regex=True).str.replace(r"\.?[\s,./-]+", "/", regex=True)


def date_format_of(texts: pd.Series, *, where: str | None = None) -> str | None:
    """Find the one form in which most dates of a column are written.

    Parameters
    ----------
    texts : Series of shape (n_cells,)
        Trimmed texts without blanks.
    where : str, optional
        Column and file, for the message. None: an undecided column is no error, its first form is returned.

    Returns
    -------
    str or None
        A form for dates as `plain_dates` leaves them; None where less than half of the cells are dates.

    Raises
    ------
    DataError
        Day and month could be either way round in every cell, and the two readings differ.
    """
    distinct = plain_dates(pd.Series(texts.unique()[:_TRIED], dtype="str"))
    counts = {form: int(_read(distinct, form).notna().sum()) for form in _FORMATS}
    best = max(_FORMATS, key=lambda form: counts[form])
    if counts[best] < max(1, 0.5 * len(distinct)):
        return None
    rival = _RIVALS.get(best)
    if where is not None and rival is not None and counts[rival] == counts[best]:
        first, second = _read(distinct, best), _read(distinct, rival)
        if (first != second).any():
            raise DataError(
                f"{where}: {texts.iloc[0]!r} and all other dates can be read day first or month first; say which with "
                f"data.transactions.date_format=%d/%m/%Y or data.transactions.date_format=%m/%d/%Y."
            )
    return best


def parse_dates(texts: pd.Series, *, date_format: str | None = None, where: str | None = None) -> pd.Series:
    """Read a column of dates.

    Parameters
    ----------
    texts : Series of shape (n_cells,)
        Trimmed texts; missing ones stay missing.
    date_format : str, optional
        Form of the cells as of ``strptime``; None finds it out from the column. The marks between day, month and year
        do not count, nor does a time of day.
    where : str, optional
        Column and file, for the message; see `date_format_of`.

    Returns
    -------
    Series of shape (n_cells,)
        datetime64, NaT where a text is no date between 1900 and 2200.

    Raises
    ------
    DataError
        See `date_format_of`; or the given form is none.
    """
    codes, distinct = pd.factorize(texts)
    words = pd.Series(distinct, dtype="str")
    if date_format is not None:
        try:
            dates = pd.to_datetime(words, format=date_format, errors="coerce")
        except ValueError as error:
            raise DataError(f"data.transactions.date_format is {date_format!r}, which is no form: {error}.") from None
        plain = re.sub(r"[\s,./-]+", "/", _TIME.sub("", date_format))
        dates = dates.fillna(_read(plain_dates(words), plain)) if "%" in plain else dates
        dates = dates.dt.normalize()
    else:
        form = date_format_of(words, where=where) if len(words) else None
        dates = pd.Series(pd.NaT, index=words.index, dtype="datetime64[us]")
        if form is not None:
            dates = _read(plain_dates(words), form)
    values = np.append(dates.to_numpy(dtype="datetime64[us]"), np.datetime64("NaT"))
    return pd.Series(values[codes], index=texts.index)


def _read(plain: pd.Series, form: str) -> pd.Series:
    dates = pd.to_datetime(plain, format=form, errors="coerce")
    return dates.where(dates.between(_EARLIEST, _LATEST)).astype("datetime64[us]")
