import contextlib
import doctest
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from customer_segmentation.tracking import quick_commits as module
from customer_segmentation.tracking.connections import _engines
from customer_segmentation.tracking.quick_commits import quick_commits
from customer_segmentation.tracking.store import open_store


@pytest.fixture
def kept(tmp_path):
    return open_store(uri=f"sqlite:///{tmp_path}/mlflow.db", experiment="mine", artifacts=None)


def asked(path, question):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def journal(path):
    return asked(path, "PRAGMA journal_mode")[0][0]


def level(kept):
    """How commits of MLflow wait for the disk: 1 only where the log is full."""
    with contextlib.closing(next(iter(_engines(kept.uri))).raw_connection()) as connection:
        return connection.cursor().execute("PRAGMA synchronous").fetchone()[0]


def test_the_log_is_there_while_it_is_written_and_gone_at_rest(kept, tmp_path):
    path = tmp_path / "mlflow.db"
    with quick_commits(kept):
        assert journal(path) == "wal"
        run = kept.client.create_run(kept.experiment_id)
        kept.client.log_metric(run.info.run_id, "a", 1.0)
        assert level(kept) == 1
    assert level(kept) != 1
    assert journal(path) == "delete"
    assert [file.name for file in tmp_path.glob("mlflow.db*")] == ["mlflow.db"]
    assert kept.client.get_run(run.info.run_id).data.metrics == {"a": 1.0}


def test_a_file_that_another_program_has_open_holds_everything_alone(kept, tmp_path):
    path, copy = tmp_path / "mlflow.db", tmp_path / "copy.db"
    with contextlib.closing(sqlite3.connect(path)) as other:
        with quick_commits(kept):
            other.execute("SELECT count(*) FROM runs").fetchall()
            kept.client.create_run(kept.experiment_id)
        copy.write_bytes(path.read_bytes())
        assert asked(copy, "SELECT count(*) FROM runs") == [(1,)]
    with quick_commits(kept):
        pass
    assert journal(path) == "delete"


KILLED = """
import os, signal, sys
from customer_segmentation.tracking.quick_commits import quick_commits
from customer_segmentation.tracking.store import open_store
store = open_store(uri=sys.argv[1], experiment="mine", artifacts=None)
with quick_commits(store):
    store.client.create_run(store.experiment_id, run_name="last words")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_has_written_is_found(kept, tmp_path):
    ended = subprocess.run([sys.executable, "-c", KILLED, kept.uri], check=False, capture_output=True)
    assert ended.returncode == -9
    assert asked(tmp_path / "mlflow.db", "SELECT name FROM runs") == [("last words",)]


def test_on_a_disk_of_several_machines_nothing_changes(kept, tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\nserver:/home " + str(tmp_path) + " nfs4 rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(module, "MOUNTS", mounts)
    with quick_commits(kept):
        assert journal(tmp_path / "mlflow.db") == "delete"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\n", encoding="utf-8")
    assert module.is_own_disk(tmp_path / "mlflow.db")
    monkeypatch.setattr(module, "MOUNTS", Path("/nowhere"))
    assert not module.is_own_disk(tmp_path / "mlflow.db")


def test_examples_in_the_documentation():
    assert doctest.testmod(module).failed == 0
