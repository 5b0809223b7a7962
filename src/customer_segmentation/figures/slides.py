"""Slides for a meeting: a title in words over one figure, 1920 × 1080 pixels; and the figures that only slides have."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from customer_segmentation.figures.labels import LINE, PANEL, PLAIN, TEXT, clean, fit, text_width, widest, wrap
from customer_segmentation.figures.theme import (
    EDGE,
    GRID,
    HEADERS,
    INK,
    QUIET,
    RULE,
    bare,
    compose,
    new_figure,
    segment_colours,
)

if TYPE_CHECKING:
    from PIL.Image import Image as Pixels

WIDTH, HEIGHT = 1920, 1080  # pixels
DPI = 144
MARGIN = 80  # pixels
#: Points of a title, of the sentence under it, and of the foot.
HEAD, LONG_HEAD, NOTE, FOOT = 27, 21, 15, 11
#: Dots an inch of a figure on a slide at most: its smallest text is then that of a note.
LARGEST = 280
#: By this the file of a slide is known again: it is replaced by another, and nothing else is.
MARK = "customer-segmentation slide"
LABEL, CELL = 2.6, 2.9  # inches at most, of a bar's name and of a cell of words
ROW = 0.5


def slide(figure: Figure, *, title: str, note: str, foot: str) -> bytes:
    """Draw a slide: the title, a sentence, the figure without a header of its own, as large as there is room.

    Parameters
    ----------
    figure : Figure
        Made by `customer_segmentation.figures.theme.compose`.
    title, note, foot : str
        Wrapped to the slide; a title of more than two lines is set smaller, in three.

    Returns
    -------
    bytes
        A PNG of 1920 × 1080 pixels.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    page = new_figure(WIDTH / DPI, HEIGHT / DPI)
    page.set_dpi(DPI)
    room = (WIDTH - 2 * MARGIN) / DPI
    heading, lines, head = wrap(title, room, HEAD, bold=True, lines=2), wrap(note, room, NOTE), HEAD
    if heading[-1].endswith("…"):
        head = LONG_HEAD
        heading = wrap(title, room, head, bold=True)
    at = MARGIN * 0.75 / HEIGHT
    for text, size, weight, colour in (
        ("\n".join(heading), head, "bold", INK),
        ("\n".join(lines), NOTE, "normal", QUIET),
    ):
        page.text(
            MARGIN / WIDTH, 1 - at, text, size=size, weight=weight, color=colour, va="top", linespacing=1.2, **PLAIN
        )  # fmt: skip
        at += ((text.count("\n") + 1) * size * LINE * DPI + 14) / HEIGHT
    page.text(MARGIN / WIDTH, 40 / HEIGHT, fit(foot, room, FOOT), size=FOOT, color=QUIET, va="center", **PLAIN)
    image = _pixels(page)
    top, bottom = round(at * HEIGHT) + 16, HEIGHT - 84
    header = HEADERS.get(figure, 0.0)
    width, height = figure.get_size_inches()
    figure.set_dpi(min((WIDTH - 2 * MARGIN) / width, (bottom - top) / (height - header), LARGEST))
    body = _pixels(figure)
    body = body.crop((0, round(header * figure.get_dpi()), body.width, body.height))
    image.paste(body, ((WIDTH - body.width) // 2, top + max((bottom - top - body.height) // 2, 0)))
    buffer, told = io.BytesIO(), PngInfo()
    told.add_text("Software", MARK)
    told.add_itxt("Title", title)
    image.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(buffer, "PNG", pnginfo=told)
    return buffer.getvalue()


def is_slide(path: Path) -> bool:
    """Whether a file is a slide that an earlier command wrote, or empty."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return False
    return not start or (start.startswith(b"\x89PNG") and f"Software\0{MARK}".encode() in start)


def _pixels(figure: Figure) -> Pixels:
    from PIL import Image

    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)  # noqa: S101 - figures are made by figures.theme
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])


def amounts(
    names: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    title: str,
    *,
    interval: tuple[Sequence[float], Sequence[float]] | None = None,
    mark: tuple[float, str] | None = None,
) -> Figure:
    """Draw a bar for each segment with its amount beside it.

    Parameters
    ----------
    names : sequence of k str
    values : sequence of k float
        Where the bars end, in the unit of ``texts``.
    texts : sequence of k str
        The amounts as a reader meets them.
    title : str
    interval : pair of sequences of k float, optional
        Lower and upper ends, drawn as lines.
    mark : (float, str), optional
        A dashed line through all bars, and what it is.

    Returns
    -------
    Figure
    """
    k = max(len(names), 1)
    shown = [wrap(f"{segment} · {name}", LABEL, TEXT) for segment, name in enumerate(names)]
    left = widest([line for lines in shown for line in lines]) + EDGE + 0.14
    right = max(widest([*texts]) + 0.2 + EDGE, 0.8)
    page = left + 3.6 + right
    figure = new_figure(page, k * ROW + 0.3, nrows=1, ncols=1)
    compose(figure, title=title, caption="", left=left, right=right, bottom=0.0, top=0.3)
    axes = figure.axes[0]
    bare(axes)
    ends = np.nan_to_num(np.asarray(values, dtype=float))
    low, high = (
        (ends, ends) if interval is None else (np.nan_to_num(np.asarray(side, dtype=float)) for side in interval)
    )
    every = np.concatenate([ends, low, high, [0.0 if mark is None else mark[0]]])
    least, most = min(0.0, float(every.min())), max(float(every.max()), 0.0)
    span = (most - least) or 1.0
    axes.set(xlim=(least, least + span), ylim=(k - 0.5, -0.5))
    places = np.arange(len(ends))
    axes.barh(places, ends, height=0.6, color=segment_colours(k)[: len(ends)])
    axes.axvline(0, color=RULE, linewidth=1)
    if interval is not None:
        axes.hlines(places, low, high, color=INK, linewidth=1.6)
    for place, lines in enumerate(shown):
        axes.text(
            -0.14 / 3.6, 1 - (place + 0.5) / k, "\n".join(lines), transform=axes.transAxes, size=TEXT, color=INK,
            ha="right", va="center", linespacing=1.15, **PLAIN,
        )  # fmt: skip
        axes.text(
            1 + 0.12 / 3.6, 1 - (place + 0.5) / k, clean(texts[place]), transform=axes.transAxes, size=TEXT, color=INK,
            va="center", **PLAIN,
        )  # fmt: skip
    if mark is not None:
        axes.axvline(mark[0], color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
        half = text_width(mark[1]) / 2 / 3.6
        axes.text(
            min(max((mark[0] - least) / span, half), 1 - half), 1 + 0.05 / (k * ROW), clean(mark[1]),
            transform=axes.transAxes, size=TEXT, color=INK, ha="center", va="bottom", **PLAIN,
        )  # fmt: skip
    return figure


def words_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], title: str, *, numbers: Sequence[bool], coloured: bool = True
) -> Figure:
    """Draw a table; its words are wrapped, its numbers stand under one another.

    Parameters
    ----------
    head : sequence of m str
    rows : sequences of m str
    title : str
    numbers : sequence of m bool
        Columns that hold numbers.
    coloured : bool
        Row i is segment i and bears its colour.

    Returns
    -------
    Figure
    """
    columns = list(zip(head, *rows, strict=True))
    widths = [
        min(widest([clean(text) for text in column]), 1.1 if is_number else CELL)
        for column, is_number in zip(columns, numbers, strict=True)
    ]
    widths = [
        max(width, widest([word for text in column for word in clean(text).split()][:400]) if is_number else width)
        for width, column, is_number in zip(widths, columns, numbers, strict=True)
    ]
    cells = [
        [wrap(text, width + 0.02, TEXT, lines=9) for text, width in zip(row, widths, strict=True)]
        for row in [head, *rows]
    ]
    heights = [max(len(lines) for lines in row) * TEXT * LINE + 0.16 for row in cells]
    gap, left = 0.28, EDGE + (0.16 if coloured else 0.0)
    page, down = left + sum(widths) + gap * (len(widths) - 1) + EDGE, sum(heights) + 0.05
    figure = new_figure(page, down, nrows=1, ncols=1)
    compose(figure, title=title, caption="", left=0.0, right=0.0, bottom=0.0, top=0.0)
    axes = figure.axes[0]
    bare(axes)
    axes.set(xlim=(0, page), ylim=(down, 0))
    colours, y = segment_colours(len(rows)), 0.0
    for number, (row, height) in enumerate(zip(cells, heights, strict=True)):
        x = left
        for lines, width, is_number in zip(row, widths, numbers, strict=True):
            axes.text(
                x + width if is_number else x, y + 0.08, "\n".join(lines), size=PANEL - 1, va="top", linespacing=1.15,
                ha="right" if is_number else "left", color=INK if number else QUIET, **PLAIN,
            )  # fmt: skip
            x += width + gap
        if number and coloured:
            axes.vlines(EDGE, y + 0.08, y + height - 0.06, color=colours[number - 1], linewidth=5)
        y += height
        axes.hlines(y, EDGE, page - EDGE, color=GRID if number else RULE, linewidth=1)
    return figure
