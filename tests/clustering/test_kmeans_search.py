"""The search for the optimum of K-means: where it ends, that it repeats, and where it is plain K-means."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans

from customer_segmentation.clustering.clusterer import Clusterers, Restarts, with_starts
from customer_segmentation.clustering.fit import fit_k
from customer_segmentation.clustering.kmeans_search import KMeansSearch


@pytest.fixture(scope="module")
def skewed():
    rng = np.random.default_rng(8)
    return rng.lognormal(size=(1500, 3)) + 1e4


def test_finds_what_many_restarts_find(skewed):
    misses = 0
    for k in range(2, 11):
        best = KMeans(k, n_init=60, random_state=1).fit(skewed).inertia_
        found = KMeansSearch(k, random_state=0).fit(skewed).inertia_
        assert found <= best * 1.01
        misses += found > best * 1.001
    assert misses <= 1


def test_groups_too_far_apart_for_single_precision_are_divided_too(skewed):
    far = np.vstack([skewed, skewed + 1e5])
    found = KMeansSearch(6, random_state=0).fit(far).inertia_
    assert found <= 2 * KMeans(3, n_init=20, random_state=0).fit(skewed).inertia_ * 1.001


def test_is_a_fixed_point_of_lloyd_and_tells_what_it_is(skewed):
    fit = KMeansSearch(6, random_state=0, tol=0).fit(skewed)
    means = np.array([skewed[fit.labels_ == cluster].mean(axis=0) for cluster in range(6)])
    np.testing.assert_allclose(fit.cluster_centers_, means, rtol=1e-9)
    assert fit.inertia_ == pytest.approx(np.square(skewed - fit.cluster_centers_[fit.labels_]).sum(), rel=1e-9)
    np.testing.assert_array_equal(fit.predict(skewed), fit.labels_)


def test_the_same_seed_gives_the_same_bits(skewed):
    first, second = (clone(KMeansSearch(7, random_state=3)).fit(skewed.copy()) for _ in range(2))
    np.testing.assert_array_equal(first.cluster_centers_, second.cluster_centers_)
    other = KMeansSearch(7, random_state=4).fit(skewed)
    assert other.inertia_ == pytest.approx(first.inertia_, rel=0.01)


@pytest.mark.parametrize(
    "rows",
    [
        np.repeat(np.eye(3), 5, axis=0),
        np.arange(12.0).reshape(4, 3),
        np.arange(12.0).reshape(4, 3) * 1e25,
        np.column_stack([np.r_[np.zeros(50), 1.0], np.zeros(51)]),
        np.full((40, 2), 3.0) + np.eye(40, 2) * 1e-9,
    ],
)
def test_takes_what_k_means_takes(rows):
    for k in range(1, len(np.unique(rows, axis=0)) + 1):
        fit = KMeansSearch(k, random_state=0).fit(rows)
        plain = KMeans(k, n_init=10, random_state=0).fit(rows)
        assert fit.inertia_ <= plain.inertia_ * (1 + 1e-9) + 1e-12
        assert len(np.unique(fit.labels_)) == k


def test_without_trials_or_from_given_centres_it_is_k_means(skewed):
    plain = KMeans(5, n_init=2, tol=1e-5, random_state=1).fit(skewed)
    bare = with_starts(KMeansSearch(5, random_state=1), 2).fit(skewed)
    np.testing.assert_array_equal(bare.cluster_centers_, plain.cluster_centers_)
    start = skewed[:5]
    given = KMeansSearch(5, init=start, n_init=1).fit(skewed)
    np.testing.assert_array_equal(
        given.cluster_centers_, KMeans(5, init=start, n_init=1, tol=1e-5).fit(skewed).cluster_centers_
    )
    with pytest.raises(ValueError, match="NaN"):
        KMeansSearch(2).fit(np.array([[1.0], [np.nan], [2.0]]))
    with pytest.raises(ValueError, match="rounds"):
        KMeansSearch(2, rounds=-1).fit(skewed)


def test_a_large_table_is_searched_on_samples():
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(9, 3))[rng.integers(9, size=20_000)] * 3 + rng.normal(size=(20_000, 3))
    make = Clusterers(KMeansSearch(), Restarts(threshold=10_000, sample=5_000))
    fit = fit_k(matrix, 6, make_estimator=make, seed=1)
    assert fit.how.startswith("72 starts of a search tried on 3 samples of 5,000 customers")
    assert fit.inertia <= KMeans(6, n_init=10, random_state=1).fit(matrix).inertia_ * 1.001
    assert fit.estimator.get_params() == make(6, 1).get_params()
