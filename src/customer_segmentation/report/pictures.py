"""Figures as small images: drawn once, reduced to a palette, with their size on the page."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from customer_segmentation.report.document import Picture

DPI = 120
PAGE_DPI = 96
COLOURS = 128  # a figure has a dozen, and their shades along edges
#: Larger images than this many pixels across are reduced: no screen shows more.
WIDEST = 1800


def drawn(figure: Figure, name: str, *, caption: str, alt: str) -> Picture:
    """Draw a figure as a picture of a report."""
    from PIL import Image

    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)  # noqa: S101 - figures are made by figures.theme
    figure.set_dpi(DPI)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    return _picture(image, name, caption, alt)


def stored(content: bytes, name: str, *, caption: str, alt: str) -> Picture:
    """Take an image that a run holds as a picture of a report."""
    from PIL import Image

    return _picture(Image.open(io.BytesIO(content)).convert("RGB"), name, caption, alt)


def _picture(image: object, name: str, caption: str, alt: str) -> Picture:
    from PIL import Image

    assert isinstance(image, Image.Image)  # noqa: S101 - for the types
    width, height = (round(side * PAGE_DPI / DPI) for side in image.size)
    if image.width > WIDEST:
        image = image.resize((WIDEST, round(image.height * WIDEST / image.width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        buffer, "PNG", compress_level=6
    )
    return Picture(name, buffer.getvalue(), caption, alt, width, height)
