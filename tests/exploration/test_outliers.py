import numpy as np
import pandas as pd
import pytest

from customer_segmentation.exploration.description import tukey_outliers


def test_fences_and_counts_by_hand():
    values = [*range(1, 12), 100.0, -100.0]  # quartiles 3 and 9, fences -6 and 18
    table = tukey_outliers(pd.DataFrame({"x": values}))
    row = table.loc["x"]
    assert (row["lower_fence"], row["upper_fence"]) == (-6, 18)
    assert (row["below"], row["above"], row["outside"]) == (1, 1, 2)
    assert row["share"] == pytest.approx(2 / 13)
    assert tukey_outliers(pd.DataFrame({"x": values}), reach=100).loc["x", "outside"] == 0


def test_a_normal_column_has_seven_in_a_thousand():
    column = np.random.default_rng(0).normal(size=200_000)
    assert tukey_outliers(pd.DataFrame({"x": column})).loc["x", "share"] == pytest.approx(0.00698, abs=0.0006)


def test_columns_without_spread_text_and_missing():
    frame = pd.DataFrame(
        {
            "yes": [True, False, True, True],
            "two": [0.0, 0, 0, 9],
            "constant": 1.0,
            "empty": np.nan,
            "text": list("abcd"),
            "mostly": [0.0, 0, 0, 5],
        }
    )
    frame = pd.concat([frame, frame.assign(mostly=[0.0, 0, 0, 7])], ignore_index=True)
    table = tukey_outliers(frame)
    assert list(table.index) == ["mostly"]
    assert table.loc["mostly", "outside"] in (0, 2)


def test_the_real_table_has_no_revenue_outside(stayed):
    table = tukey_outliers(stayed[["Total Revenue", "Number of Dependents", "Gender"]])
    assert table.loc["Total Revenue", "outside"] == 0
    dependents = stayed["Number of Dependents"]
    assert table.loc["Number of Dependents", "outside"] == (dependents > 2.5).sum()
