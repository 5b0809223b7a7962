import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.exploration.correlation import correlation_matrix
from customer_segmentation.exploration.description import counts_by, counts_by_band
from customer_segmentation.figures.exploration import correlation_heatmap, counts_figure, distributions
from customer_segmentation.figures.pairs import pairs_figure
from customer_segmentation.figures.theme import DIVERGING


def _wide(n_columns, n=400, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 5)) @ rng.normal(size=(5, n_columns))
    return pd.DataFrame(
        values, columns=[f"A rather long name of a $column$ that has the number_{i}" for i in range(n_columns)]
    )


def test_heatmap_writes_every_coefficient_and_spans_minus_one_to_one(texts, tidy):
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [4.0, 3, 2, 1], "c": [1.0, -1, -1, 1]})
    figure = correlation_heatmap(correlation_matrix(frame), "Pearson", caption="4 customers.")
    written = texts(figure)
    assert written.count("1.00") == 3
    assert written.count("−1.00") == 2
    assert written.count("0.00") == 4
    assert written.count("a") == 2
    mesh = figure.axes[0].collections[0]
    assert mesh.get_clim() == (-1, 1)
    assert mesh.get_cmap().name == DIVERGING.name
    assert any(text.startswith("4 customers.") for text in written)
    tidy(figure)


def test_heatmap_of_forty_columns_is_a_readable_triangle(texts, tidy):
    matrix = correlation_matrix(_wide(40))
    figure = correlation_heatmap(matrix, "Forty")
    written = texts(figure)
    assert sum(text.lstrip("−").startswith(".") for text in written) >= 40 * 39 / 2 - 5  # but for a 1.00 or two
    assert len({text for text in written if text.startswith("A rather")}) == 40
    tidy(figure)


@pytest.mark.parametrize("columns", [1, 12, 13, 60])
def test_heatmap_of_any_size(columns, tidy):
    frame = _wide(columns, n=30)
    frame.iloc[:, 0] = 1.0
    figure = correlation_heatmap(correlation_matrix(frame), "A title " * 30)
    assert "dash" in figure.texts[1].get_text()
    tidy(figure)


def test_pairs_show_every_customer_and_register_no_figure(texts):
    frame = _wide(7).assign(constant=1.0, missing=np.nan)
    figure = pairs_figure(frame, {}, "Pairs")
    drawn = [axes for axes in figure.axes if axes.axison]
    assert len(drawn) == 15  # the lower triangle of the first five columns
    meshes = [mesh for axes in drawn for mesh in axes.collections if hasattr(mesh, "get_array")]
    counted = [np.nansum(mesh.get_array()) for mesh in meshes if mesh.get_array() is not None]
    assert counted == [len(frame)] * 10
    assert "constant" not in texts(figure)
    assert sys.modules["matplotlib.pyplot"].get_fignums() == []


def test_counts_are_drawn_as_counted(texts, tidy):
    gender = counts_by(pd.Series(["Male"] * 2625 + ["Female"] * 2549))
    age = counts_by_band(pd.Series([20, 30, 30, 80]), [19, 26, 76])
    figure = counts_figure({"Gender": gender, "Age": age})
    assert [bar.get_width() for bar in figure.axes[0].patches] == [2625, 2549, 1, 2, 1]
    written = texts(figure)
    assert {"Gender", "Age", "Male", "19–25", "76+", "2,625 · 50.7 %", "2 · 50.0 %"} <= set(written)
    tidy(figure)


def test_many_categories_are_pooled_and_none_is_lost(texts, tidy):
    cities = pd.Series([f"City {i}" for i in range(300) for _ in range(i + 1)])
    figure = counts_figure({"City": counts_by(cities)})
    bars = [bar.get_width() for bar in figure.axes[0].patches]
    assert len(bars) == 12
    assert sum(bars) == len(cities)
    assert "289 others" in texts(figure)
    tidy(figure)


def test_counts_of_odd_categories(tidy):
    odd = pd.Series(["x" * 200, "<script>$a$</script>", "日本 😀", None, ""])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tidy(counts_figure({"A long name " * 20: counts_by(odd), "empty": counts_by(pd.Series([], dtype=str))}))


def test_distributions_have_the_shape_of_the_columns(texts, tidy):
    frame = pd.DataFrame({"Age": [19.0] * 30 + [21.0] * 60 + [80.0] * 10, "Revenue": np.linspace(5, 300, 100)})
    figure = distributions(frame, {"Revenue": "$"})
    outlines = figure.axes[0].collections[0].get_paths()
    assert len(outlines) == 2
    written = texts(figure)
    assert {"19", "80", "median 21", "Revenue ($)", "$5", "$300", "median $152"} <= set(written)
    heights = outlines[0].vertices[:, 1]
    floor = heights.max()
    assert len(np.unique(heights)) == 4  # 0, 10, 30 and 60 customers
    steps = np.sort((floor - np.unique(heights)) / np.ptp(heights))
    np.testing.assert_allclose(steps, np.array([0, 10, 30, 60]) / 60, atol=1e-9)
    tidy(figure)


def test_values_far_outside_are_gathered_and_marked(texts, tidy):
    values = np.append(np.linspace(0, 1, 999), 1e12)
    written = texts(distributions(pd.DataFrame({"x": values})))
    assert any(text.startswith("> ") for text in written)
    tidy(distributions(pd.DataFrame({"x": values, "y": -values, "z": 7.0, "w": np.nan})))


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"text": ["a", "b"]}),
        pd.DataFrame({"x": pd.Series([], dtype=float)}),
        pd.DataFrame({"yes": [True, False, True], "big": [1e16, 2e16, 3e16], "tiny": [0.0, 1e-9, 2e-9]}),
        _wide(40, n=50),
    ],
)
def test_distributions_of_odd_tables(frame, tidy):
    tidy(distributions(frame, title="Odd " * 40))
