"""``segment history``: who promoted what, when and why, and what the gate said."""

from __future__ import annotations

from functools import partial

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.console.help import help_page


def run(request: Request) -> int:
    """Print the versions and the moves of the champion's alias."""
    from customer_segmentation.console.registry import print_history
    from customer_segmentation.registry.versions import ModelRegistry

    print_history(ModelRegistry(request.existing_store(), request.settings.model))
    return 0


SPEC = CommandSpec(
    name="history",
    place=70,
    summary="who promoted what, when, why, and what the gate said",
    takes_one="a history is of one model",
    run=run,
    help=partial(
        help_page,
        [
            "segment history: who promoted what, when and why, and what the gate said.",
            "Usage: segment history [model=NAME] [tracking.uri=ADDRESS]",
            "The registered model's page in the MLflow UI shows the same.",
        ],
        settings=[("model=NAME", "name in the registry; default: customer-segmentation")],
    ),
)
