"""Silhouettes of one pass against scikit-learn's, given distances that were not rounded by an expansion."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_samples

from customer_segmentation.clustering import silhouette
from customer_segmentation.clustering.sampling import stratified_mean, stratified_rows


def expected_samples(matrix, labelings):
    distances = cdist(matrix, matrix)
    return np.column_stack([silhouette_samples(distances, labels, metric="precomputed") for labels in labelings])


def kmeans_labelings(matrix, ks):
    return [KMeans(k, n_init=1, random_state=0).fit(matrix).labels_ for k in ks]


def grouped(n, d, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(n, d)) + 4 * generator.integers(0, 3, (n, 1))


@pytest.fixture(params=[1, 50, 256 * 1024], ids=["a row a block", "small blocks", "shipped blocks"])
def block(request, monkeypatch):
    monkeypatch.setattr(silhouette, "_BLOCK_DISTANCES", request.param)


@pytest.fixture(params=[0, 4, 10**9], ids=["by cell", "shipped", "by membership"])
def path(request, monkeypatch):
    monkeypatch.setattr(silhouette, "_CUSTOMERS_PER_CELL", request.param)


@pytest.mark.usefixtures("block", "path")
@pytest.mark.parametrize(("n", "d"), [(2, 1), (31, 2), (400, 3)])
def test_equal_to_scikit_learn_for_every_block_and_path(n, d):
    matrix = grouped(n, d)
    labelings = kmeans_labelings(matrix, [k for k in (2, 3, 7) if k < n]) or [np.array([0, 1])]
    if n == 2:
        assert silhouette.silhouette_samples(matrix, labelings).tolist() == [[0.0], [0.0]]
        return
    found = silhouette.silhouette_samples(matrix, labelings)
    np.testing.assert_allclose(found, expected_samples(matrix, labelings), atol=1e-12)


@pytest.mark.usefixtures("path")
def test_unrelated_labelings_with_many_cells():
    generator = np.random.default_rng(3)
    matrix = generator.normal(size=(300, 12))
    labelings = [generator.permutation(np.arange(300) % k) for k in (2, 5, 9, 10)]
    found = silhouette.silhouette_samples(matrix, labelings)
    np.testing.assert_allclose(found, expected_samples(matrix, labelings), atol=1e-12)


@pytest.mark.usefixtures("path")
def test_duplicates_and_near_duplicates_far_from_the_origin():
    generator = np.random.default_rng(5)
    anchors = generator.normal(size=(6, 3)) * 1e3 + 1e5
    near = np.repeat(anchors, 20, axis=0) + generator.normal(size=(120, 3)) * 1e-6
    matrix = np.vstack([near, np.repeat(anchors, 10, axis=0)])
    tight = np.concatenate([np.repeat(np.arange(6), 20), np.repeat(np.arange(6), 10)])
    inside = np.arange(len(matrix)) % 3  # splits near-duplicates among clusters: every distance that decides is tiny
    found = silhouette.silhouette_samples(matrix, [tight, inside])
    np.testing.assert_allclose(found, expected_samples(matrix, [tight, inside]), atol=1e-9)


def test_singletons_and_coinciding_clusters_are_zero():
    matrix = np.array([[0.0], [0.0], [0.0], [0.0], [9.0]])
    labels = np.array([0, 0, 1, 1, 2])
    found = silhouette.silhouette_samples(matrix, [labels])[:, 0]
    assert found.tolist() == [0.0, 0.0, 0.0, 0.0, 0.0]
    np.testing.assert_array_equal(found, expected_samples(matrix, [labels])[:, 0])


def test_no_labeling_gives_no_column():
    assert silhouette.silhouette_samples(np.zeros((3, 1)), []).shape == (3, 0)


def test_cells_are_equal_labels_under_every_labeling():
    labelings = [np.array([0, 0, 1, 1, 0]), np.array([1, 0, 2, 2, 1], dtype=np.int32)]
    assert silhouette.intersect(labelings).tolist() == [1, 0, 2, 2, 1]


def test_all_customers_up_to_the_limit_and_a_sample_beyond():
    matrix = grouped(600, 2)
    labelings = kmeans_labelings(matrix, (2, 3))
    whole = silhouette.silhouettes(matrix, labelings, limit=600, sample=100, seed=0)
    assert whole.standard_errors is None
    np.testing.assert_array_equal(whole.rows, np.arange(600))
    np.testing.assert_allclose(whole.means, expected_samples(matrix, labelings).mean(axis=0), atol=1e-12)

    part = silhouette.silhouettes(matrix, labelings, limit=599, sample=100, seed=0)
    again = silhouette.silhouettes(matrix, labelings, limit=599, sample=100, seed=0)
    other = silhouette.silhouettes(matrix, labelings, limit=599, sample=100, seed=1)
    np.testing.assert_array_equal(part.rows, again.rows)
    np.testing.assert_array_equal(part.means, again.means)
    assert not np.array_equal(part.rows, other.rows)
    assert part.values.shape == (len(part.rows), 2)
    expected = expected_samples(matrix[part.rows], [labels[part.rows] for labels in labelings])
    np.testing.assert_allclose(part.values, expected, atol=1e-12)


def test_standard_error_covers_the_exact_mean():
    matrix = grouped(3000, 3)
    labelings = kmeans_labelings(matrix, (3, 4))
    exact = silhouette.silhouettes(matrix, labelings, limit=3000, sample=1, seed=0).means
    runs = [silhouette.silhouettes(matrix, labelings, limit=1, sample=400, seed=seed) for seed in range(30)]
    away = np.array([(run.means - exact) / run.standard_errors for run in runs])
    assert (np.abs(away) < 4).all()
    assert 0.4 < away.std() < 1.6


def test_sample_is_proportional_and_keeps_small_clusters():
    strata = np.repeat([0, 1, 2], [7000, 2900, 100])
    rare = (np.arange(10_000) < 8).astype(int)
    rows = stratified_rows(strata, [strata, rare], size=500, seed=4)
    drawn = np.bincount(strata[rows])
    assert len(np.unique(rows)) == len(rows)
    assert abs(drawn[0] - 350) <= 9  # the eight rare customers come on top
    assert abs(drawn[1] - 145) <= 1
    assert drawn[2] == 20
    assert rare[rows].sum() == 8
    assert stratified_rows(strata, [strata], size=10_000, seed=4).tolist() == list(range(10_000))


def test_stratified_mean_weights_by_the_population():
    values, strata = np.array([1.0, 3.0, 10.0, 14.0, 12.0]), np.array([0, 0, 1, 1, 1])
    mean, error = stratified_mean(values, strata, np.array([20, 80]))
    assert mean == pytest.approx(0.2 * 2 + 0.8 * 12)
    expected = 0.2**2 * 2 / 2 * (1 - 2 / 20) + 0.8**2 * 4 / 3 * (1 - 3 / 80)
    assert error == pytest.approx(np.sqrt(expected))


def test_a_stratum_drawn_whole_has_no_error():
    assert stratified_mean(np.array([1.0, 5.0]), np.array([0, 1]), np.array([1, 1])) == (3.0, 0.0)
