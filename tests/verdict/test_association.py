import numpy as np
import pytest
from scipy.stats import chi2_contingency, ncx2

from customer_segmentation.verdict.association import cramers_v


def test_v_equals_bergsmas_formula():
    table = np.array([[40, 10, 5], [12, 30, 9]])
    n, chi2 = table.sum(), chi2_contingency(table, correction=False).statistic
    phi2 = max(0, chi2 / n - (1 * 2) / (n - 1))
    rows, columns = 2 - 1 / (n - 1), 3 - 4 / (n - 1)
    found = cramers_v(table)
    assert found.v == pytest.approx(np.sqrt(phi2 / min(rows - 1, columns - 1)))
    assert found.low < found.v < found.high
    assert found.customers == n


def test_the_interval_is_that_of_the_noncentral_chi_squared():
    table = np.array([[400, 100], [250, 250]])
    n, chi2 = table.sum(), chi2_contingency(table, correction=False).statistic
    found = cramers_v(table)
    side = 2 - 1 / (n - 1) - 1
    for bound, level in ((found.low, 0.975), (found.high, 0.025)):
        assert ncx2.cdf(chi2, 1, bound**2 * side * n) == pytest.approx(level, abs=1e-6)


def test_it_holds_for_19_of_20_tables():
    rng = np.random.default_rng(0)
    truth = np.array([[0.3, 0.2], [0.15, 0.35]])
    expected = np.outer(truth.sum(axis=1), truth.sum(axis=0))
    v = np.sqrt(((truth - expected) ** 2 / expected).sum())
    found = [cramers_v(rng.multinomial(500, truth.ravel()).reshape(2, 2)) for _ in range(400)]
    assert 0.92 < np.mean([one.low <= v <= one.high for one in found]) < 0.98


def test_extremes():
    assert cramers_v(np.array([[50, 0], [0, 50]])).v == pytest.approx(1.0, abs=0.01)
    nothing = cramers_v(np.array([[50, 50], [50, 50]]))
    assert (nothing.v, nothing.low) == (0.0, 0.0)
    assert cramers_v(np.array([[5, 0], [9, 0]])) is None
    huge = cramers_v(np.array([[10**6, 1000], [1000, 10**6]]))
    assert 0.99 < huge.low <= huge.v <= huge.high <= 1
