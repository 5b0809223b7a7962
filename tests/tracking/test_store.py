"""Opening a store: whole or not at all, also where several processes come at once."""

import contextlib
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException

from customer_segmentation.errors import StoreError
from customer_segmentation.secrets import remember_variable
from customer_segmentation.settings.tracking import TrackingSettings
from customer_segmentation.tracking.store import INSERTIONS, existing_store, insert, open_store
from customer_segmentation.tracking.store_address import store_uri


def test_the_address_is_the_given_one_then_the_environments_then_a_file_here(monkeypatch):
    here = Path.cwd()
    assert store_uri(None) == f"sqlite:///{here}/mlflow.db"
    assert store_uri("") == f"sqlite:///{here}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://server:5000")
    assert store_uri(None) == "http://server:5000"
    assert store_uri("sqlite:///other/a b.db") == f"sqlite:///{here}/other/a b.db"
    assert store_uri("sqlite:///~/x.db") == f"sqlite:///{Path.home()}/x.db"
    assert store_uri("databricks") == "databricks"
    assert store_uri("postgresql://me@host/db") == "postgresql://me@host/db"


def test_a_bare_folder_is_refused():
    with pytest.raises(StoreError, match="expected an address"):
        store_uri("mlruns")


@pytest.mark.parametrize(
    "spelt",
    ["sqlite+pysqlite:///a.db", "sqlite:///a.db?timeout=5", "SQLite:///a.db", "sqlite://h/a.db", " sqlite:///a.db"],
)
def test_no_spelling_of_a_sqlite_file_is_looked_at_in_another_place_than_it_is_opened(spelt):
    with pytest.raises(StoreError, match="the address of a SQLite file is sqlite:///FILE"):
        store_uri(spelt)


def test_a_local_store_keeps_its_artifacts_beside_it(store):
    experiment = store.client.get_experiment(store.experiment_id)
    folder = Path(store.uri.removeprefix("sqlite:///")).parent
    assert experiment.name == "mine"
    assert experiment.artifact_location.removeprefix("file://").startswith(str(folder / "mlartifacts"))
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []


def test_opening_again_finds_the_same_experiment_and_another_name_makes_another(store):
    assert open_store(uri=store.uri, experiment="mine", artifacts=None).experiment_id == store.experiment_id
    assert open_store(uri=store.uri, experiment="yours", artifacts=None).experiment_id != store.experiment_id


@pytest.mark.parametrize("names", [["people"], ["people", "runs", "metrics"], ["alembic_version", "people"]])
def test_a_database_of_other_tables_stays_as_it_is(names, tmp_path):
    place = tmp_path / "crm.db"
    with contextlib.closing(sqlite3.connect(place)) as crm:
        for name in names:
            crm.execute(f"CREATE TABLE {name} (a)")
        crm.commit()
    before = place.read_bytes()
    with pytest.raises(StoreError, match=r"is a database of other tables \(.*people"):
        open_store(uri=f"sqlite:///{place}", experiment="mine", artifacts=None)
    assert place.read_bytes() == before


def test_artifacts_go_where_they_are_asked_to(store, tmp_path):
    made = open_store(uri=store.uri, experiment="elsewhere", artifacts=str(tmp_path / "a b"))
    assert store.client.get_experiment(made.experiment_id).artifact_location == (tmp_path / "a b").as_uri()


def test_an_experiment_in_the_trash_is_said(store):
    gone = open_store(uri=store.uri, experiment="gone", artifacts=None)
    store.client.delete_experiment(gone.experiment_id)
    with pytest.raises(StoreError, match="is in the trash"):
        open_store(uri=store.uri, experiment="gone", artifacts=None)


def test_a_database_without_its_driver_names_the_package_and_no_password(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymysql", None)  # whether it is installed here or not
    with pytest.raises(StoreError) as refused:
        open_store(uri="mysql+pymysql://me:secret@127.0.0.1:1/db", experiment="mine", artifacts=None)
    assert "needs the package pymysql" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "said",
    [
        '(psycopg.errors.UniqueViolation) duplicate key value violates unique constraint "dataset_pk"',
        "(pymysql.err.IntegrityError) (1062, \"Duplicate entry 'mlflow.note.content-1' for key 'PRIMARY'\")",
        "(sqlite3.IntegrityError) UNIQUE constraint failed: datasets.experiment_id, datasets.name",
    ],
)
def test_a_row_that_another_command_inserts_at_the_same_moment_is_looked_for_again(said):
    refusals = [MlflowException(said)] * 2

    def write():
        if refusals:
            raise refusals.pop()

    insert(write)
    assert not refusals


def test_other_refusals_and_a_row_that_never_comes_are_errors():
    calls = []

    def write(said):
        calls.append(said)
        raise MlflowException(said)

    for said, times in (("the value is too long", 1), ("duplicate key value", INSERTIONS)):
        calls.clear()
        with pytest.raises(MlflowException, match=said):
            insert(lambda said=said: write(said))
        assert len(calls) == times


def test_an_address_that_cannot_be_taken_apart_is_said_without_its_password():
    with pytest.raises(StoreError, match="no readable address") as caught:
        open_store(uri="postgresql://u:hunter22/x@127.0.0.1:9/db", experiment="mine", artifacts=None)
    assert "hunter22" not in str(caught.value)
    for uri in ("http://[x", "postgresql://u:hunter@22x@127.0.0.1:9/db", "postgresql://u:hunter@22:x@127.0.0.1:9/db"):
        with pytest.raises(StoreError, match="no readable address"):
            open_store(uri=uri, experiment="mine", artifacts=None)


def test_a_link_to_artifacts_that_are_not_there_is_told_and_no_store_made(tmp_path):
    uri, link = f"sqlite:///{tmp_path}/mlflow.db", tmp_path / "mlartifacts"
    link.symlink_to(tmp_path / "unmounted")
    with pytest.raises(StoreError, match=r"mlartifacts.* is a link to .*unmounted, which is not there"):
        open_store(uri=uri, experiment="mine", artifacts=None)
    assert not (tmp_path / "mlflow.db").exists()
    (tmp_path / "unmounted").mkdir()
    open_store(uri=uri, experiment="mine", artifacts=None)
    (tmp_path / "unmounted").rmdir()
    with pytest.raises(StoreError, match="which is not there"):
        open_store(uri=uri, experiment="mine", artifacts=None)


def test_a_link_to_a_store_that_is_not_there_stays(tmp_path):
    (tmp_path / "mlflow.db").symlink_to(tmp_path / "unmounted" / "mlflow.db")
    with pytest.raises(StoreError, match=r"is a link to .*unmounted/mlflow\.db, which is not there"):
        open_store(uri=f"sqlite:///{tmp_path}/mlflow.db", experiment="mine", artifacts=None)
    assert (tmp_path / "mlflow.db").is_symlink()


def test_a_store_that_was_replaced_is_the_one_that_a_session_reads(tmp_path):
    def names(store):
        return {one.name for one in store.client.search_experiments()} - {"Default"}

    address = f"sqlite:///{tmp_path}/mlflow.db"
    assert names(open_store(uri=address, experiment="before", artifacts=None)) == {"before"}
    other = open_store(uri=f"sqlite:///{tmp_path}/other.db", experiment="other", artifacts=None)
    assert names(other) == {"other"}
    (tmp_path / "mlflow.db").rename(tmp_path / "moved.db")
    (tmp_path / "other.db").rename(tmp_path / "mlflow.db")
    assert names(open_store(uri=address, experiment="after", artifacts=None)) == {"other", "after"}
    assert names(open_store(uri=f"sqlite:///{tmp_path}/moved.db", experiment="before", artifacts=None)) == {"before"}


@pytest.mark.parametrize(
    ("version", "told"), [("cc1f77228345", "is older than this MLflow"), ("f" * 12, "a newer MLflow")]
)
def test_a_store_of_another_mlflow_is_told_which_is_older_and_stays(version, told, tmp_path):
    open_store(uri=f"sqlite:///{tmp_path}/mlflow.db", experiment="mine", artifacts=None)
    file = tmp_path / "other.db"  # MLflow looks once at each
    shutil.copy(tmp_path / "mlflow.db", file)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        connection.commit()
    before = file.read_bytes()
    with pytest.raises(StoreError, match=told):
        open_store(uri=f"sqlite:///{file}", experiment="mine", artifacts=None)
    assert file.read_bytes() == before


def test_a_command_that_makes_no_run_makes_no_experiment(store):
    for name in (store.experiment, TrackingSettings().experiment):
        assert existing_store(TrackingSettings(uri=store.uri, experiment=name), makes_runs=False).experiment == name
    with pytest.raises(StoreError, match=r"experiment=nowhere: .* has no experiment of that name; it has .*'mine'"):
        existing_store(TrackingSettings(uri=store.uri, experiment="nowhere"), makes_runs=False)
    assert store.client.get_experiment_by_name("nowhere") is None


def test_a_place_of_artifacts_that_an_experiment_does_not_have_is_refused(store, tmp_path):
    at = {"uri": store.uri, "experiment": store.experiment}
    kept = store.client.get_experiment(store.experiment_id).artifact_location
    for same in (kept, f"{kept}/", kept.removeprefix("file://")):
        assert open_store(**at, artifacts=same).experiment_id == store.experiment_id
    with pytest.raises(StoreError, match="changes nothing: the experiment mine has kept its artifacts in"):
        open_store(**at, artifacts=str(tmp_path / "elsewhere"))


def test_the_first_calls_of_a_session_may_come_from_several_threads(tmp_path):
    code = """
from concurrent.futures import ThreadPoolExecutor
from customer_segmentation.session import call
from customer_segmentation.settings.tracking import TrackingSettings

def opened(name):
    with call():
        from customer_segmentation.tracking.store import store_of_settings

        return store_of_settings(TrackingSettings(uri=f"sqlite:///{name}.db")).experiment_id

with ThreadPoolExecutor(2) as pool:
    print(*pool.map(opened, "ab"))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["1", "1"], done.stderr[-2000:]


def test_no_file_is_called_by_a_secret():
    remember_variable("STORE_WORD", "Planted-File-9")
    with pytest.raises(StoreError, match="the name of a file keeps no secret"):
        store_uri("sqlite:///Planted-File-9.db")
