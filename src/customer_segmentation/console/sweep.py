"""What a sweep says at its end: what it made, where to look, and the next command."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from customer_segmentation.console.markup import escape
from customer_segmentation.console.tables import columns, console, print_next, print_rows, table
from customer_segmentation.formatting import counted, figure, finite, listed, percent, shortened
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.segments.partitions import Partition
from customer_segmentation.tracking.store import command
from customer_segmentation.workflows.choose import Conclusion
from customer_segmentation.workflows.sweep import SweepResult

SHOWN = 10


def print_sweep(result: SweepResult) -> None:  # noqa: C901 - one case after the other
    """Print the account of the rows, the best candidates, the choice with its reasons, and what to do next."""
    out, store, conclusion = console(), result.store, result.conclusion
    if conclusion is None:
        _print_earlier(out, result)
        return
    print_rows(out, result.table)
    if not conclusion.leaderboard.empty:
        out.print(_leaders(conclusion))
    notes, failures = result.notes or {}, result.failures or {}
    for name, note in notes.items():
        out.print(f"note    {escape(name)}: {escape(note)}")
    for name, reason in failures.items():
        out.print(f"[red]failed[/red]  {escape(name)}: {escape(reason)}")
    chosen = conclusion.chosen
    if chosen is not None:
        out.print(f"[bold]Chosen: {escape(str(chosen['study']))} · k={int(chosen['k'])}[/bold]")
    for reason in [*conclusion.reasons, *_opinions(conclusion)]:
        # in a terminal what is wrapped hangs under the first line; a log has no width to keep to
        out.print(Padding(escape(reason), (0, 0, 0, 2)) if out.is_terminal else f"  {escape(reason)}")
    if result.insights is not None:
        out.print(_segments(result.insights))
    if len(result.partitions) > 1:
        out.print(_side_by_side(result.partitions))
    if result.full_data:
        out.print(escape(result.full_data))
    out.print(
        f"Sweep run {result.sweep_id} in the experiment {escape(store.experiment)} of {escape(store.shown)}",
        soft_wrap=True,
    )
    if chosen is not None:
        held = "model, figures, segments/" if store.figures else "model, segments/"
        out.print(
            f"Chosen run {chosen['run_id']}: {held} (customers.csv: what to do with each customer)", soft_wrap=True
        )
    if result.report:
        out.print(f"Report: {escape(result.report)}", soft_wrap=True)
    print_next(out, "Next, compare the runs:", command(store, "ui"))


def _print_earlier(out: Console, result: SweepResult) -> None:
    """Say that the same sweep is finished, and where it is."""
    store, tags = result.store, {} if result.earlier is None else result.earlier.data.tags
    chosen = tags.get("chosen")
    what = f"chose {chosen}, run {tags['chosen_run_id']}" if chosen else "chose no candidate"
    for line in (
        f"This sweep is finished: run {result.sweep_id} in the experiment {store.experiment} of {store.shown} {what}.",
        (
            "Nothing was computed again: settings, customers and the code that computes are the same. "
            "To run it afresh: resume=false"
        ),
        *(result.notes or {}).values(),
    ):
        out.print(escape(line), soft_wrap=True)
    print_next(out, "Next, its report:", command(store, "report", f"run_id={result.sweep_id}"))


def _opinions(conclusion: Conclusion) -> list[str]:
    """What the other criteria that were asked for say of k in the chosen space."""
    chosen = conclusion.chosen
    for study in conclusion.verdict.get("structure_by_study", ()):
        if chosen is not None and study["study"] == chosen["study"] and study["opinions"]:
            told = listed(f"{name.replace('_', ' ')} {k}" for name, k in study["opinions"].items())
            return [f"Other criteria, which do not decide, say of the same space: k = {told}."]
    return []


def _leaders(result: Conclusion) -> Table:
    """Best candidates by yardstick, the chosen and the runner-up marked."""
    board = result.leaderboard
    board = board[board["k"] >= 2].sort_values(["yardstick", "k"], ascending=[False, True], kind="stable")
    marked = board["verdict"].isin(["chosen", "runner_up"])
    top = pd.concat([board[marked], board[~marked & ~board["verdict"].str.startswith("ruled_out")]]).head(SHOWN)
    out = int(result.leaderboard["verdict"].str.startswith("ruled_out").sum())
    left = f"; {out:,} ruled out are left out" if out else ""
    made = table(
        f"Best {len(top)} of {counted(len(result.leaderboard), 'candidate')} by yardstick{left}",
        "* in the study's own space: compares within a study only",
    )
    columns(made, ["study"], ["k", "yardstick", "value explained", "smallest", "silhouette*"])
    columns(made, [""])
    for _, row in top.iterrows():
        made.add_row(
            escape(str(row["study"])),
            str(int(row["k"])),
            _number(row["yardstick"]),
            _number(row.get("value_explained")),
            percent(row["smallest_share"]),
            _number(row["silhouette"]),
            {"chosen": "chosen", "runner_up": "runner-up"}.get(str(row["verdict"]), ""),
        )
    return made


def _segments(insights: SegmentInsights) -> Table:
    """Segments with their names, and the first thing to do about each."""
    value, outcomes = insights.profiles.value, insights.profiles.outcomes
    outcome = next((item for item in outcomes if item.levels), None)
    made = columns(table("Segments of the chosen candidate"), right=[""])
    made.add_column("name", max_width=44)
    columns(made, right=["customers"])
    if value is not None:
        columns(made, right=[escape(f"of {shortened(value.name, 20)}")])
    if outcome is not None:
        columns(made, right=[escape(shortened(outcome.rate_name, 20))])
    columns(made, ["first action"])
    for at, row in enumerate(insights.profiles.segments.itertuples(index=False)):
        cells = [str(at), escape(insights.names[at].name), f"{row.customers:,}"]
        if value is not None:
            cells.append(figure(float(row.value_share), share=True))  # type: ignore[arg-type]  # a cell of a frame has no type
        if outcome is not None:
            found = insights.profiles.row(at, outcome.name, outcome.levels[0])
            cells.append("" if found is None else figure(float(found["value"]), share=True))
        advice = insights.of(at)
        told = shortened(advice[0].text, 100) if advice else ""
        differs = f" ({advice[0].differs})" if advice and advice[0].differs else ""
        made.add_row(*cells, escape(f"{told}{differs}"))
    return made


def _side_by_side(partitions: Sequence[Partition]) -> Table:
    """The chosen number of segments beside a coarser and a finer one."""
    value = any(segment.value_share is not None for item in partitions for segment in item.segments)
    shares = "share of the customers" + (" → of the value" if value else "")
    made = table(f"Fewer or more segments in the same space: {shares}", "* chosen; a dash: not evaluated")
    columns(made, right=["k"])
    columns(made, ["segments"])
    columns(made, right=["value explained"] if value else [])
    columns(made, right=["stability"])
    for item in partitions:
        told = []
        for segment in item.segments:
            worth = "" if segment.value_share is None else f" → {percent(segment.value_share)}"
            told.append(f"{segment.name} {percent(segment.share)}{worth}")
        figures = [item.written("value_explained")] if value else []
        mark = "*" if item.chosen else ""
        made.add_row(f"{item.k}{mark}", escape("\n".join(told)), *figures, item.written("stability"))
    return made


def _number(value: object) -> str:
    number = finite(value)
    return "" if number is None else f"{number:.3f}"
