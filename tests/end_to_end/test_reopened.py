import json
from pathlib import Path

import pytest
from pandas.testing import assert_series_equal

from customer_segmentation.errors import SegmentError, StoreError
from customer_segmentation.tracking.checked_files import CHECKSUM, checksum
from customer_segmentation.tracking.machine_facts import whole
from customer_segmentation.tracking.provenance import DESCRIBED, OTHERS
from customer_segmentation.tracking.read import labels_of
from customer_segmentation.tracking.resolve import candidate_of
from customer_segmentation.workflows.rebuild import reopen


@pytest.fixture(scope="module")
def swept(run_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reopened")
    sweep = ("sweep", "data.customers=600", "features=value,services", "scaling=minmax", "k=2,3", "quiet=true")
    ran = run_here(
        *sweep, "exploration=none", "hypotheses=none", "tracking.report=false", "tracking.figures=false", folder=folder
    )
    assert ran.code == 0, ran.error
    return ran


def test_a_candidate_comes_back_with_the_labels_that_its_study_logged(swept):
    store = swept.store
    for run in swept.runs("candidate"):
        found = reopen(store, run.info.run_id)
        k = int(run.data.params["k"])
        logged = labels_of(store, run.data.tags["z.study_id"])[f"k{k}"]
        assert (found.fit.k, f"sample · {found.name}") == (k, run.info.run_name)
        assert (found.fit.labels == logged.to_numpy()).all()
        assert found.spec.choices["features"] == run.data.params["features"]
        assert found.space.matrix.shape == (len(logged), len(found.space.dimensions))


def test_rows_and_ids_are_those_of_the_sweep(swept):
    run = swept.runs("candidate")[0]
    found = reopen(swept.store, f" {run.info.run_id} ")  # as pasted
    ids = labels_of(swept.store, run.data.tags["z.study_id"]).iloc[:, 0]
    assert_series_equal(found.customers.ids.reset_index(drop=True), ids, check_names=False, check_dtype=False)


def test_of_a_sweep_its_chosen_candidate_is_meant_and_with_no_id_that_of_the_newest(swept):
    run = swept.runs("sweep")[0]
    chosen = run.data.tags["chosen_run_id"]
    for asked in (run.info.run_id, chosen, None):
        assert candidate_of(swept.store, asked).info.run_id == chosen


def test_a_study_says_which_candidates_to_take(swept):
    run = swept.runs("study")[0]
    with pytest.raises(StoreError, match="is a study; take one of its candidates: k=2 "):
        candidate_of(swept.store, run.info.run_id)


def test_a_sweep_that_chose_nobody_says_so(swept):
    store = swept.store
    run = store.client.create_run(store.experiment_id, tags={"level": "sweep"})
    with pytest.raises(StoreError, match="it chose none"):
        candidate_of(store, run.info.run_id)
    store.client.delete_run(run.info.run_id)


def test_the_registered_name_of_a_study_is_that_of_its_run(swept):
    for run in swept.runs("candidate"):
        assert reopen(swept.store, run.info.run_id).spec.name == run.data.tags["study"]


def test_a_run_that_is_not_there(swept):
    with pytest.raises(StoreError, match="there is no run '1e456'"):
        reopen(swept.store, "1e456")


@pytest.mark.parametrize("tag", [OTHERS, DESCRIBED, "data_digest"])
def test_another_table_is_refused(swept, tag):
    run = swept.runs("candidate")[0]
    assert whole(run).data.tags[tag]
    swept.store.client.set_tag(run.info.run_id, tag, "0" * 32)
    with pytest.raises(SegmentError, match="is not the table of run"):
        reopen(swept.store, run.info.run_id)
    swept.store.client.delete_tag(run.info.run_id, tag)


def test_a_refit_that_differs_is_refused(swept):
    run = swept.runs("candidate")[1]
    swept.store.client.set_tag(run.info.run_id, "sizes", "599, 1")
    with pytest.raises(SegmentError, match="cannot be repeated on this machine: it logged segments of 599 / 1"):
        reopen(swept.store, run.info.run_id)


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("columns.json", lambda text: json.dumps(json.loads(text)["valued"]), "its columns.json has another form"),
        ("config.yaml", lambda text: f"{text}wish: 1\n", "holds what this version does not know .*wish"),
    ],
)
def test_a_run_of_another_version_says_so(swept, name, change, why):
    run = swept.runs("candidate")[2]
    owner = run.info.run_id if name == "config.yaml" else run.data.tags["sweep"]
    store = swept.store
    path = Path(store.client.get_run(owner).info.artifact_uri.removeprefix("file://")) / name
    before = path.read_text()
    path.write_text(change(before))
    store.client.set_tag(owner, CHECKSUM + name, checksum(path.read_bytes()))
    try:
        with pytest.raises(StoreError, match=rf"was made by another version .*{why}.*sweep again with this one"):
            reopen(store, run.info.run_id)
    finally:
        path.write_text(before)
        store.client.set_tag(owner, CHECKSUM + name, checksum(path.read_bytes()))
