"""Rules: as shallow as asked, told as they are measured, and as SQL CASE what they say."""

import json

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from customer_segmentation.clustering.feature_set import feature_set
from customer_segmentation.clustering.space import build_space
from customer_segmentation.formatting import percent
from customer_segmentation.model.files import read_model, write_model
from customer_segmentation.model.rules import _leaves, learn_rules, rules_case, rules_text
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

COLUMNS = {
    "Paid": ColumnSpec(type=ColumnType.number, role=Role.value),
    "Months": ColumnSpec(type=ColumnType.number, role=Role.numeric),
    "TV": ColumnSpec(type=ColumnType.yes_no, role=Role.categorical),
    "Plan": ColumnSpec(type=ColumnType.category, role=Role.categorical),
}
DECLARED = {"rate": {"ratio": ["Paid", "Months"]}, "paid": "Paid", "tv": "TV", "plan": "Plan"}


@pytest.fixture(scope="module")
def raw():
    generator = np.random.default_rng(1)
    n = 800
    return pd.DataFrame(
        {
            "Paid": np.concatenate([generator.normal(100, 10, n // 2), generator.normal(900, 50, n // 2)]).round(1),
            "Months": generator.integers(1, 70, n),
            "TV": generator.choice(["Yes", "No"], n),
            "Plan": generator.choice(["O'Hare", "B"], n),
        }
    )


@pytest.fixture(scope="module")
def model(raw):
    features = feature_set("f", "", DECLARED, COLUMNS)
    space = build_space(raw, features, scaling="s", scaler=StandardScaler())
    estimator = KMeans(5, n_init=2, random_state=0).fit(space.matrix)
    rules = learn_rules(space.values, estimator.labels_, indicators=features.of_kind("indicator"), depth=4, leaves=9)
    names = {0: "It's zero", 3: "Three"}
    pipeline = space.pipeline(estimator)
    return SegmentModel(pipeline, tuple(range(5)), names, estimator.cluster_centers_, {}, raw.head(3), rules=rules)


def test_a_tree_is_as_shallow_as_asked_and_its_agreement_is_what_it_says(model, raw):
    rules = list(_leaves(model.rules["tree"]))
    assert max(len(path) for _, path in rules) <= 4
    assert model.rules["leaves"] == len(rules) <= 9
    assert sum(leaf["customers"] for leaf, _ in rules) == len(raw)
    right = sum(leaf["customers"] * leaf["share"] for leaf, _ in rules) / len(raw)
    assert abs(right - model.rules["agreement"]) < 0.1, "what is held out is near what was fitted"
    for depth, leaves in ((1, 2), (2, 3), (8, 40)):
        found = learn_rules(model.predict(raw).features, model.pipeline.predict(raw), depth=depth, leaves=leaves)
        assert max(len(path) for _, path in _leaves(found["tree"])) <= depth
        assert found["leaves"] <= leaves


def test_the_case_gives_what_the_tree_says_and_agrees_as_often_as_told(model, raw):
    given = raw.rename(columns={"Months": "months x"})
    case = rules_case(model, dialect="duckdb", headers={"Months": "months x"})
    with duckdb.connect() as connection:
        connection.register("given", given)
        found = connection.execute(f"SELECT {case} AS name FROM given").fetch_df()["name"]
    right = model.predict(raw).table["segment_name"].astype(str)
    shares = sum(leaf["customers"] * leaf["share"] for leaf, _ in _leaves(model.rules["tree"])) / len(raw)
    assert abs((found == right).mean() - shares) < 0.01, "thresholds are written with four digits"
    assert (found == right).mean() > 0.8
    assert "CASE" in rules_case(model, dialect="bigquery")


def test_rules_are_told_in_words(model):
    first, _, *lines = rules_text(model).splitlines()
    assert f"gives {percent(model.rules['agreement'])} of customers the segment that the model gives them" in first
    assert len(lines) == model.rules["leaves"]
    assert any(line.startswith("It's zero: ") for line in lines)
    assert any("tv: yes" in line for line in lines)
    assert any("rate " in line or "paid " in line for line in lines)


def test_rules_travel_with_the_model(model, tmp_path):
    write_model(model, tmp_path)
    assert read_model(tmp_path).rules == json.loads(json.dumps(model.rules))


def test_degenerate_inputs_have_a_tree_too():
    one = learn_rules(pd.DataFrame({"a": [1.0, 1.0]}), np.array([0, 0]))
    assert one["tree"] == {"customers": 2, "cluster": 0, "share": 1.0}
    assert one["agreement"] == 1.0


def test_a_tree_asks_for_as_many_features_as_the_constraint_allows(model, raw):
    features = pd.DataFrame(np.random.default_rng(3).normal(size=(400, 6)), columns=list("abcdef"))
    clusters = np.digitize(features["a"] + 0.6 * features["b"] + 0.2 * features["c"], [-1, 0, 1])
    rules = learn_rules(features, clusters, most_features=2, depth=5, leaves=20)
    assert {question["feature"] for _, path in _leaves(rules["tree"]) for question, _ in path} == {"a", "b"}
