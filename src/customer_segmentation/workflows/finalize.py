"""What a sweep makes of its chosen candidate: refitted, checked against its study, drawn, and logged as a model."""

from __future__ import annotations

import pandas as pd

from customer_segmentation.clustering.silhouette import silhouettes
from customer_segmentation.config.playbook_file import playbook_name, playbook_of
from customer_segmentation.data.wanted import Needed
from customer_segmentation.errors import StudyError
from customer_segmentation.formatting import counted
from customer_segmentation.segments.insights import SegmentInsights, first_actions
from customer_segmentation.tracking.items import Metrics
from customer_segmentation.tracking.log.candidate import chosen_items, insight_items, profile_items
from customer_segmentation.tracking.read import labels_by_k, run_of
from customer_segmentation.tracking.runs import record
from customer_segmentation.tracking.stale_runs import models_of
from customer_segmentation.tracking.store import Store
from customer_segmentation.verdict.leaderboard import label
from customer_segmentation.workflows.prepare import PreparedCustomers
from customer_segmentation.workflows.rebuild import RebuiltCandidate, refit
from customer_segmentation.workflows.study import model_of
from customer_segmentation.workflows.study_spec import StudySpec

SCORES = ("yardstick", "silhouette", "inertia", "smallest_share", "davies_bouldin", "calinski_harabasz")


def finish_chosen(
    store: Store, chosen: pd.Series, spec: StudySpec, needed: Needed, customers: PreparedCustomers
) -> tuple[RebuiltCandidate, SegmentInsights]:
    """Refit the chosen candidate from its config, check it against what was logged, log its figures and its model.

    Parameters
    ----------
    store : Store
    chosen : Series
        Row of the leaderboard.
    spec : StudySpec
        Its study.
    needed : Needed
        Columns that the studies of its sweep read together.
    customers : PreparedCustomers

    Raises
    ------
    StudyError
        The refit gives other labels than the study logged: the run could not be repeated.
    """
    settings = spec.settings
    k = int(chosen["k"])
    customers.make_room()
    space, fit = refit(spec, customers, k, store=store, study_id=str(chosen["study_id"]))
    logged = labels_by_k(store, chosen["study_id"])[k]
    moved = int((logged != fit.labels).sum())
    if moved:
        raise StudyError(
            f"{label(chosen)}: its refit moved {counted(moved, 'customer')} to other segments than its study logged; "
            "the runs cannot be repeated on this machine."
        )
    found = silhouettes(
        space.matrix,
        [fit.labels],
        limit=settings.scores.silhouette_exact_up_to,
        sample=settings.scores.silhouette_sample,
        seed=settings.seed,
    )
    insights = customers.describe(space, fit, playbook_of(settings))
    own = settings.tracking.models == "chosen" or not chosen["best_of_study"]
    if own and not models_of(run_of(store, chosen["run_id"])):  # a continued sweep may have logged it already
        # the model together with the scores that it stands for
        scores = {name: float(chosen[name]) for name in SCORES if name in chosen and pd.notna(chosen[name])}
        called = {name.segment: name.name for name in insights.names}
        actions = first_actions(insights.recommendations)
        model = model_of(fit, space, customers, spec, insights.profiles, called, actions)
        record(store, chosen["run_id"], [Metrics(scores), model])
    customers.make_room()
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
    items += insight_items(insights, playbook=playbook_name(settings), safe_ids=settings.spreadsheet_safe_ids)
    record(store, chosen["run_id"], items)
    return RebuiltCandidate(store, run_of(store, chosen["run_id"]), spec, needed, customers, space, fit), insights
