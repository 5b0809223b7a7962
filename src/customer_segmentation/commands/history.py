"""``segment history``: who promoted what, when and why, and what the gate said."""

from __future__ import annotations

from collections.abc import Sequence

from customer_segmentation.config.compose import plan
from customer_segmentation.config.hydra_app import run_jobs
from customer_segmentation.console.help import help_page
from customer_segmentation.settings.promotion import HistorySettings


def help_text() -> str:
    """Return the help of the command."""
    return help_page(
        [
            "segment history: who promoted what, when and why, and what the gate said.",
            "",
            "Usage: segment history [model=NAME] [tracking.uri=ADDRESS]",
            "",
            "The registered model's page in the MLflow UI shows the same.",
        ],
        settings=[("model=NAME", "name in the registry; default: customer-segmentation")],
    )


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    if any(word in ("-h", "--help") for word in arguments):
        print(help_text())
        return 0
    planned = plan("history", arguments)
    if planned.flags:
        run_jobs(planned, lambda config: None)
        return 0
    settings: HistorySettings = planned.settings[0]
    from customer_segmentation.console.registry import print_history
    from customer_segmentation.registry.versions import ModelRegistry
    from customer_segmentation.tracking.store import existing_store

    print_history(ModelRegistry(existing_store(settings.tracking), settings.model))
    return 0
