"""Who goes where as k grows: the segments of every k of a study, and the customers that pass between them."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from customer_segmentation.clustering.metrics import contingency
from customer_segmentation.figures.labels import LINE, PANEL, PLAIN, TEXT, number, with_unit
from customer_segmentation.figures.theme import (
    INK,
    compose,
    heading,
    heading_lines,
    ink_on,
    mark,
    name_x,
    new_figure,
    number_axis,
    segment_colours,
    style,
)
from customer_segmentation.formatting import counted

WIDTH, LEFT, RIGHT = 5.6, 0.85, 0.3
STREAM = "#B9C4CE"
#: A stream of fewer customers than this share of all is not drawn: it would be thinner than a hair.
THINNEST = 0.003


def member_flow(
    labels: Mapping[int, npt.ArrayLike],
    height: npt.ArrayLike,
    title: str,
    *,
    measure: str,
    unit: str = "",
    chosen: int | None = None,
) -> Figure:
    """Draw the segments of each k as dots at the mean of a measure, joined by streams of the customers they share.

    Parameters
    ----------
    labels : mapping of k to array-like of shape (n_customers,)
        Segment of each customer under every k, of one study.
    height : array-like of shape (n_customers,)
        The measure at whose mean a segment stands: what customers are worth, or a component of the space.
    title : str
    measure, unit : str
        What the measure is.
    chosen : int, optional
        The k whose segments keep their colours and numbers.

    Returns
    -------
    Figure
        As Schonlau's clustergram (2002), with the streams between neighbouring k as wide as they have customers.
    """
    ks = sorted(k for k in labels if k >= 1)
    values = np.asarray(height, dtype=float)
    parts = {k: np.asarray(labels[k]) for k in ks}
    middles = {k: _means(parts[k], values, k) for k in ks}
    measured = with_unit(f"Mean {measure}", unit)
    second = (len(heading_lines(measured, WIDTH - LEFT - RIGHT)) - 1) * PANEL * LINE
    figure = new_figure(WIDTH, 3.9 + second, nrows=1, ncols=1)
    compose(
        figure,
        title=title,
        caption=f"A dot is a segment, at the mean {measure} of its customers and as large as they are many; bands are "
        "the customers that two segments of neighbouring k share. Bands that stay whole are groups that do not depend "
        "on k.",
        left=LEFT,
        right=RIGHT,
        bottom=0.62,
        top=0.4 + second,
    )
    axes = figure.axes[0]
    style(axes, grid="y")
    every = np.concatenate([middles[k] for k in ks]) if ks else np.zeros(1)
    every = every[np.isfinite(every)]
    low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
    span = (high - low) or abs(high) or 1.0
    axes.set(
        xlim=((ks[0] if ks else 0) - 0.5, (ks[-1] if ks else 1) + 0.5), ylim=(low - 0.14 * span, high + 0.14 * span)
    )
    thick = 0.16 * span  # of a band with all customers
    bands = _bands(parts, middles, thick)
    if bands:
        axes.add_collection(PolyCollection(bands, facecolor=STREAM, edgecolor="none", alpha=0.75), autolim=False)
    for k in ks:
        _dots(axes, np.bincount(parts[k], minlength=k), middles[k], measure, unit, chosen=k == chosen)
    if chosen in parts:
        axes.axvline(chosen, color=INK, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    shown = ks if len(ks) <= 14 else ks[:: -(-len(ks) // 12)]
    axes.set_xticks(shown, [str(k) for k in shown])
    number_axis(axes.yaxis, unit)
    heading(axes, measured)
    name_x(axes, "k, number of segments")
    return figure


def _dots(
    axes: Axes, counts: npt.NDArray[np.int_], middles: npt.NDArray[np.float64], measure: str, unit: str, *, chosen: bool
) -> None:
    """Dots of the segments of one k, as large as they have customers; those of the chosen k coloured and numbered."""
    k = len(counts)
    colours = segment_colours(k) if chosen else ["#5F6B76"] * k
    areas = 30 + 420 * (counts / max(int(counts.sum()), 1))
    if chosen:
        areas = np.maximum(areas, 190)
    for segment in range(k):
        dot = axes.scatter(
            [k], [middles[segment]], s=areas[segment], c=[colours[segment]], edgecolors="white", linewidths=1.2,
            zorder=3,
        )  # fmt: skip
        told = f"k = {k}, segment {segment}: {counted(int(counts[segment]), 'customer')}, "
        told += f"mean {measure} {number(float(middles[segment]), unit)}"
        mark(dot, segment if chosen else None, [told])
    if chosen:
        for segment in range(k):
            axes.text(
                k, middles[segment], str(segment), size=TEXT, weight="bold", color=ink_on(colours[segment]),
                ha="center", va="center_baseline", zorder=4, **PLAIN,
            )  # fmt: skip


def _means(labels: npt.NDArray[np.int_], values: npt.NDArray[np.float64], k: int) -> npt.NDArray[np.float64]:
    """Mean of the known values in each segment."""
    known = np.isfinite(values)
    counts = np.bincount(labels[known], minlength=k)
    sums = np.bincount(labels[known], weights=values[known], minlength=k)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / counts)


def _bands(
    parts: Mapping[int, npt.NDArray[np.int_]], middles: Mapping[int, npt.NDArray[np.float64]], thick: float
) -> list[npt.NDArray[np.float64]]:
    """Streams of the customers whom segments of neighbouring k share; one with all customers is as ``thick``."""
    bands = []
    for first, second in pairwise(parts):
        n = len(parts[first])
        shared = contingency(parts[first], parts[second], first, second)
        for a, b in np.argwhere(shared >= max(1, THINNEST * n)):
            bands.append(_band(first, second, middles[first][a], middles[second][b], thick * shared[a, b] / n))
    return bands


def _band(x0: float, x1: float, y0: float, y1: float, thickness: float) -> npt.NDArray[np.float64]:
    """Corners of a smooth band between two dots."""
    t = np.linspace(0, 1, 24)
    x = x0 + (x1 - x0) * t
    y = y0 + (y1 - y0) * (3 * t**2 - 2 * t**3)
    upper = np.column_stack([x, y + thickness / 2])
    lower = np.column_stack([x, y - thickness / 2])[::-1]
    return np.vstack([upper, lower])
