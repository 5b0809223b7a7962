"""Who moves where between two candidates, of one study or of two sweeps; logged to a run of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from customer_segmentation.errors import StoreError
from customer_segmentation.segments.migration import Migration, joined, migration
from customer_segmentation.settings.commands import MigrateSettings
from customer_segmentation.settings.limits import check_limits
from customer_segmentation.tracking.checked_files import understood
from customer_segmentation.tracking.log.candidate import SEGMENTS
from customer_segmentation.tracking.log.migration import migration_items
from customer_segmentation.tracking.read import json_of, labels_of
from customer_segmentation.tracking.resolve import candidate_of
from customer_segmentation.tracking.runs import closing, record, start_run
from customer_segmentation.tracking.store import Store

if TYPE_CHECKING:
    from customer_segmentation.tracking.read import Run


@dataclass(frozen=True)
class Migrated:
    """A comparison of two candidates as it was logged."""

    found: Migration
    title: str
    run_id: str


def migrate(settings: MigrateSettings, store: Store) -> Migrated:
    """Match the segments of two candidates by the customers that they share, and log who moves where.

    Parameters
    ----------
    settings : MigrateSettings
    store : Store

    Raises
    ------
    SettingsError
        One of the two is not named.
    StoreError
        There is no such candidate, they are one, or the two have no customer in common.
    """
    check_limits(settings)
    before, after = (candidate_of(store, run_id) for run_id in (settings.run_id, settings.other))
    if before.info.run_id == after.info.run_id:
        raise StoreError(
            f"run_id={settings.run_id} and other={settings.other} are the same candidate, {before.info.run_name}, in "
            "which nobody moves; name another one."
        )
    labels = _labels(store, before, after)
    found = migration(
        labels["before"].to_numpy(),
        labels["after"].to_numpy(),
        names_before=_names(store, before),
        names_after=_names(store, after),
    )
    if not found.customers:
        raise StoreError(f"runs {before.info.run_id} and {after.info.run_id} have no customer in common.")
    title = f"From {before.info.run_name} to {after.info.run_name}"
    tags = {"before": before.info.run_id, "after": after.info.run_id}
    run_id = start_run(store, name=f"{before.info.run_name} → {after.info.run_name}", level="migration", tags=tags)
    with closing(store, run_id):
        record(store, run_id, migration_items(found, title=title))
    return Migrated(found, title, run_id)


def _labels(store: Store, before: Run, after: Run) -> pd.DataFrame:
    """Segments of both by customer; without ids only where both sweeps read the same customers.

    Raises
    ------
    StoreError
        The two runs have no customers that can be matched.
    """
    tables = [labels_of(store, run.data.tags["study_id"]) for run in (before, after)]
    columns = (f"k{before.data.params['k']}", f"k{after.data.params['k']}")
    if all("customer" in table for table in tables):
        return joined(tables[0], tables[1], columns)
    same = before.data.tags.get("data_digest") == after.data.tags.get("data_digest")
    if not same or len(tables[0]) != len(tables[1]):
        raise StoreError(
            "the table names no customers (role: id), so only candidates of the same customers can be compared; runs "
            f"{before.info.run_id} and {after.info.run_id} are of different ones."
        )
    return pd.DataFrame({"before": tables[0][columns[0]], "after": tables[1][columns[1]]})


def _names(store: Store, run: Run) -> dict[int, str]:
    """Names of the segments, where the candidate has some."""
    found = json_of(store, run.info.run_id, SEGMENTS, dict)
    with understood(run.info.run_id, SEGMENTS):
        return {int(item["segment"]): str(item["name"]) for item in found["segments"]} if found else {}
