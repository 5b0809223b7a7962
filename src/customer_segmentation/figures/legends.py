"""What a colour means: a scale beside the panels, the segments under them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import LINE, PLAIN, TEXT, deepest, widest
from customer_segmentation.figures.theme import EDGE, INK, QUIET, bare

#: Of a legend's entry beside its text: the swatch, and the room to the next; inches.
ENTRY = 0.45


def colour_bar(
    figure: Figure, box: tuple[float, float, float, float], colours: Colormap, marks: Sequence[tuple[float, str]]
) -> Axes:
    """Draw a vertical scale in ``box`` (left, bottom, width, height; inches); marks are (share of height, label).

    Parameters
    ----------
    figure : where it is drawn
    box : see above
    colours : the scale
    marks : see above
    """
    width, height = figure.get_size_inches()
    axes = figure.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height), label="scale")
    axes.imshow(np.linspace(1, 0, 128)[:, None], cmap=colours, aspect="auto", extent=(0, 1, 0, 1))
    bare(axes)
    for position, label in marks:
        axes.text(
            1 + 0.06 / box[2], position, label, transform=axes.transAxes, size=TEXT, color=QUIET, va="center", **PLAIN
        )
    return axes


def legend_rows(names: Sequence[str], width: float) -> list[list[int]]:
    """Break a legend into rows that fit ``width`` inches; every row lists the numbers of its entries.

    Parameters
    ----------
    names : entries of the legend
    width : in inches
    """
    rows: list[list[int]] = [[]]
    taken = 0.0
    for number, name in enumerate(names):
        needed = widest([name]) + ENTRY
        if rows[-1] and taken + needed > width:
            rows.append([])
            taken = 0.0
        rows[-1].append(number)
        taken += needed
    return rows


def legend_height(names: Sequence[str], rows: Sequence[Sequence[int]]) -> float:
    """Height of the rows of a legend, in inches.

    Parameters
    ----------
    names : entries of the legend, of one line or several
    rows : numbers of the entries of each row
    """
    return sum(deepest([names[member] for member in row]) for row in rows) * TEXT * LINE * 1.15


def segment_legend(
    figure: Figure, names: Sequence[str], colours: Sequence[str], rows: list[list[int]]
) -> PathCollection:
    """Write the rows of :func:`legend_rows` at the foot of the figure, each with a swatch.

    Parameters
    ----------
    figure : where it is drawn
    names : one a segment
    colours : one a segment
    rows : numbers of the entries of each row
    """
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0, 0, 1, 1), label="legend")
    axes.set(xlim=(0, width), ylim=(0, height))
    bare(axes)
    axes.set_zorder(-1)
    xs, ys, shown = [], [], []
    floor = EDGE
    for members in reversed(rows):
        high = legend_height(names, [members])
        y, x, floor = floor + high / 2, EDGE, floor + high
        for member in members:
            xs.append(x + 0.08)
            ys.append(y)
            shown.append(colours[member])
            side = "center" if "\n" in names[member] else "center_baseline"
            axes.text(x + 0.22, y, names[member], size=TEXT, color=INK, va=side, **PLAIN)
            x += widest([names[member]]) + ENTRY
    return axes.scatter(xs, ys, c=shown, s=70, marker="s", linewidths=0)
