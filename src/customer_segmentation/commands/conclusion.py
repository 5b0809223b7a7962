"""After the last study: the choice over all candidates, the chosen model, and what the sweep's run says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from customer_segmentation.clustering.silhouette import silhouettes
from customer_segmentation.commands.customers import Customers
from customer_segmentation.commands.study import rule_of
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.tracking.items import Metrics, Tags
from customer_segmentation.tracking.reading import candidates_of, labels_of
from customer_segmentation.tracking.runs import record
from customer_segmentation.tracking.store import Store
from customer_segmentation.verdict.selection import choose, row_of


@dataclass(frozen=True)
class Conclusion:
    """The choice over a sweep.

    Attributes
    ----------
    leaderboard : DataFrame, one row a finished candidate
    chosen : Series or None
        Row of the chosen candidate.
    runner_up : Series or None
    reasons : tuple of str
    """

    leaderboard: pd.DataFrame
    chosen: pd.Series | None
    runner_up: pd.Series | None
    reasons: tuple[str, ...]


def choose_across(store: Store, sweep_id: str, customers: Customers, settings: SweepSettings) -> Conclusion:
    """Choose among the studies' best candidates by yardstick; near ties by the silhouette in the reference."""
    leaderboard = candidates_of(store, sweep_id)
    if leaderboard.empty:
        return Conclusion(leaderboard, None, None, ("No study finished, so there is nothing to choose from.",))
    leaderboard["reference_silhouette"] = np.nan
    rule = rule_of(settings.selection)
    bests = leaderboard[leaderboard["verdict"] == "best_of_study"]
    if bests.empty:
        choice = choose(leaderboard, rule)
        return Conclusion(leaderboard, None, None, tuple(choice.reasons))
    short = choose(bests, rule).short_list
    if len(short) > 1:
        labelings = [
            labels_of(store, str(study_id))[f"k{k}"].to_numpy()
            for study_id, k in zip(bests.loc[short, "study_id"], bests.loc[short, "k"], strict=True)
        ]
        found = silhouettes(
            customers.reference,
            labelings,
            limit=settings.scores.silhouette_exact_up_to,
            sample=settings.scores.silhouette_sample,
            seed=settings.seed,
        )
        leaderboard.loc[short, "reference_silhouette"] = found.means
        for run_id, mean in zip(bests.loc[short, "run_id"], found.means, strict=True):
            record(store, str(run_id), [Metrics({"reference_silhouette": mean})])
    # The constraints were applied to all candidates by their studies: count them here, choose among the bests.
    ruled = choose(leaderboard, rule).reasons[:2]
    choice = choose(leaderboard.loc[bests.index], rule, tie_breaker="reference_silhouette")
    reasons = [*[text for text in ruled if "satisfy" in text or text.startswith("Ruled out")], *choice.reasons[1:]]
    marked = {"chosen": choice.chosen, "runner_up": choice.runner_up}
    for verdict, index in marked.items():
        if index is not None:
            leaderboard.loc[index, "verdict"] = verdict
            record(store, str(leaderboard.loc[index, "run_id"]), [Tags({"verdict": verdict})])
    rows = {verdict: None if index is None else row_of(leaderboard, index) for verdict, index in marked.items()}
    return Conclusion(leaderboard, rows["chosen"], rows["runner_up"], tuple(reasons))
