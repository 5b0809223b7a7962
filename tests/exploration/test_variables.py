import pandas as pd
import pytest

from customer_segmentation.errors import SettingsError
from customer_segmentation.exploration.variables import column_variable, declared_variables, unknown_column, values_of
from customer_segmentation.settings.data import ColumnSpec, ColumnType

COLUMNS = {
    "revenue": ColumnSpec(type=ColumnType.number, unit="$"),
    "months": ColumnSpec(type=ColumnType.integer, unit="months"),
    "plan": ColumnSpec(type=ColumnType.category),
}


@pytest.mark.parametrize(
    ("spec", "unit"),
    [
        ("revenue", "$"),
        ({"column": "revenue", "unit": "€"}, "€"),
        ({"truncate": "revenue"}, "$"),
        ({"truncate": {"ratio": ["months", 12]}}, ""),
        ({"truncate": {"ratio": ["months", 12]}, "unit": "years", "about": "whole ones"}, "years"),
        ({"ratio": ["revenue", "months"]}, ""),
        ("elsewhere", ""),
    ],
)
def test_units_come_from_the_column_unless_it_is_computed_with(spec, unit):
    assert declared_variables({"x": spec}, COLUMNS, where="here")["x"].unit == unit


def test_values_leave_out_what_the_table_lacks():
    frame = pd.DataFrame({"revenue": [10.0, 9.0], "months": [2.0, 0.0]})
    declared = {"rate": {"ratio": ["revenue", "months"]}, "absent": {"sum": ["revenue", "nothing"]}}
    variables = declared_variables(declared, COLUMNS, where="here")
    values = values_of([*variables.values(), column_variable("months", COLUMNS)], frame)
    assert list(values) == ["rate", "months"]
    assert values["rate"][0] == 5
    assert pd.isna(values["rate"][1])
    assert variables["absent"].lacks(frame) == ["nothing"]


def test_words_are_not_computed_with():
    with pytest.raises(SettingsError, match=r"here\.x computes with 'plan', which holds words"):
        declared_variables({"x": {"log": "plan"}}, COLUMNS, where="here")


def test_an_unknown_column_is_told_with_near_ones():
    assert "did you mean revenue?" in unknown_column("revenu", COLUMNS, where="here")
    assert unknown_column("zzz", COLUMNS, where="here").endswith("it has revenue, months, plan.")
