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
    first, last, gross = by_customer["day"].min(), by_customer["day"].max(), by_customer["amount"].sum()
    frequency = by_customer["order"].nunique() if "order" in orders else by_customer.size()
    everything = orders.groupby("customer", sort=False)
    net = everything["amount"].sum()
    returned = (orders["amount"] < 0).groupby(orders["customer"], sort=False).sum()
    share = 100.0 * (1.0 - (net / gross.where(gross > 0)).clip(upper=1.0)).fillna(0.0)
    days = bought[["customer", "day"]].drop_duplicates().sort_values(["customer", "day"])
    gaps = days.groupby("customer", sort=False)["day"].diff().dt.days
    frame = pd.DataFrame(
        {
            "Recency": (reference_date - last).dt.days,
            "Frequency": frequency,
            # Sums of cents carry dust such as -1e-14, which a logarithm or a bound would take at its word.
            "Monetary": net.round(6) + 0.0,
            "Tenure": (reference_date - first).dt.days,
            "Average Basket": gross / frequency,
            "Returns": returned,
            "Days Between Orders": gaps.groupby(days["customer"], sort=False).median(),
            "Share Returned": share.clip(0.0, 100.0).round(6),
        }
    ).astype(np.float64)
    frame = frame.assign(**{"First Order": first.astype(DAY), "Last Order": last.astype(DAY)})
    frame = frame.reindex(net.index).rename_axis("Customer").reset_index()
    return frame[list(DERIVED)].astype({"Customer": "str"})
