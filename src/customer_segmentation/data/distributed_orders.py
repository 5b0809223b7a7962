"""Orders that other processes clean and sum up to customers, of which the customers alone come here."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.data.currencies import named_currencies, refuse_counts
from customer_segmentation.data.order_rows import NET_RETURNS, WITHOUT_ORDER, guest_sentence, without_gap
from customer_segmentation.data.order_sums import customer_table
from customer_segmentation.data.rejections import RejectedRows, kinds_of_broken
from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Transactions
from customer_segmentation.sources.base import Cells, Chunk
from customer_segmentation.sources.distributed import DistributedSource
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.dates import date_format_of
from customer_segmentation.sources.parsing.money import currency_in
from customer_segmentation.sources.parsing.texts import texts_of

#: What is made of each row of orders: name and type.
MADE = {
    **{"row": "long", "customer": "string", "day": "date", "amount": "double", "order": "string"},
    **{"currency": "string", "reason": "string", "kind": "string"},
}
_SCHEMA = pa.schema(
    [
        *(("row", pa.int64()), ("customer", pa.string()), ("day", pa.date32()), ("amount", pa.float64())),
        *((name, pa.string()) for name in ("order", "currency", "reason", "kind")),
    ]
)
#: Sums of decimals are exact in any order; so many digits behind the point hold a price times a quantity.
_EXACT = "cast(amount AS DECIMAL(38, 12))"
_BOUGHT = "amount >= 0"
_PEOPLE = f"""
    SELECT customer, min(row) AS first_row, sum({_EXACT}) AS net, sum(if({_BOUGHT}, {_EXACT}, 0)) AS gross,
           count_if({_BOUGHT}) AS rows_bought, count_if(amount < 0) AS returned,
           count(DISTINCT if({_BOUGHT}, `order`, NULL)) AS orders,
           min(if({_BOUGHT}, day, NULL)) AS first, max(if({_BOUGHT}, day, NULL)) AS last,
           array_sort(collect_set(if({_BOUGHT}, day, NULL))) AS days
    FROM {{rows}} WHERE reason IS NULL AND day <= DATE'{{reference}}' AND customer IS NOT NULL GROUP BY customer"""  # noqa: S608 - of constants
_GAPS = "array_sort(transform(sequence(1, size(days) - 1), at -> datediff(days[at], days[at - 1])))"
_MIDDLE = "(gaps[cast((size(gaps) - 1) / 2 AS INT)] + gaps[cast(size(gaps) / 2 AS INT)]) / 2.0"
_SUMMED = f"""
    SELECT customer, first_row, cast(net AS DOUBLE) AS net, cast(gross AS DOUBLE) AS gross, rows_bought, returned,
           orders, first, last, if(size(gaps) > 0, {_MIDDLE}, NULL) AS gap
    FROM (SELECT *, if(size(days) > 1, {_GAPS}, NULL) AS gaps FROM ({_PEOPLE}))"""  # noqa: S608 - of constants


@dataclass(frozen=True)
class OrderCleaning:
    """Cleans a chunk of orders: it is sent to where the rows are.

    Attributes
    ----------
    read : callable
        Types the cells and marks bad rows, see `customer_segmentation.data.order_reading.read_rows`.
    positions : tuple of int
        Of the columns of the order table.
    specs : dict of str to ColumnSpec
        How they are read, in the same order.
    asked : Transactions
    decimal : str or None
    currency : int or None
        Position of a column that names the currency.
    """

    read: Callable[..., tuple[pd.DataFrame, RejectedRows, np.ndarray]]
    positions: tuple[int, ...]
    specs: dict[str, ColumnSpec]
    asked: Transactions
    decimal: str | None
    currency: int | None

    def __call__(self, chunk: Chunk) -> pa.Table:
        """One row for each row that is not empty, see `MADE`."""
        assert chunk.texts is not None  # noqa: S101 - whoever hands out chunks knows their cells
        cells = Cells(chunk.frame[list(self.positions)], chunk.rows)
        orders, rejected, filled = self.read(cells, self.specs, self.asked, self.decimal, chunk.texts)
        usable, n = rejected.usable, len(orders)
        reasons, kinds = np.full(n, None, dtype=object), np.full(n, None, dtype=object)
        reasons[~usable] = rejected.reasons
        kinds[~usable] = rejected.kinds
        if self.currency is not None:
            currency = named_currencies(chunk.frame[self.currency][filled])
        else:
            amounts = chunk.frame[self.positions[list(self.specs).index(self.asked.amount)]][filled]
            currency = pd.Series(None, index=amounts.index, dtype=object)
            if not pd.api.types.is_numeric_dtype(amounts.dtype):
                texts = texts_of(amounts)
                known = {text: currency_in(str(text)) for text in texts.dropna().unique()}
                currency = texts.map(known)
        columns = {
            "row": rejected.rows,
            "customer": orders["customer"],
            "day": orders["day"].dt.date,
            "amount": orders["amount"],
            "order": orders["order"] if "order" in orders else pd.Series(None, index=orders.index, dtype=object),
            "currency": currency.astype(object),
            "reason": pd.Series(reasons),
            "kind": pd.Series(kinds),
        }
        made = pa.table(
            [pa.array(columns[field.name], type=field.type, from_pandas=True) for field in _SCHEMA], schema=_SCHEMA
        )
        if not len(chunk.broken):
            return made
        told = chunk.broken[["row", "reason"]].assign(kind=kinds_of_broken(chunk.broken))
        return pa.concat_tables([made, pa.Table.from_pandas(told.reindex(columns=_SCHEMA.names), schema=_SCHEMA)])


@dataclass(frozen=True)
class SummedOrders:
    """Orders that were summed up elsewhere.

    Attributes
    ----------
    customers : DataFrame
        See `aggregate_orders`.
    reference : Timestamp
        From which days are counted.
    counts : dict of str to int
        Rows ``read``, ``used``, ``later`` and of ``guests``.
    rejected : RejectedRows
        Of the rejected rows alone.
    notes : tuple of str
        What a reader of the account should know.
    """

    customers: pd.DataFrame
    reference: pd.Timestamp
    counts: dict[str, int]
    rejected: RejectedRows
    notes: tuple[str, ...]


def sum_orders(
    source: DistributedSource,
    clean: OrderCleaning,
    *,
    most: int,
    needed: Collection[str],
    reference_of: Callable[[Transactions, pd.Series], pd.Timestamp],
) -> SummedOrders:
    """Clean all orders where they are, and sum them up to customers there.

    Parameters
    ----------
    source : the order table
    clean : how a chunk of it is cleaned
    most : customers that may come here
    needed : columns that must not be blank
    reference_of : finds the day from which days are counted

    Raises
    ------
    DataError
        There are amounts of several currencies, no dates, more customers, or mostly guests.
    """
    asked = clean.asked
    wanted = dict(zip(clean.positions, clean.specs.values(), strict=True))
    wanted |= {} if clean.currency is None else {clean.currency: ColumnSpec(type=ColumnType.category)}
    if asked.date_format is None:
        clean = replace(clean, asked=replace(asked, date_format=_date_form(source, clean)))
    ask = source.made(clean, wanted, MADE)
    money = ask(
        "SELECT currency, count(*) AS n FROM {rows} WHERE currency IS NOT NULL GROUP BY currency ORDER BY n DESC"
    )
    refuse_counts(money.to_pandas().set_index("currency")["n"], where=f"{asked.amount} of {source.name}")
    span = ask("SELECT min(day) AS first, max(day) AS last FROM {rows} WHERE reason IS NULL").to_pandas()
    reference = reference_of(asked, pd.to_datetime(span.iloc[0].dropna()))

    def at(query: str) -> pd.DataFrame:
        found: pd.DataFrame = ask(query.replace("{reference}", f"{reference:%Y-%m-%d}")).to_pandas()
        return found

    counted = at(
        """SELECT count(*) AS read, count_if(reason IS NULL AND day > DATE'{reference}') AS later,
               count_if(reason IS NULL AND day <= DATE'{reference}' AND customer IS NULL) AS guests,
               coalesce(sum(if(reason IS NULL AND day <= DATE'{reference}' AND customer IS NULL AND amount > 0, amount,
                               0)), 0) AS of_guests, count(DISTINCT customer) AS customers FROM {rows}"""
    ).iloc[0]
    if counted["customers"] > most:
        raise DataError(
            f"{source.name} has the orders of {int(counted['customers']):,} customers, more than "
            f"data.max_rows={most:,} allows to come here; raise data.max_rows."
        )
    people = at(_SUMMED).sort_values("first_row" if source.row_numbers else "customer").reset_index(drop=True)
    reasons = pd.Series(None, index=people.index, dtype=object)
    reasons[people["net"] < -0.005] = NET_RETURNS
    reasons[people["rows_bought"] == 0] = WITHOUT_ORDER
    customers = customer_table(people.set_index("customer"), reference_date=reference, by_order=asked.order is not None)
    for name in customers.columns.intersection(list(needed)):
        reasons[reasons.isna() & customers[name].isna()] = without_gap(name)
    rejected = _rejected(at, people["customer"][reasons.notna()], reasons.dropna())
    used = int(counted["read"]) - len(rejected.rows) - int(counted["later"]) - int(counted["guests"])
    counts = {"read": int(counted["read"]), "used": used}
    counts |= {"later": int(counted["later"]), "guests": int(counted["guests"])}
    stay = reasons.isna().to_numpy()
    gross = float(people["gross"][stay].sum())
    notes = guest_sentence(counts["guests"], used, float(counted["of_guests"]), gross, customer=asked.customer)
    return SummedOrders(customers[stay].reset_index(drop=True), reference, counts, rejected, notes)


def _rejected(at: Callable[[str], pd.DataFrame], customers: pd.Series, reasons: pd.Series) -> RejectedRows:
    """Rows that cannot be used by themselves, and those of customers of whom nothing can be said."""
    own = at("SELECT row, reason, kind FROM {rows} WHERE reason IS NOT NULL")
    parts = [own]
    if len(customers):
        # Names are data: they are compared as such, and never written into a query.
        theirs = at(
            f"""SELECT row, customer FROM {{rows}} JOIN (SELECT customer FROM ({_SUMMED})
                WHERE rows_bought = 0 OR net < -0.005 OR gap IS NULL) USING (customer)
                WHERE reason IS NULL AND day <= DATE'{{reference}}'"""  # noqa: S608 - of constants
        )
        theirs["reason"] = theirs["customer"].map(dict(zip(customers, reasons, strict=True)))
        theirs = theirs[theirs["reason"].notna()]
        parts.append(theirs.assign(kind=theirs["reason"])[["row", "reason", "kind"]])
    table = pd.concat(parts, ignore_index=True).sort_values("row", kind="stable")
    rejected = RejectedRows(table["row"].to_numpy(dtype=np.int64))
    for position, (reason, kind) in enumerate(zip(table["reason"], table["kind"], strict=True)):
        rejected.add(position, reason, kind=kind)
    return rejected


def _date_form(source: DistributedSource, clean: OrderCleaning) -> str | None:
    """The one form of the dates of all chunks, found as it is here; None where they are dates already.

    Raises
    ------
    DataError
        It cannot be found, or day and month may be either way round.
    """
    name = clean.asked.date
    position = clean.positions[list(clean.specs).index(name)]
    cells = source.distinct(position)
    if cells is None:
        return None
    texts = texts_of(pd.Series(cells))
    texts = texts[~is_blank(texts)].str.strip()
    form = date_format_of(texts, where=f"{name} of {source.name}") if len(texts) else None
    if form is None and len(texts):
        raise DataError(
            f"{name} of {source.name} holds no date that can be read, the first cell is {texts.iloc[0][:40]!r}; name "
            "another column with data.transactions.date or the form with data.transactions.date_format."
        )
    return form
