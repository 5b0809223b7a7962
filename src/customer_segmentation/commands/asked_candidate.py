"""The candidate that a promotion is asked for."""

from __future__ import annotations

from typing import Any

from customer_segmentation.commands.reopened import candidate_run
from customer_segmentation.errors import StoreError
from customer_segmentation.tracking.reading import run_of
from customer_segmentation.tracking.store import Store


def asked_candidate(store: Store, run_id: str | None) -> Any:
    """Run of the candidate that is asked for: given, chosen by a given sweep, or chosen by the newest finished one."""
    if not run_id:
        found = store.client.search_runs(
            [store.experiment_id],
            "tags.level = 'sweep' and attributes.status = 'FINISHED'",
            order_by=["attributes.end_time DESC"],
            max_results=1,
        )
        if not found:
            raise StoreError(
                f"the experiment {store.experiment} of {store.uri} has no finished sweep; run `segment sweep` "
                "first, or name a candidate with run_id=ID."
            )
        chosen = found[0].data.tags.get("chosen_run_id")
        if not chosen:
            raise StoreError(
                f"the newest finished sweep, {found[0].info.run_name} ({found[0].info.run_id}), chose no candidate; "
                "name one with run_id=ID."
            )
        return candidate_run(store, chosen)
    run = run_of(store, run_id)
    if run.data.tags.get("level") == "sweep" and run.data.tags.get("chosen_run_id"):
        run_id = run.data.tags["chosen_run_id"]
    return candidate_run(store, run_id)
