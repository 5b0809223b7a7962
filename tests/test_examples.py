"""The example tables are what their script builds."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture(scope="module")
def built():
    spec = importlib.util.spec_from_file_location("make_tables", EXAMPLES / "make_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.tables()


def test_every_table_is_built_from_its_seed(built):
    assert sorted(built) == sorted(path.name for path in EXAMPLES.glob("*.csv"))
    for name, text in built.items():
        assert (EXAMPLES / name).read_text(encoding="utf-8") == text, f"run examples/make_tables.py: {name} differs"


def test_they_have_what_real_exports_have():
    members = pd.read_csv(EXAMPLES / "members.csv")
    assert members["Member"].duplicated().sum() == 1
    assert members["City"].isna().any()
    guests = pd.read_csv(EXAMPLES / "guests.csv")
    assert guests["Restaurant (EUR)"].isna().any()
    assert pd.to_datetime(guests["Last Arrival"], format="%d.%m.%Y").notna().all()
    assert (pd.read_csv(EXAMPLES / "orders.csv")["Total"] < 0).any(), "returns"
    newer, new = pd.read_csv(EXAMPLES / "newer.csv"), pd.read_csv(EXAMPLES / "new.csv")
    assert newer["Member"].is_unique
    assert set(newer["Member"]) & set(members["Member"]), "the same members, months later"
    assert not set(new["Member"]) & set(members["Member"])
