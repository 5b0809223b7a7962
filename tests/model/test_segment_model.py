"""Distances and margins against their definitions, and a batch of which one row is beyond all reading."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from customer_segmentation.clustering.distances import distances, margin
from customer_segmentation.clustering.feature_set import feature_set
from customer_segmentation.clustering.space import build_space
from customer_segmentation.clustering.transformers import CustomerFeatures
from customer_segmentation.errors import DataError, ModelError
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

COLUMNS = {name: ColumnSpec(type=ColumnType.number, role=Role.numeric) for name in ("a", "b")}


@pytest.fixture(scope="module")
def raw():
    return pd.DataFrame(np.random.default_rng(0).normal(size=(300, 2)), columns=["a", "b"])


@pytest.fixture(scope="module")
def model(raw):
    features = feature_set("f", "", {"a": "a", "b": "b"}, COLUMNS)
    space = build_space(raw, features, scaling="s", scaler=StandardScaler())
    estimator = KMeans(4, n_init=2, random_state=0).fit(space.matrix)
    return SegmentModel(
        space.pipeline(estimator), (3, 1, 0, 9), {9: "Same", 1: "Same"}, estimator.cluster_centers_, {}, raw.head(2)
    )


@pytest.mark.parametrize("k", [1, 2, 5])
def test_distances_are_those_of_scipy(k):
    generator = np.random.default_rng(k)
    matrix, centres = generator.normal(size=(200, 3)), generator.normal(size=(k, 3))
    clusters = generator.integers(0, k, 200)
    every = cdist(matrix, centres)
    own, other = distances(matrix, centres, clusters)
    np.testing.assert_allclose(own, every[np.arange(200), clusters])
    every[np.arange(200), clusters] = np.inf
    np.testing.assert_allclose(other, every.min(axis=1))


def test_margin_is_one_at_the_centre_none_on_the_border_and_below_beyond_it():
    own, other = np.array([0.0, 2.0, 3.0, 5.0, 0.0]), np.array([4.0, 2.0, 1.0, np.inf, 0.0])
    np.testing.assert_allclose(margin(own, other), [1, 0, -2 / 3, 1, 0])


def test_numbers_and_names_follow_the_mapping(model, raw):
    table = model.predict(raw).table
    clusters = model.pipeline.predict(raw)
    assert table["segment"].tolist() == [(3, 1, 0, 9)[cluster] for cluster in clusters]
    names = dict(zip(table["segment"], table["segment_name"], strict=True))
    assert names == {3: "segment 3", 1: "Same", 0: "segment 0", 9: "Same (2)"}, "names stay apart"
    renamed = model.renamed((0, 1, 2, 3), {0: "First"}, promoted="yes")
    assert renamed.about["promoted"] == "yes"
    assert renamed.predict(raw).table["segment"].tolist() == clusters.tolist()


def test_a_row_that_raises_is_found_and_the_others_keep_their_labels(model, raw):
    class Mine:
        def __str__(self):
            raise RuntimeError("not today")

        __repr__ = __str__

    wild = raw.astype(object)
    wild["a"] = [Mine() if at in (7, 200) else value for at, value in enumerate(wild["a"])]
    found = model.predict(wild).table
    right = model.predict(raw).table
    assert found["segment"].isna().sum() == 2
    assert "not today" in found["reason"].iloc[7]
    others = [at for at in range(300) if at not in (7, 200)]
    assert found["segment"].iloc[others].tolist() == right["segment"].iloc[others].tolist()


def test_nobody_is_a_batch_as_well(model, raw):
    assert model.predict(raw.head(0)).table.empty


def broken(model, at, fault):
    """The same model, one step of which raises."""
    step = model.pipeline.steps[at][1]
    name = {0: "features_of", 1: "transform", 2: "predict"}[at]
    kind = type(step)
    made = type(kind.__name__, (kind,), {name: lambda self, *words, **more: fault()})
    odd = made.__new__(made)
    odd.__dict__.update(step.__dict__)
    steps = [*model.pipeline.steps]
    steps[at] = (steps[at][0], odd)
    return replace(model, pipeline=Pipeline(steps))


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(
    "fault", [AttributeError("no such thing"), ValueError("wrong\nshape"), RuntimeError("x")], ids=repr
)
def test_a_broken_model_is_told_as_such_and_at_once(model, raw, at, fault):
    calls = []

    def fail():
        calls.append(1)
        raise fault

    with pytest.raises(ModelError, match=rf"labels no customer: {type(fault).__name__}: .*test_segment_model.py, line"):
        broken(model, at, fail).predict(pd.concat([raw] * 10))
    assert len(calls) == 1, "no customer is tried alone"


def test_rows_that_cannot_be_cast_are_found_by_halving_and_many_of_them_are_the_models_fault(model, raw, monkeypatch):
    original = CustomerFeatures.prepare

    def prepare(self, cells, decimal=None):
        calls.append(len(cells))
        if (cells["a"].astype(float) > limit).any():
            raise ValueError("too strange")
        return original(self, cells, decimal)

    monkeypatch.setattr(CustomerFeatures, "prepare", prepare)
    limit, calls = float(np.sort(raw["a"])[-3]), []
    found = model.predict(raw).table
    assert found["reason"].dropna().tolist() == ["cannot be read (ValueError: too strange)"] * 2
    assert found["segment"].isna().sum() == 2
    assert len(calls) < 60
    limit, calls = float(model.example["a"].max()), []
    with pytest.raises(ModelError, match="more than 100 customers cannot be read: ValueError: too strange"):
        model.predict(pd.concat([raw] * 5))
    limit = -np.inf  # the model's own example as well
    calls.clear()
    with pytest.raises(ModelError, match="labels no customer: ValueError: too strange"):
        model.predict(raw)
    assert len(calls) == 2


def test_a_column_that_stands_twice_is_refused(model, raw):
    with pytest.raises(DataError, match="have the column 'a' twice"):
        model.predict(pd.concat([raw, raw[["a"]]], axis=1))


def test_lists_dicts_and_numbers_too_far_out_have_no_label_and_spoil_none(model, raw):
    odd = [[1], {"a": 1}, 1e101, "1e200", 10**400, (), np.array([1, 2])]
    wild = raw.astype(object)
    wild["a"] = pd.Series([*odd, *raw["a"].tolist()[7:]], dtype=object)
    found = model.predict(wild).table
    assert found["segment"].isna().tolist() == [True] * 7 + [False] * 293
    assert found["reason"].iloc[2] == found["reason"].iloc[3] == "a feature is too far out to be scaled"
    assert "is not a number" in found["reason"].iloc[0]
    right = model.predict(raw).table
    pd.testing.assert_frame_equal(found.iloc[7:, :-1], right.iloc[7:, :-1])


def test_a_model_stored_before_blanks_could_be_imputed_labels_as_ever(model, raw):
    right = model.predict(raw).table
    kept = model.step.__dict__.pop("blanks")
    try:
        pd.testing.assert_frame_equal(model.predict(raw).table, right)
    finally:
        model.step.blanks = kept
