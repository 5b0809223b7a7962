"""The verdict by the real command: what the store holds of it, and that it does not depend on how studies ran."""

import json

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.formatting import markdown

SWEEP = ("features=value,services", "scaling=standard,minmax", "k=[2,3,4,5]", "data.customers=700")
BARE = ("exploration=none", "hypotheses=none", "tracking.report=false")
NO_FIGURES = (*BARE, "tracking.figures=false")


@pytest.fixture(scope="module")
def swept(run_here, tmp_path_factory):
    ran = run_here("sweep", *SWEEP, "tracking.models=chosen", *BARE, folder=tmp_path_factory.mktemp("verdict"))
    assert ran.code == 0, ran.error
    assert "Warning" not in ran.error
    return ran


def verdict_of(ran):
    (sweep,) = ran.runs("sweep")
    return json.loads(ran.artifact(sweep, "verdict.json").read_text())


def test_tags_and_verdict_json_say_the_same(swept):
    verdict = verdict_of(swept)
    (sweep,) = swept.runs("sweep")
    tagged = {run.info.run_id: run.data.tags["verdict"] for run in swept.runs("candidate")}
    assert [run for run, word in tagged.items() if word == "chosen"] == [verdict["chosen"]["run_id"]]
    assert [run for run, word in tagged.items() if word == "runner_up"] == [verdict["runner_up"]["run_id"]]
    out = {row["run_id"]: f"ruled_out:{row['reason']}" for row in verdict["ruled_out"]["candidates"]}
    assert {run: word for run, word in tagged.items() if word.startswith("ruled_out")} == out
    assert sweep.data.tags["structure"] == verdict["structure"]
    assert sweep.data.tags["certainty"] == verdict["certainty"]["word"]


def test_every_score_is_on_the_candidate(swept):
    verdict = verdict_of(swept)
    metrics = {run.info.run_id: run.data.metrics for run in swept.runs("candidate")}
    for row in verdict["short_list"]:
        own = metrics[row["run_id"]]
        for name in ("reference_silhouette", "explained_by_tree", "screening_rand", "stability_rand"):
            if row[name] is not None:
                assert own[name] == pytest.approx(row[name])
        if row["confirmed"]:
            k = row["k"]
            assert {f"jaccard/segment_{number}" for number in range(k)} <= set(own)
    chosen = metrics[verdict["chosen"]["run_id"]]
    assert {"stability_rand_worst", "stability_prediction_strength", "seed_agreement"} <= set(chosen)


def test_every_study_has_its_structure(swept):
    words = {}
    for run in swept.runs("study"):
        found = json.loads(swept.artifact(run, "structure.json").read_text())
        words[run.data.tags["study"]] = run.data.tags["structure"]
        assert found["structure"] == run.data.tags["structure"]
        if found["tests"]:
            for test in found["tests"].values():
                assert all(0 <= pair["p"] <= 1 for pair in test["pairs"])
    assert words["services · standard"] == "undecidable"
    assert words["value · standard"] == "none"


def test_outcomes_are_associated_and_value_is_marked_circular(swept):
    for run in swept.runs("candidate"):
        low, v, high = (
            run.data.metrics[f"{name}/Customer Status"]
            for name in ("association_low", "association", "association_high")
        )
        assert 0 <= low <= v <= high <= 1
        assert run.data.tags["value_circular"] == ("yes" if run.data.params["features"] == "value" else "no")


def test_the_page_and_the_pictures(swept):
    (sweep,) = swept.runs("sweep")
    verdict = verdict_of(swept)
    page = swept.artifact(sweep, "verdict.md").read_text()
    assert all(markdown(reason) in page for reason in verdict["reasons"])
    for name in ("stability", "front", "silhouettes"):
        assert swept.artifact(sweep, f"verdict/{name}.png").stat().st_size > 1000


def test_the_verdict_does_not_depend_on_the_order_of_the_studies(swept, run_here, tmp_path):
    turned = ("features=services,value", "scaling=minmax,standard", *SWEEP[2:], "tracking.models=chosen", *NO_FIGURES)
    again, first = verdict_of(run_here("sweep", *turned, folder=tmp_path)), verdict_of(swept)
    for key in ("headline", "structure", "tie", "decided_by"):
        assert again[key] == first[key]
    names = ("name", "stability_rand", "reference_silhouette", "yardstick")
    for role in ("chosen", "runner_up"):
        assert [again[role].get(name) for name in names] == [first[role].get(name) for name in names]


@pytest.mark.parametrize("rule", ["silhouette", "elbow"])
def test_the_naive_rules_run(run_here, tmp_path, rule):
    small = ("features=value", "scaling=standard", "k=[2,3,4,5,6]", "data.customers=400")
    ran = run_here("sweep", f"selection={rule}", *NO_FIGURES, *small, folder=tmp_path)
    assert ran.code == 0, ran.error
    assert any("naive" in reason for reason in verdict_of(ran)["reasons"]) or rule == "elbow"
    (sweep,) = ran.runs("sweep")
    assert f"`segment report run_id={sweep.info.run_id}` writes it" in ran.out
    assert not list(tmp_path.glob("mlartifacts/**/report.html"))


def test_odd_columns_end_in_a_verdict(run_here, tmp_path):
    rng = np.random.default_rng(0)
    n = 50
    base = rng.normal(size=n)
    table = pd.DataFrame({f"x{number}": rng.normal(size=n) for number in range(33)})
    table = table.assign(
        constant=1.0, whole=rng.integers(0, 5, n), twice=base, again=base, line=2 * base + 1, flag=rng.integers(0, 2, n)
    )
    table["huge"] = np.where(np.arange(n) == 7, 1e9, rng.normal(size=n))
    table.insert(0, "Customer ID", [f"c{number}" for number in range(n)])
    table.to_csv(tmp_path / "odd.csv", index=False)
    names = [name for name in table if name != "Customer ID"]
    made = run_here("init", "data.path=odd.csv", folder=tmp_path)
    assert made.code == 0, made.error
    (tmp_path / "conf" / "features" / "odd_columns.yaml").write_text(
        "columns:\n" + "".join(f"  {name}: {{column: {name}}}\n" for name in names)
    )
    ran = run_here(
        "sweep", "experiments=odd", "features=odd_columns", "scaling=standard,minmax", "k=[2,3,4]", folder=tmp_path
    )
    assert ran.code == 0, (ran.error, ran.out)
    assert "Warning" not in ran.error
    assert verdict_of(ran)["reasons"]


def test_the_real_table_is_a_continuum_with_useful_partitions(run_here, telecom, tmp_path):
    ran = run_here(
        "sweep", "features=value", "scaling=standard,minmax", "k=[3,4,5]", "data=telecom", f"data.path={telecom}",
        *NO_FIGURES, folder=tmp_path,
    )  # fmt: skip
    verdict = verdict_of(ran)
    assert verdict["structure"] == "useful partition"
    assert {study["structure"] for study in verdict["structure_by_study"]} == {"none"}
    assert verdict["chosen"]["name"] == "value · minmax · k=4"
    assert verdict["chosen"]["stability_rand"] >= 0.95
    (flips,) = [row for row in verdict["ruled_out"]["candidates"] if row["name"] == "value · standard · k=4"]
    assert flips["reason"] == "unstable"
