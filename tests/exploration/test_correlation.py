import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_segmentation.errors import DataError
from customer_segmentation.exploration.correlation import (
    Method,
    correlation,
    correlation_matrix,
    pair_counts,
    partial_correlation,
)

COLUMNS = ["Age", "Number of Dependents", "Zip Code", "Number of Referrals", "Tenure in Months", "Total Revenue"]
PUBLISHED = [  # of the original analysis, for the pairs of COLUMNS in order
    -0.108764, -0.007625, 0.007993, 0.052401, 0.081890, 0.039231, 0.244435, 0.053558, 0.002680, -0.001735, -0.001199,
    -0.004918, 0.263234, 0.219543, 0.825361,
]  # fmt: skip


def _sample(n=300, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        rng.normal(size=(n, 3)) @ rng.normal(size=(3, 5)) + rng.normal(size=(n, 5)), columns=list("abcde")
    )
    frame["e"] = np.round(frame["e"])
    return frame


def test_the_original_correlations(stayed):
    table = stayed[COLUMNS].assign(**{"Total Revenue": np.trunc(stayed["Total Revenue"])})
    matrix = correlation_matrix(table)
    found = [matrix.loc[a, b] for a, b in combinations(COLUMNS, 2)]
    np.testing.assert_allclose(found, PUBLISHED, atol=5.1e-7)


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("holes", [False, True])
def test_matrices_agree_with_pandas(method, holes):
    frame = _sample()
    if holes:
        frame.iloc[::9, 1] = np.nan
    matrix = correlation_matrix(frame, method=method)
    pd.testing.assert_frame_equal(matrix, frame.corr(method=method.value), rtol=1e-10, atol=1e-12)
    n = pair_counts(frame)
    assert n.loc["a", "b"] == frame[["a", "b"]].dropna().shape[0]
    assert n.loc["a", "c"] == 300


def test_constant_columns_are_not_defined_and_silent():
    frame = pd.DataFrame({"x": [1.0, 2, 3], "c": [0.1, 0.1, 0.1], "text": list("abc")})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        matrix = correlation_matrix(frame)
        assert list(matrix) == ["x", "c"]
        assert matrix.loc["x", "x"] == 1
        assert matrix["c"].isna().all()
        assert np.isnan(correlation(frame["x"], frame["c"]).r)
        assert correlation_matrix(frame[["text"]]).shape == (0, 0)
        assert correlation_matrix(frame.iloc[:0]).isna().all(axis=None)


def test_pearson_interval_is_scipys():
    frame = _sample()
    expected = stats.pearsonr(frame["a"], frame["b"])
    for confidence in (0.9, 0.95):
        found = correlation(frame["a"], frame["b"], confidence=confidence)
        low, high = expected.confidence_interval(confidence)
        assert (found.r, found.low, found.high, found.p) == pytest.approx(
            (expected.statistic, low, high, expected.pvalue)
        )
        assert found.n == 300


def test_spearman_interval_is_bonett_and_wrights():
    frame = _sample()
    found = correlation(frame["a"], frame["b"], method=Method.spearman)
    rho, p = stats.spearmanr(frame["a"], frame["b"])
    reach = 1.959963985 * np.sqrt((1 + rho**2 / 2) / 297)
    assert (found.r, found.p) == pytest.approx((rho, p))
    assert (found.low, found.high) == pytest.approx(
        (np.tanh(np.arctanh(rho) - reach), np.tanh(np.arctanh(rho) + reach))
    )


def test_spearman_interval_covers_the_truth():
    rho = 0.6
    truth = 6 / np.pi * np.arcsin(rho / 2)  # of a bivariate normal distribution
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(400):
        x, y = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 60).T
        found = correlation(x, np.exp(y), method=Method.spearman)
        inside += found.low <= truth <= found.high
    assert 0.92 <= inside / 400 <= 0.98


def test_missing_values_leave_the_customer_out():
    frame = _sample()
    x = frame["a"].where(frame.index % 5 != 0)
    found, expected = correlation(x, frame["b"]), correlation(x.dropna(), frame.loc[x.notna(), "b"])
    assert found == expected
    assert found.n == 240


def test_few_customers_and_perfect_relations():
    assert np.isnan(correlation([1.0, 2], [2.0, 1]).r)
    three = correlation([1.0, 2, 3], [1.0, 3, 2])
    assert (three.low, three.high) == (-1, 1)
    perfect = correlation(np.arange(9.0), -np.arange(9.0))
    assert (perfect.r, perfect.low, perfect.high) == pytest.approx((-1, -1, -1))


def test_partial_correlation_is_the_textbook_formula():
    frame = _sample()
    r = frame.corr()
    expected = (r.loc["a", "b"] - r.loc["a", "c"] * r.loc["b", "c"]) / np.sqrt(
        (1 - r.loc["a", "c"] ** 2) * (1 - r.loc["b", "c"] ** 2)
    )
    found = partial_correlation(frame["a"], frame["b"], frame["c"])
    assert found.r == pytest.approx(expected, abs=1e-12)


def test_partial_correlation_given_two_columns_is_that_of_the_precision_matrix():
    frame = _sample()[["a", "b", "c", "d"]]
    precision = np.linalg.inv(frame.cov().to_numpy())
    expected = -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])
    found = partial_correlation(frame["a"], frame["b"], frame[["c", "d"]])
    assert found.r == pytest.approx(expected, abs=1e-12)
    assert np.arctanh(found.high) - np.arctanh(found.r) == pytest.approx(1.959963985 / np.sqrt(300 - 2 - 3))


def test_partial_p_is_that_of_the_regression():
    frame = _sample(60)
    design = np.column_stack([np.ones(60), frame["a"], frame["c"]])
    coefficients, residual, *_ = np.linalg.lstsq(design, frame["b"].to_numpy(), rcond=None)
    variance = residual[0] / 57 * np.linalg.inv(design.T @ design)[1, 1]
    expected = 2 * stats.t.sf(abs(coefficients[1]) / np.sqrt(variance), 57)
    assert partial_correlation(frame["a"], frame["b"], frame["c"]).p == pytest.approx(expected, rel=1e-9)


def test_partial_correlation_does_not_depend_on_units_or_repetition():
    frame = _sample()
    plain = partial_correlation(frame["a"], frame["b"], frame["c"])
    other = partial_correlation(1e6 * frame["a"] + 1e9, 1e-6 * frame["b"], frame[["c", "c"]].to_numpy() * 1e5)
    assert (other.r, other.p) == pytest.approx((plain.r, plain.p), rel=1e-6)


def test_partial_correlation_of_what_is_determined():
    frame = _sample()
    assert np.isnan(partial_correlation(frame["a"], frame["b"], frame["a"]).r)
    assert np.isnan(partial_correlation(np.ones(300), frame["b"], frame["a"]).r)
    assert np.isnan(partial_correlation([1.0, 2, 3], [1.0, 3, 2], [3.0, 1, 2]).r)
    with pytest.raises(DataError, match="at least one column"):
        partial_correlation(frame["a"], frame["b"], np.empty((300, 0)))
