"""Refits of the built-in sample: numbers are kept wherever the segments are much the same."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.preprocessing import MinMaxScaler

from customer_segmentation.clustering.scores import adjusted_rand_index
from customer_segmentation.data.sample import draw_customers
from customer_segmentation.registry.identity import carried_identity
from customer_segmentation.segments.matching import match_segments

FEATURES = ["Number of Referrals", "Tenure in Months", "Total Revenue"]
REFITS = 20


def test_twenty_refits_on_bootstraps_keep_every_identity_where_they_agree():
    raw = draw_customers(2500, seed=3)
    matrix = MinMaxScaler().fit_transform(raw[FEATURES].astype(float))
    first = KMeans(4, n_init=5, random_state=0).fit(matrix)
    before = first.labels_
    agreeing = 0
    for seed in range(REFITS):
        rows = np.random.default_rng(seed).integers(0, len(matrix), len(matrix))
        after = KMeans(4, n_init=2, random_state=seed).fit(matrix[rows]).predict(matrix)
        if adjusted_rand_index(before, after) < 0.9:
            continue
        agreeing += 1
        found = match_segments(before, after, k_before=4, k_after=4)
        # the truth, another way: the centre of the champion that each new centre is nearest to
        centres = np.array([matrix[after == cluster].mean(axis=0) for cluster in range(4)])
        nearest = np.linalg.norm(centres[:, None] - first.cluster_centers_[None], axis=2).argmin(axis=1)
        assert found.predecessor == dict(enumerate(nearest.tolist()))
    assert agreeing >= REFITS // 2


def test_new_numbers_have_meant_nothing_else_and_what_vanished_is_said():
    before = np.repeat([0, 1, 2], [50, 30, 20])
    after = np.array([1, 0, 0])[before]
    after[:25] = 2
    found = carried_identity(
        match_segments(before, after, k_before=3, k_after=3),
        numbers=(4, 2, 7),
        names={4: "Loyal", 2: "New", 7: "Lost"},
        called=["New", "Loyal", "Half"],
        used={0, 1, 2, 4, 7, 9},
    )
    assert found.numbers[0] == 2
    assert set(found.numbers[1:]) == {4, 10}
    assert found.vanished == {7: "Lost"}
    assert any("“Lost”, has vanished" in note for note in found.notes)


def test_a_name_that_holds_no_longer_is_told_with_its_reason():
    labels = np.repeat([0, 1], [5, 5])
    found = carried_identity(
        match_segments(labels, labels),
        numbers=(0, 1),
        names={0: "A", 1: "B"},
        called=["A", "C"],
        used=(),
        why={1: "low"},
    )
    assert found.names == {0: "A", 1: "C"}
    assert found.notes == ("Segment 1 was “B” and is “C” now: low.",)
