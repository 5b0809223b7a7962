"""What a report logs: the page, the same as markdown, and the pictures that were drawn for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from customer_segmentation.report.document import Picture
from customer_segmentation.tracking.items import Bytes, Item, Text
from customer_segmentation.tracking.store import Store

HTML, MARKDOWN = "report.html", "report.md"


def report_items(html: str, markdown: str) -> Iterator[Item]:
    """The report as a page and as markdown."""
    yield Text(html, HTML)
    yield Text(markdown, MARKDOWN)


def place_of_report(store: Store, run_id: str) -> str:
    """Where the page of a run is: a file of this machine, or its place in the UI of a server."""
    if store.uri.startswith("http"):
        return f"{store.uri.rstrip('/')}/#/experiments/{store.experiment_id}/runs/{run_id}/artifacts/{HTML}"
    return f"{str(store.client.get_run(run_id).info.artifact_uri).removeprefix('file://')}/{HTML}"


def picture_items(pictures: Mapping[str, Picture]) -> Iterator[Item]:
    """Pictures of a candidate's segments."""
    for name, picture in pictures.items():
        yield Bytes(picture.png, f"figures/{name}.png")
