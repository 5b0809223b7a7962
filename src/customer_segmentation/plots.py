"""Figures of a sweep for a notebook."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from customer_segmentation.errors import StudyError
from customer_segmentation.session import call

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from customer_segmentation.results import Sweep

DPI = 80  # of a figure in a notebook: a picture of some 20 kB


class Plots:
    """Figures of a sweep and of its chosen candidate, as matplotlib figures that a notebook shows.

    Those of the segments load the table again where the session does not hold it.
    """

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep

    def __repr__(self) -> str:
        """What there is to draw."""
        return f"Plots({', '.join(name for name in dir(self) if not name.startswith('_'))})"

    def elbow(self) -> Figure:
        """Inertia by k of the chosen candidate's study with its knee, and its silhouette."""
        from customer_segmentation.figures.study import elbow

        board = self._sweep.leaderboard
        study = board["study"].iloc[0]
        rows = board[board["study"] == study].sort_values("k")
        knee = rows["knee"].iloc[0] if "knee" in rows else float("nan")
        known = None if pd.isna(knee) else int(knee)
        return shown(elbow(rows["k"].tolist(), rows["inertia"], known, rows["silhouette"], title=str(study)))

    def elbows(self) -> Figure:
        """Inertia by k of every study, as a share of its inertia with one segment."""
        from customer_segmentation.figures.elbows import all_elbows

        return shown(all_elbows(self._sweep.leaderboard))

    def scores(self) -> Figure:
        """Silhouettes and yardstick of all candidates by k."""
        from customer_segmentation.figures.verdict import silhouettes_and_yardstick

        return shown(silhouettes_and_yardstick(self._sweep.leaderboard))

    def stability(self) -> Figure:
        """How well the segments of the short list are reproduced on half-samples."""
        return self._of_verdict("verdict/stability.png")

    def valleys(self) -> Figure:
        """How deep the valley between each two segments is."""
        return self._of_verdict("verdict/valleys.png")

    def segments(self) -> Figure:
        """Share of the customers, and of what they are worth, of each segment."""
        from customer_segmentation.figures.candidate import sizes
        from customer_segmentation.figures.segment_shares import value_against_customers

        with call():
            opened, insights = self._sweep._opened
        table, value = insights.profiles.segments, insights.profiles.value
        names, title = [item.name for item in insights.names], f"Segments of {opened.name}"
        if value is None:
            return shown(sizes(table["customers"].tolist(), title, names=names))
        shares = table["share"].tolist(), table["value_share"].tolist()
        return shown(value_against_customers(*shares, title, value=value.name, names=names))

    def centres(self) -> Figure:
        """Means of the features in each segment, against all customers."""
        return self._of_candidate("figures/centres.png")

    def pairs(self) -> Figure:
        """Customers and centres over the features in which the segments differ most."""
        return self._of_candidate("figures/pairs.png")

    def silhouettes(self) -> Figure:
        """Silhouette of every customer, by segment."""
        return self._of_candidate("figures/silhouettes.png")

    def map(self) -> Figure:
        """Customers in the plane in which they differ most."""
        from customer_segmentation.figures.space_map import principal_plane, space_map

        with call():
            opened, insights = self._sweep._opened
        space, names = opened.space, [item.name for item in insights.names]
        figure = space_map(
            principal_plane(space.matrix), opened.fit.labels, space.dimensions, f"Map of {opened.name}", names=names
        )
        return shown(figure)

    def _of_verdict(self, path: str) -> Figure:
        from customer_segmentation.tracking.log.sweep import verdict_figures
        from customer_segmentation.tracking.read import structure_of

        sweep = self._sweep
        board, record = sweep.leaderboard, sweep.verdict.record
        with call():
            chosen = sweep._chosen_row()
            structure = structure_of(sweep.store, str(chosen["study_id"])) or None
        return _figure(verdict_figures(board, record, structure), path)

    def _of_candidate(self, path: str) -> Figure:
        from customer_segmentation.clustering.silhouette import silhouettes
        from customer_segmentation.tracking.log.candidate import chosen_items

        with call():
            opened, insights = self._sweep._opened
            settings, labels = opened.spec.settings, opened.fit.labels
            found = silhouettes(
                opened.space.matrix,
                [labels],
                limit=settings.scores.silhouette_exact_up_to,
                sample=settings.scores.silhouette_sample,
                seed=settings.seed,
            )
            names = [item.name for item in insights.names]
            each = (found.rows, found.values[:, 0])
            items = chosen_items(
                opened.space, labels, name=opened.name, silhouette=each, seed=settings.seed, names=names
            )
            return _figure(items, path)


def shown(figure: Figure) -> Figure:
    """Let a notebook show a figure that pyplot does not know."""

    def png() -> bytes:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DPI)
        return buffer.getvalue()

    figure._repr_png_ = png  # type: ignore[attr-defined]  # IPython looks for it
    return figure


def _figure(items: Iterator[Any], path: str) -> Figure:
    """The figure of a path among items.

    Raises
    ------
    StudyError
        There is none: too little is known for it.
    """
    for item in items:
        if getattr(item, "path", "") == path:
            return shown(item.draw())
    raise StudyError(f"the sweep has nothing to show as {path.rpartition('/')[2].removesuffix('.png')}.")
