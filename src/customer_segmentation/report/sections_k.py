"""Fewer or more segments: the chosen number beside a coarser and a finer one, for who has to live with it."""

from __future__ import annotations

from customer_segmentation.formatting import capital, percent
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import Beside, Block, Grid, Paragraph, Part
from customer_segmentation.segments.partitions import FIGURES, Partition


def numbers_part(data: ReportData) -> tuple[Block, ...]:
    """The numbers of segments that one would choose between, side by side; nothing where there is one alone."""
    if len(data.partitions) < 2:
        return ()
    blocks: list[Block] = [
        Paragraph(
            "The same customers in fewer and in more segments, drawn by the same features. Fewer are easier to act on; "
            "more say more about each customer. The command segment report run_id=… describes another one in full."
        ),
        Beside(tuple(_partition(item) for item in data.partitions), narrow=True),
    ]
    told = [data.verdict.get("of_tie"), *data.verdict.get("of_other_k", {}).values()]
    blocks += [Paragraph(str(reason)) for reason in told if reason]
    return (Part("Fewer or more segments", tuple(blocks)),)


def _partition(partition: Partition) -> Part:
    value = any(segment.value_share is not None for segment in partition.segments)
    rate = any(segment.rate is not None for segment in partition.segments)
    head = ["segment", "customers", *(["value"] if value else []), *([partition.rate_name] if rate else [])]
    rows = []
    for segment in partition.segments:
        cells = [segment.name, percent(segment.share)]
        cells += [_share(segment.value_share)] if value else []
        cells += [_share(segment.rate)] if rate else []
        rows.append(tuple(cells))
    figures = "; ".join(f"{words} {partition.written(name)}" for name, words in FIGURES.items())
    numbers = (False, *(True for _ in head[1:]))
    grid = Grid("Share of the customers and of the value", tuple(head), tuple(rows), numbers)
    return Part(partition.title, (grid, Paragraph(f"{capital(figures)}.")))


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)
