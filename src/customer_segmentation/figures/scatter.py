"""Scatter plots of a candidate: each pair of its main features, in original units, with the centres of its segments."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import PLAIN, TEXT, fit, with_unit
from customer_segmentation.figures.panels import panels
from customer_segmentation.figures.theme import (
    ink_on,
    number_axis,
    segment_colours,
    segment_names,
)

MOST_POINTS = 20_000  # beyond which more are not seen, only paid for
MOST_FEATURES = 4
#: A column of whole numbers with at most so many distinct ones is drawn with jitter, else its points hide each other.
MOST_STEPS = 150
JITTER = 0.35


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
    shown = numbered_names(k, names)
    colours = segment_colours(k)
    features = list(frame.columns[:MOST_FEATURES])
    values = frame[features].to_numpy(dtype=float, na_value=np.nan, copy=True)
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

    notes += _jitter(values, features, rng)
    pairs = list(combinations(range(len(features)), 2))
    rows, columns = (2, 3) if len(pairs) == 6 else (1, len(pairs))
    width = 11.4 if columns == 3 else 6.8
    panel = 2.75 if columns == 3 else 4.2
    gap = 0.95
    drawn = panels(
        title,
        f"Each pair of features in original units; numbered circles are segment centres. {_sentence(notes)}",
        width=width,
        height=rows * panel + (rows - 1) * gap + 0.34,
        entries=shown,
        colours=colours,
        left=0.8,
        top=0.34,
        gaps=(0.85, gap),
        grid=(rows, columns),
        lines="both",
        above=[with_unit(features[y], units.get(features[y], "")) for _, y in pairs],
        below=[with_unit(features[x], units.get(features[x], "")) for x, _ in pairs],
    )
    middles = centres[features].to_numpy(dtype=float)
    for axes, (x, y) in zip(drawn.axes, pairs, strict=True):
        _points(axes, values[:, [x, y]], segments, colours)
        numbered_centres(axes, middles[:, x], middles[:, y], colours)
        for axis, feature in ((axes.xaxis, features[x]), (axes.yaxis, features[y])):
            number_axis(axis, units.get(feature, ""), ticks=4 if columns == 3 else 6)
    return drawn.finish()


def _jitter(values: npt.NDArray[np.float64], features: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Move whole numbers that hide each other, in place, and say which."""
    jittered = [j for j in range(len(features)) if _stepped(values[:, j])]
    for j in jittered:
        values[:, j] += rng.uniform(-JITTER, JITTER, len(values))
    which = ", ".join(fit(features[j], 2.2) for j in jittered)
    told = f"whole numbers moved at random by up to {JITTER} so that they do not hide each other ({which})"
    return [told] if jittered else []


def _points(
    axes: Axes, values: npt.NDArray[np.float64], segments: npt.NDArray[np.int_], colours: Sequence[str]
) -> None:
    """Points of the customers, those of large segments first, so that small ones are seen above them."""
    radius = 3.2 if len(values) <= 2_000 else 2.4 if len(values) <= 8_000 else 1.7
    for segment in np.argsort(-np.bincount(segments, minlength=len(colours)), kind="stable"):
        own = values[segments == segment]
        axes.plot(
            own[:, 0], own[:, 1], "o", color=colours[segment], markersize=radius,
            alpha=0.6 if len(values) > 500 else 0.8, markeredgewidth=0, rasterized=True,
        )  # fmt: skip


def _sentence(notes: list[str]) -> str:
    text = "; ".join(notes)
    return f"{text[0].upper()}{text[1:]}."


def _stepped(values: npt.NDArray[np.float64]) -> bool:
    """Whether a column holds few distinct whole numbers, which then hide each other."""
    present = values[np.isfinite(values)]
    return bool(len(present)) and bool((present % 1 == 0).all()) and len(np.unique(present)) <= MOST_STEPS


def numbered_names(k: int, names: Sequence[str] | None) -> list[str]:
    """Entries of a legend of segments: number and name.

    Parameters
    ----------
    k : number of segments
    names : one a segment, or None
    """
    return [name if names is None else f"{segment} · {name}" for segment, name in enumerate(segment_names(k, names))]


def numbered_centres(
    axes: Axes, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], colours: Sequence[str]
) -> None:
    """Mark centres by circles in the segment's colour with its number inside, the first segment on top.

    Parameters
    ----------
    axes : where they are drawn
    x : horizontal places in the axes' units, one a segment
    y : vertical places
    colours : one a segment
    """
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


def _histogram_by_segment(  # noqa: PLR0913 - each is named at the call
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
    caption = f"Customers by {fit(feature, 3)} in original units; numbered circles are segment centres. "
    drawn = panels(
        title, caption + _sentence(notes), width=8.0, height=3.4, entries=names, colours=colours, left=0.85, top=0.34,
        above=["Customers"], below=[with_unit(feature, units.get(feature, ""))],
    )  # fmt: skip
    axes = drawn.axes[0]
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
    numbered_centres(axes, middles, np.full(len(middles), top * 1.12), colours)
    number_axis(axes.xaxis, units.get(feature, ""), ticks=7)
    number_axis(axes.yaxis, whole=True)
    return drawn.finish()


def _bins(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Forty bins, or one for each whole number where there are few of them."""
    if len(values) == 0:
        return np.array([0.0, 1.0])
    low, high = float(values.min()), float(values.max())
    if _stepped(values) and high - low <= MOST_STEPS:
        return np.arange(low - 0.5, high + 1)
    return np.linspace(low, high, 41) if high > low else np.array([low - 0.5, low + 0.5])
