"""What a sweep makes of its chosen candidate: refitted, checked against its study, drawn, and logged as a model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_segmentation.clustering.silhouette import silhouettes
from customer_segmentation.clustering.space import Space
from customer_segmentation.clustering.study import Candidate
from customer_segmentation.config.playbook_file import playbook_name, playbook_of
from customer_segmentation.errors import StudyError
from customer_segmentation.model.build import model_of
from customer_segmentation.segments.insights import SegmentInsights, describe_segments
from customer_segmentation.tracking.items import Metrics
from customer_segmentation.tracking.log.candidate import chosen_items, insight_items, profile_items
from customer_segmentation.tracking.read import labels_of, run_of
from customer_segmentation.tracking.runs import record
from customer_segmentation.tracking.stale_runs import models_of
from customer_segmentation.tracking.store import Store
from customer_segmentation.verdict.leaderboard import label
from customer_segmentation.workflows.prepare import PreparedCustomers
from customer_segmentation.workflows.rebuild import RebuiltCandidate, refit
from customer_segmentation.workflows.study_spec import StudySpec


def finish_chosen(
    store: Store, chosen: pd.Series, job: StudySpec, customers: PreparedCustomers
) -> tuple[RebuiltCandidate, SegmentInsights]:
    """Refit the chosen candidate from its config, check it against what was logged, log its figures and its model.

    Raises
    ------
    StudyError
        The refit gives other labels than the study logged: the run could not be repeated.
    """
    settings = job.settings
    k = int(chosen["k"])
    space, fit = refit(job, customers, k)
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
    insights = describe_segments(customers, space, fit, playbook_of(settings))
    items = list(
        chosen_items(
            space,
            fit.labels,
            name=label(chosen),
            silhouette=(found.rows, found.values[:, 0]),
            seed=settings.seed,
            names=[item.name for item in insights.names],
        )
    )
    # The best of each study has its profiles and its model already, unless models of the chosen alone were asked for.
    if not chosen["best_of_study"]:
        items += profile_items(insights.profiles)
    items += insight_items(insights, playbook=playbook_name(settings))
    own = settings.tracking.models == "chosen" or not chosen["best_of_study"]
    if own and not models_of(run_of(store, chosen["run_id"])):  # a continued sweep may have logged it already
        _log_model(store, chosen, job, space, customers, fit, insights)
    record(store, chosen["run_id"], items)
    return RebuiltCandidate(store, run_of(store, chosen["run_id"]), job, customers, space, fit), insights


def _log_model(
    store: Store,
    chosen: pd.Series,
    job: StudySpec,
    space: Space,
    customers: PreparedCustomers,
    fit: object,
    insights: SegmentInsights,
) -> None:
    """Log the model together with the scores that it stands for."""
    names = ("yardstick", "silhouette", "inertia", "smallest_share", "davies_bouldin", "calinski_harabasz")
    scores = {name: float(chosen[name]) for name in names if name in chosen and pd.notna(chosen[name])}
    candidate = Candidate(
        k=int(chosen["k"]),
        codes=fit.codes,  # type: ignore[attr-defined]
        centres=fit.centres,  # type: ignore[attr-defined]
        estimator=fit.estimator,  # type: ignore[attr-defined]
        scores=scores,
        sizes=np.bincount(fit.labels),  # type: ignore[attr-defined]
        silhouettes=None,
        notes=(),
    )
    called = {name.segment: name.name for name in insights.names}
    model = model_of(candidate, space, customers, job, profile=insights.profiles.table, names=called)
    record(store, chosen["run_id"], [Metrics(scores), model])
