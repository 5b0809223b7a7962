"""What a report is made of: sections of paragraphs, lists, tables, pictures and cards, before any markup.

HTML and markdown are written from the same blocks, so that both say the same; texts are plain and are escaped when they
are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, or an item of a list; ``lead`` stands before it in bold."""

    text: str
    lead: str = ""
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[Paragraph, ...]
    kind: ClassVar[str] = "bullets"


@dataclass(frozen=True)
class Grid:
    """A table with a caption; the first column names its rows. ``marked`` rows are set off."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...] = ()  # columns of numbers
    marked: tuple[int, ...] = ()
    kind: ClassVar[str] = "grid"

    def is_right(self, column: int) -> bool:
        """Whether a column holds numbers."""
        return column < len(self.right) and self.right[column]


#: Narrowest scale of a picture on a telephone: its text, 10 points (13.3 pixels) when full, stays above 11 pixels.
LEAST_SCALE = 0.84


@dataclass(frozen=True)
class Picture:
    """An image with what it shows, and the same in words for those who do not see it.

    Attributes
    ----------
    name : str
        Of a file, without ending.
    png : bytes
    caption, alt : str
        The caption is "" where the image itself says what it shows.
    width, height : int
        Pixels of the page (96 an inch), at which it is shown where there is room.
    title : str
    svg : str
        The same as vectors with text that can be selected; "" for clouds of points and images of a run.
    """

    name: str
    png: bytes
    caption: str
    alt: str
    width: int
    height: int
    title: str = ""
    svg: str = ""
    kind: ClassVar[str] = "picture"

    @property
    def wide(self) -> bool:
        """Whether it takes the whole width of a gallery."""
        return self.width > 720

    @property
    def least(self) -> int:
        """Pixels at which its text can still be read: on a narrower screen it scrolls inside its frame."""
        return round(LEAST_SCALE * self.width)


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side where there is room."""

    pictures: tuple[Picture, ...]
    kind: ClassVar[str] = "gallery"


@dataclass(frozen=True)
class Beside:
    """Blocks side by side where there is room; ``narrow`` ones need little of it."""

    blocks: tuple[Block, ...]
    narrow: bool = False
    kind: ClassVar[str] = "beside"


@dataclass(frozen=True)
class Tile:
    """A segment on the first page: its figures, and the first thing to do."""

    anchor: str
    segment: int
    title: str
    colour: str
    facts: tuple[tuple[str, str], ...]
    action: str
    note: str = ""


@dataclass(frozen=True)
class Tiles:
    """All segments at a glance."""

    tiles: tuple[Tile, ...]
    kind: ClassVar[str] = "tiles"


@dataclass(frozen=True)
class Bar:
    """A row of a chart: a label, a bar in the units of the chart, and texts beside it.

    Attributes
    ----------
    label : str
    value : float
        Where the bar ends; it begins at 0.
    texts : tuple of str
        Columns beside the bar, in the order of the chart's ``head``.
    colour : str
    low, high : float or None
        Ends of the interval, drawn as a line.
    beside : float or None
        A second, grey bar above the first.
    segment : int or None
        For the filter.
    """

    label: str
    value: float
    texts: tuple[str, ...]
    colour: str
    low: float | None = None
    high: float | None = None
    beside: float | None = None
    segment: int | None = None

    @property
    def tip(self) -> str:
        """What is shown under the pointer."""
        return " · ".join((self.label, *self.texts))


@dataclass(frozen=True)
class Bars:
    """A chart of bars that is text and boxes: it reflows, prints and can be selected.

    Attributes
    ----------
    title, caption : str
    head : tuple of str
        Over the columns of texts.
    bars : tuple of Bar
    low, high : float
        Ends of the scale.
    mark : float or None
        A dashed line through all bars.
    """

    title: str
    caption: str
    head: tuple[str, ...]
    bars: tuple[Bar, ...]
    low: float
    high: float
    mark: float | None = None
    kind: ClassVar[str] = "bars"

    def at(self, value: float) -> float:
        """Place of a value on the scale, in percent of its length."""
        span = (self.high - self.low) or 1.0
        return round(100 * min(max((value - self.low) / span, 0.0), 1.0), 2)

    def box(self, first: float, second: float) -> tuple[float, float]:
        """Left edge and width of what lies between two values, in percent.

        Parameters
        ----------
        first : in the unit of the axis
        second : in the unit of the axis
        """
        start, end = sorted((self.at(first), self.at(second)))
        return start, round(end - start, 2)


@dataclass(frozen=True)
class Details:
    """Blocks behind a line that opens them."""

    summary: str
    blocks: tuple[Block, ...]
    kind: ClassVar[str] = "details"


@dataclass(frozen=True)
class Part:
    """A part of a long section, with a heading of its own."""

    title: str
    blocks: tuple[Block, ...]
    kind: ClassVar[str] = "part"


@dataclass(frozen=True)
class Code:
    """A command or a digest, to be copied."""

    text: str
    kind: ClassVar[str] = "code"


@dataclass(frozen=True)
class Card:
    """A segment on a card of its own."""

    anchor: str
    title: str
    colour: str
    blocks: tuple[Block, ...]
    kind: ClassVar[str] = "card"


Block = Paragraph | Bullets | Grid | Picture | Gallery | Beside | Code | Card | Tiles | Bars | Details | Part


@dataclass(frozen=True)
class Section:
    """A section with its heading."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """The whole report."""

    title: str
    subtitle: str
    summary: tuple[Block, ...]
    sections: tuple[Section, ...]
    segments: tuple[tuple[int, str, str], ...] = ()  # number, name, colour: for the filter


def bullets(items: Sequence[str | Paragraph]) -> Bullets:
    """List of texts."""
    return Bullets(tuple(item if isinstance(item, Paragraph) else Paragraph(item) for item in items))
