"""``k`` in every form a config may give it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.k_values import parse_k


@given(st.lists(st.integers(1, 10_000), min_size=1))
def test_whole_numbers_come_back_ascending_and_each_once(values):
    found = parse_k(values)
    assert set(found) == set(values)
    assert all(left < right for left, right in pairwise(found))


@pytest.mark.parametrize(("value", "expected"), [(4, (4,)), ((3, 2), (2, 3)), (range(2, 5), (2, 3, 4)), ([1], (1,))])
def test_one_number_and_any_iterable_will_do(value, expected):
    assert parse_k(value) == expected


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (None, "missing"),
        ([], "empty list"),
        ([0], "holds 0"),
        (-3, "holds -3"),
        ([2, 2.0], "2.0"),
        ([2, None], "None"),
        ("34", "'34'"),
        (["3"], "'3'"),
        (True, "True"),
        ([[2, 3]], "[2, 3]"),
        (float("nan"), "nan"),
    ],
)
def test_anything_else_is_refused_and_says_what_to_give(value, word):
    with pytest.raises(SettingsError) as refused:
        parse_k(value)
    assert word in str(refused.value)
    assert "k=[2,3,4,5,6]" in str(refused.value)
