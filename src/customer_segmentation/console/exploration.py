"""What an exploration says in the terminal: the description, the hypotheses, the rows, where to look, what is next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import pandas as pd
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from customer_segmentation.data.table import CustomerTable
from customer_segmentation.explore.exploration import Exploration
from customer_segmentation.figures.labels import number
from customer_segmentation.formatting import percent
from customer_segmentation.settings.data import Role
from customer_segmentation.tracking.log.exploration import coefficient, gaps, set_aside_reasons, standing
from customer_segmentation.tracking.store import Store, command

MOST_ROWS = 30  # of a table; all stand in its file
STRONGEST = 10
LOG_WIDTH = 140  # where output goes to a file there is no width to keep to
WIDE = 110  # columns of a terminal below which only the main statistics are shown
STATISTICS = ["missing", "mean", "std", "min", "25%", "50%", "75%", "max"]
MAIN = ["missing", "mean", "min", "50%", "max"]


def print_exploration(
    table: CustomerTable,
    found: Exploration,
    store: Store,
    run_id: str,
    *,
    confidence: float,
    table_overrides: Sequence[str],
) -> None:
    """Print the exploration; the whole of it is on the run.

    Parameters
    ----------
    table : CustomerTable
    found : Exploration
    store : Store
    run_id : str
    confidence : float
        Of the intervals.
    table_overrides : sequence of str
        The words of the command line that choose table and store: the next command needs them too.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=LOG_WIDTH)
    if len(found.description):
        console.print(_description(found, console.width))
    _print_missing(console, found)
    strongest = found.pairs.dropna(subset=["pearson"]).head(STRONGEST)
    if len(strongest):
        console.print(_correlations(strongest, len(found.pairs), confidence))
    if found.hypotheses:
        console.print("[bold]Hypotheses[/bold]")
        for position, result in enumerate(found.hypotheses, start=1):
            words = standing(result, confidence=confidence)
            colour = "green" if words == "supported" else "yellow"
            text = f"{position}. [{colour}]{escape(words)}[/{colour}]: {escape(result.sentence)}"
            console.print(Padding(text, (0, 0, 0, 2)))
    for sentence in found.left_out:
        console.print(f"[yellow]left out[/yellow]  {escape(sentence)}")
    _print_rows(console, table)
    _print_end(console, found, store, run_id, table_overrides)


def _description(found: Exploration, width: int) -> Table:
    """Statistics of the numeric columns, as many as the terminal is wide enough for."""
    names = STATISTICS if width >= WIDE else MAIN
    shown = found.description.head(MOST_ROWS)
    more = f"; the first {len(shown)} of {len(found.description)}" * (len(shown) < len(found.description))
    table = Table(title=f"Description of {len(found.numbers):,} customers{more}", title_justify="left", box=SIMPLE)
    table.add_column("column", overflow="fold")
    table.add_column("unit")
    for key in names:
        table.add_column({"50%": "median"}.get(key, key), justify="right", no_wrap=True)
    for name, row in shown.iterrows():
        unit = found.units.get(str(name), "")
        cells = [f"{row[key]:,.0f}" if key == "missing" else number(row[key]) for key in names]
        table.add_row(escape(str(name)), escape(unit), *cells)
    return table


def _print_missing(console: Console, found: Exploration) -> None:
    """Columns with missing cells, in one line."""
    missing = gaps(found)
    if not missing:
        console.print(f"Missing cells: none in {(found.columns['role'] != Role.ignore.value).sum()} columns in use.")
        return
    n = len(found.numbers)
    listed = [f"{name} {count:,} ({percent(count / n)})" for name, count in missing]
    more = f", and {len(listed) - STRONGEST} more columns" if len(listed) > STRONGEST else ""
    console.print(f"Missing cells: {escape(', '.join(listed[:STRONGEST]))}{more}.")


def _correlations(strongest: pd.DataFrame, pairs: int, confidence: float) -> Table:
    """Pairs with the largest coefficients."""
    title = f"Strongest {len(strongest)} of {pairs} correlations, {100 * confidence:g} % intervals"
    table = Table(title=title, title_justify="left", box=SIMPLE)
    table.add_column("pair", overflow="fold")
    for name in ("Pearson", "Spearman"):
        table.add_column(name, justify="right", no_wrap=True)
    for _, row in strongest.iterrows():
        cells = [
            escape(coefficient(row[name], row[f"{name}_low"], row[f"{name}_high"])) for name in ("pearson", "spearman")
        ]
        table.add_row(escape(f"{row['x']} – {row['y']}"), *cells)
    return table


def _print_rows(console: Console, table: CustomerTable) -> None:
    """Account of the rows, and why some cannot be used."""
    counts = table.accounting()
    console.print(
        f"{counts['rows_read']:,} rows of {escape(table.source)} = {counts['rows_used']:,} used + "
        f"{counts['rows_not_selected']:,} not selected + {counts['rows_set_aside']:,} set aside"
    )
    for what, count in table.repairs.items():
        console.print(f"  mended: {escape(what)}: {count:,}")
    if table.set_aside.empty:
        return
    reasons = Table(title="Rows set aside (set_aside.csv on the run)", title_justify="left", box=SIMPLE)
    reasons.add_column("rows", justify="right")
    reasons.add_column("reason", overflow="fold")
    for reason, count in set_aside_reasons(table.set_aside):
        reasons.add_row(f"{count:,}", escape(reason))
    console.print(reasons)


def _print_end(console: Console, found: Exploration, store: Store, run_id: str, table_overrides: Sequence[str]) -> None:
    """Say what was made, where to look, and the next commands."""
    tested = f", hypotheses tested: {len(found.hypotheses)}" if found.hypotheses else ""
    console.print(
        f"Exploration run {run_id} in the experiment {escape(store.experiment)} of {escape(store.shown)}: "
        f"{len(found.description)} columns described, {len(found.pairs)} correlations{tested}; figures/ and tables/",
        soft_wrap=True,
    )
    console.print(f"Next, see it:      {escape(command(store, 'ui'))}", soft_wrap=True)
    console.print(f"Then segment them: {escape(shlex.join(['segment', 'sweep', *table_overrides]))}", soft_wrap=True)
