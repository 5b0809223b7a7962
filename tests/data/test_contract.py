"""The contract's plain form, and the last check of a table against it."""

import json

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.data.contract import CASTING, plain_spec, spec_from_plain, validate
from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Repair, Role

COLUMNS = {
    "id": ColumnSpec(role=Role.id),
    "spend": ColumnSpec(type=ColumnType.number, minimum=0.0, maximum=100.0),
    "member": ColumnSpec(type=ColumnType.yes_no),
    "plan": ColumnSpec(type=ColumnType.category, values=["Basic", "Plus"], fill="none"),
}


def table(**changes):
    cells = {"id": ["a", "b", "c"], "spend": [0.0, np.nan, 100.0], "member": [True, False, True]}
    frame = pd.DataFrame({**cells, "plan": ["Basic", "none", None]}).astype({"id": "str", "plan": "str"})
    return frame.assign(**changes)


@pytest.mark.parametrize("coded", [False, True])
def test_a_table_that_keeps_it_passes(coded):
    frame = table()
    validate(frame.astype({"plan": "category"}) if coded else frame, COLUMNS, source="t.csv")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": ["a", None, "c"]}, r"'id' breaks its contract \(no id is missing\): .* in row 1"),
        ({"spend": [0.0, -1.0, 1.0]}, r"'spend' breaks its contract \(at least 0\): -1.0 in row 1"),
        ({"spend": [0.0, 1.0, 100.5]}, r"\(at most 100\): 100.5 in row 2"),
        ({"spend": [1, 2, 3]}, r"\(float64, not int64\); check"),
        ({"member": ["yes", "no", "yes"]}, r"\(yes or no, not (str|object)\); check data.columns.member"),
        ({"plan": ["Basic", "Gold", None]}, r"\(one of Basic, Plus, none\): Gold in row 1"),
    ],
)
def test_a_table_that_breaks_it_is_refused_with_the_cells(changes, said):
    with pytest.raises(DataError, match=said):
        validate(table(**changes), COLUMNS, source="t.csv")


def test_other_columns_are_refused():
    with pytest.raises(DataError, match="expected the columns"):
        validate(table()[["spend", "id", "member", "plan"]], COLUMNS, source="t.csv")


def test_the_plain_form_comes_back():
    spec = ColumnSpec(
        type=ColumnType.number, role=Role.value, fill=0, unit="dollars", minimum=0.0, repair=Repair(using={"sum": "ab"})
    )
    assert spec_from_plain(json.loads(json.dumps(plain_spec(spec)))) == spec
    assert set(plain_spec(spec, keys=CASTING)) == CASTING
