"""Distances and margins against their definitions, and a batch of which one row is beyond all reading."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from customer_segmentation.clustering.distances import distances, margin
from customer_segmentation.clustering.feature_set import feature_set
from customer_segmentation.clustering.space import build_space
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
