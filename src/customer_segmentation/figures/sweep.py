"""Figures of a sweep: where in features × scaling the best candidates lie, and the table of candidates."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from customer_segmentation.figures.labels import LINE, PLAIN, TEXT, fit, number, widest, wrap, wrap_all
from customer_segmentation.figures.theme import (
    BLANK,
    EDGE,
    INK,
    QUIET,
    RULE,
    SEQUENTIAL,
    bare,
    cells,
    compose,
    heading,
    new_figure,
    size_inches,
)

LABEL_LIMIT = 2.4  # inches
CELL_HEIGHT = 0.42  # inches
COLUMN_LIMIT = 3.6  # inches, of the table
HIGHLIGHT = "#FFF1D6"


def sweep_heatmaps(
    best: pd.DataFrame,
    chosen_k: pd.DataFrame,
    *,
    title: str = "The best candidate of each space",
    yardstick: str = "Best yardstick",
    chosen: tuple[str, str] | None = None,
) -> Figure:
    """Draw the best yardstick of each space, and the k of that candidate, side by side.

    Parameters
    ----------
    best : DataFrame of shape (n_feature_sets, n_scalings)
        The best yardstick among the candidates that qualified; NaN where none did.
    chosen_k : DataFrame of shape (n_feature_sets, n_scalings)
        The k of that candidate; NaN where none qualified. Same rows and columns.
    title : str
    yardstick : str
        What ``best`` is, over its panel.
    chosen : tuple of (feature set, scaling), optional
        The space of the chosen candidate, which is framed.

    Returns
    -------
    Figure
        Silhouette and inertia do not belong here: they do not compare across spaces.
    """
    values = best.to_numpy(dtype=float, na_value=np.nan)
    ks = chosen_k.reindex(index=best.index, columns=best.columns).to_numpy(dtype=float, na_value=np.nan)
    rows, columns = values.shape
    rows_shown, columns_shown = max(rows, 1), max(columns, 1)
    labels = wrap_all(list(best.index), LABEL_LIMIT)
    cell = min(max(0.86, widest([str(name) for name in best.columns]) + 0.12), 1.25)
    above = [wrap(name, cell - 0.06, TEXT, lines=2) for name in best.columns]
    head = max((len(lines) for lines in above), default=1) * TEXT * LINE + 0.1
    left, gap = widest(labels) + 0.4, 0.55
    width = max(left + 2 * columns_shown * cell + gap + EDGE, 7.6)
    figure = new_figure(width, rows_shown * CELL_HEIGHT + head + 0.45 + EDGE, nrows=1, ncols=2)
    framed = " Framed: the space of the chosen candidate." if chosen is not None else ""
    blank = " Grey: no candidate of that space qualified." if np.isnan(values).any() else ""
    compose(
        figure,
        title=title,
        caption="Rows: feature sets; columns: scalings. Left: the yardstick of the best candidate that qualified, "
        f"higher is better. Right: its number of segments.{framed}{blank}",
        left=left,
        right=EDGE,
        top=head + 0.4,
        bottom=EDGE,
        gaps=(gap, 0.0),
        grid=(1, 2),
    )
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    low = high - max(high - low, 0.05)  # so that a difference of nothing does not look like one
    first, second = figure.axes
    _matrix(first, values, [[_score(value) for value in line] for line in values], above, SEQUENTIAL, low, high)
    _matrix(second, ks, [["" if np.isnan(k) else f"{k:.0f}" for k in line] for line in ks], above, SEQUENTIAL, 0, 14)
    for axes, text in ((first, yardstick), (second, "Number of segments, k")):
        heading(axes, text, offset=head + 0.06)
    for row, label in enumerate(labels):
        first.text(
            -0.12 / size_inches(first)[0], 1 - (row + 0.5) / rows, label, transform=first.transAxes, size=TEXT,
            color=INK, ha="right", va="center", **PLAIN,
        )  # fmt: skip
    if chosen is not None and chosen[0] in best.index and chosen[1] in best.columns:
        best_row, best_column = list(best.index).index(chosen[0]), list(best.columns).index(chosen[1])
        for axes in (first, second):
            axes.add_patch(
                Rectangle(
                    (float(best_column) - 0.5, float(best_row) - 0.5), 1, 1, fill=False, edgecolor=INK, linewidth=2.2,
                    clip_on=False, zorder=5,
                )
            )  # fmt: skip
    return figure


def candidates_table(
    leaderboard: pd.DataFrame, top: int = 20, *, title: str = "Candidates", caption: str = ""
) -> Figure:
    """Draw the first rows of the leaderboard as a table.

    Parameters
    ----------
    leaderboard : DataFrame of shape (n_candidates, n_columns)
        In its order, best first. A boolean column ``chosen``, which is not drawn, marks the chosen candidate; it is
        drawn below the others when it is not among the first. Numbers get three decimals, or none when all of their
        column are whole; True is ``yes``.
    top : int
        Rows to draw.
    title : str
    caption : str
        What stands under the title before the explanation of the mark.

    Returns
    -------
    Figure
    """
    total = len(leaderboard)
    chosen = leaderboard["chosen"].to_numpy(dtype=bool) if "chosen" in leaderboard else np.zeros(total, dtype=bool)
    picked = [*range(min(top, total)), *(i for i in np.flatnonzero(chosen) if i >= top)]
    shown = leaderboard.drop(columns="chosen", errors="ignore").iloc[picked]
    names = [str(name).replace("_", " ") for name in shown.columns]
    columns = [_written(shown.iloc[:, j]) for j in range(shown.shape[1])]
    right_aligned = [
        pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype) for dtype in shown.dtypes
    ]
    ranks = [f"{i + 1}" for i in picked]
    columns, names, right_aligned = [ranks, *columns], ["", *names], [True, *right_aligned]
    widths = []
    for j, texts in enumerate(columns):
        content = min(max(widest(texts, bold=True), 0.3), COLUMN_LIMIT)
        longest = widest(names[j].split(" "), bold=True)
        widths.append(max(content, min(longest, COLUMN_LIMIT)) + 0.3)
    heads = [wrap(name, width - 0.2, TEXT, bold=True, lines=3) for name, width in zip(names, widths, strict=True)]
    step = 0.27
    head = max(len(lines) for lines in heads) * TEXT * LINE + 0.16
    width = max(sum(widths) + 2 * EDGE, 6.4)
    height = head + max(len(picked), 1) * step
    figure = new_figure(width, height + EDGE, nrows=1, ncols=1)
    counted = f"The first {min(top, total)} of {total:,} candidates." if total > top else f"{total:,} candidates."
    mark = " The chosen one is shaded." if chosen.any() else " None was chosen."
    compose(figure, title=title, caption=f"{caption} {counted}{mark}".strip(), top=0.0, bottom=EDGE)
    axes = figure.axes[0]
    bare(axes)
    inner = width - 2 * EDGE
    tall = size_inches(axes)[1]
    axes.set(xlim=(0, inner), ylim=(tall, 0))
    lines = [head, *(head + step * (row + 1) for row in range(len(picked)))]
    for row, i in enumerate(picked):
        if chosen[i]:
            axes.add_patch(Rectangle((0, lines[row]), inner, step, facecolor=HIGHLIGHT, edgecolor="none"))
    axes.hlines(lines[1:], 0, inner, color=BLANK, linewidth=1)
    axes.hlines([lines[0]], 0, inner, color=RULE, linewidth=1.4)
    if len(picked) > top > 0:
        axes.hlines([lines[top]], 0, inner, color=RULE, linewidth=1.0, linestyle=(0, (4, 3)))
    start = 0.0
    for j, texts in enumerate(columns):
        x = start + widths[j] - 0.15 if right_aligned[j] else start + 0.15
        side = "right" if right_aligned[j] else "left"
        axes.text(
            x, head - 0.1, "\n".join(heads[j]), size=TEXT, weight="bold", color=INK, ha=side, va="baseline",
            linespacing=1.1, **PLAIN,
        )  # fmt: skip
        for row, text in enumerate(texts):
            bold = bool(chosen[picked[row]])
            axes.text(
                x, lines[row] + step / 2, fit(text, widths[j] - 0.28, TEXT, bold), size=TEXT, ha=side,
                va="center_baseline", color=QUIET if j == 0 and not bold else INK,
                weight="bold" if bold else "normal", **PLAIN,
            )  # fmt: skip
        start += widths[j]
    return figure


def _matrix(
    axes: Axes,
    values: npt.NDArray[np.float64],
    texts: Sequence[Sequence[str]],
    above: Sequence[list[str]],
    colours: Colormap,
    low: float,
    high: float,
) -> None:
    if values.size == 0:
        bare(axes)
        return
    cells(axes, values, texts, colours=colours, low=low, high=high)
    height = size_inches(axes)[1]
    for column, lines in enumerate(above):
        axes.text(
            (column + 0.5) / len(above), 1 + 0.09 / height, "\n".join(lines), transform=axes.transAxes, size=TEXT,
            color=QUIET, ha="center", va="baseline", linespacing=1.1, **PLAIN,
        )  # fmt: skip


def _score(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}".replace("-", "−") if abs(value) < 100 else number(value)


def _written(column: pd.Series) -> list[str]:
    """Cells of a column of the table as text."""
    if all(isinstance(value, bool | np.bool_) for value in column):
        return ["yes" if value else "no" for value in column]
    if not pd.api.types.is_numeric_dtype(column.dtype):
        return ["" if pd.isna(value) else str(value) for value in column]
    values = column.to_numpy(dtype=float, na_value=np.nan)
    finite = values[np.isfinite(values)]
    whole = bool((finite % 1 == 0).all())
    small = len(finite) and np.abs(finite).max() < 100
    return [
        "" if np.isnan(value)
        else f"{value:,.0f}".replace("-", "−") if whole
        else f"{value:.3f}".replace("-", "−") if small
        else number(value)
        for value in values
    ]  # fmt: skip
