"""Who moves where between two candidates, in the terminal."""

from __future__ import annotations

from customer_segmentation.console.markup import escape
from customer_segmentation.console.tables import columns, console, table
from customer_segmentation.formatting import counted, percent
from customer_segmentation.workflows.migrate import Migrated


def print_migration(result: Migrated) -> None:
    """Print the table of moves, and what became of the segments."""
    out, found = console(), result.found
    made = columns(table(result.title, "= the same segment, by the customers in both"), ["before"])
    for name in found.names_after:
        made.add_column(escape(name), justify="right", max_width=24)
    same = {(match.before, match.after) for match in found.matching.matches}
    for number, name in enumerate(found.names_before):
        cells = []
        for other, count in enumerate(found.counts[number]):
            text = f"{count:,}" if count else ""
            cells.append(f"[bold]{text} =[/bold]" if (number, other) in same else text)
        made.add_row(escape(name), *cells)
    out.print(made)
    out.print(
        f"{counted(found.customers, 'customer')} in both, {percent(found.stayed)} stay in their segment; adjusted Rand "
        f"index {found.rand:.3f}"
    )
    if found.only_before or found.only_after:
        out.print(f"{counted(found.only_before, 'customer')} only before, {found.only_after:,} only after")
    for number in found.matching.vanished:
        out.print(f"No successor: {escape(found.names_before[number])}")
    for number in found.matching.new:
        out.print(f"New: {escape(found.names_after[number])}")
    out.print(f"Logged on run {result.run_id}: migration.csv, migration.png")
