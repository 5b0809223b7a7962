"""What of a table is shown: by roles, by declaration, and what is left out."""

import pandas as pd
import pytest

from customer_segmentation.data.table import CustomerTable
from customer_segmentation.exploration.exploration import Asked, explore_table
from customer_segmentation.exploration.hypotheses import Hypothesis
from customer_segmentation.exploration.variables import declared_variables
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

SPECS = {
    "id": ColumnSpec(type=ColumnType.integer, role=Role.id),
    "a": ColumnSpec(type=ColumnType.number, role=Role.numeric, unit="€"),
    "b": ColumnSpec(type=ColumnType.integer, role=Role.value),
    "zip": ColumnSpec(type=ColumnType.integer, role=Role.ignore),
    "far": ColumnSpec(type=ColumnType.number, role=Role.ignore),
    "yes": ColumnSpec(type=ColumnType.yes_no, role=Role.categorical),
    "left": ColumnSpec(type=ColumnType.yes_no, role=Role.outcome),
    "note": ColumnSpec(type=ColumnType.text, role=Role.ignore),
}


@pytest.fixture
def table():
    n = 120
    frame = pd.DataFrame(
        {
            "id": [str(i) for i in range(n)],
            "a": [float(i % 7) for i in range(n)],
            "b": [float(i % 5) for i in range(n)],
            "zip": [float(i % 3) for i in range(n)],
            "far": 1.0,
            "yes": pd.array([True, None, False] * 40, dtype="boolean"),
            "left": [True, False] * 60,
            "note": [f"n{i}" for i in range(n)],
        }
    )
    return CustomerTable(
        customers=frame,
        others=frame.iloc[:0],
        rejected=frame.iloc[:0],
        columns=SPECS,
        missing_columns=(),
        ignored_columns=(),
        rows_read=n,
        duplicates=0,
        source="t",
        source_sha256="",
        digest="",
    )


def _asked(correlate=None, describe=None, counts=(), bands=None, further=None, hypotheses=()):
    groups = [declared_variables(group or {}, SPECS, where="here") for group in (correlate, describe, further)]
    return Asked(*groups, counts, bands or {}, hypotheses)


def test_without_a_declaration_roles_decide(table):
    found = explore_table(table, _asked())
    assert list(found.description.index) == ["a", "b"]
    assert list(found.pearson) == ["a", "b"]
    assert found.units == {"a": "€", "b": ""}
    assert {name: frame["customers"].to_dict() for name, frame in found.categories.items()} == {
        "yes": {"No": 40, "Yes": 40, "(missing)": 40},
        "left": {"No": 60, "Yes": 60},
    }
    assert found.columns.set_index("column")["missing"].to_dict() == {**dict.fromkeys(SPECS, 0), "yes": 40}
    assert found.left_out == ()


def test_what_is_declared_is_described_beside_the_columns(table):
    found = explore_table(
        table,
        _asked(
            correlate={"A": "a", "Zip": "zip", "cut": {"truncate": "b"}},
            describe={"half": {"ratio": ["b", 2]}},
            further={"sum": {"sum": ["a", "b"]}},
            counts=["yes"],
            bands={"a": [0, 3]},
        ),
    )
    assert list(found.pearson) == ["A", "Zip", "cut"]
    assert list(found.description.index) == ["a", "b", "Zip", "cut", "half", "sum"]
    assert set(found.demography) == {"yes", "a"}
    assert found.demography["a"]["customers"].to_dict() == {"0–2": 52, "3+": 68}
    assert set(found.categories) == {"left"}


def test_what_the_table_lacks_is_left_out_and_said(table):
    asked = _asked(
        correlate={"A": "a", "B": "b", "Gone": "gone"},
        describe={"x": {"ratio": ["gone", "b"]}},
        counts=["level"],
        hypotheses=[Hypothesis("A", "Gone"), Hypothesis("A", "B", given=("lost",)), Hypothesis("A", "B")],
    )
    found = explore_table(table, asked)
    assert list(found.pearson) == ["A", "B"]
    assert [result.hypothesis for result in found.hypotheses] == [Hypothesis("A", "B")]
    text = " ".join(found.left_out)
    for words in ("Gone is not correlated", "x is not described", "counts by 'level'", "no column 'lost'"):
        assert words in text


def test_another_tables_declaration_is_said_once(table):
    asked = _asked(
        correlate={"A": "p", "B": "q"},
        describe={"x": {"log": "p"}},
        counts=["level"],
        hypotheses=[Hypothesis("A", "B"), Hypothesis("B", "A")],
    )
    found = explore_table(table, asked)
    assert list(found.pearson) == ["a", "b"]
    assert len(found.left_out) == 2
    assert found.hypotheses == []
