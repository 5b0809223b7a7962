"""Fits: numbering by size, agreement with ``predict``, and refusals."""

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering, BisectingKMeans, KMeans, MiniBatchKMeans
from sklearn.metrics import adjusted_rand_score

from customer_segmentation.clustering.clusterer import renumber
from customer_segmentation.clustering.fit import check_matrix, fit_k
from customer_segmentation.errors import StudyError


def make_kmeans(k, seed):
    return KMeans(n_clusters=k, n_init=3, random_state=seed)


def make_elkan(k, seed):
    return KMeans(n_clusters=k, n_init=3, random_state=seed, algorithm="elkan")


def make_mini_batch(k, seed):
    return MiniBatchKMeans(n_clusters=k, n_init=3, random_state=seed, batch_size=100)


def make_bisecting(k, seed):
    return BisectingKMeans(n_clusters=k, random_state=seed, bisecting_strategy="largest_cluster")


MAKERS = [make_kmeans, make_elkan, make_mini_batch, make_bisecting]


@pytest.fixture(scope="module")
def matrix():
    generator = np.random.default_rng(0)
    return generator.normal(size=(400, 3)) + 5 * generator.integers(0, 3, (400, 1))


@pytest.fixture(scope="module")
def lattice():
    """Counts: many customers alike, many as near to one centre as to another."""
    return np.random.default_rng(1).integers(0, 5, (300, 2)).astype(float)


@pytest.mark.parametrize("make_estimator", MAKERS)
@pytest.mark.parametrize("k", [1, 2, 5, 9])
@pytest.mark.parametrize("space", ["matrix", "lattice"])
def test_numbered_by_size_and_as_predicted(make_estimator, k, space, request):
    if make_estimator is make_elkan and k == 1:
        pytest.skip("scikit-learn warns that Elkan's bounds need two clusters")
    rows = request.getfixturevalue(space)
    fit = fit_k(rows, k, make_estimator=make_estimator, seed=4)
    np.testing.assert_array_equal(fit.estimator.predict(rows), fit.labels)
    np.testing.assert_array_equal(fit.estimator.labels_, fit.labels)
    np.testing.assert_array_equal(fit.estimator.cluster_centers_, fit.centres)
    assert fit.labels.dtype == np.int32
    assert fit.centres.shape == (k, rows.shape[1])
    if space == "matrix":
        assert (np.diff(np.bincount(fit.labels, minlength=k)) <= 0).all()


@pytest.mark.parametrize("make_estimator", MAKERS)
def test_same_clusters_as_the_estimator_alone(make_estimator, matrix):
    fit = fit_k(matrix, 4, make_estimator=make_estimator, seed=4)
    alone = make_estimator(4, 4).fit(matrix)
    assert adjusted_rand_score(alone.labels_, fit.labels) == 1.0
    assert fit.inertia == alone.inertia_
    np.testing.assert_array_equal(np.sort(fit.centres, axis=0), np.sort(alone.cluster_centers_, axis=0))


def test_ties_of_size_are_broken_by_centre():
    rows = np.array([[3.0, 1.0], [1.0, 9.0], [2.0, 0.0], [1.0, 2.0]])
    for seed in range(5):
        fit = fit_k(rows, 4, make_estimator=make_kmeans, seed=seed)
        assert fit.centres.tolist() == [[1.0, 2.0], [1.0, 9.0], [2.0, 0.0], [3.0, 1.0]]
        assert fit.labels.tolist() == [3, 1, 2, 0]


def test_same_seed_same_fit_whatever_was_fitted_before(matrix):
    first = fit_k(matrix, 5, make_estimator=make_kmeans, seed=7)
    fit_k(matrix, 3, make_estimator=make_kmeans, seed=7)
    second = fit_k(matrix, 5, make_estimator=make_kmeans, seed=7)
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.centres, second.centres)


def test_permuted_mini_batch_goes_on_learning_alike(matrix):
    fitted, permuted = make_mini_batch(3, 0).fit(matrix[:200]), make_mini_batch(3, 0).fit(matrix[:200])
    order = np.array([2, 0, 1])
    renumber(permuted, order)
    for estimator in (fitted, permuted):
        estimator.partial_fit(matrix[200:])
    np.testing.assert_allclose(permuted.cluster_centers_, fitted.cluster_centers_[order], rtol=1e-12)
    np.testing.assert_array_equal(permuted._counts, fitted._counts[order])


def test_iterations_and_convergence(matrix):
    fit = fit_k(matrix, 5, make_estimator=make_kmeans, seed=0)
    assert fit.converged is True
    assert fit.n_iter == make_kmeans(5, 0).fit(matrix).n_iter_
    short = fit_k(matrix, 5, make_estimator=lambda k, seed: KMeans(k, n_init=1, max_iter=1, random_state=seed), seed=0)
    assert (short.n_iter, short.converged) == (1, False)
    unknown = fit_k(matrix, 5, make_estimator=make_bisecting, seed=0)
    assert (unknown.n_iter, unknown.converged) == (None, None)


def test_inertia_of_an_estimator_that_has_none(matrix):
    class Silent(KMeans):
        def fit(self, X, y=None, sample_weight=None):
            super().fit(X)
            self.expected = self.inertia_
            del self.inertia_
            return self

    fit = fit_k(matrix, 3, make_estimator=lambda k, seed: Silent(k, n_init=1, random_state=seed), seed=0)
    assert fit.inertia == pytest.approx(fit.estimator.expected, rel=1e-12)


@pytest.mark.parametrize(
    ("rows", "ks", "says"),
    [
        (np.eye(3), [], "No number of clusters"),
        (np.eye(3), [2, 0], "k = 0"),
        (np.eye(3), [2, 50000], "k = 50,000 was asked for, but there are only 3 customers"),
        (np.empty((0, 2)), [2], "0 customers"),
        (np.empty((4, 0)), [2], "0 features"),
        (np.array([[1.0, np.nan], [2.0, 1.0]]), [2], r"feature\(s\) number 2"),
        (np.array([[np.inf, 3.0], [2.0, 1.0]]), [2], r"feature\(s\) number 1"),
        (np.full((9, 2), 0.1), [2], "All 9 customers have the same values"),
        (np.full((9, 2), 0.1), [1], "All 9 customers have the same values"),
        (np.repeat(np.eye(3), 4, axis=0), [2, 4], "12 customers have only 3 different .* at most k = 3"),
    ],
)
def test_refusals_say_what_to_do(rows, ks, says):
    with pytest.raises(StudyError, match=says) as caught:
        check_matrix(rows, ks)
    assert "\n" not in str(caught.value)


def test_what_just_passes():
    check_matrix(np.eye(3), [1, 2, 3])
    check_matrix(np.array([[1.0], [2.0]]), [2])


@pytest.mark.parametrize(
    ("make_estimator", "says"),
    [
        (lambda k, seed: AgglomerativeClustering(k), "AgglomerativeClustering has no centres"),
        (lambda k, seed: KMeans(k, n_init=-1), "KMeans could not be fitted with k = 3"),
        (lambda k, seed: KMeans(k + 1, n_init=1, random_state=seed), "where k = 3 was asked for"),
    ],
)
def test_unusable_estimators(make_estimator, says, matrix):
    with pytest.raises(StudyError, match=says):
        fit_k(matrix, 3, make_estimator=make_estimator, seed=0)
