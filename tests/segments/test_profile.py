import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_segmentation.clustering.feature_set import feature_set
from customer_segmentation.clustering.space import build_space
from customer_segmentation.segments.profile import COLUMNS, TOP, concentration, profile_segments
from customer_segmentation.segments.variables import OTHER_LEVELS, describe_columns, with_features
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role


@pytest.fixture
def others_labels(others):
    found = np.arange(len(others)) % 4
    found[:3] = -1
    return found


@pytest.fixture
def profiles(customers, others, columns, labels, others_labels):
    return profile_segments(describe_columns(customers, others, columns), labels, left_out_labels=others_labels)


def test_numbers_are_those_of_pandas_and_scipy(profiles, customers, labels):
    for segment in range(4):
        part, rest = (customers.loc[mask, "Visits"].dropna() for mask in (labels == segment, labels != segment))
        row = profiles.row(segment, "Visits")
        assert row["customers"] == len(part)
        assert row["missing"] == customers.loc[labels == segment, "Visits"].isna().sum()
        assert row["value"] == pytest.approx(part.mean())
        assert row["median"] == part.median()
        assert row["overall"] == pytest.approx(customers["Visits"].mean())
        found = stats.ttest_ind(part, rest, equal_var=False)
        assert row["p"] == pytest.approx(found.pvalue)
        interval = stats.t.interval(0.95, len(part) - 1, part.mean(), stats.sem(part))
        assert (row["low"], row["high"]) == pytest.approx(interval)
        spread = customers["Visits"].std(ddof=0)
        assert row["effect"] == pytest.approx((part.mean() - customers["Visits"].mean()) / spread)
        welch = found.confidence_interval()
        scale = len(rest) / (len(rest) + len(part)) / spread
        assert (row["effect_low"], row["effect_high"]) == pytest.approx((welch.low * scale, welch.high * scale))
        assert row["index"] == pytest.approx(100 * part.mean() / customers["Visits"].mean())


def test_shares_are_those_of_scipy(profiles, customers, labels):
    known = customers["Plan"].notna()
    for segment in range(4):
        inside = known & (labels == segment)
        for level in ("Basic", "Plus", "Pro"):
            row = profiles.row(segment, "Plan", level)
            events, n = int((customers.loc[inside, "Plan"] == level).sum()), int(inside.sum())
            assert row["value"] == pytest.approx(events / n)
            assert row["effect"] == pytest.approx(events / n - (customers.loc[known, "Plan"] == level).mean())
            wilson = stats.binomtest(events, n).proportion_ci(method="wilson")
            assert (row["low"], row["high"]) == pytest.approx((wilson.low, wilson.high))
            rest = int((customers.loc[known, "Plan"] == level).sum()) - events
            table = [[events, n - events], [rest, known.sum() - n - rest]]
            tested = stats.chi2_contingency(table, correction=False)
            if tested.expected_freq.min() >= 5:
                assert row["p"] == pytest.approx(tested.pvalue)
            assert row["effect_low"] <= row["effect"] <= row["effect_high"]
        assert profiles.table.query("segment == @segment and variable == 'Plan'")["value"].sum() == pytest.approx(1)


def test_outcomes_are_those_of_all_customers_also_of_those_left_out(profiles, customers, others, labels, others_labels):
    for segment in range(4):
        left = pd.concat([customers.loc[labels == segment, "Left"], others.loc[others_labels == segment, "Left"]])
        row = profiles.row(segment, "Left", "Gone")
        assert row["customers"] == len(left)
        assert row["value"] == pytest.approx((left == "Gone").mean())
    assert profiles.left_out == len(others) - 3
    assert profiles.unassigned == 3
    assert profiles.segments["left_out"].sum() == len(others) - 3
    assert profiles.row(0, "Visits")["customers"] + profiles.row(0, "Visits")["missing"] == (labels == 0).sum()


def test_p_is_corrected_over_the_table(profiles):
    tested = profiles.table["p"].notna()
    np.testing.assert_allclose(
        profiles.table.loc[tested, "q"], stats.false_discovery_control(profiles.table.loc[tested, "p"])
    )
    assert (profiles.table.loc[tested, "q"] >= profiles.table.loc[tested, "p"] - 1e-15).all()
    assert list(profiles.table.columns) == list(COLUMNS)


def test_value_by_segment_and_its_concentration(profiles, customers, labels):
    spent = customers["Spent"]
    for _, row in profiles.segments.iterrows():
        part = spent[labels == row["segment"]]
        assert row["value"] == pytest.approx(part.sum())
        assert row["value_share"] == pytest.approx(part.sum() / spent.sum())
        assert row["share"] == pytest.approx(len(part) / len(spent))
    ranked = spent.sort_values(ascending=False)
    for share, (_, row) in zip(TOP, profiles.concentration.iterrows(), strict=True):
        assert row["customers"] == round(share * len(spent))
        assert row["value_share"] == pytest.approx(ranked.head(int(row["customers"])).sum() / spent.sum())
    assert concentration(None).empty
    assert np.isnan(concentration(np.zeros(5))["value_share"]).all()


def test_order_of_rows_changes_nothing(customers, others, columns, labels, others_labels, profiles):
    order = np.random.default_rng(3).permutation(len(customers))
    shuffled = describe_columns(customers.iloc[order].reset_index(drop=True), others, columns)
    again = profile_segments(shuffled, labels[order], left_out_labels=others_labels)
    pd.testing.assert_frame_equal(again.table, profiles.table)


def test_what_drew_the_segments_is_not_tested(customers, others, columns, labels):
    features = feature_set(
        "f",
        "",
        {"spent": {"column": "Spent"}, "per_visit": {"ratio": ["Spent", {"sum": ["Visits", 1]}], "unit": "$/visit"}},
        columns,
    )
    whole = customers.assign(Visits=customers["Visits"].fillna(0))
    space = build_space(whole, features, scaling="none", scaler=None)
    described = with_features(describe_columns(whole, others, columns), features, space.values)
    table = profile_segments(described, labels).table
    assert set(table.loc[table["shapes"], "variable"]) == {"Spent", "Visits", "per visit"}
    assert table.loc[table["shapes"], "p"].isna().all()
    assert table.loc[~table["shapes"], "p"].notna().all()
    row = table.query("segment == 0 and variable == 'per visit'").iloc[0]
    assert row["unit"] == "$/visit"
    assert row["value"] == pytest.approx(space.values.loc[labels == 0, "per_visit"].mean())


@pytest.mark.parametrize(
    "labels_of",
    [lambda n: np.zeros(n, dtype=int), lambda n: np.minimum(np.arange(n), 1), lambda n: np.arange(n)],
    ids=["one segment", "one customer in a segment", "every customer a segment"],
)
def test_degenerate_partitions(columns, labels_of, customers, others):
    few = customers.head(6).assign(Visits=3.0)
    found = profile_segments(describe_columns(few, others, columns), labels_of(6))
    assert np.isfinite(found.table["effect"]).sum() >= len(found.table) - found.table["missing"].gt(0).sum()
    assert found.segments["customers"].sum() == 6
    if found.k == 1:
        assert (found.table["effect"] == 0).all()
        assert found.table["p"].isna().all()


def test_column_of_missing_values_and_column_of_many_levels(labels):
    n = len(labels)
    columns = {
        "Empty": ColumnSpec(type=ColumnType.number, role=Role.numeric),
        "Nothing": ColumnSpec(type=ColumnType.category, role=Role.categorical),
        "City": ColumnSpec(type=ColumnType.text, role=Role.categorical),
        "Kept": ColumnSpec(type=ColumnType.yes_no, role=Role.outcome),
    }
    frame = pd.DataFrame(
        {
            "Empty": np.full(n, np.nan),
            "Nothing": pd.Series([None] * n, dtype="str"),
            "City": pd.Series([f"city {number % 40}" for number in range(n)], dtype="str"),
            "Kept": np.arange(n) % 3 == 0,
        }
    )
    found = profile_segments(describe_columns(frame, frame.head(0), columns), labels)
    assert found.missing["Empty"] == n
    city = found.table.query("segment == 0 and variable == 'City'")
    assert len(city) == 12
    assert city["level"].iloc[-1] == OTHER_LEVELS
    assert city["value"].sum() == pytest.approx(1)
    assert found.row(1, "Kept", "yes")["value"] == pytest.approx(frame.loc[labels == 1, "Kept"].mean())
