"""After the last study: the choice over all candidates, the chosen model, and what the sweep's run says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from customer_segmentation.clustering.fits import fit_k
from customer_segmentation.clustering.silhouette import silhouettes
from customer_segmentation.clustering.study import Candidate
from customer_segmentation.commands.checks import declared_features, make_scaler
from customer_segmentation.commands.customers import Customers
from customer_segmentation.commands.study import Job, estimators_of, model_of, rule_of
from customer_segmentation.errors import StudyError
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.spaces.space import Space, build_space
from customer_segmentation.tracking.chosen_items import chosen_items
from customer_segmentation.tracking.items import Metrics, Tags
from customer_segmentation.tracking.reading import candidates_of, labels_of
from customer_segmentation.tracking.runs import record
from customer_segmentation.tracking.store import Store
from customer_segmentation.verdict.selection import choose, label, row_of


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


def finish_chosen(store: Store, chosen: pd.Series, job: Job, customers: Customers) -> None:
    """Refit the chosen candidate from its config, check it against what was logged, log its figures and its model.

    Raises
    ------
    StudyError
        The refit gives other labels than the study logged: the run could not be repeated.
    """
    settings = job.settings
    space = build_space(
        customers.table.customers,
        declared_features(settings.features, customers.table.columns, job.choices["features"]),
        scaling=job.choices["scaling"],
        scaler=make_scaler(settings.scaling.scaler, job.choices["scaling"]),
    )
    k = int(chosen["k"])
    fit = fit_k(
        space.matrix,
        k,
        make_estimator=estimators_of(job),
        seed=settings.seed,
    )
    logged = labels_of(store, chosen["study_id"])[f"k{k}"].to_numpy()
    moved = int((logged != fit.labels).sum())
    if moved:
        raise StudyError(
            f"{label(chosen)}: refitted, {moved:,} customers fall into other segments than its study logged; "
            "the runs cannot be repeated on this machine."
        )
    found = silhouettes(
        space.matrix,
        [fit.labels],
        limit=settings.scores.silhouette_exact_up_to,
        sample=settings.scores.silhouette_sample,
        seed=settings.seed,
    )
    items = list(
        chosen_items(
            space, fit.labels, name=label(chosen), silhouette=(found.rows, found.values[:, 0]), seed=settings.seed
        )
    )
    if settings.tracking.models == "chosen":
        _log_model(store, chosen, job, space, customers, fit)
    record(store, chosen["run_id"], items)


def _log_model(store: Store, chosen: pd.Series, job: Job, space: Space, customers: Customers, fit: object) -> None:
    """Log the model together with the scores that it stands for."""
    names = ("yardstick", "silhouette", "inertia", "smallest_share", "davies_bouldin", "calinski_harabasz")
    scores = {name: float(chosen[name]) for name in names if name in chosen and pd.notna(chosen[name])}
    candidate = Candidate(
        k=int(chosen["k"]),
        labels=fit.labels,  # type: ignore[attr-defined]
        centres=fit.centres,  # type: ignore[attr-defined]
        estimator=fit.estimator,  # type: ignore[attr-defined]
        scores=scores,
        sizes=np.bincount(fit.labels),  # type: ignore[attr-defined]
        silhouette_samples=None,
        notes=(),
    )
    record(store, chosen["run_id"], [Metrics(scores), model_of(candidate, space, customers, job)])
