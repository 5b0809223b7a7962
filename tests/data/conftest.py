"""A canonical table as text and the settings that read it: the published table where it is at hand, else the sample."""

import os
from pathlib import Path

import pandas as pd
import pytest
from omegaconf import OmegaConf

from customer_segmentation.settings.data import ColumnSpec, DataSettings
from customer_segmentation.sources.samples.telecom import draw_customers

REPOSITORY = Path(__file__).parents[2]


def _telecom_file() -> Path | None:
    named = os.environ.get("SEGMENT_TELECOM_CSV")
    path = Path(named) if named else REPOSITORY.parent / "shared" / "data" / "telecom_customer_churn.csv"
    return path if path.is_file() else None


@pytest.fixture(scope="session")
def telecom_file():
    path = _telecom_file()
    if path is None:
        pytest.skip("the published telecom table is not at hand: set SEGMENT_TELECOM_CSV to its path")
    return path


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
