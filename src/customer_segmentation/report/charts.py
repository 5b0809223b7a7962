"""Charts of the segments as rows of bars, which are text and reflow: value, outcomes, profiles."""

from __future__ import annotations

import numpy as np

from customer_segmentation.figures.theme import segment_colours
from customer_segmentation.formatting import NBSP, capital, percent
from customer_segmentation.report.document import Bar, Bars, Block
from customer_segmentation.report.profile_rows import outcome_rows, short, shown_rows, subject
from customer_segmentation.segments.insights import SegmentInsights

MOST_OUTCOMES = 2
#: Standard deviations at which a bar of a card ends.
REACH = 2.0


def value_bars(insights: SegmentInsights) -> list[Block]:
    """Share of each segment in the customers and in the value."""
    profiles = insights.profiles
    table, value = profiles.segments, profiles.value
    if value is None or not table["value_share"].notna().all():
        return []
    colours = segment_colours(profiles.k)
    bars = tuple(
        Bar(
            label=insights.titled(segment),
            value=float(row["value_share"]),
            beside=float(row["share"]),
            texts=(percent(row["share"]), percent(row["value_share"])),
            colour=colours[segment],
            segment=segment,
        )
        for segment, (_, row) in enumerate(table.iterrows())
    )
    top = max(*(bar.value for bar in bars), *(bar.beside or 0.0 for bar in bars))
    bottom = min(0.0, *(bar.value for bar in bars))
    return [
        Bars(
            f"{capital(_most_valuable(insights))}",
            f"Grey: share of the customers. Colour: share of {value.name}.",
            ("customers", "value"),
            bars,
            low=bottom,
            high=top,
        )
    ]


def _most_valuable(insights: SegmentInsights) -> str:
    """Title of the chart of value: the segment worth most for its size."""
    table = insights.profiles.segments
    best = int((table["value_share"] / table["share"]).to_numpy().argmax())
    row = table.iloc[best]
    return (
        f"{percent(row['share'])} of the customers ({insights.names[best].name}) account for "
        f"{percent(row['value_share'])} of the value"
    )


def outcome_bars(insights: SegmentInsights) -> list[Block]:
    """Rate of each outcome by segment, with its interval."""
    profiles = insights.profiles
    colours = segment_colours(profiles.k)
    blocks: list[Block] = []
    for label, rows in outcome_rows(profiles)[:MOST_OUTCOMES]:
        overall = float(rows["overall"].iloc[0])
        known = rows[np.isfinite(rows["value"])]
        if known.empty:
            continue
        bars = tuple(
            Bar(
                label=insights.titled(int(row["segment"])),
                value=float(row["value"]),
                low=float(row["low"]),
                high=float(row["high"]),
                texts=(percent(float(row["value"])), f"{int(row['customers']):,}"),
                colour=colours[int(row["segment"])],
                segment=int(row["segment"]),
            )
            for _, row in known.iterrows()
        )
        outside = ", those outside the fit assigned to their nearest segment" if profiles.left_out else ""
        blocks.append(
            Bars(
                f"{capital(label)}: {percent(float(known['value'].min()))} to {percent(float(known['value'].max()))}",
                f"With the 95{NBSP}% interval{outside}. Dashed: all customers, {percent(overall)}.",
                ("rate", "of customers"),
                bars,
                low=0.0,
                high=max(overall, *(bar.high or bar.value for bar in bars)),
                mark=overall,
            )
        )
    return blocks


def profile_bars(insights: SegmentInsights, segment: int) -> Bars:
    """How a segment differs from all customers, in standard deviations, its figures beside.

    Parameters
    ----------
    insights : what is said of the segments
    segment : its number, from 0
    """
    rows = shown_rows(insights, segment)
    colour = segment_colours(insights.profiles.k)[segment]
    bars = tuple(
        Bar(
            label=capital(subject(row, insights.profiles)),
            value=float(np.nan_to_num(row["sd"])),
            low=float(row["sd_low"]) if np.isfinite(row["sd_low"]) else None,
            high=float(row["sd_high"]) if np.isfinite(row["sd_high"]) else None,
            texts=(short(row, "value"), short(row, "overall")),
            colour=colour,
        )
        for _, row in rows.iterrows()
    )
    return Bars(
        "Against all customers",
        f"Bars: distance from the mean of all in standard deviations, cut at {REACH:g}, with the 95{NBSP}% interval.",
        ("here", "all"),
        bars,
        low=-REACH,
        high=REACH,
    )
