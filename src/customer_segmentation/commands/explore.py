"""``segment explore``: what the customer table shows before any segmentation, on one run and in the terminal."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Sequence
from typing import Any

from customer_segmentation.config.compose import Plan, plan
from customer_segmentation.config.hydra_app import run_jobs
from customer_segmentation.console.help import help_page
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.commands import ExploreSettings

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


def help_text() -> str:
    """Return the help of the command."""
    return help_page(
        [
            "segment explore: describe the customers, correlate, test hypotheses, before any segmentation.",
            "",
            "Usage: segment explore [decision=name] [key=value ...]",
            "",
            "Description, missing cells, distributions, outliers, correlations with intervals (Pearson and Spearman),",
            "counts by category and band, declared hypotheses with effect size, interval and corrected p. Tables and",
            "figures go to one MLflow run (tags.level = 'explore'). Columns are taken by their role in the data's",
            "contract, so any table will do; what is declared for columns that it lacks is left out, and said.",
            "With no argument: the built-in sample.",
        ],
        decisions=DECISIONS,
        settings=SINGLE,
        examples=[
            "segment explore data=telecom data.path=Telecom (1).csv    (in a shell, quote the brackets)",
            "segment explore data=telecom data.path=telecom_customer_churn.csv data.keep=all hypotheses=none",
            "segment explore exploration=original_analysis             revenue cut to whole dollars before correlating",
            "segment explore --cfg job                                 show the composed config and do nothing",
        ],
    )


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    if any(word in ("-h", "--help") for word in arguments):
        print(help_text())
        return 0
    planned = plan("explore", arguments)
    if planned.flags:  # Hydra's own: --cfg job, --info, ...
        run_jobs(planned, lambda config: None)
        return 0
    if planned.swept:
        key, values = next(iter(planned.swept.items()))
        raise SettingsError(f"{key} has {len(values)} values; an exploration takes one, so run it once for each.")
    settings: ExploreSettings = planned.settings[0]
    named = {text.lstrip("+").partition("=")[0] for text in planned.overrides}
    from customer_segmentation.config.explore_checks import check_explore

    asked = check_explore(settings, named)

    from customer_segmentation.data.load import load_customers
    from customer_segmentation.explore.exploration import explore_table

    table = load_customers(settings.data)
    found = explore_table(table, asked, confidence=settings.confidence)
    command = f"segment explore {shlex.join(arguments)}".strip()
    store, run_id = _record(planned, settings, table, found, command)
    if not settings.quiet:
        from customer_segmentation.console.exploration import print_exploration

        kept = [word for word in arguments if word.partition("=")[0].split(".")[0] in ("data", "tracking")]
        print_exploration(table, found, store, run_id, confidence=settings.confidence, table_overrides=kept)
    return 0


def _record(planned: Plan, settings: ExploreSettings, table: Any, found: Any, command: str) -> tuple[Any, str]:
    """Log everything to one run, which is ended whatever happens."""
    from customer_segmentation.commands.command import tidy
    from customer_segmentation.tracking.descriptions import EXPERIMENT
    from customer_segmentation.tracking.items import Item, Params, Tags, Text
    from customer_segmentation.tracking.log.exploration import exploration_run_items, explore_description
    from customer_segmentation.tracking.provenance import provenance
    from customer_segmentation.tracking.runs import closing, record, start_run, take_over_run
    from customer_segmentation.tracking.store import describe_experiment, open_store

    tracking = settings.tracking
    store = open_store(
        uri=tracking.uri, experiment=tracking.experiment, artifacts=tracking.artifacts, timeout=tracking.timeout
    )
    # SIGTERM ends as Ctrl-C does, so that the run is closed as KILLED
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    store, adopted = take_over_run(store)
    tidy(store, quiet=settings.quiet)
    describe_experiment(store, EXPERIMENT)
    tags = provenance(digest=table.digest, source_sha256=table.source_sha256, seed=settings.data.seed)
    tags["command"] = command
    if settings.data.source != "sample":
        tags.pop("seed")  # nothing else is drawn
    name = settings.name or f"explore {table.source}"
    note = explore_description(table, found, command=command, confidence=settings.confidence)
    if adopted is None:
        run_id = start_run(store, name=name, level="explore", tags=tags, description=note)
    else:
        run_id = adopted
        store.client.update_run(run_id, name=name)
    with closing(store, run_id):
        if adopted is not None:
            words = {**tags, "level": "explore", "mlflow.runName": name, "mlflow.note.content": note}
            record(store, run_id, [Tags(words)])
        logged = store.client.get_run(run_id).data.params  # an adopted run has those of its entry point
        params = {**planned.choices, "keep": settings.data.keep, "confidence": settings.confidence}
        items: list[Item] = [
            Params({key: value for key, value in params.items() if key not in logged}),
            Text(planned.config_text, "config.yaml"),
        ]
        record(store, run_id, [*items, *exploration_run_items(table, found, confidence=settings.confidence)])
    return store, run_id
