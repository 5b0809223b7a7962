import contextlib
import shutil
import sqlite3

import pytest

from customer_segmentation.errors import StoreError
from customer_segmentation.tracking.items import Text
from customer_segmentation.tracking.moved_store import check_place, find_artifacts, folder_of, foreign_place
from customer_segmentation.tracking.own_places import place_of_model
from customer_segmentation.tracking.read import artifact_of
from customer_segmentation.tracking.runs import _places, record, start_run
from customer_segmentation.tracking.store import open_store


@pytest.fixture
def theirs(store, tmp_path):
    """A store of a stranger's, and a function that alters it."""
    shutil.copy(store.uri.removeprefix("sqlite:///"), tmp_path / "mlflow.db")

    def alter(statement, *values):
        with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database, database:
            return database.execute(statement, values).fetchall()

    return f"sqlite:///{tmp_path}/mlflow.db", alter


@pytest.mark.parametrize("tail", ["?z=1", "#z"])
@pytest.mark.parametrize("place", ["http://127.0.0.1:9/x", "file:///home/me"])
def test_a_sign_in_the_address_of_an_experiment_hides_no_other_place(store, theirs, tmp_path, tail, place):
    uri, alter = theirs
    start_run(store, name="r", level="sweep", tags={})
    shutil.copy(store.uri.removeprefix("sqlite:///"), uri.removeprefix("sqlite:///"))
    alter(f"UPDATE experiments SET artifact_location = artifact_location || '{tail}'")
    with pytest.raises(StoreError, match=r"a folder has no \? or # in its address"):
        check_place(uri, "mine")
    # of a bucket it is legal, and its runs are looked at all the same
    alter("UPDATE experiments SET artifact_location = ?", f"s3://bucket/a{tail}")
    alter(f"UPDATE runs SET artifact_uri = 's3://bucket/a/' || run_uuid || '/artifacts{tail}'")
    alter(f"UPDATE logged_models SET artifact_location = 's3://bucket/a/models/' || model_id || '/artifacts{tail}'")
    assert foreign_place(tmp_path / "mlflow.db", "mine", None) == f"s3://bucket/a{tail}"
    alter("UPDATE runs SET artifact_uri = ?", place)
    with pytest.raises(StoreError, match="the store was altered and is not used"):
        check_place(uri, "mine")
    with pytest.raises(StoreError, match="a folder has no"):
        check_place(uri, "new", f"file:///tmp/a{tail}")


def test_a_folder_that_is_named_without_a_scheme_may_have_signs_in_its_name():
    assert str(folder_of("/home/me/c#/50%25?/mlruns")) == "/home/me/c#/50%?/mlruns"
    assert str(folder_of("file:///a%23b")) == "/a#b"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON logged_models BEGIN UPDATE logged_models SET artifact_location = 'x'; END",
        "CREATE TRIGGER prevent_secrets_aad_mutation2 AFTER UPDATE ON secrets BEGIN DELETE FROM runs; END",
        "CREATE VIEW v AS SELECT * FROM runs",
        "ALTER TABLE logged_models ADD COLUMN storage_location TEXT REFERENCES runs(run_uuid) ON UPDATE CASCADE",
        "CREATE VIRTUAL TABLE f USING fts5(a)",
        "ALTER TABLE runs ADD COLUMN c TEXT GENERATED ALWAYS AS (run_uuid || 'x') VIRTUAL",
    ],
)
def test_a_store_that_acts_on_its_own_is_not_used(theirs, statement):
    uri, alter = theirs
    alter(statement)
    with pytest.raises(StoreError, match="that MLflow never makes: the store was altered"):
        open_store(uri=uri, experiment="mine", artifacts=None)


def test_the_place_of_a_run_and_of_a_model_is_looked_at_wherever_it_is_used(store, theirs, tmp_path, monkeypatch):
    run_id = start_run(store, name="r", level="sweep", tags={})
    model = store.client.create_logged_model(store.experiment_id, name="m", source_run_id=run_id).model_id
    monkeypatch.delitem(_places, run_id)  # as another process has it
    shutil.copy(store.uri.removeprefix("sqlite:///"), tmp_path / "mlflow.db")
    (mine := tmp_path / "mine").mkdir()
    (mine / "report.html").write_text("precious")
    uri, alter = theirs
    opened = open_store(uri=uri, experiment="other", artifacts=None)
    assert place_of_model(opened.client, model).endswith(f"/models/{model}/artifacts")
    # of another experiment than the one that was looked at when the store was opened
    alter("UPDATE runs SET artifact_uri = ? WHERE run_uuid = ?", mine.as_uri(), run_id)
    alter("UPDATE logged_models SET artifact_location = ? WHERE model_id = ?", mine.as_uri(), model)
    for use in (
        lambda: artifact_of(opened, run_id, "report.html"),
        lambda: record(opened, run_id, [Text("theirs", "report.html")]),
        lambda: place_of_model(opened.client, model),
    ):
        with pytest.raises(StoreError, match=r"outside .*the store was altered and is not used"):
            use()
    assert (mine / "report.html").read_text() == "precious"


def test_a_moved_store_that_cannot_be_written_is_told_in_a_sentence(tmp_path):
    database = tmp_path / "mlflow.db"
    (tmp_path / "mlartifacts" / "r1").mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(database)) as store, store:
        store.execute("CREATE TABLE experiments (experiment_id, name, artifact_location, lifecycle_stage)")
        store.execute("CREATE TABLE runs (run_uuid, experiment_id, artifact_uri)")
        store.execute("INSERT INTO experiments VALUES (1, 'e', 'file:///before/mlartifacts', 'active')")
        store.execute("INSERT INTO runs VALUES ('r1', 1, 'file:///before/mlartifacts/r1/artifacts')")
        store.execute("CREATE TRIGGER t BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'a readonly database'); END")
    with pytest.raises(StoreError, match=r"was moved .* lie in /before/mlartifacts, .* \(a readonly database\)"):
        find_artifacts(database, "e")
    with contextlib.closing(sqlite3.connect(database)) as store:  # all or nothing
        assert store.execute("SELECT artifact_location FROM experiments").fetchone() == ("file:///before/mlartifacts",)


def test_beside_a_link_to_the_store_of_another_folder_lies_nothing_of_it(store, tmp_path, caplog):
    run_id = start_run(store, name="r", level="sweep", tags={})
    record(store, run_id, [Text("kept", "a.txt")])
    real = store.uri.removeprefix("sqlite:///")
    before = store.client.get_run(run_id).info.artifact_uri
    stranger = tmp_path / "theirs"
    (stranger / "mlartifacts" / run_id).mkdir(parents=True)
    (stranger / "mlflow.db").symlink_to(real)
    find_artifacts(stranger / "mlflow.db", store.experiment)
    assert store.client.get_run(run_id).info.artifact_uri == before
    assert f"is a link to {real}" in caplog.text


def test_a_registry_elsewhere_is_not_the_stores(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", f"sqlite:///{tmp_path}/other.db")
    opened = open_store(uri=f"sqlite:///{tmp_path}/mine.db", experiment="mine", artifacts=None, timeout=30)
    opened.client.create_registered_model("here")
    assert [one.name for one in opened.client.search_registered_models()] == ["here"]
    assert not (tmp_path / "other.db").exists()
