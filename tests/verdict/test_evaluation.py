import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

from customer_segmentation.verdict.evaluation import confirmation, explained_by_tree


def kmeans(k, seed):
    return KMeans(k, n_init=3, random_state=seed)


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    truth = np.arange(600) % 3
    return np.column_stack([truth * 9.0, truth % 2 * 9.0]) + rng.normal(size=(600, 2)), truth


def test_a_flip_ends_the_confirmation():
    matrix = np.random.default_rng(0).uniform(size=(300, 2))
    labels = kmeans(5, 0).fit(matrix).labels_
    asked = {"make_estimator": kmeans, "resamples": 6, "seed": 0}
    assert confirmation(matrix, labels, 5, **asked, stop_below=0.999).resamples == 1
    assert confirmation(matrix, labels, 5, **asked).resamples == 6


def test_a_tree_over_few_features_tells_segments_or_does_not(blobs):
    matrix, truth = blobs
    frame = pd.DataFrame(matrix, columns=["x", "y"]).assign(noise=np.random.default_rng(1).normal(size=600), kind="a")
    share, features = explained_by_tree(frame, truth, most_features=2, depth=4, leaves=16, seed=0)
    assert share > 0.98
    assert set(features) == {"x", "y"} or features == ["x"]
    random = np.random.default_rng(2).integers(0, 3, 600)
    assert explained_by_tree(frame, random, most_features=2, depth=4, leaves=16, seed=0)[0] < 0.5
    by_kind = pd.DataFrame({"kind": np.array(["a", "b", "c"])[truth], "noise": frame["noise"]})
    share, features = explained_by_tree(by_kind, truth, most_features=1, depth=4, leaves=16, seed=0)
    assert share == 1.0
    assert features == ["kind"]


def test_the_tree_is_no_deeper_and_no_larger_than_allowed():
    rows = np.random.default_rng(0).uniform(size=4000)
    stripes = (rows * 24).astype(int)  # 16 leaves, which depth 4 has at most, cannot tell 24 apart
    frame = pd.DataFrame({"x": rows})
    asked = {"most_features": 1, "seed": 0}
    assert explained_by_tree(frame, stripes, depth=12, leaves=64, **asked)[0] > 0.97
    assert explained_by_tree(frame, stripes, depth=4, leaves=64, **asked)[0] < 0.8
    assert explained_by_tree(frame, stripes, depth=12, leaves=8, **asked)[0] < 0.8
