"""The first page, for the one who acts: what was asked, the segments, who is worth keeping, how sure that is."""

from __future__ import annotations

import numpy as np

from customer_segmentation.figures.theme import segment_colours
from customer_segmentation.formatting import UNNAMED_CURRENCY, capital, counted, figure, listed, percent
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import Beside, Block, Paragraph, Tile, Tiles
from customer_segmentation.report.profile_rows import outcome_rows
from customer_segmentation.segments.header_words import says_unit
from customer_segmentation.segments.high_value import list_files
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.segments.stakes import about, adjective, together
from customer_segmentation.verdict.structure import structure_of_chosen

ASKED = "Which customers are worth keeping, what sets them apart, and what should be done for each group?"
#: What a word of confidence means for who acts on it.
MEANS = {
    "high": "act on the segments as they are",
    "moderate": "act on them, and check the result on a control group",
    "low": "use them as a first sketch, not for a budget",
}
MOST_TILE_OUTCOMES = 1


def front_blocks(data: ReportData) -> tuple[Block, ...]:
    """Blocks of the first page."""
    blocks: list[Block] = [Paragraph(asked_sentence(data), lead=ASKED)]
    if data.table.synthetic:
        blocks.append(
            Paragraph("They show how the report reads; nothing here is a finding.", lead="Made-up customers.")
        )
    insights = data.insights
    if insights is None:
        reasons = [str(reason) for reason in data.verdict.get("reasons", ())][:1]
        blocks.append(Paragraph(" ".join(reasons), lead="No candidate was chosen."))
        return tuple(blocks)
    if data.of_candidate and data.candidate is not None and not data.is_chosen:
        blocks.append(
            Paragraph("Its sweep chose another one.", lead=f"This describes the candidate {data.candidate.name}.")
        )
    blocks.append(Tiles(tuple(_tile(insights, segment) for segment in range(insights.profiles.k))))
    blocks.append(Beside((confidence(data), *keep_blocks(data, insights), *stakes_note(insights)), narrow=True))
    return tuple(blocks)


def asked_sentence(data: ReportData) -> str:
    """What was asked of this table."""
    table = data.table
    who = f"{table.customers:,} customers of {table.source}"
    if table.population:
        who += f" ({table.population})"
    parts = [f"Asked of {who}."]
    if table.value:
        unnamed = table.value_unit == UNNAMED_CURRENCY
        unit = f" in {table.value_unit}" if not says_unit(table.value, table.value_unit) else ""
        unit = ", in the money of the table" if unnamed else unit
        parts.append(f"Value is {table.value}{unit}.")
    else:
        parts.append(no_value(data.insights))
    return " ".join(parts)


def no_value(insights: SegmentInsights | None) -> str:
    """What is said where no column tells the value of a customer; what customers bring a period may be known still."""
    periods = {stake.period for stake in insights.stakes if stake.recurring is not None} if insights else set()
    known = f" What customers bring a {periods.pop()} is told instead." if periods else ""
    return f"The table has no column that says what a customer is worth in all.{known}"


def _tile(insights: SegmentInsights, segment: int) -> Tile:
    profiles = insights.profiles
    row = profiles.segments.iloc[segment]
    value = profiles.value
    facts = [("customers", f"{int(row['customers']):,} ({percent(row['share'])})")]
    if value is not None and np.isfinite(row["value_share"]):
        facts.append((f"of {value.name}", percent(row["value_share"])))
    for label, table in outcome_rows(profiles)[:MOST_TILE_OUTCOMES]:
        rate = float(table["value"].iloc[segment])
        if np.isfinite(rate):
            facts.append((label, percent(rate)))
    stake = insights.stakes[segment] if segment < len(insights.stakes) else None
    if stake is not None and stake.amount is not None:
        facts.append((f"of {adjective(stake.period)} value at stake", about(stake.amount, stake.unit)))
    elif stake is not None and stake.recurring is not None:
        facts.append((f"bring a {stake.period}", about(stake.recurring, stake.unit)))
    elif value is not None and np.isfinite(row["value_mean"]):
        facts.append((f"{value.name} each", figure(float(row["value_mean"]), value.unit)))
    advice = insights.of(segment)
    first = advice[0] if advice else None
    note = "" if first is None else first.differs
    if first is not None and first.only:
        note = "; ".join(filter(None, (f"for {first.target}", note)))
    return Tile(
        anchor=f"segment-{segment}",
        segment=segment,
        title=insights.names[segment].name,
        colour=segment_colours(profiles.k)[segment],
        facts=tuple(facts),
        action="" if first is None else first.text,
        note=capital(note) + "." if note else "",
    )


def stakes_note(insights: SegmentInsights) -> list[Block]:
    """How the money on the tiles is counted, and its sum over segments."""
    known = [stake for stake in insights.stakes if stake.amount is not None]
    if not known or len(known) < len(insights.stakes):
        return []
    first = known[0]
    total, low, high = (about(amount, first.unit) for amount in together(known))
    return [
        Paragraph(
            f"value of one {first.period} that goes if customers go on as in the table: customers × what each brings a "
            f"{first.period} × the {first.rate_name} of customers like these, {first.over}. Segments do not overlap: "
            f"together {total} of {adjective(first.period)} value (95\u00a0% interval {low} to {high}). The segments' "
            "cards have their intervals.",
            lead="At stake:",
        )
    ]


def keep_blocks(data: ReportData, insights: SegmentInsights) -> list[Block]:
    """Which customers are worth keeping, and where their list is.

    Parameters
    ----------
    data : all that the report knows
    insights : what is said of the segments
    """
    value, found = insights.profiles.value, insights.high_value
    if value is None:
        return []
    if found is None or not found.segments:
        text = f"No segment's customers are worth more than the average in {value.name}."
        return [Paragraph(text, lead="Worth keeping:")]
    names = listed(insights.titled(segment) for segment in found.segments)
    place = list_files(insights.profiles.customers)[0]
    run = "" if data.candidate is None else f" of run {data.candidate.run_id[:8]}"
    return [
        Paragraph(
            f"{names}. These {counted(found.count, 'customer')} ({percent(found.share)} of all) account for "
            f"{percent(found.value_share)} of {value.name}. They are marked high_value in the list of "
            f"customers, the file {place}{run}.",
            lead="Worth keeping:",
        )
    ]


#: What the borders between the segments are, by the structure test's word on the chosen candidate's own space.
BORDERS = {
    "chosen": "the groups are natural ones",
    "none": "the borders between them are a useful division, not natural gaps",
    "natural": "the natural groups that the test finds are not these segments, whose borders are a useful division",
    "doubtful": "whether the borders between them are natural gaps is doubtful",
    "undecidable": "whether the borders between them are natural gaps cannot be decided",
}


def confidence(data: ReportData) -> Paragraph:
    """How sure the segments are, in one word and one sentence."""
    if not data.is_chosen:
        return Paragraph("only the chosen candidate of a sweep is confirmed.", lead="Confidence: not assessed:")
    certainty = data.verdict.get("certainty") or {}
    word = str(certainty.get("word", "not assessed"))
    rand = None if data.candidate is None else data.candidate.row.get("stability")
    again = ""
    if rand is not None and np.isfinite(float(rand)):
        like = "the same" if float(rand) >= 0.95 else "much the same" if float(rand) >= 0.8 else "partly other"
        again = f"segmented again on random halves of the customers, {like} segments come out"
    natural = BORDERS.get(structure_of_chosen(data.verdict)[0])
    means = MEANS.get(word)
    text = "; ".join(filter(None, (again, natural)))
    return Paragraph(f"{text}{f': {means}' if means else ''}.", lead=f"Confidence: {word}:")
