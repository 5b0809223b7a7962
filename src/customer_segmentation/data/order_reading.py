"""Rows of an order table, read: typed cells, days and amounts, and why some cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from customer_segmentation.data.cleaning import prepare_columns
from customer_segmentation.data.currencies import currency_column, refuse_several
from customer_segmentation.data.other_rows import mark_headers, mark_totals
from customer_segmentation.data.rejections import (
    RejectedRows,
    RowsAsText,
    empty_rows,
    mark_missing,
    mark_problems,
)
from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role, Transactions
from customer_segmentation.sources.base import Cells, TableSource
from customer_segmentation.sources.parsing.dates import parse_dates

WHERE = "data.transactions"


@dataclass(frozen=True)
class Orders:
    """Rows of an order table that are not empty.

    Attributes
    ----------
    orders : DataFrame of shape (n_rows, 3 or 4)
        See `aggregate_orders`.
    rejected : RejectedRows
        Of these rows.
    positions : int array of shape (n_rows,)
        Where they stand among the rows read.
    broken : DataFrame
        Rows that do not fit the header.
    """

    orders: pd.DataFrame
    rejected: RejectedRows
    positions: np.ndarray
    broken: pd.DataFrame


def order_specs(asked: Transactions) -> dict[str, ColumnSpec]:
    """How the columns of the order table are read."""
    wanted = (asked.customer, asked.date, asked.amount, asked.order, asked.quantity)
    numbers = (asked.amount, asked.quantity)
    specs = {
        name: ColumnSpec(type=ColumnType.number if name in numbers else ColumnType.text) for name in wanted if name
    }
    specs[asked.customer].role = Role.id
    return specs


def read_orders(
    source: TableSource, wanted: dict[int, ColumnSpec], specs: dict[str, ColumnSpec], asked: Transactions
) -> Orders:
    """Read the orders and mark the rows of which a cell is missing or cannot be read.

    Parameters
    ----------
    source : the order table
    wanted : contract of the columns by their position
    specs : the same by the column's name
    asked : which column is what
    """
    currency = currency_column(source.headers)
    currency = None if currency in wanted else currency
    more = {} if currency is None else {currency: ColumnSpec(type=ColumnType.category)}
    cells = source.read({**wanted, **more})
    raw = cells.frame[list(wanted)].set_axis(list(specs), axis=1)
    where = f"{asked.amount} of {source.name}"
    refuse_several(raw[asked.amount], None if currency is None else cells.frame[currency], where=where)
    orders, rejected, filled = read_rows(
        Cells(raw, cells.rows), specs, asked, source.decimal, source.rows_as_text, source=source
    )
    rejected.count_broken(cells.broken)
    return Orders(orders, rejected, np.flatnonzero(filled), cells.broken)


def read_rows(
    cells: Cells,
    specs: dict[str, ColumnSpec],
    asked: Transactions,
    decimal: str | None,
    rows_as_text: RowsAsText,
    source: TableSource | None = None,
) -> tuple[pd.DataFrame, RejectedRows, np.ndarray]:
    """Type the cells of orders, and mark the rows of which one is missing or cannot be read.

    Parameters
    ----------
    cells : of the columns of ``specs``, in their order
    specs : how they are read
    asked : which column is what
    decimal : decimal mark of numbers in text
    rows_as_text : gives all cells of rows by position
    source : of which these are all rows; None: a part of them, of which the form of dates is known

    Returns
    -------
    orders : DataFrame of shape (n_rows, 3 or 4)
        See `aggregate_orders`; without rows that are empty.
    rejected : RejectedRows
    filled : bool array
        The rows that are not empty.
    """
    raw = cells.frame.set_axis(list(specs), axis=1)
    filled = ~empty_rows(raw, rows_as_text)
    raw = raw[filled].reset_index(drop=True)
    prepared = prepare_columns(raw, specs, decimal=decimal)
    frame = prepared.frame
    rejected = RejectedRows(cells.rows[filled])
    mark_headers(rejected, raw)
    if source is not None:
        mark_totals(rejected, frame, source, np.flatnonzero(filled))
    mark_problems(rejected, prepared.problems)
    days = _days(raw[asked.date], frame[asked.date], asked, rejected, source)
    mark_missing(rejected, frame, [name for name in specs if name != asked.customer], prepared.problems)
    amount = frame[asked.amount] * (frame[asked.quantity] if asked.quantity else 1.0)
    customers = frame[asked.customer]
    if asked.guests:
        customers = customers.mask(customers.isin([str(name) for name in asked.guests]))
    orders = pd.DataFrame({"customer": customers, "day": days, "amount": amount})
    if asked.order:
        orders["order"] = frame[asked.order]
    return orders, rejected, filled


def _days(
    raw: pd.Series, texts: pd.Series, asked: Transactions, faults: RejectedRows, source: TableSource | None
) -> pd.Series:
    """Read the dates, and mark the rows whose date cannot be read.

    Raises
    ------
    DataError
        No cell of the column is a date.
    """
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return pd.Series(raw.dt.tz_localize(None)).dt.normalize()
    # `texts` has blanks as missing; the cells themselves were trimmed on the way.
    where = None if source is None else f"{asked.date} of {source.name}"
    days = parse_dates(texts, date_format=asked.date_format, where=where)
    unread = (texts.notna() & days.isna()).to_numpy()
    if where and unread.any() and days.notna().sum() == 0:
        raise DataError(
            f"{where} holds no date that can be read, the first cell is "
            f"{texts[unread].iloc[0][:40]!r}; name another column with {WHERE}.date or the form with "
            f"{WHERE}.date_format."
        )
    for position in np.flatnonzero(unread):
        reason = f"{asked.date}: {texts.iloc[position][:60]!r} is not a date"
        faults.add(int(position), reason, kind=f"{asked.date} is not a date")
    return days
