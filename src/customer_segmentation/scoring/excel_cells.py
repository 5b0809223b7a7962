"""Values as a cell of Excel holds them without a change."""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.errors import DataError

DIGITS, CHARACTERS = 15, 32_767  # of a number; of a text
#: What a workbook holds as a code (ECMA-376, 22.4.2.4): what XML has no character for, and what looks like a code.
_CODED = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def cell_value(value: Any, *, column: str, row: int, is_id: bool) -> Any:
    """A value that a workbook gives back; a text where a number or a date of Excel's cannot hold it.

    Excel and LibreOffice read the codes of control characters, but openpyxl and pandas do not: no id is written so.

    >>> cell_value(9_007_199_254_740_993, column="id", row=2, is_id=True)
    '9007199254740993'

    Parameters
    ----------
    value : of Python
    column : its name, for messages
    row : of the sheet, for messages
    is_id : whether every reader must find it as it came

    Raises
    ------
    DataError
        A text is too long, or would be read differently.
    """
    if not isinstance(value, str):
        return _plain(value, is_id=is_id)
    text = _CODED.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
    if text != value and (is_id or "\ufffe" in value or "\uffff" in value):  # the last two nothing reads back
        raise DataError(
            f"row {row}: {column} is {value[:40]!r}, whose control character or code such as _x0041_ would be read "
            "differently from a workbook; write to .csv or .parquet."
        )
    if len(text) > CHARACTERS:
        raise DataError(
            f"row {row}: {column} has {len(value):,} characters, and a cell of Excel holds {CHARACTERS:,}; write to "
            ".csv or .parquet."
        )
    return text


def all_fit(column: pa.ChunkedArray, *, is_id: bool) -> bool:
    """Whether a column of numbers goes into a sheet as it is, told without a look at each cell.

    Parameters
    ----------
    column : Arrow array
    is_id : as of `cell_value`
    """
    if pa.types.is_integer(column.type):
        extremes = pc.min_max(column).as_py().values()
        return all(value is None or abs(value) < 10**DIGITS for value in extremes)
    return pa.types.is_floating(column.type) and not is_id and pc.all(pc.is_finite(column)).as_py() is not False


def _plain(value: Any, *, is_id: bool) -> Any:
    """A value that is no text."""
    if value is None or isinstance(value, bool | datetime.timedelta | datetime.time):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**DIGITS else str(value)
    if isinstance(value, float):
        if math.isnan(value):
            return None
        exact = math.isfinite(value) and not (is_id and float(f"{value:.{DIGITS}g}") != value)
        return value if exact else f"{value:.0f}" if value.is_integer() else str(value)
    if isinstance(value, Decimal):
        return value if Decimal(f"{value:.{DIGITS}g}") == value else str(value)
    if isinstance(value, datetime.date):  # a sheet begins with 1900 and knows no time zones
        fits = value.year >= 1900 and getattr(value, "tzinfo", None) is None
        return value if fits else value.isoformat()
    return str(value)
