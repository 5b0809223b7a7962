from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from customer_segmentation.figures.theme import compose, ink_on, new_figure, segment_colours, segment_names

# Simulated dichromacy, severity 1, on linear RGB (Machado, Oliveira and Fernandes, 2009, supplement).
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def _oklab(colour, sight):
    rgb = np.array(to_rgb(colour))
    linear = np.clip(SIGHT[sight] @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4), 0, 1)
    cones = np.cbrt(
        np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        )
        @ linear
    )
    return (
        np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        )
        @ cones
    )


@pytest.mark.parametrize("sight", list(SIGHT))
def test_ten_segments_are_told_apart(sight):
    seen = [_oklab(colour, sight) for colour in segment_colours(10)]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 0.085
    first = seen[:5]
    assert min(np.linalg.norm(a - b) for a, b in combinations(first, 2)) > 0.12


def test_a_segment_keeps_its_colour():
    for k in range(1, 31):
        assert segment_colours(k) == segment_colours(40)[:k]
    assert len(set(segment_colours(40))) == 40
    assert segment_colours(0) == []


@pytest.mark.parametrize("colour", [*segment_colours(30), "white", "black", "#777777"])
def test_ink_reads_on_its_ground(colour):
    def luminance(shade):
        rgb = np.array(to_rgb(shade))
        return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    dark, light = sorted([luminance(colour), luminance(ink_on(colour))])
    assert (light + 0.05) / (dark + 0.05) > 3.5


def test_figures_stand_on_agg():
    figure = new_figure(4, 3, nrows=2, ncols=2)
    assert isinstance(figure.canvas, FigureCanvasAgg)
    assert len(figure.axes) == 4


def test_header_adds_to_the_height_and_panels_keep_theirs(tidy):
    figure = new_figure(6, 3, nrows=1, ncols=2)
    margins = {"left": 1, "right": 0.5, "bottom": 0.5, "top": 0.2, "gaps": (0.4, 0), "grid": (1, 2)}
    compose(figure, title="A title " * 12, caption="What is shown. " * 20, **margins)
    width, height = figure.get_size_inches()
    assert width == 6
    assert height > 3.5
    left, right = (axes.get_position() for axes in figure.axes)
    assert left.x0 * width == pytest.approx(1)
    assert right.x1 * width == pytest.approx(5.5)
    assert (right.x0 - left.x1) * width == pytest.approx(0.4)
    assert left.height * height == pytest.approx(3 - 0.5 - 0.2)
    tidy(figure)


def test_names():
    assert segment_names(2) == ["Segment 0", "Segment 1"]
    assert segment_names(2, ["a", "b"]) == ["a", "b"]
