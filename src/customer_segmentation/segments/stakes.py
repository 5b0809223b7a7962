"""What is at stake: how many customers an action is for, what they bring a month, and how many of them may leave.

An amount at stake looks forward: customers x their value of one month or year x the rate of the outcome among customers
like these. It is value *of* a month that would go, not value that goes each month: a table is a snapshot, and its rate
is that of the time over which the outcome was observed (``within`` of the contract), which need not be a month. Without
a column of recurring value there is none; what customers have brought so far is past revenue and is called so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.formatting import CURRENCIES, NBSP, counted, figure, money, percent
from customer_segmentation.segments.event_words import rate_of
from customer_segmentation.segments.intervals import wilson
from customer_segmentation.segments.variables import Described
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

Labels = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]

_PERIOD = re.compile(r"^(?P<amount>.+?)\s*(?:/|per )\s*(?P<period>day|week|month|quarter|year)$", re.IGNORECASE)
_MONEY_WORDS = ("currency", "usd", "eur", "gbp", "chf", "dollars", "euros", "pounds")


@dataclass(frozen=True)
class Recurring:
    """Value that customers bring again and again: the column, its currency and the period."""

    column: str
    unit: str
    period: str


@dataclass(frozen=True)
class Outcome:
    """The outcome whose rate is applied: what it is called, whether it happened (NaN: not known), over what time."""

    rate_name: str
    inside: Floats
    outside: Floats
    within: str = ""


@dataclass(frozen=True)
class Stake:
    """What is at stake with some customers of a segment.

    Attributes
    ----------
    customers : int
        Whom it is about, of the customers that were segmented.
    recurring : float or None
        What they bring in one period together, in ``unit``.
    rate, low, high : float or None
        Rate of the outcome among customers like these, those outside the fit included, with its 95 % interval.
    observed : int
        Customers whose outcome is known: those of the rate.
    unit, period, rate_name : str
    within : str
        Time over which the outcome was observed; "" where nobody says.
    """

    customers: int
    recurring: float | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    observed: int = 0
    unit: str = ""
    period: str = ""
    rate_name: str = ""
    within: str = ""

    @property
    def amount(self) -> float | None:
        """Recurring value times the rate; None where the table does not have both."""
        return None if self.recurring is None or self.rate is None else self.recurring * self.rate

    @property
    def interval(self) -> tuple[float, float] | None:
        """The amount at both ends of the rate's interval."""
        if self.recurring is None or self.low is None or self.high is None:
            return None
        return self.recurring * self.low, self.recurring * self.high

    @property
    def brings(self) -> str:
        """What they bring a period, such as "$124,900 a month"; "" where it is not known."""
        return "" if self.recurring is None else f"{about(self.recurring, self.unit)} a {self.period}"

    @property
    def short(self) -> str:
        """The amount, such as "$52,200 of monthly value"; "" where there is none."""
        return "" if self.amount is None else f"{about(self.amount, self.unit)} of {adjective(self.period)} value"

    @property
    def over(self) -> str:
        """Over what time the rate was observed, as a phrase."""
        return over(self.within)

    @property
    def sentence(self) -> str:
        """How the amount comes about, with its interval; "" where there is none."""
        ends = self.interval
        if self.recurring is None or self.rate is None or ends is None or not self.customers:
            return ""
        each = figure(self.recurring / self.customers, self.unit)
        return (
            f"{self.short} (95{NBSP}% interval {about(ends[0], self.unit)} to {about(ends[1], self.unit)}): "
            f"{counted(self.customers, 'customer')} × {each} a {self.period} × {self.rate_name} "
            f"{percent(self.rate)} of {counted(self.observed, 'customer')} like these, {self.over}"
        )


@dataclass(frozen=True)
class Base:
    """The customers that stakes are counted over, row by row.

    Attributes
    ----------
    labels, outside_labels : integer arrays of shape (n_customers,), (n_outside,)
        Segments; -1 for a customer outside the fit who could not be assigned.
    customers, outside : DataFrame
        Their columns, by which an action's customers are picked.
    recurring : Recurring or None
    outcome : Outcome or None
    """

    labels: Labels
    outside_labels: Labels
    customers: pd.DataFrame
    outside: pd.DataFrame
    recurring: Recurring | None
    outcome: Outcome | None

    def stake(self, segment: int, only: Mapping[str, str] | None = None) -> Stake:
        """Count over one segment, or over those of its customers that have the values of ``only`` (column to value).

        Parameters
        ----------
        segment : its number, from 0
        only : column to the value that its customers must have; None: all of them
        """
        inside = (self.labels == segment) & _having(self.customers, only)
        outside = (self.outside_labels == segment) & _having(self.outside, only)
        recurring = rate = low = high = None
        observed = 0
        if self.recurring is not None:
            amounts = self.customers[self.recurring.column].to_numpy(dtype=float, na_value=np.nan)[inside]
            recurring = float(np.nansum(amounts))
        if self.outcome is not None:
            happened = np.concatenate([self.outcome.inside[inside], self.outcome.outside[outside]])
            happened = happened[np.isfinite(happened)]
            observed = len(happened)
            if observed:
                ends = wilson(np.array([happened.sum()]), np.array([float(observed)]))
                rate, low, high = float(happened.mean()), float(ends[0][0]), float(ends[1][0])
        return Stake(
            customers=int(inside.sum()),
            recurring=recurring,
            rate=rate,
            low=low,
            high=high,
            observed=observed,
            unit="" if self.recurring is None else self.recurring.unit,
            period="" if self.recurring is None else self.recurring.period,
            rate_name="" if self.outcome is None else self.outcome.rate_name,
            within="" if self.outcome is None else self.outcome.within,
        )

    def lacks(self, only: Mapping[str, str]) -> bool:
        """Whether the table does not have a column of ``only``."""
        return not set(only) <= set(self.customers.columns)


def about(amount: float, unit: str) -> str:
    """An estimated amount, with three digits: no more are known.

    >>> about(1417.3, "$"), about(42_812, "$"), about(0, "$")
    ('$1,420', '$42,800', '$0')

    Parameters
    ----------
    amount : in ``unit``
    unit : a currency, or another unit
    """
    if amount:
        amount = round(amount, 2 - math.floor(math.log10(abs(amount))))
    return money(amount, unit)


def adjective(period: str) -> str:
    """Monthly for month, daily for day."""
    return "daily" if period == "day" else f"{period}ly"


def over(within: str) -> str:
    """Over what time a rate was observed, as a phrase."""
    return f"observed over a {within}" if within else "as in the table, which does not say over what time"


def together(stakes: Sequence[Stake]) -> tuple[float, float, float]:
    """Sum of amounts over segments that do not overlap, with its 95 % interval: half-widths add up in squares.

    Parameters
    ----------
    stakes : each with an amount

    Returns
    -------
    tuple of float
        Sum, lower and upper end.
    """
    known = [(stake.amount, *stake.interval) for stake in stakes if stake.amount is not None and stake.interval]
    total = math.fsum(amount for amount, _, _ in known)
    below = math.sqrt(sum((amount - low) ** 2 for amount, low, _ in known))
    above = math.sqrt(sum((high - amount) ** 2 for amount, _, high in known))
    return total, total - below, total + above


def _having(frame: pd.DataFrame, only: Mapping[str, str] | None) -> npt.NDArray[np.bool_]:
    chosen = np.ones(len(frame), dtype=bool)
    for column, value in (only or {}).items():
        if column not in frame:
            return np.zeros(len(frame), dtype=bool)
        cells = frame[column]
        if pd.api.types.is_bool_dtype(cells.dtype):
            wanted = str(value).strip().casefold() in ("yes", "true", "1")
            chosen &= cells.fillna(not wanted).to_numpy(dtype=bool) == wanted
        else:
            chosen &= (cells.astype("str").str.casefold() == str(value).casefold()).to_numpy(dtype=bool)
    return chosen


def recurring_column(
    columns: Mapping[str, ColumnSpec], present: Sequence[str], declared: str | None
) -> Recurring | None:
    """Find the column of recurring value: the declared one, else a value column per period, else the only such column.

    Parameters
    ----------
    columns : mapping of str to ColumnSpec
    present : sequence of str
        Columns that the table has.
    declared : str or None
        Name that a playbook gives.
    """
    found = {}
    for name, spec in columns.items():
        match = _PERIOD.match(spec.unit)
        if name not in present or match is None or spec.type not in (ColumnType.number, ColumnType.integer):
            continue
        if spec.role not in (Role.value, Role.numeric):
            continue
        amount = match["amount"]
        if amount.startswith(CURRENCIES) or amount.lower() in _MONEY_WORDS:
            found[name] = Recurring(name, amount, match["period"].lower())
    if declared is not None:
        return found.get(declared)
    value = next((item for name, item in found.items() if columns[name].role is Role.value), None)
    return value or (next(iter(found.values())) if len(found) == 1 else None)


def outcome_of(described: Sequence[Described], outside: int) -> Outcome | None:
    """The first outcome with one event, with whether it happened to each customer.

    Parameters
    ----------
    described : variables of the profiles, with their values
    outside : how many customers outside the fit stand at the end of the values
    """
    for item in described:
        variable = item.variable
        if variable.role is not Role.outcome or variable.kind != "share" or len(variable.levels) != 1:
            continue
        left_out = np.full(outside, -1) if item.left_out is None else item.left_out
        return Outcome(rate_of(variable), _happened(item.values), _happened(left_out), variable.within)
    return None


def _happened(positions: npt.NDArray[np.generic]) -> Floats:
    codes = positions.astype(np.int64)
    return np.where(codes < 0, np.nan, (codes == 0).astype(float))
