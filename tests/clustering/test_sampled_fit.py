"""K-means on large tables: starts on a sample, one run over everybody."""

import re

import numpy as np
import pytest
from sklearn.cluster import KMeans, MiniBatchKMeans

from customer_segmentation.clustering.clusterer import Clusterers, Restarts
from customer_segmentation.clustering.fit import fit_k
from customer_segmentation.clustering.sampled_fit import sampled


def kmeans(k, seed):
    return KMeans(k, n_init=10, random_state=seed)


@pytest.fixture(scope="module")
def matrix():
    generator = np.random.default_rng(5)
    centres = generator.normal(size=(6, 4)) * 2
    rows = centres[generator.choice(6, size=30_000, p=[0.3, 0.25, 0.2, 0.1, 0.1, 0.05])]
    return rows + generator.normal(size=rows.shape) + 1000.0


@pytest.mark.parametrize("k", [2, 4, 6])
def test_inertia_is_that_of_all_starts_over_everybody(matrix, k):
    full = kmeans(k, 1).fit(matrix)
    fit = fit_k(
        matrix, k, make_estimator=Clusterers(KMeans(n_init=10), Restarts(threshold=10_000, sample=10_000)), seed=1
    )
    assert fit.inertia <= full.inertia_ * 1.001
    assert fit.inertia == pytest.approx(np.square(matrix - fit.centres[fit.labels]).sum(), rel=1e-9)
    runs = "(one run|the better of two runs)"
    assert re.fullmatch(f"30 starts tried on 3 samples of 10,000 customers, {runs} in float32 over all 30,000", fit.how)
    assert fit.estimator.cluster_centers_.dtype == np.float64
    assert np.array_equal(fit.estimator.predict(matrix), fit.labels)
    assert fit.estimator.get_params() == kmeans(k, 1).get_params()


def test_up_to_the_threshold_nothing_changes(matrix):
    small = np.ascontiguousarray(matrix[:3_000])
    fit = fit_k(small, 4, make_estimator=Clusterers(KMeans(n_init=10)), seed=3)
    plain = fit_k(small, 4, make_estimator=kmeans, seed=3)
    assert fit.how == ""
    assert fit.inertia == plain.inertia
    assert np.array_equal(fit.centres, plain.centres)


def test_other_algorithms_are_fitted_as_they_are():
    assert not sampled(MiniBatchKMeans(3), 10**6, Restarts())
    assert not sampled(KMeans(3, n_init=1), 10**6, Restarts())
    assert sampled(kmeans(3, 0), 10**6, Restarts())
