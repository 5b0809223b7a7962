"""A report from its data: which sections there are, in which order."""

from __future__ import annotations

from customer_segmentation.report.cautions import cautions, cautions_section
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import Document
from customer_segmentation.report.sections_segments import high_value_section, segments_section, summary_blocks
from customer_segmentation.report.sections_sweep import (
    choice_section,
    data_section,
    exploration_section,
    question_section,
    repeat_section,
    sweep_section,
)


def build_report(data: ReportData) -> Document:
    """Put a report together."""
    subject = data.candidate.name if data.of_candidate and data.candidate is not None else data.table.source
    title = "Customer segments"
    return Document(
        title=f"{title}: {subject}",
        subtitle=f"{data.table.customers:,} customers of {data.table.source}"
        + (f", {data.sweep.started}" if data.sweep.started else ""),
        summary=summary_blocks(data, len(cautions(data))),
        sections=(
            question_section(data),
            data_section(data),
            exploration_section(data),
            sweep_section(data),
            choice_section(data),
            segments_section(data),
            high_value_section(data),
            cautions_section(data),
            repeat_section(data),
        ),
    )
