"""Which columns make a table one of orders: a customer that repeats, a date and an amount, or quantity and price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from customer_segmentation.exploration.roles.meanings import Meaning, Weighed, effect
from customer_segmentation.exploration.roles.questions import SURE, Question, amount_question
from customer_segmentation.settings.data import Transactions

FEWEST_ORDERS = 1.1  # of a customer on average, for a table to be one of orders
_LINES = 1.02  # rows of an order from which a row is one line of it
_FEWEST_POINTS = 1.0


@dataclass(frozen=True)
class OrderColumns:
    """Headers of the columns of an order table; empty where none was found.

    Attributes
    ----------
    customer, date, amount, quantity, order : str
        With a quantity the amount is the price of one piece. ``order`` is set where a number of orders repeats, so
        that a row is one line of an order.
    total : str
        Another column that could be the amount.
    points, next_points : float
        Evidence for the amount, and for the other one.
    """

    customer: str
    date: str
    amount: str
    quantity: str
    order: str
    total: str
    points: float
    next_points: float

    def transactions(self) -> Transactions:
        """As the settings have it."""
        return Transactions(
            customer=self.customer,
            date=self.date,
            amount=self.amount,
            quantity=self.quantity or None,
            order=self.order or None,
        )

    def questions(self, given: Mapping[int, Meaning]) -> list[Question]:
        """What is not sure about the amount; ``given`` is what the user said of columns, by position.

        Parameters
        ----------
        given : position to what the user said of it
        """
        said = Meaning.amount in given.values()
        return (
            []
            if said or not self.amount
            else amount_question(self.amount, self.quantity, self.total, self.points, self.next_points)
        )


def order_columns(columns: Mapping[int, Weighed], key: int | None, given: Mapping[int, Meaning]) -> OrderColumns:
    """Find the columns by which orders are summed up.

    Parameters
    ----------
    columns : mapping of int to Weighed
        All columns of the table that can be named, by position.
    key : int or None
        Position of the customer.
    given : mapping of int to Meaning
        What the user has said.
    """
    others = {at: one for at, one in columns.items() if at != key}
    date = _best(others, Meaning.date, given, bonus="order_date")
    order = _best(others, Meaning.order, given, least=2.5)
    if order is not None and not (others[order].facts.filled.all() and others[order].facts.rows_per_cell >= _LINES):
        order = None
    ranked = sorted(
        (at for at in others if _amount_points(others[at], given.get(at)) >= _FEWEST_POINTS),
        key=lambda at: -_amount_points(others[at], given.get(at)),
    )
    quantity, price = _best(others, Meaning.quantity, given, least=2.0), _best(others, Meaning.price, given, least=2.0)
    amount = ranked[0] if ranked else None
    points = _amount_points(others[amount], given.get(amount)) if amount is not None else 0.0
    said = amount is not None and given.get(amount) is Meaning.amount
    used_quantity = None
    if not said and price is not None and quantity is not None and price != quantity:
        product = 3.5 + 0.5 * (others[price].points(Meaning.price) > 4.5)
        if amount is None or amount == price or points < 2.5:
            amount, used_quantity, points = price, quantity, product
    elif not said and amount is None and price is not None:
        amount, points = price, 1.5
    following = next((at for at in ranked if at not in (amount, used_quantity, price)), None)

    def name(at: int | None) -> str:
        return "" if at is None else columns[at].facts.header

    return OrderColumns(
        customer=name(key),
        date=name(date),
        amount=name(amount),
        quantity=name(used_quantity),
        order=name(order),
        total=name(following),
        points=float(points),
        next_points=_amount_points(others[following], None) if following is not None else 0.0,
    )


def _best(
    columns: Mapping[int, Weighed],
    meaning: Meaning,
    given: Mapping[int, Meaning],
    *,
    least: float = 0.5,
    bonus: str = "",
) -> int | None:
    """Position of the column that speaks most for a meaning, the first among equals."""
    points = {
        at: one.points(meaning)
        + (1.0 if bonus and bonus in one.facts.words else 0.0)
        - 2.0 * ("birth" in one.facts.words)
        for at, one in columns.items()
        if given.get(at, meaning) is meaning and one.points(meaning) >= least
    }
    return max(points, key=lambda at: points[at], default=None)


def _amount_points(weighed: Weighed, said: Meaning | None) -> float:
    """How much a column speaks for the amount of an order."""
    if said is not None and said is not Meaning.amount:
        return -np.inf
    if weighed.facts.numbers is None:
        return -np.inf
    points = weighed.points(Meaning.amount)
    best = weighed.ranked()[0]
    if best[0] is not Meaning.amount and effect(best[0]) != "numeric" and best[1] > points:
        return -np.inf
    return points


__all__ = ["FEWEST_ORDERS", "SURE", "OrderColumns", "order_columns"]
