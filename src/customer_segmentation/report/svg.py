"""Vector images for the page: what matplotlib writes, made part of an HTML document.

Ids get the image's name, so that those of several images do not meet; the header is left out; fonts fall back to one of
the same widths; what `figures.theme.mark` said of an element becomes attributes that a script and, without scripts, the
browser's own tooltips read.
"""

from __future__ import annotations

import html
import re

from customer_segmentation.figures.theme import GRID, HEADER, INK, QUIET, RECORD, RULE, UNIT
from customer_segmentation.report.document import Picture

#: Verdana has the widths of DejaVu Sans, by which figures are laid out.
FONTS = "'DejaVu Sans', Verdana, sans-serif"

_START = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_MARK = re.compile(rf'<g id="([^"]*{UNIT}[^"]*)">')
_ID = re.compile(r'(?<![\w-])id="([^"]*)"')
_REFERENCE = re.compile(r"url\(#([^)]*)\)")
_LINK = re.compile(r'xlink:href="#([^"]*)"')
_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_TAG = re.compile(r"<(\w+)[^>]*style=[^>]*>")
#: Colours of a figure that are the page's: on a dark page ink is light. What stands on a segment's colour stays.
_PAGE = {INK: "ink", QUIET: "quiet", RULE.lower(): "rule", GRID.lower(): "grid", "#ffffff": "page"}
_OF_PAGE = re.compile("|".join(_PAGE), re.IGNORECASE)
_DECIMALS = re.compile(r"(\d+\.\d{2})\d+")
_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)


def page_element(text: str, *, name: str, top: float) -> str:
    """An ``<svg>`` element for a page.

    Parameters
    ----------
    text : str
        What matplotlib wrote.
    name : str
        Of the image, a prefix of its ids.
    top : float
        Points of the header, which is left out.
    """
    box = _BOX.search(text)
    start = _START.search(text)
    assert box is not None and start is not None  # noqa: S101, PT018 - matplotlib writes both
    width, height = float(box[1]), float(box[2])
    body = text[start.end() :]
    body = _METADATA.sub("", body)
    body = _without_header(body)
    body = _MARK.sub(_marked, body)
    body = _ID.sub(lambda found: f'id="{name}-{found[1]}"', body)
    body = _REFERENCE.sub(lambda found: f"url(#{name}-{found[1]})", body)
    body = _LINK.sub(lambda found: f'href="#{name}-{found[1]}"', body)
    body = body.replace("'DejaVu Sans'", FONTS)
    body = _DECIMALS.sub(r"\1", body)
    body = _TAG.sub(_of_page, body)
    shown = f"0 {top:.2f} {width:.2f} {height - top:.2f}"
    return f'<svg viewBox="{shown}" xmlns="http://www.w3.org/2000/svg" aria-hidden="true">{body}'


def _of_page(found: re.Match[str]) -> str:
    """A tag with the page's own colours, which fall back to the figure's in a file of its own."""

    def named(colour: re.Match[str]) -> str:
        white = colour[0].lower() == "#ffffff" and found[1] == "text"  # on a segment's colour
        return colour[0] if white else f"var(--{_PAGE[colour[0].lower()]}, {colour[0]})"

    return _OF_PAGE.sub(named, found[0])


def _without_header(body: str) -> str:
    """Drop the groups of the header: their texts may hold groups of lines of their own."""
    while (found := re.search(rf'<g id="{HEADER}">', body)) is not None:
        depth, at = 1, found.end()
        for tag in re.finditer(r"<g\b|</g>", body[at:]):
            depth += 1 if tag[0] != "</g>" else -1
            if depth == 0:
                at += tag.end()
                break
        body = body[: found.start()] + body[at:]
    return body


def _marked(found: re.Match[str]) -> str:
    segment, _, tips = html.unescape(found[1]).partition(UNIT)
    texts = tips.split(RECORD)
    owner = f' data-segment="{html.escape(segment)}"' if segment else ""
    title = f"<title>{html.escape(texts[0])}</title>" if len(texts) == 1 else ""
    return f'<g{owner} data-tips="{html.escape(RECORD.join(texts))}">{title}'


def svg_file(picture: Picture) -> str:
    """The image as a file of its own, with its title and caption as its description."""
    words = html.escape(f"{picture.title}. {picture.caption}".strip(". "))
    size = f'width="{picture.width}" height="{picture.height}" style="background: #fff"'
    head, _, rest = picture.svg.partition(">")
    return f"{head} {size}>\n<desc>{words}</desc>{rest}"
