"""What studies, tables and sweeps hand over to be logged, recomputed with pandas."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

from customer_segmentation.clustering.feature_set import declared_features
from customer_segmentation.clustering.space import build_space
from customer_segmentation.clustering.study import run_study
from customer_segmentation.config.compose import plan
from customer_segmentation.config.instantiate import make_scaler
from customer_segmentation.data.expressions import parse
from customer_segmentation.data.load import load_customers
from customer_segmentation.tracking.descriptions import (
    candidate_description,
    link,
    study_description,
    sweep_description,
)
from customer_segmentation.tracking.items import DataSet, FigureItem, Metrics, Params, Table, Tags, Text
from customer_segmentation.tracking.log.candidate import chosen_items, main_features
from customer_segmentation.tracking.log.exploration import exploration_items
from customer_segmentation.tracking.log.study import (
    candidate_items,
    candidate_tags,
    labels_table,
    segments_table,
    study_items,
)
from customer_segmentation.tracking.log.sweep import best_by_space
from customer_segmentation.tracking.log.table import table_items


@pytest.fixture(scope="module")
def table():
    settings = plan("sweep", ["features=value", "scaling=standard", "data.customers=300"]).settings[0].data
    return load_customers(settings)


@pytest.fixture(scope="module")
def space(table):
    (settings,) = plan("sweep", ["features=value", "scaling=minmax"]).settings
    features = declared_features(settings.features, table.columns, "value")
    return build_space(table.customers, features, scaling="minmax", scaler=make_scaler(settings.scaling.scaler, "m"))


@pytest.fixture(scope="module")
def study(space):
    return run_study(
        space.matrix,
        ks=[1, 2, 3, 4],
        make_estimator=lambda k, seed: KMeans(k, n_init=2, random_state=seed),
        seed=1,
        value=space.values["revenue"].to_numpy(),
        reference=space.matrix,
        silhouette_limit=1000,
        silhouette_sample=100,
    )


def of_kind(items, kind):
    return [item for item in items if isinstance(item, kind)]


def test_segments_are_the_means_of_their_members(space, study):
    candidate = study.candidate(3)
    found = segments_table(candidate, space.numbers).set_index("segment")
    grouped = space.values.groupby(candidate.labels)
    pd.testing.assert_frame_equal(
        found[space.features.names], grouped.mean(), check_names=False, check_index_type=False, rtol=1e-12
    )
    assert found["customers"].tolist() == grouped.size().tolist()
    assert found["share"].sum() == pytest.approx(1.0)


def test_labels_of_all_candidates_stand_beside_the_customers(table, study):
    ids = table.customers["Customer ID"]
    found = labels_table(study, ids)
    assert found["customer"].tolist() == ids.tolist()
    for candidate in study.candidates:
        np.testing.assert_array_equal(found[f"k{candidate.k}"], candidate.labels)
    assert list(labels_table(study, None)) == ["k1", "k2", "k3", "k4"]


def test_a_study_hands_over_every_score_with_its_k_as_step(space, study):
    items = list(study_items(study, space, ids=None, params={"features": "value"}, config="a: 1"))
    curves = {item.step: item.values for item in of_kind(items, Metrics) if item.step}
    assert {k: set(values) for k, values in curves.items()} == {
        candidate.k: set(candidate.scores) for candidate in study.candidates
    }
    (params,) = of_kind(items, Params)
    assert params.values == {"features": "value", "customers": len(space.matrix), "dimensions": 3}
    assert {item.path for item in of_kind(items, Table)} == {"labels.parquet", "scores.csv"}
    assert {item.path for item in of_kind(items, FigureItem)} == {"elbow.png"}
    (note,) = [item.values["mlflow.note.content"] for item in of_kind(items, Tags) if len(item.values) == 1][-1:]
    assert "tenure (months)" in note


def test_a_candidate_hands_over_its_own_scores_and_the_config_that_repeats_it(space, study):
    candidate = study.candidate(2)
    items = list(candidate_items(candidate, space, params={"features": "value"}, config="seed: 1\n\n"))
    assert of_kind(items, Params)[0].values["k"] == 2
    shown = of_kind(items, Metrics)[0].values
    assert shown == {"k": 2, **{name: candidate.scores[name] for name in shown if name != "k"}}
    assert of_kind(items, Text)[0].text == "seed: 1\nk: 2\n"
    tags = candidate_tags(candidate, verdict="qualified")
    assert tags["sizes"] == ", ".join(f"{size:,}" for size in sorted(np.bincount(candidate.labels), reverse=True))


def test_main_features_are_those_in_which_the_segments_differ_most():
    labels = np.repeat([0, 1], 50)
    generator = np.random.default_rng(0)
    numbers = pd.DataFrame({f"noise{i}": generator.normal(size=100) for i in range(4)})
    numbers.insert(2, "parts", labels * 5 + generator.normal(size=100))
    numbers.insert(0, "constant", 1.0)
    assert main_features(numbers, labels, most=1) == ["parts"]
    assert "constant" not in main_features(numbers, labels, most=5)
    assert main_features(numbers, labels, most=6) == list(numbers), "in declared order"


def test_the_chosen_candidates_pictures(space, study):
    candidate = study.candidate(3)
    silhouettes = candidate.silhouettes
    items = list(chosen_items(space, candidate.labels, name="c", silhouette=silhouettes, seed=0))
    assert {item.path for item in items} == {
        f"figures/{name}.png" for name in ("silhouettes", "sizes", "centres", "pairs")
    }


def test_the_tables_account_of_its_rows(table):
    items = list(table_items(table))
    (data_set,) = of_kind(items, DataSet)
    assert data_set.digest == table.digest[: len(data_set.digest)]
    (counts,) = of_kind(items, Metrics)
    assert counts.values["rows_read"] == 300
    assert counts.values["rows_used"] == len(table.customers)


def test_the_exploration_leaves_out_what_the_table_lacks(table):
    correlate = {
        "Age": parse("Age", where="a"),
        "Nobody": parse("Not there", where="b"),
        "T": parse("Total Revenue", where="c"),
    }
    items = list(
        exploration_items(
            table.customers, correlate=correlate, counts=["Gender", "Nothing"], bands={"Age": [18, 40, 60]}
        )
    )
    tables = {item.path: item.frame for item in of_kind(items, Table)}
    found = tables["exploration/correlations.csv"].set_index("column")
    assert list(found) == ["Age", "T"]
    expected = np.corrcoef(table.customers["Age"], table.customers["Total Revenue"])[0, 1]
    assert found.loc["Age", "T"] == pytest.approx(expected)
    counts = tables["exploration/counts.csv"].groupby("column")["customers"].sum()
    assert counts.to_dict() == {"Gender": len(table.customers), "Age": len(table.customers)}


def test_the_best_of_every_space_and_gaps_where_nothing_qualified():
    board = pd.DataFrame(
        [
            ("a", "x", 2, 0.7, "best_of_study"),
            ("a", "x", 3, 0.9, "qualified"),
            ("a", "y", 4, 0.8, "chosen"),
            ("a", "y", 5, 0.6, "runner_up"),
            ("b", "x", 2, 0.9, "ruled_out:small_segment"),
        ],
        columns=["features", "scaling", "k", "yardstick", "verdict"],
    )
    best, ks = best_by_space(board)
    assert best.index.tolist() == ["a", "b"]
    assert best.columns.tolist() == ["x", "y"]
    np.testing.assert_array_equal(best, [[0.7, 0.8], [np.nan, np.nan]])
    np.testing.assert_array_equal(ks, [[2, 4], [np.nan, np.nan]])


def test_features_that_are_called_as_the_columns_of_a_segment_stand_beside_them(study):
    candidate = next(item for item in study.candidates if item.k == 2)
    numbers = pd.DataFrame(np.random.default_rng(1).normal(size=(len(candidate.labels), 2)), columns=["share", "k"])
    made = segments_table(candidate, numbers)
    assert list(made) == ["segment", "customers", "share", "share (feature)", "k"]
    assert made["customers"].tolist() == np.bincount(candidate.labels).tolist()
    expected = numbers.groupby(candidate.labels)["share"].mean().to_numpy()
    assert made["share (feature)"].to_numpy() == pytest.approx(expected)


def test_no_word_of_a_table_is_markdown_in_a_note():
    picture = "![v](http://evil.example/v.png) <b>"
    notes = [
        study_description(picture, {picture: "$"}, picture, [picture]),
        candidate_description(picture, units={picture: ""}, about=picture, sizes="1", study=link("1", "r", picture)),
        sweep_description(
            command=f"segment sweep 'data.path={picture}`'", sweep_id="r", table=f"400 customers of {picture}",
            studies=1, failed={picture: picture}, leaderboard=pd.DataFrame(), reasons=[picture], partitions=(),
            chosen_link=link("1", "r", picture),
        ),
    ]  # fmt: skip
    notes[2] = notes[2].partition("### Repeat it")[0]  # below it stands code
    for note in notes:
        assert "evil.example" in note
        assert not re.search(r"(?<!\\)\[[^\]\\]*\]\(http|<b>", note), note
