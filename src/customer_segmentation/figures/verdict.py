"""Figures of a verdict: borders between neighbouring segments, stability by k, the front, silhouettes and yardstick."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import PLAIN, TEXT, fit, widest
from customer_segmentation.figures.panels import panels
from customer_segmentation.figures.theme import (
    ACCENT,
    EDGE,
    INK,
    PALETTE,
    QUIET,
    SEQUENTIAL,
    cells,
    compose,
    heading,
    name_x,
    new_figure,
    number_axis,
    size_inches,
)
from customer_segmentation.formatting import counted

WIDTH = 9.6
CELL = 0.72  # inches
OTHERS = "#B5BEC6"
NAMED = 6  # studies with a colour of their own; the palette's first ones are furthest apart
DASHED: Any = (0, (4, 3))


def valley_heatmap(pairs: Sequence[Mapping[str, Any]], k: int, title: str, *, sentence: str = "") -> Figure:
    """Draw the valley ratio of each pair of neighbouring segments of one candidate.

    Parameters
    ----------
    pairs : sequence of mapping
        ``i``, ``j``, ``ratio``, ``separated`` and ``used``, as in a study's ``structure.json``; others are not
        neighbours, or have too few customers between them to tell.
    k : int
    title : str
    sentence : str
        What the structure test says of the space; stands first in the caption.

    Returns
    -------
    Figure
        Dark: a deep valley. A separated border is marked by a bold frame.
    """
    ratios = np.full((k, k), np.nan)
    separated = np.zeros((k, k), dtype=bool)
    for pair in pairs:
        if pair["used"]:
            for i, j in ((pair["i"], pair["j"]), (pair["j"], pair["i"])):
                ratios[i, j], separated[i, j] = pair["ratio"], pair["separated"]
    names = [f"Segment {number}" for number in range(k)]
    left = widest(names) + 0.35
    width = max(left + k * CELL + EDGE, 6.4)
    figure = new_figure(width, k * CELL * 0.62 + 0.4 + EDGE, nrows=1, ncols=1)
    compose(
        figure,
        title=title,
        caption=f"{sentence} Customers half-way between two neighbours over those at the poorer one's centre: "
        "1 and more, the two run into each other; under 0.6 beyond chance, a natural border (framed). "
        "Blank: no neighbours.".strip(),
        left=left,
        right=width - left - k * CELL,
        top=0.36,
        bottom=EDGE,
    )
    axes = figure.axes[0]
    texts = [["" if np.isnan(value) else f"{value:.2f}" for value in row] for row in ratios]
    # Deep valleys dark: the colour runs from a ratio of 1.2 (light) down to 0.
    cells(axes, 1.2 - ratios, texts, colours=SEQUENTIAL, low=0.0, high=1.2)
    for i, j in np.argwhere(separated):
        box = ([j - 0.44, j + 0.44, j + 0.44, j - 0.44, j - 0.44], [i - 0.42, i - 0.42, i + 0.42, i + 0.42, i - 0.42])
        axes.plot(*box, color=INK, linewidth=2.2)
    for number, name in enumerate(names):
        place = {"transform": axes.transAxes, "size": TEXT, "color": INK, **PLAIN}
        axes.text(
            -0.12 / size_inches(axes)[0], 1 - (number + 0.5) / k, name, ha="right", va="center", **place
        )  # fmt: skip
        axes.text(
            (number + 0.5) / k, 1 + 0.09 / size_inches(axes)[1], str(number), ha="center", va="baseline", **place
        )  # fmt: skip
    return figure


def evaluated(verdict: Mapping[str, Any]) -> pd.DataFrame:
    """Evaluated candidates of a verdict's short list, as the figures below take them; none where none was.

    Parameters
    ----------
    verdict : mapping
        As ``verdict.json`` holds it.
    """
    short = pd.DataFrame(verdict.get("short_list") or [])
    if short.empty:
        return short
    roles = {(verdict[role] or {}).get("name"): role for role in ("runner_up", "chosen")}
    numbers = ["stability", "stability_rand_worst", "screening_rand_worst", "reference_silhouette", "value_explained"]
    short = short.assign(
        **{name: pd.to_numeric(short[name]) for name in numbers},
        ruled_out=short["ruled_out"].notna(),
        role=[roles.get(name, "") for name in short["name"]],
    )
    short["worst"] = short["stability_rand_worst"].fillna(short["screening_rand_worst"])
    return short[short["stability"].notna()]


def stability_by_k(
    short_list: pd.DataFrame, *, rand: float, title: str = "Stability of the evaluated candidates"
) -> Figure:
    """Draw half-sample stability against k for each study of the short list.

    Parameters
    ----------
    short_list : DataFrame
        ``study``, ``k``, ``stability`` and ``worst`` (adjusted Rand index, mean and worst half), ``confirmed`` and
        ``ruled_out`` (bool).
    rand : float
        The least mean that counts as stable.
    title : str

    Returns
    -------
    Figure
    """
    names, colours = _coloured(short_list)
    drawn = panels(
        title,
        "Adjusted Rand index between the segments and those of fits on half-samples; thin lines reach down to the "
        "worst "
        "one. Filled: confirmed; hollow: screened, which can only rule out; crossed: ruled out. Dashed: "
        f"{rand:g}, the least mean that counts as stable.",
        width=WIDTH,
        height=3.3,
        entries=names,
        colours=colours,
    )
    axes = drawn.axes[0]
    shift = np.linspace(-0.18, 0.18, len(names)) if len(names) > 1 else np.zeros(1)
    for position, (name, colour) in enumerate(zip(names, colours, strict=True)):
        own = _named(short_list, name, names)
        x = own["k"].to_numpy(dtype=float) + shift[position]
        mean, worst = own["stability"].to_numpy(dtype=float), own["worst"].to_numpy(dtype=float)
        axes.vlines(x, worst, mean, color=colour, linewidth=1.2, zorder=2)
        confirmed, out = own["confirmed"].to_numpy(dtype=bool), own["ruled_out"].to_numpy(dtype=bool)
        axes.scatter(x[confirmed], mean[confirmed], s=52, color=colour, zorder=3)
        axes.scatter(
            x[~confirmed], mean[~confirmed], s=46, facecolor="white", edgecolor=colour, linewidth=1.8, zorder=3
        )
        axes.scatter(x[out], mean[out], s=90, marker="x", color=INK, linewidth=1.4, zorder=4)
    axes.axhline(rand, color=QUIET, linewidth=1.2, linestyle=DASHED, zorder=1)
    known = short_list[["stability", "worst"]].to_numpy(dtype=float)
    finite = known[np.isfinite(known)]
    low = float(finite.min()) if len(finite) else 0.0
    axes.set_ylim(max(min(low, rand) - 0.06, -0.5), 1.02)
    _k_axis(axes, short_list["k"])
    number_axis(axes.yaxis)
    heading(axes, "Adjusted Rand index, half-sample against all")
    return drawn.finish()


def front_figure(short_list: pd.DataFrame, *, value: str, title: str = "No candidate is best in everything") -> Figure:
    """Draw stability, separation and value explained of the short list, and the candidates that none surpasses.

    Parameters
    ----------
    short_list : DataFrame
        ``name``, ``reference_silhouette``, ``stability``, ``value_explained``, ``on_front``, ``ruled_out`` (bool) and
        ``role`` (``chosen``, ``runner_up`` or empty).
    value : str
        Name of the value column.
    title : str

    Returns
    -------
    Figure
    """
    shown = [
        (column, words)
        for column, words in (
            ("reference_silhouette", "Separation"),
            ("value_explained", f"Share of {value} explained"),
        )
        if np.isfinite(short_list[column].to_numpy(dtype=float)).any()
    ]
    drawn = panels(
        title,
        "Separation: silhouette in the reference space, the one in which all candidates are compared. Blue: on the "
        "front, no other candidate is at least as good in stability, separation and value explained; grey: surpassed; "
        "crossed: ruled out. Circled: the chosen one.",
        width=WIDTH,
        height=3.98,
        left=0.8,
        gaps=(0.85, 0.0),
        grid=(1, max(len(shown), 1)),
        lines="both",
        above=["Stability (half-sample adjusted Rand)"] * len(shown),
        below=[words for _, words in shown],
    )
    colours = [
        ACCENT if front and not out else OTHERS
        for front, out in zip(short_list["on_front"], short_list["ruled_out"], strict=True)
    ]
    for axes, (column, _) in zip(drawn.axes, shown, strict=False):
        x, y = short_list[column].to_numpy(dtype=float), short_list["stability"].to_numpy(dtype=float)
        out = short_list["ruled_out"].to_numpy(dtype=bool)
        axes.scatter(x, y, s=52, c=colours, zorder=3)
        axes.scatter(x[out], y[out], s=80, marker="x", color=INK, linewidth=1.3, zorder=4)
        chosen = (short_list["role"] == "chosen").to_numpy()
        axes.scatter(x[chosen], y[chosen], s=190, facecolor="none", edgecolor=INK, linewidth=1.8, zorder=4)
        number_axis(axes.xaxis)
        number_axis(axes.yaxis)
        _pad(axes, x, y)
        for place in np.flatnonzero(short_list["role"].isin(["chosen", "runner_up"]).to_numpy()):
            if np.isfinite(x[place]) and np.isfinite(y[place]):
                above = bool(chosen[place])  # the runner-up is named below its point: the two are often near
                _tell(axes, x[place], y[place], str(short_list["name"].iloc[place]), above=above)
    return drawn.finish()


def silhouettes_and_yardstick(
    leaderboard: pd.DataFrame, *, title: str = "Silhouettes do not compare across spaces"
) -> Figure:
    """Draw the silhouettes of all studies in their own spaces, and beside them what the yardstick makes of the same.

    Parameters
    ----------
    leaderboard : DataFrame
        One row a candidate: ``study``, ``k``, ``silhouette``, ``yardstick`` and ``verdict``.
    title : str

    Returns
    -------
    Figure
        The studies with the highest silhouette and with the chosen candidate and runner-up are coloured.
    """
    several = leaderboard[leaderboard["k"] >= 2]
    notable = several[several["verdict"].isin(["chosen", "runner_up"])]["study"].tolist()
    highest = several.sort_values("silhouette", ascending=False, kind="stable")["study"].tolist()[:1]
    front = list(dict.fromkeys([*notable, *highest]))
    names = list(dict.fromkeys(several["study"]))
    others = len(names) - len(front)
    entries = front + ([counted(others, "other study", "other studies")] if others else [])
    colours = [*PALETTE[: len(front)], *([OTHERS] if others else [])]
    drawn = panels(
        title,
        "Left: mean silhouette of each candidate in its own space; the curves may be read one by one, not against each "
        "other, because each is measured in another space. Right: the same candidates by the yardstick, measured in "
        "one "
        "reference space: the share of what K-means attains there with as many segments.",
        width=WIDTH,
        height=3.0,
        entries=entries,
        colours=colours,
        grid=(1, 2),
    )
    for axes, column, words in zip(
        drawn.axes, ("silhouette", "yardstick"), ("Silhouette, each in its own space", "Yardstick"), strict=True
    ):
        for name in [*(name for name in names if name not in front), *reversed(front)]:
            own = several[several["study"] == name].sort_values("k")
            colour = colours[front.index(name)] if name in front else OTHERS
            axes.plot(
                own["k"], own[column], "-o", color=colour, linewidth=2.2 if name in front else 1.2,
                markersize=5 if name in front else 2.5, zorder=3 if name in front else 2,
            )  # fmt: skip
        chosen = several[several["verdict"] == "chosen"]
        axes.scatter(chosen["k"], chosen[column], s=170, facecolor="none", edgecolor=INK, linewidth=1.8, zorder=4)
        _k_axis(axes, several["k"])
        number_axis(axes.yaxis)
        heading(axes, words)
    return drawn.finish()


def _coloured(short_list: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Studies of a short list in order, and their colours; those beyond a handful share one entry."""
    names = list(dict.fromkeys(short_list["study"]))
    shown = names if len(names) <= NAMED else names[: NAMED - 1]
    entries, colours = list(shown), list(PALETTE[: len(shown)])
    if len(names) > len(shown):
        entries.append(counted(len(names) - len(shown), "other study", "other studies"))
        colours.append(OTHERS)
    return entries, colours


def _named(short_list: pd.DataFrame, name: str, names: Sequence[str]) -> pd.DataFrame:
    """Rows of one entry of the legend."""
    if name in set(short_list["study"]):
        return short_list[short_list["study"] == name]
    return short_list[~short_list["study"].isin(names)]


def _k_axis(axes: Axes, ks: pd.Series) -> None:
    values = np.unique(ks.to_numpy(dtype=int)) if len(ks) else np.array([2])
    axes.set_xlim(values[0] - 0.5, values[-1] + 0.5)
    shown = values if len(values) <= 14 else values[:: -(-len(values) // 12)]
    axes.set_xticks(shown, [str(value) for value in shown])
    name_x(axes, "k, number of segments")


def _pad(axes: Axes, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> None:
    """Leave room around the points; more above, for names."""
    for values, limit, above in ((x, axes.set_xlim, 0.12), (y, axes.set_ylim, 0.2)):
        finite = values[np.isfinite(values)]
        if len(finite):
            span = max(float(np.ptp(finite)), 0.02)
            limit(float(finite.min()) - (above if above > 0.15 else 0.12) * span, float(finite.max()) + above * span)


def _tell(axes: Axes, x: float, y: float, name: str, *, above: bool) -> None:
    """Name a point, on the side where there is room."""
    low, high = axes.get_xlim()
    right = x <= (low + high) / 2
    room = size_inches(axes)[0] * ((high - x) if right else (x - low)) / (high - low)
    axes.annotate(
        fit(name, max(room - 0.15, 0.6)), (x, y),
        xytext=(16 if right else -16, 12 if above else -12), textcoords="offset points",
        ha="left" if right else "right", va="bottom" if above else "top", size=TEXT, color=INK, zorder=5,
        arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}, **PLAIN,
    )  # fmt: skip
