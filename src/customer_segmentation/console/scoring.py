"""What a scoring says at its end in the terminal."""

from __future__ import annotations

from typing import Any

from customer_segmentation.console.markup import escape
from customer_segmentation.console.tables import columns, console, print_next, table
from customer_segmentation.formatting import counted, percent
from customer_segmentation.tracking.store import Store, command
from customer_segmentation.workflows.score import SHOWN, ScoredTable

STYLE = {"steady": "green", "watch": "yellow", "refit": "red", "unknown": "dim"}
ADVICE = {
    "watch": "Some figures have shifted: see figures/drift.png on the run, and compare the next table too.",
    "refit": "The segments were made for other customers: check the input first, then sweep again and promote.",
}


def print_score(result: ScoredTable, store: Store) -> None:
    """Print the account of the rows, the segments and the drift, the run that holds them, and the next command.

    Parameters
    ----------
    result : ScoredTable
    store : Store
    """
    out, done, drift = console(), result.done, result.drift
    out.print(
        f"{counted(done.rows, 'row')} of {escape(result.source)} = {done.scored:,} scored + {done.rejected:,} "
        f"rejected, by {escape(result.model)}"
    )
    labels = result.output if done.scored else f"none: no row got a label, {result.output} is not written"
    out.print(f"  labels    {escape(labels)}")
    if done.rejected:
        out.print(f"  rejected  {escape(str(result.rejects))}")
        for reason, count in done.reasons.most_common(SHOWN):
            out.print(f"            {count:,} × {escape(reason)}")
    compared = result.compared and not drift.segments.empty  # too few to judge: the shares are those of all
    share = "share of the compared" if compared else "share"
    if result.day:
        out.print(
            f"Dates count from {result.day}, as in the fit; reference_date=YYYY-MM-DD for customers as they are on "
            "another day."
        )
    made = columns(table(), ["segment"], ["customers", share, "at the fit", "change"])
    changes: dict[str, Any] = {str(row["name"]): row for row in drift.segments.to_dict("records")}
    for name, count in result.segments.items():
        row = changes.get(name)
        then = "" if row is None else percent(row["share_then"])
        change = (
            ""
            if row is None
            else "{change:+.1f} [{low:+.1f}, {high:+.1f}]".format_map(
                {key: 100 * row[key] for key in ("change", "low", "high")}
            )
        )
        now = count / max(done.scored, 1) if row is None else row["share_now"]
        made.add_row(escape(name), f"{count:,}", percent(now), then, escape(change))
    out.print(made)
    if result.compared:
        out.print(escape(result.compared))
    style = STYLE[drift.word]
    out.print(f"Drift: [bold {style}]{drift.word}[/bold {style}]")
    for reason in drift.reasons[:SHOWN]:
        out.print(f"  {escape(reason)}")
    if len(drift.reasons) > SHOWN:
        out.print(f"  and {len(drift.reasons) - SHOWN} more in drift.json on the run")
    if drift.power is not None and drift.power.told:
        out.print(escape(drift.power.told))
    if drift.word in ADVICE:
        out.print(ADVICE[drift.word])
    out.print(f"Score run {result.run_id}: counts, drift.json, figures/drift.png", soft_wrap=True)
    print_next(out, "Next:", command(store, "sweep" if drift.word == "refit" else "ui"))
