"""Which columns make a table one of orders: a customer that repeats, a date and an amount."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from customer_segmentation.explore.roles import header_vocabulary as words_about
from customer_segmentation.explore.roles.column_guesses import Guess
from customer_segmentation.explore.roles.header_vocabulary import words_of
from customer_segmentation.settings.data import Role, Transactions

_FEWEST_ORDERS = 1.1  # of a customer on average, for a table to be one of orders
_DAY_WORDS = ("order", "purchase", "invoice", "transaction", "date", "datum", "day")


def order_columns(guesses: Sequence[Guess]) -> Transactions | None:
    """Columns of an order table, guessed; None where the table holds none or one row a customer.

    Parameters
    ----------
    guesses : sequence of Guess
        All columns of the table.

    Returns
    -------
    Transactions or None
        A key is empty where no column was found; ``customer`` never is. ``order`` is set where a number of orders
        repeats, so that a row is one line of an order.
    """
    if any(guess.role is Role.id and words_about.names_person(words_of(guess.header)) for guess in guesses):
        return None
    customer = _best(guesses, lambda guess: float(guess.repeats and guess.rows_per_cell >= _FEWEST_ORDERS))
    if customer is None:
        return None
    date = _best(guesses, lambda guess: guess.is_date * (1.0 + _says(guess, _DAY_WORDS)))
    amount = _best(guesses, _amount)
    order = _best(guesses, lambda guess: float(words_about.names_order(words_of(guess.header)) and guess.usable.all()))
    lines = order is not None and order.rows_per_cell >= 1.02
    return Transactions(
        customer=customer.header,
        date=date.header if date else "",
        amount=amount.header if amount else "",
        order=order.header if order and lines else None,
    )


def _best(guesses: Sequence[Guess], score: Callable[[Guess], float]) -> Guess | None:
    """Return the guess of the highest score above 0, the first among equals."""
    nameable = [guess for guess in guesses if guess.spec is not None and score(guess) > 0]
    return max(nameable, key=score, default=None)


def _amount(guess: Guess) -> float:
    """How much a column speaks for the amount of an order; the price of a piece is none."""
    if guess.numbers is None:
        return 0.0
    words = words_of(guess.header)
    score = words_about.money_score(words)
    if not score and {"total", "value", "net", "gross", "subtotal", "netto", "brutto"} & set(words):
        score = 2.0
    return score - 2.0 * bool({"unit", "price", "preis", "cost"} & set(words)) + 0.1


def _says(guess: Guess, words: Sequence[str]) -> float:
    return sum(word in words_of(guess.header) for word in words)
