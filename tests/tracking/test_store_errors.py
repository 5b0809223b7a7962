import errno

import pytest

from customer_segmentation.errors import DataError, StoreError
from customer_segmentation.tracking.store import open_store
from customer_segmentation.tracking.store_errors import after, store_error_of


def raised(action) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is what is asked
        action()
    return caught.value


def test_a_full_device_is_told_with_what_to_do():
    def write():
        with open("/dev/full", "w") as file:
            file.write("x")

    assert "its disk is full; make room and run the same command again." in str(store_error_of(raised(write)))


def test_a_server_that_is_not_there_is_told(monkeypatch):
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    error = raised(lambda: MlflowClient("http://127.0.0.1:1").get_experiment("1"))
    assert "does not answer; start it and run" in str(store_error_of(error, keeps=True))
    assert str(store_error_of(error, keeps=True)).endswith("to continue: what is finished is kept.")


def test_a_database_that_lost_its_tables_is_told(tmp_path):
    import sqlite3

    store = open_store(uri=f"sqlite:///{tmp_path}/x.db", experiment="one", artifacts=None)
    with sqlite3.connect(tmp_path / "x.db") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("DROP TABLE experiments")
    found = store_error_of(raised(lambda: store.client.get_experiment_by_name("one")))
    assert isinstance(found, StoreError)
    assert f"{tmp_path}/x.db cannot be used: its tables are gone" in str(found)


@pytest.mark.parametrize(
    "error", [ValueError("no"), KeyError("disk is full"), DataError("no"), FileNotFoundError(2, "x")]
)
def test_what_is_not_the_stores_fault_is_left_alone(error):
    assert store_error_of(error) is None


def test_what_is_done_is_said_where_the_store_fails_afterwards():
    done = "version 2 is the champion now, but its page could not be written"
    with pytest.raises(StoreError, match=f"^{done}: .*its disk is full"), after(done):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(StoreError, match=f"^{done}: gone"), after(done):
        raise StoreError("gone")
    with pytest.raises(KeyboardInterrupt, match=done), after(done):
        raise KeyboardInterrupt
    with pytest.raises(KeyError), after("done"):
        raise KeyError("not the store's fault")
