"""What each segment is worth, and what became of its customers: value against customers, outcome rates."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import PLAIN, TEXT, fit, text_width, widest, wrap
from customer_segmentation.figures.theme import (
    EDGE,
    INK,
    QUIET,
    RULE,
    bare,
    compose,
    new_figure,
    segment_colours,
    segment_names,
)
from customer_segmentation.formatting import level, percent

WIDTH = 5.6
LABEL_LIMIT = 1.9  # inches
ROW = 0.56
NEUTRAL = "#C4C4C4"


def value_against_customers(
    customer_shares: Sequence[float],
    value_shares: Sequence[float],
    title: str,
    *,
    value: str,
    names: Sequence[str] | None = None,
) -> Figure:
    """Draw each segment's share of the customers above its share of the value.

    Parameters
    ----------
    customer_shares, value_shares : sequences of k float
        Between 0 and 1; a value that is not known is NaN.
    title : str
    value : str
        What the value is.
    names : sequence of k str, optional

    Returns
    -------
    Figure
    """
    k = len(customer_shares)
    shown = _labels(k, names)
    left = max(widest([line for lines in shown for line in lines]) + EDGE + 0.14, 0.9)
    right = text_width("100.0 % of customers") + 5 / 72 + EDGE
    figure = new_figure(WIDTH, max(k, 1) * ROW + EDGE, nrows=1, ncols=1)
    compose(
        figure,
        title=title,
        caption=f"Grey: share of all customers. Colour: share of all {value}. A coloured bar longer than the grey one "
        "is a segment worth more than its size.",
        left=left,
        right=right,
        bottom=EDGE,
    )
    axes = figure.axes[0]
    bare(axes)
    first, second = np.asarray(customer_shares, dtype=float), np.asarray(value_shares, dtype=float)
    largest = float(np.nanmax(np.concatenate([first, second, [0.01]])))
    axes.set(xlim=(min(0.0, float(np.nanmin(np.append(second, 0.0)))), largest), ylim=(max(k, 1) - 0.5, -0.5))
    places = np.arange(k)
    axes.barh(places - 0.19, first, height=0.32, color=NEUTRAL)
    axes.barh(places + 0.19, np.nan_to_num(second), height=0.32, color=segment_colours(k))
    axes.axvline(0, color=RULE, linewidth=1)
    for segment in range(k):
        _name(axes, segment, k, shown[segment], WIDTH - left - right)
        written = percent(first[segment]), "–" if np.isnan(second[segment]) else percent(second[segment])
        for offset, width, text, colour in (
            (-0.19, first[segment], f"{written[0]} of customers", QUIET),
            (0.19, max(float(np.nan_to_num(second[segment])), 0.0), f"{written[1]} of value", INK),
        ):
            axes.annotate(
                text, (width, segment + offset), xytext=(5, 0), textcoords="offset points", size=TEXT, color=colour,
                va="center_baseline", annotation_clip=False, **PLAIN,
            )  # fmt: skip
    return figure


def outcome_rates(  # noqa: PLR0913 - each is named at the call
    rates: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    counts: Sequence[int],
    title: str,
    *,
    outcome: str,
    overall: float,
    names: Sequence[str] | None = None,
) -> Figure:
    """Draw the rate of an outcome in each segment with its 95 % interval, and the rate of all customers.

    Parameters
    ----------
    rates, low, high : sequences of k float
        Between 0 and 1; NaN where a segment has nobody with a known outcome.
    counts : sequence of k int
        Customers with a known outcome in each segment.
    title : str
    outcome : str
        What is counted, such as ``Churned``.
    overall : float
        Rate of all these customers.
    names : sequence of k str, optional

    Returns
    -------
    Figure
    """
    k = len(rates)
    shown = _labels(k, names)
    values, lower, upper = (np.asarray(numbers, dtype=float) for numbers in (rates, low, high))
    texts = [
        "–" if np.isnan(rate) else f"{percent(rate)} of {count:,}" for rate, count in zip(values, counts, strict=True)
    ]
    left = max(widest([line for lines in shown for line in lines]) + EDGE + 0.14, 0.9)
    right = widest(texts) + EDGE + 0.2
    head, foot = 0.3, 0.42
    figure = new_figure(WIDTH, max(k, 1) * 0.46 + head + foot, nrows=1, ncols=1)
    compose(
        figure,
        title=title,
        caption=f"Share of each segment's customers with {fit(outcome, 2.5)}, and its 95 % interval. Customers outside "
        "the fit are assigned to their nearest segment. Dashed: all customers.",
        left=left,
        right=right,
        bottom=foot,
        top=head,
    )
    axes = figure.axes[0]
    bare(axes)
    top = float(np.nanmax(np.concatenate([upper, values, [overall, 0.01]]))) * 1.05
    axes.set(xlim=(0, top), ylim=(max(k, 1) - 0.5, -0.5))
    width = WIDTH - left - right
    _rate_scale(axes, top, overall, width, max(k, 1) * 0.46)
    colours = segment_colours(k)
    for segment in range(k):
        _name(axes, segment, k, shown[segment], width)
        axes.plot(
            [lower[segment], upper[segment]],
            [segment, segment],
            color=colours[segment],
            linewidth=2,
            marker="|",
            markersize=11,
            markeredgewidth=2,
        )
        axes.plot(
            [values[segment]], [segment], "o", color=colours[segment], markersize=7, markeredgecolor="white",
            markeredgewidth=1, clip_on=False, zorder=3,
        )  # fmt: skip
        axes.text(
            1 + 0.16 / width, 1 - (segment + 0.5) / k, texts[segment], transform=axes.transAxes, size=TEXT, color=INK,
            va="center", **PLAIN,
        )  # fmt: skip
    return figure


def _rate_scale(axes: Axes, top: float, overall: float, width: float, height: float) -> None:
    """Lines of round shares below, the rate of all customers above; the axes are so many inches wide and high."""
    ticks = _ticks(top, most=int(width / 0.46))
    last, first = axes.get_ylim()
    axes.vlines(ticks, first, last, color="#E6E6E6", linewidth=0.8)
    for tick in ticks:
        axes.text(
            tick / top, -0.06 / height, level(tick), transform=axes.transAxes, size=TEXT, color=QUIET,
            ha="center", va="top", **PLAIN,
        )  # fmt: skip
    axes.axvline(overall, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
    word = f"all {percent(overall)}"
    half = text_width(word) / 2 / width
    axes.text(
        min(max(overall / top, half), 1 - half), 1 + 0.06 / height, word, transform=axes.transAxes, size=TEXT,
        color=INK, ha="center", va="bottom", **PLAIN,
    )  # fmt: skip


def _labels(k: int, names: Sequence[str] | None) -> list[list[str]]:
    """Names on at most three lines each, with the number before them."""
    plain = segment_names(k, names)
    return [
        wrap(name if names is None else f"{segment} · {name}", LABEL_LIMIT, TEXT) for segment, name in enumerate(plain)
    ]


def _name(axes: Axes, segment: int, k: int, lines: list[str], width: float) -> None:
    axes.text(
        -0.14 / width, 1 - (segment + 0.5) / k, "\n".join(lines), transform=axes.transAxes, size=TEXT, color=INK,
        ha="right", va="center", linespacing=1.15, **PLAIN,
    )  # fmt: skip


def _ticks(top: float, most: int) -> npt.NDArray[np.float64]:
    """At most five round shares from 0 up, as many as there is room for."""
    steps = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
    step = next(step for step in steps if top / step <= min(max(most - 1, 1), 4.2))
    return np.round(np.arange(0, top, step), 4)
