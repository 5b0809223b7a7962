import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from customer_segmentation.figures.scatter import JITTER, MOST_POINTS, scatter_pairs
from customer_segmentation.figures.theme import segment_colours

LONG = [f"High-value, long-standing advocates number {i}" for i in range(10)]


def _customers(n, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "Number of Referrals": rng.integers(0, 12, n),
            "Tenure in Months": rng.integers(1, 73, n),
            "Total Revenue": rng.lognormal(7, 1, n),
            "Age": rng.integers(19, 81, n),
            "Never drawn": rng.normal(size=n),
        }
    )
    labels = rng.integers(0, 4, n)
    return frame, labels, frame.groupby(labels).mean()


def _is_number(text):
    return text.isdigit()


def _clouds(axes):
    """Points by colour, without the centres."""
    return {to_hex(line.get_color()).upper(): line.get_xydata() for line in axes.lines if line.get_rasterized()}


@pytest.mark.parametrize(("features", "panels"), [(2, 1), (3, 3), (4, 6), (5, 6)])
def test_one_panel_for_each_pair(features, panels, tidy, texts):
    frame, labels, centres = _customers(600)
    figure = scatter_pairs(
        frame.iloc[:, :features], labels, centres.iloc[:, :features], {"Total Revenue": "$"}, "Pairs"
    )
    assert sum(bool(_clouds(axes)) for axes in figure.axes) == panels
    assert any("first 4 of 5 features" in text for text in texts(figure)) == (features == 5)
    tidy(figure, overlap=_is_number)


def test_points_centres_and_units(texts):
    frame, labels, centres = _customers(600)
    columns = ["Tenure in Months", "Total Revenue"]
    figure = scatter_pairs(frame[columns], labels, centres[columns], {"Total Revenue": "$"}, "Pairs")
    axes = figure.axes[0]
    clouds = _clouds(axes)
    for segment, colour in enumerate(segment_colours(4)):
        own = frame.loc[labels == segment]
        assert np.abs(clouds[colour][:, 0] - own["Tenure in Months"]).max() <= JITTER
        np.testing.assert_array_equal(clouds[colour][:, 1], own["Total Revenue"])
    marks = [line.get_xydata()[0] for line in axes.lines if not line.get_rasterized()]
    np.testing.assert_allclose(sorted(map(tuple, marks)), sorted(map(tuple, centres[columns].to_numpy())))
    written = texts(figure)
    assert {"Tenure in Months", "Total Revenue ($)", "Segment 3", "0", "3"} <= set(written)
    assert any("moved at random by up to 0.35" in text and "(Tenure in Months)" in text for text in written)
    assert any(text.startswith("$") for text in written)


def test_small_segments_lie_on_top():
    frame, _, _ = _customers(600)
    labels = np.repeat([0, 1, 2], [10, 500, 90])
    figure = scatter_pairs(frame.iloc[:, :2], labels, frame.iloc[:, :2].groupby(labels).mean(), {}, "Order")
    drawn = [len(line.get_xdata()) for line in figure.axes[0].lines if line.get_rasterized()]
    assert drawn == [500, 90, 10]


def test_many_customers_are_sampled_alike_for_a_seed(texts):
    frame, labels, centres = _customers(200_000)
    columns = ["Total Revenue", "Age"]
    first, again, other = (
        scatter_pairs(frame[columns], labels, centres[columns], {}, "Many", seed=seed) for seed in (1, 1, 2)
    )
    clouds = [_clouds(figure.axes[0]) for figure in (first, again, other)]
    assert sum(len(points) for points in clouds[0].values()) == MOST_POINTS
    for colour, points in clouds[0].items():
        np.testing.assert_array_equal(points, clouds[1][colour])
        assert not np.array_equal(points, clouds[2][colour])
    assert any("20,000 of 200,000 customers, drawn at random" in text for text in texts(first))


def test_a_single_feature_is_a_histogram_of_all_customers(tidy):
    frame, labels, centres = _customers(600)
    figure = scatter_pairs(frame[["Age"]], labels, centres[["Age"]], {"Age": "years"}, "One")
    steps = [patch.get_data() for patch in figure.axes[0].patches]
    assert len(steps) == 4
    np.testing.assert_array_equal(steps[-1].values, np.bincount(frame["Age"])[19:])
    tidy(figure, overlap=_is_number)


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_odd_inputs(columns, tidy):
    frame = pd.DataFrame({f"$col$ {'x' * 60} {i}": [1.0, 1.0, np.nan] for i in range(columns)})
    labels = [0, 1, 1]
    tidy(scatter_pairs(frame, labels, frame.groupby(labels).mean(), {}, "Odd"), overlap=_is_number)


def test_input_is_not_changed():
    frame, labels, centres = _customers(50)
    before = frame.copy()
    scatter_pairs(frame.iloc[:, :3].astype(float), labels, centres, {}, "Pure")
    pd.testing.assert_frame_equal(frame, before)


def test_ten_segments_of_long_names(texts, tidy):
    frame, _, _ = _customers(600)
    labels = np.arange(600) % 10
    figure = scatter_pairs(frame.iloc[:, :3], labels, frame.iloc[:, :3].groupby(labels).mean(), {}, "Ten", names=LONG)
    assert sum(text.startswith("7 · High-value") for text in texts(figure)) == 1
    tidy(figure, overlap=_is_number)
