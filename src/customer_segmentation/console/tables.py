"""One console, one style of table, one account of the rows, for everything that is printed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rich.box import SIMPLE
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from customer_segmentation.console.lines import ESCAPE
from customer_segmentation.console.markup import escape
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.formatting import counted
from customer_segmentation.secrets import redact

LONGEST_WORD = 26  # characters of a word that a column makes room for
NARROW = 100  # columns of a terminal under which heads of figures stand on two lines
_MARKUP = re.compile(r"\[/?[a-z ]+\]")
LOG_WIDTH = 140  # where output goes to a file there is no width to keep to


def console(width: int = LOG_WIDTH) -> Console:
    """Where a command's answer goes: a terminal with its width, or a log with this one."""
    found = PlainConsole(highlight=False)
    return found if found.is_terminal else PlainConsole(highlight=False, width=width)


class PlainConsole(Console):
    """A console on which no text orders the terminal to do something, also one that nobody has escaped."""

    @override
    def render_str(self, text: str, **how: Any) -> Text:
        return super().render_str(redact(text.replace(ESCAPE, "")), **how)  # before a secret is broken in two


class Words(Table):
    """A table whose columns of words are never narrower than their longest word, so that none is broken."""

    @override
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for column in self.columns:
            if column.overflow == "fold" and not column.no_wrap:
                texts = " ".join(str(cell) for cell in (column.header, *column.cells))
                longest = max((len(word) for word in re.split(r"[\s/]+", _MARKUP.sub("", texts))), default=0)
                column.min_width = min(longest, LONGEST_WORD)
        yield from super().__rich_console__(console, options)


def table(title: str = "", caption: str = "") -> Table:
    """An empty table.

    Parameters
    ----------
    title, caption : str
        Texts as they are, not markup.
    """
    made = Words(title=escape(title) or None, title_justify="left", box=SIMPLE, caption=caption or None)
    made.caption_justify = "left"
    return made


def columns(made: Table, left: Iterable[str] = (), right: Iterable[str] = ()) -> Table:
    """Add columns to a table: words to the left, then figures to the right.

    Parameters
    ----------
    made : the table that grows
    left : heads of columns of words
    right : heads of columns of figures
    """
    narrow = console().width < NARROW
    for name in left:
        made.add_column(name, overflow="fold")
    for name in right:
        made.add_column(name.replace(" ", "\n") if narrow else name, justify="right", no_wrap=True)
    return made


def row_account(rows: CustomerTable, *, looked_at: bool = False) -> str:
    """The account of the rows as markup: read = used + not selected + rejected.

    Parameters
    ----------
    rows : CustomerTable
    looked_at : bool
        The table holds some rows of a bigger one.
    """
    counts = rows.accounting()
    of = " looked at" if looked_at else f" of {escape(rows.source)}"
    return (
        f"{counted(counts['rows_read'], 'row')}{of} = {counts['rows_used']:,} used + "
        f"{counts['rows_not_selected']:,} not selected + {counts['rows_rejected']:,} rejected"
    )


def print_rows(out: Console, rows: CustomerTable) -> None:
    """Print the account of the rows, and what was corrected.

    Parameters
    ----------
    out : the terminal
    rows : the customer table
    """
    out.print(row_account(rows))
    if rows.accounting()["rows_used"] != len(rows.customers):
        out.print(f"  these orders sum up to {counted(len(rows.customers), 'customer')}")
    for note in rows.notes:
        out.print(f"  {escape(note)}")
    for what, count in rows.repairs.items():
        out.print(f"  corrected: {escape(what)}: {count:,}")


def print_next(out: Console, what: str, command: str) -> None:
    """Print a command to go on with, in one line that can be copied.

    Parameters
    ----------
    out : the terminal
    what : why one would run it
    command : what to type
    """
    out.print(f"{what}  {escape(command)}", soft_wrap=True)
