"""What a sweep left in its store, in a form in which two sweeps compare."""

from __future__ import annotations

from typing import Any

import pandas as pd
from mlflow.tracking import MlflowClient

from customer_segmentation.tracking.log.study import LABELS
from customer_segmentation.tracking.machine_facts import whole


def content(uri: str, experiment: str = "customer-segmentation", name: str | None = None) -> dict[str, Any]:
    """Metrics, choice and labels of a sweep by study and k, and the status of every run."""
    client = MlflowClient(uri)
    found = client.get_experiment_by_name(experiment)
    runs = [whole(run) for run in client.search_runs([found.experiment_id], max_results=1000)]
    if name is not None:
        sweep = next(run for run in runs if run.info.run_name == name)
        runs = [run for run in runs if sweep.info.run_id in (run.info.run_id, run.data.tags.get("sweep"))]
    result: dict[str, Any] = {"statuses": {}}
    for run in runs:
        tags, level = run.data.tags, run.data.tags["level"]
        key = level if level == "sweep" else f"{level} {run.info.run_name} {tags.get('study', '')}"
        assert key not in result, f"{key} is there twice"
        result["statuses"][key] = run.info.status
        params = {key: value for key, value in run.data.params.items() if key not in ("launcher", "tracking")}
        result[key] = {
            "metrics": {name: value for name, value in run.data.metrics.items() if name != "seconds"},
            "params": params,
            "verdict": tags.get("verdict"),
        }
        if level == "study" and run.info.status == "FINISHED":
            text = client.download_artifacts(run.info.run_id, LABELS)
            result[key]["labels"] = pd.read_parquet(text).to_dict("list")
    return result
