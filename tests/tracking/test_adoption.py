"""The run that ``mlflow run`` opens becomes the command's own, wherever it was opened."""

import os

import pytest

from customer_segmentation.tracking.items import Params
from customer_segmentation.tracking.runs import finish_run, open_run, record, take_over_run
from customer_segmentation.tracking.store import open_store


def opened(store, experiment_id: str) -> str:
    return store.client.create_run(experiment_id).info.run_id


def test_there_is_nothing_to_take_over(store):
    assert take_over_run(store) is store
    run_id = open_run(store, name="own", level="explore", tags={"a": 1}, description="said")
    run = store.client.get_run(run_id)
    assert (run.info.run_name, run.data.tags["level"], run.data.tags["a"]) == ("own", "explore", "1")
    assert run.data.tags["mlflow.note.content"] == "said"
    finish_run(store, run_id)


def test_a_run_of_another_experiment_brings_its_experiment_and_becomes_the_commands_own(store, monkeypatch):
    other = open_store(uri=store.uri, experiment="other", artifacts=None)
    run_id = opened(store, other.experiment_id)
    store.client.log_param(run_id, "k", "[2,3]")  # of the entry point
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", other.experiment_id)
    taken = take_over_run(store)
    assert taken.taken_over == run_id
    assert (taken.experiment_id, taken.experiment) == (other.experiment_id, "other")
    assert "MLFLOW_RUN_ID" not in os.environ, "it would hijack every run that is started later"
    assert "MLFLOW_EXPERIMENT_ID" not in os.environ
    assert open_run(taken, name="ours", level="sweep", tags={"a": 1}, description="said") == run_id
    record(taken, run_id, [Params({"k": "2,3", "seed": 42})])  # MLflow refuses another value for one that is there
    run = store.client.get_run(run_id)
    assert (run.info.run_name, run.data.tags["level"], run.data.tags["mlflow.note.content"]) == (
        "ours",
        "sweep",
        "said",
    )
    assert run.data.params == {"k": "[2,3]", "seed": "42"}
    finish_run(store, run_id)


def test_a_run_in_default_is_left_to_mlflow_with_a_word_on_where_the_work_goes_on(store, monkeypatch):
    run_id = opened(store, "0")
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id)
    assert take_over_run(store) is store
    left = store.client.get_run(run_id)
    assert (left.info.lifecycle_stage, left.info.status) == ("active", "RUNNING")  # MLflow ends it itself
    assert left.data.tags["mlflow.note.content"] == f"Continued in the experiment {store.experiment}."


@pytest.mark.parametrize("gone", [True, False])
def test_a_run_that_has_ended_or_is_of_another_store_is_let_be(store, monkeypatch, gone):
    run_id = "0" * 32
    if not gone:
        run_id = opened(store, store.experiment_id)
        finish_run(store, run_id)
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id)
    assert take_over_run(store) is store
