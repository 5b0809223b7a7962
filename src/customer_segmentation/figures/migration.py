"""Who moves where between two segmentations: a matrix of customers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import PLAIN, TEXT, fit, widest, wrap
from customer_segmentation.figures.theme import EDGE, INK, SEQUENTIAL, cells, compose, new_figure, size_inches

CELL, ROW, NAME = 1.35, 0.5, 2.6  # inches: a column, a row, the longest name of a row


def migration_heatmap(
    counts: npt.NDArray[np.integer],
    names_before: Sequence[str],
    names_after: Sequence[str],
    same: Sequence[tuple[int, int]],
    title: str,
    *,
    sentence: str = "",
) -> Figure:
    """Draw the customers of each pair of segments; the colour is the share of the segment before.

    Parameters
    ----------
    counts : integer array of shape (k_before, k_after)
    names_before, names_after : sequence of str
    same : sequence of pairs
        Segments that are one and the same, framed.
    title : str
    sentence : str
        Stands first in the caption.
    """
    rows, columns = counts.shape
    sums = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    named = [fit(name, NAME) for name in names_before]
    heads = [wrap(name, CELL - 0.1, lines=3) for name in names_after]
    left = max(widest(named) + 0.35, 1.2)
    width = max(left + columns * CELL + EDGE, 6.4)
    top = 0.2 + 0.17 * max(len(lines) for lines in heads)
    figure = new_figure(width, rows * ROW + top + EDGE, nrows=1, ncols=1)
    compose(
        figure,
        title=title,
        caption=f"{sentence} Rows: segments before; columns: after. Customers, and the share of the row in colour; a "
        "frame marks what is the same segment by the customers in both.".strip(),
        left=left,
        right=width - left - columns * CELL,
        top=top,
        bottom=EDGE,
    )
    axes = figure.axes[0]
    texts = [[f"{value:,}" if value else "" for value in row] for row in counts]
    cells(axes, counts / sums, texts, colours=SEQUENTIAL, low=0.0, high=1.0)
    for i, j in same:
        box = ([j - 0.46, j + 0.46, j + 0.46, j - 0.46, j - 0.46], [i - 0.42, i - 0.42, i + 0.42, i + 0.42, i - 0.42])
        axes.plot(*box, color=INK, linewidth=2.0)
    place = {"transform": axes.transAxes, "size": TEXT, "color": INK, **PLAIN}
    across, down = size_inches(axes)
    for number, name in enumerate(named):
        axes.text(-0.12 / across, 1 - (number + 0.5) / rows, name, ha="right", va="center", **place)
    for number, lines in enumerate(heads):
        axes.text((number + 0.5) / columns, 1 + 0.07 / down, "\n".join(lines), ha="center", va="bottom", **place)
    return figure
