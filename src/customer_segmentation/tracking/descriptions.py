"""Descriptions that the MLflow UI shows on runs and on the experiment, in markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from customer_segmentation.formatting import counted, listed, markdown, markdown_code, percent, score
from customer_segmentation.segments.header_words import says_unit
from customer_segmentation.segments.partitions import FIGURES, Partition
from customer_segmentation.settings.criteria import CRITERIA
from customer_segmentation.tracking.log.views import view_links

#: Scores of the verdict's page, in order.
SCORES = {
    "yardstick": "yardstick",
    "reference_silhouette": "separation: silhouette in the reference space",
    "stability_rand": "stability: half-sample adjusted Rand index, mean",
    "stability_rand_worst": "stability: worst half-sample",
    "stability_prediction_strength": "prediction strength",
    "stability_jaccard_worst": "least stable segment, Jaccard",
    "screening_rand": "screening of stability (can only rule out)",
    "seed_agreement": "agreement with other seeds, worst",
    "value_explained": "variance of value explained",
    "explained_by_tree": "predicted by a depth-limited tree",
    "smallest_share": "smallest segment, share",
    "silhouette": "silhouette in its own space",
    "davies_bouldin": "Davies-Bouldin in its own space",
    "calinski_harabasz": "Calinski-Harabasz in its own space",
    "bic": "BIC of the mixture, the lower the better in its own space",
    "agreement": "share with the same segment by the nearest centre as by the tree",
    "inertia": "inertia in its own space",
}
SCORES |= {item.column: item.heading for item in CRITERIA.values() if item.column not in SCORES}

EXPERIMENT = """\
Views: {views}

**Customer segmentation.** Three levels of runs: a *sweep* (one command) holds *studies* (one feature set under one
scaling, all k), and a study holds *candidates* (one k). Filter by level, because a filter does not follow the tree:

- sweeps: `tags.level = 'sweep'`; explorations of a table, before any segmentation: `tags.level = 'explore'`
- all candidates, flat: `tags.level = 'candidate'`; of one sweep: `tags.level = 'candidate' and tags.sweep = 'RUN_ID'`
- the chosen ones: `tags.verdict = 'chosen'`; what was ruled out: `tags.verdict LIKE 'ruled_out:%'`

**What compares.** `yardstick` compares across spaces: the share of a fixed reference space that a candidate explains,
against what K-means attains there with as many segments. `inertia`, `silhouette`, `davies_bouldin` and
`calinski_harabasz` are measured in each study's own space: compare them within a study only. On a study, every score
has step = k, so its charts are the elbow and the silhouette by k; `inertia_share` is the only inertia that may be
overlaid across studies.
"""


def experiment_description(experiment_id: str) -> str:
    """What the experiment holds: links to its views, the levels of runs, what compares."""
    return EXPERIMENT.format(views=view_links(experiment_id))


def link(experiment_id: str, run_id: str, text: str) -> str:
    """Link to a run within the UI.

    Parameters
    ----------
    experiment_id : of the run's experiment
    run_id : the run
    text : what is shown, as it stands
    """
    return f"[{markdown(text)}](#/experiments/{experiment_id}/runs/{run_id})"


def study_description(name: str, units: Mapping[str, str], about: str, notes: Sequence[str]) -> str:
    """What a study is: its features with units, its scaling, and how to read its charts.

    Parameters
    ----------
    name : of the study
    units : feature to its unit
    about : the feature set's own sentence
    notes : sentences on what was noticed
    """
    lines = [
        f"**{markdown(name)}**. {markdown(about or 'What describes a customer')}: {', '.join(_features(units))}.",
        "",
        (
            "*Model metrics* shows every score by k (step = k): `inertia` is the elbow. Artifacts: `elbow.png`, "
            "`scores.csv`, "
            "`labels.parquet` (the segment of every customer under every k), `config.yaml`. Its child runs are its "
            "candidates."
        ),
        *(f"\nNote: {markdown(note)}." for note in notes),
    ]
    return "\n".join(lines)


def _features(units: Mapping[str, str]) -> list[str]:
    """Features with their units, as markdown: a header of a table may be a picture's address."""
    return [markdown(name if says_unit(name, unit) else f"{name} ({unit})") for name, unit in units.items()]


def candidate_description(
    name: str, *, units: Mapping[str, str], about: str, sizes: str, study: str, how: str = ""
) -> str:
    """What a candidate is, in a paragraph, with a link to its study's elbow.

    Parameters
    ----------
    name : of the candidate
    units : feature to its unit
    about : what its features are about
    sizes : customers of each segment
    study : link to the study's run
    how : what was done differently in its fit
    """
    told = f" ({markdown(about[:1].lower() + about[1:])})" if about else ""
    return (
        f"**{markdown(name)}**: segments of {sizes} customers, clustered by {listed(_features(units))}{told}. "
        "The elbow, and the same scores for every number of segments, are on its study: "
        f"{study}.{f' Fit: {markdown(how)}.' if how else ''}"
    )


def sweep_description(  # noqa: PLR0913 - each is named at the call
    *,
    command: str,
    sweep_id: str,
    table: str,
    studies: int,
    failed: Mapping[str, str],
    leaderboard: pd.DataFrame,
    reasons: Sequence[str],
    partitions: Sequence[Partition],
    chosen_link: str | None,
) -> str:
    """What a sweep found, how to read its runs, and how to repeat it.

    Parameters
    ----------
    command : repeats the sweep
    sweep_id : id of the sweep's run
    table : what the table is called
    studies : how many there were
    failed : study to why it failed
    leaderboard : one row a candidate
    reasons : sentences of the verdict
    partitions : the chosen candidate beside a coarser and a finer one
    chosen_link : markdown of a link to the chosen candidate; None where none was chosen
    """
    lines = ["### Result", ""]
    lines += [f"Chosen: **{chosen_link}**" if chosen_link else "**No candidate was chosen.**", ""]
    lines += [f"- {markdown(reason)}" for reason in reasons]
    lines += _side_by_side(partitions)
    if failed:
        lines += ["", "### Studies that failed", ""]
        lines += [f"- {markdown(name)}: {markdown(reason)}" for name, reason in failed.items()]
    lines += [
        "",
        "### How to read the runs",
        "",
        (
            f"{counted(studies, 'study', 'studies')}, {counted(len(leaderboard), 'candidate')} on {markdown(table)}. "
            "Unfold the sweep to see its studies, a study to see its candidates. All candidates in one flat list:"
        ),
        "",
        f"`tags.level = 'candidate' and tags.sweep = '{sweep_id}'`",
        "",
        "Compare across spaces by `yardstick`; compare `silhouette` and `inertia` within one study only.",
        (
            "Artifacts of this run: `report.html` (all of it on one page), `leaderboard.csv`, `verdict.md`, "
            "`sweep_heatmaps.png`, `candidates.png`, "
            "`exploration/`, `rejected.csv` where rows were rejected. How runs name customers is decided by "
            "`tracking.customers`: ids, hashed or none."
        ),
        "",
        "### Repeat it",
        "",
        markdown_code(command),
    ]
    return "\n".join(lines)


def _side_by_side(partitions: Sequence[Partition]) -> list[str]:
    """A table with a column for each number of segments."""
    if not partitions:
        return []
    lines = ["", "### Fewer or more segments, side by side", ""]
    lines += [f"| | {' | '.join(markdown(item.title) for item in partitions)} |", f"|---|{'---|' * len(partitions)}"]
    columns = []
    for partition in partitions:
        told = []
        for segment in partition.segments:
            value = "" if segment.value_share is None else f", {percent(segment.value_share)} of the value"
            told.append(f"{markdown(segment.name)}: {percent(segment.share)}{value}")
        columns.append("<br>".join(told))
    lines.append(f"| segments | {' | '.join(columns)} |")
    for name, words in FIGURES.items():
        lines.append(f"| {words} | {' | '.join(item.written(name) for item in partitions)} |")
    return lines


def verdict_markdown(verdict: Mapping[str, Any]) -> str:
    """Render ``verdict.json`` (see `customer_segmentation.verdict.record`) as a page."""
    chosen, runner_up = verdict["chosen"], verdict["runner_up"]
    lines = ["# Verdict", ""]
    lines += [f"Chosen: **{markdown(chosen['name'])}**" if chosen else "**No candidate was chosen.**", ""]
    lines += (
        [f"Confidence: **{verdict['certainty']['word']}**. {markdown(verdict['certainty']['sentence'])}", ""]
        if chosen
        else []
    )
    lines += [f"- {markdown(reason)}" for reason in verdict["reasons"]]
    if chosen:
        shown = {name: title for name, title in SCORES.items() if chosen.get(name) is not None}
        beside = f" {markdown(runner_up['name'])} |" if runner_up else ""
        lines += ["", f"| score | {markdown(chosen['name'])} |{beside}", f"|---|---|{'---|' if runner_up else ''}"]
        for name, title in shown.items():
            other = f" {_score(runner_up.get(name))} |" if runner_up else ""
            lines.append(f"| {title} | {_score(chosen[name])} |{other}")
        other = f" {runner_up['sizes']} |" if runner_up else ""
        lines.append(f"| customers in each segment | {chosen['sizes']} |{other}")
    if verdict["short_list"]:
        lines += ["", "## Evaluated closely", ""]
        lines += [
            f"| candidate | {' | '.join(item.heading for item in CRITERIA.values())} | verdict |",
            f"|---|{'---|' * len(CRITERIA)}---|",
        ]
        for row in verdict["short_list"]:
            figures = " | ".join(_score(row[item.column]) for item in CRITERIA.values())
            word = f"ruled out: {row['ruled_out'].replace('_', ' ')}" if row["ruled_out"] else ""
            word = word or ("confirmed" if row["confirmed"] else "screened only")
            lines.append(f"| {markdown(row['name'])} | {figures} | {word} |")
        lines += ["", "Stability from the screening is not a confirmation: it can only rule out."]
    if verdict["structure_by_study"]:
        lines += ["", "## Is there natural structure?", ""]
        for study in verdict["structure_by_study"]:
            opinions = ", ".join(f"{name} {k}" for name, k in study["opinions"].items())
            lines.append(
                f"- **{markdown(study['study'])}**: {markdown(study['sentence'])}"
                + (f" Other criteria: k = {opinions}." if opinions else "")
            )
    lines += ["", f"{verdict['candidates']} candidates were compared; `leaderboard.csv` has them all.", ""]
    return "\n".join(lines)


def _score(value: Any) -> str:
    return "" if value is None else score(float(value)) if abs(float(value)) < 10 else f"{float(value):,.0f}"
