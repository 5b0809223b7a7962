"""Scores against scikit-learn's, and against the definition where scikit-learn has none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from customer_segmentation.clustering import metrics as scores


def blobs(n=300, d=4, k=5, seed=0):
    generator = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(k), generator.integers(0, k, n - k)])
    return generator.normal(size=(n, d)) + labels[:, None] * generator.normal(size=d), labels


@pytest.mark.parametrize("k", [2, 3, 9])
@pytest.mark.parametrize("label_type", [np.int32, np.int64])
def test_indices_equal_scikit_learns(k, label_type):
    matrix, labels = blobs(k=k)
    labels = labels.astype(label_type)
    assert scores.davies_bouldin(matrix, labels) == pytest.approx(
        metrics.davies_bouldin_score(matrix, labels), rel=1e-9
    )
    expected = metrics.calinski_harabasz_score(matrix, labels)
    assert scores.calinski_harabasz(matrix, labels) == pytest.approx(expected, rel=1e-9)


def test_indices_far_from_the_origin_keep_their_digits():
    # scikit-learn's own Davies-Bouldin index loses them: it expands the squares of distances.
    matrix, labels = blobs()
    matrix = np.round(matrix * 1024) / 1024  # so that adding the offset is exact
    for index in (scores.davies_bouldin, scores.calinski_harabasz):
        assert index(matrix + 2.0**20, labels) == pytest.approx(index(matrix, labels), rel=1e-9)


@pytest.mark.parametrize(
    ("matrix", "labels"),
    [
        pytest.param(np.repeat([[0.0], [5.0]], 4, axis=0), np.repeat([0, 1], 4), id="no spread within"),
        pytest.param(np.array([[-1.0], [1.0], [-2.0], [2.0]]), np.array([0, 0, 1, 1]), id="same centres"),
        pytest.param(np.array([[-1.0], [1.0], [-2.0], [2.0], [9.0]]), np.array([0, 0, 1, 1, 2]), id="two centres meet"),
        pytest.param(np.array([[0.0, 1.0], [0.0, 2.0], [7.0, 7.0]]), np.array([0, 0, 1]), id="singleton"),
        pytest.param(np.array([[0.0, 3.0], [1.0, 3.0], [7.0, 3.0]]), np.array([0, 0, 1]), id="constant column"),
    ],
)
def test_degenerate_cases_follow_scikit_learn(matrix, labels):
    assert scores.davies_bouldin(matrix, labels) == pytest.approx(
        metrics.davies_bouldin_score(matrix, labels), abs=1e-12
    )
    expected = metrics.calinski_harabasz_score(matrix, labels)
    assert scores.calinski_harabasz(matrix, labels) == pytest.approx(expected, abs=1e-12)


def test_sizes_shares_and_means():
    labels = np.array([0, 0, 0, 1, 2, 2])
    matrix = np.arange(12.0).reshape(6, 2)
    assert scores.cluster_sizes(labels).tolist() == [3, 1, 2]
    assert scores.cluster_sizes(labels, 5).tolist() == [3, 1, 2, 0, 0]
    assert scores.smallest_share(labels) == 1 / 6
    assert scores.cluster_means(matrix, labels).tolist() == [[2, 3], [6, 7], [9, 10]]


def test_variance_explained_is_r_squared_of_the_cluster_means():
    matrix, labels = blobs()
    predicted = scores.cluster_means(matrix, labels)[labels]
    expected = metrics.r2_score(matrix, predicted, multioutput="variance_weighted")
    assert scores.variance_explained(matrix, labels) == pytest.approx(expected, abs=1e-12)
    expected = metrics.r2_score(matrix[:, 0], predicted[:, 0])
    assert scores.variance_explained(matrix[:, 0], labels) == pytest.approx(expected, abs=1e-12)
    # A fixed shift by much more than the spread must not eat the digits.
    assert scores.variance_explained(matrix[:, 0] + 1e6, labels) == pytest.approx(expected, abs=1e-9)


def test_variance_explained_at_its_ends():
    labels = np.array([0, 0, 1, 1])
    assert scores.variance_explained(np.array([1.0, 1.0, 3.0, 3.0]), labels) == 1.0
    assert scores.variance_explained(np.array([1.0, 3.0, 1.0, 3.0]), labels) == 0.0
    assert np.isnan(scores.variance_explained(np.full(4, 0.1), labels))
    assert np.isnan(scores.variance_explained(np.full(4, np.nan), labels))


def test_variance_explained_leaves_out_missing_values_even_whole_clusters():
    value = np.array([1.0, 2.0, np.nan, 7.0, 9.0, np.nan])
    labels = np.array([0, 0, 0, 1, 1, 2])
    known = np.isfinite(value)
    expected = scores.variance_explained(value[known], labels[known])
    assert scores.variance_explained(value, labels) == pytest.approx(expected, abs=1e-15)


def test_total_sum_of_squares_is_n_times_the_variance():
    matrix, _ = blobs()
    assert scores.total_sum_of_squares(matrix) == pytest.approx(len(matrix) * matrix.var(axis=0).sum(), rel=1e-12)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_adjusted_rand_index_equals_scikit_learns(pairs):
    first, second = np.array(pairs).T
    expected = metrics.adjusted_rand_score(first, second)
    assert scores.adjusted_rand_index(first, second) == pytest.approx(expected, abs=1e-12)


def test_adjusted_rand_index_of_a_million_customers_does_not_overflow():
    generator = np.random.default_rng(1)
    first = generator.integers(0, 3, 1_000_000)
    second = np.where(generator.random(len(first)) < 0.9, first, 0)
    expected = metrics.adjusted_rand_score(first, second)
    assert scores.adjusted_rand_index(first, second) == pytest.approx(expected, abs=1e-12)


def test_contingency_counts_pairs():
    first, second = np.array([0, 0, 2]), np.array([1, 1, 0])
    assert scores.contingency(first, second).tolist() == [[0, 2], [0, 0], [1, 0]]


@pytest.mark.parametrize("enough", [2, 3, 50])
def test_count_distinct_sees_the_last_row(enough):
    rows = np.zeros((5000, 2))
    rows[-1] = 1.0
    assert scores.count_distinct(rows, enough=enough) == 2


def test_rand_of_a_table_with_empty_clusters():
    first, second = np.array([0, 0, 2, 2, 2]), np.array([1, 1, 1, 0, 0])
    table = scores.contingency(first, second, 4)
    assert table.shape == (4, 4)
    assert scores.adjusted_rand_of_table(table) == pytest.approx(metrics.adjusted_rand_score(first, second), abs=1e-12)


def test_means_of_empty_clusters_are_zero():
    means = scores.cluster_means(np.array([[1.0], [3.0], [8.0]]), np.array([0, 0, 2]), 4)
    assert means[:, 0].tolist() == [2.0, 0.0, 8.0, 0.0]
