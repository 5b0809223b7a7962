"""A user's own ``conf/`` and ``experiments/`` in the folder where the command is typed: found, and preferred."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import MaxAbsScaler, scale

from customer_segmentation.sources.samples.telecom import draw_customers

FILES = {
    "conf/scaling/mine.yaml": "about: largest is 1\nscaler:\n  _target_: sklearn.preprocessing.MaxAbsScaler\n",
    "conf/scaling/minmax.yaml": "about: my own\nscaler:\n  _target_: sklearn.preprocessing.StandardScaler\n",
    "conf/features/loyal.yaml": "columns:\n  years: {truncate: {ratio: [Tenure in Months, 12]}, unit: years}\n"
    "  paid: {log: Total Revenue}\n",
    "conf/clustering/halves.yaml": "estimator:\n  _target_: sklearn.cluster.BisectingKMeans\n  n_init: 3\n",
    "experiments/mine.yaml": "# @package _global_\nname: my own\nk: [3]\n"
    "hydra:\n  sweeper:\n    params: {features: loyal, scaling: 'mine,minmax', clustering: 'kmeans,halves'}\n",
}


@pytest.fixture(scope="module")
def ran(run_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("own configs")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    bare = ("exploration=none", "hypotheses=none", "tracking.report=false", "tracking.figures=false")
    ran = run_here("sweep", "experiments=mine", "data.customers=400", *bare, folder=folder)
    assert ran.code == 0, ran.error
    return ran


@pytest.fixture(scope="module")
def values():
    raw = draw_customers(400, seed=2022)
    kept = raw[raw["Customer Status"] != "Churned"]
    return np.column_stack([kept["Tenure in Months"] // 12, np.log1p(kept["Total Revenue"])]).astype(float)


def test_the_preset_sweeps_what_it_says(ran):
    (sweep,) = ran.runs("sweep")
    assert sweep.info.run_name == "my own"
    assert {run.info.run_name for run in ran.runs("study")} == {
        f"sample · loyal · {scaling} · {clustering}"
        for scaling in ("mine", "minmax")
        for clustering in ("kmeans", "halves")
    }
    assert ran.statuses() == {"FINISHED": 1 + 4 + 4}


@pytest.mark.parametrize(("scaling", "scaled"), [("mine", MaxAbsScaler().fit_transform), ("minmax", scale)])
def test_own_files_are_taken_also_over_shipped_ones(ran, values, scaling, scaled):
    run = next(
        run for run in ran.runs("candidate") if run.info.run_name == f"sample · loyal · {scaling} · kmeans · k=3"
    )
    expected = KMeans(3, n_init=10, random_state=42).fit(scaled(values))
    assert run.data.metrics["inertia"] == pytest.approx(expected.inertia_, rel=1e-9)


def test_a_shipped_file_that_is_replaced_is_told(ran):
    assert "conf/scaling/minmax.yaml replaces the shipped file of that name" in ran.error
    first, second = ran.error.splitlines()[:2]
    assert "replaces the shipped file" in second
    assert first == (
        "of this folder's own configs: conf/clustering/halves.yaml, conf/features/loyal.yaml, conf/scaling/mine.yaml, "
        "experiments/mine.yaml"
    ), "in one line, before any work"


def test_models_of_every_algorithm_label_raw_customers(ran):
    import mlflow

    raw = draw_customers(400, seed=2022)
    kept = raw[raw["Customer Status"] != "Churned"].reset_index(drop=True)
    mlflow.set_tracking_uri(ran.store.uri)
    for model in ran.store.client.search_logged_models([ran.store.experiment_id]):
        candidate = ran.store.client.get_run(model.source_run_id)
        labels = pd.read_parquet(
            ran.store.client.download_artifacts(candidate.data.tags["z.study_id"], "labels.parquet")
        )[f"k{candidate.data.params['k']}"]
        found = mlflow.pyfunc.load_model(f"models:/{model.model_id}").predict(kept)
        np.testing.assert_array_equal(found["segment"], labels)
