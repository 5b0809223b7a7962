"""``segment explore``: what the customer table shows before any segmentation, on one run and in the terminal."""

from __future__ import annotations

from functools import partial

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.console.help import help_page

#: decision -> what it decides
DECISIONS = {
    "data": "the customer table",
    "exploration": "what is correlated and counted",
    "hypotheses": "what is tested",
}

SINGLE = (
    ("data.path=FILE", "the customer table; no quotes needed for spaces, brackets or commas"),
    ("data.keep=all", "all customers instead of those who have not churned"),
    (
        "'hypotheses.tests=[{x: Age, y: Revenue}]'",
        "your own hypotheses; also given=[Z], direction=negative|either, caution",
    ),
    ("confidence=0.99", "of all intervals; hypotheses are tested at 1 - confidence"),
    ("tracking.uri=http://127.0.0.1:5000", "another MLflow store; default: mlflow.db in this folder"),
    ("tracking.experiment=NAME   name=NAME", "names of the experiment and of the run"),
    ("quiet=true", "say nothing in the terminal"),
)


def run(request: Request) -> int:
    """Look at the table, log what was found, print it."""
    from customer_segmentation.config.explore_checks import check_explore
    from customer_segmentation.tracking.store import store_of_settings
    from customer_segmentation.workflows.explore import explore, log_exploration

    settings, plan = request.settings, request.plan
    named = {text.lstrip("+").partition("=")[0] for text in plan.overrides}
    explored = explore(settings, check_explore(settings, named))
    store = request.for_writing(store_of_settings(settings.tracking))
    run_id = log_exploration(explored, store, choices=plan.choices, config_text=plan.config_text, command=request.line)
    if not settings.quiet:
        from customer_segmentation.console.exploration import print_exploration

        kept = [word for word in request.words if word.partition("=")[0].split(".")[0] in ("data", "tracking")]
        print_exploration(explored, store, run_id, table_overrides=kept)
    return 0


SPEC = CommandSpec(
    name="explore",
    place=20,
    summary="describe the customers, correlate, test hypotheses, before any segmentation",
    takes_one="an exploration takes one, so run it once for each",
    run=run,
    help=partial(
        help_page,
        [
            "segment explore: describe the customers, correlate, test hypotheses, before any segmentation.",
            "Usage: segment explore [decision=name] [key=value ...]",
            (
                "Description, missing cells, distributions, outliers, correlations with intervals (Pearson and "
                "Spearman), counts by category and band, declared hypotheses with effect size, interval and "
                "corrected p. Tables and figures go to one MLflow run (tags.level = 'explore'). Columns are taken "
                "by their role in the data's contract, so any table will do; what is declared for columns that it "
                "lacks is left out, and said. With no argument: the built-in sample."
            ),
        ],
        decisions=DECISIONS,
        settings=SINGLE,
        examples=[
            ("segment explore data=telecom data.path=Telecom (1).csv", "in a shell, quote the brackets"),
            "segment explore data=telecom data.path=telecom_customer_churn.csv data.keep=all hypotheses=none",
            ("segment explore exploration=original_analysis", "revenue cut to whole dollars before correlating"),
            ("segment explore --cfg job", "show the composed config and do nothing"),
        ],
    ),
)
