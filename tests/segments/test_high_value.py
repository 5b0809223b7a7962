import numpy as np
import pandas as pd
import pytest

from customer_segmentation.segments.high_value import high_value_customers
from customer_segmentation.segments.names import name_segments
from customer_segmentation.segments.profile import profile_segments
from customer_segmentation.segments.variables import describe_columns
from customer_segmentation.settings.playbook import PlaybookSettings


def test_the_list_holds_the_customers_of_the_segments_that_are_worth_more(customers, others, columns, labels):
    profiles = profile_segments(describe_columns(customers, others, columns), labels)
    matrix = customers[["Spent"]].to_numpy() / 100
    centres = np.array([[matrix[labels == segment].mean()] for segment in range(4)])
    ids = pd.Series([f"=c{number}" for number in range(len(customers))], dtype="str")
    found = high_value_customers(
        profiles,
        name_segments(profiles, PlaybookSettings()),
        matrix=matrix,
        labels=labels,
        centres=centres,
        amounts=customers["Spent"].to_numpy(),
        ids=ids,
    )
    spent = customers["Spent"]
    means = spent.groupby(labels).mean()
    assert list(found.segments) == [s for s in means.sort_values(ascending=False).index if means[s] > spent.mean()]
    inside = np.isin(labels, found.segments)
    assert len(found.customers) == inside.sum()
    assert found.value_share == pytest.approx(spent[inside].sum() / spent.sum())
    assert found.share == pytest.approx(inside.mean())
    assert found.customers["value"].is_monotonic_decreasing
    for row in found.customers.head(20).itertuples():
        assert row.customer == ids[row.row]
        apart = np.abs(centres[:, 0] - matrix[row.row, 0])
        own, rest = apart[row.segment], np.delete(apart, row.segment).min()
        assert row.distance == pytest.approx(own)
        assert row.margin == pytest.approx((rest - own) / max(own, rest))


def test_without_a_value_there_is_no_answer(customers, others, columns, labels):
    less = {name: spec for name, spec in columns.items() if name != "Spent"}
    profiles = profile_segments(describe_columns(customers, others, less), labels)
    assert (
        high_value_customers(
            profiles, (), matrix=np.zeros((len(labels), 1)), labels=labels, centres=np.zeros((4, 1)),
            amounts=np.zeros(len(labels)), ids=None,
        )
        is None
    )  # fmt: skip
    assert profiles.concentration.empty
    assert profiles.segments["value_share"].isna().all()
