"""The sections of a report that tell of the segments: overview, a card each, high-value customers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_segmentation.figures.labels import number
from customer_segmentation.figures.theme import segment_colours
from customer_segmentation.formatting import capital, counted, figure, listed, money, percent
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import (
    Beside,
    Block,
    Bullets,
    Card,
    Gallery,
    Grid,
    Paragraph,
    Section,
    bullets,
)
from customer_segmentation.report.full_data import full_data_blocks
from customer_segmentation.report.profile_rows import difference, outcome_rows, rate, shown_rows, subject, written
from customer_segmentation.segments.high_value import HighValue
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.segments.recommendations import Recommendation

SHOWN_CUSTOMERS = 15
MOST_OUTCOMES = 3


def segments_section(data: ReportData) -> Section:
    """All segments at a glance, their pictures, and a card for each."""
    insights, candidate = data.insights, data.candidate
    if insights is None or candidate is None:
        text = "Nothing was chosen, so there are no segments to describe; see what came nearest above."
        return Section("segments", "The segments", (Paragraph(text),))
    drew = [f"{name} ({unit})" if unit and unit not in name else name for name, unit in candidate.units.items()]
    about = f" ({candidate.about[:1].lower()}{candidate.about[1:]})" if candidate.about else ""
    blocks: list[Block] = [
        Paragraph(
            f"{candidate.name}: {counted(candidate.k, 'segment', 'segments')} drawn by "
            f"{listed(drew)}{about}, under the scaling {candidate.scaling}. Segment 0 is the largest."
        ),
        overview(data, insights),
        *full_data_blocks(data, insights),
    ]
    if insights.recommendations:
        blocks.append(_actions(insights))
    if insights.profiles.unassigned:
        n = insights.profiles.unassigned
        blocks.append(
            Paragraph(
                f"{counted(n, 'customer', 'customers')} outside the fit could not be assigned: a feature is missing."
            )
        )
    pictures = data.pictures_of("value", "outcome_*", "map", "flow", "pairs", "silhouettes")
    if pictures:
        blocks.append(Gallery(pictures))
    blocks += [_card(data, insights, segment) for segment in range(insights.profiles.k)]
    return Section("segments", "The segments", tuple(blocks))


def overview(data: ReportData, insights: SegmentInsights) -> Grid:
    """One row a segment: size, worth, outcomes."""
    profiles = insights.profiles
    value = profiles.value
    outcomes = outcome_rows(profiles)[:MOST_OUTCOMES]
    head = ["segment", "customers", "share of customers"]
    if value is not None:
        head += [f"share of {value.name}", value.name, "per customer"]
    head += [label for label, _ in outcomes]
    rows = []
    for _, row in profiles.segments.iterrows():
        segment = int(row["segment"])
        cells = [insights.titled(segment), f"{int(row['customers']):,}", percent(row["share"])]
        if value is not None:
            cells += [percent(row["value_share"]), money(float(row["value"]), value.unit)]
            cells.append(figure(float(row["value_mean"]), value.unit))
        cells += [percent(float(table["value"].iloc[segment])) for _, table in outcomes]
        rows.append(tuple(cells))
    total = profiles.segments
    cells = ["all customers", f"{int(total['customers'].sum()):,}", percent(1.0)]
    if value is not None:
        known = np.isfinite(total["value_share"]).all()
        whole = float(total["value"].sum()) / max(int(total["customers"].sum()), 1)
        cells += [percent(1.0) if known else "–", money(float(total["value"].sum()), value.unit)]
        cells.append(figure(whole, value.unit))
    cells += [percent(float(table["overall"].iloc[0])) for _, table in outcomes]
    rows.append(tuple(cells))
    return Grid("The segments at a glance", tuple(head), tuple(rows), (False, *(True for _ in head[1:])))


def _actions(insights: SegmentInsights) -> Grid:
    """All recommendations with what is at stake, the segments in their order."""
    value = insights.profiles.value
    staked = any(item.at_stake is not None for item in insights.recommendations)
    worth = "" if value is None else value.name
    head = ("segment", "what to do", *(("at stake", f"share of all {worth}") if staked else ()))
    rows = []
    for segment in range(insights.profiles.k):
        for item in insights.of(segment):
            amount = "–" if item.at_stake is None else money(item.at_stake, item.unit)
            share = "–" if item.share_at_stake is None else percent(item.share_at_stake)
            rows.append((insights.titled(segment), item.text, *((amount, share) if staked else ())))
    return Grid(
        "What to do, each with its reasons on the segment's card", head, tuple(rows), (False, False, True, True)
    )


def _card(data: ReportData, insights: SegmentInsights, segment: int) -> Card:
    profiles = insights.profiles
    row = profiles.segments.iloc[segment]
    blocks: list[Block] = [Paragraph(size_sentence(insights, segment))]
    blocks += [
        Paragraph(
            f"{rate(table.iloc[segment])} of {int(table['customers'].iloc[segment]):,} customers, against "
            f"{percent(float(table['overall'].iloc[segment]))} of all.",
            lead=f"{label}:",
        )
        for label, table in outcome_rows(profiles)[:MOST_OUTCOMES]
    ]
    name = insights.names[segment] if segment < len(insights.names) else None
    if name is not None:
        if name.claims:
            blocks.append(Paragraph("Why this name:"))
            blocks.append(
                Bullets(tuple(Paragraph(f"{claim.text}.", lead=f"{capital(claim.words)}:") for claim in name.claims))
            )
        else:
            blocks.append(Paragraph("Nothing about these customers stands out enough to name them by."))
    advice = insights.of(segment)
    blocks.append(Paragraph("", lead="What to do"))
    if advice:
        blocks.append(Bullets(tuple(_advice(item) for item in advice)))
    else:
        blocks.append(Paragraph("Nothing: the profile supports no action of the playbook."))
    blocks.append(Beside((*data.pictures_of(f"segment_{segment}"), _profile(insights, segment))))
    title = f"Segment {insights.titled(segment)}"
    return Card(f"segment-{int(row['segment'])}", title, segment_colours(profiles.k)[segment], tuple(blocks))


def size_sentence(insights: SegmentInsights, segment: int) -> str:
    """How many customers a segment has, and what they are worth."""
    profiles = insights.profiles
    row = profiles.segments.iloc[segment]
    text = f"{counted(int(row['customers']), 'customer', 'customers')}, {percent(row['share'])} of all."
    value = profiles.value
    if value is not None and np.isfinite(row["value_share"]):
        text += (
            f" They hold {percent(row['value_share'])} of the {value.name}: {money(float(row['value']), value.unit)}, "
            f"{figure(float(row['value_mean']), value.unit)} each."
        )
    return text


def _profile(insights: SegmentInsights, segment: int) -> Grid:
    rows = shown_rows(insights, segment)
    drew = any(bool(row["shapes"]) for _, row in rows.iterrows())
    return Grid(
        f"Profile of segment {segment}: mean, or share of its customers; difference from all customers in standard "
        "deviations or points, with the 95 % interval" + ("; * drew the segments" if drew else ""),
        ("", "here", "all customers", "difference", "median"),
        tuple(
            (
                f"{subject(row)}{' *' if row['shapes'] else ''}",
                written(row, "value"),
                written(row, "overall"),
                difference(row),
                written(row, "median") if row["measure"] == "mean" else "",
            )
            for _, row in rows.iterrows()
        ),
        (False, True, True, True, True),
    )


def _advice(item: Recommendation) -> Paragraph:
    text = f"Because of {item.reason}." if item.because else ""
    if item.at_stake is not None:
        amount = money(item.at_stake, item.unit)
        stake = item.stake if amount in item.stake else f"{amount} {item.stake}".strip()
        share = "" if item.share_at_stake is None else f"; {percent(item.share_at_stake)} of that of all customers"
        text += f" At stake: {stake}{share}."
    return Paragraph(text.strip(), lead=item.text if item.text.endswith((".", "!", "?")) else f"{item.text}.")


def high_value_section(data: ReportData) -> Section:
    """The answer to the question: which segments, which customers, how much of the value."""
    insights = data.insights
    title = "High-value customers"
    if insights is None:
        return Section("high-value", title, (Paragraph("No segments were described, so none is of high value."),))
    profiles = insights.profiles
    value = profiles.value
    if value is None:
        text = "The table has no column that says what a customer is worth."
        return Section("high-value", title, (Paragraph(text),))
    blocks: list[Block] = []
    found = insights.high_value
    if found is None or not found.segments:
        blocks.append(Paragraph(f"No segment's customers are worth more than the average in {value.name}."))
    else:
        names = [f"segment {insights.titled(segment)}" for segment in found.segments]
        blocks.append(
            Paragraph(
                f"{capital(listed(names))} {'is' if len(names) == 1 else 'are'} worth more per customer than the "
                "average, "
                f"interval included: {percent(found.share)} of the customers hold {percent(found.value_share)} of the "
                f"{value.name}, {money(found.value, value.unit)}."
            )
        )
    if len(profiles.concentration):
        blocks.append(
            Grid(
                f"How concentrated the {value.name} is",
                ("the most valuable", "customers", f"share of {value.name}"),
                tuple(
                    (
                        f"{percent(row['top'])} of customers",
                        f"{int(row['customers']):,}",
                        percent(row["value_share"]),
                    )
                    for _, row in profiles.concentration.iterrows()
                ),
                (False, True, True),
            )
        )
    if found is not None and len(found.customers):
        blocks.append(_customers(insights, found))
        blocks.append(
            Paragraph(
                f"All {len(found.customers):,} stand in segments/high_value_customers.csv of the candidate's run. A "
                "small "
                "margin means that the customer lies near the border to another segment."
            )
        )
    return Section("high-value", title, tuple(blocks))


def _customers(insights: SegmentInsights, found: HighValue) -> Grid:
    value = insights.profiles.value
    unit = "" if value is None else value.unit
    shown = found.customers.head(SHOWN_CUSTOMERS)
    key = "customer" if "customer" in shown else "row"
    return Grid(
        f"The {len(shown)} most valuable of them",
        (key, "segment", "" if value is None else value.name, "distance to centre", "margin to the next"),
        tuple(
            (
                str(row[key]),
                insights.titled(int(row["segment"])),
                figure(float(row["value"]), unit),
                _distance(row["distance"]),
                _distance(row["margin"]),
            )
            for _, row in shown.iterrows()
        ),
        (False, False, True, True, True),
    )


def _distance(value: object) -> str:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return "–"
    return f"{float(value):.3f}" if abs(float(value)) < 100 else number(float(value))  # type: ignore[arg-type]


def summary_blocks(data: ReportData, cautions: int) -> tuple[Block, ...]:
    """The report in a few sentences."""
    insights = data.insights
    items: list[str | Paragraph] = []
    headline = data.verdict.get("headline")
    if data.of_candidate and data.candidate is not None and not data.is_chosen:
        items.append(f"This describes {data.candidate.name}, which its sweep did not choose.")
    elif headline:
        items.append(str(headline))
    elif data.candidate is not None:
        items.append(f"Chosen: {data.candidate.name}.")
    else:
        items.append("No candidate was chosen.")
    if insights is not None:
        profiles = insights.profiles
        sizes = profiles.segments["customers"]
        items.append(
            f"{counted(profiles.k, 'segment', 'segments')} of {int(sizes.min()):,} to {int(sizes.max()):,} customers."
        )
        found = insights.high_value
        if found is not None and found.segments and profiles.value is not None:
            names = listed([insights.titled(segment) for segment in found.segments])
            items.append(
                f"High value: {names}. {percent(found.share)} of the customers hold {percent(found.value_share)} of "
                "the "
                f"{profiles.value.name}."
            )
        for label, table in outcome_rows(profiles)[:1]:
            known = table[np.isfinite(table["value"])]
            if len(known) > 1:
                low, high = known.loc[known["value"].idxmin()], known.loc[known["value"].idxmax()]
                items.append(
                    f"{label}: from {percent(low['value'])} (segment {insights.titled(int(low['segment']))}) to "
                    f"{percent(high['value'])} (segment {insights.titled(int(high['segment']))})."
                )
    if cautions:
        items.append(
            f"{counted(cautions, 'caution', 'cautions')} to read before acting: see what the data does not support."
        )
    return (bullets(items),)
