"""What an exploration logs, without a store."""

import re

import pandas as pd
import pytest

from customer_segmentation.data.table import CustomerTable
from customer_segmentation.exploration.exploration import Asked, explore_table
from customer_segmentation.exploration.hypotheses import Hypothesis
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role
from customer_segmentation.tracking.items import FigureItem, Metrics, Table, Tags
from customer_segmentation.tracking.log.exploration import (
    coefficient,
    counts_table,
    exploration_run_items,
    explore_description,
    gaps,
    rejected_reasons,
    standing,
)

NUMBER = ColumnSpec(type=ColumnType.number, role=Role.numeric)
NOTHING = Asked({}, {}, {}, (), {}, ())


def _table(frame, specs, rejected=None):
    aside = pd.DataFrame({"row": [], "reason": []}) if rejected is None else rejected
    return CustomerTable(
        customers=frame,
        others=frame.iloc[:0],
        rejected=aside,
        columns=specs,
        missing_columns=(),
        ignored_columns=(),
        rows_read=len(frame) + len(aside),
        duplicates=0,
        source="my_<table>|.csv",
        source_sha256="",
        digest="d" * 64,
    )


@pytest.fixture
def numbers():
    z = pd.Series([float(i % 17) for i in range(400)])
    other = pd.Series([float((7 * i) % 19) for i in range(400)])
    # x and y have nothing in common but z: their further parts are orthogonal by design
    first = pd.Series([float((i // 17) % 5) for i in range(400)])
    return pd.DataFrame({"z|": z, "x": z + first, "y": z + other})


def test_a_relation_that_a_third_variable_explains_is_said_so(numbers):
    specs = dict.fromkeys(numbers, NUMBER)
    tests = [Hypothesis("x", "y", given=("z|",)), Hypothesis("x", "z|")]
    table = _table(numbers, specs)
    found = explore_table(table, Asked({}, {}, {}, (), {}, tests))
    assert [standing(result, confidence=0.95) for result in found.hypotheses] == [
        "supported, but disappears when controlling for z|",
        "supported",
    ]
    text = explore_description(table, found, command="segment explore", confidence=0.95)
    assert "figures/" in text
    without = explore_description(table, found, command="segment explore", confidence=0.95, figures=False)
    assert without == text.replace("`figures/` (distributions, both heatmaps, counts), ", "")
    assert "1. **Supported, but disappears when controlling for z\\|.**" in text
    assert "my\\_&lt;table&gt;\\|.csv" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 3
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {6}  # no name breaks the table


def test_items_carry_every_table_and_figure(numbers):
    frame = numbers.assign(level=["a", "b"] * 200)
    frame.loc[3, "x"] = float("nan")
    specs = dict.fromkeys(numbers, NUMBER) | {"level": ColumnSpec(type=ColumnType.category, role=Role.categorical)}
    asked = Asked({}, {}, {}, ["level"], {"x": [0, 5]}, [Hypothesis("x", "y")])
    found = explore_table(_table(frame, specs), asked)
    items = list(exploration_run_items(_table(frame, specs), found, confidence=0.95))
    assert {item.path for item in items if isinstance(item, Table)} == {
        f"tables/{name}.csv"
        for name in (
            "columns",
            "description",
            "outliers",
            "correlations",
            "correlations_pearson",
            "correlations_spearman",
            "demography",
            "hypotheses",
        )
    }
    figures = {item.path for item in items if isinstance(item, FigureItem)}
    assert len(figures) == 5
    metrics = {name: value for item in items if isinstance(item, Metrics) for name, value in item.values.items()}
    assert metrics["r x with y"] == pytest.approx(frame["x"].corr(frame["y"]))
    assert gaps(found) == [("x", 1)]


def test_a_table_of_words_has_no_numbers_to_log():
    frame = pd.DataFrame({"level": ["a", "b", "a"]})
    table = _table(frame, {"level": ColumnSpec(type=ColumnType.category, role=Role.categorical)})
    found = explore_table(table, NOTHING)
    items = list(exploration_run_items(table, found, confidence=0.95))
    assert {item.path for item in items if isinstance(item, Table)} == {"tables/columns.csv", "tables/categories.csv"}
    assert not any("left_out" in item.values for item in items if isinstance(item, Tags))


def test_reasons_are_counted_without_what_is_the_rows_own():
    reasons = ["Age: 'a' is not a number", "Age: 'it\\'s' is not a number", "repeats row 12 exactly"]
    reasons += ["repeats row 9 exactly", "the row has 12 cells, the header 38", "Age is above 120", 'Age: "b\'" is bad']
    assert rejected_reasons(pd.DataFrame({"reason": reasons}), most=2) == [
        ("Age: … is not a number", 2),
        ("repeats row … exactly", 2),
        ("3 further reasons", 3),
    ]


def test_counts_are_one_table():
    one = pd.DataFrame({"customers": [2, 1], "share": [2 / 3, 1 / 3]}, index=["a", "b"])
    table = counts_table({"level": one, "pool": one})
    assert list(table.columns) == ["column", "group", "customers", "share"]
    assert list(table["column"]) == ["level", "level", "pool", "pool"]


def test_no_coefficient_is_minus_zero():
    assert coefficient(-0.0001, -0.25, 0.2) == "0.000 [−0.250, 0.200]"
