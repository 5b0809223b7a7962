"""``segment migrate``: who moves where between two candidates, of one study or of two sweeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from customer_segmentation.config.compose import plan
from customer_segmentation.config.hydra_app import run_jobs
from customer_segmentation.errors import SettingsError, StoreError
from customer_segmentation.settings.commands import MigrateSettings


def help_text() -> str:
    """Return the help of the command."""
    from customer_segmentation.console.help import help_page

    return help_page(
        [
            "segment migrate: who moves where between two candidates.",
            "",
            "Usage: segment migrate run_id=BEFORE other=AFTER [key=value ...]",
            "",
            "Matches the segments by the customers that they share, prints the table and logs it with a heatmap",
            "(migration.csv, migration.png) to a run of its own. Of one study: k = 4 and k = 5; of two sweeps: last",
            "month and this, where the table names its customers.",
        ],
        settings=(
            ("run_id=ID   other=ID", "candidates; of a sweep its chosen one is taken"),
            ("tracking.uri=http://127.0.0.1:5000", "another MLflow store; default: mlflow.db in this folder"),
            ("tracking.experiment=NAME", "the experiment in which the comparison is logged"),
        ),
        examples=["segment migrate run_id=ID other=ID"],
    )


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    if any(word in ("-h", "--help") for word in arguments):
        print(help_text())
        return 0
    asked = plan("migrate", arguments)
    if asked.flags:  # Hydra's own: --cfg job, --info, ...
        run_jobs(asked, lambda config: None)
        return 0
    if asked.swept:
        raise SettingsError(f"{next(iter(asked.swept))} has several values; compare two runs at a time.")
    settings: MigrateSettings = asked.settings[0]
    if settings.run_id is None or settings.other is None:
        raise SettingsError("expected two runs, such as run_id=BEFORE other=AFTER; `segment ui` shows their ids.")

    from customer_segmentation.segments.migration import migration
    from customer_segmentation.tracking.log.migration import migration_items
    from customer_segmentation.tracking.runs import closing, record, start_run
    from customer_segmentation.tracking.store import existing_store

    store = existing_store(settings.tracking)
    before, after = (_candidate(store, run_id) for run_id in (settings.run_id, settings.other))
    labels = _labels(store, before, after)
    found = migration(
        labels["before"].to_numpy(),
        labels["after"].to_numpy(),
        names_before=_names(store, before),
        names_after=_names(store, after),
    )
    if not found.customers:
        raise StoreError(f"runs {before.info.run_id} and {after.info.run_id} have no customer in common.")
    title = f"From {before.info.run_name} to {after.info.run_name}"
    tags = {"before": before.info.run_id, "after": after.info.run_id}
    run_id = start_run(store, name=f"{before.info.run_name} → {after.info.run_name}", level="migration", tags=tags)
    with closing(store, run_id):
        record(store, run_id, migration_items(found, title=title))
    if not settings.quiet:
        _print(found, title, run_id)
    return 0


def _candidate(store: Any, run_id: str) -> Any:
    """Run of a candidate; of a sweep that chose one, the chosen one."""
    from customer_segmentation.tracking.read import run_of
    from customer_segmentation.tracking.resolve import candidate_run

    asked = run_of(store, run_id)
    chosen = asked.data.tags.get("chosen_run_id")
    return candidate_run(store, chosen if asked.data.tags.get("level") == "sweep" and chosen else run_id)


def _labels(store: Any, before: Any, after: Any) -> pd.DataFrame:
    """Segments of both by customer; without ids only where both sweeps read the same customers."""
    from customer_segmentation.segments.migration import joined
    from customer_segmentation.tracking.read import labels_of

    tables = [labels_of(store, run.data.tags["study_id"]) for run in (before, after)]
    columns = (f"k{before.data.params['k']}", f"k{after.data.params['k']}")
    if all("customer" in table for table in tables):
        return joined(tables[0], tables[1], columns)
    same = before.data.tags.get("data_digest") == after.data.tags.get("data_digest")
    if not same or len(tables[0]) != len(tables[1]):
        raise StoreError(
            "the table names no customers (role: id), so only candidates of the same customers can be compared; runs "
            f"{before.info.run_id} and {after.info.run_id} are of different ones."
        )
    return pd.DataFrame({"before": tables[0][columns[0]], "after": tables[1][columns[1]]})


def _names(store: Any, run: Any) -> dict[int, str]:
    """Names of the segments, where the candidate has some."""
    from customer_segmentation.tracking.log.candidate import SEGMENTS
    from customer_segmentation.tracking.read import artifact_of

    content = artifact_of(store, run.info.run_id, SEGMENTS)
    if content is None:
        return {}
    return {int(item["segment"]): str(item["name"]) for item in json.loads(content)["segments"]}


def _print(found: Any, title: str, run_id: str) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=140)
    table = Table(title=escape(title), title_justify="left", box=SIMPLE)
    table.add_column("before")
    for name in found.names_after:
        table.add_column(escape(name), justify="right", max_width=24)
    same = {(match.before, match.after) for match in found.matching.matches}
    for number, name in enumerate(found.names_before):
        cells = []
        for other, count in enumerate(found.counts[number]):
            text = f"{count:,}" if count else ""
            cells.append(f"[bold]{text} =[/bold]" if (number, other) in same else text)
        table.add_row(escape(name), *cells)
    table.caption = "= the same segment, by the customers in both"
    table.caption_justify = "left"
    console.print(table)
    console.print(
        f"{found.customers:,} customers in both, {100 * found.stayed:.1f} % stay in their segment; adjusted Rand index "
        f"{found.rand:.3f}"
    )
    if found.only_before or found.only_after:
        console.print(f"{found.only_before:,} customers only before, {found.only_after:,} only after")
    for number in found.matching.vanished:
        console.print(f"No successor: {escape(found.names_before[number])}")
    for number in found.matching.new:
        console.print(f"New: {escape(found.names_after[number])}")
    console.print(f"Logged on run {run_id}: migration.csv, migration.png")
