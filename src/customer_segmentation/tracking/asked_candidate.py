"""The candidate that a promotion is asked for."""

from __future__ import annotations

from typing import Any

from customer_segmentation.errors import StoreError
from customer_segmentation.tracking.read import newest_sweep, run_of
from customer_segmentation.tracking.store import Store
from customer_segmentation.workflows.rebuild import candidate_run


def asked_candidate(store: Store, run_id: str | None) -> Any:
    """Run of the candidate that is asked for: given, chosen by a given sweep, or chosen by the newest finished one."""
    if not run_id:
        sweep = newest_sweep(store)
        chosen = sweep.data.tags.get("chosen_run_id")
        if not chosen:
            raise StoreError(
                f"the newest finished sweep, {sweep.info.run_name} ({sweep.info.run_id}), chose no candidate; "
                "name one with run_id=ID."
            )
        return candidate_run(store, chosen)
    run = run_of(store, run_id)
    if run.data.tags.get("level") == "sweep" and run.data.tags.get("chosen_run_id"):
        run_id = run.data.tags["chosen_run_id"]
    return candidate_run(store, run_id)
