"""A store that is a database to which others write: what it says of places is looked at as that of a file is."""

import pytest
import sqlalchemy

from customer_segmentation.errors import SettingsError, StoreError
from customer_segmentation.tracking.own_places import place_of_run
from customer_segmentation.tracking.store import open_store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    from postgres import postgres

    with postgres() as address:
        yield open_store(uri=address, experiment="mine", artifacts=str(tmp_path_factory.mktemp("kept")))


@pytest.fixture
def altered(store):
    """Run statements on the store's database."""
    engine = sqlalchemy.create_engine(store.uri)
    kept = store.client.get_experiment(store.experiment_id).artifact_location

    def alter(statement, **values):
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(statement), values)

    yield alter
    alter("UPDATE experiments SET artifact_location = :kept WHERE name = 'mine'", kept=kept)
    engine.dispose()


def test_a_run_that_is_said_to_be_elsewhere_is_not_used(store, altered, tmp_path):
    run = store.client.create_run(store.experiment_id).info
    assert place_of_run(store.client, run.run_id) == run.artifact_uri
    altered("UPDATE runs SET artifact_uri = :place WHERE run_uuid = :run", place=tmp_path.as_uri(), run=run.run_id)
    with pytest.raises(StoreError, match="so that the store was altered and is not used"):
        place_of_run(store.client, run.run_id)


def test_no_server_that_the_store_alone_names_gets_customers(store, altered, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    place = "http://127.0.0.1:9/api/2.0/mlflow-artifacts/artifacts/z"
    altered("UPDATE experiments SET artifact_location = :place WHERE name = 'mine'", place=place)
    with pytest.raises(SettingsError, match=r"the store postgresql.* has tracking\.artifacts=http://127\.0\.0\.1:9/.*"):
        open_store(uri=store.uri, experiment="mine", artifacts=None)
    with pytest.raises(SettingsError, match="would send it runs with customers in them"):
        place_of_run(store.client, store.client.create_run(store.experiment_id).info.run_id)
