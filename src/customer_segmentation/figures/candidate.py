"""Figures of one candidate: how well its customers fit, where its segments lie, what they are like, their sizes."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import LINE, PLAIN, TEXT, deepest, number, widest, with_unit, wrap, wrap_all
from customer_segmentation.figures.legends import colour_bar
from customer_segmentation.figures.scatter import scatter_pairs
from customer_segmentation.figures.theme import (
    DIVERGING,
    EDGE,
    INK,
    QUIET,
    RULE,
    bare,
    cells,
    compose,
    name_x,
    new_figure,
    number_axis,
    segment_colours,
    segment_names,
    style,
)
from customer_segmentation.formatting import percent

__all__ = ["centres_heatmap", "means_heatmap", "scatter_pairs", "silhouette_plot", "sizes", "spread_out"]

MOST_BARS = 1_500  # of a silhouette plot, beyond which more are not seen, only paid for
WIDEST = 1.7  # inches of a column whose heading has more than four lines
LABEL_LIMIT = 3.2  # inches of a line


def silhouette_plot(
    values: npt.ArrayLike, labels: npt.ArrayLike, title: str, *, names: Sequence[str] | None = None
) -> Figure:
    """Draw the silhouette of each customer, sorted within each segment, and the mean of all.

    Parameters
    ----------
    values : array-like of shape (n_customers,)
        Silhouettes, -1 to 1; NaN for a customer outside the sample they were computed on.
    labels : array-like of shape (n_customers,)
        Segment of each customer, 0 to k - 1.
    title : str
    names : sequence of k str, optional

    Returns
    -------
    Figure
        A segment's height is its number of customers. Beyond some thousand customers each band is drawn from evenly
        spaced order statistics of its sorted values, which look the same.
    """
    silhouettes = np.asarray(values, dtype=float)
    segments = np.asarray(labels, dtype=int)
    known = np.isfinite(silhouettes)
    silhouettes, segments = silhouettes[known], segments[known]
    k = int(np.asarray(labels, dtype=int).max(initial=-1)) + 1
    shown = segment_names(k, names)
    colours = segment_colours(k)
    n = len(segments)
    texts = []
    for segment in range(k):
        own = silhouettes[segments == segment]
        level = f"mean {own.mean():.2f}".replace("-", "−") if len(own) else "none in the sample"
        texts.append("\n".join(wrap(f"{shown[segment]} · {len(own):,} · {level}", 3.4, lines=2)))
    line = LINE * TEXT * 1.05 * deepest(texts)
    figure = new_figure(9.0, max(3.6, (line + 0.05) * k + 1.2), nrows=1, ncols=1)
    axes = figure.axes[0]
    room = widest(texts) + 0.75
    mean = float(silhouettes.mean()) if n else float("nan")
    compose(
        figure,
        title=title,
        caption=f"Silhouette of {n:,} customers, sorted within their segment: near 1 well inside, near 0 between two, "
        "below 0 closer to another. A band is as high as its segment has customers.",
        left=room,
        right=0.4,
        bottom=0.6,
        top=0.32,
    )
    style(axes, grid="x")
    axes.spines["left"].set_visible(False)
    centres, total = _silhouette_bands(axes, silhouettes, segments, colours)
    low = min(-0.1, float(np.floor(silhouettes.min(initial=0) * 10) / 10)) if n else -0.1
    axes.set(xlim=(low, 1), ylim=(total, 0), yticks=[])
    axes.axvline(0, color=RULE, linewidth=1)
    if n:
        axes.axvline(mean, color=INK, linewidth=1.4, linestyle=(0, (4, 3)))
        top = axes.get_xaxis_transform()
        axes.text(
            mean, 1.01, f"mean {mean:.3f}".replace("-", "−"), transform=top, size=TEXT, color=INK, ha="center",
            va="bottom", **PLAIN,
        )  # fmt: skip
    number_axis(axes.xaxis, ticks=6)
    name_x(axes, "Silhouette")
    height = _panel_height(figure, axes)
    places = spread_out(np.array(centres) / total, line / height)
    width = figure.get_size_inches()[0] - room - 0.4
    for segment, place in enumerate(places):
        axes.text(
            -0.32 / width, 1 - place, texts[segment], transform=axes.transAxes, size=TEXT, color=INK, ha="right",
            va="center", **PLAIN,
        )  # fmt: skip
    axes.scatter(
        np.full(k, -0.18 / width), 1 - places, c=colours, s=70, marker="s", lw=0, transform=axes.transAxes,
        clip_on=False,
    )  # fmt: skip
    return figure


def _silhouette_bands(
    axes: Axes, silhouettes: npt.NDArray[np.float64], segments: npt.NDArray[np.int_], colours: Sequence[str]
) -> tuple[list[float], float]:
    """Draw a band a segment, one under the other; return their middles and the height of all."""
    n = len(segments)
    gap = 0.012 * n
    start, centres = 0.0, []
    for segment, colour in enumerate(colours):
        own = np.sort(silhouettes[segments == segment])[::-1]
        bars = min(len(own), max(20, round(MOST_BARS * len(own) / max(n, 1))))
        if bars:
            picked = own[np.round(np.linspace(0, len(own) - 1, bars)).astype(int)]
            heights = start + np.linspace(0, len(own), bars + 1)
            axes.fill_betweenx(heights, 0, np.append(picked, picked[-1]), step="post", color=colour, lw=0)
        centres.append(start + len(own) / 2)
        start += len(own) + gap
    return centres, max(start - gap, 1.0)


def centres_heatmap(
    centres: pd.DataFrame,
    overall_mean: pd.Series,
    overall_sd: pd.Series,
    units: Mapping[str, str],
    title: str = "Segment centres",
    *,
    names: Sequence[str] | None = None,
) -> Figure:
    """Draw what each segment is like: one row a feature, one column a segment.

    Parameters
    ----------
    centres : DataFrame of shape (k, n_features)
        Members' means in original units; row i is segment i.
    overall_mean, overall_sd : Series of shape (n_features,)
        Of all customers, by feature, in original units. A feature without spread is neutral.
    units : mapping of feature to unit
    title : str
    names : sequence of k str, optional

    Returns
    -------
    Figure
        The colour is the distance from the mean of all in standard deviations, cut at two; the text is the mean in
        the unit of the feature.
    """
    features = list(centres.columns)
    k = len(centres)
    means = overall_mean.reindex(features).to_numpy(dtype=float)
    spreads = overall_sd.reindex(features).to_numpy(dtype=float)
    values = centres.to_numpy(dtype=float).T
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = np.where(spreads[:, None] > 0, (values - means[:, None]) / spreads[:, None], 0.0 * values)
    own_units = [units.get(feature, "") for feature in features]
    rows = [
        [number(mean, unit), *(number(value, unit) for value in line)]
        for mean, line, unit in zip(means, values, own_units, strict=True)
    ]
    return means_heatmap(
        [with_unit(feature, unit) for feature, unit in zip(features, own_units, strict=True)], rows, distance, title,
        names=segment_names(k, names),
    )  # fmt: skip


def means_heatmap(
    variables: Sequence[str],
    rows: Sequence[Sequence[str]],
    distance: npt.NDArray[np.float64],
    title: str,
    *,
    names: Sequence[str],
) -> Figure:
    """Draw means as coloured cells: one row a variable, one column a segment, all customers before them.

    Parameters
    ----------
    variables : sequence of m str
    rows : m sequences of 1 + k str
        The mean of all customers, then that of each segment, as texts.
    distance : array of shape (m, k)
        From the mean of all, in standard deviations.
    title : str
    names : sequence of k str

    Returns
    -------
    Figure
    """
    k = len(names)
    over = ["All customers", *names]
    longest_word = widest([word for name in over for word in name.split()])
    column = max(0.9, min(longest_word + 0.15, 1.3), widest([text for line in rows for text in line]) + 0.24)
    headings = [wrap(name, column - 0.1, TEXT, lines=9) for name in over]
    while max(map(len, headings)) > 4 and column < WIDEST:
        column += 0.1
        headings = [wrap(name, column - 0.1, TEXT, lines=9 if column < WIDEST else 5) for name in over]
    labels = wrap_all(variables, LABEL_LIMIT)
    left = max(widest(labels) + 0.4, 1.2)
    right = 1.05
    width = max(left + (k + 1) * column + right, 7.0)
    above = max(len(lines) for lines in headings) * TEXT * LINE + 0.22
    cell = 0.36 if deepest(labels) == 1 else 0.42
    figure = new_figure(width, max(len(variables), 4) * cell + above + EDGE, nrows=1, ncols=1)
    compose(
        figure,
        title=title,
        caption="Mean of each segment in original units; colour: distance from the mean of all customers in standard "
        "deviations.",
        left=left,
        right=right,
        top=above,
        bottom=EDGE + max(0, 4 - len(variables)) * cell,
    )
    axes = figure.axes[0]
    neutral = np.column_stack([np.full(len(variables), np.nan), distance])
    cells(axes, neutral, rows, colours=DIVERGING, low=-2, high=2)
    axes.axvline(0.5, color="white", linewidth=5)
    height = len(variables) * cell
    for position, label in enumerate(labels):
        axes.text(
            -0.12 / (width - left - right), 1 - (position + 0.5) / len(variables), label, transform=axes.transAxes,
            size=TEXT, color=INK, ha="right", va="center", **PLAIN,
        )  # fmt: skip
    for position, lines in enumerate(headings):
        axes.text(
            (position + 0.5) / (k + 1), 1 + 0.16 / height, "\n".join(lines), transform=axes.transAxes, size=TEXT,
            color=QUIET if position == 0 else INK, ha="center", va="baseline", linespacing=1.1, **PLAIN,
        )  # fmt: skip
    colours = segment_colours(k)
    axes.scatter(
        (np.arange(k) + 1.5) / (k + 1), np.full(k, 1 + 0.065 / height), c=colours, s=150, marker="_", linewidths=4,
        transform=axes.transAxes, clip_on=False,
    )  # fmt: skip
    bar_height = min(1.6, max(height, 1.2) - 0.2)
    floor = EDGE + max(0.0, max(len(variables), 4) * cell - bar_height) - 0.08
    colour_bar(
        figure, (width - right + 0.25, floor, 0.16, bar_height), DIVERGING,
        [(0.02, "−2 sd"), (0.5, "mean"), (0.98, "+2 sd")],
    )  # fmt: skip
    return figure


def sizes(sizes: Sequence[int], title: str = "Segment sizes", *, names: Sequence[str] | None = None) -> Figure:
    """Draw how many customers each segment has, with its share.

    Parameters
    ----------
    sizes : sequence of k int
        Customers of segments 0 to k - 1.
    title : str
    names : sequence of k str, optional

    Returns
    -------
    Figure
    """
    counts = np.asarray(sizes, dtype=float)
    k, total = len(counts), counts.sum()
    shown = wrap_all(segment_names(k, names), LABEL_LIMIT)
    texts = [f"{count:,.0f} · {percent(count / max(total, 1))}" for count in counts]
    left = widest(shown) + 0.4
    right = widest(texts) + 0.35
    figure = new_figure(8.0, max(1.2, 0.42 * k) + EDGE, nrows=1, ncols=1)
    compose(
        figure,
        title=title,
        caption=f"Customers of each segment and their share of all {total:,.0f}.",
        left=left,
        right=right,
        bottom=EDGE,
    )
    axes = figure.axes[0]
    bare(axes)
    axes.barh(np.arange(k), counts, height=0.72, color=segment_colours(k))
    axes.set(ylim=(k - 0.5, -0.5), xlim=(0, max(counts.max(initial=0), 1)))
    width = 8.0 - left - right
    for segment in range(k):
        axes.text(
            -0.12 / width, 1 - (segment + 0.5) / k, shown[segment], transform=axes.transAxes, size=TEXT, color=INK,
            ha="right", va="center", **PLAIN,
        )  # fmt: skip
        axes.annotate(
            texts[segment], (counts[segment], segment), xytext=(7, 0), textcoords="offset points", size=TEXT, color=INK,
            va="center", annotation_clip=False, **PLAIN,
        )  # fmt: skip
    return figure


def spread_out(places: npt.NDArray[np.float64], gap: float) -> npt.NDArray[np.float64]:
    """Move increasing places in 0 to 1 as little as needed for neighbours to be ``gap`` apart where possible.

    Parameters
    ----------
    places : ascending places, 0 to 1, shape (n,)
    gap : smallest distance wanted; never more than 1 / n
    """
    gap = min(gap, 1 / max(len(places), 1))
    moved = places.astype(float).copy()
    for i in range(len(moved)):
        moved[i] = max(moved[i], gap / 2 if i == 0 else moved[i - 1] + gap)
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], 1 - gap / 2 if i == len(moved) - 1 else moved[i + 1] - gap)
    return moved


def _panel_height(figure: Figure, axes: Axes) -> float:
    return float(axes.get_position().height * figure.get_size_inches()[1])
