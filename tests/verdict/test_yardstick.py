import numpy as np
import pytest
from sklearn.cluster import KMeans

from customer_segmentation.clustering.metrics import variance_explained
from customer_segmentation.verdict.yardstick import attainable, yardstick


def test_kmeans_in_the_reference_space_itself_has_a_yardstick_of_one():
    reference = np.random.default_rng(0).normal(size=(400, 3))
    attained = attainable(reference, [1, 2, 5], seed=3)
    assert set(attained) == {2, 5}
    for k, share in attained.items():
        labels = KMeans(k, n_init=10, random_state=3).fit_predict(reference)
        within = sum(((reference[labels == j] - reference[labels == j].mean(0)) ** 2).sum() for j in range(k))
        assert share == pytest.approx(1 - within / ((reference - reference.mean(0)) ** 2).sum())
        assert yardstick(variance_explained(reference, labels), k, attained) == pytest.approx(1.0)


def test_it_is_a_share_though_a_candidate_meets_a_better_optimum():
    assert yardstick(0.600001, 4, {4: 0.6}) == 1.0
    assert yardstick(0.3, 4, {4: 0.6}) == 0.5


def test_a_reference_without_variance_gives_no_yardstick():
    assert attainable(np.ones((10, 2)), [2], seed=0) == {}
    assert np.isnan(yardstick(0.3, 2, {}))
