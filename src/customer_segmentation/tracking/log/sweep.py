"""What a sweep logs about its customers before the studies, and about all candidates after them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from customer_segmentation.figures.sweep import candidates_table, sweep_heatmaps
from customer_segmentation.figures.verdict import (
    evaluated,
    front_figure,
    silhouettes_and_yardstick,
    stability_by_k,
    valley_heatmap,
)
from customer_segmentation.report.document import Picture
from customer_segmentation.report.svg import svg_file
from customer_segmentation.segments.partitions import Partition, to_plain
from customer_segmentation.settings.criteria import COLUMNS
from customer_segmentation.tracking.checked_files import VERDICT
from customer_segmentation.tracking.descriptions import verdict_markdown
from customer_segmentation.tracking.items import Bytes, FigureItem, Item, Metrics, Params, Table, Text
from customer_segmentation.tracking.store import Store
from customer_segmentation.verdict.structure import structure_of_chosen

HTML, MARKDOWN = "report.html", "report.md"


def conclusion_items(
    leaderboard: pd.DataFrame, *, chosen: pd.Series | None, verdict: Mapping[str, Any]
) -> Iterator[Item]:
    """Leaderboard, verdict and the figures over all candidates; the yardstick is the only score drawn across spaces.

    Parameters
    ----------
    leaderboard : one row a candidate
    chosen : the chosen one's row; None where none was chosen
    verdict : what ``verdict.json`` holds
    """
    shown = in_rank_order(leaderboard.drop(columns=["job"]))
    yield Table(shown, "leaderboard.csv")
    yield Table(shown.round(6), "leaderboard.json")
    yield Text(verdict_markdown(verdict), "verdict.md")
    if chosen is not None:
        names = ("k", "yardstick", "smallest_share", "stability_rand", "stability_prediction_strength")
        yield Metrics({f"chosen_{name}": chosen[name] for name in names if name in chosen})
    yield Text(json.dumps(verdict, indent=2), VERDICT)
    best, chosen_k = best_by_space(leaderboard)
    if best.size:
        where = None if chosen is None else (str(chosen["features"]), str(chosen["scaling"]))
        yield FigureItem(partial(sweep_heatmaps, best, chosen_k, chosen=where), "sweep_heatmaps.png")
    yield FigureItem(
        partial(
            candidates_table,
            table_of_candidates(leaderboard, chosen),
            caption="Scores that compare across spaces; inertia and silhouette stand in each study's scores.csv.",
        ),
        "candidates.png",
    )


PARTITIONS = "side_by_side.json"


def partition_items(partitions: Sequence[Partition]) -> Iterator[Item]:
    """The chosen candidate beside a coarser and a finer one."""
    if partitions:
        yield Text(json.dumps(to_plain(partitions), indent=2), PARTITIONS)


#: Columns that one reads, first in the leaderboard.
FIRST = ("rank", "study", "k", "verdict", *COLUMNS, "smallest_share", "sizes", "silhouette", "inertia_share",
         "features", "scaling")  # fmt: skip


def in_rank_order(leaderboard: pd.DataFrame) -> pd.DataFrame:
    """The leaderboard as one reads it: the chosen candidate, the runner-up, the others that qualified, the ruled out.

    Within these the higher yardstick goes first; ``rank`` counts from 1, and the columns that one reads stand first.
    """
    place = leaderboard["verdict"].map({"chosen": 0, "runner_up": 1}).fillna(2)
    place = place.where(~leaderboard["verdict"].str.startswith("ruled_out"), 3)
    ranked = leaderboard.assign(_place=place).sort_values(
        ["_place", "yardstick", "k"], ascending=[True, False, True], kind="stable"
    )
    ranked = ranked.drop(columns="_place").assign(rank=range(1, len(ranked) + 1))
    first = [name for name in FIRST if name in ranked]
    return ranked[[*first, *(name for name in ranked if name not in first)]]


def table_of_candidates(leaderboard: pd.DataFrame, chosen: pd.Series | None) -> pd.DataFrame:
    """Candidates with the scores that compare across spaces: the chosen first, then by yardstick.

    Parameters
    ----------
    leaderboard : one row a candidate
    chosen : the chosen one's row; None where none was chosen
    """
    frame = leaderboard.assign(
        chosen=False if chosen is None else leaderboard["run_id"] == chosen["run_id"],
        out=leaderboard["verdict"].str.startswith("ruled_out"),
        verdict=leaderboard["verdict"].str.replace("_", " ").str.replace(":", ": "),
    ).sort_values(["chosen", "out", "yardstick", "k"], ascending=[False, True, False, True], kind="stable")
    names = ["study", "k", "yardstick", "value_explained", "smallest_share", "verdict", "chosen"]
    return frame[[name for name in names if name in frame]]


def best_by_space(leaderboard: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Yardstick and k of the best candidate of each study, as features × scaling; empty where none qualified."""
    bests = leaderboard[~leaderboard["verdict"].str.startswith("ruled_out")]
    features = list(dict.fromkeys(leaderboard["features"]))
    scalings = list(dict.fromkeys(leaderboard["scaling"]))
    # Studies that differ in something else share a cell: the best of them stands in it.
    place = bests["verdict"].map({"chosen": 0, "runner_up": 1, "best_of_study": 2}).fillna(3)
    bests = bests.assign(_place=place).sort_values(["_place", "yardstick"], ascending=[True, False], kind="stable")
    bests = bests.drop_duplicates(["features", "scaling"])
    best = bests.pivot(index="features", columns="scaling", values="yardstick").reindex(
        index=features, columns=scalings
    )
    chosen_k = bests.pivot(index="features", columns="scaling", values="k").reindex(index=features, columns=scalings)
    return best, chosen_k


def sweep_params(settings: Mapping[str, Any]) -> Params:
    """Settings of a sweep by which sweeps are compared."""
    return Params({key: value for key, value in settings.items() if value is not None})


def report_items(html: str, markdown: str) -> Iterator[Item]:
    """The report as a page and as markdown.

    Parameters
    ----------
    html : the page
    markdown : the same as markdown
    """
    yield Text(html, HTML)
    yield Text(markdown, MARKDOWN)


def place_of_report(store: Store, run_id: str) -> str:
    """Where the page of a run is: a file of this machine, or its place in the UI of a server.

    Parameters
    ----------
    store : where the run is
    run_id : a run with a report
    """
    if store.uri.startswith("http"):
        return f"{store.shown.rstrip('/')}/#/experiments/{store.experiment_id}/runs/{run_id}/artifacts/{HTML}"
    return f"{str(store.client.get_run(run_id).info.artifact_uri).removeprefix('file://')}/{HTML}"


def picture_items(pictures: Mapping[str, Picture]) -> Iterator[Item]:
    """Pictures of a candidate's segments."""
    for name, picture in pictures.items():
        if picture.svg:
            yield Text(svg_file(picture), f"figures/{name}.svg")
        else:
            yield Bytes(picture.png, f"figures/{name}.png")


def verdict_figures(
    leaderboard: pd.DataFrame, verdict: Mapping[str, Any], structure: Mapping[str, Any] | None
) -> Iterator[Item]:
    """Draw what ``verdict.json`` says.

    Parameters
    ----------
    leaderboard : DataFrame
    verdict : mapping
        See `customer_segmentation.verdict.record`.
    structure : mapping or None
        ``structure.json`` of the chosen candidate's study.
    """
    chosen = verdict["chosen"]
    tests = {} if structure is None or chosen is None else structure["tests"]
    if chosen is not None and str(chosen["k"]) in tests:
        yield FigureItem(
            partial(
                valley_heatmap,
                tests[str(chosen["k"])]["pairs"],
                int(chosen["k"]),
                f"Borders between the segments of {chosen['name']}",
                sentence=_short(verdict),
            ),
            "verdict/valleys.png",
        )
    if verdict["short_list"]:
        examined = evaluated(verdict)
        if len(examined):
            yield FigureItem(
                partial(stability_by_k, examined, rand=verdict["constraints"]["rand"]), "verdict/stability.png"
            )
        if len(examined) > 1:
            yield FigureItem(partial(front_figure, examined, value=verdict["value"] or "value"), "verdict/front.png")
    if leaderboard["silhouette"].notna().any():
        yield FigureItem(partial(silhouettes_and_yardstick, leaderboard), "verdict/silhouettes.png")


#: By the structure test's word on the chosen candidate's own space.
SHORT = {
    "chosen": "Natural structure.",
    "none": "No natural structure: a useful partition.",
    "natural": "A useful partition; the natural structure of its space is another.",
    "doubtful": "A useful partition; natural structure is doubtful.",
    "undecidable": "Whether there is natural structure is not decidable here.",
}


def _short(verdict: Mapping[str, Any]) -> str:
    return SHORT.get(structure_of_chosen(verdict)[0], "")
