"""The sections of a report that tell of the segments: overview, a card each, high-value customers."""

from __future__ import annotations

import re

import numpy as np

from customer_segmentation.figures.labels import number
from customer_segmentation.figures.theme import segment_colours
from customer_segmentation.formatting import NBSP, capital, counted, figure, finite, level, listed, money, percent
from customer_segmentation.report.charts import outcome_bars, profile_bars, value_bars
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import (
    Beside,
    Block,
    Bullets,
    Card,
    Details,
    Gallery,
    Grid,
    Paragraph,
    Part,
    Section,
)
from customer_segmentation.report.front import no_value
from customer_segmentation.report.full_data import full_data_blocks
from customer_segmentation.report.profile_rows import (
    difference,
    outcome_rows,
    rate,
    shown_rows,
    subject,
    written,
)
from customer_segmentation.segments.header_words import in_words, says_unit
from customer_segmentation.segments.high_value import HighValue, list_files
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.segments.recommendations import Recommendation

MOST_OUTCOMES = 2


def segments_section(data: ReportData) -> Section:
    """Charts over all segments, and a card for each."""
    insights, candidate = data.insights, data.candidate
    if insights is None or candidate is None:
        text = "Nothing was chosen, so there are no segments to describe; the appendix says what came nearest."
        return Section("segments", "The segments", (Paragraph(text),))
    spoken = {in_words(name, unit): unit for name, unit in candidate.units.items()}
    shaped = [f"{name} ({unit})" if not says_unit(name, unit) else name for name, unit in spoken.items()]
    # A description that lists the columns says nothing more.
    first = re.sub(r"[\W_]", "", re.split(r"[,;]| and ", candidate.about)[0].lower())
    lists = any(
        min(one, first, key=len) in max(one, first, key=len)
        for one in (re.sub(r"[\W_]", "", name.lower()) for name in candidate.units)
    )
    about = f" ({candidate.about[:1].lower()}{candidate.about[1:]})" if candidate.about and not lists else ""
    blocks: list[Block] = [
        Paragraph(
            f"Clustered by {listed(shaped)}{about}; everything else describes the segments afterwards. Segment 0 is "
            "the largest."
        ),
        *full_data_blocks(data, insights),
    ]
    charts = [*value_bars(insights), *outcome_bars(insights)]
    if charts:
        blocks.append(Beside(tuple(charts)))
    pictures = data.pictures_of("map", "flow")
    if pictures:
        blocks.append(Gallery(pictures))
    blocks.append(Details("The segments as a table", (overview(insights),)))
    if insights.profiles.unassigned:
        n = insights.profiles.unassigned
        blocks.append(
            Paragraph(f"{counted(n, 'customer')} outside the fit could not be assigned: a feature is missing.")
        )
    blocks += [_card(insights, segment) for segment in range(insights.profiles.k)]
    return Section("segments", "The segments", tuple(blocks))


def overview(insights: SegmentInsights) -> Grid:
    """One row a segment: size, worth, outcomes.

    Parameters
    ----------
    insights : what is said of the segments
    """
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


def _card(insights: SegmentInsights, segment: int) -> Card:
    profiles = insights.profiles
    row = profiles.segments.iloc[segment]
    text: list[Block] = [Paragraph(size_sentence(insights, segment))]
    text += [
        Paragraph(
            f"{rate(table.iloc[segment])} of {int(table['customers'].iloc[segment]):,} customers, against "
            f"{percent(float(table['overall'].iloc[segment]))} of all.",
            lead=f"{capital(label)}:",
        )
        for label, table in outcome_rows(profiles)[:MOST_OUTCOMES]
    ]
    stake = insights.stakes[segment] if segment < len(insights.stakes) else None
    if stake is not None and stake.sentence:
        text.append(Paragraph(f"{stake.sentence}.", lead="At stake:"))
    advice = insights.of(segment)
    if advice:
        text.append(Paragraph("", lead="What to do"))
        text.append(Bullets(tuple(_advice(item, insights) for item in advice)))
        if sum(item.amount is not None for item in advice) > 1:
            text.append(Paragraph("These actions reach partly the same customers: their amounts must not be added up."))
    name = insights.names[segment] if segment < len(insights.names) else None
    if name is not None and name.claims:
        text.append(Paragraph("", lead="Why this name"))
        text.append(
            Bullets(tuple(Paragraph(f"{claim.text}.", lead=f"{capital(claim.words)}:") for claim in name.claims))
        )
    elif name is not None:
        text.append(Paragraph("Nothing about these customers stands out enough to name them by."))
    title = f"Segment {insights.titled(segment)}"
    return Card(
        f"segment-{int(row['segment'])}",
        title,
        segment_colours(profiles.k)[segment],
        (
            Beside((Part("", tuple(text)), profile_bars(insights, segment))),
            Details("All figures of this segment, with intervals", (_profile(insights, segment),)),
        ),
    )


def size_sentence(insights: SegmentInsights, segment: int) -> str:
    """How many customers a segment has, and what they are worth.

    Parameters
    ----------
    insights : what is said of the segments
    segment : its number, from 0
    """
    profiles = insights.profiles
    row = profiles.segments.iloc[segment]
    text = f"{counted(int(row['customers']), 'customer', 'customers')}, {percent(row['share'])} of all."
    value = profiles.value
    if value is not None and np.isfinite(row["value_share"]):
        text += (
            f" They account for {percent(row['value_share'])} of {value.name}: "
            f"{money(float(row['value']), value.unit)}, {figure(float(row['value_mean']), value.unit)} each."
        )
    return text


def _profile(insights: SegmentInsights, segment: int) -> Grid:
    profiles = insights.profiles
    rows = shown_rows(insights, segment)
    shaped = any(bool(row["shapes"]) for _, row in rows.iterrows())
    return Grid(
        f"Profile of segment {segment}: mean, or share of its customers; difference from all customers in standard "
        f"deviations or points, with the 95{NBSP}% interval" + ("; * used for clustering" if shaped else ""),
        ("", "here", "all customers", "difference", "median"),
        tuple(
            (
                f"{subject(row, profiles)}{' *' if row['shapes'] else ''}",
                written(row, "value"),
                written(row, "overall"),
                difference(row),
                written(row, "median") if row["measure"] == "mean" else "",
            )
            for _, row in rows.iterrows()
        ),
        (False, True, True, True, True),
    )


def _advice(item: Recommendation, insights: SegmentInsights) -> Paragraph:
    all_of_them = item.stake is not None and item.stake.customers == int(
        insights.profiles.segments["customers"].iloc[item.segment]
    )
    parts = []
    if item.target and (item.only or not all_of_them):
        parts.append(f"For {item.target}.")
    if item.because:
        parts.append(f"Because of {item.reason}.")
    whole = insights.stakes[item.segment] if item.segment < len(insights.stakes) else None
    if item.at_stake == "outcome" and all_of_them and whole is not None and whole.sentence:
        parts.append("At stake: the whole segment, as above.")
    elif item.money:
        parts.append(item.money)
    if item.differs:
        parts.append(f"{capital(item.differs)}.")
    lead = item.text if item.text.endswith((".", "!", "?")) else f"{item.text}."
    return Paragraph(" ".join(parts), lead=lead)


def high_value_section(data: ReportData) -> Section:
    """The answer to the question: which segments, which customers, how much of the value."""
    insights = data.insights
    title = "Customers worth keeping"
    if insights is None:
        return Section("high-value", title, (Paragraph("No segments were described."),))
    profiles = insights.profiles
    value = profiles.value
    if value is None:
        return Section("high-value", title, (Paragraph(no_value(insights)),))
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
                f"interval included: {percent(found.share)} of the customers account for "
                f"{percent(found.value_share)} of {value.name}, {money(found.value, value.unit)}."
            )
        )
    tables: list[Block] = []
    if len(profiles.concentration):
        tables.append(
            Grid(
                f"How concentrated the {value.name} is",
                ("the most valuable", "customers", f"share of {value.name}"),
                tuple(
                    (
                        f"{level(row['top'])} of customers",
                        f"{int(row['customers']):,}",
                        percent(row["value_share"]),
                    )
                    for _, row in profiles.concentration.iterrows()
                ),
                (False, True, True),
            )
        )
    if found is not None and found.count:
        tables.insert(0, _customers(insights, found))
    blocks.append(Beside(tuple(tables)))
    if found is not None and found.count:
        file = list_files(insights.profiles.customers)[0]
        blocks.append(
            Paragraph(
                f"All {found.count:,} are in {file} of the candidate's run, marked high_value, with the first "
                "action for each. A small margin means that the customer is near the border to another segment."
            )
        )
    return Section("high-value", title, tuple(blocks))


def _customers(insights: SegmentInsights, found: HighValue) -> Grid:
    value = insights.profiles.value
    unit = "" if value is None else value.unit
    shown = found.first
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
    known = finite(value)
    if known is None:
        return "–"
    return f"{known:.3f}" if abs(known) < 100 else number(known)
