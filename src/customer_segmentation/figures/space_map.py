"""A map of the space that was clustered: its two widest directions, the segments in it, what the directions mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from customer_segmentation.clustering.metrics import BLOCK
from customer_segmentation.figures.panels import panels
from customer_segmentation.figures.scatter import numbered_centres, numbered_names
from customer_segmentation.figures.theme import (
    mark,
    number_axis,
    segment_colours,
)
from customer_segmentation.formatting import percent
from customer_segmentation.segments.header_words import in_words

MOST_POINTS = 8_000  # beyond which more are not seen, only paid for
WIDTH = 5.6
#: A dimension with a smaller weight (of at most 1) is not named on an axis.
WEIGHT = 0.3
MOST_NAMED = 3

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """The plane of a space in which its customers differ most.

    Attributes
    ----------
    points : array of shape (n_customers, 2)
    explained : tuple of two float
        Share of the variance of the space along each axis.
    weights : array of shape (2, n_dimensions)
        Unit vectors of the axes; the largest weight of each is positive, so that the map does not flip.
    """

    points: Floats
    explained: tuple[float, float]
    weights: Floats


def principal_plane(matrix: Floats) -> Plane:
    """First two principal components of a space, without scaling it further: distances are those that were clustered.

    A space of one dimension gets a second axis without variance.
    """
    centre, d = matrix.mean(axis=0), matrix.shape[1]
    spread = np.zeros((d, d))
    for start in range(0, len(matrix), BLOCK):  # without a second matrix in memory
        centred = matrix[start : start + BLOCK] - centre
        spread += centred.T @ centred
    values, vectors = np.linalg.eigh(spread)
    order = np.argsort(values)[::-1][:2]
    weights = np.zeros((2, d))
    weights[: len(order)] = vectors[:, order].T
    largest = np.argmax(np.abs(weights), axis=1)
    weights *= np.where(weights[np.arange(2), largest] < 0, -1.0, 1.0)[:, None]
    total = float(np.clip(values, 0, None).sum())
    parts = [max(float(values[i]), 0.0) / total if total else 0.0 for i in order] + [0.0]
    return Plane(matrix @ weights.T - weights @ centre, (parts[0], parts[1]), weights)


def space_map(  # noqa: PLR0913 - each is named at the call
    plane: Plane,
    labels: npt.ArrayLike,
    dimensions: Sequence[str],
    title: str,
    *,
    names: Sequence[str] | None = None,
    seed: int = 0,
    most: int = MOST_POINTS,
    tell: Callable[[npt.NDArray[np.int_]], list[str]] | None = None,
) -> Figure:
    """Draw the customers in the plane in which they differ most, with the centres of their segments.

    Parameters
    ----------
    plane : Plane
    labels : array-like of shape (n_customers,)
        Segment of each customer, 0 to k - 1.
    dimensions : sequence of str
        Names of the dimensions of the space, to say what each axis means.
    title : str
    names : sequence of k str, optional
    seed : int
        Of the sample drawn beyond ``most`` customers.
    most : int
    tell : callable, optional
        Texts under the pointer for the rows that are drawn, for a figure that is saved as vectors.

    Returns
    -------
    Figure
        The caption says how much of the variance the map shows: what looks close on it may lie apart in the space.
    """
    segments = np.asarray(labels, dtype=int)
    k = int(segments.max(initial=-1)) + 1
    points = plane.points
    middles = np.array([points[segments == segment].mean(axis=0) for segment in range(k)]).reshape(k, 2)
    note = f"{len(points):,} customers"
    picked = np.arange(len(points))
    if len(points) > most:
        picked = np.sort(np.random.default_rng(seed).choice(len(points), most, replace=False))
        note = f"{most:,} of {len(points):,} customers, drawn at random"
        points, segments = points[picked], segments[picked]
    tips = None if tell is None else tell(picked)
    shown = numbered_names(k, names)
    colours = segment_colours(k)
    drawn = panels(
        title,
        f"The two directions in which {note} differ most in the space that was clustered: "
        f"{percent(sum(plane.explained))} of its variance. Numbered circles are segment centres.",
        width=WIDTH,
        height=3.7,
        entries=shown,
        colours=colours,
        lines="both",
        above=[_axis_name("Up", plane.explained[1], plane.weights[1], dimensions)],
        below=[_axis_name("Right", plane.explained[0], plane.weights[0], dimensions)],
    )
    axes = drawn.axes[0]
    sizes = np.bincount(segments, minlength=k)
    radius = 3.2 if len(points) <= 2_000 else 2.2
    for segment in np.argsort(-sizes, kind="stable"):
        own = segments == segment
        (dots,) = axes.plot(
            points[own, 0], points[own, 1], "o", color=colours[segment], markersize=radius, alpha=0.6,
            markeredgewidth=0, rasterized=tips is None,
        )  # fmt: skip
        if tips is not None:
            told = [tips[at] for at in np.flatnonzero(own)]
            mark(dots, int(segment), told or [shown[segment]])
    numbered_centres(axes, middles[:, 0], middles[:, 1], colours)
    for axis in (axes.xaxis, axes.yaxis):
        number_axis(axis)
    return drawn.finish()


def _axis_name(word: str, explained: float, weights: Floats, dimensions: Sequence[str]) -> str:
    """Say what an axis means by the dimensions that weigh most in it, with their direction."""
    order = [i for i in np.argsort(-np.abs(weights), kind="stable")[:MOST_NAMED] if abs(weights[i]) >= WEIGHT]
    meaning = ", ".join(f"{'more' if weights[i] > 0 else 'less'} {in_words(dimensions[i])}" for i in order)
    return f"{word} ({percent(explained)}): {meaning}" if meaning else f"{word}: nothing varies"
