import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from customer_segmentation.figures.sweep import candidates_table, sweep_heatmaps
from customer_segmentation.figures.theme import SEQUENTIAL

FEATURES = ["value", "value_rate", "spend"]
SCALINGS = ["standard", "minmax", "log_standard", "l2_rows"]


def _grid(seed=0):
    rng = np.random.default_rng(seed)
    best = pd.DataFrame(rng.uniform(0.3, 0.9, (3, 4)), FEATURES, SCALINGS)
    best.loc["value_rate", "l2_rows"] = np.nan
    best.loc["value", "minmax"] = 0.977
    ks = pd.DataFrame(rng.integers(2, 11, (3, 4)), FEATURES, SCALINGS).where(best.notna())
    return best, ks


def test_cells_blanks_and_the_chosen_one(texts, tidy):
    best, ks = _grid()
    figure = sweep_heatmaps(best, ks, yardstick="Variance explained", chosen=(best.index[0], best.columns[1]))
    left, right = figure.axes
    assert [text.get_text() for text in left.texts if text.get_text().startswith("0.")] == [
        f"{value:.3f}" for value in best.to_numpy().ravel() if not np.isnan(value)
    ]
    assert [text.get_text() for text in right.texts if text.get_text().isdigit()] == [
        f"{k:.0f}" for k in ks.to_numpy().ravel() if not np.isnan(k)
    ]
    for axes in (left, right):
        frame = next(patch for patch in axes.patches if isinstance(patch, Rectangle))
        assert frame.get_xy() == (0.5, -0.5)  # row value, column minmax
    np.testing.assert_allclose(left.images[0].get_array()[0, 1], SEQUENTIAL(1.0))
    blank = left.images[0].get_array()[1, 3]
    assert blank[0] == blank[1] == blank[2]
    written = texts(figure)
    assert {"Variance explained", "Number of segments, k", *FEATURES} <= set(written)
    assert any("no candidate of that space qualified" in text for text in written)
    tidy(figure)


def test_k_is_matched_by_name_not_by_position():
    best, ks = _grid()
    plain, mixed = sweep_heatmaps(best, ks), sweep_heatmaps(best, ks.iloc[::-1, ::-1])
    assert [t.get_text() for t in plain.axes[1].texts] == [t.get_text() for t in mixed.axes[1].texts]


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 8), (12, 1), (3, 4)])
@pytest.mark.parametrize("qualified", [True, False])
def test_sweeps_of_any_size(rows, columns, qualified, tidy):
    best = pd.DataFrame(
        np.full((rows, columns), 0.5 if qualified else np.nan),
        [f"a feature set of a very long $name$ number {i}" for i in range(rows)],
        [f"scaling_of_a_long_name_{i}" for i in range(columns)],
    )
    tidy(sweep_heatmaps(best, best * 8, title="A sweep " * 30))


def _leaderboard(n):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "features": rng.choice(FEATURES, n),
            "scaling": rng.choice(SCALINGS, n),
            "k": rng.integers(2, 11, n),
            "yardstick": np.sort(rng.uniform(0.3, 0.99, n))[::-1],
            "calinski_harabasz": rng.uniform(500, 9000, n),
            "qualifies": rng.random(n) > 0.4,
        }
    )
    table["chosen"] = False
    return table


def test_table_writes_the_first_rows_and_marks_the_chosen(texts, tidy):
    board = _leaderboard(30)
    board.loc[2, "chosen"] = True
    figure = candidates_table(board, top=5)
    written = texts(figure)
    assert [text for text in written if text.startswith("0.")] == [f"{value:.3f}" for value in board["yardstick"][:5]]
    bold = [text.get_text() for text in figure.axes[0].texts if text.get_weight() == "bold"]
    assert f"{board.loc[2, 'yardstick']:.3f}" in bold
    assert sum(text.startswith("0.") for text in bold) == 1
    assert "calinski harabasz" in written
    assert "chosen" not in written
    assert "The first 5 of 30 candidates. The chosen one is shaded." in written
    assert len(figure.axes[0].patches) == 1
    tidy(figure)


def test_a_chosen_candidate_beyond_the_first_is_added(texts, tidy):
    board = _leaderboard(30)
    board.loc[17, "chosen"] = True
    figure = candidates_table(board, top=5)
    assert "18" in texts(figure)
    assert f"{board.loc[17, 'yardstick']:.3f}" in texts(figure)
    tidy(figure)


@pytest.mark.parametrize("rows", [0, 1, 40])
def test_tables_of_any_length(rows, tidy, texts):
    board = _leaderboard(rows)
    board["reason"] = "a reason $that$ goes on and on " * 6
    board["share"] = np.nan
    figure = candidates_table(board, title="Candidates of a sweep " * 10)
    assert any("None was chosen" in text for text in texts(figure))
    tidy(figure)
