"""The grammar of feature sets against a small contract, and the plain forms in which a model stores it."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_segmentation.clustering.feature_set import columns_of_repairs, feature_set
from customer_segmentation.clustering.transformers import plain_expression
from customer_segmentation.data.contract import plain_spec, spec_from_plain
from customer_segmentation.data.expressions import evaluate, parse
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Repair, Role

COLUMNS = {
    "id": ColumnSpec(type=ColumnType.text, role=Role.id),
    "price": ColumnSpec(
        type=ColumnType.number, role=Role.numeric, repair=Repair(below=0.0, using={"ratio": ["paid", "months"]})
    ),
    "paid": ColumnSpec(type=ColumnType.number, role=Role.value),
    "months": ColumnSpec(type=ColumnType.integer, role=Role.numeric, minimum=0),
    "tv": ColumnSpec(type=ColumnType.yes_no, role=Role.categorical),
    "plan": ColumnSpec(type=ColumnType.category, role=Role.categorical, values=["A", "B"]),
    "left": ColumnSpec(type=ColumnType.yes_no, role=Role.outcome),
}


def made(**declared):
    return feature_set("mine", "about", declared, COLUMNS)


def test_names_units_and_kinds_stand_in_declared_order():
    features = made(
        tenure={"column": "months", "unit": "months", "about": "how long"},
        tv="tv",
        plan={"column": "plan"},
        rate={"ratio": ["paid", "months"], "unit": "$/month"},
        has={"count_yes": ["tv"]},
    )
    assert features.names == ["tenure", "tv", "plan", "rate", "has"]
    assert features.units == {"tenure": "months", "tv": "", "plan": "", "rate": "$/month", "has": ""}
    assert [features.of_kind(kind) for kind in ("numeric", "indicator", "category")] == [
        ["tenure", "rate", "has"],
        ["tv"],
        ["plan"],
    ]
    assert features.columns == ["months", "tv", "plan", "paid"]


def test_a_column_brings_the_columns_by_which_it_is_mended():
    assert set(made(price="price").specs) == {"price", "paid", "months"}
    assert columns_of_repairs(["tv", "price"], COLUMNS) == ["tv", "price", "paid", "months"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("mnths", ["'mnths'", "did you mean months"]),
        ("id", ["role is id"]),
        ({"ratio": ["left", "months"]}, ["role is outcome"]),
        ({"log": "plan"}, ["holds words"]),
        ({"ratio": ["paid"]}, ["1 operands", "expected 2"]),
        ({"sum": ["paid"]}, ["at least 2"]),
        ({"power": ["paid", 2]}, ["unknown operation 'power'"]),
        ({"log": "paid", "truncate": "paid"}, ["2 operations"]),
        ({"unit": "$"}, ["0 operations"]),
        ({"count_yes": [{"log": "paid"}]}, ["names of columns only"]),
        ({"column": 3}, ["expected a column's name"]),
        (None, ["None"]),
        (True, ["True"]),
        ("__import__('os')", ["which the data's contract does not have"]),
    ],
)
def test_what_is_no_feature_is_refused_with_its_key(spec, words):
    with pytest.raises(SettingsError) as refused:
        made(wrong=spec)
    for word in ["features.columns.wrong", *words]:
        assert word in str(refused.value)


def test_a_feature_set_without_features_is_refused():
    with pytest.raises(SettingsError, match="declares no columns"):
        made()


LEAVES = st.one_of(st.sampled_from(["paid", "months", "tv"]), st.floats(-100, 100))
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda a, b: {"ratio": [a, b]}, inner, inner),
        st.builds(lambda a, b: {"difference": [a, b]}, inner, inner),
        st.builds(lambda many: {"sum": many}, st.lists(inner, min_size=2, max_size=4)),
        st.builds(lambda a: {"log": a}, inner),
        st.builds(lambda a: {"truncate": [a]}, inner),
        st.just({"count_yes": ["tv"]}),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_the_plain_form_of_an_expression_is_read_back_as_the_same(spec):
    expression = parse(spec, where="here")
    assert parse(plain_expression(expression), where="here") == expression


@pytest.mark.parametrize("name", COLUMNS)
def test_the_plain_form_of_a_contract_keeps_what_casting_needs(name):
    spec = COLUMNS[name]
    assert spec_from_plain(plain_spec(spec)) == spec


DATED = {
    "Joined": ColumnSpec(type=ColumnType.date, reference_date="2024-06-30"),
    "Left": ColumnSpec(type=ColumnType.date, reference_date="2024-06-30", future=True),
    "Visits": ColumnSpec(type=ColumnType.number),
}


def test_dates_count_to_the_reference_date_and_from_one_to_another():
    declared = {
        "seen": {"days_since": "Joined"},
        "left": {"days_until": "Left"},
        "age": {"truncate": {"years_since": "Joined"}},
        "stay": {"months_between": ["Joined", "Left"]},
    }
    features = feature_set("f", "", declared, DATED).features
    frame = pd.DataFrame({"Joined": pd.to_datetime(["2000-06-30", None]), "Left": pd.to_datetime(["2024-07-30"] * 2)})
    values = {one.name: evaluate(one.expression, frame) for one in features}
    assert values["seen"].iloc[0] == (pd.Timestamp("2024-06-30") - pd.Timestamp("2000-06-30")).days == 8766
    assert values["left"].tolist() == [30, 30]
    assert values["age"].iloc[0] == 24
    assert values["stay"].iloc[0] == pytest.approx(24 * 12 + 1, abs=0.05)
    assert all(values[name].isna().iloc[1] for name in ("seen", "age", "stay"))
    assert str(features[0].expression) == "days_since(Joined, 2024-06-30)"
    other = {**DATED, "Joined": replace(DATED["Joined"], reference_date="2024-07-30")}
    both = feature_set("f", "", {"x": {"sum": [{"days_since": "Joined"}, {"days_until": "Left"}]}}, other).features[0]
    assert evaluate(both.expression, frame).iloc[0] == 8766 + 30 + 30, "each date counts to its own day"
    assert {one.kind for one in features} == {"numeric"}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("Joined", "'Joined', which is a date; count from it with one of days_since"),
        ({"log": "Joined"}, "'Joined', which is a date; count from it"),
        ({"days_since": "Visits"}, "'Visits', whose type is number and not date"),
        ({"days_since": {"log": "Joined"}}, "reads columns of dates; expected names"),
        ({"months_between": ["Joined"]}, "months_between has 1 operands; expected 2"),
        ({"days_since": ["Joined", "Left"]}, "days_since has 2 operands; expected 1"),
        ({"days_since": ["Joined", 5]}, "days_since has 2 operands; expected 1"),
    ],
)
def test_a_date_is_no_number_and_a_number_no_date(spec, words):
    with pytest.raises(SettingsError, match=re.escape(words)):
        feature_set("f", "", {"x": spec}, DATED)
