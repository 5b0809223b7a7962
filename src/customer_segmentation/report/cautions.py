"""What the data does not support: found from the figures, and said whether or not anybody asks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_segmentation.formatting import apart, capital, listed, money, percent
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import Paragraph
from customer_segmentation.report.profile_rows import outcome_rows
from customer_segmentation.verdict.structure import structure_of_chosen

#: A segment below this part of the smallest share that the verdict allows is too small to act on.
TINY_PART = 0.2
#: A feature that carries less of the variance that was clustered hardly shapes the segments.
HARDLY = 0.02
#: A feature that carries so much of it decides alone.
NEARLY_ALL = 0.95
#: Adjusted Rand index below which a change of unit made other segments.
SAME_SEGMENTS = 0.9
SET_ASIDE = 0.01
MOST_NAMED = 6


def cautions(data: ReportData) -> list[Paragraph]:
    """All cautions, the gravest first."""
    found: list[Paragraph] = []
    if data.candidate is not None:
        found += [*_tiny(data), *_distorted(data), *_weights(data), *_unit_change(data)]
    found += _structure(data)
    found += [*_violations(data), *_unsteady(data)]
    if data.insights is not None:
        found += [Paragraph(f"{capital(text)}.".replace("..", ".")) for text in data.insights.cautions]
        found += [
            Paragraph(f"{item.sentence}.", lead="Follows from the table itself.") for item in data.insights.relations
        ]
        found += [*_circular(data), *_negative(data), *_missing(data)]
    found += [*_rows(data), *_scores(data)]
    if data.insights is not None:
        found += _causes(data)
    return found


def _tiny(data: ReportData) -> list[Paragraph]:
    if data.insights is None:
        return []
    profiles = data.insights.profiles
    table = profiles.segments
    paragraphs = []
    smallest = data.limits["smallest_share"]
    tiny = TINY_PART * smallest
    for low, high, lead, advice in (
        (
            0.0,
            tiny,
            "Too small to act on.",
            "So few customers are not enough for a campaign, and their profile may be chance.",
        ),
        (tiny, smallest, "Small.", "Their figures are less certain than those of the others: mind the intervals."),
    ):
        small = table[(table["share"] >= low) & (table["share"] < high)]
        if small.empty:
            continue
        one = len(small) == 1
        text = (
            f"{'Segment' if one else 'Segments'} {listed([str(int(s)) for s in small['segment']])} "
            f"{'has' if one else 'have'} {listed([f'{int(n):,}' for n in small['customers']])} customers, "
            f"{listed([percent(share) for share in small['share']])} of all"
        )
        if profiles.value is not None and small["value_share"].notna().all():
            text += f", and {listed([percent(share) for share in small['value_share']])} of the {profiles.value.name}"
        paragraphs.append(Paragraph(f"{text}. {advice}", lead=lead))
    return paragraphs


def _negative(data: ReportData) -> list[Paragraph]:
    assert data.insights is not None  # noqa: S101 - asked for only where there are some
    value, table = data.insights.profiles.value, data.insights.profiles.segments
    below = [] if value is None else [str(int(number)) for number in table.loc[table["value"] < 0, "segment"]]
    if value is None or not below:
        return []
    total = money(float(table["value"].sum()), value.unit)
    whose = f"segment{'s' if len(below) > 1 else ''} {listed(below)}"
    text = (
        f"The {value.name} of {whose} sums up to less than zero. "
        f"Shares of it are parts of the net sum, {total}, and may be below 0 % or above 100 %: compare the sums."
    )
    return [Paragraph(text, lead="Negative sums.")]


def _distorted(data: ReportData) -> list[Paragraph]:
    candidate = data.candidate
    assert candidate is not None  # noqa: S101 - asked for only where there is one
    paragraphs = []
    for item in candidate.check.distorted:
        text = (
            f"What was clustered under the name {item.feature} has a rank correlation of {_r(item.own)} with "
            f"{item.feature}: "
            f"the scaling {candidate.scaling} mixes the features of a customer."
        )
        if item.ratio_to:
            text += (
                f" In effect it is {item.feature} divided by {item.ratio_to} (correlation {_r(item.ratio)}). Read "
                "the "
                f"segments as groups of that ratio, not of {item.feature}."
            )
        paragraphs.append(Paragraph(text, lead=f"{capital(item.feature)} is not {item.feature} here."))
    return paragraphs


def _weights(data: ReportData) -> list[Paragraph]:
    candidate = data.candidate
    assert candidate is not None  # noqa: S101 - asked for only where there is one
    weights = candidate.check.weights
    light = {name: weight for name, weight in weights.items() if weight < HARDLY and name in candidate.units}
    if len(weights) < 2:
        return []
    if next(iter(weights.values())) >= NEARLY_ALL:
        name, weight = next(iter(weights.items()))
        return [
            Paragraph(
                f"{name} carries {percent(weight)} of the variance that was clustered: the segments are cuts of it, "
                "whatever "
                "else was given.",
                lead="One feature decides alone.",
            )
        ]
    if not light:
        return []
    named = [f"{name} {percent(weight)}" for name, weight in list(light.items())[:MOST_NAMED]]
    most = next(iter(weights))
    return [
        Paragraph(
            f"Of the variance that was clustered {'it carries' if len(light) == 1 else 'they carry'}: {listed(named)}; "
            f"{most} carries {percent(weights[most])}. Where the scaling gives one feature that much weight, the "
            "others have almost no influence on the segments.",
            lead=f"{capital(listed(list(light)[:MOST_NAMED]))} hardly {'counts' if len(light) == 1 else 'count'}.",
        )
    ]


def _unit_change(data: ReportData) -> list[Paragraph]:
    candidate = data.candidate
    assert candidate is not None  # noqa: S101 - asked for only where there is one
    change = candidate.check.unit_change
    if change is None or change[1] >= SAME_SEGMENTS:
        return []
    return [
        Paragraph(
            f"Measured in thousands instead of in its unit, {change[0]} leads to other segments (adjusted Rand index "
            f"{change[1]:.2f}, where 1 is the same). Segments that depend on the choice of a unit are not a property "
            "of the customers.",
            lead="The segments depend on a unit.",
        )
    ]


#: Lead, and what follows from it, by the structure test's word on the chosen candidate's own space.
STRUCTURE = {
    "none": (
        "No natural groups.",
        (
            "The test found no valleys between the segments: the customers form a continuum, and the segments are a "
            "useful division of it. Customers near a border differ little from their neighbours across it. There is no "
            "true number of segments to be found."
        ),
    ),
    "natural": (
        "These segments are not the natural groups.",
        (
            "The segments divide the customers in another way than the groups that the test found; customers near a "
            "border may differ little from their neighbours across it."
        ),
    ),
    "doubtful": (
        "Natural groups are doubtful.",
        "Customers near a border may differ little from their neighbours across it.",
    ),
    "undecidable": ("Whether there are natural groups cannot be decided here.", ""),
}


def _structure(data: ReportData) -> list[Paragraph]:
    if data.of_candidate and not data.is_chosen:
        return []
    word, sentence = structure_of_chosen(data.verdict)
    if word not in STRUCTURE:
        return []
    lead, meaning = STRUCTURE[word]
    said = "" if word == "none" else sentence
    return [Paragraph(" ".join(filter(None, (said, meaning))), lead=lead)]


def _violations(data: ReportData) -> list[Paragraph]:
    chosen = data.verdict.get("chosen") or {}
    violations = chosen.get("violations") or []
    if not data.is_chosen:
        return []
    skipped = ("small_segment", "tiny_segment") if data.insights is not None else ()
    return [
        Paragraph(f"{capital(str(item.get('sentence', '')))}.".replace("..", "."), lead="A constraint is not met.")
        for item in violations
        if item.get("code") not in skipped
    ]


def _unsteady(data: ReportData) -> list[Paragraph]:
    candidate = data.candidate
    if candidate is None:
        return []
    stability = candidate.row.get("stability")
    if stability is None or pd.isna(stability):
        if "stability" in data.leaderboard and data.leaderboard["stability"].notna().any():
            return [Paragraph("This candidate's stability was not measured.", lead="Not known to be stable.")]
        return []
    if stability >= data.limits["rand"]:
        return []
    return [
        Paragraph(
            f"On half-samples the agreement is {apart(float(stability), data.limits['rand'])[0]} (adjusted Rand "
            "index; 1 "
            "is the same, 0 is chance). On next month's customers the segments may be others.",
            lead="Not stable.",
        )
    ]


def _circular(data: ReportData) -> list[Paragraph]:
    insights, candidate = data.insights, data.candidate
    if insights is None or candidate is None:
        return []
    value = insights.profiles.value
    if value is None or not value.shapes:
        return []
    explained = candidate.row.get("value_explained")
    share = f" ({percent(float(explained))} of its variance)" if explained is not None and pd.notna(explained) else ""
    return [
        Paragraph(
            f"{value.name} is also a clustering feature. That the segments differ in it{share} is by construction, "
            "not a finding.",
            lead="Value explained is circular.",
        )
    ]


def _missing(data: ReportData) -> list[Paragraph]:
    assert data.insights is not None  # noqa: S101 - asked for only where there are some
    missing = data.insights.profiles.missing
    if not missing:
        return []
    named = [f"{name} {count:,}" for name, count in list(missing.items())[:MOST_NAMED]]
    more = f", and {len(missing) - len(named)} more columns" if len(missing) > len(named) else ""
    return [
        Paragraph(
            f"Customers without a value, left out of its figures: {', '.join(named)}{more}.", lead="Missing cells."
        )
    ]


def _rows(data: ReportData) -> list[Paragraph]:
    rows = data.table.rows
    found = []
    share = rows.get("rows_rejected", 0) / max(rows.get("rows_read", 1), 1)
    if share >= SET_ASIDE:
        found.append(
            Paragraph(
                f"{percent(share)} of the rows could not be used. If they differ from the others, so do the segments "
                "of all "
                "customers.",
                lead="Rows are missing.",
            )
        )
    if data.table.synthetic:
        found.append(Paragraph("Nothing here is a finding about real customers.", lead="The customers are made up."))
    return found


def _scores(data: ReportData) -> list[Paragraph]:
    board = data.leaderboard
    found = [
        Paragraph(
            "It measures candidates in one declared reference space and so favours spaces like that one. Another "
            "reference "
            "may prefer another candidate (conf/yardstick/).",
            lead="The yardstick is a preference.",
        )
    ]
    own = None if data.candidate is None else data.candidate.row.get("silhouette")
    text = (
        "Silhouette and inertia are measured in each study's own space, and rank the numbers of segments of one "
        "study only."
    )
    if own is not None and pd.notna(own):
        text += (
            f" The silhouette of {data.candidate.name}, {float(own):.3f}, says nothing against that of another space."  # type: ignore[union-attr]  # said of a candidate
        )
    if len(board) > 1 or own is not None:
        found.append(Paragraph(text, lead="Silhouettes do not compare across spaces."))
    return found


def _causes(data: ReportData) -> list[Paragraph]:
    assert data.insights is not None  # noqa: S101 - asked for only where there are some
    outcomes = [label for label, _ in outcome_rows(data.insights.profiles)]
    about = f" in {listed(outcomes)}" if outcomes else ""
    return [
        Paragraph(
            f"Segments differ{about} for reasons that a snapshot does not show. That a customer who is moved "
            "into "
            "another segment then behaves like it is not known: try a recommendation on a part of the segment, and "
            "compare "
            "with the rest.",
            lead="Association is not causation.",
        ),
        Paragraph(
            "That the segments differ in the clustering features (marked * in the profiles) is by construction, not a "
            "finding; no p is given for it.",
            lead="Features differ by construction.",
        ),
    ]


def _r(value: float) -> str:
    """Correlation with two digits, three where it is nearly one."""
    if not np.isfinite(value):
        return "unknown"
    size = abs(value)
    text = f"{size:.2f}" if size < 0.99 else f"{size:.3f}" if size < 0.9995 else "0.999 or more"
    return f"−{text}" if value <= -0.005 else text
