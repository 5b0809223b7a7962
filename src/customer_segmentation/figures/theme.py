"""The one place for the look of figures: canvas, colours, header, margins, axes.

Layout is in inches and known before anything is drawn: margins come from the measured widths of their labels. That is
cheaper than matplotlib's layout engines, which draw a figure to lay it out, and nothing is cut or overlaps.
"""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from customer_segmentation.figures.labels import (
    FAMILY,
    LINE,
    PANEL,
    PLAIN,
    TEXT,
    TITLE,
    UnitFormatter,
    clean,
    wrap,
)

#: Ten colours that stay apart under normal sight and under simulated protanopia, deuteranopia and tritanopia (Machado,
#: Oliveira and Fernandes, 2009; smallest distance in Oklab 0.089), the first ones furthest apart. Most are
#: of Okabe and Ito's and of Tol's published palettes.
PALETTE = (
    "#0072B2",  # blue
    "#E69F00",  # orange
    "#882255",  # wine
    "#44AA99",  # teal
    "#CC3311",  # red
    "#88CCEE",  # sky
    "#332288",  # indigo
    "#DDCC77",  # sand
    "#5D2E0C",  # brown
    "#E76300",  # vermilion
)
INK = "#222222"
ON_LIGHT = "#1A1A1A"  # on a light colour of ours; on the page itself ink is the page's
QUIET = "#595959"  # captions, ticks: contrast 7 on white
RULE = "#B5B5B5"
GRID = "#E6E6E6"
BLANK = "#F2F2F2"  # a cell without a value
ACCENT = PALETTE[0]
SEQUENTIAL: Colormap = LinearSegmentedColormap.from_list("segment_sequential", ["#F4F8FB", "#8FBBDA", "#0B4F82"])
DIVERGING: Colormap = LinearSegmentedColormap.from_list(
    "segment_diverging", ["#0B4F82", "#6FA8CF", "#F7F7F7", "#EBA560", "#9A4A00"]
)
HEADER = "header"  # id of title and caption in a vector image
EDGE = 0.2  # inches left free around everything


def segment_colours(k: int) -> list[str]:
    """Colours of segments 0 to k - 1 as hex strings; a segment's number has the same colour whatever ``k`` is.

    The first ten are :data:`PALETTE`. Beyond ten the same hues return darker, then lighter, and so on: distinct, but no
    longer safe to tell apart by colour alone.
    """
    colours = []
    for number in range(k):
        base = np.array(to_rgb(PALETTE[number % len(PALETTE)]))
        turn = number // len(PALETTE)
        step = 1 - 0.62 ** ((turn + 1) // 2)
        mixed = base + step * ((turn % 2 == 0) - base)
        colours.append(to_hex((float(mixed[0]), float(mixed[1]), float(mixed[2]))).upper())
    return colours


def segment_names(k: int, names: Sequence[str] | None = None) -> list[str]:
    """Return the names of segments 0 to k - 1: those given, else ``Segment 0`` and so on, as the model labels them.

    Parameters
    ----------
    k : number of segments
    names : one a segment, or None
    """
    return [f"Segment {number}" for number in range(k)] if names is None else [str(name) for name in names]


def ink_on(colour: Any) -> str:
    """Black or white, whichever reads better on a colour (WCAG relative luminance)."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    return "white" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else ON_LIGHT


def new_figure(width: float, height: float, **subplots: Any) -> Figure:
    """Make a figure of ``width`` × ``height`` inches on an Agg canvas, with the panels of ``Figure.subplots``.

    Parameters
    ----------
    width : in inches
    height : in inches
    **subplots : arguments of ``Figure.subplots``; without any, no panel is made
    """
    figure = Figure(figsize=(width, height), dpi=120, facecolor="white")
    FigureCanvasAgg(figure)
    if subplots:
        figure.subplots(**subplots)
    return figure


#: Inches of a figure's header, for who shows the panels without it.
HEADERS: WeakKeyDictionary[Figure, float] = WeakKeyDictionary()
#: Between a segment's number, its marks' texts, and these, in the id of an element of a vector image.
UNIT, RECORD = "\u241f", "\u241e"


def mark(artist: Artist, segment: int | None, tips: Sequence[str]) -> None:
    """Say of what is drawn to which segment it belongs and what stands under the pointer, for a vector image.

    Parameters
    ----------
    artist : Artist
    segment : int or None
        None: it belongs to no segment of the candidate.
    tips : sequence of str
        One for all of the artist, or one for each of its points.
    """
    artist.set_gid(f"{'' if segment is None else segment}{UNIT}{RECORD.join(clean(tip) for tip in tips)}")


def compose(  # noqa: PLR0913 - each is named at the call
    figure: Figure,
    *,
    title: str,
    caption: str,
    left: float = EDGE,
    right: float = EDGE,
    bottom: float = EDGE,
    top: float = 0.1,
    gaps: tuple[float, float] = (0.0, 0.0),
    grid: tuple[int, int] = (1, 1),
) -> None:
    """Write title and caption over the panels and place these; all in inches.

    The figure grows by the height of its header, so the panels keep the height they were made with.

    Parameters
    ----------
    figure : Figure
    title, caption : str
        Wrapped to the width of the figure; the caption says what is shown.
    left, right, bottom, top : float
        Room for labels around the grid of panels, ``top`` under the header.
    gaps : (between columns, between rows)
    grid : (rows, columns)
    """
    width, height = figure.get_size_inches()
    room = width - 2 * EDGE
    heading = wrap(title, room, TITLE, bold=True, lines=3)
    note = wrap(caption, room, TEXT, lines=4)
    title_height = len(heading) * TITLE * LINE
    header = EDGE + title_height + 0.06 + len(note) * TEXT * LINE + 0.08
    height += header
    HEADERS[figure] = header
    figure.set_size_inches(width, height)
    x = EDGE / width
    style: dict[str, Any] = {"ha": "left", "va": "top", "linespacing": 1.2, **PLAIN}
    figure.text(x, 1 - EDGE / height, "\n".join(heading), size=TITLE, weight="bold", color=INK, gid=HEADER, **style)
    figure.text(
        x, 1 - (EDGE + title_height + 0.06) / height, "\n".join(note), size=TEXT, color=QUIET, gid=HEADER, **style
    )
    rows, columns = grid
    across = (width - left - right - (columns - 1) * gaps[0]) / columns
    down = (height - header - top - bottom - (rows - 1) * gaps[1]) / rows
    figure.subplots_adjust(
        left=left / width,
        right=1 - right / width,
        bottom=bottom / height,
        top=1 - (header + top) / height,
        wspace=gaps[0] / across,
        hspace=gaps[1] / down,
    )


def size_inches(axes: Axes) -> tuple[float, float]:
    """Width and height of a panel in inches."""
    figure = axes.get_figure(root=True)
    assert figure is not None  # noqa: S101 - panels are made by new_figure
    width, height = figure.get_size_inches()
    box = axes.get_position()
    return box.width * width, box.height * height


#: What a panel's heading may stick out beyond it, and the name of its horizontal axis; inches.
BESIDE, UNDER = 0.3, 0.2


def heading_lines(text: str, width: float) -> list[str]:
    """Lines of a heading over a panel.

    Parameters
    ----------
    text : what is shown
    width : of the panel, in inches
    """
    return wrap(text, width + BESIDE, PANEL, lines=2)


def axis_lines(text: str, width: float) -> list[str]:
    """Lines of the name of a horizontal axis.

    Parameters
    ----------
    text : what is shown
    width : of the panel, in inches
    """
    return wrap(text, width + UNDER, TEXT, lines=2)


def heading(axes: Axes, text: str, *, offset: float = 0.08) -> None:
    """Write what a panel, or its vertical axis, shows over its upper left corner, on two lines where one is too short.

    Parameters
    ----------
    axes : the panel; who made it has left room for the lines, see `heading_lines`
    text : what is shown
    offset : height over the panel, in inches
    """
    width, height = size_inches(axes)
    shown = "\n".join(heading_lines(text, width))
    axes.text(
        0, 1 + offset / height, shown, transform=axes.transAxes, size=PANEL, color=INK, va="bottom", linespacing=1.2,
        **PLAIN,
    )  # fmt: skip


def name_x(axes: Axes, text: str, *, offset: float = 0.27) -> None:
    """Name the horizontal axis under its tick labels, on two lines where one is too short.

    Parameters
    ----------
    axes : the panel; who made it has left room for the lines, see `axis_lines`
    text : what is measured
    offset : depth under the panel, in inches
    """
    width, height = size_inches(axes)
    shown = "\n".join(axis_lines(text, width))
    axes.text(
        0.5, -offset / height, shown, transform=axes.transAxes, size=TEXT, color=QUIET, ha="center", va="top",
        linespacing=1.2, **PLAIN,
    )  # fmt: skip


def style(axes: Axes, *, grid: str = "both") -> None:
    """Quiet axes: no box, no tick marks, a light grid along ``x``, ``y``, ``both`` or ``none``.

    Parameters
    ----------
    axes : the panel
    grid : one of ``x``, ``y``, ``both``, ``none``
    """
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(RULE)
    axes.tick_params(length=0, labelsize=TEXT, labelcolor=QUIET, labelfontfamily=FAMILY)
    axes.set_axisbelow(True)
    # matplotlib would look for room for titles and axis names at every draw; heading and name_x know where they stand.
    axes.set_title("", y=1.0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_label_coords(0.5, 0.5)
    if grid != "none":
        axes.grid(axis=grid, color=GRID, linewidth=0.8)  # type: ignore[arg-type]  # one of x, y, both


def bare(axes: Axes) -> None:
    """Axes as a plain surface: no frame, no ticks."""
    axes.set_axis_off()


def number_axis(axis: Any, unit: str = "", *, ticks: int = 5, whole: bool = False) -> None:
    """Round tick positions and labels in the unit of the column.

    Parameters
    ----------
    axis : ``axes.xaxis`` or ``axes.yaxis``
    unit : of the column
    ticks : at most so many
    whole : whole numbers only
    """
    axis.set_major_locator(MaxNLocator(ticks, integer=whole, steps=[1, 2, 2.5, 5, 10] if not whole else [1, 2, 5, 10]))
    axis.set_major_formatter(UnitFormatter(unit))


def cells(
    axes: Axes,
    values: npt.NDArray[np.float64],
    texts: Sequence[Sequence[str]],
    *,
    colours: Colormap,
    low: float,
    high: float,
) -> None:
    """Draw a matrix as coloured cells with a text in each; a NaN is a light grey cell.

    Parameters
    ----------
    axes : the panel
    values : ndarray of shape (n_rows, n_columns)
        What the colour means; cell (0, 0) is the upper left one and spans -0.5 to 0.5 of both axes.
    texts : n_rows sequences of n_columns str
    colours : the scale from ``low`` to ``high``
    low : value of the scale's lower end
    high : value of its upper end
    """
    rows, columns = values.shape
    share = np.clip((values - low) / ((high - low) or 1.0), 0, 1)
    shown = colours(np.nan_to_num(share))
    shown[np.isnan(values)] = (*to_rgb(BLANK), 1.0)
    axes.imshow(shown, aspect="auto", interpolation="nearest", extent=(-0.5, columns - 0.5, rows - 0.5, -0.5))
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    if rows * columns > 1:
        lines = {"color": "white", "linewidth": 1.2}
        axes.hlines(np.arange(1, rows) - 0.5, -0.5, columns - 0.5, **lines)  # type: ignore[arg-type]  # matplotlib names each keyword
        axes.vlines(np.arange(1, columns) - 0.5, -0.5, rows - 0.5, **lines)  # type: ignore[arg-type]  # matplotlib names each keyword
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            if text:
                ink = ink_on(shown[row, column, :3])
                axes.text(column, row, text, ha="center", va="center", size=TEXT, color=ink, **PLAIN)
