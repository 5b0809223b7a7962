"""Descriptions that the MLflow UI shows on runs and on the experiment, in markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from customer_segmentation.verdict.selection import label

EXPERIMENT = """\
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


def link(experiment_id: str, run_id: str, text: str) -> str:
    """Link to a run within the UI."""
    return f"[{text}](#/experiments/{experiment_id}/runs/{run_id})"


def study_description(name: str, units: Mapping[str, str], about: str, notes: Sequence[str]) -> str:
    """What a study is: its features with units, its scaling, and how to read its charts."""
    listed = ", ".join(f"{feature} ({unit})" if unit else feature for feature, unit in units.items())
    lines = [
        f"**{name}**. {about or 'What describes a customer'}: {listed}.",
        "",
        "*Model metrics* shows every score by k (step = k): `inertia` is the elbow. Artifacts: `elbow.png`, "
        "`scores.csv`, "
        "`labels.parquet` (the segment of every customer under every k), `config.yaml`. Its child runs are its "
        "candidates.",
        *(f"\nNote: {note}." for note in notes),
    ]
    return "\n".join(lines)


def sweep_description(
    *,
    command: str,
    sweep_id: str,
    table: str,
    studies: int,
    failed: Mapping[str, str],
    leaderboard: pd.DataFrame,
    reasons: Sequence[str],
    chosen_link: str | None,
) -> str:
    """What a sweep found, how to read its runs, and how to repeat it."""
    lines = ["### Result", ""]
    lines += [f"Chosen: **{chosen_link}**" if chosen_link else "**No candidate was chosen.**", ""]
    lines += [f"- {reason}" for reason in reasons]
    if failed:
        lines += ["", "### Studies that failed", ""]
        lines += [f"- {name}: {reason}" for name, reason in failed.items()]
    lines += [
        "",
        "### How to read the runs",
        "",
        f"{studies} studies, {len(leaderboard)} candidates on {table}. Unfold the sweep to see its studies, a study to "
        "see its candidates. All candidates in one flat list:",
        "",
        f"`tags.level = 'candidate' and tags.sweep = '{sweep_id}'`",
        "",
        "Compare across spaces by `yardstick`; compare `silhouette` and `inertia` within one study only.",
        "Artifacts of this run: `leaderboard.csv`, `verdict.md`, `sweep_heatmaps.png`, `candidates.png`, "
        "`exploration/`, `set_aside.csv` where rows were set aside.",
        "",
        "### Repeat it",
        "",
        f"`{command}`",
    ]
    return "\n".join(lines)


def verdict_markdown(leaderboard: pd.DataFrame, chosen: pd.Series | None, reasons: Sequence[str]) -> str:
    """Render the verdict as a page: the choice, the reasons, the segments' sizes."""
    if chosen is None:
        return "\n".join(["# Verdict", "", "No candidate was chosen.", "", *[f"- {reason}" for reason in reasons], ""])
    lines = ["# Verdict", "", f"Chosen: **{label(chosen)}**", "", *[f"- {reason}" for reason in reasons], ""]
    lines += ["| score | value |", "|---|---|"]
    shown = (
        "yardstick",
        "value_explained",
        "smallest_share",
        "silhouette",
        "davies_bouldin",
        "calinski_harabasz",
        "inertia",
    )
    lines += [f"| {name} | {chosen[name]:.6g} |" for name in shown if name in chosen and pd.notna(chosen[name])]
    lines += [f"| customers in each segment | {chosen['sizes']} |", ""]
    lines += [f"{len(leaderboard)} candidates were compared; `leaderboard.csv` has them all.", ""]
    return "\n".join(lines)
