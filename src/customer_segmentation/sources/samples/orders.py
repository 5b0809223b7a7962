"""Built-in sample of orders: an online shop over two years, so that recency, frequency and value work at once.

Customers buy at their own pace (gamma rates) until they lapse (exponential lifetimes), the behaviour that the
Pareto/NBD model describes (Schmittlein, Morrison and Colombo, 1987). Baskets are log-normal around each customer's own
level, orders follow the season, and a few are sent back.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

#: The two years that the orders cover.
FIRST_DAY, LAST_DAY = pd.Timestamp("2022-01-01"), pd.Timestamp("2023-12-31")
_DAYS = (LAST_DAY - FIRST_DAY).days + 1
#: Orders of a month relative to the mean: the weeks before Christmas, a sale in January, a quiet summer.
_SEASON = np.array([1.00, 0.80, 0.90, 0.92, 0.95, 0.90, 0.78, 0.75, 0.95, 1.05, 1.45, 1.55])
_WEEKDAY = np.array([1.10, 1.00, 0.98, 1.00, 0.95, 0.88, 1.09])  # Monday first
_RETURNED = 0.06  # share of the orders that come back, in full or in part


def draw_orders(n_customers: int = 3000, *, seed: int = 2022) -> pd.DataFrame:
    """Draw the orders of a shop.

    Parameters
    ----------
    n_customers : int
        Customers, each with at least one order; from 1.
    seed : int
        Equal seeds give equal tables.

    Returns
    -------
    DataFrame of shape (n_orders, 4)
        ``Order ID``, ``Customer ID``, ``Order Date`` (YYYY-MM-DD), ``Amount`` in $, in the order of time. A return
        stands as a row of its own with a negative amount.
    """
    rng = np.random.default_rng(seed)
    # A customer's first order; the shop has grown over the two years.
    first = np.floor(_DAYS * rng.power(1.25, n_customers)).astype(np.int64)
    lifetime = rng.exponential(420, n_customers) * rng.gamma(2.0, 0.5, n_customers)  # days until the customer lapses
    active = np.minimum(lifetime, _DAYS - 1 - first)
    rate = rng.gamma(0.8, 1 / 0.8, n_customers) * 5.0 / 365  # orders a day after the first
    further = rng.poisson(rate * active)
    level = rng.normal(np.log(46), 0.55, n_customers) + 0.12 * np.log(rate * 365 / 5 + 0.05)

    repeated = np.repeat(np.arange(n_customers), further)
    days = first[repeated] + 1 + np.floor(rng.random(len(repeated)) * active[repeated]).astype(np.int64)
    days = np.minimum(_in_season(rng, days), _DAYS - 1)
    customer = np.concatenate([np.arange(n_customers), repeated])
    day = np.concatenate([first, np.maximum(days, first[repeated])])
    amount = np.exp(level[customer] + rng.normal(0, 0.45, len(customer)))
    amount = np.round(np.clip(amount, 4.9, 4000), 2)

    back = np.flatnonzero(rng.random(len(customer)) < _RETURNED)
    share = np.where(rng.random(len(back)) < 0.6, 1.0, rng.uniform(0.2, 0.8, len(back)))
    returned_day = day[back] + rng.integers(3, 29, len(back))
    kept = returned_day < _DAYS
    back, share, returned_day = back[kept], share[kept], returned_day[kept]

    orders = pd.DataFrame(
        {
            "customer": np.concatenate([customer, customer[back]]),
            "day": np.concatenate([day, returned_day]),
            "amount": np.concatenate([amount, -np.round(amount[back] * share, 2)]),
        }
    ).sort_values("day", kind="stable", ignore_index=True)
    names = rng.choice(np.arange(10_000, 10_000 + 9 * n_customers + 90_000), n_customers, replace=False)
    dates = (FIRST_DAY + pd.to_timedelta(orders["day"], unit="D")).dt.strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "Order ID": pd.Series(np.arange(100_001, 100_001 + len(orders)), dtype="str"),
            "Customer ID": "C" + pd.Series(names[orders["customer"]], dtype="str"),
            "Order Date": dates.astype("str"),
            "Amount": orders["amount"],
        }
    )


def _in_season(rng: np.random.Generator, days: np.ndarray) -> np.ndarray:
    """Move days by up to three weeks, to where the season and the weekday weigh more."""
    candidates = np.clip(days[:, None] + rng.integers(-21, 22, (len(days), 6)), 0, _DAYS - 1)
    calendar = FIRST_DAY + pd.to_timedelta(np.arange(_DAYS), unit="D")
    weight = _SEASON[calendar.month - 1] * _WEEKDAY[calendar.day_of_week]
    chances = np.cumsum(weight[candidates], axis=1)
    chosen = (rng.random((len(days), 1)) * chances[:, -1:] > chances).sum(axis=1)
    moved: np.ndarray = candidates[np.arange(len(days)), np.minimum(chosen, candidates.shape[1] - 1)]
    return moved
