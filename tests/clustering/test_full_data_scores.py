"""Sums over all customers: in one part or in many, in any order, the same to the bit; and right."""

import json

import numpy as np
import pytest
from sklearn.cluster import BisectingKMeans, KMeans
from sklearn.metrics import calinski_harabasz_score
from sklearn.mixture import GaussianMixture

from customer_segmentation.clustering.fit import fit_k
from customer_segmentation.clustering.full_data import FullDataScores
from customer_segmentation.clustering.polish import can_be_polished, further_starts, with_centres


def test_one_part_and_sixty_four_give_the_same_figures():
    generator = np.random.default_rng(4)
    matrix = generator.normal(size=(3_000, 3)) * [1.0, 1e-3, 50.0] + [0.0, 7.0, 1e4]
    value = np.where(generator.random(3_000) < 0.1, np.nan, generator.gamma(2.0, 900.0, 3_000))
    words = generator.integers(-1, 4, 3_000)  # -1: missing; 3: none of the levels
    fits = {k: KMeans(k, n_init=1, random_state=0).fit(matrix[:500]) for k in (2, 5)}

    def summed(parts):
        whole = FullDataScores(fits, shift=1_800.0, levels=[0, 3])
        for rows in parts:
            part = FullDataScores(fits, shift=1_800.0, levels=[0, 3])
            part.add(matrix[rows], value[rows], {0: value[rows], 1: words[rows]})
            whole.merge(json.loads(json.dumps(part.state)))
        return whole

    one, many = summed([np.arange(3_000)]), summed(np.array_split(generator.permutation(3_000), 64))
    assert one.table().equals(many.table())
    assert one.profile().equals(many.profile())
    for k, fit in fits.items():
        assert one.scores(k) == many.scores(k)
        labels = fit.predict(matrix)
        expected = calinski_harabasz_score(matrix, labels)
        assert one.scores(k)["calinski_harabasz"] == pytest.approx(expected, rel=1e-9)
        profile = one.profile()
        own = profile[(profile["k"] == k) & (profile["segment"] == 1)]
        mine = labels == 1
        shares = [(words[mine] == level).sum() / (words[mine] >= 0).sum() for level in range(3)]
        assert own["value"].tolist() == pytest.approx([np.nanmean(value[mine]), *shares], rel=1e-12)
        assert own["missing"].iloc[0] == np.isnan(value[mine]).sum()


def test_exact_steps_are_those_of_kmeans_over_everybody_and_inertia_never_rises():
    generator = np.random.default_rng(7)
    matrix = np.concatenate([generator.normal(at, 1.0, size=(700, 2)) for at in (0.0, 1.5, 4.0)])
    sample = matrix[generator.permutation(len(matrix))[:120]]
    fit = fit_k(sample, 3, make_estimator=lambda k, seed: KMeans(k, n_init=2, random_state=seed), seed=1)
    moved, inertias = fit, []
    for _ in range(5):
        sums = FullDataScores({3: moved.estimator})
        sums.add(matrix, None)
        inertias.append(sums.scores(3)["inertia"])
        moved = with_centres(moved, sample, sums.means(3), "a step")
    assert inertias == sorted(inertias, reverse=True)
    assert inertias[-1] < inertias[0]
    assert sums.customers == len(matrix)
    library = KMeans(3, init=fit.centres, n_init=1, max_iter=5, tol=0).fit(matrix)
    ours = moved.centres[np.lexsort(moved.centres.T)]
    assert ours == pytest.approx(library.cluster_centers_[np.lexsort(library.cluster_centers_.T)], abs=1e-9)
    assert np.array_equal(moved.labels, moved.estimator.predict(sample))
    assert can_be_polished(KMeans())
    assert not can_be_polished(BisectingKMeans())
    assert not can_be_polished(GaussianMixture())


def test_further_starts_are_fits_to_halves_that_the_ids_choose():
    generator = np.random.default_rng(5)
    matrix, hashes = generator.normal(size=(400, 2)), generator.integers(0, 2**63, 400, dtype=np.uint64)

    def make(k, seed):
        return KMeans(k, n_init=1, random_state=seed)

    fits = [fit_k(matrix, k, make_estimator=make, seed=0) for k in (2, 3)]
    found = list(further_starts(matrix, hashes, fits, starts=3, make=make, seed=0))
    assert [sorted(one) for one in found] == [[2, 3], [2, 3]]
    halves = [len(one[2].labels_) for one in found]
    assert halves == [int((hashes & np.uint64(1)).sum()), int(((hashes >> np.uint64(1)) & np.uint64(1)).sum())]
    assert not np.array_equal(found[0][3].cluster_centers_, found[1][3].cluster_centers_)
    again = list(further_starts(matrix, hashes, fits, starts=3, make=make, seed=0))
    assert np.array_equal(found[1][3].cluster_centers_, again[1][3].cluster_centers_)
