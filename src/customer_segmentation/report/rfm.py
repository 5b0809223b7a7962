"""The part of a report that puts the classic RFM grid beside the segments of a table of orders."""

from __future__ import annotations

from customer_segmentation.formatting import percent
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import Grid, Paragraph, Part
from customer_segmentation.segments.rfm_grid import GRID


def rfm_parts(data: ReportData) -> tuple[Part, ...]:
    """The grid as a part; none where the table is not one of recency, frequency and monetary value."""
    insights = data.insights
    if insights is None or insights.rfm is None:
        return ()
    grid = insights.rfm
    told = Paragraph(
        "Recency, frequency and monetary value in fifths, 5 the best, and the groups that are usual in marketing by "
        "the first two. They are not a result of this sweep: their borders are fixed beforehand. They agree with the "
        f"segments by an adjusted Rand index of {grid.agreement:.2f} (1: the same groups, 0: as by chance). The list "
        f"of customers has scores and group of each, as rfm and rfm_group; this table is {GRID}."
    )
    rows = tuple(
        (
            str(row["group"]),
            f"{row['recency']}",
            f"{row['frequency']}",
            f"{row['customers']:,}",
            percent(row["share"]),
            "" if row["value_share"] != row["value_share"] else percent(row["value_share"]),
            f"{insights.titled(int(row['segment']))} ({percent(row['in_segment'])})",
        )
        for row in grid.table.to_dict("records")
    )
    head = ("group", "recency", "frequency", "customers", "share", "of value", "most are in")
    table = Grid("The classic grid", head, rows, (False, False, False, True, True, True, False))
    return (Part("The classic RFM grid, beside", (told, table)),)
