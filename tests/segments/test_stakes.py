"""Money at stake, recomputed with pandas from the rows behind it."""

import doctest

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from customer_segmentation.segments import stakes
from customer_segmentation.segments.recommendations import Recommendation
from customer_segmentation.segments.relations import determined
from customer_segmentation.segments.stakes import Base, Stake, outcome_of, recurring_column
from customer_segmentation.segments.variables import describe_columns
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

COLUMNS = {
    "Fee": ColumnSpec(type=ColumnType.number, role=Role.numeric, unit="€/month"),
    "Plan": ColumnSpec(type=ColumnType.category, role=Role.categorical),
    "Gone": ColumnSpec(type=ColumnType.yes_no, role=Role.outcome, event_values=["Yes"], event="churn"),
}


def _people(n: int, seed: int, gone: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "Fee": rng.uniform(5, 90, n).round(2),
            "Plan": pd.Series(rng.choice(["Monthly", "Yearly"], n), dtype="str"),
            "Gone": pd.array(rng.random(n) < gone, dtype="boolean"),
        }
    )


@pytest.fixture
def base():
    inside, outside = _people(400, 1, 0.0), _people(120, 2, 1.0)
    described = describe_columns(inside, outside, COLUMNS)
    return Base(
        labels=np.arange(400) % 3,
        outside_labels=np.arange(120) % 4 - 1,
        customers=inside,
        outside=outside,
        recurring=recurring_column(COLUMNS, list(inside), None),
        outcome=outcome_of(described, 120),
    )


def test_examples_in_the_documentation():
    assert doctest.testmod(stakes).failed == 0


@pytest.mark.parametrize("only", [{}, {"Plan": "monthly"}])
def test_at_stake_is_customers_times_fee_times_the_rate_of_customers_like_them(base, only):
    for segment in range(3):
        stake = base.stake(segment, only)
        mine, others = base.customers[base.labels == segment], base.outside[base.outside_labels == segment]
        if only:
            mine, others = mine[mine["Plan"] == "Monthly"], others[others["Plan"] == "Monthly"]
        events = int(mine["Gone"].sum() + others["Gone"].sum())
        rate = events / (len(mine) + len(others))
        assert stake.customers == len(mine)
        assert stake.observed == len(mine) + len(others)
        assert stake.amount == pytest.approx(len(mine) * mine["Fee"].mean() * rate)
        low, high = binomtest(events, stake.observed).proportion_ci(method="wilson")
        assert stake.interval == pytest.approx((mine["Fee"].sum() * low, mine["Fee"].sum() * high), rel=1e-3)
        assert stake.short.endswith("of monthly value")
        assert stake.sentence.endswith("as in the table, which does not say over what time")
        assert "churn rate" in stake.sentence


def test_without_a_recurring_column_nothing_is_at_stake_and_the_past_is_called_past():
    assert recurring_column({**COLUMNS, "More": ColumnSpec(ColumnType.number, Role.numeric, "€/month")},
                            ["Fee", "More"], None) is None  # fmt: skip
    stake = Stake(10, None, 0.3, 0.2, 0.4, 12)
    item = Recommendation(0, "keep", "Keep", (), stake, at_stake="outcome", past_value=1e6, value_name="Paid", unit="€")
    assert item.amount is None
    assert "past revenue, not a forecast" in item.money


def test_a_relation_by_the_make_of_the_table_is_found():
    rng = np.random.default_rng(0)
    married = rng.random(500) < 0.5
    frame = pd.DataFrame({"Referrals": np.where(married, rng.poisson(3, 500), 0), "Married": married})
    columns = {
        "Referrals": ColumnSpec(ColumnType.integer, Role.numeric, "referrals"),
        "Married": ColumnSpec(ColumnType.yes_no, Role.categorical),
    }
    (found,) = determined(frame, columns, ["Referrals"])
    assert (found.column, found.level, found.customers, found.share) == ("Married", "no", int((~married).sum()), 1.0)
    assert "0 referrals for all of the" in found.sentence
    assert not determined(frame.assign(Referrals=rng.poisson(3, 500)), columns, ["Referrals"])
