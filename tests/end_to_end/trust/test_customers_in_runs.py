"""Runs name customers by their ids, by a hash of them, or not at all: the whole store is searched."""

import hashlib
import hmac
import stat

import pandas as pd
import pytest
import yaml

from customer_segmentation.secrets import HIDDEN
from customer_segmentation.sources.samples.telecom import draw_customers

KEY = "not-to-be-told"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Ids that occur nowhere else, and a row that is rejected and whose reason cites its cell."""
    raw = draw_customers(260).assign(**{"Customer ID": [f"WHO-{7919 * i:07d}" for i in range(260)]})
    raw = raw.astype({"Total Revenue": object})
    raw.loc[5, "Total Revenue"] = "secret 4711"
    path = tmp_path_factory.mktemp("table") / "customers.csv"
    raw.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("how", ["ids", "hashed", "none"])
def test_customers_are_named_as_was_asked(run_here, table, tmp_path, how):
    ran = run_here(
        "sweep", "data=telecom", f"data.path={table}", "data.keep=all", "features=value", "scaling=standard", "k=[2,3]",
        "exploration=none", "hypotheses=none", "tracking.figures=false",
        f"tracking.customers={how}", *([f"tracking.customers_key={KEY}"] if how == "hashed" else []),
        folder=tmp_path,
    )  # fmt: skip
    assert ran.code == 0, ran.error
    (study,) = ran.runs("study")
    labels = pd.read_parquet(ran.artifact(study, "labels.parquet"))
    ids = [f"WHO-{7919 * i:07d}" for i in range(260) if i != 5]
    hashed = [hmac.new(KEY.encode(), one.encode(), hashlib.sha256).hexdigest()[:24] for one in ids]
    named = {"ids": ids, "hashed": hashed, "none": None}[how]
    assert (labels["customer"].tolist() if "customer" in labels else None) == named
    (sweep,) = ran.runs("sweep")
    rejected = pd.read_csv(ran.artifact(sweep, "rejected.csv"))
    assert rejected["row"].tolist() == [7]
    if how != "ids":
        assert list(rejected) == [*(["Customer ID"] if how == "hashed" else []), "row", "reason"]
    config = yaml.safe_load(ran.artifact(study, "config.yaml").read_text())
    assert config["tracking"]["customers_key"] == (HIDDEN if how == "hashed" else None), "hidden, and a config still"
    if how == "hashed":
        promoted = run_here("promote", folder=tmp_path)
        assert promoted.code == 1
        assert f"tracking.customers_key={HIDDEN} stands for a key" in promoted.error
    elif how == "ids":
        unread = run_here("promote", "data.path=nowhere.csv", folder=tmp_path)
        assert unread.code == 1
        assert "nowhere.csv" in unread.error
        assert not ran.store.client.search_model_versions(""), "a table that cannot be read is no candidate's fault"
    holding = {
        path.name: [secret for secret in (b"WHO-", b"secret 4711", KEY.encode()) if secret in path.read_bytes()]
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert not [name for name in holding if name.endswith((".png", ".svg"))], "no figures were asked for"
    found = {secret for secrets in holding.values() for secret in secrets}
    assert found == ({b"WHO-", b"secret 4711"} if how == "ids" else set()), {
        name: secrets for name, secrets in holding.items() if secrets
    }
    for name in ("labels.parquet", "rejected.csv", "customers.csv", "customers.parquet"):
        for path in (tmp_path / "mlartifacts").rglob(name):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
