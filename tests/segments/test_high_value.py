from functools import partial

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.segments.high_value import customer_list, high_value_customers
from customer_segmentation.segments.names import name_segments
from customer_segmentation.segments.profile import profile_segments
from customer_segmentation.segments.variables import describe_columns
from customer_segmentation.settings.playbook import PlaybookSettings

ACTIONS = {0: "call", 1: "write", 3: "call"}


def test_the_list_holds_every_customer_and_marks_those_of_the_segments_that_are_worth_more(
    customers, others, columns, labels
):
    profiles = profile_segments(describe_columns(customers, others, columns), labels)
    names = name_segments(profiles, PlaybookSettings())
    matrix = customers[["Spent"]].to_numpy() / 100
    centres = np.array([[matrix[labels == segment].mean()] for segment in range(4)])
    ids = pd.Series([f"=c{number}" for number in range(len(customers))], dtype="str")
    spent = customers["Spent"]
    amounts = spent.to_numpy()
    listing = partial(
        customer_list, profiles, names, ACTIONS, matrix=matrix, labels=labels, centres=centres, amounts=amounts, ids=ids
    )
    listed = listing()
    assert listed["value"].is_monotonic_decreasing
    by_row = listed.set_index("row").sort_index()
    assert by_row.index.tolist() == list(range(len(customers)))
    assert by_row["customer"].tolist() == ids.tolist()
    assert by_row["segment"].tolist() == labels.tolist()
    assert by_row["value"].tolist() == spent.tolist()
    called = {name.segment: name.name for name in names}
    assert by_row["segment_name"].tolist() == [called[segment] for segment in labels]
    told = by_row["first_action"].astype(object).where(by_row["first_action"].notna(), None)
    assert told.tolist() == [ACTIONS.get(segment) for segment in labels]
    found = high_value_customers(profiles, labels, amounts, listing)
    means = spent.groupby(labels).mean()
    assert list(found.segments) == [s for s in means.sort_values(ascending=False).index if means[s] > spent.mean()]
    inside = np.isin(labels, found.segments)
    assert by_row["high_value"].tolist() == inside.tolist()
    assert found.count == inside.sum()
    pd.testing.assert_frame_equal(found.first, listed[listed["high_value"]].head(10).reset_index(drop=True))
    assert found.value_share == pytest.approx(spent[inside].sum() / spent.sum())
    assert found.share == pytest.approx(inside.mean())
    for row in listed.head(20).itertuples():
        apart = np.abs(centres[:, 0] - matrix[row.row, 0])
        own, rest = apart[row.segment], np.delete(apart, row.segment).min()
        assert row.distance == pytest.approx(own)
        assert row.margin == pytest.approx((rest - own) / max(own, rest))


def test_without_a_value_there_is_a_list_and_no_answer(customers, others, columns, labels):
    less = {name: spec for name, spec in columns.items() if name != "Spent"}
    profiles = profile_segments(describe_columns(customers, others, less), labels)
    listed = customer_list(
        profiles, (), {}, matrix=np.zeros((len(labels), 1)), labels=labels, centres=np.zeros((4, 1)),
        amounts=None, ids=None,
    )  # fmt: skip
    assert list(listed) == ["row", "segment", "segment_name", "first_action", "distance", "margin"]
    assert listed["row"].tolist() == list(range(len(labels)))
    assert high_value_customers(profiles, labels, None, customer_list) is None
    assert profiles.concentration.empty
    assert profiles.segments["value_share"].isna().all()
