from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_segmentation.segments.matching import match_segments


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_no_other_pairing_is_more_alike(pairs):
    before, after = (np.array(column) for column in zip(*pairs, strict=True))
    found = match_segments(before, after, k_before=4, k_after=4, same=0.0)
    sets = [[set(np.flatnonzero(labels == segment)) for segment in range(4)] for labels in (before, after)]
    alike = [[len(a & b) / max(len(a | b), 1) for b in sets[1]] for a in sets[0]]
    best = max(sum(alike[row][column] for row, column in enumerate(order)) for order in permutations(range(4)))
    assert sum(match.similarity for match in found.matches) == pytest.approx(best)
    for match in found.matches:
        assert match.similarity == pytest.approx(alike[match.before][match.after])
        assert match.customers == len(sets[0][match.before] & sets[1][match.after])


def test_numbers_do_not_matter():
    before = np.repeat([0, 1, 2], [50, 30, 20])
    found = match_segments(before, np.array([2, 0, 1])[before])
    assert found.predecessor == {2: 0, 0: 1, 1: 2}
    assert (found.new, found.vanished) == ((), ())


def test_a_split_segment_lives_on_in_its_larger_part_and_the_rest_is_new():
    before = np.repeat([0, 1], [100, 50])
    after = np.repeat([0, 2, 1], [65, 35, 50])
    found = match_segments(before, after)
    assert (found.predecessor, found.new, found.vanished) == ({0: 0, 1: 1}, (2,), ())


def test_a_segment_that_was_taken_apart_vanishes():
    before = np.repeat([0, 1, 2], [60, 60, 60])
    after = np.concatenate([np.zeros(60), np.ones(60), np.tile([0, 1], 30)]).astype(int)
    found = match_segments(before, after)
    assert (found.predecessor, found.vanished, found.new) == ({0: 0, 1: 1}, (2,), ())


def test_a_small_segment_keeps_its_partner_though_a_large_one_shares_more():
    before = np.repeat([0, 1], [1000, 60])
    after = np.concatenate([np.zeros(960), np.ones(40), np.ones(60)]).astype(int)
    assert match_segments(before, after).predecessor == {0: 0, 1: 1}


def test_customers_without_a_label_do_not_count():
    found = match_segments(np.array([0, 0, 1, -1, -1]), np.array([1, 1, 0, 0, 0]))
    assert [match.similarity for match in found.matches] == [1.0, 1.0]
    nobody = match_segments(np.array([-1]), np.array([0]), k_before=2, k_after=1)
    assert (nobody.matches, nobody.vanished, nobody.new) == ((), (0, 1), (0,))
