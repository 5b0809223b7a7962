"""Pairs of numeric columns as joint histograms: clumps or a continuum, before any segmentation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from customer_segmentation.exploration.description import numeric_columns
from customer_segmentation.figures.exploration import histogram_edges
from customer_segmentation.figures.labels import PLAIN, TEXT, fit_all, with_unit
from customer_segmentation.figures.theme import ACCENT, EDGE, INK, SEQUENTIAL, bare, compose, new_figure

MOST_COLUMNS = 5


def pairs_figure(
    frame: pd.DataFrame, units: Mapping[str, str] | None = None, title: str = "Pairs of columns"
) -> Figure:
    """Draw the joint distribution of every pair of a few columns.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_columns)
        The first five numeric columns are drawn; constant ones are left out.
    units : mapping of column to unit, optional
    title : str

    Returns
    -------
    Figure
        A triangle: histograms on its diagonal, joint histograms below it, darker where more customers are.
    """
    import seaborn as sns  # costs a second or two, and is needed here alone: `segment explore`, never a sweep

    numbers = numeric_columns(frame)
    numbers = numbers.loc[:, numbers.max() > numbers.min()].iloc[:, :MOST_COLUMNS]
    n, cell = max(numbers.shape[1], 1), 1.45
    width = n * cell + (n - 1) * 0.12 + 2 * EDGE
    figure = new_figure(max(width, 6.0), width + 0.3, nrows=n, ncols=n, squeeze=False)
    caption = "Darker: more customers. A few values far outside are drawn at the edge."
    compose(figure, title=title, caption=caption, top=0.28, gaps=(0.12, 0.12), grid=(n, n))
    grid = np.array(figure.axes).reshape(n, n)
    names = [with_unit(str(name), (units or {}).get(str(name), "")) for name in numbers]
    names = fit_all(names, cell)
    edges = [histogram_edges(column.dropna().to_numpy())[0] for _, column in numbers.items()]
    shown = [column.clip(edges[at][0], edges[at][-1]) for at, (_, column) in enumerate(numbers.items())]
    for row in range(n):
        for column in range(n):
            axes = grid[row, column]
            if column > row or numbers.empty:
                bare(axes)
                continue
            axes.set(xticks=[], yticks=[])
            for side in axes.spines.values():
                side.set_visible(False)
            if row == column:
                sns.histplot(x=shown[column], bins=edges[column], ax=axes, color=ACCENT, element="step", linewidth=0)
                axes.set_title(names[column], size=TEXT, color=INK, loc="left", **PLAIN)
            else:
                sns.histplot(x=shown[column], y=shown[row], bins=(edges[column], edges[row]), ax=axes, cmap=SEQUENTIAL)
            axes.set(xlabel="", ylabel="")
    return figure
