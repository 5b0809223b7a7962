"""The Hydra job of ``segment sweep``: one study, from composed config to finished runs."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from typing import Any

from customer_segmentation.clustering.feature_set import declared_features
from customer_segmentation.clustering.space import Space
from customer_segmentation.clustering.study import Study, run_study
from customer_segmentation.config.playbook_file import playbook_of
from customer_segmentation.console.progress import current_progress
from customer_segmentation.errors import SegmentError
from customer_segmentation.model.build import model_of
from customer_segmentation.segments.insights import profile_fit
from customer_segmentation.segments.names import name_segments
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.tracking.fingerprint import TAG as IDENTITY
from customer_segmentation.tracking.fingerprint import candidate_identity
from customer_segmentation.tracking.items import Item, Metrics, Tags
from customer_segmentation.tracking.log.candidate import profile_items
from customer_segmentation.tracking.log.study import (
    candidate_items,
    candidate_tags,
    full_data_items,
    structure_items,
    study_items,
)
from customer_segmentation.tracking.resume import standing_of, take_up
from customer_segmentation.tracking.runs import abandon_run, finish_run, record, start_run
from customer_segmentation.tracking.store import Store
from customer_segmentation.tracking.store_errors import store_error_of
from customer_segmentation.tracking.worker_context import SweepContext
from customer_segmentation.verdict.association import associate
from customer_segmentation.verdict.leaderboard import leaderboard_of
from customer_segmentation.verdict.selection import best_of_study, rule_of
from customer_segmentation.verdict.structure import StudyStructure, structure_of_study
from customer_segmentation.verdict.yardstick import yardstick
from customer_segmentation.workflows.fingerprints import study_identity
from customer_segmentation.workflows.full_data import score_full_data
from customer_segmentation.workflows.prepare import PreparedCustomers, prepare_customers
from customer_segmentation.workflows.study_spec import StudySpec, estimators_of, space_of


def run_logged(job: StudySpec, context: SweepContext, store: Store) -> None:
    """Run one study inside its run; end the run as FINISHED, FAILED with the reason, or KILLED."""
    progress = current_progress()
    own = study_identity(job, context.tags["data_digest"])
    standing = standing_of(store, context.sweep_id, own) if context.continued else None
    if standing is not None and standing.finished:
        progress.study_reused(job.name, len(standing.ks))
        return
    if standing is None:
        tags = {"sweep": context.sweep_id, "job": job.number, "overrides": json.dumps(job.overrides), IDENTITY: own}
        run_id = start_run(store, name=job.name, level="study", parent=context.sweep_id, tags={**context.tags, **tags})
    else:
        run_id = standing.run_id
        take_up(store, run_id)
    done = standing.ks if standing is not None else frozenset()
    progress.study_started(job.name)
    try:
        study, space, customers = compute(job, context.columns, progress.candidate_done)
        found = structure_of_study(job, study, space)
        associate(study, customers)
        full_data = score_full_data(job.settings, context.columns, study, space, customers)
        _log_candidates(job, context, store, run_id, study, space, customers, found[1], own, done)
        items: list[Item] = [
            *study_items(study, space, ids=customers.ids, params=job.params, config=job.config),
            *structure_items(*found),
            *([] if full_data is None else full_data_items(full_data.accounting, full_data.table)),
        ]
        if standing is not None and standing.described:
            items = [item for item in items if not isinstance(item, Metrics)]
        record(store, run_id, items)
    except Exception as error:
        if os.environ.get("SEGMENT_DEBUG") or store_error_of(error) is not None:
            abandon_run(store, run_id, error)
            raise
        known = isinstance(error, SegmentError)
        reason = " ".join(str(error).split()) if known else f"unexpected {type(error).__name__}: {error}"
        record(store, run_id, [Tags({"failed_because": reason, "mlflow.note.content": f"**Failed.** {reason}"})])
        finish_run(store, run_id, "FAILED")
        progress.study_failed(job.name, reason)
    except BaseException as stopped:
        abandon_run(store, run_id, stopped)
        raise
    else:
        finish_run(store, run_id)
        progress.study_done(job.name, study, space.notes)


def compute(job: StudySpec, columns: list[str], on_candidate: Any = None) -> tuple[Study, Space, PreparedCustomers]:
    """Build the space of a job and run its study. Pure computation: nothing is logged."""
    settings = job.settings
    customers = prepare_customers(settings, columns)
    space = space_of(job, customers)
    ks = parse_k(settings.k)
    study = run_study(
        space.matrix,
        ks=ks,
        make_estimator=estimators_of(job),
        seed=settings.seed,
        value=customers.value,
        reference=customers.reference,
        silhouette_limit=settings.scores.silhouette_exact_up_to,
        silhouette_sample=settings.scores.silhouette_sample,
        on_candidate=on_candidate,
    )
    attained = customers.attainable(ks)
    for candidate in study.candidates:
        own = dict(candidate.scores)
        if "reference_explained" in own:
            # First in order: the UI's page of comparison opens on the first score, and this one may be compared.
            candidate.scores.clear()
            candidate.scores["yardstick"] = yardstick(own["reference_explained"], candidate.k, attained)
            candidate.scores.update(own)
    return study, space, customers


def value_is_feature(job: StudySpec, customers: PreparedCustomers) -> bool:
    """Whether the value column is among what the segments were made from: explaining it is circular then."""
    column = customers.table.value_column
    features = declared_features(job.settings.features, customers.table.columns, job.choices["features"])
    return column is not None and column in features.columns


def _log_candidates(
    job: StudySpec,
    context: SweepContext,
    store: Store,
    study_id: str,
    study: Study,
    space: Space,
    customers: PreparedCustomers,
    structure: StudyStructure,
    identity: str,
    done: Collection[int],
) -> None:
    choice = best_of_study(leaderboard_of(study, job.name, structure.k), rule_of(job.settings.selection))
    known = {
        "knee": study.knee,
        "value_circular": "yes" if value_is_feature(job, customers) else "no",
    }
    for candidate in study.candidates:
        if candidate.k in done:
            continue
        best = candidate.k == choice.chosen
        verdict = "best_of_study" if best else "qualified"
        if candidate.k in choice.ruled_out:
            verdict = f"ruled_out:{choice.ruled_out[candidate.k]}"
        run_id = start_run(
            store,
            name=f"{job.name} · k={candidate.k}",
            level="candidate",
            parent=study_id,
            tags={
                **context.tags,
                "sweep": context.sweep_id,
                "study_id": study_id,
                "study": job.name,
                "job": job.number,
                **known,
                "natural": "yes" if candidate.k == structure.k > 1 else "no",
                "best_of_study": "yes" if best else "no",
                IDENTITY: candidate_identity(identity, candidate.k),
                "verdict_of_study": verdict,
                **candidate_tags(candidate, verdict=verdict),
            },
        )
        try:
            items = list(candidate_items(candidate, space, params=job.params, config=job.config))
            if best:
                profiles = profile_fit(customers, space, candidate.labels, candidate.estimator)
                items += profile_items(profiles)
                if job.settings.tracking.models == "best":
                    names = {name.segment: name.name for name in name_segments(profiles, playbook_of(job.settings))}
                    items.append(model_of(candidate, space, customers, job, profile=profiles.table, names=names))
            record(store, run_id, items)
        except BaseException as error:
            abandon_run(store, run_id, error)
            raise
        finish_run(store, run_id)
