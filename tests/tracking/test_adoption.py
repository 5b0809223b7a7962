"""The run that ``mlflow run`` opens becomes the command's own, wherever it was opened."""

import os

import pytest

from customer_segmentation.tracking.runs import finish_run, take_over_run
from customer_segmentation.tracking.store import open_store


def opened(store, experiment_id: str) -> str:
    return store.client.create_run(experiment_id).info.run_id


def test_there_is_nothing_to_adopt(store):
    assert take_over_run(store) == (store, None)


def test_a_run_of_another_experiment_brings_its_experiment(store, monkeypatch):
    other = open_store(uri=store.uri, experiment="other", artifacts=None)
    run_id = opened(store, other.experiment_id)
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", other.experiment_id)
    adopted, found = take_over_run(store)
    assert found == run_id
    assert (adopted.experiment_id, adopted.experiment) == (other.experiment_id, "other")
    assert "MLFLOW_RUN_ID" not in os.environ, "it would hijack every run that is started later"
    assert "MLFLOW_EXPERIMENT_ID" not in os.environ
    finish_run(store, run_id)


def test_a_run_in_default_is_moved_with_its_artifacts_place(store, monkeypatch, tmp_path):
    run_id = opened(store, "0")
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id)
    adopted, found = take_over_run(store)
    assert (adopted.experiment_id, found) == (store.experiment_id, run_id)
    assert store.client.search_runs(["0"]) == []
    (tmp_path / "a.txt").write_text("here")
    store.client.log_artifact(run_id, str(tmp_path / "a.txt"))
    assert [file.path for file in store.client.list_artifacts(run_id)] == ["a.txt"]
    place = store.client.get_experiment(store.experiment_id).artifact_location
    assert store.client.get_run(run_id).info.artifact_uri.startswith(place)
    finish_run(store, run_id)


@pytest.mark.parametrize("gone", [True, False])
def test_a_run_that_has_ended_or_is_of_another_store_is_let_be(store, monkeypatch, gone):
    run_id = "0" * 32
    if not gone:
        run_id = opened(store, store.experiment_id)
        finish_run(store, run_id)
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id)
    assert take_over_run(store) == (store, None)
