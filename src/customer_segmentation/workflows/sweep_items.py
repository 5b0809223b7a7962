"""What a sweep's run holds before the first study: its name, the table, the exploration and the settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from customer_segmentation.config.checks import exploration_columns
from customer_segmentation.config.compose import Plan
from customer_segmentation.config.composed import as_yaml
from customer_segmentation.config.explore_checks import asked_of
from customer_segmentation.config.playbook_file import PLAYBOOK, playbook_text
from customer_segmentation.config.quoting import escaped
from customer_segmentation.data.contract import plain_spec
from customer_segmentation.data.expressions import parse
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.data.wanted import Needed
from customer_segmentation.exploration.exploration import assess_declared
from customer_segmentation.secrets import redact
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.tracking.items import Item, Text
from customer_segmentation.tracking.log.exploration import exploration_items, hypothesis_items
from customer_segmentation.tracking.log.sweep import sweep_params
from customer_segmentation.tracking.log.table import table_items

if TYPE_CHECKING:
    from customer_segmentation.tracking.read import Run

CONFIDENCE = 0.95  # of the intervals of hypotheses


def sweep_name(plan: Plan) -> str:
    """The name that was given, else the table and what is swept."""
    settings: SweepSettings = plan.settings[0]
    if settings.name:
        return settings.name
    parts = [",".join(plan.swept.get(group, (plan.choices[group],))) for group in ("features", "scaling")]
    further = [f"{key}={','.join(values)}" for key, values in plan.swept.items() if key not in ("features", "scaling")]
    ks = parse_k(settings.k)
    shown = f"k={ks[0]}…{ks[-1]}" if len(ks) > 2 else f"k={','.join(map(str, ks))}"
    return " · ".join([plan.choices["data"], " × ".join(parts), *further, shown])


def kept_as_it_was(earlier: Run, plan: Plan, table: CustomerTable) -> dict[str, str]:
    """What a sweep that is there already keeps, though other words were given for it: a sentence on each.

    Parameters
    ----------
    earlier : its run
    plan : what is asked for now
    table : the customers now, which are the same
    """
    name, source = plan.settings[0].name, redact(table.source)
    named, read = earlier.info.run_name, earlier.data.tags.get("data_source", source)
    said = {}
    if name and redact(name) != named:
        said["name"] = f"Its name stays {named}: name={redact(name)} takes effect with resume=false."
    if source != read:
        said["source"] = f"Its runs name {read} as their table, which holds the same customers as {source}."
    return said


def first_items(plan: Plan, table: CustomerTable, columns: Needed) -> list[Item]:
    """What is known before the first study.

    Parameters
    ----------
    plan : Plan
        The composed jobs.
    table : CustomerTable
    columns : list of str
        That any study of the sweep reads.
    """
    settings: SweepSettings = plan.settings[0]
    usable = set(exploration_columns(settings)) | {table.value_column}
    declared = {
        name: parse(spec, where=f"exploration.correlate.{name}")
        for name, spec in settings.exploration.correlate.items()
    }
    params = {
        **{group: ",".join(plan.swept.get(group, (plan.choices[group],))) for group in plan.choices},
        "k": ",".join(map(str, parse_k(settings.k))),
        "seed": settings.seed,
        "keep": settings.data.keep,
        "studies": len(plan.jobs),
    }
    contract = {
        name: {key: value for key, value in plain_spec(spec).items() if value not in (None, "", [])}
        for name, spec in table.columns.items()
    }
    present = {name: spec for name, spec in table.columns.items() if name in table.customers}
    asked = asked_of(settings.exploration, settings.hypotheses, present)
    return [
        sweep_params(params),
        *table_items(table),
        *exploration_items(
            table.customers,
            correlate={name: item for name, item in declared.items() if set(item.columns) <= usable},
            counts=settings.exploration.counts,
            bands=settings.exploration.bands,
        ),
        *hypothesis_items(assess_declared(table.customers, present, asked, CONFIDENCE, []), confidence=CONFIDENCE),
        Text(plan.config_text, "config.yaml"),
        Text(as_yaml(escaped(contract)), "contract.yaml"),
        Text(playbook_text(settings), PLAYBOOK),
        # They decide together which rows are rejected: a candidate that is opened again reads the same ones.
        Text(json.dumps(columns._asdict()), "columns.json"),
    ]
