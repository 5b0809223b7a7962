"""Prepared views of the MLflow UI: which runs, which columns, in which order, with which charts first.

The UI opens a view by its name in the address; the view itself is a tag of the experiment. Without one the list of runs
shows name, date and duration, and no score at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from customer_segmentation.tracking.store import Store, insert

#: Prefix of the tag under which the UI looks for a view.
TAG = "mlflow.sharedViewState."


@dataclass(frozen=True)
class View:
    """A view of the experiment's runs.

    Attributes
    ----------
    name : str
        In the address.
    title : str
        In links.
    filter : str
        Of runs, in MLflow's words; ``{sweep}`` is the id of the newest sweep.
    columns : tuple of str
        In the order in which the UI shows them, and as it names them: ``metrics.`yardstick```.
    order : str
        Column by which the runs are sorted.
    ascending : bool
    charts : tuple of str
        Metrics drawn by step, in this order.
    """

    name: str
    title: str
    filter: str
    columns: tuple[str, ...]
    order: str
    ascending: bool = False
    charts: tuple[str, ...] = ()


def metric(name: str) -> str:
    """Column of a metric."""
    return f"metrics.`{name}`"


def param(name: str) -> str:
    """Column of a param."""
    return f"params.`{name}`"


def tag(name: str) -> str:
    """Column of a tag."""
    return f"tags.`{name}`"


#: Sorted by this, children stand folded under their parents; by a score or a param, every run stands in the list.
START = "attributes.start_time"

#: The first is the one that ``segment ui`` opens. The list shows metrics, params and tags in this order, each kind by
#: name, and beside MLflow's assistant a window of 1440 pixels has room for three: hence k as a metric, and no
#: silhouette, which compares within a study alone.
VIEWS = (
    View(
        "candidates",
        "candidates of the newest sweep",
        "tags.level = 'candidate' and tags.sweep = '{sweep}'",
        (
            metric("k"), metric("stability"), metric("yardstick"), param("features"), param("scaling"), tag("verdict"),
        ),
        metric("yardstick"),
    ),
    View(
        "studies",
        "studies of the newest sweep, with their elbows",
        "tags.level = 'study' and tags.sweep = '{sweep}'",
        (
            param("customers"), param("dimensions"), param("features"), param("scaling"), tag("elbow_knee"),
            tag("structure"),
        ),
        param("features"),
        ascending=True,
        charts=("inertia_share", "silhouette", "yardstick", "smallest_share"),
    ),
    View(
        "sweeps",
        "sweeps and what they chose",
        "tags.level = 'sweep'",
        (
            metric("chosen_k"), metric("chosen_stability_rand"), metric("chosen_yardstick"), tag("certainty"),
            tag("chosen"), tag("data_source"), tag("structure"),
        ),
        START,
    ),
    View(
        "chosen",
        "chosen candidates of all sweeps",
        "tags.verdict = 'chosen'",
        (
            metric("k"), metric("stability"), metric("yardstick"), param("features"), param("scaling"),
            tag("segments"),
        ),
        metric("yardstick"),
    ),
    View(
        "scorings",
        "scorings and their drift",
        "tags.level = 'score'",
        (
            metric("drift_stability_highest"), metric("rows"), metric("rows_rejected"), param("input"), tag("drift"),
            tag("model"),
        ),
        START,
    ),
)  # fmt: skip


def view_state(view: View, sweep_id: str) -> dict[str, Any]:
    """What the UI reads of a view.

    Parameters
    ----------
    view : View
    sweep_id : str
        Of the newest sweep.
    """
    state: dict[str, Any] = {
        "searchFilter": view.filter.format(sweep=sweep_id),
        "orderByKey": view.order,
        "orderByAsc": view.ascending,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "modelVersionFilter": "All Runs",
        "datasetsFilter": [],
        "selectedColumns": list(view.columns),
        "runsHiddenMode": "FIRST_20_RUNS" if view.charts else "FIRST_10_RUNS",
        "hideEmptyCharts": True,
        "groupBy": None,
    }
    if view.charts:
        section = "first"
        state["isAccordionReordered"] = True  # else the UI sorts its sections by name
        state["compareRunSections"] = [
            {"uuid": section, "name": "By number of segments", "display": True, "isReordered": True}
        ]
        state["compareRunCharts"] = [_curve(name, section) for name in view.charts]
    return state


def _curve(name: str, section: str) -> dict[str, Any]:
    """A line chart of a metric by step, which is k."""
    return {
        "uuid": f"curve-{name}",
        "type": "LINE",
        "runsCountToCompare": 20,
        "metricSectionId": section,
        "deleted": False,
        "isGenerated": False,
        "metricKey": name,
        "selectedMetricKeys": [name],
        "displayName": name,
        "lineSmoothness": 0,
        "scaleType": "linear",
        "xAxisKey": "step",
        "xAxisScaleType": "linear",
        "selectedXAxisMetricKey": "",
        "range": {},
        "useGlobalLineSmoothing": False,
        "useGlobalXaxisKey": False,
        "displayPoints": True,
    }


def share_views(store: Store, sweep_id: str) -> None:
    """Give the experiment its views, those of the newest sweep too; another command may do so at the same moment.

    Parameters
    ----------
    store : Store
    sweep_id : str
        Of the sweep that has just been started.
    """
    for name, state in view_tags(sweep_id).items():
        insert(partial(store.client.set_experiment_tag, store.experiment_id, name, state))


def view_tags(sweep_id: str) -> dict[str, str]:
    """Tags of the experiment that hold the views."""
    return {f"{TAG}{view.name}": json.dumps(view_state(view, sweep_id)) for view in VIEWS}


def view_address(experiment_id: str, view: View = VIEWS[0]) -> str:
    """Address of a view within the UI.

    Parameters
    ----------
    experiment_id : of the experiment
    view : one of those that are prepared
    """
    mode = "&compareRunsMode=CHART" if view.charts else ""
    return f"#/experiments/{experiment_id}/runs?workflowType=machine_learning{mode}&viewStateShareKey={view.name}"


def view_links(experiment_id: str) -> str:
    """Links to all views in one short line: the UI shows the first line of an experiment's description."""
    return " · ".join(f"[{view.name}]({view_address(experiment_id, view)})" for view in VIEWS)
