"""A study's scores against scikit-learn's on its own labels, its determinism, and its behaviour in threads."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.cluster import BisectingKMeans, KMeans
from sklearn.preprocessing import normalize, scale

from customer_segmentation.clustering.study import run_study
from customer_segmentation.errors import StudyError

OF_ONE = {"inertia", "inertia_share", "smallest_share", "seconds"}
OF_MANY = OF_ONE | {
    "silhouette",
    "davies_bouldin",
    "calinski_harabasz",
    "value_explained",
    "reference_explained",
    "n_iter",
    "converged",
}


def make_kmeans(k, seed):
    return KMeans(n_clusters=k, n_init=3, random_state=seed)


def study_of(matrix, **changes):
    asked = {
        "ks": range(1, 7),
        "make_estimator": make_kmeans,
        "seed": 5,
        "value": matrix[:, 0],
        "reference": matrix,
        "silhouette_limit": 10_000,
        "silhouette_sample": 200,
    }
    return run_study(matrix, **(asked | changes))


@pytest.fixture(scope="module")
def matrix():
    generator = np.random.default_rng(0)
    return generator.normal(size=(500, 3)) + 6 * generator.integers(0, 3, (500, 1))


@pytest.fixture(scope="module")
def study(matrix):
    return study_of(matrix)


def test_keys_of_the_scores(study):
    assert set(study.candidate(1).scores) == OF_ONE
    for k in range(2, 7):
        assert set(study.candidate(k).scores) == OF_MANY


def test_scores_equal_scikit_learns(study, matrix):
    for candidate in study.candidates[1:]:
        found, labels = candidate.scores, candidate.labels
        assert found["silhouette"] == pytest.approx(metrics.silhouette_score(matrix, labels), abs=1e-9)
        assert found["davies_bouldin"] == pytest.approx(metrics.davies_bouldin_score(matrix, labels), abs=1e-9)
        assert found["calinski_harabasz"] == pytest.approx(metrics.calinski_harabasz_score(matrix, labels), rel=1e-9)
        assert found["inertia"] == KMeans(candidate.k, n_init=3, random_state=5).fit(matrix).inertia_
        assert found["inertia_share"] == pytest.approx(found["inertia"] / study.candidate(1).scores["inertia"])
        means = np.array([matrix[labels == cluster].mean(axis=0) for cluster in range(candidate.k)])
        explained = metrics.r2_score(matrix, means[labels], multioutput="variance_weighted")
        assert found["reference_explained"] == pytest.approx(explained, abs=1e-9)
        assert found["value_explained"] == pytest.approx(metrics.r2_score(matrix[:, 0], means[labels, 0]), abs=1e-9)
        assert found["smallest_share"] == candidate.sizes.min() / len(matrix)
        rows, silhouettes = candidate.silhouettes
        np.testing.assert_array_equal(rows, np.arange(len(matrix)))
        np.testing.assert_allclose(silhouettes, metrics.silhouette_samples(matrix, labels), atol=1e-9)


def test_knee_finds_the_three_groups(study):
    assert study.knee == 3


def test_order_and_repeats_of_k_do_not_matter(study, matrix):
    again = study_of(matrix, ks=[6, 3, 3, 1])
    assert [candidate.k for candidate in again.candidates] == [1, 3, 6]
    for candidate in again.candidates:
        np.testing.assert_array_equal(candidate.labels, study.candidate(candidate.k).labels)
        ours, theirs = dict(candidate.scores), dict(study.candidate(candidate.k).scores)
        del ours["seconds"], theirs["seconds"]
        # Sums over other cells round differently.
        assert ours == pytest.approx(theirs, abs=1e-12)
    with pytest.raises(KeyError):
        again.candidate(2)


def test_equal_to_the_last_bit_when_repeated_even_in_threads(study, matrix):
    with ThreadPoolExecutor(3) as pool:
        repeats = list(pool.map(lambda _: study_of(matrix), range(3)))
    for repeat in repeats:
        for ours, theirs in zip(repeat.candidates, study.candidates, strict=True):
            np.testing.assert_array_equal(ours.labels, theirs.labels)
            np.testing.assert_array_equal(ours.centres, theirs.centres)
            assert {**ours.scores, "seconds": 0} == {**theirs.scores, "seconds": 0}


def test_only_one_cluster(matrix):
    alone = study_of(matrix, ks=[1])
    assert alone.knee is None
    assert set(alone.candidates[0].scores) == OF_ONE
    assert alone.candidates[0].silhouettes is None


def test_sampled_silhouettes_come_with_their_error(matrix, study):
    sampled = study_of(matrix, silhouette_limit=499, ks=[2, 3])
    assert 200 <= len(sampled.candidates[0].silhouettes[0]) < 260
    for candidate in sampled.candidates:
        error = candidate.scores["silhouette_se"]
        assert 0 < error < 0.05
        assert candidate.scores["silhouette"] == pytest.approx(
            study.candidate(candidate.k).scores["silhouette"], abs=5 * error
        )
        np.testing.assert_array_equal(candidate.silhouettes[0], sampled.candidates[0].silhouettes[0])


def test_scores_that_do_not_exist_are_left_out(matrix):
    bare = study_of(matrix, ks=[2], value=np.ones(len(matrix)), reference=None, make_estimator=bisecting)
    missing = {"value_explained", "reference_explained", "n_iter", "converged"}
    assert set(bare.candidates[0].scores) == OF_MANY - missing


def bisecting(k, seed):
    return BisectingKMeans(n_clusters=k, random_state=seed)


def test_a_fit_cut_short_is_noted(matrix):
    cut = study_of(matrix, ks=[5], make_estimator=lambda k, seed: KMeans(k, n_init=1, max_iter=1, random_state=seed))
    assert cut.candidates[0].scores["converged"] == 0.0
    assert "limit of 1 iterations at k = 5" in cut.candidates[0].notes[0]


def test_progress_is_told_after_each_fit(matrix):
    told = []
    study_of(matrix, ks=[4, 2], on_candidate=told.append)
    assert told == [2, 4]


def test_as_many_clusters_as_customers():
    rows = np.arange(4.0).reshape(4, 1)
    two = study_of(rows, ks=[2, 4], value=None, reference=None)
    assert two.candidate(4).scores["inertia"] == 0.0
    assert two.candidate(4).scores["silhouette"] == 0.0


def test_a_constant_space_is_refused():
    with pytest.raises(StudyError, match="same values"):
        study_of(np.ones((20, 2)))


def test_the_matrix_is_left_as_it_was_and_lists_of_other_types_are_taken(matrix):
    kept = matrix.astype(np.float32, order="F")
    before = kept.copy()
    study_of(kept, ks=[2])
    np.testing.assert_array_equal(kept, before)


@pytest.fixture(scope="module")
def telecom():
    beside = Path(__file__).resolve().parents[3] / "shared" / "data" / "telecom_customer_churn.csv"
    path = Path(os.environ.get("SEGMENT_TELECOM_CSV", beside))
    if not path.is_file():
        pytest.skip(f"no telecom table at {path}; set SEGMENT_TELECOM_CSV to the path of a copy")
    return pd.read_csv(path)


def test_the_original_analysis(telecom):
    kept = telecom[telecom["Customer Status"] != "Churned"]
    columns = [kept["Number of Referrals"], kept["Tenure in Months"], kept["Total Revenue"].astype(int)]
    rows = normalize(np.column_stack(columns).astype(float))
    study = study_of(
        rows, ks=[3, 4, 5], make_estimator=lambda k, seed: KMeans(k, n_init=10, random_state=seed), value=None
    )
    chosen = study.candidate(4)
    assert study.candidate(3).scores["inertia"] == pytest.approx(0.318167, rel=1e-4)
    assert chosen.scores["inertia"] == pytest.approx(0.216203, rel=1e-4)
    assert chosen.scores["silhouette"] == pytest.approx(0.6507, abs=5e-4)
    np.testing.assert_allclose(chosen.sizes, [3987, 1124, 49, 14], atol=12)
    assert chosen.sizes[2:].tolist() == [49, 14]


@pytest.mark.parametrize("columns", [["Number of Referrals", "Tenure in Months"], ["Number of Dependents", "Age"]])
def test_real_counts_with_many_duplicates(telecom, columns):
    rows = scale(telecom[columns].iloc[:2000].to_numpy(dtype=float))
    for candidate in study_of(rows, ks=[2, 5, 10]).candidates:
        expected = metrics.silhouette_score(rows, candidate.labels)
        assert candidate.scores["silhouette"] == pytest.approx(expected, abs=1e-9)
        np.testing.assert_array_equal(candidate.estimator.predict(rows), candidate.labels)
