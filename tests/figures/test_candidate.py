import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from customer_segmentation.figures.candidate import centres_heatmap, silhouette_plot, sizes, spread_out
from customer_segmentation.figures.theme import DIVERGING, segment_colours

LONG = [f"High-value, long-standing advocates with a $name$ that does not end, number {i}" for i in range(12)]


def test_silhouette_bands_are_sorted_coloured_and_as_high_as_their_segment(texts, tidy):
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [500, 300, 60])
    values = rng.uniform(-0.2, 0.9, 860)
    figure = silhouette_plot(values, labels, "Silhouettes")
    bands = figure.axes[0].collections[:3]
    for segment, band in enumerate(bands):
        corners = band.get_paths()[0].vertices
        assert corners[:, 0].max() == pytest.approx(values[labels == segment].max())
        assert min(corners[:, 0].min(), 0) == pytest.approx(min(values[labels == segment].min(), 0))
        assert np.ptp(corners[:, 1]) == pytest.approx((labels == segment).sum())
        assert to_hex(band.get_facecolor()[0]).upper() == segment_colours(3)[segment]
    written = texts(figure)
    assert f"mean {values.mean():.3f}" in written
    assert f"Segment 1 · 300 · mean {values[labels == 1].mean():.2f}" in written
    tidy(figure)


def test_silhouette_of_many_customers_is_drawn_from_few_corners():
    rng = np.random.default_rng(1)
    figure = silhouette_plot(rng.uniform(-1, 1, 200_000), rng.integers(0, 5, 200_000), "Many")
    assert sum(len(band.get_paths()[0].vertices) for band in figure.axes[0].collections[:5]) < 10_000


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.2, np.nan], [0, 1]),
        ([np.nan], [0]),
        ([0.0] * 6, [0, 0, 0, 1, 1, 2]),
        ([-0.5, -1.0, 1.0], [0, 1, 2]),
        (np.linspace(-0.1, 0.8, 5000), np.repeat(np.arange(10), [4000, 900, 80, 10, 3, 2, 2, 1, 1, 1])),
    ],
)
def test_silhouette_of_odd_inputs(values, labels, tidy):
    tidy(silhouette_plot(values, labels, "Odd", names=LONG))


def test_label_places_keep_their_order_and_distance():
    moved = spread_out(np.array([0.5, 0.97, 0.98, 0.99]), 0.05)
    assert moved == pytest.approx([0.5, 0.875, 0.925, 0.975])
    assert spread_out(np.full(50, 0.5), 0.05) == pytest.approx((np.arange(50) + 0.5) / 50)
    assert len(spread_out(np.array([]), 0.1)) == 0


CENTRES = pd.DataFrame({"Number of Referrals": [0.34, 7.2], "Total Revenue": [1116.4, 6411.2], "Constant": [3.0, 3.0]})
MEAN = pd.Series({"Constant": 3.0, "Total Revenue": 3418.4, "Number of Referrals": 2.47})
SD = pd.Series({"Number of Referrals": 3.29, "Total Revenue": 2910.8, "Constant": 0.0})


def test_centres_in_original_units_and_colours_by_distance(texts, tidy):
    figure = centres_heatmap(CENTRES, MEAN, SD, {"Total Revenue": "$"})
    written = texts(figure)
    for text in ("Total Revenue ($)", "$1,116", "$6,411", "$3,418", "7.2", "0.34", "Segment 1", "All customers"):
        assert text in written
    pixels = figure.axes[0].images[0].get_array()
    assert pixels.shape[:2] == (3, 3)
    z = (7.2 - 2.47) / 3.29
    np.testing.assert_allclose(pixels[0, 2], DIVERGING((z + 2) / 4), atol=0.01)
    np.testing.assert_allclose(pixels[2, 1], DIVERGING(0.5), atol=0.01)  # no spread: neutral
    swatches = figure.axes[0].collections[-1]
    assert [to_hex(colour).upper() for colour in swatches.get_edgecolor()] == segment_colours(2)
    tidy(figure)


@pytest.mark.parametrize(("features", "k"), [(1, 1), (1, 12), (40, 10), (3, 2)])
def test_centres_of_any_shape(features, k, tidy):
    rng = np.random.default_rng(0)
    names = [f"A rather long name of a column that has the number_{i}" for i in range(features)]
    centres = pd.DataFrame(rng.lognormal(3, 4, (k, features)), columns=names)
    centres.iloc[0, 0] = np.nan
    tidy(centres_heatmap(centres, centres.mean(), centres.std(), dict.fromkeys(names, "$/month"), names=LONG[:k]))


def test_sizes_with_counts_and_shares(texts, tidy):
    figure = sizes([3987, 1124, 49, 14], "Sizes")
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == [3987, 1124, 49, 14]
    assert [to_hex(bar.get_facecolor()).upper() for bar in bars] == segment_colours(4)
    written = texts(figure)
    assert {"3,987 · 77.1 %", "1,124 · 21.7 %", "49 · 0.95 %", "14 · 0.27 %"} <= set(written)
    tidy(figure)


@pytest.mark.parametrize("counts", [[1], [0, 0], list(range(1, 26)), [10**9, 1]])
def test_sizes_of_any_number(counts, tidy):
    tidy(sizes(counts, "Sizes"))
