"""``segment migrate``: who moves where between two candidates, of one study or of two sweeps."""

from __future__ import annotations

from functools import partial

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.console.help import help_page


def run(request: Request) -> int:
    """Compare two candidates, log it and print it."""
    from customer_segmentation.console.migration import print_migration
    from customer_segmentation.workflows.migrate import migrate

    done = migrate(request.settings, request.existing_store())
    if not request.settings.quiet:
        print_migration(done)
    return 0


SPEC = CommandSpec(
    name="migrate",
    place=40,
    summary="who moves where between two candidates",
    takes_one="compare two runs at a time",
    run=run,
    help=partial(
        help_page,
        [
            "segment migrate: who moves where between two candidates.",
            "Usage: segment migrate run_id=BEFORE other=AFTER [key=value ...]",
            (
                "Matches the segments by the customers that they share, prints the table and logs it with a heatmap"
                " (migration.csv, migration.png) to a run of its own. Of one study: k = 4 and k = 5; of two sweeps:"
                " last month and this, where the table names its customers."
            ),
        ],
        settings=(
            ("run_id=ID   other=ID", "candidates; of a sweep its chosen one is taken"),
            ("tracking.uri=http://127.0.0.1:5000", "another MLflow store; default: mlflow.db in this folder"),
            ("tracking.experiment=NAME", "the experiment in which the comparison is logged"),
        ),
        examples=["segment migrate run_id=ID other=ID"],
    ),
)
