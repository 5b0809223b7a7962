"""A document as one self-contained HTML page, and as markdown."""

from __future__ import annotations

import base64
import functools
import re
from pathlib import Path
from typing import Any

from customer_segmentation.formatting import NBSP, cut, markdown, markdown_code
from customer_segmentation.report.document import Beside, Block, Document, Picture
from customer_segmentation.secrets import redact
from customer_segmentation.sources.seal import sealed

#: By this a report is known again: it is replaced by another, and nothing else is.
MARK = "customer-segmentation report"
_FOOT = 400  # bytes at the end of a report in markdown that hold the mark and the seal


def html_page(document: Document) -> str:
    """Write the page: styles, images and all, with nothing to load; its script only adds hover values and a filter."""
    page = redact(str(_template("report.html.j2").render(document=document, script=_script())))
    return sealed(page.encode(), ".html").decode()


def front_html(document: Document) -> str:
    """Write the title and the first page as a fragment with styles of its own, for the cell of a notebook."""
    return redact(str(_template("front.html.j2").render(document=document, blocks=_flat(document.summary))))


def _flat(blocks: tuple[Block, ...]) -> list[Block]:
    """Blocks one under another."""
    flat: list[Block] = []
    for block in blocks:
        flat += _flat(block.blocks) if isinstance(block, Beside) else [block]
    return flat


def markdown_text(document: Document) -> str:
    """Write the same as markdown, for a pull request; pictures are told by their captions."""
    text = redact(str(_template("report.md.j2").render(document=document)))
    text = re.sub(r"\n{3,}", "\n\n", text).strip() + f"\n\n<!-- {MARK} -->\n"
    return sealed(text.encode(), ".md").decode()


def is_report(path: Path) -> bool:
    """Whether a file is a report that an earlier command wrote, or empty."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    page = re.search(rb'<meta name="generator" content="customer-segmentation">', content[:4096])
    return not content or page is not None or f"<!-- {MARK} -->".encode() in content[-_FOOT:]


@functools.cache
def _script() -> str:
    """What the page's script does, in a few kB; it holds nothing of the document."""
    from importlib.resources import files

    return (files("customer_segmentation.report") / "templates" / "report.js").read_text(encoding="utf-8").strip()


@functools.cache
def _template(name: str) -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("customer_segmentation.report", "templates"),
        autoescape=name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"tie": tie, "data_uri": data_uri, "plain": markdown, "code": markdown_code}
    return environment.get_template(name)


def tie(text: object) -> str:
    """Keep a number and its per cent sign on one line, and drop control characters, which HTML forbids."""
    shown = "".join(c for c in str(text) if c.isprintable() or c in f"\n {NBSP}")
    return cut(shown).replace(" %", f"{NBSP}%")


def data_uri(picture: Picture) -> str:
    """Image as it stands inside the page."""
    return f"data:image/png;base64,{base64.b64encode(picture.png).decode()}"
