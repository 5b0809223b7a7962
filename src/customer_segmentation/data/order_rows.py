"""Rows of an order table that belong to no customer, or to one of whom nothing can be said."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from customer_segmentation.data.rejections import RejectedRows
from customer_segmentation.errors import DataError
from customer_segmentation.formatting import counted, percent

WITHOUT_ORDER = "the customer has returns and no order"
NET_RETURNS = "the customer's returns exceed the orders of this table"
#: Share of rows without a customer beyond which the column is hardly the one that names customers.
MOST_GUESTS = 0.5


def guest_notes(orders: pd.DataFrame, guests: np.ndarray, used: np.ndarray, *, customer: str) -> tuple[str, ...]:
    """A sentence on the rows that name no customer; none where there is none.

    Parameters
    ----------
    orders : DataFrame of shape (n_rows, 3 or 4)
        See `aggregate_orders`.
    guests, used : bool array of shape (n_rows,)
        Rows without a customer; rows that enter the customers.
    customer : str
        Header of the column.

    Raises
    ------
    DataError
        Most rows name no customer.
    """
    bought = orders["amount"].clip(lower=0).to_numpy()
    own, others = float(bought[guests].sum()), float(bought[used].sum())
    return guest_sentence(int(guests.sum()), int(used.sum()), own, others, customer=customer)


def guest_sentence(guests: int, used: int, amount: float, others: float, *, customer: str) -> tuple[str, ...]:
    """The same, of counts and amounts.

    Parameters
    ----------
    guests, used : rows without a customer; rows that enter the customers
    amount, others : what was ordered in these rows
    customer : header of the column

    Raises
    ------
    DataError
        Most rows name no customer.
    """
    if not guests:
        return ()
    of_rows = guests / (guests + used)
    if of_rows > MOST_GUESTS:
        raise DataError(
            f"{percent(of_rows)} of the rows have no {customer}, so that it hardly names the customers; name another "
            "column with data.transactions.customer."
        )
    of_amount = amount / max(amount + others, np.finfo(float).tiny)
    rows = counted(guests, "row")
    whose = "is the order of a guest, who is" if guests == 1 else "are the orders of guests, who are"
    sentence = (
        f"{rows} without a {customer} ({percent(of_rows)} of the rows, {percent(of_amount)} of what was ordered) "
        f"{whose} in no segment"
    )
    return (sentence,)


def without_gap(name: str) -> str:
    """Reason why the rows of a customer of whom a column tells nothing are rejected."""
    return f"{name} is blank with orders on one day only; features.impute keeps such customers"


def mark_customers_without_value(faults: RejectedRows, orders: pd.DataFrame, later: np.ndarray) -> None:
    """Mark all rows of customers of whom neither recency nor value is known.

    Parameters
    ----------
    faults : collects the rows
    orders : see `aggregate_orders`
    later : whether a row does not count, shape (n_rows,)
    """
    part = orders[faults.usable & ~later]
    bought = part["customer"][part["amount"] >= 0]
    no_order = ~part["customer"].isin(bought)
    negative = (part.groupby("customer", sort=False)["amount"].transform("sum") < -0.005) & ~no_order
    for which, reason in ((no_order, WITHOUT_ORDER), (negative, NET_RETURNS)):
        for position in part.index[which.to_numpy(dtype=bool)]:
            faults.add(int(position), reason, kind=reason)


def mark_customers_without_gap(
    faults: RejectedRows, orders: pd.DataFrame, customers: pd.DataFrame, aside: np.ndarray, needed: Collection[str]
) -> np.ndarray:
    """Mark all rows of customers of whom a needed column tells nothing: a gap needs orders on two days.

    Parameters
    ----------
    faults : collects the rows
    orders : see `aggregate_orders`
    customers : DataFrame of shape (n_customers, n_columns)
        What they were summed up to.
    aside : bool array of shape (n_rows,)
        Rows that do not count.
    needed : columns that must not be blank

    Returns
    -------
    bool array of shape (n_customers,)
        Customers who stay.
    """
    stay = np.ones(len(customers), dtype=bool)
    for name in customers.columns.intersection(list(needed)):
        unknown = customers[name].isna().to_numpy()
        if not unknown.any():
            continue
        stay &= ~unknown
        reason = without_gap(name)
        rows = faults.usable & ~aside & orders["customer"].isin(customers["Customer"][unknown]).to_numpy(dtype=bool)
        for position in np.flatnonzero(rows):
            faults.add(int(position), reason, kind=reason)
    return stay
