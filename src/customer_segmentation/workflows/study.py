"""The Hydra job of ``segment sweep``: one study, from composed config to finished runs."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from customer_segmentation.clustering.metrics import contingency
from customer_segmentation.clustering.sampling import stratified_rows
from customer_segmentation.clustering.silhouette import intersect
from customer_segmentation.clustering.structure_test import StructureResult
from customer_segmentation.clustering.study import Study, run_study
from customer_segmentation.config.checks import declared_features
from customer_segmentation.config.compose import config_text, typed
from customer_segmentation.config.playbook_file import playbook_of
from customer_segmentation.console.progress import current_progress
from customer_segmentation.errors import SegmentError, StoreError
from customer_segmentation.execution.launchers import follow_parent
from customer_segmentation.model.build import model_of
from customer_segmentation.segments.describe import profiles_of
from customer_segmentation.segments.names import name_segments
from customer_segmentation.settings.k_values import segments_asked
from customer_segmentation.settings.sweep import SelectionSettings
from customer_segmentation.spaces.space import Space
from customer_segmentation.tracking.fingerprint import TAG as IDENTITY
from customer_segmentation.tracking.items import Item, Metrics, Tags
from customer_segmentation.tracking.log.candidate import profile_items
from customer_segmentation.tracking.log.full_data import everybody_items
from customer_segmentation.tracking.log.structure import metric_name, structure_items
from customer_segmentation.tracking.log.study import candidate_items, candidate_tags, study_items
from customer_segmentation.tracking.resume import standing_of, take_up
from customer_segmentation.tracking.runs import abandon_run, finish_run, record, start_run
from customer_segmentation.tracking.store import Store, connect
from customer_segmentation.tracking.store_errors import trouble_of
from customer_segmentation.tracking.worker_context import SweepContext
from customer_segmentation.verdict.constraints import Limits
from customer_segmentation.verdict.selection import Rule, best_of_study
from customer_segmentation.verdict.structure import StudyStructure
from customer_segmentation.verdict.yardstick import yardstick
from customer_segmentation.workflows.full_data import assign_everybody
from customer_segmentation.workflows.identities import candidate_identity, study_identity
from customer_segmentation.workflows.prepare import Customers, customers_of
from customer_segmentation.workflows.study_spec import Job, estimators_of, remember, space_of


def run_job(config: Any) -> None:
    """Run the study that Hydra composed. A study that fails says so in its own run and the others go on.

    Raises
    ------
    StoreError
        The store fails: no study can be logged any more.
    """
    from hydra.core.hydra_config import HydraConfig

    follow_parent()

    hydra = HydraConfig.get()
    job = Job(
        settings=typed(config),
        choices={key: str(name) for key, name in hydra.runtime.choices.items()},
        overrides=tuple(hydra.overrides.task),
        number=int(hydra.job.num),
        config=config_text(config, without="k"),
    )
    context = SweepContext.current()
    context.enter_folder()
    remember(context.sweep_id, job)
    # The sweep may vary the seed: the tag of a study is its own, not the first one's.
    context = replace(context, tags={**context.tags, "seed": str(job.settings.seed)})
    store = connect(context.uri, context.experiment, context.experiment_id)
    if context.sweep_id in _BROKEN:
        raise StoreError(_BROKEN[context.sweep_id])
    try:
        with threadpool_limits(job.settings.threads):
            run_logged(job, context, store)
    except Exception as error:
        trouble = trouble_of(error, keeps=True)
        if trouble is None:
            raise
        _BROKEN[context.sweep_id] = str(trouble)
        raise trouble from error


def prepare_worker() -> None:
    """What a process of this machine can do before its first study: import, and look for the store."""
    follow_parent()
    with contextlib.suppress(Exception):  # the first study meets it again, and says so
        context = SweepContext.current()
        context.enter_folder()
        connect(context.uri, context.experiment, context.experiment_id)


#: Sweeps whose store has failed in this process, and how: their other studies would wait for it one after the other.
_BROKEN: dict[str, str] = {}


def trust_again(sweep_id: str) -> None:
    """Forget that the store of a sweep has failed: it is continued."""
    _BROKEN.pop(sweep_id, None)


def run_logged(job: Job, context: SweepContext, store: Store) -> None:
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
        everybody = assign_everybody(job.settings, context.columns, study, space, customers)
        _log_candidates(job, context, store, run_id, study, space, customers, found[1], own, done)
        items: list[Item] = [
            *study_items(study, space, ids=customers.ids, params=job.params, config=job.config),
            *structure_items(*found),
            *([] if everybody is None else everybody_items(everybody.accounting, everybody.table)),
        ]
        if standing is not None and standing.described:
            items = [item for item in items if not isinstance(item, Metrics)]
        record(store, run_id, items)
    except Exception as error:
        if os.environ.get("SEGMENT_DEBUG") or trouble_of(error) is not None:
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


def compute(job: Job, columns: list[str], on_candidate: Any = None) -> tuple[Study, Space, Customers]:
    """Build the space of a job and run its study. Pure computation: nothing is logged."""
    settings = job.settings
    customers = customers_of(settings, columns)
    space = space_of(job, customers)
    ks = segments_asked(settings.k)
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


def structure_of_study(job: Job, study: Study, space: Space) -> tuple[StructureResult, StudyStructure]:
    """Test a study for natural structure, ask the second opinions, and give each candidate its valleys as a score."""
    from customer_segmentation.clustering.structure_test import valley_test
    from customer_segmentation.verdict.alternative_k import opinions_on_k
    from customer_segmentation.verdict.structure import study_structure

    several = [candidate for candidate in study.candidates if candidate.k > 1]
    matrix, labels = space.matrix, {candidate.k: candidate.labels for candidate in several}
    n, large = len(matrix), job.settings.large
    if n > large.above and several:
        labelings = list(labels.values())
        rows = stratified_rows(intersect(labelings), labelings, size=large.examined_on, seed=job.settings.seed)
        matrix, labels = matrix[rows], {k: found[rows] for k, found in labels.items()}
    result = valley_test(
        matrix,
        labels,
        {candidate.k: candidate.scores["silhouette"] for candidate in several},
        seed=job.settings.seed,
    )
    for candidate in several:
        if candidate.k in result.tests:
            candidate.scores["valley_share"] = result.tests[candidate.k].share
    asked = opinions_on_k(
        job.settings.selection.opinions,
        matrix,
        {
            # Inertia is a sum over customers; of a sample it is smaller in proportion.
            candidate.k: {**candidate.scores, "inertia": candidate.scores["inertia"] * (len(matrix) / n)}
            for candidate in study.candidates
        },
        knee=study.knee,
        seed=job.settings.seed,
    )
    return result, study_structure(job.name, result, asked)


def associate(study: Study, customers: Customers) -> None:
    """Give each candidate its association with the outcomes, which took no part in the clustering."""
    from customer_segmentation.verdict.association import cramers_v

    for name, codes in customers.outcomes.items():
        known = codes >= 0
        for candidate in study.candidates:
            if candidate.k < 2:
                continue
            found = cramers_v(contingency(candidate.labels[known], codes[known])) if known.any() else None
            if found is not None:
                word = metric_name(name)
                candidate.scores[f"association/{word}"] = found.v
                candidate.scores[f"association_low/{word}"] = found.low
                candidate.scores[f"association_high/{word}"] = found.high


def value_is_feature(job: Job, customers: Customers) -> bool:
    """Whether the value column is among what the segments were made from: explaining it is circular then."""
    column = customers.table.value_column
    features = declared_features(job.settings.features, customers.table.columns, job.choices["features"])
    return column is not None and column in features.columns


def rule_of(settings: SelectionSettings) -> Rule:
    """The rule of choice that a config declares."""
    limits = Limits(
        smallest_share=settings.smallest_share,
        most_segments=settings.most_segments,
        most_features=settings.most_features,
        explained_share=settings.explained_share,
        rand=settings.stability.rand,
        rand_worst=settings.stability.rand_worst,
        prediction_strength=settings.stability.prediction_strength,
    )
    return Rule(
        rule=settings.rule,
        k=settings.k,
        binding=settings.binding,
        limits=limits,
        near_tie=settings.near_tie,
        rank_by=tuple(settings.rank_by),
        natural_worth=settings.natural_worth,
    )


def leaderboard_of(study: Study, name: str, natural_k: int = 1) -> pd.DataFrame:
    """Candidates of a study as the rows that a choice is made among; the index is k."""
    frame = pd.DataFrame([{"k": candidate.k, **candidate.scores} for candidate in study.candidates])
    frame = frame.reindex(columns=list(dict.fromkeys([*frame.columns, "yardstick", "silhouette"])))
    frame = frame.assign(study=name, knee=study.knee, natural=(frame["k"] == natural_k) & (natural_k > 1))
    return frame.set_index(frame["k"].rename(None))


def _log_candidates(
    job: Job,
    context: SweepContext,
    store: Store,
    study_id: str,
    study: Study,
    space: Space,
    customers: Customers,
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
                profiles = profiles_of(customers, space, candidate.labels, candidate.estimator)
                items += profile_items(profiles)
                if job.settings.tracking.models == "best":
                    names = {name.segment: name.name for name in name_segments(profiles, playbook_of(job.settings))}
                    items.append(model_of(candidate, space, customers, job, profile=profiles.table, names=names))
            record(store, run_id, items)
        except BaseException as error:
            abandon_run(store, run_id, error)
            raise
        finish_run(store, run_id)
