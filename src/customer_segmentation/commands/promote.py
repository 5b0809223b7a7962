"""``segment promote``: put a candidate through the gate, register it, make it the champion."""

from __future__ import annotations

from functools import partial

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.console.help import help_page
from customer_segmentation.errors import RefusedError


def run(request: Request) -> int:
    """Promote a candidate and print what became of it; one that is refused ends the command with an error.

    Raises
    ------
    RefusedError
        The gate refuses the candidate.
    """
    from customer_segmentation.console.progress import Steps
    from customer_segmentation.console.registry import print_promotion
    from customer_segmentation.workflows.promote import promote

    settings = request.settings
    store = request.for_writing(request.existing_store())
    with Steps(quiet=settings.quiet) as steps:
        outcome = promote(settings, store, steps.tell)
    if not settings.quiet:
        print_promotion(outcome, store, settings)
    refusal = outcome.refusal(settings.model)
    if refusal:
        raise RefusedError(refusal)
    return 0


SPEC = CommandSpec(
    name="promote",
    place=50,
    summary="gate a candidate against the champion, register it, make it the champion",
    takes_one="a promotion takes one candidate",
    run=run,
    help=partial(
        help_page,
        [
            "segment promote: gate a candidate against the champion, register it, make it the champion.",
            "Usage: segment promote [run_id=ID] [promotion=NAME] [key=value ...]",
            (
                "Without run_id: the choice of the sweep that a command named last. It is refitted from its logged "
                "config, measured beside the champion on the same customers, logged with the champion's segment "
                "numbers and names, and loaded back by another process. If it passes, "
                "models:/customer-segmentation@champion moves to it; if not, it becomes a version tagged gate = "
                "refused, and the champion stays (exit code 1)."
            ),
        ],
        decisions={"promotion": "the tests of the gate with their thresholds", "tracking": "where runs and models are"},
        settings=[
            ("run_id=ID", "a candidate's run, pasted from the UI; of a sweep: what it chose"),
            ("promotion.smallest_share=0.03", "one threshold; null leaves the test out"),
            ("promotion.loads_back=clean_environment", "load it in a new environment made from its requirements"),
            ("alias=challenger", "gate and register, but leave the champion where it is"),
            ("force=true reason=TEXT", "promote although tests failed; the reason is kept"),
            ("data.path=FILE", "where the table of the sweep is now"),
            ("engine.remote=sc://HOST", "the Spark server that reads it, named again"),
            ("model=NAME", "name in the registry; default: customer-segmentation"),
            ("quiet=true", "say nothing but errors"),
        ],
        examples=[
            ("segment promote", "the verdict of the last sweep"),
            ("segment promote run_id=1e456f0c6a3f4b0e9a5d8d1c2b3a4f5e", "any candidate"),
            "segment promote promotion=redesign reason='five segments, as sales asked for'",
            ("segment history", "what was promoted, and what was refused"),
        ],
    ),
)
