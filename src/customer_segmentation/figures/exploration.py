"""Figures of the customer table before any segmentation: correlations, counts, distributions."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from customer_segmentation.exploration.description import numeric_columns
from customer_segmentation.figures.labels import (
    FAMILY,
    LINE,
    PANEL,
    PLAIN,
    TEXT,
    fit,
    fit_all,
    number,
    text_width,
    widest,
    with_unit,
    wrap,
    wrap_all,
)
from customer_segmentation.figures.legends import colour_bar
from customer_segmentation.figures.theme import (
    ACCENT,
    DIVERGING,
    EDGE,
    INK,
    QUIET,
    RULE,
    bare,
    compose,
    ink_on,
    new_figure,
)
from customer_segmentation.formatting import counted, percent

MOST_WIDE_CELLS = 12  # columns up to which the heatmap is whole, with names written across
MOST_ANNOTATED = 45  # columns beyond which its numbers would not be read
MOST_CATEGORIES = 12
LABEL_LIMIT = 2.6  # inches


def correlation_heatmap(matrix: pd.DataFrame, title: str = "Pearson correlation", *, caption: str = "") -> Figure:
    """Draw a correlation matrix from -1 to 1 with its coefficients.

    Parameters
    ----------
    matrix : DataFrame of shape (n_columns, n_columns)
        Symmetric; NaN where a coefficient is not defined, drawn as a dash.
    title : str
    caption : str
        What stands under the title before the explanation of the colours, such as the number of customers.

    Returns
    -------
    Figure
        Whole up to 12 columns, the lower triangle without its diagonal beyond, without numbers beyond 45.
    """
    values = matrix.to_numpy(dtype=float)
    n = len(values)
    whole = n <= MOST_WIDE_CELLS
    cell_width, cell_height = (0.95, 0.5) if whole else (0.42, 0.32)
    labels = wrap_all(list(matrix.columns), LABEL_LIMIT) if whole else fit_all(list(matrix.columns), LABEL_LIMIT)
    across = ["\n".join(wrap(name, cell_width - 0.06, TEXT, lines=4)) for name in matrix.columns]
    left = widest(labels) + 0.35
    foot = max((text.count("\n") + 1 for text in across), default=1) * TEXT * LINE if whole else widest(labels)
    right = 0.85
    width = max(left + n * cell_width + right, 6.0)
    height = max(n * cell_height, 1.3)
    figure = new_figure(width, height + foot + 0.12 + EDGE, nrows=1, ncols=1)
    axes = figure.axes[0]
    explained = "Colour from −1 (blue) through 0 (white) to 1 (orange)."
    undefined = bool(np.isnan(values).any())
    notes = [caption, explained, "A dash: not defined, the column is constant." if undefined else ""]
    compose(
        figure,
        title=title,
        caption=" ".join(note for note in notes if note),
        left=left,
        right=right,
        bottom=foot + 0.12 + EDGE,
    )
    hidden = np.zeros_like(values, dtype=bool) if whole else np.triu(np.ones_like(values, dtype=bool))
    shown = np.ma.masked_array(values, hidden | np.isnan(values))
    axes.pcolormesh(shown, vmin=-1, vmax=1, cmap=DIVERGING, edgecolors="white", linewidth=1 if whole else 0.6)
    axes.invert_yaxis()
    for side in axes.spines.values():
        side.set_visible(False)
    if n <= MOST_ANNOTATED:
        for row, column in np.argwhere(~shown.mask):
            ink = ink_on(DIVERGING((values[row, column] + 1) / 2)[:3])
            text = _coefficient(values[row, column], short=not whole)
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", size=TEXT, color=ink, **PLAIN)
    for row, column in np.argwhere(np.isnan(values) & ~hidden):
        axes.text(column + 0.5, row + 0.5, "–", ha="center", va="center", size=TEXT, color=QUIET, **PLAIN)
    axes.set_xticks(np.arange(n) + 0.5, across if whole else labels, color=INK, rotation=0 if whole else 90, **PLAIN)
    axes.set_yticks(np.arange(n) + 0.5, labels, color=INK, rotation=0, **PLAIN)
    axes.tick_params(length=0, labelsize=TEXT, labelfontfamily=FAMILY)
    top = figure.get_size_inches()[1] * axes.get_position().y1
    bar = min(height, 2.6)
    marks = [(0.02, "−1"), (0.5, "0"), (0.98, "1")]
    colour_bar(figure, (width - right + 0.2, top - bar, 0.16, bar), DIVERGING, marks)
    return figure


def counts_figure(counts: Mapping[str, pd.DataFrame], title: str = "Customers by category and band") -> Figure:
    """Draw how many customers fall into each category or band of some columns.

    Parameters
    ----------
    counts : mapping of column name to DataFrame of shape (n_categories, ...)
        Index: the names, in the order to draw; column ``customers``: how many. As from
        :func:`~customer_segmentation.exploration.description.counts_by` and ``counts_by_band``.
    title : str

    Returns
    -------
    Figure
        Bars of one scale. Beyond 12 categories the smallest are drawn as one.
    """
    lines: list[tuple[str, float, float]] = []  # text, customers (NaN: a heading), of how many
    for name, table in counts.items():
        customers = table["customers"].astype(float)
        total = float(customers.sum())
        lines.append((str(name), np.nan, total))
        for category, count in _pooled(customers):
            lines.append((category, count, total))
    labels = [fit(text, LABEL_LIMIT) for text, count, _ in lines if not np.isnan(count)]
    texts = [f"{count:,.0f} · {percent(count / total)}" for _, count, total in lines if not np.isnan(count)]
    largest = max((count for _, count, _ in lines if count > 0), default=1.0)
    left, right, step = max(widest(labels) + 0.4, 1.0), widest(texts) + 0.4, 0.3
    places: list[float] = []
    at = 0.0
    for _, count, _ in lines:
        at += 0.35 if np.isnan(count) and places else 0.0
        places.append(at + 0.5)
        at += 1.0
    height = max(at, 3) * step
    width = 8.0
    figure = new_figure(width, height + EDGE, nrows=1, ncols=1)
    compose(
        figure,
        title=title,
        caption="Customers in each category or band, and their share of all customers.",
        left=left,
        right=right,
        bottom=EDGE,
    )
    axes = figure.axes[0]
    bare(axes)
    axes.set(xlim=(0, largest), ylim=(height / step, 0))
    bars = [(place, count) for place, (_, count, _) in zip(places, lines, strict=True) if not np.isnan(count)]
    axes.barh([place for place, _ in bars], [count for _, count in bars], height=0.74, color=ACCENT)
    inch = largest / (width - left - right)
    for place, (text, count, _) in zip(places, lines, strict=True):
        if np.isnan(count):
            line = fit(text, width - 2 * EDGE, PANEL, bold=True)
            axes.text((EDGE - left) * inch, place, line, size=PANEL, weight="bold", color=INK, va="center", **PLAIN)
            continue
        axes.text(-0.12 * inch, place, labels.pop(0), size=TEXT, color=INK, ha="right", va="center", **PLAIN)
        axes.text(count + 0.1 * inch, place, texts.pop(0), size=TEXT, color=INK, va="center", **PLAIN)
    return figure


def distributions(
    frame: pd.DataFrame, units: Mapping[str, str] | None = None, title: str = "Distributions of the columns"
) -> Figure:
    """Draw a small histogram of each numeric column.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_columns)
        Text and categories are left out.
    units : mapping of column to unit, optional
    title : str

    Returns
    -------
    Figure
        All histograms share one set of axes, so that forty columns cost little more than four. A few values far
        outside (beyond three times the span of the middle 98 %) are gathered in the last bar, marked ``>`` or ``<``.
    """
    numbers = numeric_columns(frame)
    units = units or {}
    n = max(numbers.shape[1], 1)
    columns = min(4 if n > 6 else 3, n)
    rows = -(-n // columns)
    wide, tall, gap, under, over = 2.5, 0.85, 0.4, 0.27, 0.3
    width = max(columns * wide + (columns - 1) * gap + 2 * EDGE, 6.0)
    height = rows * (tall + under + over) + (rows - 1) * 0.12
    figure = new_figure(width, height + EDGE, nrows=1, ncols=1)
    compose(
        figure,
        title=title,
        caption=f"Share of {len(frame):,} customers over the range of each column, in its unit; the dark line is the "
        "median. < or > marks a bar that gathers a few values far outside.",
        top=0.0,
    )
    axes = figure.axes[0]
    bare(axes)
    axes.set(xlim=(0, width - 2 * EDGE), ylim=(height, 0))
    if numbers.empty:
        axes.text(0, over, "no numeric column", size=TEXT, color=QUIET, **PLAIN)
        return figure
    bars: list[npt.NDArray[np.float64]] = []
    medians, floors = [], []
    names = fit_all([with_unit(name, units.get(str(name), "")) for name in numbers], wide)
    for position, (name, column) in enumerate(numbers.items()):
        x = (position % columns) * (wide + gap)
        y = (position // columns) * (tall + under + over + 0.12) + over + tall
        unit = units.get(str(name), "")
        axes.text(x, y - tall - 0.06, names[position], size=TEXT, color=INK, va="bottom", **PLAIN)
        floors.append([(x, y), (x + wide, y)])
        values = column.to_numpy()
        values = values[np.isfinite(values)]
        if len(values) == 0:
            axes.text(x, y + 0.05, "no values", size=TEXT, color=QUIET, va="top", **PLAIN)
            continue
        edges, low, high = histogram_edges(values)
        heights, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
        steps = x + (edges - edges[0]) / (edges[-1] - edges[0]) * wide
        tops = y - heights / heights.max() * tall
        outline = np.column_stack([np.repeat(steps, 2), np.concatenate([[y], np.repeat(tops, 2), [y]])])
        bars.append(outline)
        median = float(np.median(values))
        where = x + (np.clip(median, edges[0], edges[-1]) - edges[0]) / (edges[-1] - edges[0]) * wide
        medians.append([(where, y - tall), (where, y)])
        ends = low + number(max(values.min(), edges[0]), unit), high + number(min(values.max(), edges[-1]), unit)
        _range(axes, (x, x + wide, y + 0.05), ends, where, f"median {number(median, unit)}")
    axes.add_collection(PolyCollection(bars, facecolor=ACCENT, edgecolor="none"), autolim=False)
    for lines, colour, weight in ((floors, RULE, 1.0), (medians, INK, 1.6)):
        if lines:
            _draw_lines(axes, lines, colour, weight)
    return figure


def _range(axes: Axes, place: tuple[float, float, float], ends: tuple[str, str], median: float, told: str) -> None:
    """Write both ends of a range, and below its median what it is where there is room between them."""
    left, right, y = place
    axes.text(left, y, ends[0], size=TEXT, color=QUIET, va="top", **PLAIN)
    axes.text(right, y, ends[1], size=TEXT, color=QUIET, va="top", ha="right", **PLAIN)
    half = text_width(told) / 2 + 0.12
    first, last = left + text_width(ends[0]) + half, right - text_width(ends[1]) - half
    if first <= last:
        axes.text(min(max(median, first), last), y, told, size=TEXT, color=INK, va="top", ha="center", **PLAIN)


def _draw_lines(axes: Axes, lines: Sequence[Sequence[tuple[float, float]]], colour: str, weight: float) -> None:
    """Draw straight lines, each from one point to another, as a single artist."""
    ends_x, ends_y = np.array(lines).transpose(2, 0, 1)
    spaced = np.full((len(lines), 1), np.nan)
    xs, ys = np.hstack([ends_x, spaced]).ravel(), np.hstack([ends_y, spaced]).ravel()
    axes.plot(xs, ys, color=colour, lw=weight, clip_on=False)


def _coefficient(value: float, *, short: bool) -> str:
    if np.isnan(value):
        return ""
    text = f"{abs(value):.2f}"
    sign = "−" if value < 0 and text != "0.00" else ""
    return sign + (text.lstrip("0") if short and text.startswith("0.") else text)


def _pooled(customers: pd.Series) -> list[tuple[str, float]]:
    """Categories in their order; when there are too many, the largest of them and one for all others."""
    pairs = [(str(name), float(count)) for name, count in customers.items()]
    if len(pairs) <= MOST_CATEGORIES:
        return pairs
    kept = sorted(range(len(pairs)), key=lambda i: -pairs[i][1])[: MOST_CATEGORIES - 1]
    rest = sum(count for i, (_, count) in enumerate(pairs) if i not in set(kept))
    return [pairs[i] for i in sorted(kept)] + [(counted(len(pairs) - len(kept), "other"), rest)]


def histogram_edges(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], str, str]:
    """Edges of the bars, and the marks of ends beyond which values are gathered."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return np.array([low - 0.5, low + 0.5]) if abs(low) < 1e15 else np.array([low * 0.9, low * 1.1]), "", ""
    first, last = np.quantile(values, [0.01, 0.99])
    reach = 3 * (last - first)
    below = above = ""
    if reach > 0 and first - low > reach:
        low, below = float(first), "< "
    if reach > 0 and high - last > reach:
        high, above = float(last), "> "
    if high - low < 1e6 and (values % 1 == 0).all():  # as many whole numbers in each bar, else the bars go up and down
        step = np.ceil((high - low + 1) / 40)
        return np.arange(np.floor(low) - 0.5, np.ceil(high) + step, step), below, above
    return np.linspace(low, high, 31), below, above
