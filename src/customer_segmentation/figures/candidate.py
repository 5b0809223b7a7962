"""Figures of one candidate: how well its customers fit, where its segments lie, what they are like, their sizes."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import (
    LINE,
    PLAIN,
    TEXT,
    fit,
    fit_all,
    number,
    share,
    widest,
    with_unit,
    wrap,
)
from customer_segmentation.figures.theme import (
    DIVERGING,
    EDGE,
    INK,
    QUIET,
    RULE,
    bare,
    cells,
    colour_bar,
    compose,
    heading,
    ink_on,
    legend_rows,
    name_x,
    new_figure,
    number_axis,
    segment_colours,
    segment_legend,
    segment_names,
    size_inches,
    style,
)

#: Bars of a silhouette plot and points of a scatter plot beyond which more are not seen, only paid for.
MOST_BARS = 1_500
MOST_POINTS = 20_000
MOST_FEATURES = 4
#: A column of whole numbers with at most so many distinct ones is drawn with jitter, else its points hide each other.
MOST_STEPS = 150
JITTER = 0.35
LABEL_LIMIT = 3.2  # inches; longer names end in an ellipsis


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
    gap = 0.012 * n

    texts = []
    for segment in range(k):
        own = silhouettes[segments == segment]
        level = f"mean {own.mean():.2f}".replace("-", "−") if len(own) else "none in the sample"
        texts.append(f"{fit(shown[segment], 2.3)} · {len(own):,} · {level}")
    figure = new_figure(9.0, max(3.6, 0.24 * k + 1.2), nrows=1, ncols=1)
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
    start, centres = 0.0, []
    for segment in range(k):
        own = np.sort(silhouettes[segments == segment])[::-1]
        bars = min(len(own), max(20, round(MOST_BARS * len(own) / max(n, 1))))
        if bars:
            picked = own[np.round(np.linspace(0, len(own) - 1, bars)).astype(int)]
            heights = start + np.linspace(0, len(own), bars + 1)
            axes.fill_betweenx(heights, 0, np.append(picked, picked[-1]), step="post", color=colours[segment], lw=0)
        centres.append(start + len(own) / 2)
        start += len(own) + gap
    total = max(start - gap, 1.0)
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
    places = spread_out(np.array(centres) / total, LINE * TEXT * 1.05 / height)
    width = figure.get_size_inches()[0] - room - 0.4
    for segment, place in enumerate(places):
        axes.text(
            -0.32 / width, 1 - place, texts[segment], transform=axes.transAxes, size=TEXT, color=INK, ha="right",
            va="center", **PLAIN,
        )  # fmt: skip
    axes.scatter(
        np.full(k, -0.18 / width),
        1 - places,
        c=colours,
        s=70,
        marker="s",
        transform=axes.transAxes,
        clip_on=False,
        lw=0,
    )
    return figure


def scatter_pairs(
    frame: pd.DataFrame,
    labels: npt.ArrayLike,
    centres: pd.DataFrame,
    units: Mapping[str, str],
    title: str,
    *,
    names: Sequence[str] | None = None,
    seed: int = 0,
) -> Figure:
    """Draw each pair of the main features with the segments' colours and centres, in original units.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_features)
        Features in original units, the main ones first: at most four are drawn. A single one is drawn as histograms.
    labels : array-like of shape (n_customers,)
        Segment of each customer, 0 to k - 1.
    centres : DataFrame of shape (k, n_features)
        Members' means in original units; row i is segment i.
    units : mapping of feature to unit
    title : str
    names : sequence of k str, optional
    seed : int
        Of the sample drawn beyond 20,000 customers, and of the jitter.

    Returns
    -------
    Figure
        Large segments lie under small ones, so that a small one is seen.
    """
    segments = np.asarray(labels, dtype=int)
    k = len(centres)
    shown = [
        fit(name if names is None else f"{segment} · {name}", LABEL_LIMIT)
        for segment, name in enumerate(segment_names(k, names))
    ]
    colours = segment_colours(k)
    features = list(frame.columns[:MOST_FEATURES])
    values = frame[features].to_numpy(dtype=float, na_value=np.nan)
    rng = np.random.default_rng(seed)
    notes = [f"{len(values):,} customers"]
    if len(values) > MOST_POINTS:
        picked = np.sort(rng.choice(len(values), MOST_POINTS, replace=False))
        values, segments = values[picked], segments[picked]
        notes[0] = f"{MOST_POINTS:,} of {len(frame):,} customers, drawn at random"
    if len(features) < frame.shape[1]:
        notes.append(f"the first {len(features)} of {frame.shape[1]} features")
    if len(features) == 1:
        return _histogram_by_segment(values[:, 0], segments, centres, features[0], units, title, shown, colours, notes)

    jittered = [j for j in range(len(features)) if _stepped(values[:, j])]
    for j in jittered:
        values[:, j] += rng.uniform(-JITTER, JITTER, len(values))
    if jittered:
        which = ", ".join(clean_name for clean_name in (fit(features[j], 2.2) for j in jittered))
        notes.append(f"whole numbers moved at random by up to {JITTER} so that they do not hide each other ({which})")
    pairs = list(combinations(range(len(features)), 2))
    rows, columns = (2, 3) if len(pairs) == 6 else (1, len(pairs))
    width = 11.4 if columns == 3 else 6.8
    legend = legend_rows(shown, width - 2 * EDGE)
    foot = 0.62 + len(legend) * TEXT * LINE * 1.15 + 0.14
    panel = 2.75 if columns == 3 else 4.2
    gap = 0.95
    figure = new_figure(width, rows * panel + (rows - 1) * gap + 0.34 + foot, nrows=rows, ncols=columns, squeeze=False)
    compose(
        figure,
        title=title,
        caption=f"Each pair of features in original units; numbered circles are segment centres. {_sentence(notes)}",
        left=0.8,
        right=0.3,
        bottom=foot,
        top=0.34,
        gaps=(0.85, gap),
        grid=(rows, columns),
    )
    sizes = np.bincount(segments, minlength=k)
    order = np.argsort(-sizes, kind="stable")
    radius = 3.2 if len(values) <= 2_000 else 2.4 if len(values) <= 8_000 else 1.7
    middles = centres[features].to_numpy(dtype=float)
    for axes, (x, y) in zip(figure.axes, pairs, strict=True):
        style(axes)
        for segment in order:
            own = segments == segment
            axes.plot(
                values[own, x], values[own, y], "o", color=colours[segment], markersize=radius,
                alpha=0.6 if len(values) > 500 else 0.8, markeredgewidth=0, rasterized=True,
            )  # fmt: skip
        _numbered_centres(axes, middles[:, x], middles[:, y], colours)
        for axis, feature in ((axes.xaxis, features[x]), (axes.yaxis, features[y])):
            number_axis(axis, units.get(feature, ""), ticks=4 if columns == 3 else 6)
        heading(axes, with_unit(features[y], units.get(features[y], ""), size_inches(axes)[0]))
        name_x(axes, with_unit(features[x], units.get(features[x], ""), size_inches(axes)[0]))
    segment_legend(figure, shown, colours, legend)
    return figure


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
        distance = np.where(spreads[:, None] > 0, (values - means[:, None]) / spreads[:, None], 0.0)
    distance = np.where(np.isnan(values), np.nan, distance)
    own_units = [units.get(feature, "") for feature in features]
    rows = [
        [number(mean, unit), *(number(value, unit) for value in line)]
        for mean, line, unit in zip(means, values, own_units, strict=True)
    ]
    over = ["All customers", *segment_names(k, names)]
    longest_word = widest([word for name in over for word in name.split()])
    column = max(0.9, min(longest_word + 0.15, 1.3), widest([text for line in rows for text in line]) + 0.24)
    headings = [wrap(name, column - 0.1, TEXT, lines=3) for name in over]
    labels = fit_all([with_unit(feature, unit) for feature, unit in zip(features, own_units, strict=True)], LABEL_LIMIT)
    left = max(widest(labels) + 0.4, 1.2)
    right = 1.05
    width = max(left + (k + 1) * column + right, 7.0)
    above = max(len(lines) for lines in headings) * TEXT * LINE + 0.22
    cell = 0.36
    figure = new_figure(width, max(len(features), 4) * cell + above + EDGE, nrows=1, ncols=1)
    compose(
        figure,
        title=title,
        caption="Mean of each segment in original units; colour: distance from the mean of all customers in standard "
        "deviations.",
        left=left,
        right=right,
        top=above,
        bottom=EDGE + max(0, 4 - len(features)) * cell,
    )
    axes = figure.axes[0]
    neutral = np.column_stack([np.full(len(features), np.nan), distance])
    cells(axes, neutral, rows, colours=DIVERGING, low=-2, high=2)
    axes.axvline(0.5, color="white", linewidth=5)
    height = len(features) * cell
    for position, label in enumerate(labels):
        axes.text(
            -0.12 / (width - left - right), 1 - (position + 0.5) / len(features), label, transform=axes.transAxes,
            size=TEXT, color=INK, ha="right", va="center", **PLAIN,
        )  # fmt: skip
    for position, lines in enumerate(headings):
        axes.text(
            (position + 0.5) / (k + 1), 1 + 0.14 / height, "\n".join(lines), transform=axes.transAxes, size=TEXT,
            color=QUIET if position == 0 else INK, ha="center", va="bottom", linespacing=1.1, **PLAIN,
        )  # fmt: skip
    colours = segment_colours(k)
    axes.scatter(
        (np.arange(k) + 1.5) / (k + 1), np.full(k, 1 + 0.065 / height), c=colours, s=150, marker="_", linewidths=4,
        transform=axes.transAxes, clip_on=False,
    )  # fmt: skip
    bar_height = min(1.6, max(height, 1.2) - 0.2)
    floor = EDGE + max(0.0, max(len(features), 4) * cell - bar_height) - 0.08
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
    shown = [fit(name, LABEL_LIMIT) for name in segment_names(k, names)]
    texts = [f"{count:,.0f} · {share(count, total)}" for count in counts]
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
    """Move increasing places in 0 to 1 as little as needed for neighbours to be ``gap`` apart where possible."""
    gap = min(gap, 1 / max(len(places), 1))
    moved = places.astype(float).copy()
    for i in range(len(moved)):
        moved[i] = max(moved[i], gap / 2 if i == 0 else moved[i - 1] + gap)
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], 1 - gap / 2 if i == len(moved) - 1 else moved[i + 1] - gap)
    return moved


def _panel_height(figure: Figure, axes: Axes) -> float:
    return float(axes.get_position().height * figure.get_size_inches()[1])


def _sentence(notes: list[str]) -> str:
    text = "; ".join(notes)
    return f"{text[0].upper()}{text[1:]}."


def _stepped(values: npt.NDArray[np.float64]) -> bool:
    """Whether a column holds few distinct whole numbers, which then hide each other."""
    present = values[np.isfinite(values)]
    return bool(len(present)) and bool((present % 1 == 0).all()) and len(np.unique(present)) <= MOST_STEPS


def _numbered_centres(
    axes: Axes, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], colours: Sequence[str]
) -> None:
    """Mark centres by circles in the segment's colour with its number inside, the first segment on top."""
    for segment in reversed(range(len(x))):
        order = 10 + 2 * (len(x) - segment)
        axes.plot(
            x[segment], y[segment], "o", color=colours[segment], markersize=16, markeredgecolor="white",
            markeredgewidth=1.6, zorder=order,
        )  # fmt: skip
        axes.text(
            x[segment], y[segment], str(segment), size=TEXT, weight="bold", color=ink_on(colours[segment]),
            ha="center", va="center_baseline", zorder=order + 1, clip_on=True, **PLAIN,
        )  # fmt: skip


def _histogram_by_segment(
    values: npt.NDArray[np.float64],
    segments: npt.NDArray[np.int_],
    centres: pd.DataFrame,
    feature: str,
    units: Mapping[str, str],
    title: str,
    names: Sequence[str],
    colours: Sequence[str],
    notes: list[str],
) -> Figure:
    """Draw a single feature: stacked histograms, and the centres on a rule above them."""
    legend = legend_rows(names, 8.0 - 2 * EDGE)
    foot = 0.62 + len(legend) * TEXT * LINE * 1.15 + 0.14
    figure = new_figure(8.0, 3.4 + foot, nrows=1, ncols=1)
    caption = f"Customers by {fit(feature, 3)} in original units; numbered circles are segment centres. "
    compose(
        figure, title=title, caption=caption + _sentence(notes), left=0.85, right=0.3, bottom=foot, top=0.34
    )  # fmt: skip
    axes = figure.axes[0]
    style(axes, grid="y")
    present = np.isfinite(values)
    edges = _bins(values[present])
    floor = np.zeros(len(edges) - 1)
    for segment in range(len(names)):
        counts, _ = np.histogram(values[present & (segments == segment)], edges)
        axes.stairs(floor + counts, edges, baseline=floor, fill=True, color=colours[segment])
        floor = floor + counts
    top = max(float(floor.max()), 1.0)
    axes.set_ylim(0, top * 1.22)
    middles = centres[feature].to_numpy(dtype=float)
    _numbered_centres(axes, middles, np.full(len(middles), top * 1.12), colours)
    number_axis(axes.xaxis, units.get(feature, ""), ticks=7)
    number_axis(axes.yaxis, whole=True)
    heading(axes, "Customers")
    name_x(axes, with_unit(feature, units.get(feature, "")))
    segment_legend(figure, names, colours, legend)
    return figure


def _bins(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Forty bins, or one for each whole number where there are few of them."""
    if len(values) == 0:
        return np.array([0.0, 1.0])
    low, high = float(values.min()), float(values.max())
    if _stepped(values) and high - low <= MOST_STEPS:
        return np.arange(low - 0.5, high + 1)
    return np.linspace(low, high, 41) if high > low else np.array([low - 0.5, low + 0.5])
