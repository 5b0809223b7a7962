"""``segment rollback``: give the champion's alias back to an earlier version."""

from __future__ import annotations

from functools import partial

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.console.help import help_page
from customer_segmentation.console.lines import say


def run(request: Request) -> int:
    """Roll back and say what is the champion now."""
    from customer_segmentation.tracking.store import command
    from customer_segmentation.workflows.rollback import roll_back

    settings = request.settings
    store = request.existing_store()
    done = roll_back(settings, store)
    if not settings.quiet:
        other = [] if settings.model == type(settings)().model else [f"model={settings.model}"]
        place = "" if done.before is None else f", in place of version {done.before}"
        say(
            f"Version {done.after} of {settings.model} ({done.title}) is the champion again{place}.",
            f"Reason kept: {done.reason}",
            f"Next:  {command(store, 'history', *other)}",
        )
    return 0


SPEC = CommandSpec(
    name="rollback",
    place=60,
    summary="make an earlier version the champion again",
    takes_one="a rollback takes one",
    run=run,
    help=partial(
        help_page,
        [
            "segment rollback: make an earlier version the champion again.",
            "Usage: segment rollback reason=TEXT [version=N]",
            (
                "With no version: the champion that the present one replaced. One call moves the alias; who, when "
                "and why are kept (segment history). The version's files must be those that were logged."
            ),
        ],
        settings=[
            ("reason=TEXT", "why; required, and kept"),
            ("version=2", "another version that passed the gate"),
            ("model=NAME", "name in the registry; default: customer-segmentation"),
            ("tracking.uri=ADDRESS", "the store; default: MLFLOW_TRACKING_URI, else mlflow.db in this folder"),
        ],
        examples=["segment rollback reason='the campaign lists doubled overnight'"],
    ),
)
