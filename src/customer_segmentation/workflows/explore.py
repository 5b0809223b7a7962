"""What a customer table shows before any segmentation: computed, and logged to one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from customer_segmentation.data.load import load_customers
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.exploration.exploration import Asked, Exploration, explore_table
from customer_segmentation.settings.commands import ExploreSettings
from customer_segmentation.tracking.descriptions import experiment_description
from customer_segmentation.tracking.items import Params, Text
from customer_segmentation.tracking.log.exploration import exploration_run_items, explore_description
from customer_segmentation.tracking.provenance import provenance
from customer_segmentation.tracking.runs import closing, open_run, record
from customer_segmentation.tracking.store import Store, describe_experiment
from customer_segmentation.workflows.customer_names import as_runs_may_hold


@dataclass(frozen=True)
class Explored:
    """An exploration before it is logged."""

    settings: ExploreSettings
    table: CustomerTable
    found: Exploration


def explore(settings: ExploreSettings, asked: Asked) -> Explored:
    """Load the table and look at it; nothing is logged.

    Parameters
    ----------
    settings : ExploreSettings
    asked : Asked
        What is to be shown, see `customer_segmentation.config.explore_checks`.

    Raises
    ------
    DataError
        The table cannot be read.
    """
    table = as_runs_may_hold(load_customers(settings.data), settings.tracking)
    return Explored(settings, table, explore_table(table, asked, confidence=settings.confidence))


def log_exploration(
    explored: Explored, store: Store, *, choices: Mapping[str, str], config_text: str, command: str
) -> str:
    """Log an exploration to one run, which is ended whatever happens; return its id.

    Parameters
    ----------
    explored : Explored
    store : Store
    choices : mapping
        Decision to the name of the file taken.
    config_text : str
        The composed config as YAML.
    command : str
        By which it can be repeated.
    """
    settings, table, found = explored.settings, explored.table, explored.found
    describe_experiment(store, experiment_description(store.experiment_id))
    tags = provenance(digest=table.digest, source_sha256=table.source_sha256, seed=settings.data.seed)
    tags["command"] = command
    if settings.data.source != "sample":
        tags.pop("seed")  # nothing else is drawn
    run_id = open_run(
        store,
        name=settings.name or f"explore {table.source}",
        level="explore",
        tags=tags,
        description=explore_description(
            table, found, command=command, confidence=settings.confidence, figures=store.figures
        ),
    )
    with closing(store, run_id):
        params = {**choices, "keep": settings.data.keep, "confidence": settings.confidence}
        items = exploration_run_items(table, found, confidence=settings.confidence)
        record(store, run_id, [Params(params), Text(config_text, "config.yaml"), *items])
    return run_id
