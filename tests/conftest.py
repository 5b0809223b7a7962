import os
from pathlib import Path

import pytest

TELECOM = "telecom_customer_churn.csv"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test works in a folder of its own, so that it has its own store, and sees no setting of the user's."""
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "SEGMENT_")) and name != "SEGMENT_TELECOM_CSV":
            monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
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
