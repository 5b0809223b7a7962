import gc
import logging
import os
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from composing import read_shipped_once
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from omegaconf import OmegaConf
from ready import load_models_sooner
from schema import make_schema_once

from customer_segmentation import secrets
from customer_segmentation.settings.data import ColumnSpec, DataSettings
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.tracking import settled

#: As the commands have it: thousands of tests compose configs and draw figures.
gc.set_threshold(50_000)
read_shipped_once()
make_schema_once()
load_models_sooner()

#: On a busy machine an example takes as long as it takes.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")

REPOSITORY = Path(__file__).resolve().parents[1]
TELECOM = "telecom_customer_churn.csv"

#: A folder of this run of tests in place of the user's own settings.
NO_SETTINGS = tempfile.TemporaryDirectory(prefix="segment-tests-")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the folders that take longest, so that no process is left with a long file at the end."""
    first = ("test_spark.py", "end_to_end", "commands")
    items.sort(key=lambda item: next((at for at, name in enumerate(first) if name in item.path.parts), len(first)))


def forget_settings() -> None:
    """Take the user's settings away, and those that earlier tests' calls of MLflow left: it sets variables itself."""
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "SEGMENT_")) and name != "SEGMENT_TELECOM_CSV":
            del os.environ[name]
    os.environ["XDG_CONFIG_HOME"] = NO_SETTINGS.name  # where commands keep which servers the user has named
    os.environ.pop("PYTHONSAFEPATH", None)  # which a command sets for the processes that it starts
    os.environ.update(OMP_NUM_THREADS="1", MLFLOW_DISABLE_TELEMETRY="true")
    if client := sys.modules.get("mlflow.tracking._tracking_service.utils"):
        client._tracking_uri = None  # of a test that called MLflow's own function
    secrets.forget()
    settled._CALLS.settled = False  # a command that a test ran here settled MLflow for good, as its own process
    for name, level in settled._CALLS.levels.items():
        logging.getLogger(name).setLevel(level)
    settled._CALLS.levels = {}


@pytest.fixture(scope="module", autouse=True)
def _own_settings():
    """Before a module's own fixtures, which may sweep, no setting of another module's is left."""
    forget_settings()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test works in a folder of its own, so that it has its own store, and sees no setting of the user's."""
    forget_settings()
    monkeypatch.chdir(tmp_path)


def _telecom_file() -> Path | None:
    named = os.environ.get("SEGMENT_TELECOM_CSV")
    path = Path(named) if named else REPOSITORY.parent / "shared" / "data" / TELECOM
    return path if path.is_file() else None


def telecom_csv() -> Path:
    path = _telecom_file()
    if path is None:
        pytest.skip(f"the real table is not here: set SEGMENT_TELECOM_CSV to {TELECOM}")
    return path


@pytest.fixture(scope="session")
def telecom() -> Path:
    return telecom_csv()


@pytest.fixture(scope="session")
def contract():
    declared = OmegaConf.load(REPOSITORY / "conf" / "contract" / "telecom.yaml")
    schema = OmegaConf.structured(ColumnSpec)
    return {str(name): OmegaConf.to_object(OmegaConf.merge(schema, declared[name])) for name in declared}


@pytest.fixture(scope="session")
def settings_for(contract):
    def build(config="telecom", **changes):
        declared = OmegaConf.load(REPOSITORY / "conf" / "data" / f"{config}.yaml")
        settings = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(DataSettings), declared, changes))
        settings.columns = dict(contract)
        return settings

    return build


@pytest.fixture(scope="session")
def canonical_file(tmp_path_factory):
    """The published table; without it, the sample written in the same form."""
    path = _telecom_file()
    if path is None:
        path = tmp_path_factory.mktemp("canonical") / "telecom_customer_churn.csv"
        draw_customers().to_csv(path, index=False, lineterminator="\r\n")
    return path


@pytest.fixture(scope="session")
def canonical(canonical_file):
    """All cells as they are written, blanks as empty texts."""
    return pd.read_csv(canonical_file, dtype="str", keep_default_na=False)


@pytest.fixture(scope="session")
def few(canonical):
    """The first three hundred rows: enough for everything that is not about the whole table."""
    return canonical.head(300)
