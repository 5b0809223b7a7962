import numpy as np
import pandas as pd
import pytest

from customer_segmentation.verdict.constraints import Limits, Violation
from customer_segmentation.verdict.selection import Rule, best_of_study, nearest_miss, ruled_out


def board(*rows, **further):
    names = ["k", "smallest_share", "yardstick", "silhouette"]
    frame = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    return frame.assign(study="value · standard", features="value", scaling="standard", **further)


def test_the_best_yardstick_that_satisfies_the_constraint_is_chosen():
    choice = best_of_study(board((2, 0.4, 0.7, 0.5), (3, 0.2, 0.9, 0.3), (4, 0.01, 0.99, 0.9)), Rule())
    assert choice.chosen == 1
    assert choice.ruled_out == {2: "small_segment"}


def test_a_near_tie_goes_to_the_silhouette():
    rows = board((2, 0.4, 0.995, 0.3), (3, 0.2, 1.0, 0.2), (4, 0.2, 0.98, 0.9))
    assert best_of_study(rows, Rule(near_tie=0.01)).chosen == 0


def test_what_is_still_equal_goes_to_fewer_segments():
    assert best_of_study(board((5, 0.1, 1.0, 0.4), (3, 0.1, 1.0, 0.4)), Rule()).chosen == 1


def test_the_natural_candidate_goes_first_unless_structure_does_not_bear_on_the_choice():
    rows = board((2, 0.4, 1.0, 0.5), (3, 0.2, 0.8, 0.3), natural=[False, True])
    assert best_of_study(rows, Rule()).chosen == 1
    assert best_of_study(rows, Rule(natural_min_yardstick_share=2.0)).chosen == 0


def test_nothing_qualifies_and_the_nearest_miss_is_named():
    rows = board((1, 1.0, np.nan, np.nan), (2, 0.04, 0.9, 0.5), (3, 0.01, 0.9, 0.5))
    assert best_of_study(rows, Rule()).chosen is None
    text = nearest_miss(rows, Rule())
    assert "k=2" in text
    assert "4.0\u00a0%" in text
    assert "selection.smallest_share asks for 5\u00a0%" in text


def test_the_nearest_miss_is_told_by_what_it_missed():
    rows = board((2, 0.33, 0.9, 0.5), (3, 0.3, 0.95, 0.5), (4, 0.01, 0.9, 0.5))
    missed = {
        0: Violation("unexplainable", "a tree predicts the segment of 71 %, under 80 %"),
        1: Violation("unstable", "its prediction strength is 0.61 (under 0.80)"),
        2: Violation("small_segment", "segment 3 has 1 %"),
    }
    text = nearest_miss(rows, Rule(), missed)
    assert "k=3" in text
    assert "prediction strength is 0.61 (under 0.80)" in text
    assert "smallest" not in text
    assert "71 %" in nearest_miss(rows, Rule(), {0: missed[0], 2: missed[2]})
    assert "smallest segment" in nearest_miss(rows, Rule(), {2: missed[2]})


def test_a_knee_that_is_ruled_out_is_named_and_not_denied():
    rows, rule = board((2, 0.4, 0.9, 0.5), (3, 0.04, 0.9, 0.5), knee=3.0), Rule(rule="elbow", enforce=True)
    assert "k=3, whose smallest segment has 4.0\u00a0%" in nearest_miss(rows, rule)
    assert "No study has a knee" in nearest_miss(rows.assign(knee=np.nan), rule)


def test_one_segment_is_never_chosen():
    rows, rule = board((1, 1.0, np.nan, np.nan)), Rule(enforce=False)
    assert best_of_study(rows, rule).chosen is None
    assert "only k = 1" in nearest_miss(rows, rule)


def test_a_fixed_k_is_not_ruled_out_by_what_does_not_bind():
    choice = best_of_study(board((2, 0.4, 0.9, 0.5), (4, 0.003, 0.1, 0.6)), Rule(rule="fixed", k=4, enforce=False))
    assert choice.chosen == 1
    assert choice.ruled_out == {0: "other_k"}


def test_a_fixed_k_that_was_not_tried_is_said():
    rows, rule = board((2, 0.4, 0.9, 0.5)), Rule(rule="fixed", k=7, enforce=False)
    assert best_of_study(rows, rule).chosen is None
    assert "k = 7" in nearest_miss(rows, rule)


def test_the_naive_rules_take_what_a_naive_user_takes():
    rows = board((2, 0.4, 0.9, 0.5), (3, 0.001, 0.1, 0.6), (4, 0.2, 0.8, 0.2), knee=4.0)
    assert best_of_study(rows, Rule(rule="silhouette", enforce=False)).chosen == 1
    assert best_of_study(rows, Rule(rule="elbow", enforce=False)).chosen == 2
    assert best_of_study(rows.assign(knee=np.nan), Rule(rule="elbow", enforce=False)).chosen is None


def test_without_a_yardstick_the_silhouette_decides():
    assert best_of_study(board((2, 0.4, np.nan, 0.3), (3, 0.4, np.nan, 0.5)), Rule()).chosen == 1


def test_too_many_segments():
    rows = board((2, 0.4, 0.9, 0.5), (5, 0.1, 0.9, 0.5))
    assert ruled_out(rows, Rule(limits=Limits(most_segments=4))) == {1: "too_many_segments"}


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_the_constraint_is_a_bound_that_counts_as_satisfied(share):
    assert ruled_out(board((2, share, 1.0, 0.5)), Rule(limits=Limits(smallest_share=share))) == {}


def test_fewer_segments_than_are_of_use_are_ruled_out():
    rows = board((2, 0.4, 1.0, 0.9), (3, 0.3, 0.9, 0.4), (4, 0.2, 0.8, 0.3))
    rule = Rule(limits=Limits(fewest_segments=3))
    assert ruled_out(rows, rule) == {0: "too_few_segments"}
    assert best_of_study(rows, rule).chosen == 1
    assert best_of_study(rows.iloc[:1], rule).chosen is None
    assert "fewest_segments = 3" in nearest_miss(rows.iloc[:1], rule)
    assert ruled_out(rows, Rule(enforce=False, limits=rule.limits)) == {}
