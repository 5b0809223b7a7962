import numpy as np
import pandas as pd
import pytest

from customer_segmentation.verdict.selection import Rule, choose, ruled_out


def board(*rows):
    names = ["k", "smallest_share", "yardstick", "silhouette"]
    return pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows]).assign(
        study="value · standard", features="value", scaling="standard"
    )


def test_the_best_yardstick_that_satisfies_the_constraint_is_chosen():
    choice = choose(board((2, 0.4, 0.7, 0.5), (3, 0.2, 0.9, 0.3), (4, 0.01, 0.99, 0.9)), Rule())
    assert choice.chosen == 1
    assert choice.runner_up == 0
    assert choice.ruled_out == {2: "small_segment"}
    assert "2 of 3 candidates" in choice.reasons[0]


def test_a_near_tie_goes_to_the_silhouette():
    choice = choose(board((2, 0.4, 0.995, 0.3), (3, 0.2, 1.0, 0.2), (4, 0.2, 0.98, 0.9)), Rule(near_tie=0.01))
    assert choice.chosen == 0
    assert choice.short_list == [0, 1]
    assert any("near tie" in reason for reason in choice.reasons)


def test_what_is_still_equal_goes_to_fewer_segments():
    assert choose(board((5, 0.1, 1.0, 0.4), (3, 0.1, 1.0, 0.4)), Rule()).chosen == 1


def test_nothing_qualifies_and_the_nearest_miss_is_named():
    choice = choose(board((1, 1.0, np.nan, np.nan), (2, 0.04, 0.9, 0.5), (3, 0.01, 0.9, 0.5)), Rule())
    assert choice.chosen is None
    assert "k=2" in choice.reasons[0]
    assert "4.0%" in choice.reasons[0]
    assert "selection.smallest_share" in choice.reasons[0]


def test_one_segment_is_never_chosen():
    choice = choose(board((1, 1.0, np.nan, np.nan)), Rule(smallest_share=0.0))
    assert choice.chosen is None
    assert "only k = 1" in choice.reasons[0]


def test_a_fixed_k_takes_no_constraint_and_has_no_other_runner_up():
    choice = choose(board((2, 0.4, 0.9, 0.5), (4, 0.003, 0.1, 0.6)), Rule(rule="fixed", k=4, smallest_share=0.0))
    assert choice.chosen == 1
    assert choice.runner_up is None
    assert choice.ruled_out == {0: "other_k"}


def test_a_fixed_k_that_was_not_tried_is_said():
    choice = choose(board((2, 0.4, 0.9, 0.5)), Rule(rule="fixed", k=7, smallest_share=0.0))
    assert choice.chosen is None
    assert "k = 7" in choice.reasons[0]


def test_without_a_yardstick_the_silhouette_decides():
    assert choose(board((2, 0.4, np.nan, 0.3), (3, 0.4, np.nan, 0.5)), Rule()).chosen == 1


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_the_constraint_is_a_bound_that_counts_as_satisfied(share):
    assert ruled_out(board((2, share, 1.0, 0.5)), Rule(smallest_share=share)) == {}
