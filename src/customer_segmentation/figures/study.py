"""The figure of one study: how tight and how separate its candidates are, by k."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtri

from customer_segmentation.figures.labels import PLAIN, TEXT
from customer_segmentation.figures.theme import (
    ACCENT,
    INK,
    PALETTE,
    QUIET,
    compose,
    heading,
    name_x,
    new_figure,
    number_axis,
    style,
)


def elbow(
    ks: Sequence[int],
    inertia: npt.ArrayLike,
    knee: int | None,
    silhouette: npt.ArrayLike | None,
    silhouette_se: npt.ArrayLike | None = None,
    title: str = "Elbow and silhouette",
) -> Figure:
    """Draw inertia with its knee, and silhouette, by k, side by side.

    Parameters
    ----------
    ks : sequence of n_candidates int
        In any order.
    inertia : array-like of shape (n_candidates,)
        Within-cluster sum of squares of each candidate, in the space.
    knee : int or None
        The k at the knee of the inertia, when one was found.
    silhouette : array-like of shape (n_candidates,) or None
        Mean silhouette; NaN where it is not defined (k = 1).
    silhouette_se : array-like of shape (n_candidates,), optional
        Its standard error, where it comes from a sample; NaN elsewhere. Drawn as 95 % intervals.
    title : str

    Returns
    -------
    Figure
    """
    order = np.argsort(np.asarray(ks), kind="stable")
    k = np.asarray(ks, dtype=int)[order]
    blank = np.full(len(k), np.nan)
    spread = np.asarray(inertia, dtype=float)[order]
    separation = blank if silhouette is None else np.asarray(silhouette, dtype=float)[order]
    error = blank if silhouette_se is None else np.asarray(silhouette_se, dtype=float)[order]
    sampled = bool((np.isfinite(separation) & np.isfinite(error)).any())

    figure = new_figure(9.6, 3.9, nrows=1, ncols=2)
    left, right = figure.axes
    knee_text = (
        f"the knee is at k = {knee}" if knee is not None else "no knee: the curve bends nowhere, or has too few points"
    )
    compose(
        figure,
        title=title,
        caption=f"Left: inertia of each candidate; {knee_text}. Right: mean silhouette, from −1 to 1"
        + (", from a sample, with 95 % intervals" if sampled else "")
        + ". Both compare candidates of this space only.",
        left=0.95,
        right=0.35,
        bottom=0.62,
        top=0.4,
        gaps=(0.9, 0.0),
        grid=(1, 2),
    )
    _curve(left, k, spread, "Inertia (within-cluster sum of squares)")
    _floor(left, spread, 0.0)
    if knee is not None and knee in k:
        at = float(spread[k == knee][0])
        left.axvline(knee, color=QUIET, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
        left.plot([knee], [at], "o", color=PALETTE[4], markersize=10, zorder=4)
        _note(left, k, knee, at, f"knee: k = {knee}")

    _separation(right, k, separation, error)
    return figure


def _separation(
    axes: Axes, k: npt.NDArray[np.int_], separation: npt.NDArray[np.float64], error: npt.NDArray[np.float64]
) -> None:
    """Mean silhouette by k with its highest point, and 95 % intervals where it comes from a sample."""
    known = np.isfinite(separation)
    if not known.any():
        heading(axes, "Mean silhouette")
        style(axes, grid="none")
        axes.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1))
        axes.text(
            0.5, 0.5, "not defined: it needs k of 2 or more", ha="center", va="center", size=TEXT, color=QUIET, **PLAIN
        )
        return
    sampled = bool((known & np.isfinite(error)).any())
    reach = np.where(np.isfinite(error), error, 0.0) * ndtri(0.975)
    if sampled:
        axes.errorbar(
            k[known], separation[known], yerr=reach[known], fmt="none", ecolor=QUIET, elinewidth=1.4, capsize=3
        )
    _curve(axes, k, separation, "Mean silhouette")
    _floor(axes, separation + reach, min(0.0, float((separation - reach)[known].min())))
    best = int(np.nanargmax(separation))
    axes.plot([k[best]], [separation[best]], "o", color=PALETTE[4], markersize=10, zorder=4)
    word = "highest: " if known.sum() > 1 else ""
    top = float(np.nanmax(separation + reach)) if sampled else float(separation[best])
    _note(axes, k, int(k[best]), top, f"{word}{separation[best]:.3f} at k = {k[best]}")


def _curve(axes: Axes, k: npt.NDArray[np.int_], values: npt.NDArray[np.float64], name: str) -> None:
    style(axes, grid="y")
    axes.plot(k, values, "-o", color=ACCENT, linewidth=2, markersize=5.5, zorder=3)
    pad = max(0.5, 0.04 * (k[-1] - k[0]))
    axes.set_xlim(k[0] - pad, k[-1] + pad)
    if k[-1] - k[0] <= 12:
        axes.set_xticks(np.unique(k), [str(value) for value in np.unique(k)])
    else:
        number_axis(axes.xaxis, ticks=10, whole=True)
    number_axis(axes.yaxis)
    heading(axes, name)
    name_x(axes, "k, number of segments")


def _floor(axes: Axes, values: npt.NDArray[np.float64], floor: float) -> None:
    """Let the vertical axis start at zero (or lower), so that a fall is not magnified, with room for a note on top."""
    finite = values[np.isfinite(values)]
    top = float(finite.max()) if len(finite) else 1.0
    span = (top - floor) or abs(top) or 1.0
    axes.set_ylim(floor - (0.08 * span if floor < 0 else 0.0), floor + 1.2 * span)


def _note(axes: Axes, k: npt.NDArray[np.int_], at: int, value: float, text: str) -> None:
    """Write beside a marked point, on the side where there is room."""
    towards_right = at <= (k[0] + k[-1]) / 2
    axes.annotate(
        text,
        (at, value),
        xytext=(9 if towards_right else -9, 10),
        textcoords="offset points",
        ha="left" if towards_right else "right",
        va="bottom",
        size=TEXT,
        color=INK,
        bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        zorder=5,
        **PLAIN,
    )
