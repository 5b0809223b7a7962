"""What ``segment init`` says: each guess with its reason, the account of the rows, the files and the next command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from customer_segmentation.data.table import CustomerTable
from customer_segmentation.explore.roles.column_guesses import Guess
from customer_segmentation.settings.data import Role, Transactions

LOG_WIDTH = 140  # where output goes to a file there is no width to keep to


def print_summary(
    guesses: Sequence[Guess],
    orders: Transactions | None,
    table: CustomerTable | None,
    files: Iterable[str],
    *,
    command: str,
    looked: str,
) -> None:
    """Print what was guessed, what the table gives under it, what was written and what to do next.

    ``looked`` tells which rows of a big table were looked at; then ``table`` is of these, and None for orders.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=LOG_WIDTH)
    console.print(_columns(guesses, orders))
    if looked:
        console.print(escape(f"{looked}: the others may hold what these do not"))
    if table is not None:
        counts = table.accounting()
        console.print(
            f"{counts['rows_read']:,} rows{' looked at' if looked else f' of {escape(table.source)}'} = "
            f"{counts['rows_used']:,} used + {counts['rows_not_selected']:,} not selected + "
            f"{counts['rows_set_aside']:,} set aside"
        )
    if orders is not None and table is not None:
        console.print(f"  these orders sum up to {len(table.customers):,} customers")
    elif orders is None and not any(guess.role is Role.value for guess in guesses):
        console.print("  no column is money: give one the role value for segments by what customers are worth")
    for path in files:
        console.print(f"wrote {escape(path)}")
    console.print(f"Check the roles, then run:  segment sweep {command}", soft_wrap=True)


def _columns(guesses: Sequence[Guess], orders: Transactions | None) -> Table:
    """One line a column: what it was taken for, and why."""
    what = "an order table" if orders else "one row a customer"
    table = Table(title=f"{len(guesses)} columns, {what}", title_justify="left", box=SIMPLE)
    for heading in ("column", "role", "type", "unit", "why"):
        table.add_column(heading, overflow="fold")
    roles = {} if orders is None else _order_roles(orders)
    for guess in guesses:
        role = roles.get(guess.header, guess.role.value if orders is None else "ignore")
        kind, unit = ("", "") if guess.spec is None else (guess.spec.type.value, guess.spec.unit)
        why = guess.why
        if guess.header in roles:
            why = {
                "customer": "repeats: one row an order, summed up to customers",
                "date": "when a customer ordered",
                "amount": f"what an order brought ({guess.why})",
                "order": "repeats: a row is one line of an order",
            }[role]
        elif orders is not None:
            why = "not needed to sum up orders"
        table.add_row(escape(guess.header), role, kind, escape(unit), escape(why))
    return table


def _order_roles(orders: Transactions) -> dict[str, str]:
    pairs = {orders.customer: "customer", orders.date: "date", orders.amount: "amount"}
    if orders.order:
        pairs[orders.order] = "order"
    return pairs
