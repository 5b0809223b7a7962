"""What every figure must keep: nothing outside its canvas, no text over another, no text below 10 points."""

from collections.abc import Callable
from itertools import combinations

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text


def _texts(figure: Figure) -> list[Text]:
    """Every text that is drawn, tick labels included."""
    renderer = figure.canvas.get_renderer()
    found = list(figure.texts)
    for axes in figure.axes:
        found += axes.texts
        if axes.axison:
            for axis in (axes.xaxis, axes.yaxis):
                found += [tick.label1 for tick in axis._update_ticks() if tick.label1.get_visible()]
    return [text for text in found if text.get_visible() and text.get_text() and text.get_window_extent(renderer).width]


@pytest.fixture
def texts() -> Callable[[Figure], list[str]]:
    """Return a function that draws a figure and lists its texts, lines of one text joined by a blank."""

    def drawn(figure: Figure) -> list[str]:
        figure.canvas.draw()
        return [text.get_text().replace("\n", " ").replace("\u00a0", " ") for text in _texts(figure)]

    return drawn


@pytest.fixture
def tidy() -> Callable[..., None]:
    """Return a function that draws a figure and fails where text is cut, overlaps or is small."""

    def check(figure: Figure, *, overlap: Callable[[str], bool] = lambda text: False) -> None:
        """``overlap`` tells which texts may lie over others, such as the numbers of centres."""
        figure.canvas.draw()
        renderer = figure.canvas.get_renderer()
        canvas = figure.bbox
        boxes = []
        for text in _texts(figure):
            box = text.get_window_extent(renderer)
            label = repr(text.get_text())
            assert box.x0 >= -1, f"{label} is cut on the left"
            assert box.y0 >= -1, f"{label} is cut at the foot"
            assert box.x1 <= canvas.x1 + 1, f"{label} is cut on the right"
            assert box.y1 <= canvas.y1 + 1, f"{label} is cut at the top"
            assert text.get_size() >= 10, f"{label} has {text.get_size()} points"
            if not overlap(text.get_text()):
                boxes.append((label, box))
        for (first, a), (second, b) in combinations(boxes, 2):
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            # Boxes reach from ascender to descender, so neighbouring lines may share a pixel or two.
            assert wide <= 1 or high <= 3.5, f"{first} and {second} overlap by {wide:.1f} × {high:.1f} pixels"
        for axes in figure.axes:
            box = axes.get_position()
            assert box.x0 >= -1e-9
            assert box.y0 >= -1e-9
            assert box.x1 <= 1 + 1e-9
            assert box.y1 <= 1 + 1e-9
            assert box.width > 0
            assert box.height > 0

    return check
