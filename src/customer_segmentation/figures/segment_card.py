"""The picture on a segment's card: its profile against the average customer, a bar a variable."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import PANEL, PLAIN, TEXT, deepest, fit, widest, wrap_all
from customer_segmentation.figures.theme import EDGE, INK, QUIET, RULE, bare, compose, new_figure, segment_colours

#: Standard deviations at which a bar ends; what lies beyond is marked by an arrow head and written all the same.
REACH = 2.0
MOST_BARS = 10
WIDTH = 5.6  # inches: readable on a telephone
LABEL_LIMIT = 1.75  # inches
VALUE_LIMIT = 0.9
PLOT = 1.9  # inches at least, or the marks of its scale would run into each other


def segment_card(
    rows: pd.DataFrame,
    *,
    segment: int,
    name: str,
    k: int,
    title: str | None = None,
) -> Figure:
    """Draw how one segment differs from the average customer, in standard deviations, with the values beside.

    Parameters
    ----------
    rows : DataFrame of shape (n_variables, n_columns)
        ``variable``; ``effect``, in standard deviations of all customers, optionally with ``low`` and ``high`` of its
        95 % interval; ``here`` and ``all``, the values of the segment and of all customers as text. The first ten are
        drawn.
    segment : int
        Its number, which gives its colour.
    name : str
    k : int
        Number of segments of the candidate.
    title : str, optional

    Returns
    -------
    Figure
    """
    shown = rows.head(MOST_BARS)
    n = max(len(shown), 1)
    labels = wrap_all(shown["variable"].tolist(), LABEL_LIMIT)
    own = [fit(text, VALUE_LIMIT) for text in shown["here"]]
    all_customers = [fit(text, VALUE_LIMIT) for text in shown["all"]]
    left = max(widest(labels) + EDGE + 0.12, 1.1)
    first, second = (max(widest(texts), widest([head])) for texts, head in ((own, "here"), (all_customers, "all")))
    right = 0.18 + first + 0.22 + second + EDGE
    step, head_room = 0.31 if deepest(labels) == 1 else 0.4, 0.3
    page = max(WIDTH, left + PLOT + right)
    figure = new_figure(page, n * step + head_room + 0.36, nrows=1, ncols=1)
    compose(
        figure,
        title=title or f"Segment {segment}: {name}",
        caption="Distance from the mean of all customers in standard deviations (sd).",
        left=left,
        right=right,
        bottom=0.36,
        top=head_room,
    )
    axes = figure.axes[0]
    bare(axes)
    axes.set(xlim=(-REACH, REACH), ylim=(n - 0.5, -0.5))
    effects = shown["effect"].to_numpy(dtype=float)
    _bars(axes, shown, effects, segment_colours(max(k, segment + 1))[segment])
    beyond = np.abs(effects) > REACH
    width = page - left - right
    for row in range(len(shown)):
        y = 1 - (row + 0.5) / n
        _text(axes, -0.12 / width, y, labels[row], "right")
        _text(axes, 1 + (0.18 + first) / width, y, own[row], "right", weight="bold")
        _text(axes, 1 + (0.18 + first + 0.22 + second) / width, y, all_customers[row], "right", color=QUIET)
        if beyond[row]:
            sign = 1 if effects[row] > 0 else -1
            end, mark, side = (1 + 0.02 / width, "›", "left") if sign > 0 else (-0.02 / width, "‹", "right")
            _text(axes, end, y, mark, side)
    height = n * step
    foot = -0.06 / height
    for share, text in ((0.0, "−2"), (0.25, "−1"), (0.5, "mean"), (0.75, "+1"), (1.0, "+2 sd")):
        _text(axes, share, foot, text, "center", va="top", color=QUIET)
    over = 1 + 0.07 / height
    for x, text in ((0.18 + first, "here"), (0.18 + first + 0.22 + second, "all")):
        _text(axes, 1 + x / width, over, text, "right", va="bottom", color=QUIET)
    if not len(shown):
        axes.text(0, 0, "nothing to compare", size=PANEL, color=QUIET, ha="center", va="center", **PLAIN)
    return figure


def _bars(axes: Axes, shown: pd.DataFrame, effects: npt.NDArray[np.float64], colour: str) -> None:
    """A bar for each variable with its interval, between the lines of whole standard deviations."""
    for place in (-2, -1, 1, 2):
        axes.axvline(place, color="#E6E6E6", linewidth=0.8, zorder=0)
    places = np.arange(len(shown))
    axes.barh(places, np.clip(np.nan_to_num(effects), -REACH, REACH), height=0.62, color=colour, zorder=2)
    if {"low", "high"} <= set(shown.columns):
        low, high = (np.clip(shown[side].to_numpy(dtype=float), -REACH, REACH) for side in ("low", "high"))
        axes.hlines(places, low, high, color=INK, linewidth=1.4, zorder=3)
    axes.axvline(0, color=RULE, linewidth=1.4, zorder=4)


def _text(axes: Axes, x: float, y: float, text: str, side: str, **further: Any) -> None:
    style: dict[str, Any] = {"va": "center", "color": INK, "size": TEXT, **PLAIN, **further}
    axes.text(x, y, text, transform=axes.transAxes, ha=side, **style)
