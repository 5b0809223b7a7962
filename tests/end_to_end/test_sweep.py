"""The main job by the real command on a small sample: one sweep, looked at from all sides."""

import json

import numpy as np
import pandas as pd
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf
from sklearn.metrics import silhouette_score

from customer_segmentation.errors import StoreError
from customer_segmentation.scoring.load import load_segment_model
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.tracking.machine_facts import whole

CUSTOMERS, SEED = 600, 2022


@pytest.fixture(scope="module")
def swept(run_segment, tmp_path_factory):
    ran = run_segment(
        "sweep",
        "features=value,services",
        "scaling=standard,minmax",
        "k=1,2,3,4",
        f"data.customers={CUSTOMERS}",
        folder=tmp_path_factory.mktemp("sweep"),
    )
    assert ran.code == 0, ran.error
    return ran


@pytest.fixture(scope="module")
def kept():
    raw = draw_customers(CUSTOMERS, seed=SEED)
    return raw[raw["Customer Status"] != "Churned"].reset_index(drop=True)


@pytest.fixture(scope="module")
def chosen(swept):
    (run,) = [run for run in swept.runs("candidate") if run.data.tags["verdict"] == "chosen"]
    return run


def test_the_tree_has_one_sweep_its_studies_and_their_candidates(swept):
    (sweep,) = swept.runs("sweep")
    studies, candidates = swept.runs("study"), swept.runs("candidate")
    assert (len(studies), len(candidates)) == (4, 16)
    assert {run.data.tags["mlflow.parentRunId"] for run in studies} == {sweep.info.run_id}
    parents = {run.info.run_id for run in studies}
    assert {run.data.tags["mlflow.parentRunId"] for run in candidates} == parents
    assert {run.data.tags["sweep"] for run in candidates} == {sweep.info.run_id}
    assert swept.statuses() == {"FINISHED": 21}
    assert not swept.store.client.search_runs(["0"]), "nothing belongs into the experiment Default"


def test_every_run_carries_what_repeats_it(swept):
    for level in ("sweep", "study", "candidate"):
        for run in swept.runs(level):
            assert {"seed", "data_digest", "versions", "level"} <= set(run.data.tags)
            assert "scikit-learn" in run.data.tags["versions"]
            assert swept.artifact(run, "config.yaml").is_file()


def test_a_candidate_shows_a_person_a_dozen_scores_and_ten_tags(swept):
    store = swept.store
    for run in store.client.search_runs([store.experiment_id], "tags.level = 'candidate'"):
        assert len(run.data.metrics) <= 12
        assert run.data.metrics["k"] == int(run.data.params["k"]), "the UI's list has its metrics first"
        assert len([name for name in run.data.tags if not name.startswith(("mlflow.", "z."))]) <= 10
        assert run.inputs.dataset_inputs
        assert set(whole(run).data.metrics) > set(run.data.metrics)


def test_scores_of_a_study_are_curves_over_k_and_equal_its_candidates(swept):
    client = swept.store.client
    study = swept.runs("study")[0]
    candidates = {
        int(run.data.params["k"]): run
        for run in swept.runs("candidate")
        if run.data.tags["z.study_id"] == study.info.run_id
    }
    for score in ("inertia", "silhouette", "davies_bouldin", "calinski_harabasz", "yardstick", "inertia_share"):
        curve = {point.step: point.value for point in client.get_metric_history(study.info.run_id, score)}
        assert set(curve) == ({2, 3, 4} if score not in ("inertia", "inertia_share") else {1, 2, 3, 4})
        for k, value in curve.items():
            assert candidates[k].data.metrics[score] == value


def test_the_silhouette_is_scikit_learns(swept, kept):
    study = next(run for run in swept.runs("study") if run.info.run_name == "sample · value · standard")
    labels = pd.read_parquet(swept.artifact(study, "labels.parquet"))
    assert labels["customer"].tolist() == kept["Customer ID"].tolist()
    matrix = kept[["Number of Referrals", "Tenure in Months", "Total Revenue"]].to_numpy(dtype=float)
    matrix = (matrix - matrix.mean(0)) / matrix.std(0)
    client = swept.store.client
    for point in client.get_metric_history(study.info.run_id, "silhouette"):
        assert point.value == pytest.approx(silhouette_score(matrix, labels[f"k{point.step}"]), abs=1e-9)


def test_the_sweep_says_how_many_rows_went_where(swept):
    (sweep,) = swept.runs("sweep")
    metrics = sweep.data.metrics
    assert metrics["rows_read"] == CUSTOMERS
    parts = ("rows_used", "rows_not_selected", "rows_rejected")
    assert sum(metrics[name] for name in parts) == CUSTOMERS
    (data_set,) = sweep.inputs.dataset_inputs
    assert data_set.dataset.digest == sweep.data.tags["data_digest"]
    assert f"{CUSTOMERS:,} rows" in swept.out


def test_the_sweeps_artifacts_and_descriptions(swept):
    (sweep,) = swept.runs("sweep")
    for path in (
        "leaderboard.csv",
        "verdict.md",
        "verdict.json",
        "sweep_heatmaps.png",
        "candidates.png",
        "contract.yaml",
        "playbook.yaml",
        "exploration/correlations.png",
        "exploration/counts.png",
        "exploration/description.csv",
    ):
        assert swept.artifact(sweep, path).stat().st_size > 100, path
    board = pd.read_csv(swept.artifact(sweep, "leaderboard.csv"))
    assert len(board) == 16
    note = sweep.data.tags["mlflow.note.content"]
    assert "tags.level = 'candidate'" in note
    assert "segment sweep features=value,services" in note
    experiment = swept.store.client.get_experiment_by_name("customer-segmentation")
    assert "yardstick" in experiment.tags["mlflow.note.content"]


def test_one_candidate_is_chosen_with_figures_and_a_model(swept, chosen, kept):
    import mlflow

    (sweep,) = swept.runs("sweep")
    verdict = json.loads(swept.artifact(sweep, "verdict.json").read_text())
    assert verdict["chosen"]["run_id"] == chosen.info.run_id == sweep.data.tags["chosen_run_id"]
    for name in ("silhouettes", "sizes"):
        assert swept.artifact(chosen, f"figures/{name}.png").stat().st_size > 1000
    mlflow.set_tracking_uri(swept.store.uri)
    params = chosen.data.params
    name = f"sample-{params['features']}-{params['scaling']}-k={params['k']}"
    model = mlflow.pyfunc.load_model(f"runs:/{chosen.info.run_id}/{name}")
    labels = pd.read_parquet(swept.store.client.download_artifacts(chosen.data.tags["z.study_id"], "labels.parquet"))[
        f"k{chosen.data.params['k']}"
    ]
    np.testing.assert_array_equal(model.predict(kept)["segment"], labels)
    np.testing.assert_array_equal(model.predict(kept.convert_dtypes().astype(object))["segment"], labels)
    logged = swept.store.client.get_logged_model(model.metadata.model_id)
    kept_address = load_segment_model(f"runs:/{chosen.info.run_id}/model", swept.store.client)
    assert kept_address.model_id == logged.model_id, "what models were once called"
    with pytest.raises(StoreError, match=rf"its run has runs:/{chosen.info.run_id}/{name}"):
        load_segment_model(f"runs:/{chosen.info.run_id}/nobody", swept.store.client)
    assert {metric.key for metric in logged.metrics} >= {"yardstick", "silhouette", "inertia"}


def test_every_study_has_a_model_of_its_best_candidate(swept):
    store = swept.store
    models = store.client.search_logged_models([store.experiment_id])
    named = {(model.params["features"], model.params["scaling"]) for model in models}
    assert len(named) == 4


def test_a_candidate_is_refitted_from_its_own_config(swept, kept):
    run = next(run for run in swept.runs("candidate") if run.info.run_name == "sample · value · minmax · k=3")
    config = OmegaConf.load(swept.artifact(run, "config.yaml"))
    assert config.k == 3
    matrix = kept[["Number of Referrals", "Tenure in Months", "Total Revenue"]].to_numpy(dtype=float)
    matrix = instantiate(config.scaling.scaler).fit_transform(matrix)
    model = instantiate(config.clustering.estimator, n_clusters=3, random_state=config.seed).fit(matrix)
    assert model.inertia_ == pytest.approx(run.data.metrics["inertia"], rel=1e-12)
    sizes = sorted(np.bincount(model.labels_).tolist(), reverse=True)
    assert ", ".join(f"{size:,}" for size in sizes) == run.data.tags["sizes"]


def test_segments_are_described_in_original_units(swept, kept):
    run = next(run for run in swept.runs("candidate") if run.info.run_name == "sample · value · minmax · k=3")
    segments = pd.read_csv(swept.artifact(run, "segments.csv"))
    assert segments["customers"].sum() == len(kept)
    mean = (segments["revenue"] * segments["share"]).sum()
    assert mean == pytest.approx(kept["Total Revenue"].mean())


def test_the_command_ends_with_what_it_made_and_the_next_command(swept, chosen):
    assert chosen.info.run_id in swept.out
    assert "segment ui" in swept.out
    assert "the scaling changes nothing" in swept.out
    assert "study 4/4" in swept.error


def test_the_same_seed_gives_the_same_numbers(swept, run_here, tmp_path):
    words = ("features=value", "scaling=standard", "k=1,2,3,4", f"data.customers={CUSTOMERS}")
    bare = ("exploration=none", "hypotheses=none", "tracking.report=false", "tracking.figures=false")
    again = run_here("sweep", *words, *bare, folder=tmp_path)
    first = {run.info.run_name: run.data.metrics for run in swept.runs("candidate")}
    for run in again.runs("candidate"):
        for score, value in run.data.metrics.items():
            if score not in ("seconds", "reference_silhouette"):
                assert first[run.info.run_name][score] == value


def test_the_chosen_study_is_found_again_whatever_is_swept_first(run_here, tmp_path):
    words = ["clustering=minibatch_kmeans,bisecting_kmeans", "features=value,spend", "scaling=none", "k=[2,3]"]
    bare = ("exploration=none", "hypotheses=none", "tracking.report=false", "tracking.figures=false")
    ran = run_here("sweep", *words, "data.customers=300", *bare, folder=tmp_path)
    assert ran.code == 0, ran.error
    names = {run.info.run_name for run in ran.runs("study")}
    assert "sample · spend · none · bisecting_kmeans" in names
    assert len(ran.runs("candidate")) == 8


def test_hydras_own_flags_show_the_composed_config(run_here, tmp_path):
    several = run_here("sweep", "--cfg", "job", "features=value,usage", folder=tmp_path)
    assert several.code == 1
    assert "features has 2 values; give one of them with features=value" in several.error
    ran = run_here("sweep", "--cfg", "job", "features=usage", folder=tmp_path)
    assert ran.code == 0, ran.error
    assert "Number of Referrals" in ran.out
    assert not (tmp_path / "mlflow.db").exists()
