"""What a scoring says at its end, in the terminal and on its run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from customer_segmentation.formatting import markdown, percent

LOG_WIDTH = 120
SHOWN = 6
STYLE = {"steady": "green", "watch": "yellow", "refit": "red", "unknown": "dim"}


def print_score(
    done: Any,
    drift: Any,
    segments: Mapping[str, int],
    *,
    output: str,
    rejects: Path,
    model: str,
    compared: str,
    run_id: str,
    following: str,
) -> None:
    """Print the account of the rows, the segments and the drift, the run that holds them, and the next command."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=LOG_WIDTH)
    console.print(f"{done.rows:,} rows = {done.scored:,} scored + {done.rejected:,} rejected, by {escape(model)}")
    console.print(f"  labels    {escape(output)}")
    if done.rejected:
        console.print(f"  rejected  {escape(str(rejects))}")
        for reason, count in done.reasons.most_common(SHOWN):
            console.print(f"            {count:,} × {escape(reason)}")
    table = Table(box=None, pad_edge=False, padding=(0, 2))
    for heading in ("segment", "customers", "share of the compared" if compared else "share", "at the fit", "change"):
        table.add_column(heading, justify="left" if heading == "segment" else "right")
    changes = {str(row.name): row for row in drift.segments.itertuples(index=False)} if len(drift.segments) else {}
    for name, count in segments.items():
        row = changes.get(name)
        then = "" if row is None else f"{percent(row.share_then)}"
        change = "" if row is None else f"{row.change * 100:+.1f} [{row.low * 100:+.1f}, {row.high * 100:+.1f}]"
        now = count / max(done.scored, 1) if row is None else row.share_now
        table.add_row(escape(name), f"{count:,}", percent(now), then, escape(change))
    console.print(table)
    if compared:
        console.print(escape(compared))
    style = STYLE[drift.word]
    console.print(f"Drift: [bold {style}]{drift.word}[/bold {style}]")
    for reason in drift.reasons[:SHOWN]:
        console.print(f"  {escape(reason)}")
    if len(drift.reasons) > SHOWN:
        console.print(f"  and {len(drift.reasons) - SHOWN} more in drift.json on the run")
    advice = {
        "watch": "Some things have moved: look at figures/drift.png on the run, and at the next table again.",
        "refit": "The segments were made for other customers: check the input first, then sweep anew and promote.",
    }
    if drift.word in advice:
        console.print(advice[drift.word])
    console.print(f"Score run {run_id}: counts, drift.json, figures/drift.png", soft_wrap=True)
    console.print(f"Next:  {escape(following)}", soft_wrap=True)


def note_of(done: Any, drift: Any, model: str, source: str, segments: Mapping[str, int], compared: str) -> str:
    """Description of the run, in markdown."""
    lines = [
        (
            f"**{done.rows:,} rows of {markdown(source)} = {done.scored:,} scored + {done.rejected:,} rejected**, "
            f"by {markdown(model)}."
        ),
        "",
        f"Drift: **{drift.word}**{'. ' + compared if compared else ''}",
        "",
        *(f"- {markdown(reason)}" for reason in drift.reasons),
        "",
        "| segment | customers | share |",
        "|---|---|---|",
        *(
            f"| {markdown(name)} | {count:,} | {percent(count / max(done.scored, 1))} |"
            for name, count in segments.items()
        ),
    ]
    if done.rejected:
        lines += [
            "",
            "Rejected:",
            "",
            *(f"- {count:,} × {markdown(reason)}" for reason, count in done.reasons.most_common(SHOWN)),
        ]
    return "\n".join(lines)
