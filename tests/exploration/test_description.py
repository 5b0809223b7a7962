import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_segmentation.errors import SettingsError
from customer_segmentation.exploration import description
from customer_segmentation.exploration.description import (
    MISSING,
    band_labels,
    counts_by,
    counts_by_band,
    describe,
    numeric_columns,
)

COLUMNS = [
    "Age",
    "Number of Dependents",
    "Zip Code",
    "Number of Referrals",
    "Tenure in Months",
    "years",
    "Total Revenue",
]
PUBLISHED = {  # of the original analysis
    "mean": [45.344414, 0.595284, 93504.246811, 2.468690, 37.591225, 2.700812, 3418.374927],
    "std": [16.276025, 1.045137, 1868.574963, 3.289687, 24.085029, 2.005929, 2910.764954],
    "min": [19, 0, 90001, 0, 1, 0, 21.36],
    "25%": [32, 0, 92069, 0, 15, 1, 938.575],
    "50%": [45, 0, 93535.5, 1, 38, 3, 2579.325],
    "75%": [58, 1, 95337, 5, 61, 5, 5463.415],
    "max": [80, 9, 96148, 11, 72, 6, 11979.34],
}


def test_examples_in_the_documentation():
    assert doctest.testmod(description).failed == 0


def test_the_original_description(stayed):
    table = describe(stayed.assign(years=stayed["Tenure in Months"] // 12)[COLUMNS])
    assert (table["count"] == 5174).all()
    assert (table["missing"] == 0).all()
    for statistic, values in PUBLISHED.items():
        np.testing.assert_allclose(table[statistic], values, atol=5.1e-7, err_msg=statistic)


def test_the_original_counts(stayed):
    gender = counts_by(stayed["Gender"])
    assert gender["customers"].to_dict() == {"Male": 2625, "Female": 2549}
    age = counts_by_band(stayed["Age"], [19, 26, 36, 46, 56, 66, 76])
    assert list(age.index) == ["19–25", "26–35", "36–45", "46–55", "56–65", "66–75", "76+"]
    assert list(age["customers"]) == [727, 950, 996, 957, 926, 416, 202]
    assert age["share"].sum() == pytest.approx(1)


def test_agrees_with_pandas():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.lognormal(size=200), "b": rng.integers(0, 5, 200).astype(float)})
    frame.iloc[::7, 0] = np.nan
    table, expected = describe(frame), frame.describe().T
    for statistic in ["count", "mean", "std", "min", "25%", "50%", "75%", "max"]:
        np.testing.assert_allclose(table[statistic], expected[statistic], rtol=1e-12)
    np.testing.assert_allclose(table["skew"], frame.skew(), rtol=1e-10)
    assert list(table["missing"]) == [29, 0]


def test_degenerate_columns():
    frame = pd.DataFrame(
        {
            "constant": [0.1, 0.1, 0.1],
            "empty": [np.nan] * 3,
            "one": [5.0, np.nan, np.nan],
            "text": ["a", "b", "c"],
            "yes": pd.array([True, False, None], dtype="boolean"),
            "whole": pd.array([1, 2, None], dtype="Int64"),
        }
    )
    table = describe(frame)
    assert list(table.index) == ["constant", "empty", "one", "yes", "whole"]
    assert table.loc["constant", "std"] == 0
    assert np.isnan(table.loc["constant", "skew"])
    assert table.loc["empty", "missing"] == 3
    assert table.loc["empty", ["mean", "max"]].isna().all()
    assert np.isnan(table.loc["one", "std"])
    assert table.loc["yes", "mean"] == 0.5
    assert table.loc["whole", "mean"] == 1.5
    assert {str(dtype) for dtype in numeric_columns(frame).dtypes} == {"float64"}
    assert describe(frame[["text"]]).empty


def test_categories_by_frequency_with_the_missing_last():
    counts = counts_by(pd.Series(["b", "a", None, "c", "c", None, None], name="x"))
    assert counts["customers"].to_dict() == {"c": 2, "a": 1, "b": 1, MISSING: 3}
    assert list(counts.index) == ["c", "a", "b", MISSING]
    debit = counts_by(pd.Series([True, False, True, None], dtype="boolean", name="x"))
    assert debit["customers"].to_dict() == {"Yes": 2, "No": 1, MISSING: 1}


def test_an_ordered_category_keeps_its_order():
    sizes = pd.Categorical(["L", "S", "L"], categories=["S", "M", "L"], ordered=True)
    assert counts_by(pd.Series(sizes))["customers"].to_dict() == {"S": 1, "M": 0, "L": 2}


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=40),
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6, unique=True).map(sorted),
)
def test_bands_lose_nobody_and_agree_with_a_loop(values, edges):
    counts = counts_by_band(pd.Series(values, dtype=float), edges)["customers"]
    assert counts.sum() == len(values)
    for i, edge in enumerate(edges):
        end = edges[i + 1] if i + 1 < len(edges) else np.inf
        inside = sum(value is not None and edge <= value < end for value in values)
        offset = len(counts) - len(edges) - (MISSING in counts.index)
        assert counts.iloc[i + offset] == inside


def test_bands_outside_and_missing_are_named():
    counts = counts_by_band(pd.Series([5, 19, np.nan, 99]), [19, 26])
    assert counts["customers"].to_dict() == {"below 19": 1, "19–25": 1, "26+": 1, MISSING: 1}


def test_band_labels_of_steps_and_fractions():
    assert band_labels([0, 1, 2, 5]) == ["0", "1", "2–4", "5+"]
    assert band_labels([0, 0.5]) == ["0 to <0.5", "0.5+"]


@pytest.mark.parametrize(("edges", "labels"), [([], None), ([2, 1], None), ([1, 1], None), ([1, 2], ["one"])])
def test_bands_that_are_none(edges, labels):
    with pytest.raises(SettingsError, match="'Age'"):
        counts_by_band(pd.Series([1.0], name="Age"), edges, labels)
