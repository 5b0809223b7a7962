import numpy as np
import pandas as pd
import pytest

from customer_segmentation.verdict.ranking import pareto_front, rank

CRITERIA = ("yardstick", "separation", "stability")


def board(*rows):
    return pd.DataFrame(rows, columns=["k", "yardstick", "reference_silhouette", "stability"])


@pytest.mark.parametrize(
    ("rows", "order", "decided"),
    [
        ([(3, 0.9, 0.5, 0.9), (4, 1.0, 0.3, 0.9)], [1, 0], "yardstick"),
        ([(3, 0.995, 0.5, 0.9), (4, 1.0, 0.3, 0.9)], [0, 1], "separation"),
        ([(3, 0.995, 0.495, 0.9), (4, 1.0, 0.5, 0.97)], [1, 0], "stability"),
        ([(5, 1.0, 0.5, 0.9), (4, 0.995, 0.495, 0.905)], [1, 0], None),
        ([(5, np.nan, 0.5, 0.9), (4, 0.1, 0.1, 0.1)], [1, 0], "yardstick"),
    ],
)
def test_near_ties_go_to_the_next_criterion(rows, order, decided):
    found = rank(board(*rows), CRITERIA, near_tie=0.01)
    assert found.order == order
    assert found.decided_by == decided


def test_a_criterion_that_nobody_has_does_not_count():
    found = rank(board((3, np.nan, 0.2, np.nan), (4, np.nan, 0.5, np.nan)), CRITERIA, near_tie=0.01)
    assert (found.order, found.decided_by) == ([1, 0], "separation")


def test_the_front_equals_its_definition():
    rng = np.random.default_rng(0)
    points = pd.DataFrame(rng.integers(0, 6, (60, 3)), columns=["stability", "reference_silhouette", "value_explained"])
    points.iloc[7, 1] = np.nan
    expected = []
    for i, row in points.dropna().iterrows():
        beaten = [all(other >= row) and any(other > row) for j, other in points.dropna().iterrows() if i != j]
        if not any(beaten):
            expected.append(i)
    assert pareto_front(points) == expected
