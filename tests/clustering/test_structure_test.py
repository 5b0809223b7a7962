"""The valley test: its parts against a slow second way, known truths, and inputs that break naive rules."""

import dataclasses
import warnings

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from customer_segmentation.clustering.structure_pairs import candidate_valleys, tiny_size
from customer_segmentation.clustering.structure_shapes import bend, hollowness, is_bent, leans_together
from customer_segmentation.clustering.structure_test import (
    none_or_some,
    spread_lattice,
    two_valued_columns,
    valley_test,
)

KS = range(2, 8)


def judged(matrix, *, ks=KS, seed=0):
    """K-means and silhouette for each k, then the test; any warning of the test itself is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labels = {k: KMeans(k, n_init=5, random_state=0).fit(matrix).labels_ for k in ks}
        silhouettes = {k: silhouette_score(matrix, lab) if len(set(lab)) > 1 else np.nan for k, lab in labels.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return valley_test(matrix, labels, silhouettes, seed=seed)


def blobs(rng, k, n=900, d=3, gap=8.0):
    centres = np.zeros((k, d))
    centres[np.arange(k), np.arange(k) % d] = gap * (1 + np.arange(k) // d)
    return centres[np.arange(n) % k] + rng.normal(size=(n, d))


# --- the parts ----------------------------------------------------------------------------------------------------


def slow_tube(matrix, labels, i, j):
    """The counts of one pair by plain geometry: each row against centres without it, feet, distances to all centres."""
    centres = np.array([matrix[labels == c].mean(axis=0) for c in range(labels.max() + 1)])
    length2 = ((centres[j] - centres[i]) ** 2).sum()
    places, inside, off, sides = [], [], [], []
    for r, (row, label) in enumerate(zip(matrix, labels, strict=True)):
        if label not in (i, j):
            continue
        others = (labels == label) & (np.arange(len(matrix)) != r)
        without = {i: centres[i], j: centres[j], label: matrix[others].mean(axis=0)}
        places.append((((row - without[i]) ** 2).sum() - ((row - without[j]) ** 2).sum()) / length2)
        along = (row - (centres[i] + centres[j]) / 2) @ (centres[j] - centres[i]) / length2
        foot = row - along * (centres[j] - centres[i])
        distances = np.linalg.norm(foot - centres, axis=1)
        inside.append(np.delete(distances, [i, j]).min(initial=np.inf) >= distances[i] - 1e-12)
        off.append(((foot - (centres[i] + centres[j]) / 2) ** 2).sum())
        sides.append(label)
    places, inside, off, sides = (np.array(values) for values in (places, inside, off, sides))
    low, high = places[sides == i].mean(), places[sides == j].mean()
    places = -1 + 2 * (places - low) / (high - low)
    windows = {name: inside & (abs(places - t) < 0.25) for name, t in (("i", -1), ("0", 0), ("j", 1))}
    counts = {name: int(window.sum()) for name, window in windows.items()}
    with np.errstate(invalid="ignore"):  # one dimension has nothing off the line
        girth = np.median(off[windows["0"]]) / np.median(off[windows["i"] | windows["j"]]) if counts["0"] else 0.0
    return counts, [int(inside[sides == c].sum()) for c in (i, j)], girth


@pytest.mark.parametrize("d", [1, 2, 5])
def test_counts_p_and_girth_equal_plain_geometry(d):
    rng = np.random.default_rng(d)
    matrix = 3 + blobs(rng, 4, n=400, d=d, gap=4.0)
    labels = KMeans(4, n_init=3, random_state=0).fit(matrix).labels_
    valleys = candidate_valleys(matrix, labels, 4, seed=0)
    assert valleys.pairs
    for pair in valleys.pairs:
        counts, sides, girth = slow_tube(matrix, labels, pair.i, pair.j)
        assert (pair.at_i, pair.between, pair.at_j) == (counts["i"], counts["0"], counts["j"])
        poorer = min(counts["i"], counts["j"])
        assert pair.ratio == pytest.approx((counts["0"] + 0.5) / (poorer + 0.5))
        assert pair.p == pytest.approx(binom.cdf(counts["0"], counts["0"] + poorer, 0.5))
        if min(sides) >= max(5, 0.1 * pair.weight):
            assert pair.used
        if d > 1:
            assert pair.girth == pytest.approx(girth, rel=1e-6)


def test_every_cluster_keeps_a_pair_and_share_is_weighted():
    matrix = blobs(np.random.default_rng(0), 5, d=2)
    labels = KMeans(5, n_init=5, random_state=0).fit(matrix).labels_
    valleys = candidate_valleys(matrix, labels, 5, seed=0)
    assert {c for pair in valleys.used for c in (pair.i, pair.j)} == set(range(5))
    sizes = np.bincount(labels)
    weights = [min(sizes[p.i], sizes[p.j]) for p in valleys.used]
    assert valleys.share == pytest.approx(np.average([p.separated for p in valleys.used], weights=weights))
    joined = dataclasses.replace(valleys, pairs=tuple(dataclasses.replace(p, separated=False) for p in valleys.pairs))
    assert valleys.groups == 5
    assert joined.groups == 1


def test_hollowness_tells_a_ring_from_a_disc():
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, 500)
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    disc = ring * np.sqrt(rng.uniform(size=(500, 1)))
    assert hollowness(ring, rng) > 1.5
    assert not is_bent(hollowness(disc, rng), 1.0, 2)
    assert not is_bent(hollowness(rng.uniform(size=(500, 3)), rng), 1.0, 3)
    assert is_bent(hollowness(ring[ring[:, 0] > 0], rng), 1.0, 2)
    assert hollowness(ring[:7], rng) == 0.0
    assert hollowness(np.ones((50, 2)), rng) == 0.0


def arc(rng, n, d, angle, width):
    matrix = rng.normal(size=(n, d)) * width
    at = rng.uniform(0, angle, n)
    matrix[:, 0] += np.cos(at)
    matrix[:, 1] += np.sin(at)
    return (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)


def test_pieces_of_a_curve_lean_together_and_groups_do_not():
    rng = np.random.default_rng(5)
    for d in (2, 4):
        matrix = arc(rng, 900, d, 1.2 * np.pi, 0.3)
        labels = KMeans(2, n_init=3, random_state=0).fit(matrix).labels_
        assert leans_together(matrix[labels == 0], matrix[labels == 1])
    shape = np.array([[1.0, 0.8, 0.0], [0.8, 1.0, 0.0], [0.0, 0.0, 1.0]])
    slanted = [rng.normal(size=(400, 3)) @ shape + shift for shift in ([0, 0, 0], [6, 0, 0])]
    assert bend(*slanted)[2] < -0.9, "parallel ones lean to opposite sides"
    assert not leans_together(*slanted)
    assert not leans_together(*(rng.normal(size=(400, 5)) + shift for shift in (0.0, 4.0)))
    assert bend(matrix[:, :1], matrix[:, :1] + 9) == bend(matrix, matrix) == (0.0, 0.0, 0.0)
    still = np.zeros((5, 3))
    assert bend(still, still + 1) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("d", "angle"), [(3, 1.4), (4, 1.2)])
def test_a_thick_arc_is_of_one_piece(d, angle):
    rng = np.random.default_rng(8)
    matrix = arc(rng, 1200, d, angle * np.pi, 0.25)
    assert not judged(matrix).natural


def test_spread_lattice_fills_steps_and_keeps_real_gaps():
    rng = np.random.default_rng(0)
    integers = np.repeat(np.arange(10.0), 200)
    wide = np.where(integers < 5, integers, integers + 20)
    matrix = np.column_stack([integers, wide, np.linspace(0, 1, 2000)])
    before = matrix.copy()
    spread = spread_lattice(matrix, rng)
    np.testing.assert_array_equal(matrix, before)
    np.testing.assert_array_equal(spread[:, 2], matrix[:, 2])
    assert np.abs(spread[:, 0] - integers).max() <= 0.5
    assert np.diff(np.sort(spread[:, 0])).max() < 0.05
    gap = np.diff(np.sort(spread[:, 1])).max()
    assert 17 < gap < 20  # 21 less at most one step on either side


def test_spread_lattice_fills_the_gap_beside_an_atom():
    rng = np.random.default_rng(1)
    values = np.where(rng.uniform(size=2000) < 0.5, 0.0, rng.uniform(0.5, 1.0, 2000))
    spread = spread_lattice(values[:, None], rng)[:, 0]
    assert np.diff(np.sort(spread)).max() < 0.02
    assert (spread[values == 0] < values[values > 0].min()).all()


def test_none_or_some_finds_detached_and_frequent_extremes():
    rng = np.random.default_rng(0)
    some = rng.uniform(5, 10, 1000)
    zero_inflated = np.where(rng.uniform(size=1000) < 0.3, 0.0, some)
    counts = np.where(rng.uniform(size=1000) < 0.5, 0, rng.poisson(3, 1000)).astype(float)
    plain = np.round(rng.normal(10, 2, 1000))
    columns = np.column_stack([zero_inflated, counts, plain, some, np.where(some > 7, 1.0, 0.0)])
    answers = none_or_some(columns)
    assert answers.shape == (1000, 2)
    np.testing.assert_array_equal(answers, np.column_stack([zero_inflated == 0, counts == 0]))


def test_one_yes_no_question_asked_by_several_columns_is_no_structure():
    """Who has no internet has no download, no streaming and few services: a gap that one answer makes."""
    rng = np.random.default_rng(0)
    has = rng.uniform(size=3000) < 0.75
    matrix = np.column_stack(
        [
            np.where(has, rng.uniform(2, 85, 3000), 0.0),
            np.where(has, rng.integers(0, 4, 3000), 0),
            np.where(has, rng.integers(3, 9, 3000), 1),
        ]
    )
    matrix = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    assert not judged(matrix).natural
    unasked = candidate_valleys(matrix, (~has).astype(int), 2, seed=0)
    asked = candidate_valleys(matrix, (~has).astype(int), 2, seed=0, questions=none_or_some(matrix))
    assert unasked.pairs[0].ratio < 0.6
    assert not asked.all_separated
    assert asked.pairs[0].alike == 0


def test_clusters_are_found_beside_a_column_with_many_zeros():
    rng = np.random.default_rng(1)
    matrix = blobs(rng, 3, n=1200)
    zeros = np.where(rng.uniform(size=1200) < 0.5, 0.0, rng.uniform(1, 3, 1200))
    result = judged(np.column_stack([matrix, zeros]))
    assert result.natural
    assert result.k_star == 3


def test_two_valued_columns_counts_constants():
    matrix = np.column_stack([np.arange(6), np.arange(6) % 2, np.ones(6), np.arange(6) % 3])
    np.testing.assert_array_equal(two_valued_columns(matrix), [False, True, True, False])


# --- known truths -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [2, 3, 5])
def test_planted_clusters_are_found(k):
    result = judged(blobs(np.random.default_rng(k), k))
    assert result.k_star == k
    assert result.natural
    assert result.certainty.right > 0.9
    assert f"{k} clusters" in result.sentence


@pytest.mark.parametrize("shape", ["uniform", "gaussian", "ring", "skewed", "integers"])
def test_structureless_data_has_no_structure(shape):
    rng = np.random.default_rng(3)
    n = 1200
    if shape == "uniform":
        matrix = rng.uniform(size=(n, 3))
    elif shape == "gaussian":
        matrix = rng.normal(size=(n, 6))
    elif shape == "ring":
        angle = rng.uniform(0, 2 * np.pi, n)
        matrix = np.column_stack([np.cos(angle), np.sin(angle)]) + 0.1 * rng.normal(size=(n, 2))
    elif shape == "skewed":
        matrix = np.exp(rng.normal(size=(n, 3)))
    else:
        matrix = rng.poisson(2.0, size=(n, 2)).astype(float)
    result = judged(matrix)
    assert (result.k_star, result.chosen, result.reason) == (1, 1, "none")
    assert not result.natural
    assert "No natural structure" in result.sentence


def test_groups_within_groups_name_both_levels():
    rng = np.random.default_rng(0)
    outer = np.array([[0, 0], [60, 0]])
    inner = np.array([[0, 0], [0, 10], [9, 5]])
    centres = (outer[:, None] + inner[None]).reshape(-1, 2)
    result = judged(centres[np.arange(1800) % 6] + rng.normal(size=(1800, 2)))
    assert result.k_star == 6
    assert result.levels == (2, 6)
    assert result.reason == "finer"
    assert "2 groups" in result.sentence


def test_a_few_outliers_neither_make_nor_hide_structure():
    rng = np.random.default_rng(5)
    for matrix, truth in ((blobs(rng, 3, n=1000), 3), (rng.normal(size=(1000, 3)), 1)):
        matrix[:5] = 40 * rng.normal(size=(5, 3))
        result = judged(matrix)
        assert result.k_star == truth


def test_yes_no_noise_does_not_make_structure():
    rng = np.random.default_rng(6)
    matrix = np.hstack([rng.normal(size=(1000, 4)), rng.integers(0, 2, size=(1000, 2)) * 2.0])
    assert judged(matrix).k_star == 1


def test_names_and_order_of_clusters_and_rows_shift_and_unit_do_not_matter():
    rng = np.random.default_rng(7)
    matrix = blobs(rng, 3, n=600, gap=4.5)
    labels = {k: KMeans(k, n_init=3, random_state=0).fit(matrix).labels_ for k in (2, 3, 4)}
    silhouettes = {k: silhouette_score(matrix, lab) for k, lab in labels.items()}
    plain = valley_test(matrix, labels, silhouettes, seed=0)
    renamed = {k: np.random.default_rng(k).permutation(k)[lab] for k, lab in labels.items()}
    moved = valley_test(1e3 * matrix + 1e6, renamed, silhouettes, seed=0)
    for k in labels:
        ratios = [sorted(round(pair.ratio, 9) for pair in result.tests[k].pairs) for result in (plain, moved)]
        assert ratios[0] == ratios[1]
    assert (plain.k_star, plain.k_valley) == (moved.k_star, moved.k_valley)
    assert valley_test(matrix, labels, silhouettes, seed=0).sentence == plain.sentence


# --- degenerate inputs --------------------------------------------------------------------------------------------


def test_mostly_two_valued_is_not_decidable():
    rng = np.random.default_rng(8)
    flags = rng.integers(0, 2, size=(400, 4)).astype(float)
    result = judged(np.hstack([flags, 0.1 * rng.normal(size=(400, 1))]))
    assert not result.decidable
    assert not result.natural
    assert "not decidable" in result.sentence
    assert not judged(flags).decidable


@pytest.mark.parametrize("case", ["constant column", "duplicated column", "collinear", "integer", "n = 50", "d = 40"])
@pytest.mark.parametrize("structured", [False, True])
def test_awkward_columns_give_the_same_answer(case, structured):
    rng = np.random.default_rng(9)
    n = 50 if case == "n = 50" else 700
    d = 40 if case == "d = 40" else 3
    matrix = blobs(rng, 3, n=n, d=d, gap=12.0) if structured else rng.normal(size=(n, d))
    if case == "constant column":
        matrix = np.hstack([matrix, np.full((n, 1), 7.0)])
    elif case == "duplicated column":
        matrix = np.hstack([matrix, matrix[:, :1]])
    elif case == "collinear":
        matrix = np.hstack([matrix, matrix @ rng.normal(size=(d, 2))])
    elif case == "integer":
        matrix = np.round(2 * matrix)
    assert judged(matrix).k_star == (3 if structured else 1)


def test_one_huge_outlier_duplicated_rows_and_a_constant_table():
    rng = np.random.default_rng(10)
    matrix = rng.normal(size=(500, 3))
    matrix[0] = 1e6
    assert judged(matrix).k_star == 1
    assert judged(np.repeat(rng.normal(size=(100, 3)), 5, axis=0)).decidable
    constant = valley_test(np.ones((20, 2)), {2: np.arange(20) % 2}, {2: float("nan")}, seed=0)
    assert (constant.k_star, constant.decidable) == (1, False)


def test_empty_clusters_missing_scores_and_only_one_k():
    rng = np.random.default_rng(11)
    matrix = blobs(rng, 2, n=300)
    labels = (np.arange(300) % 2).astype(np.int32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = valley_test(matrix, {2: labels, 4: 3 * labels, 1: 0 * labels}, {2: 0.7}, seed=0)
        alone = valley_test(matrix, {1: 0 * labels}, {}, seed=0)
    assert result.k_star == 2
    assert set(result.tests[4].tiny) == {1, 2}
    assert (alone.k_star, alone.decidable) == (1, False)


def test_tiny_clusters_are_left_out_and_counted():
    rng = np.random.default_rng(12)
    matrix = np.vstack([blobs(rng, 2, n=1000), [[100.0, 100.0, 100.0]] * 4])
    labels = np.append(np.arange(1000) % 2, [2] * 4)
    valleys = candidate_valleys(matrix, labels, 3, seed=0)
    assert tiny_size(1004, 3) > 4
    assert (valleys.tiny, valleys.tiny_rows, valleys.solid) == ((2,), 4, 2)
    assert all(2 not in (pair.i, pair.j) for pair in valleys.pairs)
    result = valley_test(matrix, {3: labels}, {3: 0.8}, seed=0)
    assert (result.chosen, result.k_star, result.tiny_rows) == (3, 2, 4)
    assert "plus 4 customers in tiny groups" in result.sentence
