"""K-means started at given segments: which fit is kept, what is said of it, and that it can be made again."""

import numpy as np
import pytest
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import adjusted_rand_score

from customer_segmentation.clustering.clusterer import Clusterers, Restarts
from customer_segmentation.clustering.fit import fit_k
from customer_segmentation.clustering.kmeans_search import KMeansSearch
from customer_segmentation.clustering.polish import with_centres
from customer_segmentation.clustering.study import run_study
from customer_segmentation.clustering.warm_start import GIVEN_UP, WarmStart, at_centres, continued
from customer_segmentation.formatting import NBSP

NAME = "models:/segments/3"
KMEANS = Clusterers(KMeans(n_init=10))


def plain(text):
    return text.replace(NBSP, " ")


def rectangle(height, n=400):
    """Four groups at corners of a rectangle: two segments are left and right or, a little worse, above and below."""
    rng = np.random.default_rng(0)
    corners = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, height], [10.0, height]])
    at = np.arange(n) % 4
    return corners[at] + rng.normal(scale=0.1, size=(n, 2)), at


def continued_from(matrix, codes, k, make=KMEANS):
    cold = fit_k(matrix, k, make_estimator=make, seed=1)
    return cold, continued(matrix, cold, WarmStart(NAME, k, codes), make_estimator=make, seed=1)


def test_segments_are_continued_where_random_starts_find_a_hardly_better_optimum():
    matrix, at = rectangle(9.97)
    before = (at >= 2).astype(int)  # above and below
    cold, fit = continued_from(matrix, before, 2)
    assert adjusted_rand_score(before, cold.labels) < 0.1
    assert adjusted_rand_score(before, fit.labels) == 1
    assert 0 < fit.inertia / cold.inertia - 1 < GIVEN_UP
    more = f"{100 * (fit.inertia / cold.inertia - 1):.2f} %"
    assert plain(fit.how) == (
        f"started at the segments of {NAME}; the inertia is {more} above that of random starts (up to 1 % is given up)"
        "; 100 % of the customers keep their segment"
    )
    assert fit.seconds >= cold.seconds
    np.testing.assert_allclose(fit.start, [matrix[before == one].mean(axis=0) for one in (0, 1)])
    again = fit_k(matrix, 2, make_estimator=at_centres(KMEANS, fit.start), seed=1)  # as its run is opened again
    assert (again.codes == fit.codes).all()
    assert (again.centres == fit.centres).all()


def test_segments_are_given_up_where_random_starts_find_clearly_better_ones():
    matrix, at = rectangle(9.0)
    cold, fit = continued_from(matrix, (at >= 2).astype(int), 2)
    assert fit.start is None
    assert (fit.codes == cold.codes).all()
    assert plain(fit.how).startswith(f"from random starts: from the segments of {NAME} the inertia is ")
    assert plain(fit.how).endswith(
        "and up to 1 % is given up to continue them; 50.0 % of the customers keep their segment"
    )


class Above(WarmStart):
    """Starts above and below, whatever the segments are."""

    def centres(self, matrix):
        return np.array([[5.0, 0.0], [5.0, 9.97]])


def test_nothing_is_given_up_where_no_more_customers_stay():
    matrix, at = rectangle(9.97)
    before = np.where(np.arange(400) < 200, at >= 2, at % 2)  # as much above and below as left and right
    cold = fit_k(matrix, 2, make_estimator=KMEANS, seed=1)
    fit = continued(matrix, cold, Above(NAME, 2, before), make_estimator=KMEANS, seed=1)
    assert fit.start is None
    assert fit.codes is cold.codes
    assert "% higher, and no more customers would stay; 75.0 % of the customers keep" in plain(fit.how)
    before = np.where(np.arange(400) < 204, at >= 2, at % 2)
    fit = continued(matrix, cold, Above(NAME, 2, before), make_estimator=KMEANS, seed=1)
    assert (fit.start == Above(NAME, 2, before).centres(matrix)).all()


def test_the_same_end_is_said_and_customers_without_a_segment_do_not_count():
    matrix, at = rectangle(9.0)
    before = at % 2
    before[::10] = -1
    _, fit = continued_from(matrix, before, 2)
    assert plain(fit.how) == (
        f"started at the segments of {NAME}; random starts end at the same segments; 100 % of the customers keep their "
        "segment"
    )


def test_segments_that_coincide_in_the_space_end_where_they_can_and_it_is_said_how_few_stay():
    matrix = np.repeat(np.arange(2.0), 50)[:, None]
    cold, fit = continued_from(matrix, np.arange(100) % 2, 2)
    assert (fit.codes == cold.codes).all()
    assert plain(fit.how).endswith("random starts end at the same segments; 50.0 % of the customers keep their segment")


class Fussy(KMeans):
    """Ends in fewer clusters from given centres."""

    def fit(self, X, y=None, sample_weight=None):
        super().fit(X)
        if not isinstance(self.init, str):
            self.cluster_centers_[1:] = 1e6
        return self


def test_a_start_that_fails_leaves_the_fit_from_random_starts_and_says_why():
    matrix, at = rectangle(9.0)
    cold, fit = continued_from(matrix, at % 2, 2, Clusterers(Fussy(n_init=3)))
    assert fit.codes is cold.codes
    assert fit.how == (
        f"from random starts, as from the segments of {NAME} Fussy found only 1 clusters where k = 2 was asked for; "
        "ask for fewer clusters"
    )


def test_a_start_that_is_better_than_random_ones_is_said_to_be():
    rng = np.random.default_rng(4)
    groups = np.arange(3000) % 30
    matrix = rng.uniform(0, 100, (30, 2))[groups] + rng.normal(size=(3000, 2))
    one = Clusterers(KMeans(n_init=1, init="random"))
    cold, fit = continued_from(matrix, groups, 30, one)
    assert fit.inertia < cold.inertia
    assert f"the inertia is {100 * (1 - fit.inertia / cold.inertia):.1f} % below that of random starts" in plain(
        fit.how
    )


@pytest.mark.parametrize(
    "make",
    [
        Clusterers(KMeansSearch()),
        Clusterers(MiniBatchKMeans(n_init=3)),
        Clusterers(KMeans(n_init=10), Restarts(threshold=100, sample=200)),
    ],
    ids=["search", "minibatch", "large"],
)
def test_every_way_of_k_means_is_continued_and_can_be_made_again(make):
    matrix, at = rectangle(9.999, n=800)
    before = (at >= 2).astype(int)
    _, fit = continued_from(matrix, before, 2, make)
    assert adjusted_rand_score(before, fit.labels) > 0.95
    again = fit_k(matrix, 2, make_estimator=at_centres(make, fit.start), seed=1)
    assert (again.codes == fit.codes).all()


def test_of_a_study_the_fit_with_as_many_segments_alone_is_continued():
    matrix, at = rectangle(9.97)
    asked = {"ks": (2, 3), "make_estimator": KMEANS, "seed": 1, "value": None, "reference": None}
    asked |= {"silhouette_limit": 1000, "silhouette_sample": 100}
    study = run_study(matrix, **asked, start=WarmStart(NAME, 2, (at >= 2).astype(int)))
    without = run_study(matrix, **asked)
    assert study.candidate(2).start is not None
    assert study.candidate(3).start is None
    assert study.candidate(3).how == f"from random starts, as {NAME} has 2 segments"
    assert (study.candidate(3).codes == without.candidate(3).codes).all()


def test_how_many_stay_is_said_again_of_a_fit_whose_centres_are_moved_afterwards():
    matrix, at = rectangle(9.97)
    before = (at >= 2).astype(int)
    left_and_right = np.array([[0.0, 5.0], [10.0, 5.0]])

    def moved(fits):
        return [with_centres(fit, matrix, left_and_right, "1 exact step") if fit.k == 2 else fit for fit in fits]

    asked = {"ks": (2, 3), "make_estimator": KMEANS, "seed": 1, "value": None, "reference": None}
    study = run_study(
        matrix, **asked, silhouette_limit=1000, silhouette_sample=100, refine=moved, start=WarmStart(NAME, 2, before)
    )
    assert plain(study.candidate(2).how).endswith(
        "; 100 % of the customers keep their segment; 1 exact step, after which 50.0 % of the customers keep their "
        "segment"
    )
    assert study.candidate(3).how == f"from random starts, as {NAME} has 2 segments"
