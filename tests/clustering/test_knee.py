"""The knee of known curves."""

import warnings

import pytest

from customer_segmentation.clustering.knee import elbow_knee


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_sharp_elbow():
    assert elbow_knee([1, 2, 3, 4, 5, 6, 7], [100.0, 60.0, 20.0, 17.0, 14.0, 11.0, 8.0]) == 3


def test_order_does_not_matter():
    assert elbow_knee([5, 3, 1, 2, 4, 7, 6], [14.0, 20.0, 100.0, 60.0, 17.0, 8.0, 11.0]) == 3


@pytest.mark.parametrize(
    ("ks", "inertias"),
    [
        ([], []),
        ([2], [5.0]),
        ([2, 3], [5.0, 4.0]),
        ([2, 3, 4], [5.0, 5.0, 5.0]),
        ([2, 3, 4, 5], [4.0, 3.0, 2.0, 1.0]),
        ([2, 3, 4], [5.0, float("nan"), 1.0]),
    ],
    ids=["none", "one", "two", "constant", "straight", "missing"],
)
def test_no_knee(ks, inertias):
    assert elbow_knee(ks, inertias) is None
