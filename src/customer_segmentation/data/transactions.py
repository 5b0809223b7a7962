"""From orders to customers: recency, frequency, monetary value, tenure and average basket of each."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from typing_extensions import override

from customer_segmentation.data.contract import validate
from customer_segmentation.data.currencies import currency_column
from customer_segmentation.data.distributed_orders import OrderCleaning, SummedOrders, sum_orders
from customer_segmentation.data.order_reading import WHERE, order_specs, read_orders, read_rows
from customer_segmentation.data.order_rows import (
    guest_notes,
    mark_customers_without_gap,
    mark_customers_without_value,
)
from customer_segmentation.data.order_sums import DERIVED, aggregate_orders
from customer_segmentation.data.rejections import (
    rejected_table,
)
from customer_segmentation.data.table import CustomerTable, digest_of
from customer_segmentation.data.wanted import refuse_whole
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings, Role, Transactions
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.sources.base import TableSource
from customer_segmentation.sources.distributed import DistributedSource
from customer_segmentation.sources.frame import FrameSource
from customer_segmentation.sources.open import open_source
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
    settings: DataSettings,
    *,
    needed: Collection[str] | None = None,
    blank: Collection[str] = (),
    engine: EngineSettings | None = None,
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
    engine : EngineSettings, optional
        What reads the orders and sums them up; None: this process.

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
    specs = order_specs(asked)
    source = _open(settings, specs, engine)
    match = match_headers(source.headers, specs, wanted=set(specs), source=source.name)
    _refuse_lacking(asked, match.missing, source)
    positions = {match.positions[name]: spec for name, spec in specs.items()}
    if isinstance(source, DistributedSource):
        currency = currency_column(source.headers)
        at = None if currency in positions else currency
        clean = OrderCleaning(read_rows, tuple(positions), specs, asked, source.decimal, at)
        summed = sum_orders(source, clean, most=settings.max_rows, needed=needed or (), reference_of=_reference_date)
        numbers = summed.rejected.numbers
        texts = source.texts_of_rows(np.unique(numbers)) if len(numbers) else None
        return _assembled(settings, source, summed, texts=texts, broken=pd.DataFrame(), ignored=match.ignored)

    rows = read_orders(source, positions, specs, asked)
    faults = rows.rejected
    reference = _reference_date(asked, rows.orders.loc[faults.usable, "day"])
    later = faults.usable & (rows.orders["day"] > reference).to_numpy(dtype=bool)
    guests = faults.usable & ~later & rows.orders["customer"].isna().to_numpy(dtype=bool)
    mark_customers_without_value(faults, rows.orders, later | guests)
    customers = aggregate_orders(rows.orders[faults.usable & ~later & ~guests], reference_date=reference)
    refuse_whole(settings, len(customers), source=f"the table of customers of {source.name}")
    customers = customers[mark_customers_without_gap(faults, rows.orders, customers, later | guests, needed or ())]
    used = faults.usable & ~later & ~guests
    aside = rows.positions[~faults.usable]
    counts = {"read": len(rows.orders) + len(rows.broken), "used": int(used.sum())}
    counts |= {"later": int(later.sum()), "guests": int(guests.sum())}
    notes = guest_notes(rows.orders, guests, used, customer=asked.customer)
    summed = SummedOrders(customers, reference, counts, faults, notes)
    texts = source.rows_as_text(aside) if len(aside) else None
    return _assembled(settings, source, summed, texts=texts, broken=rows.broken, ignored=match.ignored)


def _assembled(
    settings: DataSettings,
    source: TableSource,
    summed: SummedOrders,
    *,
    texts: pd.DataFrame | None,
    broken: pd.DataFrame,
    ignored: tuple[str, ...],
) -> OrderedTable:
    """The customer table of orders that are summed up; ``texts`` are the cells of the rejected rows.

    Raises
    ------
    DataError
        Too many rows cannot be used, or none can.
    """
    counts, read = summed.counts, summed.counts["read"]
    summed.rejected.refuse_above(
        settings.max_rejected_share, rows_read=read, broken=len(broken), duplicates=0, source=source.name
    )
    if not counts["used"]:
        raise DataError(f"{source.name} has no order to work with among {read} rows; check the file and {WHERE}.")
    day = f"{summed.reference:%Y-%m-%d}"
    columns = {
        name: replace(spec, reference_date=day) if spec.type is ColumnType.date else spec
        for name, spec in settings.columns.items()
    }
    customers = summed.customers[list(columns)].reset_index(drop=True)
    validate(customers, columns, source=source.name)
    table = OrderedTable(
        customers=customers,
        others=customers.iloc[:0],
        rejected=rejected_table(summed.rejected, texts, broken, source.text_names),
        columns=columns,
        missing_columns=(),
        ignored_columns=ignored,
        rows_read=read,
        duplicates=0,
        source=source.name,
        source_sha256=source.sha256,
        digest=digest_of(customers),
        orders_used=counts["used"],
        orders_later=counts["later"],
        orders_of_guests=counts["guests"],
        notes=summed.notes,
    )
    table.accounting()
    return table


def _checked(settings: DataSettings, needed: Collection[str] | None) -> Transactions:  # noqa: C901 - one case after the other
    asked = settings.transactions
    if asked is None:
        raise SettingsError("data.transactions is not set; name there the customer, date and amount of an order table.")
    for key in ("customer", "date", "amount"):
        if not getattr(asked, key):
            raise SettingsError(f"{WHERE}.{key} is not set; give the header of the order table's {key} column.")
    named: dict[str, str] = {}
    for key in ("customer", "date", "amount", "order", "quantity"):
        header = getattr(asked, key)
        if header and fold(header) in named:
            raise SettingsError(f"{WHERE}.{key} and {WHERE}.{named[fold(header)]} are both {header!r}; expected two.")
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


def _open(settings: DataSettings, specs: dict[str, ColumnSpec], engine: EngineSettings | None) -> TableSource:
    """Open a file where one is given, else the built-in orders.

    Raises
    ------
    SettingsError
        ``data.customers`` is no number of customers.
    """
    elsewhere = engine is not None and engine.kind != "local"
    if settings.source == "orders" and not settings.path and not elsewhere:
        if settings.customers < 1:
            raise SettingsError(f"data.customers is {settings.customers}; expected a whole number from 1.")
        frame = draw_orders(settings.customers, seed=settings.seed)
        name = f"built-in orders ({settings.customers:,} customers, seed {settings.seed})"
        return FrameSource(frame, name=name)
    # All orders: of a sample of them every customer would have too few.
    return open_source(replace(settings, source="file", columns=dict(specs), max_rows=sys.maxsize), engine)


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
        hint = f"such as {WHERE}.{keys[name]}={near[0]}" if near else f"with {WHERE}.{keys[name]}=HEADER"
        raise DataError(
            f"{source.name} has no {keys[name]} column {name!r}; its columns are {', '.join(listed[:12])}"
            f"{', …' * (len(listed) > 12)}: name the right one, {hint}."
        )


def _reference_date(asked: Transactions, days: pd.Series) -> pd.Timestamp:
    if asked.reference_date is None:
        return pd.to_datetime(days.max() if len(days) else "1970-01-01")
    try:
        reference = pd.to_datetime(str(asked.reference_date), format="%Y-%m-%d")
    except ValueError:
        raise SettingsError(
            f"{WHERE}.reference_date is {asked.reference_date!r}; expected a date such as 2024-12-31."
        ) from None
    if len(days) and reference < days.min():
        raise SettingsError(
            f"{WHERE}.reference_date={asked.reference_date} lies before the first order ({days.min():%Y-%m-%d}); give "
            "a later date."
        )
    return reference
