"""A report from its data: which sections there are, in which order."""

from __future__ import annotations

from customer_segmentation.figures.theme import segment_colours
from customer_segmentation.formatting import counted
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import Document, Part, Section
from customer_segmentation.report.front import front_blocks
from customer_segmentation.report.reality import reality_section
from customer_segmentation.report.rfm import rfm_parts
from customer_segmentation.report.rules import rules_blocks
from customer_segmentation.report.sections_segments import high_value_section, segments_section
from customer_segmentation.report.sections_sweep import (
    choice_blocks,
    data_blocks,
    exploration_blocks,
    repeat_blocks,
    sweep_blocks,
)


def build_report(data: ReportData) -> Document:
    """Put a report together: page one, a card for each segment, what is real about them, the appendix."""
    insights = data.insights
    k = 0 if insights is None else insights.profiles.k
    segments = counted(k, "customer segment") if k else "Customer segments"
    candidate = f" · {data.candidate.name}" if data.candidate is not None else ""
    sweep = f"Sweep {data.sweep.name} · " if data.sweep.name else ""
    started = f" · {data.sweep.started}" if data.sweep.started else ""
    return Document(
        title=f"{segments}: {data.table.source}",
        subtitle=f"{sweep}{data.table.source}{candidate} · {data.table.customers:,} customers{started}",
        summary=front_blocks(data),
        sections=(
            segments_section(data),
            high_value_section(data),
            reality_section(data),
            Section(
                "appendix",
                "Appendix for the data scientist",
                (
                    Part("The data, and what was rejected", data_blocks(data)),
                    Part("Exploration and hypotheses", exploration_blocks(data)),
                    Part("The sweep", sweep_blocks(data)),
                    Part("The choice, and why", choice_blocks(data)),
                    Part("The segments as rules", rules_blocks(data)),
                    *rfm_parts(data),
                    Part("How to reproduce it", repeat_blocks(data)),
                ),
            ),
        ),
        segments=tuple((segment, insights.names[segment].name, segment_colours(k)[segment]) for segment in range(k))
        if insights is not None
        else (),
    )
