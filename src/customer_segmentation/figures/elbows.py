"""The elbows of all studies in one picture: the only inertia that may be drawn across spaces is its share of k = 1."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from customer_segmentation.figures.panels import panels
from customer_segmentation.figures.theme import (
    ACCENT,
    INK,
    heading,
    name_x,
    number_axis,
)
from customer_segmentation.formatting import counted

WIDTH = 5.6
OTHERS = "#B5BEC6"


def all_elbows(
    leaderboard: pd.DataFrame, title: str = "Elbows of all studies", *, study: str | None = None, k: int | None = None
) -> Figure:
    """Draw the inertia of every study by k, as a share of that study's inertia with one segment.

    Parameters
    ----------
    leaderboard : DataFrame
        One row a candidate: ``study``, ``k``, ``inertia_share``.
    title : str
    study : str, optional
        Drawn in front.
    k : int, optional
        Marked on that study's curve.

    Returns
    -------
    Figure
    """
    names = list(dict.fromkeys(leaderboard["study"]))
    entries = [f"{study}{'' if k is None else f', k = {k} marked'}"] if study in names else []
    others = len(names) - len(entries)
    entries += [counted(others, "other study", "other studies")] if others else []
    colours = [ACCENT, OTHERS] if study in names else [OTHERS]
    drawn = panels(
        title,
        "Inertia left with k segments, as a share of the inertia with one. A sharp bend would favour the k at the "
        "bend; "
        "a smooth curve leaves k open.",
        width=WIDTH,
        height=2.7,
        entries=entries,
        colours=colours,
    )
    axes = drawn.axes[0]
    for name in [*(name for name in names if name != study), *([study] if study in names else [])]:
        own = leaderboard[leaderboard["study"] == name].sort_values("k")
        front = name == study
        axes.plot(
            own["k"], own["inertia_share"], "-o", color=ACCENT if front else OTHERS, linewidth=2.4 if front else 1.3,
            markersize=5 if front else 2.5, zorder=3 if front else 2,
        )  # fmt: skip
        marked = own[own["k"] == k] if front and k is not None else own.iloc[:0]
        if len(marked):
            axes.plot(
                marked["k"], marked["inertia_share"], "o", markersize=13, markerfacecolor="none",
                markeredgecolor=INK, markeredgewidth=1.8, zorder=4,
            )  # fmt: skip
    ks = np.unique(leaderboard["k"].to_numpy(dtype=int)) if len(leaderboard) else np.array([1])
    axes.set_xlim(ks[0] - 0.5, ks[-1] + 0.5)
    shown = ks if len(ks) <= 14 else ks[:: -(-len(ks) // 12)]
    axes.set_xticks(shown, [str(value) for value in shown])
    axes.set_ylim(0, None)
    number_axis(axes.yaxis)
    heading(axes, "Share of the inertia at k = 1")
    name_x(axes, "k, number of segments")
    return drawn.finish()
