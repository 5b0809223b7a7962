"""The figures of a report: cards, map, value against customers, outcome rates, flow of members, all elbows."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from customer_segmentation.figures.elbows import all_elbows
from customer_segmentation.figures.member_flow import THINNEST, member_flow
from customer_segmentation.figures.segment_card import REACH, segment_card
from customer_segmentation.figures.segment_shares import outcome_rates, value_against_customers
from customer_segmentation.figures.space_map import principal_plane, space_map
from customer_segmentation.figures.theme import segment_colours

LONG = [f"High-value, long-standing advocates with a $name$ that does not end, number {i}" for i in range(12)]


def _rows(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(n)
    effect = rng.normal(0, 1.5, n)
    return pd.DataFrame(
        {
            "variable": [f"A column with $ and a rather long name_{i}" for i in range(n)],
            "here": [f"${value:,.0f} a very long unit" for value in rng.lognormal(3, 3, n)],
            "all": [f"{value:.3g} months" for value in rng.lognormal(3, 3, n)],
            "effect": effect,
            "low": effect - 0.1,
            "high": effect + 0.1,
        }
    )


def test_card_draws_effects_and_writes_the_values(texts, tidy):
    rows = pd.DataFrame(
        {
            "variable": ["Referrals", "Revenue", "Two years"],
            "here": ["7.2", "$6,411", "30.6 %"],
            "all": ["2.5", "$3,418", "35.1 %"],
            "effect": [1.4, 2.6, -0.1],
        }
    )
    figure = segment_card(rows, segment=2, name="Loyal advocates", k=4)
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx([1.4, REACH, -0.1])
    assert {to_hex(bar.get_facecolor()).upper() for bar in bars} == {segment_colours(4)[2]}
    written = texts(figure)
    assert {"7.2", "2.5", "$6,411", "$3,418", "30.6 %", "35.1 %", "›", "Segment 2: Loyal advocates"} <= set(written)
    tidy(figure)


@pytest.mark.parametrize("n", [0, 1, 10, 40])
def test_card_of_any_number_of_variables(n, tidy):
    tidy(segment_card(_rows(n), segment=1, name=LONG[0], k=3))


def test_plane_is_that_of_a_singular_value_decomposition():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(300, 4)) * [5, 2, 1, 0.1] + 7
    plane = principal_plane(matrix)
    _, singular, right = np.linalg.svd(matrix - matrix.mean(axis=0), full_matrices=False)
    assert plane.explained == pytest.approx(tuple((singular**2 / (singular**2).sum())[:2]))
    assert np.abs(np.sum(plane.weights * right[:2], axis=1)) == pytest.approx([1, 1])
    assert plane.weights[0].max() == np.abs(plane.weights[0]).max()  # no flip
    assert np.abs(principal_plane(matrix[:, :1]).points[:, 1]).max() == 0


@pytest.mark.parametrize(("n", "d", "k"), [(1, 1, 1), (40, 1, 2), (9000, 6, 12), (200, 3, 4)])
def test_map_of_any_space(n, d, k, tidy, texts):
    rng = np.random.default_rng(d)
    matrix = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    labels = np.arange(n) % k
    plane = principal_plane(matrix)
    figure = space_map(plane, labels, [f"feature with a long name {i}" for i in range(d)], "Map", names=LONG[:k])
    tidy(figure, overlap=lambda text: text.isdigit())
    if d == 3:
        share = 100 * sum(plane.explained)
        assert any(f"{share:.1f} % of its variance" in text for text in texts(figure))


def test_value_against_customers(texts, tidy):
    figure = value_against_customers([0.394, 0.163], [0.129, 0.3061], "Value", value="Total Revenue", names=LONG[:2])
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx([0.394, 0.163, 0.129, 0.3061])
    assert {"39.4 % of customers", "12.9 % of value", "30.6 % of value"} <= set(texts(figure))
    tidy(figure)


@pytest.mark.parametrize("values", [[1.0], [np.nan, 0.2], [-0.2, 1.2], [0.0, 0.0, 0.0], [1 / 12] * 12])
def test_value_of_any_segments(values, tidy):
    k = len(values)
    tidy(value_against_customers([1 / k] * k, values, "Value", value="a $value$ of long name" * 3, names=LONG[:k]))


def test_outcome_rates_with_intervals(texts, tidy):
    figure = outcome_rates(
        [0.418, 0.022], [0.4, 0.014], [0.436, 0.034], [3500, 864], "Churn", outcome="Churned", overall=0.265
    )
    written = texts(figure)
    assert {"41.8 % of 3,500", "2.2 % of 864", "all 26.5 %"} <= set(written)
    lines = [list(line.get_xdata()) for line in figure.axes[0].lines]
    assert [0.4, 0.436] in lines
    tidy(figure)


@pytest.mark.parametrize(
    ("rates", "overall"), [([0.0], 0.0), ([1.0, np.nan], 1.0), ([0.001, 0.004], 0.003), ([0.5] * 12, 0.5)]
)
def test_outcome_rates_of_any_size(rates, overall, tidy):
    k = len(rates)
    tidy(outcome_rates(rates, rates, rates, [3] * k, "Rates", outcome="x", overall=overall, names=LONG[:k]))


def test_flow_joins_segments_that_share_customers(tidy, texts):
    n = 1000
    first = np.repeat([0, 1], [600, 400])
    second = np.repeat([0, 1, 2], [400, 200, 400])
    height = np.arange(n, dtype=float)
    figure = member_flow({1: np.zeros(n, int), 2: first, 3: second}, height, "Flow", measure="Revenue", chosen=3)
    bands = figure.axes[0].collections[0].get_paths()
    shared = sum(
        int((np.bincount(a * 3 + b) >= THINNEST * n).sum()) for a, b in ((np.zeros(n, int), first), (first, second))
    )
    assert len(bands) == shared == 5
    dots = figure.axes[0].collections[4:]  # of k = 3, after those of k = 1 and 2
    assert [dot.get_offsets()[0, 1] for dot in dots] == pytest.approx([height[second == s].mean() for s in range(3)])
    assert [to_hex(dot.get_facecolor()[0]).upper() for dot in dots] == segment_colours(3)
    tidy(figure, overlap=lambda text: text in "012")


def test_flow_of_one_k_and_of_missing_values(tidy):
    tidy(member_flow({2: [0, 1, 1]}, [np.nan, 1, 2], "Flow", measure="$m$", unit="$"), overlap=str.isdigit)
    many = {k: np.arange(60) % k for k in range(2, 26)}
    tidy(member_flow(many, np.zeros(60), "Flow", measure="nothing", chosen=25), overlap=str.isdigit)


def test_all_elbows_marks_the_study(tidy):
    board = pd.DataFrame([{"study": f"s{i}", "k": k, "inertia_share": 1 / k} for i in range(3) for k in range(2, 7)])
    figure = all_elbows(board, study="s1", k=4)
    marked = figure.axes[0].lines[-1]
    assert (list(marked.get_xdata()), list(marked.get_ydata())) == ([4], [0.25])
    tidy(figure)
    tidy(all_elbows(board[board["study"] == "s0"], study="s0", k=2))
    tidy(all_elbows(board.assign(study=LONG[0] * 3)))
