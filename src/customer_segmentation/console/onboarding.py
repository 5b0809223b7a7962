"""What ``segment init`` says and asks: the roles in one table, what is not sure, the files and the next command."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.table import Table

from customer_segmentation.console.markup import escape
from customer_segmentation.console.tables import console, print_next, row_account, table
from customer_segmentation.errors import SettingsError
from customer_segmentation.exploration.roles.column_guesses import Guess
from customer_segmentation.exploration.roles.meanings import Meaning
from customer_segmentation.exploration.roles.questions import WORD_OF, Question
from customer_segmentation.formatting import counted, listed, percent

if TYPE_CHECKING:
    from customer_segmentation.data.table import CustomerTable
    from customer_segmentation.settings.data import Transactions
    from customer_segmentation.workflows.describe_table import Ask, TableDescription

WIDTH = 80  # of the table of roles where output goes to a file; a terminal may be narrower
UNFOLDED = 10_000  # of sentences there
MOST_ROWS = 60  # of the table of roles; of a wide table the others stand in its contract
MOST_QUESTIONS = 12
MOST_REASONS = 2  # why rows are rejected
_LONGEST = 34  # letters of a header


def asker() -> Ask | None:
    """Return a function that asks in the terminal; None where nobody sits at one."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    out = console()
    asked = 0

    def ask(question: Question) -> tuple[str, str]:
        nonlocal asked
        asked += 1
        header, role, _ = question.options[0]
        if asked > MOST_QUESTIONS:
            return header, role
        out.print(f"[bold]not sure:[/bold] {escape(question.asks)}")
        for number, (name, word, meaning) in enumerate(question.options, 1):
            told = f": {meaning}" if meaning else ""
            out.print(f"  {number}  {escape(name)} as {word}{escape(told)}")
        while True:
            try:
                answer = out.input(f"  1-{len(question.options)}, or Enter for 1: ").strip()
            except EOFError:  # Ctrl-D
                raise SettingsError(
                    f"{question.column} was asked for and nobody answered, so that nothing was written; answer with "
                    "roles.HEADER=ROLE."
                ) from None
            if not answer:
                return header, role
            if answer.isdecimal() and 1 <= int(answer) <= len(question.options):
                return question.options[int(answer) - 1][:2]

    return ask


def print_roles(described: TableDescription) -> None:
    """Print each column with its role and reason, those that are not sure first, and a line for each of these."""
    out = console(WIDTH)
    out.print(_columns(described))
    rest = len(described.reading.guesses) - MOST_ROWS
    if rest > 0:
        contract = next((path for path in described.files if path.startswith("conf/contract")), "the table")
        out.print(f"  and {rest:,} more columns: see {escape(contract)}")
    plain = console(UNFOLDED)
    questions = described.reading.questions
    for question in questions[:MOST_QUESTIONS]:
        plain.print(escape(question.line()), soft_wrap=True)
    if len(questions) > MOST_QUESTIONS:
        names = ", ".join(question.column for question in questions[MOST_QUESTIONS : MOST_QUESTIONS + 20])
        plain.print(escape(f"not sure either: {names}, as listed in the table of roles"), soft_wrap=True)


def print_described(described: TableDescription, name: str) -> None:  # noqa: C901 - one case after the other
    """Print the roles, what the table gives under them, what shapes the segments, the files and what to do next.

    Parameters
    ----------
    described : TableDescription
        See `customer_segmentation.workflows.describe_table`.
    name : str
        Of the files.
    """
    print_roles(described)
    out, rows, orders, choice = console(UNFOLDED), described.table, described.orders, described.choice

    def say(text: str) -> None:
        out.print(escape(text), soft_wrap=True)

    if described.looked:
        say(f"{described.looked}: the others may hold what these do not")
    if rows is not None:
        out.print(row_account(rows, looked_at=bool(described.looked)), soft_wrap=True)
        for note in (*rows.notes, *_why_rejected(rows)):
            say(f"  {note}")
    if orders is not None:
        if orders.quantity:
            say(f"  what an order brought is {orders.quantity} x {orders.amount}, summed up")
        if rows is not None:
            say(f"  these orders sum up to {counted(len(rows.customers), 'customer')}")
    elif choice is not None:
        say(f"  segments are shaped by {', '.join(guess.header for guess in choice.numbers)}")
        if choice.words:
            say(f"  a second feature set adds {', '.join(guess.header for guess in choice.words)}")
        read = {guess.header for guess in (*choice.numbers, *choice.words)} & choice.imputed
        blank = {guess.header: 1 - guess.usable.mean() for guess in described.reading.guesses if guess.header in read}
        if blank:
            told = listed([f"{header} ({percent(share)})" for header, share in blank.items()], most=8)
            say(f"  blank cells are imputed, by a median or the most frequent answer: {told}")
        if not any(guess.meaning is Meaning.amount for guess in described.reading.guesses):
            say("  no column clearly says what customers are worth: give one the role value to segment by it")
        if described.keep != "all" and rows is not None:
            left = next(guess for guess in described.reading.guesses if guess.header == described.left_by)
            events = ", ".join(left.spec.event_values) if left.spec is not None else ""
            say(
                f"  the {len(rows.others):,} who have left ({left.header}: {events}) are not segmented; data.keep=all "
                "includes them"
            )
        for header, reason in list(choice.left_out.items())[:MOST_ROWS]:
            say(f"  left out: {header}: {reason}")
        if len(choice.left_out) > MOST_ROWS:
            say(f"  left out: {len(choice.left_out) - MOST_ROWS:,} more, each with its reason in the features' file")
    for path in described.files:
        say(f"wrote {path}")
    words = {"path": " data.path=ADDRESS", "query": " data.query=QUERY"}
    again = "".join(words[key] for key in described.kept_out)
    print_next(out, "Check the roles, then run:", f"segment sweep experiments={name}{again}")


def _why_rejected(rows: CustomerTable) -> list[str]:
    """The commonest reasons of rejected rows; of a row with several what else it is, such as a total, before blanks."""
    each = rows.rejected["reason"].str.split("; ")
    reasons = each.map(lambda several: min(several, key=lambda one: one.endswith(" is missing"))).value_counts()
    told = [f"{reason} ({counted(int(number), 'row')})" for reason, number in reasons.head(MOST_REASONS).items()]
    return [f"rejected: {'; '.join(told)}{'; …' * (len(reasons) > MOST_REASONS)}"] if told else []


def _columns(described: TableDescription) -> Table:
    """One line a column: what it was taken for, and why; those that are not sure first."""
    guesses, orders = described.reading.guesses, described.orders
    unsure = {question.column for question in described.reading.questions}
    what = "an order table" if orders else "one row a customer"
    made = table(f"{described.source}: {counted(len(guesses), 'column')}, {what}")
    made.padding = (0, 1, 0, 0)
    made.add_column("column", overflow="fold", max_width=24)
    made.add_column("role", no_wrap=True)
    made.add_column("unit", overflow="fold", max_width=10)
    made.add_column("why", overflow="fold", ratio=1)
    in_orders = {} if orders is None else _order_roles(orders)
    ordered = sorted(guesses, key=lambda guess: guess.header not in unsure)
    for guess in ordered[:MOST_ROWS]:
        role, why = _role(guess), guess.why
        if orders is not None:
            role, told = in_orders.get(guess.header, ("ignore", "not needed to sum up orders"))
            why = told if not told.endswith(":") else f"{told} {guess.why}"
        mark = f"{role} ?" if guess.header in unsure else role
        unit = guess.spec.unit if guess.spec is not None else ""
        name = guess.header if len(guess.header) <= _LONGEST else f"{guess.header[: _LONGEST - 1]}…"
        made.add_row(escape(name), mark, escape(unit), escape(why if len(why) < 200 else f"{why[:199]}…"))
    return made


def _role(guess: Guess) -> str:
    """Role as the contract has it."""
    return guess.role.value if guess.spec is not None else WORD_OF[Meaning.nothing]


def _order_roles(orders: Transactions) -> dict[str, tuple[str, str]]:
    roles = {
        orders.customer: ("customer", "repeats: one row an order, summed up to customers"),
        orders.date: ("date", "when a customer ordered"),
        orders.amount: ("price", "of one piece:") if orders.quantity else ("amount", "what an order brought:"),
    }
    if orders.quantity:
        roles[orders.quantity] = ("quantity", f"pieces, times {orders.amount}")
    if orders.order:
        roles[orders.order] = ("order", "repeats: a row is one line of an order")
    return roles
