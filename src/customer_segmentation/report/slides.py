"""The figures that a meeting needs, one a slide, each titled by what it says in the report's words and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from customer_segmentation.clustering.metrics import contingency
from customer_segmentation.clustering.space import Space
from customer_segmentation.figures.candidate import means_heatmap, sizes
from customer_segmentation.figures.member_flow import member_flow
from customer_segmentation.figures.segment_card import segment_card
from customer_segmentation.figures.segment_shares import outcome_rates, value_against_customers
from customer_segmentation.figures.slides import amounts, slide, words_table
from customer_segmentation.figures.space_map import principal_plane, space_map
from customer_segmentation.figures.verdict import evaluated, stability_by_k
from customer_segmentation.formatting import capital, counted, figure, listed, percent
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.front import BORDERS, confidence
from customer_segmentation.report.pictures import card_rows
from customer_segmentation.report.profile_rows import outcome_rows, short, standardised, subject
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.segments.partitions import FIGURES
from customer_segmentation.segments.stakes import about, adjective, together
from customer_segmentation.verdict.structure import structure_of_chosen

MOST = 10
FILES = tuple(f"slide_{number:02d}.png" for number in range(1, MOST + 1))
MOST_VARIABLES = 9
WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


@dataclass(frozen=True)
class Slide:
    """A slide: its file, what it is about in a word, what it says, and the page as a PNG."""

    file: str
    name: str
    title: str
    png: bytes


@dataclass(frozen=True)
class Shown:
    """What slides are drawn of: the candidate's space, its segments for every k, and what customers are worth."""

    space: Space
    labels: npt.NDArray[np.integer]
    labels_by_k: Mapping[int, npt.NDArray[np.integer]]
    value: npt.NDArray[np.float64] | None
    seed: int


def in_words(number: int) -> str:
    """A small number as a word with a capital letter."""
    return WORDS[number] if number < len(WORDS) else f"{number}"


def slides_of(data: ReportData, shown: Shown) -> list[Slide]:
    """Draw at most ten slides; segments' cards follow where other slides have nothing to show.

    Parameters
    ----------
    data : ReportData
        With the insights of the candidate that it describes.
    shown : Shown
    """
    insights = data.insights
    if insights is None:
        return []
    foot = f"{data.table.source} · {data.table.customers:,} customers"
    if data.candidate is not None:
        foot += f" · {data.candidate.name} · run {data.candidate.run_id[:8]}"
    if data.sweep.started:
        foot += f" · {data.sweep.started}"
    if data.table.synthetic:
        foot = f"Made-up customers · {foot}"
    found = []
    for file, (name, title, note, drawn) in zip(FILES, _drawn(data, insights, shown), strict=False):
        found.append(Slide(file, name, title, slide(drawn, title=title, note=note, foot=foot)))
    return found


Drawn = tuple[str, str, str, Figure]


def _drawn(data: ReportData, insights: SegmentInsights, shown: Shown) -> Iterator[Drawn]:
    names = [name.name for name in insights.names]
    yield _shares(insights, names)
    yield _glance(insights)
    yield _differences(insights, names)
    yield from _outcomes(insights, names)
    yield from _stakes(insights, names)
    yield from _worth(insights, names)
    yield _map(data, shown, names)
    yield from _flow(insights, shown)
    yield from _sure(data)
    yield from _numbers(data)
    for segment in range(insights.profiles.k):
        yield _card(insights, segment)


def _shares(insights: SegmentInsights, names: list[str]) -> Drawn:
    profiles = insights.profiles
    table, value = profiles.segments, profiles.value
    start = f"{in_words(profiles.k)} segments"
    if value is not None and table["value_share"].notna().all():
        best = int((table["value_share"] / table["share"]).to_numpy().argmax())
        row = table.iloc[best]
        title = (
            f"{start}; the {percent(row['share'])} “{names[best]}” bring {percent(row['value_share'])} of {value.name}"
        )
        note = f"Grey: share of the customers. Colour: share of {value.name}."
        drawn = value_against_customers(
            list(table["share"]), list(table["value_share"]), title, value=value.name, names=names
        )
        return "segments", title, note, drawn
    largest = int(table["share"].to_numpy().argmax())
    title = f"{start}; the largest, “{names[largest]}”, has {percent(table['share'].iloc[largest])} of the customers"
    return "segments", title, "Customers of each segment.", sizes([int(n) for n in table["customers"]], names=names)


def _glance(insights: SegmentInsights) -> Drawn:
    profiles = insights.profiles
    outcomes = outcome_rows(profiles)[:1]
    head, numbers = ["segment", "customers", "share"], [False, True, True]
    head += [label for label, _ in outcomes]
    rows = []
    for segment in range(profiles.k):
        row, advice = profiles.segments.iloc[segment], insights.of(segment)
        cells = [insights.titled(segment), f"{int(row['customers']):,}", percent(row["share"])]
        cells += [percent(float(table["value"].iloc[segment])) for _, table in outcomes]
        rows.append([*cells, advice[0].text if advice else "–"])
    numbers += [True for _ in outcomes]
    title = f"Who the {in_words(profiles.k).lower()} segments are, and the first thing to do for each"
    drawn = words_table([*head, "first action"], rows, title, numbers=[*numbers, False])
    return "actions", title, "An action is proposed where the segment's figures give its reason.", drawn


def _differences(insights: SegmentInsights, names: list[str]) -> Drawn:
    profiles = insights.profiles
    table = standardised(profiles.table[profiles.table["role"] != "outcome"])
    table = table.assign(_size=table["sd"].abs())
    order = table.groupby(["variable", "level"], sort=False)["_size"].max()
    shapes = table.groupby(["variable", "level"], sort=False)["shapes"].any()
    order = order[order.notna()]
    order = pd.concat([order[shapes[order.index]], order[~shapes[order.index]]]).head(4 * MOST_VARIABLES)
    picked: list[tuple[str, str]] = []
    ranked = [*order[shapes[order.index]].index, *order[~shapes[order.index]].sort_values(ascending=False).index]
    for variable, level in ranked:  # of a variable its most telling level alone
        if variable not in {name for name, _ in picked} and len(picked) < MOST_VARIABLES:
            picked.append((variable, level))
    rows, distance, labels = [], [], []
    for variable, level in picked:
        own = table[(table["variable"] == variable) & (table["level"] == level)].sort_values("segment")
        first = own.iloc[0]
        labels.append(subject(first, profiles))
        rows.append([short(first, "overall"), *(short(row, "value") for _, row in own.iterrows())])
        distance.append(own["sd"].to_numpy(dtype=float))
    matrix = np.array(distance).reshape(len(picked), profiles.k)
    title = f"What sets the {in_words(profiles.k).lower()} segments apart"
    if np.isfinite(matrix).any():
        line, segment = np.unravel_index(int(np.nanargmax(np.abs(matrix))), matrix.shape)
        variable, level = picked[int(line)]
        theirs = (table["variable"] == variable) & (table["level"] == level) & (table["segment"] == segment)
        most = next(row for _, row in table[theirs].iterrows())
        title = (
            f"“{names[int(segment)]}” stand out most: {subject(most, profiles)} {short(most, 'value')}, "
            f"against {short(most, 'overall')} of all customers"
        )
    note = "Mean, or share of the customers. Colour: distance from all customers in standard deviations (sd)."
    return "differences", title, note, means_heatmap(labels, rows, matrix, title, names=names)


def _outcomes(insights: SegmentInsights, names: list[str]) -> Iterator[Drawn]:
    for label, rows in outcome_rows(insights.profiles)[:1]:
        known = rows[np.isfinite(rows["value"])]
        if known.empty:
            continue
        most, least = known.loc[known["value"].idxmax()], known.loc[known["value"].idxmin()]
        between = f"{percent(float(least['value']))} to {percent(float(most['value']))}"
        title = f"{capital(label)} differs little between the segments: {between}"
        if float(most["low"]) > float(least["high"]):
            title = (
                f"{capital(label)}: {percent(float(most['value']))} among “{names[int(most['segment'])]}”, "
                f"{percent(float(least['value']))} among “{names[int(least['segment'])]}”"
            )
        overall = float(rows["overall"].iloc[0])
        drawn = outcome_rates(
            list(rows["value"]), list(rows["low"]), list(rows["high"]), [int(n) for n in rows["customers"]], title,
            outcome=label, overall=overall, names=names,
        )  # fmt: skip
        yield (
            "outcome",
            title,
            f"{capital(label)} with its 95 % interval. Dashed: all customers.",
            drawn,
        )


def _stakes(insights: SegmentInsights, names: list[str]) -> Iterator[Drawn]:
    stakes = [(stake.amount, stake.interval, stake) for stake in insights.stakes]
    known = [(amount, ends, stake) for amount, ends, stake in stakes if amount is not None and ends is not None]
    if not known or len(known) < len(insights.stakes):
        return
    first = known[0][2]
    total = together([stake for _, _, stake in known])[0]
    largest = int(np.argmax([amount for amount, _, _ in known]))
    part = known[largest][0] / total if total else 0.0
    title = (
        f"{about(total, first.unit)} of {adjective(first.period)} value is at stake, {percent(part)} of it with "
        f"“{names[largest]}”"
    )
    drawn = amounts(
        names, [amount for amount, _, _ in known], [about(amount, first.unit) for amount, _, _ in known], title,
        interval=([ends[0] for _, ends, _ in known], [ends[1] for _, ends, _ in known]),
    )  # fmt: skip
    note = (
        f"Value of one {first.period} that goes if customers go on as in the table: customers × what each brings × "
        f"{first.rate_name}, {first.over}. Lines: 95 % interval."
    )
    yield "at_stake", title, note, drawn


def _worth(insights: SegmentInsights, names: list[str]) -> Iterator[Drawn]:
    value, table, found = insights.profiles.value, insights.profiles.segments, insights.high_value
    if value is None or not np.isfinite(table["value_mean"]).all():
        return
    overall = float(table["value"].sum()) / max(int(table["customers"].sum()), 1)
    title = f"No segment's customers are worth more than the average in {value.name}"
    if found is not None and found.segments:
        title = (
            f"Worth keeping: {counted(found.count, 'customer')} ({percent(found.share)}) account for "
            f"{percent(found.value_share)} of {value.name}"
        )
    drawn = amounts(
        names, list(table["value_mean"]), [figure(float(mean), value.unit) for mean in table["value_mean"]], title,
        mark=(overall, f"all {figure(overall, value.unit)}"),
    )  # fmt: skip
    yield "worth", title, f"{value.name} of a customer of each segment. Dashed: of all customers.", drawn


def _map(data: ReportData, shown: Shown, names: list[str]) -> Drawn:
    plane = principal_plane(shown.space.matrix)
    title = "Where the segments lie"
    if data.is_chosen:
        title = capital(BORDERS.get(structure_of_chosen(data.verdict)[0], title)).replace("them", "the segments")
    note = (
        f"The customers in the two directions in which they differ most: {percent(sum(plane.explained))} of the "
        "variance that was clustered."
    )
    return "map", title, note, space_map(
        plane, shown.labels, shown.space.dimensions, title, names=names, seed=shown.seed
    )  # fmt: skip


def _flow(insights: SegmentInsights, shown: Shown) -> Iterator[Drawn]:
    k, value = insights.profiles.k, insights.profiles.value
    if len(shown.labels_by_k) < 2:
        return
    title = "Who goes where as the number of segments grows"
    finer = shown.labels_by_k.get(k + 1)
    if finer is not None:
        shared = contingency(np.asarray(shown.labels), np.asarray(finer))
        kept = float(shared.max(axis=1).sum() / shared.sum())
        title = (
            f"With {in_words(k + 1).lower()} segments instead of {in_words(k).lower()}, {percent(kept)} of the "
            "customers would stay together"
        )
    by_value = shown.value is not None and value is not None
    height = shown.value if shown.value is not None and by_value else principal_plane(shown.space.matrix).points[:, 0]
    measure = value.name if value is not None and by_value else "first principal component"
    drawn = member_flow(
        shown.labels_by_k, height, title, measure=measure, unit=value.unit if value is not None and by_value else "",
        chosen=k,
    )  # fmt: skip
    note = (
        f"A dot is a segment, at the mean {measure} of its customers; bands are the customers that neighbouring "
        "numbers of segments share."
    )
    yield "flow", title, note, drawn


def _sure(data: ReportData) -> Iterator[Drawn]:
    examined = evaluated(data.verdict)
    if not data.is_chosen or examined.empty:
        return
    told = confidence(data)
    title = told.lead.rstrip(":")
    note = f"{capital(told.text)} Shown: agreement (adjusted Rand index) of half-samples with all customers."
    yield "confidence", title, note, stability_by_k(examined, rand=data.limits["rand"], title=title)


def _numbers(data: ReportData) -> Iterator[Drawn]:
    partitions = data.partitions
    if len(partitions) < 2 or not data.is_chosen:
        return
    chosen = next(item for item in partitions if item.chosen)
    others = listed(in_words(item.k).lower() for item in partitions if not item.chosen)
    title = f"{in_words(chosen.k)} segments, beside {others}"
    head = ["", "segments: share of the customers", *FIGURES.values()]
    rows = []
    for item in partitions:
        told = "; ".join(f"{segment.name} {percent(segment.share)}" for segment in item.segments)
        rows.append([item.title, told, *(item.written(name) for name in FIGURES)])
    numbers = [False, False, *(True for _ in FIGURES)]
    note = str(data.verdict.get("of_other_k", {}).get(str(chosen.k + 1), ""))
    note = note.partition(". ")[0] + "." if note else "Other numbers of segments of the same space."
    yield "numbers", title, note, words_table(head, rows, title, numbers=numbers, coloured=False)


def _card(insights: SegmentInsights, segment: int) -> Drawn:
    profiles, name = insights.profiles, insights.names[segment]
    row = profiles.segments.iloc[segment]
    title = f"“{name.name}”: {counted(int(row['customers']), 'customer')}, {percent(row['share'])} of all"
    advice = insights.of(segment)
    note = f"First action: {advice[0].text}." if advice else "Against all customers."
    drawn = segment_card(card_rows(insights, segment), segment=segment, name=name.name, k=profiles.k, title=title)
    return f"segment_{segment}", title, note, drawn
