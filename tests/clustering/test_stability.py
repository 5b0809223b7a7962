"""Stability: the measures against definitions by pairs of customers, and known stable and unstable candidates."""

import itertools
import warnings

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.cluster import BisectingKMeans, KMeans
from sklearn.metrics import adjusted_rand_score

from customer_segmentation.clustering.metrics import contingency
from customer_segmentation.clustering.stability import (
    _jaccard_from_table,
    _strength_from_table,
    seed_agreement,
    study_stability,
)
from customer_segmentation.errors import StudyError
from customer_segmentation.execution.launchers import Launch
from customer_segmentation.execution.processes import workers


def kmeans(k, seed):
    return KMeans(k, n_init=3, random_state=seed)


def blobs(rng, k, n=300, d=2):
    return 10.0 * rng.permutation(k * k)[:k][np.arange(n) % k][:, None] * np.ones(d) + rng.normal(size=(n, d))


@pytest.fixture
def labelings():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 4, 60)
    return first, np.where(rng.uniform(size=60) < 0.7, first, rng.integers(0, 4, 60))


def test_strength_equals_its_definition_by_pairs(labelings):
    test_half, predicted = labelings
    shares = []
    for cluster in range(4):
        members = np.flatnonzero(test_half == cluster)
        kept = [predicted[a] == predicted[b] for a, b in itertools.combinations(members, 2)]
        shares.append(np.mean(kept))
    assert _strength_from_table(contingency(test_half, predicted, 4)) == pytest.approx(min(shares))
    assert _strength_from_table(contingency(np.array([0]), np.array([1]), 2)) == 1.0


def test_jaccard_equals_its_definition_by_sets(labelings):
    first, second = labelings
    sets = [[set(np.flatnonzero(labels == c)) for c in range(4)] for labels in (first, second)]
    expected = [max(len(a & b) / len(a | b) for b in sets[1]) for a in sets[0]]
    np.testing.assert_allclose(_jaccard_from_table(contingency(first, second, 4)), expected)
    assert np.isnan(_jaccard_from_table(contingency(np.zeros(3, int), np.zeros(3, int), 2))[1])


@pytest.mark.parametrize("way", [{}, {"restarts": 2, "warm": True}])
def test_planted_k_is_stable_and_a_finer_one_is_not(way):
    matrix = blobs(np.random.default_rng(1), 3)
    labels = {k: kmeans(k, 0).fit(matrix).labels_ for k in (2, 3, 6)}
    found = study_stability(matrix, labels, make_estimator=kmeans, resamples=4, seed=0, **way)
    assert found[3].rand == found[3].rand_worst == found[3].prediction_strength == found[3].jaccard_worst == 1.0
    assert found[6].rand < 0.95
    assert found[6].prediction_strength < 0.7
    assert found[6].jaccard.shape == (6,)
    assert found[6].rand_worst <= found[6].rand
    assert found[6].prediction_strength_worst <= found[6].prediction_strength


def test_one_resample_equals_plain_fits():
    rng = np.random.default_rng(2)
    matrix = rng.normal(size=(101, 3))
    fixed = [KMeans(3, n_init=1, random_state=5), KMeans(3, n_init=1, random_state=5)]
    labels = kmeans(3, 0).fit(matrix).labels_
    found = study_stability(
        matrix, {3: labels}, make_estimator=lambda k, seed: KMeans(k, n_init=1, random_state=5), resamples=1, seed=9
    )[3]
    shuffled = np.random.default_rng([9, 0]).permutation(101)
    halves = np.sort(shuffled[:50]), np.sort(shuffled[50:])
    rands = []
    for half, fit in zip(halves, fixed, strict=True):
        rands.append(adjusted_rand_score(labels, fit.fit(matrix[half]).predict(matrix)))
    assert found.rand == pytest.approx(np.mean(rands))
    assert found.rand_worst == pytest.approx(np.min(rands))
    for below in (0.0, float(np.median(rands)), 1.01):
        share, low, high = found.switching(below)
        events = int((np.array(rands) < below).sum())
        expected = binomtest(events, len(rands)).proportion_ci(method="wilson")
        assert share == events / len(rands)
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_deterministic_and_independent_of_the_other_candidates():
    matrix = blobs(np.random.default_rng(3), 4)
    labels = {k: kmeans(k, 0).fit(matrix).labels_ for k in (3, 4, 5)}
    together = study_stability(matrix, labels, make_estimator=kmeans, resamples=2, seed=4)
    for k in (5, 3):
        alone = study_stability(matrix, {k: labels[k]}, make_estimator=kmeans, resamples=2, seed=4)[k]
        assert alone.rand == together[alone.k].rand
        np.testing.assert_array_equal(alone.jaccard, together[alone.k].jaccard)
    other = study_stability(matrix, labels, make_estimator=kmeans, resamples=2, seed=5)
    assert other[5].rand != together[5].rand


@pytest.mark.parametrize("stop_below", [None, 0.8])
def test_processes_find_the_same_stability(stop_below):
    matrix = np.random.default_rng(3).normal(size=(200, 2))  # nothing to find: every candidate flips sooner or later
    labels = {k: kmeans(k, 0).fit(matrix).labels_ for k in (2, 6)}
    asked = {"make_estimator": kmeans, "resamples": 7, "seed": 4, "stop_below": stop_below}
    alone = study_stability(matrix, labels, **asked)

    with workers(Launch("local", 2), threads=1, settle=lambda: None):
        apart = study_stability(matrix, labels, **asked)
    for k, found in alone.items():
        assert found.resamples == (7 if stop_below is None else apart[k].resamples) == apart[k].resamples
        assert (found.rand, found.rand_worst, found.prediction_strength) == (
            apart[k].rand,
            apart[k].rand_worst,
            apart[k].prediction_strength,
        )
        np.testing.assert_array_equal(found.jaccard, apart[k].jaccard)
    assert stop_below is None or any(found.resamples < 7 for found in alone.values())


def test_other_estimators_duplicates_and_few_customers_make_no_warnings():
    rng = np.random.default_rng(6)
    matrix = np.repeat(rng.normal(size=(6, 2)), 4, axis=0)
    labels = {k: kmeans(k, 0).fit(matrix).labels_ for k in (2, 6)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study_stability(matrix, labels, make_estimator=kmeans, resamples=3, seed=0)
        study_stability(matrix, labels, make_estimator=kmeans, resamples=3, seed=0, restarts=2, warm=True)
        bisecting = study_stability(
            blobs(rng, 2),
            {2: np.arange(300) % 2},
            make_estimator=lambda k, seed: BisectingKMeans(k, random_state=seed),
            resamples=2,
            seed=0,
            restarts=2,
            warm=True,
        )
        few = study_stability(
            np.arange(4.0)[:, None], {3: np.array([0, 1, 2, 2])}, make_estimator=kmeans, resamples=2, seed=0
        )
    assert bisecting[2].rand == 1.0
    assert np.isfinite(few[3].rand)


def test_seed_agreement_is_the_rand_index_of_refits():
    matrix = np.random.default_rng(7).uniform(size=(200, 2))
    labels = kmeans(6, 0).fit(matrix).labels_
    expected = [adjusted_rand_score(labels, kmeans(6, seed).fit(matrix).labels_) for seed in range(3)]
    np.testing.assert_allclose(seed_agreement(matrix, labels, 6, make_estimator=kmeans, seeds=range(3)), expected)


def test_impossible_requests_say_what_is_wrong():
    matrix = np.zeros((1, 2))
    with pytest.raises(StudyError, match="at least 2 customers, found 1"):
        study_stability(matrix, {1: np.zeros(1, int)}, make_estimator=kmeans, resamples=1, seed=0)
    with pytest.raises(StudyError, match="at least 1 resample, found 0"):
        study_stability(np.zeros((9, 2)), {1: np.zeros(9, int)}, make_estimator=kmeans, resamples=0, seed=0)
