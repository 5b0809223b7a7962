"""What a study logs of its structure test, and a sweep of its verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from customer_segmentation.clustering.structure_test import StructureResult
from customer_segmentation.tracking.items import Item, Metrics, Tags, Text
from customer_segmentation.verdict.structure import StudyStructure, structure_record

STRUCTURE = "structure.json"


def metric_name(column: str) -> str:
    """Column's name with the signs that a metric's name may have."""
    return re.sub(r"[^\w\-. /:]", "_", column)


def structure_items(result: StructureResult, structure: StudyStructure) -> Iterator[Item]:
    """Structure test of a study: tags and metrics to filter by, every pair of neighbours, the heatmap of valleys."""
    yield Tags(structure.tags())
    yield Metrics(
        {
            "structure_k_star": structure.k_star,
            "structure_k_valley": structure.k_valley,
            "structure_right": float("nan") if structure.right is None else structure.right,
            **{f"opinion/{name}": k for name, k in structure.opinions.items()},
        }
    )
    yield Text(json.dumps(structure_record(result, structure), indent=1), STRUCTURE)
