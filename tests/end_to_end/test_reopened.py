import pytest
from pandas.testing import assert_series_equal

from customer_segmentation.errors import SegmentError, StoreError
from customer_segmentation.tracking.read import labels_of
from customer_segmentation.tracking.resolve import candidate_run
from customer_segmentation.workflows.rebuild import reopen


@pytest.fixture(scope="module")
def swept(run_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reopened")
    sweep = ("sweep", "data.customers=600", "features=value,services", "scaling=minmax", "k=2,3", "quiet=true")
    ran = run_here(*sweep, folder=folder)
    assert ran.code == 0, ran.error
    return ran


def test_a_candidate_comes_back_with_the_labels_that_its_study_logged(swept):
    store = swept.store
    for run in swept.runs("candidate"):
        found = reopen(store, run.info.run_id)
        k = int(run.data.params["k"])
        logged = labels_of(store, run.data.tags["study_id"])[f"k{k}"]
        assert (found.fit.k, found.name) == (k, run.info.run_name)
        assert (found.fit.labels == logged.to_numpy()).all()
        assert found.job.choices["features"] == run.data.params["features"]
        assert found.space.matrix.shape == (len(logged), len(found.space.dimensions))


def test_rows_and_ids_are_those_of_the_sweep(swept):
    run = swept.runs("candidate")[0]
    found = reopen(swept.store, f" {run.info.run_id} ")  # as pasted
    ids = labels_of(swept.store, run.data.tags["study_id"]).iloc[:, 0]
    assert_series_equal(found.customers.ids.reset_index(drop=True), ids, check_names=False, check_dtype=False)


@pytest.mark.parametrize(("level", "words"), [("sweep", "its chosen candidate is"), ("study", "k=2")])
def test_other_runs_say_which_candidate_to_take(swept, level, words):
    run = swept.runs(level)[0]
    with pytest.raises(StoreError, match=words):
        candidate_run(swept.store, run.info.run_id)


def test_a_run_that_is_not_there(swept):
    with pytest.raises(StoreError, match="there is no run '1e456'"):
        reopen(swept.store, "1e456")


def test_another_table_is_refused(swept):
    run = swept.runs("candidate")[0]
    swept.store.client.set_tag(run.info.run_id, "data_digest", "0" * 32)
    with pytest.raises(SegmentError, match="is not the table of run"):
        reopen(swept.store, run.info.run_id)


def test_a_refit_that_differs_is_refused(swept):
    run = swept.runs("candidate")[1]
    swept.store.client.set_tag(run.info.run_id, "sizes", "599, 1")
    with pytest.raises(SegmentError, match="cannot be repeated on this machine: it logged segments of 599 / 1"):
        reopen(swept.store, run.info.run_id)
