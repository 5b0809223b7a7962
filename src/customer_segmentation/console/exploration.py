"""What an exploration says in the terminal: the description, the hypotheses, the rows, where to look, what is next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from customer_segmentation.console.markup import escape
from customer_segmentation.console.tables import columns, console, print_next, print_rows, table
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.exploration.exploration import Exploration
from customer_segmentation.figures.labels import number
from customer_segmentation.formatting import counted, level, percent
from customer_segmentation.settings.data import Role
from customer_segmentation.tracking.log.exploration import coefficient, gaps, rejected_reasons, standing
from customer_segmentation.tracking.store import Store, command
from customer_segmentation.workflows.explore import Explored

MOST_ROWS = 30  # of a table; all stand in its file
STRONGEST = 10
WIDE = 110  # columns of a terminal below which only the main statistics are shown
STATISTICS = ["missing", "mean", "std", "min", "25%", "50%", "75%", "max"]
MAIN = ["missing", "mean", "min", "50%", "max"]


def print_exploration(explored: Explored, store: Store, run_id: str, *, table_overrides: Sequence[str]) -> None:
    """Print the exploration; the whole of it is on the run.

    Parameters
    ----------
    explored : Explored
    store : Store
    run_id : str
    table_overrides : sequence of str
        The words of the command line that choose table and store: the next command needs them too.
    """
    out, found, confidence = console(), explored.found, explored.settings.confidence
    if len(found.description):
        out.print(_description(found, out.width))
    _print_missing(out, found)
    strongest = found.pairs.dropna(subset=["pearson"]).head(STRONGEST)
    if len(strongest):
        out.print(_correlations(strongest, len(found.pairs), confidence))
    if found.hypotheses:
        out.print("[bold]Hypotheses[/bold]")
        for position, result in enumerate(found.hypotheses, start=1):
            words = standing(result, confidence=confidence)
            colour = "green" if words == "supported" else "yellow"
            text = f"{position}. [{colour}]{escape(words)}[/{colour}]: {escape(result.sentence)}"
            out.print(Padding(text, (0, 0, 0, 2)))
    for sentence in found.left_out:
        out.print(f"[yellow]left out[/yellow]  {escape(sentence)}")
    print_rows(out, explored.table)
    _print_rejected(out, explored.table)
    _print_end(out, found, store, run_id, table_overrides)


def _description(found: Exploration, width: int) -> Table:
    """Statistics of the numeric columns, as many as the terminal is wide enough for."""
    names = STATISTICS if width >= WIDE else MAIN
    shown = found.description.head(MOST_ROWS)
    more = f"; the first {len(shown)} of {len(found.description)}" * (len(shown) < len(found.description))
    made = table(f"Description of {counted(len(found.numbers), 'customer')}{more}")
    columns(made, ["column", "unit"], [{"50%": "median"}.get(key, key) for key in names])
    for name, row in shown.iterrows():
        unit = found.units.get(str(name), "")
        cells = [f"{row[key]:,.0f}" if key == "missing" else number(row[key]) for key in names]
        made.add_row(escape(str(name)), escape(unit), *cells)
    return made


def _print_missing(out: Console, found: Exploration) -> None:
    """Columns with missing cells, in one line."""
    missing = gaps(found)
    if not missing:
        out.print(f"Missing cells: none in {(found.columns['role'] != Role.ignore.value).sum()} columns in use.")
        return
    n = len(found.numbers)
    listed = [f"{name} {count:,} ({percent(count / n)})" for name, count in missing]
    more = f", and {len(listed) - STRONGEST} more columns" if len(listed) > STRONGEST else ""
    out.print(f"Missing cells: {escape(', '.join(listed[:STRONGEST]))}{more}.")


def _correlations(strongest: pd.DataFrame, pairs: int, confidence: float) -> Table:
    """Pairs with the largest coefficients."""
    made = table(f"Strongest {len(strongest)} of {pairs} correlations, {level(confidence)} intervals")
    columns(made, ["pair"], ["Pearson", "Spearman"])
    for _, row in strongest.iterrows():
        cells = [
            escape(coefficient(row[name], row[f"{name}_low"], row[f"{name}_high"])) for name in ("pearson", "spearman")
        ]
        made.add_row(escape(f"{row['x']} – {row['y']}"), *cells)
    return made


def _print_rejected(out: Console, rows: CustomerTable) -> None:
    """Why some rows cannot be used."""
    if rows.rejected.empty:
        return
    reasons = table("Rejected rows (rejected.csv on the run)")
    columns(columns(reasons, right=["rows"]), ["reason"])
    for reason, count in rejected_reasons(rows.rejected):
        reasons.add_row(f"{count:,}", escape(reason))
    out.print(reasons)


def _print_end(out: Console, found: Exploration, store: Store, run_id: str, table_overrides: Sequence[str]) -> None:
    """Say what was made, where to look, and the next commands."""
    tested = f", hypotheses tested: {len(found.hypotheses)}" if found.hypotheses else ""
    out.print(
        f"Exploration run {run_id} in the experiment {escape(store.experiment)} of {escape(store.shown)}: "
        f"{counted(len(found.description), 'column')} described, {counted(len(found.pairs), 'correlation')}{tested}; "
        f"{'figures/ and tables/' if store.figures else 'tables/'}",
        soft_wrap=True,
    )
    print_next(out, "Next, see it:     ", command(store, "ui"))
    print_next(out, "Then segment them:", shlex.join(["segment", "sweep", *table_overrides]))
