"""Orders summed up to customers: when, how often, how much, at what rhythm, and what came back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_segmentation.sources.parsing.dates import DAY

#: What `aggregate_orders` yields, in this order.
DERIVED = (
    *("Customer", "Recency", "Frequency", "Monetary", "Tenure", "Average Basket", "Returns"),
    *("First Order", "Last Order", "Days Between Orders", "Share Returned"),
)


def aggregate_orders(orders: pd.DataFrame, *, reference_date: pd.Timestamp) -> pd.DataFrame:
    """Sum up orders to one row a customer, in the order of the customers' first appearance.

    Parameters
    ----------
    orders : DataFrame of shape (n_rows, 3 or 4)
        ``customer`` (text), ``day`` (datetime64), ``amount`` (below 0: a return) and, where a row is one line of an
        order, ``order`` (text). Each customer has a row with an amount of at least 0.
    reference_date : Timestamp
        From which days are counted; not before any ``day``.

    Returns
    -------
    DataFrame of shape (n_customers, 11)
        ``Customer``; ``Recency`` and ``Tenure``, days since the last and since the first order; ``Frequency``, number
        of orders; ``Monetary``, all amounts, returns subtracted; ``Average Basket``, amount of an order before
        returns; ``Returns``, number of rows that are returns; ``First Order`` and ``Last Order``, days; ``Days Between
        Orders``, the median of the days from one day with an order to the next, NaN with one such day; ``Share
        Returned``, per cent of the amount ordered that came back.
    """
    bought = orders[orders["amount"] >= 0]
    by_customer = bought.groupby("customer", sort=False)
    everything = orders.groupby("customer", sort=False)
    net = everything["amount"].sum()
    days = bought[["customer", "day"]].drop_duplicates().sort_values(["customer", "day"])
    gaps = days.groupby("customer", sort=False)["day"].diff().dt.days
    sums = pd.DataFrame(
        {
            "net": net,
            "gross": by_customer["amount"].sum(),
            "rows_bought": by_customer.size(),
            "orders": by_customer["order"].nunique() if "order" in orders else 0,
            "returned": (orders["amount"] < 0).groupby(orders["customer"], sort=False).sum(),
            "first": by_customer["day"].min(),
            "last": by_customer["day"].max(),
            "gap": gaps.groupby(days["customer"], sort=False).median(),
        }
    )
    return customer_table(sums.reindex(net.index), reference_date=reference_date, by_order="order" in orders)


def customer_table(sums: pd.DataFrame, *, reference_date: pd.Timestamp, by_order: bool) -> pd.DataFrame:
    """What `aggregate_orders` yields, of sums by customer.

    Parameters
    ----------
    sums : DataFrame indexed by customer
        ``net`` and ``gross`` amounts; ``rows_bought``, ``returned`` and different ``orders``; ``first`` and ``last``
        day; ``gap``, median days from one day to the next.
    reference_date : from which days are counted
    by_order : an order has a number, and may have several rows
    """
    first, last = pd.to_datetime(sums["first"]), pd.to_datetime(sums["last"])
    gross, frequency = sums["gross"], sums["orders" if by_order else "rows_bought"]
    share = 100.0 * (1.0 - (sums["net"] / gross.where(gross > 0)).clip(upper=1.0)).fillna(0.0)
    frame = pd.DataFrame(
        {
            "Recency": (reference_date - last).dt.days,
            "Frequency": frequency,
            # Sums of cents carry dust such as -1e-14, which a logarithm or a bound would take at its word.
            "Monetary": sums["net"].round(6) + 0.0,
            "Tenure": (reference_date - first).dt.days,
            "Average Basket": gross / frequency,
            "Returns": sums["returned"],
            "Days Between Orders": sums["gap"],
            "Share Returned": share.clip(0.0, 100.0).round(6),
        }
    ).astype(np.float64)
    frame = frame.assign(**{"First Order": first.astype(DAY), "Last Order": last.astype(DAY)})
    frame = frame.rename_axis("Customer").reset_index()
    return frame[list(DERIVED)].astype({"Customer": "str"})
