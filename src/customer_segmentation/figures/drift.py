"""Drift drawn: how each variable was distributed at the fit and is now, and how the segments' shares have changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import LINE, PLAIN, TEXT, fit_all, widest
from customer_segmentation.figures.legends import legend_rows, segment_legend
from customer_segmentation.figures.theme import (
    ACCENT,
    EDGE,
    PALETTE,
    QUIET,
    RULE,
    compose,
    heading,
    name_x,
    new_figure,
    number_axis,
    style,
)

MOST = 8  # variables
MOST_BINS = 12
ACROSS = 3
PANEL_WIDTH = 2.3  # inches
LABEL_WIDTH = 1.35
COLOURS = {"steady": QUIET, "watch": PALETTE[1], "refit": PALETTE[4]}
THEN = "#B5BEC6"


def drift_figure(
    variables: pd.DataFrame, bins: Mapping[str, pd.DataFrame], segments: pd.DataFrame, *, title: str, caption: str
) -> Figure:
    """Shares of customers in the bins of the most drifted variables, and changes of the segments with intervals.

    Parameters
    ----------
    variables : DataFrame
        ``variable``, ``stability`` and ``word``, the most drifted first.
    bins : mapping of str to DataFrame
        ``bin``, ``then`` and ``now`` of each variable.
    segments : DataFrame
        ``name``, ``change``, ``low``, ``high`` and ``word``.
    title, caption : str
    """
    shown = variables.head(MOST)
    count = len(shown) + 1
    columns = 2 if count == 4 else min(ACROSS, count)
    rows = -(-count // columns)
    texts = [str(text) for row in shown.itertuples() for text in bins[str(row.variable)]["bin"].head(MOST_BINS)]
    names = fit_all([str(name) for name in segments["name"]], LABEL_WIDTH)
    left = max(widest(fit_all(texts, LABEL_WIDTH)), widest(names)) + 0.12
    most = max([len(names), *(min(len(bins[str(name)]), MOST_BINS) for name in shown["variable"])])
    width = EDGE * 2 + columns * PANEL_WIDTH + columns * left + (columns - 1) * 0.25
    legend = legend_rows(["at the fit", "now"], width - 2 * EDGE)
    foot = 0.55 + len(legend) * TEXT * LINE * 1.15 + 0.14
    height = rows * (0.19 * most + 0.2) + (rows - 1) * 0.95 + foot + 0.36
    figure = new_figure(width, height, nrows=rows, ncols=columns, squeeze=False)
    compose(
        figure,
        title=title,
        caption=caption,
        left=EDGE + left,
        right=EDGE,
        bottom=foot,
        top=0.36,
        gaps=(left + 0.25, 0.95),
        grid=(rows, columns),
    )
    for axes, row in zip(figure.axes, shown.itertuples(), strict=False):
        _bars(axes, bins[str(row.variable)].head(MOST_BINS))
        heading(axes, f"{row.variable}: index {row.stability:.2f}, {row.word}")
    _changes(figure.axes[len(shown)], segments, names)
    for axes in figure.axes[count : rows * columns]:
        axes.set_visible(False)
    segment_legend(figure, ["at the fit", "now"], [THEN, ACCENT], legend)
    return figure


def _bars(axes: Axes, part: pd.DataFrame) -> None:
    at = np.arange(len(part))[::-1]
    style(axes, grid="x")
    axes.barh(at + 0.2, part["then"] * 100, 0.38, color=THEN)
    axes.barh(at - 0.2, part["now"] * 100, 0.38, color=ACCENT)
    axes.set_yticks(at, fit_all([str(text) for text in part["bin"]], LABEL_WIDTH), **PLAIN)
    axes.set_ylim(-0.6, len(part) - 0.4)
    number_axis(axes.xaxis, ticks=4)
    name_x(axes, "customers, %")


def _changes(axes: Axes, segments: pd.DataFrame, names: list[str]) -> None:
    at = np.arange(len(segments))[::-1]
    style(axes, grid="x")
    axes.axvline(0, color=RULE, linewidth=1.2)
    for y, row in zip(at, segments.itertuples(), strict=True):
        colour = COLOURS[str(row.word)]
        axes.plot([100 * float(row.low), 100 * float(row.high)], [y, y], color=colour, linewidth=2)  # type: ignore[arg-type]  # a cell of a frame has no type
        axes.plot(100 * float(row.change), y, "o", color=colour, markersize=6)  # type: ignore[arg-type]  # a cell of a frame has no type
    axes.set_yticks(at, names, **PLAIN)
    axes.set_ylim(-0.6, len(segments) - 0.4)
    number_axis(axes.xaxis, ticks=4)
    heading(axes, "Segments, change of the share")
    name_x(axes, "points, with 95 % intervals")
