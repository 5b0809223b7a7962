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
    width, height : int
        Pixels of the page (96 an inch), at which it is shown where there is room.
    """

    name: str
    png: bytes
    caption: str
    alt: str
    width: int
    height: int
    kind: ClassVar[str] = "picture"

    @property
    def wide(self) -> bool:
        """Whether it takes the whole width of a gallery."""
        return self.width > 600

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
    """Blocks side by side where there is room."""

    blocks: tuple[Picture | Grid, ...]
    kind: ClassVar[str] = "beside"


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


Block = Paragraph | Bullets | Grid | Picture | Gallery | Beside | Code | Card


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


def bullets(items: Sequence[str | Paragraph]) -> Bullets:
    """List of texts."""
    return Bullets(tuple(item if isinstance(item, Paragraph) else Paragraph(item) for item in items))
