"""Dates as people write them. Days are enough here: a time of day is left out, as written and in its own zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from customer_segmentation.errors import DataError

#: A time after the date, with or without its zone.
_TIME = re.compile(
    r"(?:T|,?\s+)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|[-+]\d{2}:?\d{2})?$"
)
#: Forms of a date without its time, in the order in which they are tried; the mark between the parts becomes a slash.
_FORMATS = (
    "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d/%m/%y", "%m/%d/%y", "%y/%m/%d",
    "%d/%b/%Y", "%d/%B/%Y", "%b/%d/%Y", "%B/%d/%Y", "%d/%b/%y", "%b/%d/%y",
)  # fmt: skip
#: Those that read the same cells as other days.
_RIVALS = (("%d/%m/%Y", "%m/%d/%Y"), ("%d/%m/%y", "%m/%d/%y", "%y/%m/%d"))
#: Those that read a date in one way alone.
_CERTAIN = tuple(form for form in _FORMATS if not any(form in rivals for rivals in _RIVALS))
_FIRST = {"%d": "day first", "%m": "month first", "%y": "year first"}
_SHORT_DATE = re.compile(r"\d{1,2}/\d{1,2}/\d{2}(?:\d{2})?")
_ISO = re.compile(r"\d{4}/\d{2}/\d{2}")
#: What is said of a cell that is a date in two ways.
EITHER_WAY = "is a date with day or month first; say which by date_format"
#: As customer tables hold days.
DAY: Final = "datetime64[s]"
_TRIED = 2000  # distinct dates by which the form of a column is found
_EARLIEST, _LATEST = pd.Timestamp("1900-01-01"), pd.Timestamp("2200-01-01")


def plain_dates(texts: pd.Series) -> pd.Series:
    """Leave out the time of day and bring the marks between day, month and year to a slash.

    >>> plain_dates(pd.Series(["2024-01-31 10:15:00", "31.1.2024", "Jan 31, 2024"])).tolist()
    ['2024/01/31', '31/1/2024', 'Jan/31/2024']
    """
    return texts.str.strip().str.replace(_TIME, "", regex=True).str.replace(r"\.?[\s,./-]+", "/", regex=True)


def date_forms(texts: pd.Series) -> list[str]:
    """Find the forms in which the dates of a column may be written.

    Parameters
    ----------
    texts : Series of shape (n_cells,)
        Trimmed texts without blanks.

    Returns
    -------
    list of str
        Forms for dates as `plain_dates` leaves them. Several where day, month and a year of two digits could be another
        way round in every cell, and not all of these readings are the same days; none where less than half of the cells
        are dates.

    Examples
    --------
    >>> date_forms(pd.Series(["24/01/21", "24/01/29", "24/02/28"])), date_forms(pd.Series(["3/4/24", "5/4/24"]))
    (['%y/%m/%d'], ['%d/%m/%y', '%m/%d/%y'])
    """
    distinct = plain_dates(pd.Series(texts.unique()[:_TRIED], dtype="str"))
    counts = {form: int(_read(distinct, form).notna().sum()) for form in _FORMATS}
    best = max(_FORMATS, key=lambda form: counts[form])
    if counts[best] < max(1, 0.5 * len(distinct)):
        return []
    forms = [form for form in _rivals(best) if counts[form] == counts[best]]
    if "%y/%m/%d" in forms:
        forms = _by_years(distinct, forms)
    read = _read(distinct, forms[0])
    return [forms[0], *(form for form in forms[1:] if (_read(distinct, form) != read)[read.notna()].any())]


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
        There are several, see `date_forms`.
    """
    forms = date_forms(texts)
    if len(forms) > 1 and where is not None:
        raise DataError(
            f"{where}: {texts.iloc[0]!r} and all other dates can be read {either_way(forms)}; say which with "
            f"data.transactions.date_format={forms[0]} or data.transactions.date_format={forms[1]}."
        )
    return forms[0] if forms else None


def either_way(forms: Sequence[str]) -> str:
    """What comes first in two forms.

    >>> either_way(["%d/%m/%y", "%y/%m/%d"])
    'day first or year first'

    Parameters
    ----------
    forms : of which the first two are told
    """
    return " or ".join(_FIRST[form[:2]] for form in forms[:2])


def _rivals(form: str) -> tuple[str, ...]:
    """Forms that may read the same cells, this one among them."""
    return next((rivals for rivals in _RIVALS if form in rivals), (form,))


def _by_years(plain: pd.Series, forms: list[str]) -> list[str]:
    """Forms by which the part that is the year takes far fewer values than the one that is not; all if none is such."""
    parts = plain.str.extract(r"^(\d+)/\d+/(\d+)$").nunique()
    if 2 * parts[0] <= parts[1]:
        return [form for form in forms if form.startswith("%y")]
    return [form for form in forms if form.endswith("%y")] if 2 * parts[1] <= parts[0] else forms


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
            dates = _in_form(words, date_format)
        except ValueError as error:
            raise DataError(f"data.transactions.date_format is {date_format!r}, not a date format: {error}.") from None
    else:
        form = date_format_of(words, where=where) if len(words) else None
        dates = pd.Series(pd.NaT, index=words.index, dtype="datetime64[us]")
        if form is not None:
            dates = _read(plain_dates(words), form)
    values = np.append(dates.to_numpy(dtype="datetime64[us]"), np.datetime64("NaT"))
    return pd.Series(values[codes], index=texts.index)


def read_dates(texts: pd.Series, date_format: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Read dates cell by cell, so that one customer gets the same date alone and in a table.

    Time of day and zone do not count: the day is the one that is written.

    Parameters
    ----------
    texts : Series of shape (n_cells,)
        Without blanks.
    date_format : str, optional
        Form of the cells as of ``strptime``, beside which YYYY-MM-DD is read; None: forms that can be read in one way
        alone.

    Returns
    -------
    dates : datetime64 array of shape (n_cells,)
        NaT where the text is no date between 1900 and 2200.
    undecided : bool array of shape (n_cells,)
        Day and month could be either way round.

    Raises
    ------
    ValueError
        The form is none.

    Examples
    --------
    >>> dates, undecided = read_dates(pd.Series(["2024-06-01", "Jan 31, 2024", "3/4/2024"]), None)
    >>> dates.astype("datetime64[D]").tolist(), undecided.tolist()
    ([datetime.date(2024, 6, 1), datetime.date(2024, 1, 31), None], [False, False, True])
    >>> read_dates(pd.Series(["3/4/2024", "2024-04-03"]), "%d/%m/%Y")[0].astype("datetime64[D]").tolist()
    [datetime.date(2024, 4, 3), datetime.date(2024, 4, 3)]
    """
    undecided = np.zeros(len(texts), dtype=bool)
    if date_format is not None:
        dates = _in_form(texts, date_format)
        if not date_format.startswith("%Y"):  # as databases, JSON and Python write dates: no other day can be meant
            plain = plain_dates(texts)
            dates = dates.fillna(_read(plain.where(plain.str.fullmatch(_ISO).fillna(False)), "%Y/%m/%d"))
    else:
        plain = plain_dates(texts)
        dates = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
        for form in _CERTAIN:
            if dates.notna().all():
                break
            dates = dates.fillna(_read(plain, form))
        undecided = (dates.isna() & plain.str.fullmatch(_SHORT_DATE).fillna(False)).to_numpy(dtype=bool)
    return dates.to_numpy(dtype=DAY), undecided


def days_of(dates: Any) -> np.ndarray:
    """Days of dates since 1970-01-01; NaN where there is none.

    >>> days_of(np.array(["1970-01-02", "NaT"], dtype="datetime64[s]"))
    array([ 1., nan])
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))


def reads_one_way(form: str) -> bool:
    """Whether a form found by `date_format_of` cannot be taken for another one.

    >>> reads_one_way("%Y/%m/%d"), reads_one_way("%d/%m/%Y")
    (True, False)
    """
    return form in _CERTAIN


def is_form(date_format: str) -> bool:
    """Whether a text is a form of dates with day, month and year.

    >>> is_form("%d.%m.%Y"), is_form("DD.MM.YYYY")
    (True, False)
    """
    day = pd.Timestamp("2001-12-13")
    try:
        return bool(_in_form(pd.Series([day.strftime(date_format)]), date_format)[0] == day)
    except ValueError:
        return False


def _in_form(words: pd.Series, date_format: str) -> pd.Series:
    dates = pd.to_datetime(words, format=date_format, errors="coerce").astype("datetime64[us]")
    plain = re.sub(r"[\s,./-]+", "/", _TIME.sub("", date_format))
    if "%" in plain:
        dates = dates.fillna(_read(plain_dates(words), plain))
    return dates.where(dates.between(_EARLIEST, _LATEST)).dt.normalize()


def _read(plain: pd.Series, form: str) -> pd.Series:
    dates = pd.to_datetime(plain, format=form, errors="coerce")
    return dates.where(dates.between(_EARLIEST, _LATEST)).astype("datetime64[us]")
