"""The pictures of a sweep's verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from customer_segmentation.figures.verdict import (
    front_figure,
    silhouettes_and_yardstick,
    stability_by_k,
    valley_heatmap,
)
from customer_segmentation.tracking.items import FigureItem, Item


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
    chosen, runner_up = verdict["chosen"], verdict["runner_up"]
    tests = {} if structure is None or chosen is None else structure["tests"]
    if chosen is not None and str(chosen["k"]) in tests:
        yield FigureItem(
            valley_heatmap(
                tests[str(chosen["k"])]["pairs"],
                int(chosen["k"]),
                f"Borders between the segments of {chosen['name']}",
                sentence=_short(verdict),
            ),
            "verdict/valleys.png",
        )
    short = pd.DataFrame(verdict["short_list"])
    if len(short):
        numbers = ["stability", "stability_rand_worst", "first_look_rand_worst", "reference_silhouette"]
        short = short.assign(
            **{name: pd.to_numeric(short[name]) for name in [*numbers, "value_explained"]},
            ruled_out=short["ruled_out"].notna(),
            role=[_role(name, chosen, runner_up) for name in short["name"]],
        )
        short["worst"] = short["stability_rand_worst"].fillna(short["first_look_rand_worst"])
        examined = short[short["stability"].notna()]
        if len(examined):
            yield FigureItem(stability_by_k(examined, rand=verdict["constraints"]["rand"]), "verdict/stability.png")
        if len(examined) > 1:
            yield FigureItem(front_figure(examined, value=verdict["value"] or "value"), "verdict/front.png")
    if leaderboard["silhouette"].notna().any():
        yield FigureItem(silhouettes_and_yardstick(leaderboard), "verdict/silhouettes.png")


def _role(name: str, chosen: Mapping[str, Any] | None, runner_up: Mapping[str, Any] | None) -> str:
    if chosen is not None and name == chosen["name"]:
        return "chosen"
    return "runner_up" if runner_up is not None and name == runner_up["name"] else ""


def _short(verdict: Mapping[str, Any]) -> str:
    return {
        "natural structure": "Natural structure.",
        "useful partition": "No natural structure: a useful partition.",
        "not decidable": "Whether there is natural structure is not decidable here.",
    }.get(verdict["structure"], "")
