"""Sentences of the gate: the figure that decided is the one that is told."""

import pytest

from customer_segmentation.formatting import NBSP
from customer_segmentation.registry.checks import agreement, yardstick


@pytest.mark.parametrize(
    ("check", "failed", "told"),
    [
        (agreement(0.4969, 0.5, 100), True, "customers is 0.497; at least 0.5 was asked for"),
        (agreement(0.9551, 0.955, 100), False, "customers is 0.96; at least 0.955 is asked for"),
        (yardstick(0.88796, 0.9084, 0.02), True, "customers: 2.04 points less; up to 2 points less is allowed"),
        (yardstick(0.8884, 0.9084, 0.02), False, "customers: 2.0 points less; up to 2 points less is allowed"),
        (yardstick(0.95, 0.9084, 0.02), False, "the same customers; up to 2 points less is allowed"),
    ],
)
def test_no_rounded_figure_contradicts_the_result(check, failed, told):
    assert check.failed is failed
    assert check.sentence.replace(NBSP, " ").endswith(told)
