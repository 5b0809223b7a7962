"""What is logged of all rows of a file, where the customers of a study are a sample of it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from customer_segmentation.tracking.items import Item, Metrics, Table
from customer_segmentation.tracking.read import artifact_of, run_of
from customer_segmentation.tracking.store import Store

TABLE = "everybody.csv"
COUNTS = ("rows_read", "rows_used", "rows_not_selected", "rows_set_aside")


def everybody_items(accounting: Mapping[str, int], table: pd.DataFrame) -> Iterator[Item]:
    """The account of all rows, and the sizes of all segments among them."""
    yield Metrics({f"everybody/{name}": float(accounting.get(name, 0)) for name in COUNTS})
    yield Table(table, TABLE)


def everybody_of(store: Store, study_id: str) -> tuple[dict[str, int], pd.DataFrame] | None:
    """What a study logged of all rows; None where its customers are everybody."""
    metrics: dict[str, Any] = run_of(store, study_id).data.metrics
    if f"everybody/{COUNTS[0]}" not in metrics:
        return None
    stored = artifact_of(store, study_id, TABLE)
    if stored is None:
        return None
    return {name: int(metrics[f"everybody/{name}"]) for name in COUNTS}, pd.read_csv(io.BytesIO(stored))
