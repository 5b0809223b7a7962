"""Figures of panels over a legend: the canvas, the header, quiet axes and room for the legend, in one place."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import LINE, TEXT
from customer_segmentation.figures.legends import legend_rows, segment_legend
from customer_segmentation.figures.theme import EDGE, compose, new_figure, style

#: Room for tick labels and the name of the horizontal axis; a line of the legend; what stands over a panel. In inches.
FOOT, LEGEND_LINE, TOP = 0.62, TEXT * LINE * 1.15, 0.36


@dataclass(frozen=True)
class Panels:
    """A figure with its panels, whose legend is written last."""

    figure: Figure
    entries: Sequence[str]
    colours: Sequence[str]
    rows: list[list[int]]

    @property
    def axes(self) -> list[Axes]:
        """The panels, row by row."""
        return list(self.figure.axes)

    def finish(self) -> Figure:
        """Write the legend, and hand the figure over."""
        if self.entries:
            segment_legend(self.figure, self.entries, self.colours, self.rows)
        return self.figure


def panels(  # noqa: PLR0913 - each is named at the call
    title: str,
    caption: str,
    *,
    width: float,
    height: float,
    entries: Sequence[str] = (),
    colours: Sequence[str] = (),
    left: float = 0.75,
    right: float = 0.3,
    top: float = TOP,
    gaps: tuple[float, float] = (0.8, 0.0),
    grid: tuple[int, int] = (1, 1),
    lines: str = "y",
) -> Panels:
    """Make a figure of panels with quiet axes over a legend.

    Parameters
    ----------
    title, caption : str
    width, height : float
        Inches of the figure, and of its panels with what stands over them.
    entries, colours : sequences of str
        Of the legend.
    left, right, top : float
        Inches around the grid of panels.
    gaps : (between columns, between rows)
    grid : (rows, columns)
    lines : {"x", "y", "both", "none"}
        Of the grid behind the data.
    """
    rows = legend_rows(list(entries), width - 2 * EDGE) if entries else []
    foot = FOOT + (len(rows) * LEGEND_LINE + 0.14 if rows else 0.0)
    figure = new_figure(width, height + foot, nrows=grid[0], ncols=grid[1], squeeze=False)
    compose(figure, title=title, caption=caption, left=left, right=right, bottom=foot, top=top, gaps=gaps, grid=grid)
    for axes in figure.axes:
        style(axes, grid=lines)
    return Panels(figure, entries, colours, rows)
