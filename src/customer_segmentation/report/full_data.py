"""What a report says of all rows of a file where the customers that it describes are a sample of them."""

from __future__ import annotations

import pandas as pd

from customer_segmentation.formatting import figure, money, percent
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import Block, Details, Grid, Paragraph
from customer_segmentation.segments.insights import SegmentInsights


def full_data_blocks(data: ReportData, insights: SegmentInsights) -> list[Block]:
    """Sizes and worth of the segments among all rows, beside those of the sample; nothing where the sample is all.

    Parameters
    ----------
    data : all that the report knows
    insights : what is said of the segments
    """
    full_data = None if data.candidate is None else data.candidate.full_data
    if full_data is None:
        return []
    rows, table, value = full_data.rows, full_data.table, insights.profiles.value
    head = ["segment", "customers", "share of all", "share of the sample"]
    if value is not None:
        head += [f"share of {value.name}", value.name, "per customer"]
    sampled = insights.profiles.segments.set_index("segment")["share"]
    total = float(table["value"].sum())
    lines = []
    for row in table.itertuples():
        segment, customers, worth = int(row.segment), int(row.customers), float(row.value)  # type: ignore[arg-type]  # a cell of a frame has no type
        cells = [insights.titled(segment), f"{customers:,}", percent(float(row.share)), percent(sampled[segment])]  # type: ignore[arg-type]  # a cell of a frame has no type
        if value is not None:
            cells.append(percent(worth / total) if total > 0 else "–")
            cells.append(money(worth, value.unit))
            cells.append(figure(worth / customers, value.unit) if customers else "–")
        lines.append(tuple(cells))
    used = f"{rows['rows_used']:,}"
    return [
        Paragraph(
            f"The file holds {rows['rows_read']:,} rows: {used} used, {rows['rows_not_selected']:,} not selected, "
            f"{rows['rows_rejected']:,} rejected. The sweep was fitted to a sample of {data.table.customers:,} of "
            "them, which all other tables, figures and intervals of this report describe; then every row was assigned "
            "to its nearest segment.",
            lead="A sample of a larger file.",
        ),
        Grid(f"The segments among all {used} rows", tuple(head), tuple(lines), (False, *(True for _ in head[1:]))),
        *_means(full_data.profile, insights, used),
    ]


def _means(profile: pd.DataFrame | None, insights: SegmentInsights, used: str) -> list[Block]:
    """Means and shares of every variable among all rows, which have no interval: nothing is estimated."""
    if profile is None or profile.empty:
        return []
    lines = []
    for (variable, level), rows in profile.groupby(["variable", "level"], sort=False):
        unit, share = str(rows["unit"].iloc[0]), rows["measure"].iloc[0] == "share"
        cells = [*rows.sort_values("segment")["value"], rows["overall"].iloc[0]]
        shown = [figure(cell, unit, share=share) if pd.notna(cell) else "–" for cell in cells]
        lines.append((f"{variable}: {level}" if level else str(variable), *shown))
    head = ("variable", *(insights.titled(segment) for segment in range(insights.profiles.k)), "all customers")
    caption = f"Means and shares among all {used} rows; of an outcome among those not selected, too"
    grid = Grid(caption, head, tuple(lines), (False, *(True for _ in head[1:])))
    return [Details("Means and shares among all rows", (grid,))]
