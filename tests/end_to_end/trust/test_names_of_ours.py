"""A customer table whose columns are called as ours are, through every command: neither is taken for the other."""

import sqlite3

import numpy as np
import pandas as pd
import pytest
import yaml

#: Of frames, files, SQL tables, metrics and tags of ours; two that differ in a sign, and other alphabets.
FEATURES = (
    "k",
    "customers",
    "segment",
    "row",
    "margin",
    "mean",
    "inertia",
    "Discount",
    "Discount (%)",
    "Скидка",
    "割引",
)
BESIDE = ("distance", "first_action", "value", "study", "run_id")
LABELS = ("segment", "segment_name", "first_action", "distance", "margin")
ID, VALUE, OUTCOME, WORDS = "index", "share", "reason", "segment_name"


@pytest.fixture(scope="module")
def customers():
    draw = np.random.default_rng(7)
    group = np.arange(240) % 3
    frame = pd.DataFrame({ID: [f"C{at:03d}" for at in range(240)]})
    for at, name in enumerate((*FEATURES, *BESIDE)):
        frame[name] = (draw.normal(20 + at, 1, 240) + (4 + at % 2) * (group == at % 3)).round(3)
    frame[VALUE] = (draw.normal(100, 4, 240) + 50 * group).round(2)
    frame[WORDS] = np.array(["gold", "silver", "bronze"])[(group + (draw.random(240) < 0.2)) % 3]
    frame[OUTCOME] = np.where(draw.random(240) < 0.1 + 0.2 * group, "Yes", "No")
    return frame


@pytest.fixture(scope="module")
def swept(run_here, tmp_path_factory, customers):
    folder = tmp_path_factory.mktemp("names")
    customers.to_csv(folder / "t.csv", index=False)
    roles = {ID: "id", VALUE: "value", OUTCOME: "outcome", WORDS: "category"}
    roles |= dict.fromkeys((*FEATURES, *BESIDE), "numeric")
    said = [f"roles.{name}={role}" for name, role in roles.items()]
    for words in (
        ("init", "data.path=t.csv", *said),
        ("sweep", "experiments=t", "scaling=standard", "k=[3]"),
        ("promote", "force=true", "reason=names", "promotion.resamples=2"),
    ):
        ran = run_here(*words, folder=folder)
        assert ran.code == 0, ran.error + ran.out
    return ran


def read(swept):
    """Columns that are features."""
    columns = yaml.safe_load((swept.folder / "conf/features/t.yaml").read_text(encoding="utf-8"))["columns"]
    return [entry["column"] for entry in columns.values()]


def test_every_column_is_there_under_its_own_name(swept, customers):
    (chosen,) = [run for run in swept.runs("candidate") if run.data.tags.get("verdict") == "chosen"]
    assert swept.statuses() == {"FINISHED": sum(swept.statuses().values())}
    profile = pd.read_csv(swept.artifact(chosen, "segments/profile.csv"))
    asked = {*FEATURES, *BESIDE, VALUE, OUTCOME, WORDS}
    assert asked <= set(profile["variable"])
    for name in (*FEATURES, *BESIDE, VALUE):
        whole = profile.loc[profile["variable"] == name, "overall"].iloc[0]
        assert whole == pytest.approx(customers.loc[customers[OUTCOME] == "No", name].mean(), abs=0.01), name
    report = swept.artifact(swept.runs("sweep")[0], "report.md").read_text(encoding="utf-8")
    for name in ("Discount (%)", "Скидка", "割引"):
        assert name in report


@pytest.mark.parametrize("output", ["all.csv", "all.parquet", "sqlite:///all.db"])
def test_a_scored_table_keeps_all_columns_with_their_values(swept, run_here, customers, output):
    places = {name: f"{name} (column {at + 1})" for at, name in enumerate(customers) if name in LABELS}
    assert places, "the table has columns of such names"
    given = customers.rename(columns=places)
    ran = run_here("score", "input=t.csv", f"output={output}", "columns=all", folder=swept.folder)
    assert ran.code == 0, ran.error
    if output.endswith("csv"):
        labelled = pd.read_csv(swept.folder / output)
    elif output.endswith("parquet"):
        labelled = pd.read_parquet(swept.folder / output)
    else:
        with sqlite3.connect(swept.folder / "all.db") as database:
            labelled = pd.read_sql("SELECT * FROM segments", database)
    assert list(labelled) == [*given, *LABELS]
    for name in given:
        assert labelled[name].astype(given[name].dtype).tolist() == given[name].tolist(), name
    assert labelled["segment"].nunique() == 3


def test_the_select_labels_as_the_command_does(swept, run_here, customers):
    ran = run_here("export", "dialect=sqlite", "output=labels.sql", "overwrite=true", folder=swept.folder)
    assert ran.code == 0, ran.error
    ran = run_here("score", "input=t.csv", "output=narrow.csv", "overwrite=true", folder=swept.folder)
    assert ran.code == 0, ran.error
    narrow = pd.read_csv(swept.folder / "narrow.csv")
    with sqlite3.connect(":memory:") as database:
        customers.to_sql("customers", database, index=False)
        found = pd.read_sql((swept.folder / "labels.sql").read_text(encoding="utf-8"), database)
    assert found["segment"].tolist() == narrow["segment"].tolist()
    assert found.iloc[:, 0].tolist() == narrow.iloc[:, 0].tolist() == customers[ID].tolist()


def test_a_rejected_row_of_such_a_table_is_told(swept, run_here, customers):
    broken = customers.astype(object)
    name = next(name for name in read(swept) if name in FEATURES)
    broken.loc[3, name] = "many"
    broken.to_csv(swept.folder / "broken.csv", index=False)
    ran = run_here("score", "input=broken.csv", "output=broken_labels.csv", folder=swept.folder)
    assert ran.code == 0, ran.error
    (aside,) = pd.read_csv(swept.folder / "broken_labels_rejected.csv").to_dict("records")
    assert len(aside) == customers.shape[1] + 2
    assert f"{name}: 'many'" in " ".join(str(cell) for cell in aside.values())
    assert aside[ID] == "C003"
