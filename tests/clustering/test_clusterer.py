"""Algorithms of other names than K-means': numbered by size, predicting as before, compared by stability."""

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering, BisectingKMeans, KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from customer_segmentation.clustering.clusterer import Clusterers, asked_parameters, centres_of, renumber, started_at
from customer_segmentation.clustering.fit import fit_k
from customer_segmentation.clustering.stability import seed_agreement, study_stability
from customer_segmentation.clustering.study import run_study
from customer_segmentation.clustering.ward import Ward
from customer_segmentation.errors import StudyError


@pytest.fixture(scope="module")
def matrix():
    rng = np.random.default_rng(3)
    centres = np.array([[0.0, 0.0], [7.0, 0.0], [0.0, 7.0]])
    return centres[rng.choice(3, p=[0.2, 0.5, 0.3], size=600)] + rng.normal(size=(600, 2)) * [1.0, 0.5]


@pytest.mark.parametrize("covariances", ["full", "tied", "diag", "spherical"])
def test_a_mixture_is_numbered_by_size_and_keeps_its_clusters(matrix, covariances):
    prototype = GaussianMixture(covariance_type=covariances, n_init=2)
    alone = GaussianMixture(3, covariance_type=covariances, n_init=2, random_state=1).fit(matrix)
    fit = fit_k(matrix, 3, make_estimator=Clusterers(prototype), seed=1)
    assert adjusted_rand_score(alone.predict(matrix), fit.labels) == 1.0
    assert list(np.bincount(fit.labels)) == sorted(np.bincount(fit.labels), reverse=True)
    np.testing.assert_array_equal(fit.estimator.predict(matrix), fit.labels)
    np.testing.assert_array_equal(fit.centres, fit.estimator.means_)
    assert fit.inertia == pytest.approx(np.square(matrix - fit.centres[fit.labels]).sum())
    # Memberships go along with the numbers.
    assert (fit.estimator.predict_proba(matrix).argmax(axis=1) == fit.labels).all()
    assert fit.estimator.score(matrix) == pytest.approx(alone.score(matrix))


def test_clusters_that_depend_on_their_order_are_refused(matrix):
    class Ordered(KMeans):  # predicts by what no one but itself knows of
        def fit(self, X, y=None, sample_weight=None):
            super().fit(X)
            self.hidden = self.cluster_centers_[np.argsort(np.bincount(self.labels_))]
            self.cluster_centers_ = self.hidden.copy()
            return self

        def predict(self, X):
            return np.linalg.norm(X[:, None] - self.hidden, axis=2).argmin(axis=1)

    with pytest.raises(StudyError, match=r"Ordered puts customers into other segments .* renumber"):
        fit_k(matrix, 3, make_estimator=Clusterers(Ordered()), seed=1)


def test_a_mixture_has_a_stability(matrix):
    make = Clusterers(GaussianMixture())
    labels = fit_k(matrix, 3, make_estimator=make, seed=0).labels
    plain, warm = (
        study_stability(matrix, {3: labels}, make_estimator=make, resamples=2, seed=0, **way)[3]
        for way in ({}, {"restarts": 2, "warm": True})
    )
    assert plain.rand > 0.95
    assert warm.rand > 0.95
    assert seed_agreement(matrix, labels, 3, make_estimator=make, seeds=[5])[0] > 0.95


def test_what_a_study_sets():
    assert asked_parameters(["n_clusters", "random_state"], 4, 7) == {"n_clusters": 4, "random_state": 7}
    assert asked_parameters(["n_components"], 4, 7) == {"n_components": 4}
    assert asked_parameters(["eps"], 4, 7) == {}
    made = Clusterers(GaussianMixture(n_init=3))(5, 11)
    assert (made.n_components, made.random_state, made.n_init) == (5, 11, 3)
    assert Clusterers(AgglomerativeClustering())(5, 11).n_clusters == 5


def test_only_a_run_as_a_whole_has_a_start(matrix):
    centres = np.array([[0.0, 0.0], [7.0, 0.0], [0.0, 7.0]])
    assert started_at(BisectingKMeans(3), centres) is None
    assert started_at(AgglomerativeClustering(3), centres) is None
    for estimator in (KMeans(3), GaussianMixture(3)):
        np.testing.assert_allclose(centres_of(started_at(estimator, centres).fit(matrix)), centres, atol=0.3)


def test_a_class_may_bring_its_own_numbers():
    class Own:
        def renumber(self, order):
            self.order = order

    own = Own()
    renumber(own, np.array([1, 0]))
    assert own.order.tolist() == [1, 0]


def test_ward_labels_by_the_nearest_centre_and_says_how_often_the_tree_agrees(matrix):
    tree = AgglomerativeClustering(3).fit_predict(matrix)
    fit = fit_k(matrix, 3, make_estimator=Clusterers(Ward()), seed=1)
    means = np.array([matrix[tree == at].mean(axis=0) for at in range(3)])
    nearest = np.square(matrix[:, None] - means).sum(axis=2).argmin(axis=1)
    assert fit.estimator.agreement_ == pytest.approx((nearest == tree).mean())
    assert adjusted_rand_score(nearest, fit.labels) == 1.0
    np.testing.assert_array_equal(fit.estimator.predict(matrix), fit.labels)
    assert list(np.bincount(fit.labels)) == sorted(np.bincount(fit.labels), reverse=True)
    sampled = fit_k(matrix, 3, make_estimator=Clusterers(Ward(sample=200)), seed=1)
    assert adjusted_rand_score(sampled.labels, fit.labels) > 0.9


@pytest.mark.parametrize(("prototype", "score"), [(GaussianMixture(), "bic"), (Ward(), "agreement")])
def test_what_only_the_algorithm_can_say_is_a_score(matrix, prototype, score):
    limits = {"silhouette_limit": 1000, "silhouette_sample": 1000}
    study = run_study(
        matrix, ks=[1, 3], make_estimator=Clusterers(prototype), seed=1, value=None, reference=None, **limits
    )
    found = [candidate.scores[score] for candidate in study.candidates]
    assert found == [
        candidate.estimator.bic(matrix) if score == "bic" else candidate.estimator.agreement_
        for candidate in study.candidates
    ]
    assert "bic" not in study.candidates[1].scores or found[1] < found[0]
