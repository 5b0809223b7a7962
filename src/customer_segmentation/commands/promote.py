"""``segment promote``: put a candidate through the gate, register it, make it the champion."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from customer_segmentation.config.compose import plan
from customer_segmentation.config.hydra_app import run_jobs
from customer_segmentation.console.help import help_page
from customer_segmentation.errors import RefusedError, SettingsError
from customer_segmentation.settings.promotion import PromoteSettings


def help_text() -> str:
    """Return the help of the command."""
    return help_page(
        [
            "segment promote: gate a candidate against the champion, register it, make it the champion.",
            "",
            "Usage: segment promote [run_id=ID] [promotion=NAME] [key=value ...]",
            "",
            "With nothing said: what the newest finished sweep chose. The candidate is refitted from its logged",
            "config, measured beside the champion on the same customers, logged with the champion's segment numbers",
            "and names, and loaded back by another process. If it passes, models:/customer-segmentation@champion",
            "moves to it; if not, it becomes a version tagged gate = refused, and the champion stays (exit code 1).",
        ],
        decisions={"promotion": "the tests of the gate with their thresholds", "tracking": "where runs and models are"},
        settings=[
            ("run_id=ID", "a candidate's run, pasted from the UI; of a sweep: what it chose"),
            ("promotion.smallest_share=0.03", "one threshold; null leaves the test out"),
            ("promotion.loads_back=clean_environment", "load it in a new environment made from its requirements"),
            ("alias=challenger", "gate and register, but leave the champion where it is"),
            ("force=true reason=TEXT", "promote although tests failed; the reason is kept"),
            ("data.path=FILE", "where the table of the sweep is now"),
            ("model=NAME", "name in the registry; default: customer-segmentation"),
            ("quiet=true", "say nothing but errors"),
        ],
        examples=[
            "segment promote                                          the verdict of the newest sweep",
            "segment promote run_id=1e456f0c6a3f4b0e9a5d8d1c2b3a4f5e  any candidate",
            "segment promote promotion=redesign reason='five segments, as sales asked for'",
            "segment history                                          what was promoted, and what was refused",
        ],
    )


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    if any(word in ("-h", "--help") for word in arguments):
        print(help_text())
        return 0
    planned = plan("promote", arguments)
    if planned.flags:  # Hydra's own: --cfg job, --info, ...
        run_jobs(planned, lambda config: None)
        return 0
    if planned.swept:
        raise SettingsError(f"{next(iter(planned.swept))} has several values; a promotion takes one candidate.")
    settings: PromoteSettings = planned.settings[0]
    from customer_segmentation.commands.command import tidy
    from customer_segmentation.console.registry import print_promotion
    from customer_segmentation.tracking.items import Tags
    from customer_segmentation.tracking.runs import record, take_over_run
    from customer_segmentation.tracking.store import existing_store
    from customer_segmentation.workflows.promote import promote

    store, adopted = take_over_run(existing_store(settings.tracking))
    # SIGTERM ends as Ctrl-C does
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tidy(store, quiet=settings.quiet)
    outcome = promote(settings, store)
    if adopted is not None:
        made = f"version {outcome.version.number} of {settings.model}"
        note = f"`segment promote`: {outcome.title}, {made}, {outcome.gate}."
        record(store, adopted, [Tags({"level": "promotion", "gate": outcome.gate, "mlflow.note.content": note})])
    if not settings.quiet:
        print_promotion(outcome, store, settings)
    if outcome.gate == "refused" and outcome.checks:
        because = "; ".join(f"{check.title}: {check.sentence}" for check in outcome.failed)
        stays = "there is no champion" if outcome.before is None else f"version {outcome.before} remains the champion"
        raise RefusedError(
            f"{outcome.title} is refused ({because}); it is version {outcome.version.number} of {settings.model}, "
            f"tagged gate = refused, and {stays}."
        )
    return 0
