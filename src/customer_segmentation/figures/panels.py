"""Figures of panels over a legend: the canvas, the header, quiet axes and room for the legend, in one place."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import LINE, PANEL, TEXT, wrap_all
from customer_segmentation.figures.legends import ENTRY, legend_height, legend_rows, segment_legend
from customer_segmentation.figures.theme import (
    EDGE,
    axis_lines,
    compose,
    heading,
    heading_lines,
    name_x,
    new_figure,
    style,
)

#: Room for tick labels and the name of the horizontal axis; for what stands over a panel. In inches.
FOOT, TOP = 0.62, 0.36


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
    above: Sequence[str] = (),
    below: Sequence[str] = (),
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
    above, below : sequences of str
        What each panel shows, and the names of the horizontal axes; the figure grows by those that take two lines.
    """
    entries = wrap_all(entries, width - 2 * EDGE - ENTRY)
    rows = legend_rows(entries, width - 2 * EDGE) if entries else []
    panel = (width - left - right - (grid[1] - 1) * gaps[0]) / grid[1]
    higher = max((len(heading_lines(text, panel)) - 1 for text in above), default=0) * PANEL * LINE
    deeper = max((len(axis_lines(text, panel)) - 1 for text in below), default=0) * TEXT * LINE
    top, gaps = top + higher, (gaps[0], gaps[1] + higher + deeper)
    height += grid[0] * higher + (grid[0] - 1) * deeper
    foot = FOOT + deeper + (legend_height(entries, rows) + 0.14 if rows else 0.0)
    figure = new_figure(width, height + foot, nrows=grid[0], ncols=grid[1], squeeze=False)
    compose(figure, title=title, caption=caption, left=left, right=right, bottom=foot, top=top, gaps=gaps, grid=grid)
    for axes in figure.axes:
        style(axes, grid=lines)
    for write, texts in ((heading, above), (name_x, below)):
        for axes, text in zip(figure.axes, texts, strict=False):
            write(axes, text)
    return Panels(figure, entries, colours, rows)
