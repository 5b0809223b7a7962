"""The gap statistic against its definition, and the vote."""

import warnings

import numpy as np
import pytest
from sklearn.cluster import KMeans

from customer_segmentation.clustering.gap import gap_statistic, vote
from customer_segmentation.errors import StudyError

KS = range(1, 6)


def blobs(rng, k, n=200):
    return np.array([[0, 0], [12, 0], [0, 12], [12, 12]])[:k][np.arange(n) % k] + rng.normal(size=(n, 2))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_finds_planted_blobs_and_none(k):
    assert gap_statistic(blobs(np.random.default_rng(k), k), KS, seed=0).k == k


def test_equals_its_definition():
    matrix = blobs(np.random.default_rng(4), 2)
    gap = gap_statistic(matrix, (2, 3), seed=3, references=4, restarts=1)
    assert gap.ks == (1, 2, 3)
    centred = matrix - matrix.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred)[1]
    along = centred @ axes[:, ::-1]
    rng = np.random.default_rng(3)
    logs = []
    for reference in range(4):
        # Signs of the axes are free: a reference drawn in the mirrored box has the same expectation, not the same rows.
        uniform = rng.uniform(along.min(axis=0), along.max(axis=0), size=along.shape)
        logs.append([np.log(KMeans(k, n_init=1, random_state=reference + 3).fit(uniform).inertia_) for k in gap.ks])
    observed = [np.log(KMeans(k, n_init=5, random_state=0).fit(matrix).inertia_) for k in gap.ks]
    np.testing.assert_allclose(gap.gaps, np.mean(logs, axis=0) - observed, atol=0.1)
    assert len(gap.errors) == 3
    rule = [k for i, k in enumerate(gap.ks[:-1]) if gap.gaps[i] >= gap.gaps[i + 1] - gap.errors[i + 1]]
    assert gap.k == (rule[0] if rule else 3)


def test_takes_inertias_that_are_known_and_is_deterministic():
    matrix = blobs(np.random.default_rng(5), 3)
    known = {k: float(KMeans(k, n_init=10, random_state=0).fit(matrix).inertia_) for k in KS}
    first = gap_statistic(matrix, KS, seed=1, inertias=known, references=3)
    assert first == gap_statistic(matrix, KS, seed=1, inertias=known, references=3)
    expected = np.array(first.gaps) + np.log([known[k] for k in KS])
    shifted = gap_statistic(matrix, KS, seed=1, inertias={k: 2 * v for k, v in known.items()}, references=3)
    np.testing.assert_allclose(np.array(shifted.gaps) + np.log([2 * known[k] for k in KS]), expected)


def test_awkward_tables_make_no_warnings_and_impossible_ones_a_sentence():
    rng = np.random.default_rng(6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        collinear = np.hstack([rng.normal(size=(60, 1))] * 3 + [np.ones((60, 1))])
        assert gap_statistic(collinear, (2, 3), seed=0, references=3).k >= 1
        gap_statistic(rng.integers(0, 5, size=(80, 2)).astype(float), (2, 3), seed=0, references=3)
    with pytest.raises(StudyError, match="found 1"):
        gap_statistic(np.ones((20, 2)), (2, 3), seed=0)
    with pytest.raises(StudyError, match="more than 3 distinct customers, found 3"):
        gap_statistic(np.repeat(np.eye(3), 5, axis=0), (2, 3), seed=0)


def test_vote_counts_answers_and_prefers_fewer_in_a_tie():
    scores = {2: 0.5, 3: 0.7, 4: 0.6}
    winner, answers = vote(scores, {2: 9.0, 3: 8.0, 4: 1.0}, {2: 0.4, 3: 0.9, 4: float("nan")}, knee=3, gap=None)
    assert answers == {"silhouette": 3, "calinski_harabasz": 2, "davies_bouldin": 2, "elbow": 3}
    assert winner == 2
    assert vote(scores, {}, {}, gap=1) == (1, {"silhouette": 3, "gap": 1})
    with pytest.raises(StudyError, match="found none"):
        vote({}, {}, {})
