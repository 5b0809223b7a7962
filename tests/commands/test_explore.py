"""``segment explore`` as a whole: what it prints, what it leaves in the store, what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_segmentation.commands import explore as command
from customer_segmentation.tracking.log import exploration as explore_items
from customer_segmentation.tracking.store import open_store

GYM = """\
about: Members of a gym
source: file
path: gym.csv
columns:
  member: {type: text, role: id}
  visits: {type: integer, role: numeric, unit: visits, minimum: 0}
  fee: {type: number, role: numeric, unit: €}
  spend: {type: number, role: value, unit: €}
  pool: {type: yes_no, role: categorical}
  street: {type: text, role: categorical}
  level: {type: category, role: categorical}
"""


@pytest.fixture
def gym(tmp_path):
    rng = np.random.default_rng(1)
    n = 300
    visits, fee = rng.poisson(8, n), rng.choice([19.0, 29.0, 49.0], n)
    frame = pd.DataFrame(
        {
            "member": [f"M{i}" for i in range(n)],
            "visits": visits.astype(str),
            "fee": fee,
            "spend": 2.0 * visits + fee,
            "pool": rng.choice(["yes", "no", ""], n),
            "street": [f"Street {i}" for i in range(n)],
            "level": rng.choice(["a|b", "<b>"], n),
        }
    )
    frame.loc[7, "visits"] = "many"
    frame.loc[8, "visits"] = "-2"
    frame.to_csv(tmp_path / "gym.csv", index=False)
    (tmp_path / "conf" / "data").mkdir(parents=True)
    (tmp_path / "conf" / "data" / "gym.yaml").write_text(GYM)
    return frame


class Store:
    """The runs that a command left in the current folder."""

    def __init__(self):
        self.store = open_store(uri=None, experiment="customer-segmentation", artifacts=None)

    @property
    def runs(self):
        return self.store.client.search_runs([self.store.experiment_id])

    def table(self, path):
        return pd.read_csv(self.store.client.download_artifacts(self.runs[0].info.run_id, path))

    def paths(self, folder=""):
        return {item.path for item in self.store.client.list_artifacts(self.runs[0].info.run_id, folder)}


def test_the_original_exploration(segment, telecom):
    said = segment("explore", "data=telecom", f"data.path={telecom}", "exploration=original_analysis")
    assert said.code == 0, said.error
    assert "7,043 rows of telecom_customer_churn.csv = 5,174 used + 1,869 not selected + 0 rejected" in said.out
    assert "supported, but disappears when controlling for Tenure" in said.out
    store = Store()
    (run,) = store.runs
    assert run.info.status == "FINISHED"
    assert run.data.tags["level"] == "explore"
    assert run.data.params["exploration"] == "original_analysis"
    # published figures of the original analysis
    described = store.table("tables/description.csv").set_index("column")
    published = {
        "Age": (45.344414, 16.276025, 19, 32, 45, 58, 80),
        "Number of Dependents": (0.595284, 1.045137, 0, 0, 0, 1, 9),
        "Zip Code": (93504.246811, 1868.574963, 90001, 92069, 93535.5, 95337, 96148),
        "Number of Referrals": (2.468690, 3.289687, 0, 0, 1, 5, 11),
        "Tenure in Months": (37.591225, 24.085029, 1, 15, 38, 61, 72),
        "Tenure in Years": (2.700812, 2.005929, 0, 1, 3, 5, 6),
        "Total Revenue": (3418.374927, 2910.764954, 21.36, 938.575, 2579.325, 5463.415, 11979.34),
    }
    for name, figures in published.items():
        found = described.loc[name, ["mean", "std", "min", "25%", "50%", "75%", "max"]]
        assert list(found) == pytest.approx(figures, abs=5e-7), name
    pearson = store.table("tables/correlations_pearson.csv").set_index("column")
    for x, y, r in (
        ("Age", "Dependents", -0.108764),
        ("Dependents", "Referrals", 0.244435),
        ("Zip Code", "Revenue", -0.004918),
        ("Tenure", "Revenue", 0.825361),
    ):
        assert pearson.loc[x, y] == pytest.approx(r, abs=5e-7)
    groups = store.table("tables/demography.csv")
    assert list(groups["customers"]) == [2625, 2549, 727, 950, 996, 957, 926, 416, 202]
    hypotheses = store.table("tables/hypotheses.csv").set_index(["x", "y"])
    revenue = hypotheses.loc[("Tenure", "Revenue")]
    assert (revenue["r"], revenue["low"], revenue["high"]) == pytest.approx((0.825, 0.817, 0.834), abs=6e-4)
    assert revenue["spearman"] == pytest.approx(0.879, abs=5e-4)
    assert hypotheses.loc[("Tenure", "Monthly Revenue"), "r"] == pytest.approx(0.279, abs=5e-4)
    referrals = hypotheses.loc[("Tenure", "Referrals")]
    assert (referrals["r"], referrals["low"], referrals["high"]) == pytest.approx((0.263, 0.238, 0.288), abs=6e-4)
    third = hypotheses.loc[("Referrals", "Revenue")]
    assert (third["r"], third["partial_r"]) == pytest.approx((0.220, 0.004), abs=6e-4)
    assert third["partial_p"] == pytest.approx(0.76, abs=5e-3)
    assert run.data.metrics["r Referrals with Revenue given Tenure"] == pytest.approx(third["partial_r"])
    assert store.paths("figures") == {
        f"figures/{name}.png"
        for name in (
            "correlations_pearson",
            "correlations_spearman",
            "demography",
            "categories",
            "distributions",
            "pairs",
        )
    }


def test_a_table_never_seen_is_explored_by_roles(segment, gym):
    said = segment("explore", "data=gym")
    assert said.code == 0, said.error
    assert "300 rows of gym.csv = 298 used + 0 not selected + 2 rejected" in said.out
    assert "visits: … is not a number" in said.out
    assert "The declared hypotheses belong to another table" in said.out
    assert "The declared exploration belongs to another table" in said.out
    assert "street: it has 298 distinct values" in said.out
    assert said.out.rstrip().endswith("Then segment them:  segment sweep data=gym")
    store = Store()
    used = gym.drop(index=[7, 8])
    described = store.table("tables/description.csv").set_index("column")
    assert list(described.index) == ["visits", "fee", "spend"]
    assert described.loc["visits", "mean"] == pytest.approx(used["visits"].astype(int).mean())
    pairs = store.table("tables/correlations.csv")
    assert set(zip(pairs["x"], pairs["y"], strict=True)) == {("visits", "fee"), ("visits", "spend"), ("fee", "spend")}
    counts = store.table("tables/categories.csv").set_index(["column", "group"])["customers"]
    expected = used["pool"].replace("", "(missing)").str.title().replace("(Missing)", "(missing)").value_counts()
    assert counts["pool"].to_dict() == expected.to_dict()
    assert counts["level"].to_dict() == used["level"].value_counts().to_dict()
    aside = store.table("rejected.csv")
    assert list(aside["member"]) == ["M7", "M8"]
    assert list(aside["row"]) == [9, 10]
    note = store.runs[0].data.tags["mlflow.note.content"]
    assert "2 rejected" in note
    assert "None was tested." in note
    assert {"hypotheses.md", "config.yaml"} & store.paths() == {"config.yaml"}


def test_hypotheses_of_ones_own_from_the_command_line(segment, gym):
    asked = "hypotheses.tests=[{x: rate, y: fee, given: visits, direction: either, caution: Be careful.}]"
    said = segment("explore", "data=gym", "+hypotheses.variables={rate: {ratio: [spend, visits]}}", asked, "quiet=true")
    assert (said.code, said.out) == (0, ""), said.error
    row = Store().table("tables/hypotheses.csv").iloc[0]
    used = gym.drop(index=[7, 8]).assign(visits=lambda frame: frame["visits"].astype(float))
    used = used[used["visits"] > 0]
    rate = used["spend"] / used["visits"]
    assert row["n"] == len(used)
    assert row["r"] == pytest.approx(stats.pearsonr(rate, used["fee"]).statistic)

    def rest(values):
        line = stats.linregress(used["visits"], values)
        return values - line.intercept - line.slope * used["visits"]

    assert row["partial_r"] == pytest.approx(stats.pearsonr(rest(rate), rest(used["fee"])).statistic)
    assert row["sentence"].endswith("Be careful.")


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("hypotheses=telecom", "reads the column 'Total Revenue', which the data's contract does not have"),
        ("hypotheses.tests=[{x: visit, y: spend}]", "did you mean visits?"),
        ("hypotheses.tests=[{x: level, y: spend}]", "'level' holds words"),
        ("hypotheses.tests=[{x: spend, y: spend}]", "names a variable twice"),
        ("hypotheses.tests=[{x: spend}]", "hypotheses.tests[0] has no y"),
        ("hypotheses.tests=[{x: spend, y: fee, direction: up}]", "expected one of positive, negative, either"),
        ("hypotheses.tests=[{x: spend, y: fee, give: visits}]", "there are x, y, given, direction, caution"),
        ("hypotheses.tests=[spend]", "hypotheses.tests[0] is 'spend'"),
        ("hypotheses.tests=5", "expected a list"),
        ("hypotheses=nonee", "Did you mean none?"),
        ("+hypotheses.variables={Revenue: spend}", "give one of them another name"),
        ("+exploration.correlate={a: {log: [level]}}", "'level', which holds words"),
        ("exploration.counts=[levle]", "did you mean level"),
        ("+exploration.bands={fee: [3, 2]}", "expected increasing lower edges"),
        ("+exploration.bands={fee: 3}", "expected a list of increasing lower edges"),
        ("+exploration.correlate.a=gone", "exploration.correlate.a reads the column 'gone'"),
        ("+exploration.bands={level: [1, 2]}", "count it under exploration.counts"),
        ("confidence=2", "expected a number between 0 and 1"),
        ("confidence=0.9,0.95", "confidence has 2 values"),
        ("data.path=absent.csv", "absent.csv"),
        ("data.keep=nobody", "data.keep is 'nobody'"),
        ("k=3", "unknown key 'k'"),
    ],
)
def test_what_cannot_work_ends_in_one_sentence_and_no_run(segment, gym, tmp_path, word, sentence):
    assert sentence in segment("explore", "data=gym", word).sentence
    assert not (tmp_path / "mlflow.db").exists()


def test_a_failure_half_way_leaves_no_run_open(segment, gym, monkeypatch):
    def broken(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(explore_items, "correlation_heatmap", broken)
    assert "the disk is full" in segment("explore", "data=gym").sentence
    assert [run.info.status for run in Store().runs] == ["FAILED"]


def test_interrupted_is_killed(segment, gym, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(explore_items, "counts_figure", interrupted)
    assert segment("explore", "data=gym").code == 130
    assert [run.info.status for run in Store().runs] == ["KILLED"]


def test_very_few_customers_are_described_and_nothing_is_claimed(segment):
    said = segment("explore", "data.customers=2", "data.keep=all")
    assert said.code == 0, said.error
    assert said.out.count("not testable:") == 4
    store = Store()
    assert store.runs[0].data.metrics["hypotheses_supported"] == 0
    assert store.table("tables/correlations.csv")["pearson"].isna().all()


def test_help_lists_what_exists_here(segment, gym):
    said = segment("explore", "--help")
    assert said.code == 0
    assert "gym" in said.out
    assert all(f"\n    {name} " in said.out for name in ("sample", "telecom", "none", "original_analysis"))
    assert max(map(len, command.SPEC.help().splitlines())) <= 120


def test_the_rejected_rows_are_those_of_the_table(segment, gym, tmp_path):
    gym.loc[:60, "visits"] = "often"
    gym.to_csv(tmp_path / "gym.csv", index=False)
    assert "cannot be used" in segment("explore", "data=gym").sentence
    assert segment("explore", "data=gym", "data.max_rejected_share=0.5", "quiet=true").code == 0
    counts = Store().runs[0].data.metrics
    assert counts["rows_read"] == 300 == counts["rows_used"] + counts["rows_not_selected"] + counts["rows_rejected"]
    inputs = Store().runs[0].inputs.dataset_inputs
    assert json.loads(inputs[0].dataset.profile)["num_rows"] == counts["rows_used"]
