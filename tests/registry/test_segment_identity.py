"""Refits of the built-in sample: numbers and names are kept wherever the segments are much the same."""

from dataclasses import replace

import numpy as np
from sklearn.cluster import KMeans
from sklearn.preprocessing import MinMaxScaler

from customer_segmentation.clustering.fit import fit_k
from customer_segmentation.clustering.metrics import adjusted_rand_index
from customer_segmentation.config.checks import check_plan
from customer_segmentation.config.compose import plan
from customer_segmentation.config.playbook_file import playbook_of
from customer_segmentation.registry.segment_identity import carried_identity
from customer_segmentation.segments.matching import match_segments
from customer_segmentation.segments.names import carry_names, name_segments
from customer_segmentation.segments.segment_name import names_from_plain, plain_names
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.workflows.prepare import PreparedCustomers, prepare_customers
from customer_segmentation.workflows.study_spec import estimators_of, space_of, spec_of

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


def test_refits_under_other_seeds_and_on_bootstraps_keep_every_name_where_they_agree():
    k = 4
    asked = plan("sweep", ["features=value", "scaling=minmax", f"k=[{k}]", "data.customers=1200"])
    job = spec_of(asked.compose_job(asked.jobs[0], 0), ())
    customers = prepare_customers(job.settings, check_plan(asked))
    playbook = playbook_of(job.settings)
    space, make = space_of(job, customers), estimators_of(job)
    first = fit_k(space.matrix, k, make_estimator=make, seed=0)
    named = name_segments(customers.profile(space, first.labels, first.estimator), playbook)
    previous = names_from_plain(plain_names(named))
    assert previous == list(named)
    agreeing = 0
    for number in range(REFITS):
        count = len(customers.reference)
        rows = np.arange(count) if number % 4 == 0 else np.random.default_rng(number).integers(0, count, count)
        table = replace(customers.table, customers=customers.table.customers.iloc[rows].reset_index(drop=True))
        again = PreparedCustomers(table, customers.reference[rows], number)
        space = space_of(job, again)
        fit = fit_k(space.matrix, k, make_estimator=make, seed=number)
        before = first.labels[rows]
        if adjusted_rand_index(before, fit.labels) < 0.9:
            continue
        agreeing += 1
        matching = match_segments(before, fit.labels, k_before=k, k_after=k)
        names, changes = carry_names(
            previous, matching.predecessor, again.profile(space, fit.labels, fit.estimator), playbook
        )
        # the truth, another way: what most of a segment's customers were called before
        for name in names:
            most = np.bincount(before[fit.labels == name.segment], minlength=k).argmax()
            assert name.name == named[most].name
        assert not changes
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


def test_segments_that_are_all_new_are_said_in_one_sentence_and_several_in_one_each():
    before = np.repeat([0, 1, 2], 60)
    mixed = np.tile([0, 1, 2], 60)
    names = {0: "A", 1: "B", 2: "C"}
    parts = {"numbers": (0, 1, 2), "names": names, "used": {0, 1, 2}}
    found = carried_identity(match_segments(before, mixed), called=["X", "Y", "Z"], **parts)
    assert (found.numbers, set(found.vanished)) == ((3, 4, 5), {0, 1, 2})
    assert found.notes == ("All 3 segments are new: none shares enough customers with any segment of the champion.",)
    halves = np.where(before == 0, 0, 1 + mixed % 2)
    found = carried_identity(match_segments(before, halves, same=0.9), called=["A", "X", "Y"], **parts)
    assert found.notes == (
        "Segments 3 “X” and 4 “Y” are new: they share too few customers with any segment of the champion.",
        "Segments 1 “B” and 2 “C” have vanished.",
    )
