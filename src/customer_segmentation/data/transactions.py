"""From orders to customers: recency, frequency, monetary value, tenure and average basket of each."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from typing_extensions import override

from customer_segmentation.data.cleaning import prepare_columns
from customer_segmentation.data.contract import validate
from customer_segmentation.data.currencies import currency_column, refuse_several
from customer_segmentation.data.order_rows import (
    guest_notes,
    mark_customers_without_gap,
    mark_customers_without_value,
)
from customer_segmentation.data.order_sums import DERIVED, aggregate_orders
from customer_segmentation.data.other_rows import mark_headers, mark_totals
from customer_segmentation.data.rejections import (
    RejectedRows,
    empty_rows,
    mark_missing,
    mark_problems,
    rejected_table,
)
from customer_segmentation.data.table import CustomerTable, digest_of
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings, Role, Transactions
from customer_segmentation.sources.base import TableSource
from customer_segmentation.sources.frame import FrameSource
from customer_segmentation.sources.open import open_source
from customer_segmentation.sources.parsing.dates import parse_dates
from customer_segmentation.sources.parsing.headers import header_name, match_headers
from customer_segmentation.sources.parsing.texts import fold
from customer_segmentation.sources.samples.orders import draw_orders


@dataclass(frozen=True)
class OrderedTable(CustomerTable):
    """A customer table summed up from orders: its account and its ``rejected`` are of the rows of the order table.

    Attributes
    ----------
    orders_used : int
        Rows that entered the customers.
    orders_later : int
        Rows after the reference date, which are not selected.
    orders_of_guests : int
        Rows without a customer, which are not selected.
    """

    orders_used: int = 0
    orders_later: int = 0
    orders_of_guests: int = 0

    @override
    def counted(self) -> tuple[int, int]:
        return self.orders_used, self.orders_later + self.orders_of_guests


def load_ordering_customers(
    settings: DataSettings, *, needed: Collection[str] | None = None, blank: Collection[str] = ()
) -> OrderedTable:
    """Read an order table and sum it up to one row a customer.

    Equal rows are kept: two equal purchases on one day are no repetition of a row. Rows without a customer are those of
    guests: they are not selected, and told. Rows that cannot be read, rows of
    customers without any order, rows of customers whose returns exceed their orders (earlier orders lie before the
    table's beginning) and rows of customers of whom a needed column tells nothing are rejected with the reason.

    Parameters
    ----------
    settings : DataSettings
        With ``transactions``; ``columns`` is the contract of the customers (conf/contract/rfm.yaml).
    needed : collection of str, optional
        Columns that the work at hand cannot do without; each must be one that orders yield.
    blank : collection of str
        Columns that must be yielded as well, but may be blank: features know what that means.

    Returns
    -------
    OrderedTable

    Raises
    ------
    SettingsError
        ``transactions`` is incomplete or contradicts itself, or the contract holds what orders do not yield.
    DataError
        The source cannot be read, lacks a column, or too many of its rows cannot be used.
    """
    asked = _checked(settings, [*(needed or ()), *blank])
    specs = _specs(asked)
    source = _open(settings, specs)
    match = match_headers(source.headers, specs, wanted=set(specs), source=source.name)
    _refuse_lacking(asked, match.missing, source)

    rows = _read_orders(source, {match.positions[name]: spec for name, spec in specs.items()}, specs, asked)
    faults = rows.rejected
    reference = _reference_date(asked, rows.orders.loc[faults.usable, "day"])
    later = faults.usable & (rows.orders["day"] > reference).to_numpy(dtype=bool)
    guests = faults.usable & ~later & rows.orders["customer"].isna().to_numpy(dtype=bool)
    mark_customers_without_value(faults, rows.orders, later | guests)
    customers = aggregate_orders(rows.orders[faults.usable & ~later & ~guests], reference_date=reference)
    customers = customers[mark_customers_without_gap(faults, rows.orders, customers, later | guests, needed or ())]
    read = len(rows.orders) + len(rows.broken)
    faults.refuse_above(
        settings.max_rejected_share, rows_read=read, broken=len(rows.broken), duplicates=0, source=source.name
    )
    used = faults.usable & ~later & ~guests
    if not used.any():
        raise DataError(f"{source.name} has no order to work with among {read} rows; check the file and {_WHERE}.")

    columns = {
        name: replace(spec, reference_date=f"{reference:%Y-%m-%d}") if spec.type is ColumnType.date else spec
        for name, spec in settings.columns.items()
    }
    customers = customers[list(columns)].reset_index(drop=True)
    validate(customers, columns, source=source.name)
    aside = rows.positions[~faults.usable]
    texts = source.rows_as_text(aside) if len(aside) else None
    table = OrderedTable(
        customers=customers,
        others=customers.iloc[:0],
        rejected=rejected_table(faults, texts, rows.broken, source.text_names),
        columns=columns,
        missing_columns=(),
        ignored_columns=match.ignored,
        rows_read=read,
        duplicates=0,
        source=source.name,
        source_sha256=source.sha256,
        digest=digest_of(customers),
        orders_used=int(used.sum()),
        orders_later=int(later.sum()),
        orders_of_guests=int(guests.sum()),
        notes=guest_notes(rows.orders, guests, used, customer=asked.customer),
    )
    table.accounting()
    return table


@dataclass(frozen=True)
class _Orders:
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


def _specs(asked: Transactions) -> dict[str, ColumnSpec]:
    """How the columns of the order table are read."""
    wanted = (asked.customer, asked.date, asked.amount, asked.order, asked.quantity)
    numbers = (asked.amount, asked.quantity)
    specs = {
        name: ColumnSpec(type=ColumnType.number if name in numbers else ColumnType.text) for name in wanted if name
    }
    specs[asked.customer].role = Role.id
    return specs


def _read_orders(
    source: TableSource, wanted: dict[int, ColumnSpec], specs: dict[str, ColumnSpec], asked: Transactions
) -> _Orders:
    """Read the orders and mark the rows of which a cell is missing or cannot be read."""
    currency = currency_column(source.headers)
    currency = None if currency in wanted else currency
    more = {} if currency is None else {currency: ColumnSpec(type=ColumnType.category)}
    cells = source.read({**wanted, **more})
    raw = cells.frame[list(wanted)].set_axis(list(specs), axis=1)
    where = f"{asked.amount} of {source.name}"
    refuse_several(raw[asked.amount], None if currency is None else cells.frame[currency], where=where)
    filled = ~empty_rows(raw, source.rows_as_text)
    raw = raw[filled].reset_index(drop=True)
    prepared = prepare_columns(raw, specs, decimal=source.decimal)
    frame = prepared.frame
    rejected = RejectedRows(cells.rows[filled])
    mark_headers(rejected, raw)
    mark_totals(rejected, frame, source, np.flatnonzero(filled))
    mark_problems(rejected, prepared.problems)
    days = _days(raw[asked.date], frame[asked.date], asked, rejected, source)
    mark_missing(rejected, frame, [name for name in specs if name != asked.customer], prepared.problems)
    rejected.count_broken(cells.broken)
    amount = frame[asked.amount] * (frame[asked.quantity] if asked.quantity else 1.0)
    customers = frame[asked.customer]
    if asked.guests:
        customers = customers.mask(customers.isin([str(name) for name in asked.guests]))
    orders = pd.DataFrame({"customer": customers, "day": days, "amount": amount})
    if asked.order:
        orders["order"] = frame[asked.order]
    return _Orders(orders, rejected, np.flatnonzero(filled), cells.broken)


_WHERE = "data.transactions"


def _checked(settings: DataSettings, needed: Collection[str] | None) -> Transactions:  # noqa: C901 - one case after the other
    asked = settings.transactions
    if asked is None:
        raise SettingsError("data.transactions is not set; name there the customer, date and amount of an order table.")
    for key in ("customer", "date", "amount"):
        if not getattr(asked, key):
            raise SettingsError(f"{_WHERE}.{key} is not set; give the header of the order table's {key} column.")
    named: dict[str, str] = {}
    for key in ("customer", "date", "amount", "order", "quantity"):
        header = getattr(asked, key)
        if header and fold(header) in named:
            raise SettingsError(f"{_WHERE}.{key} and {_WHERE}.{named[fold(header)]} are both {header!r}; expected two.")
        named[fold(header or "")] = key
    if settings.keep != "all":
        raise SettingsError(f"data.keep is {settings.keep!r}; of an order table all customers are kept: data.keep=all.")
    for name in [*settings.columns, *(needed or ())]:
        if name not in DERIVED:
            raise SettingsError(f"Orders yield no column {name!r}; they yield {', '.join(DERIVED)}.")
    if not settings.columns:
        raise SettingsError("data.columns is empty; orders are described by data.contract=rfm.")
    if next((spec for spec in settings.columns.values() if spec.role is Role.id), None) is None:
        raise SettingsError("data.columns has no column with the role id; orders need Customer there.")
    return asked


def _open(settings: DataSettings, specs: dict[str, ColumnSpec]) -> TableSource:
    """Open a file where one is given, else the built-in orders.

    Raises
    ------
    SettingsError
        ``data.customers`` is no number of customers.
    """
    if settings.source == "orders" and not settings.path:
        if settings.customers < 1:
            raise SettingsError(f"data.customers is {settings.customers}; expected a whole number from 1.")
        frame = draw_orders(settings.customers, seed=settings.seed)
        name = f"built-in orders ({settings.customers:,} customers, seed {settings.seed})"
        return FrameSource(frame, name=name)
    # All orders: of a sample of them every customer would have too few.
    return open_source(replace(settings, source="file", columns=dict(specs), max_rows=sys.maxsize))


def _refuse_lacking(asked: Transactions, missing: Sequence[str], source: TableSource) -> None:
    """Name the key to set for the first column that the file lacks.

    Raises
    ------
    DataError
        The file lacks a column that orders need.
    """
    keys = {getattr(asked, key): key for key in ("customer", "date", "amount", "order", "quantity")}
    for name in missing:
        listed = [header_name(header, at) for at, header in enumerate(source.headers)]
        near = difflib.get_close_matches(name, listed, n=1, cutoff=0.5)
        hint = f"such as {_WHERE}.{keys[name]}={near[0]}" if near else f"with {_WHERE}.{keys[name]}=HEADER"
        raise DataError(
            f"{source.name} has no {keys[name]} column {name!r}; its columns are {', '.join(listed[:12])}"
            f"{', …' * (len(listed) > 12)}: name the right one, {hint}."
        )


def _days(
    raw: pd.Series, texts: pd.Series, asked: Transactions, faults: RejectedRows, source: TableSource
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
    days = parse_dates(texts, date_format=asked.date_format, where=f"{asked.date} of {source.name}")
    unread = (texts.notna() & days.isna()).to_numpy()
    if unread.any() and days.notna().sum() == 0:
        raise DataError(
            f"{asked.date} of {source.name} holds no date that can be read, the first cell is "
            f"{texts[unread].iloc[0][:40]!r}; name another column with {_WHERE}.date or the form with "
            f"{_WHERE}.date_format."
        )
    for position in np.flatnonzero(unread):
        reason = f"{asked.date}: {texts.iloc[position][:60]!r} is not a date"
        faults.add(int(position), reason, kind=f"{asked.date} is not a date")
    return days


def _reference_date(asked: Transactions, days: pd.Series) -> pd.Timestamp:
    if asked.reference_date is None:
        return pd.to_datetime(days.max() if len(days) else "1970-01-01")
    try:
        reference = pd.to_datetime(str(asked.reference_date), format="%Y-%m-%d")
    except ValueError:
        raise SettingsError(
            f"{_WHERE}.reference_date is {asked.reference_date!r}; expected a date such as 2024-12-31."
        ) from None
    if len(days) and reference < days.min():
        raise SettingsError(
            f"{_WHERE}.reference_date={asked.reference_date} lies before the first order ({days.min():%Y-%m-%d}); give "
            "a later date."
        )
    return reference
