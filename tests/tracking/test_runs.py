"""Items into runs: what is handed over comes back from the store as it was."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from customer_segmentation.tracking.items import DataSet, FigureItem, Metrics, Params, Table, Tags, Text
from customer_segmentation.tracking.read import candidates_of
from customer_segmentation.tracking.runs import PARAM_LENGTH, TAG_LENGTH, closing, finish_run, record, start_run


@pytest.fixture
def run_id(store):
    started = start_run(store, name="a run", level="study", tags={"words": "many", "nothing": None})
    yield started
    if store.client.get_run(started).info.status == "RUNNING":
        finish_run(store, started)


def of(store, run_id):
    return store.client.get_run(run_id)


def test_a_started_run_is_found_by_its_words(store, run_id):
    run = of(store, run_id)
    assert run.info.run_name == "a run"
    assert run.info.status == "RUNNING"
    assert run.data.tags["level"] == "study"
    assert run.data.tags["words"] == "many"
    assert "nothing" not in run.data.tags
    assert run.data.tags["mlflow.user"]


def test_a_child_stands_under_its_parent(store, run_id):
    child = start_run(store, name="c", level="candidate", tags={}, parent=run_id, description="**words**")
    finish_run(store, child)
    assert of(store, child).data.tags["mlflow.parentRunId"] == run_id
    assert of(store, child).data.tags["mlflow.note.content"] == "**words**"


def test_scores_come_back_by_step_and_undefined_ones_are_left_out(store, run_id):
    values = {2: 0.1 + 0.2, 3: 1e-300, 4: -7.25}
    record(
        store, run_id, (Metrics({"score": value, "gone": np.nan, "none": None}, step=k) for k, value in values.items())
    )
    curve = {point.step: point.value for point in store.client.get_metric_history(run_id, "score")}
    assert curve == values
    assert set(of(store, run_id).data.metrics) == {"score"}


def test_more_scores_than_one_batch_holds_all_arrive(store, run_id):
    record(store, run_id, [Metrics({"many": float(step)}, step=step) for step in range(1203)])
    assert sorted(point.value for point in store.client.get_metric_history(run_id, "many")) == list(range(1203))


def test_words_longer_than_the_store_takes_are_cut_visibly(store, run_id):
    record(store, run_id, [Params({"p": "x" * 10_000, "n": None, "i": 3}), Tags({"t": "y" * 10_000})])
    data = of(store, run_id).data
    assert data.params["p"] == "x" * (PARAM_LENGTH - 1) + "…"
    assert data.params["i"] == "3"
    assert "n" not in data.params
    assert data.tags["t"] == "y" * (TAG_LENGTH - 1) + "…"


def test_files_come_back_as_they_were(store, run_id):
    frame = pd.DataFrame({"k": [2, 3], "score": [0.1, np.nan], "words": ["ä, b", 'c "d"']})
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([1, 2])
    record(
        store,
        run_id,
        [
            Table(frame, "t.csv"),
            Table(frame, "deep/t.parquet"),
            Table(frame, "t.json"),
            Text("größer\n", "deep/er/words.md"),
            FigureItem(lambda: figure, "figures/f.png", dpi=50),
        ],
    )
    folder = Path(store.client.download_artifacts(run_id, ""))
    pd.testing.assert_frame_equal(pd.read_csv(folder / "t.csv"), frame)
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "deep/t.parquet"), frame)
    assert json.loads((folder / "t.json").read_text())["columns"] == ["k", "score", "words"]
    assert (folder / "deep/er/words.md").read_text(encoding="utf-8") == "größer\n"
    assert (folder / "figures/f.png").read_bytes()[16:24] == (100).to_bytes(4, "big") + (50).to_bytes(4, "big")
    assert figure.axes == [], "a figure is let go as soon as it is saved"


def test_a_store_without_figures_draws_none(store, run_id):
    record(replace(store, figures=False), run_id, [FigureItem(Figure().savefig, "f.png"), Text("x", "t.txt")])
    assert [item.path for item in store.client.list_artifacts(run_id)] == ["t.txt"]


def test_a_figure_that_cannot_be_drawn_is_let_go_as_well(store, run_id):
    figure = Figure()
    figure.subplots().set_title(r"$\broken{$")
    with pytest.raises(ValueError, match="broken"):
        record(store, run_id, [FigureItem(lambda: figure, "f.png")])
    assert figure.axes == []


def test_the_data_set_is_an_input_of_the_run(store, run_id):
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", None]})
    record(store, run_id, [DataSet(frame, name="customers.csv", source="/there/customers.csv", digest="0123abc")])
    (found,) = of(store, run_id).inputs.dataset_inputs
    assert (found.dataset.name, found.dataset.digest) == ("customers.csv", "0123abc")
    assert {tag.key: tag.value for tag in found.tags} == {"mlflow.data.context": "segmentation"}


def test_an_empty_list_of_items_is_nothing(store, run_id):
    assert record(store, run_id, []) == {}


@pytest.mark.parametrize(
    ("error", "status"), [(None, "FINISHED"), (ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")]
)
def test_no_run_is_left_running(store, run_id, error, status):
    def work():
        with closing(store, run_id):
            if error is not None:
                raise error

    if error is None:
        work()
    else:
        with pytest.raises(error):
            work()
    assert of(store, run_id).info.status == status


def test_candidates_count_where_their_study_is_whole(store):
    sweep = start_run(store, name="s", level="sweep", tags={})
    made = {}
    for status in ("FINISHED", "FAILED"):
        study = start_run(store, name=status, level="study", tags={"sweep": sweep}, parent=sweep)
        tags = {"sweep": sweep, "study": status, "study_id": study, "job": 0}
        made[status] = start_run(store, name="c", level="candidate", tags=tags, parent=study)
        words = {"features": "f", "scaling": "s", "clustering": "c", "k": 2}
        record(store, made[status], [Params(words), Metrics({"inertia": 1.0})])
        finish_run(store, made[status])  # a candidate is done before its study
        finish_run(store, study, status)
    finish_run(store, sweep)
    assert candidates_of(store, sweep)["run_id"].tolist() == [made["FINISHED"]]
