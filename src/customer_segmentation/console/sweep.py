"""What a sweep says at its end: what it made, where to look, and the next command."""

from __future__ import annotations

import pandas as pd
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from customer_segmentation.console.progress import SweepProgress
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.formatting import figure, percent, shortened
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.tracking.log.sweep import place_of_report
from customer_segmentation.tracking.store import Store, command
from customer_segmentation.workflows.choose import Conclusion

SHOWN = 10
LOG_WIDTH = 140  # where output goes to a file there is no width to keep to


def print_summary(
    result: Conclusion,
    table: CustomerTable,
    store: Store,
    sweep_id: str,
    progress: SweepProgress,
    insights: SegmentInsights | None = None,
    full_data: str = "",
) -> None:
    """Print the account of the rows, the best candidates, the choice with its reasons, and what to do next."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=LOG_WIDTH)
    counts = table.accounting()
    console.print(
        f"{counts['rows_read']:,} rows of {escape(table.source)} = {counts['rows_used']:,} used + "
        f"{counts['rows_not_selected']:,} not selected + {counts['rows_set_aside']:,} set aside"
    )
    if counts["rows_used"] != len(table.customers):
        console.print(f"  these orders sum up to {len(table.customers):,} customers")
    for what, count in table.repairs.items():
        console.print(f"  mended: {escape(what)}: {count:,}")
    if not result.leaderboard.empty:
        console.print(_leaders(result))
    for name, note in progress.notes.items():
        console.print(f"note    {escape(name)}: {escape(note)}")
    for name, reason in progress.failures.items():
        console.print(f"[red]failed[/red]  {escape(name)}: {escape(reason)}")
    if result.chosen is not None:
        console.print(f"[bold]Chosen: {escape(str(result.chosen['study']))} · k={int(result.chosen['k'])}[/bold]")
    for reason in result.reasons:
        console.print(f"  {escape(reason)}")
    if insights is not None:
        console.print(_segments(insights))
    if full_data:
        console.print(escape(full_data))
    console.print(
        f"Sweep run {sweep_id} in the experiment {escape(store.experiment)} of {escape(store.shown)}", soft_wrap=True
    )
    if result.chosen is not None:
        console.print(f"Chosen run {result.chosen['run_id']}: model, figures, segments.csv, segments/", soft_wrap=True)
    if "report" not in progress.notes:
        console.print(f"Report: {escape(place_of_report(store, sweep_id))}", soft_wrap=True)
    console.print(f"Next, compare the runs:  {escape(command(store, 'ui'))}", soft_wrap=True)


def _leaders(result: Conclusion) -> Table:
    """Best candidates by yardstick, the chosen and the runner-up marked."""
    board = result.leaderboard
    board = board[board["k"] >= 2].sort_values(["yardstick", "k"], ascending=[False, True], kind="stable")
    marked = board["verdict"].isin(["chosen", "runner_up"])
    top = pd.concat([board[marked], board[~marked & ~board["verdict"].str.startswith("ruled_out")]]).head(SHOWN)
    table = Table(
        title=f"Best {len(top)} of {len(result.leaderboard)} candidates by yardstick", title_justify="left", box=SIMPLE
    )
    for name, side in (
        ("study", "left"),
        ("k", "right"),
        ("yardstick", "right"),
        ("value explained", "right"),
        ("smallest", "right"),
        ("silhouette*", "right"),
        ("", "left"),
    ):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for _, row in top.iterrows():
        table.add_row(
            escape(str(row["study"])),
            str(int(row["k"])),
            _number(row["yardstick"]),
            _number(row.get("value_explained")),
            percent(row["smallest_share"]),
            _number(row["silhouette"]),
            {"chosen": "chosen", "runner_up": "runner-up"}.get(str(row["verdict"]), ""),
        )
    table.caption = "* in the study's own space: compares within a study only"
    table.caption_justify = "left"
    return table


def _segments(insights: SegmentInsights) -> Table:
    """Segments with their names, and the first thing to do about each."""
    value, outcomes = insights.profiles.value, insights.profiles.outcomes
    outcome = next((item for item in outcomes if item.levels), None)
    table = Table(title="Segments of the chosen candidate", title_justify="left", box=SIMPLE)
    table.add_column("", justify="right")
    table.add_column("name", justify="left", max_width=44)
    table.add_column("customers", justify="right")
    if value is not None:
        table.add_column(escape(f"of {shortened(value.name, 20)}"), justify="right")
    if outcome is not None:
        table.add_column(escape(shortened(outcome.levels[0] if outcome.levels != ("yes",) else outcome.name, 20)))
    table.add_column("first of what to do", justify="left")
    for at, row in enumerate(insights.profiles.segments.itertuples(index=False)):
        cells = [str(at), escape(insights.names[at].name), f"{row.customers:,}"]
        if value is not None:
            cells.append(figure(float(row.value_share), share=True))  # type: ignore[arg-type]
        if outcome is not None:
            found = insights.profiles.row(at, outcome.name, outcome.levels[0])
            cells.append("" if found is None else figure(float(found["value"]), share=True))
        advice = insights.of(at)
        table.add_row(*cells, escape(shortened(advice[0].text, 100)) if advice else "")
    return table


def _number(value: object) -> str:
    return "" if value is None or pd.isna(value) else f"{float(value):.3f}"  # type: ignore[call-overload,arg-type]
