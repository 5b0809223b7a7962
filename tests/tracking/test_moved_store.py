import contextlib
import sqlite3

import pytest

from customer_segmentation.errors import StoreError
from customer_segmentation.tracking.moved_store import find_artifacts


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
