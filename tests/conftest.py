import gc
import os
from pathlib import Path

import pytest

#: As the commands have it: thousands of tests compose configs and draw figures.
gc.set_threshold(50_000)

TELECOM = "telecom_customer_churn.csv"


def forget_settings() -> None:
    """Take the user's settings away, and those that earlier tests' calls of MLflow left: it sets variables itself."""
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "SEGMENT_")) and name != "SEGMENT_TELECOM_CSV":
            del os.environ[name]
    os.environ.update(OMP_NUM_THREADS="1", MLFLOW_DISABLE_TELEMETRY="true")


@pytest.fixture(scope="module", autouse=True)
def _own_settings():
    """Before a module's own fixtures, which may sweep, no setting of another module's is left."""
    forget_settings()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test works in a folder of its own, so that it has its own store, and sees no setting of the user's."""
    forget_settings()
    monkeypatch.chdir(tmp_path)


def telecom_csv() -> Path:
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / TELECOM
    path = Path(os.environ.get("SEGMENT_TELECOM_CSV", beside))
    if not path.is_file():
        pytest.skip(f"the real table is not here: set SEGMENT_TELECOM_CSV to {TELECOM}")
    return path


@pytest.fixture(scope="session")
def telecom() -> Path:
    return telecom_csv()
