import numpy as np
import pytest
from scipy import stats

from customer_segmentation.segments.intervals import newcombe, shares_differ, welch, wilson


@pytest.mark.parametrize(("events", "n"), [(0, 7), (7, 7), (3, 11), (1, 1), (412, 5000)])
def test_wilson_is_scipys(events, n):
    found = stats.binomtest(events, n).proportion_ci(method="wilson")
    assert wilson(np.array(float(events)), np.array(float(n))) == pytest.approx((found.low, found.high), abs=1e-12)


def test_newcombe_of_the_paper():
    # Newcombe (1998), table II, method 10: 56/70 against 48/80, and 9/10 against 3/10
    low, high = newcombe(
        (np.array([56.0, 9.0]), np.array([48.0, 3.0])), (np.array([70.0, 10.0]), np.array([80.0, 10.0]))
    )
    assert low == pytest.approx([0.0524, 0.1705], abs=5e-5)
    assert high == pytest.approx([0.3339, 0.8090], abs=5e-5)


def test_few_expected_customers_are_tested_exactly():
    p = shares_differ((np.array([4.0]), np.array([2.0])), (np.array([6.0]), np.array([40.0])))
    one_sided = min(stats.fisher_exact([[4, 2], [2, 38]], alternative=side).pvalue for side in ("less", "greater"))
    assert p == pytest.approx([min(1, 2 * one_sided)])
    assert np.isnan(shares_differ((np.array([1.0]), np.array([0.0])), (np.array([3.0]), np.array([0.0])))).all()
    assert shares_differ((np.array([0.0]), np.array([0.0])), (np.array([3.0]), np.array([4.0]))) == [1.0]


def test_exact_p_keeps_its_level():
    rng = np.random.default_rng(0)
    first, second = rng.binomial(12, 0.05, 4000).astype(float), rng.binomial(300, 0.05, 4000).astype(float)
    p = shares_differ((first, second), (np.full(4000, 12.0), np.full(4000, 300.0)))
    assert (p < 0.05).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)


def test_welch_without_spread():
    zero, n = np.zeros(2), np.full(2, 5.0)
    low, high, p = welch((np.array([1.0, 2.0]), np.array([1.0, 1.0])), (zero, zero), (n, n))
    assert p.tolist() == [1.0, 0.0]
    assert low.tolist() == high.tolist() == [0.0, 1.0]
