"""One study of a sweep, from composed config to finished runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial

from customer_segmentation.clustering.space import Space
from customer_segmentation.clustering.study import Candidate, Study, run_study
from customer_segmentation.config.compose import ComposedJob
from customer_segmentation.config.playbook_file import playbook_of
from customer_segmentation.data.wanted import Needed
from customer_segmentation.errors import EngineGoneError, SegmentError, StoreError, debugging
from customer_segmentation.execution.progress import current_progress
from customer_segmentation.formatting import listed
from customer_segmentation.model.build import Clusters, segment_model_of
from customer_segmentation.parallel import limited_threads
from customer_segmentation.secrets import redact
from customer_segmentation.segments.names import name_segments
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.tracking.descriptions import candidate_description, link
from customer_segmentation.tracking.fingerprint import TAG as IDENTITY
from customer_segmentation.tracking.fingerprint import candidate_identity
from customer_segmentation.tracking.items import Item, Metrics, Model, Tags
from customer_segmentation.tracking.log.candidate import profile_items
from customer_segmentation.tracking.log.study import (
    candidate_items,
    candidate_tags,
    centres_item,
    full_data_items,
    start_items,
    structure_items,
    study_items,
)
from customer_segmentation.tracking.log.table import data_set
from customer_segmentation.tracking.machine_facts import STUDY_ID, words
from customer_segmentation.tracking.resume import standing_of, take_up
from customer_segmentation.tracking.runs import abandon_run, finish_run, record, start_run
from customer_segmentation.tracking.store import Store, connect
from customer_segmentation.tracking.store_errors import store_error_of
from customer_segmentation.tracking.worker_context import SweepContext
from customer_segmentation.verdict.association import associate
from customer_segmentation.verdict.leaderboard import leaderboard_of
from customer_segmentation.verdict.selection import best_of_study, rule_of
from customer_segmentation.verdict.structure import StudyStructure, structure_of_study
from customer_segmentation.verdict.yardstick import yardstick
from customer_segmentation.workflows.fingerprints import study_identity
from customer_segmentation.workflows.full_data import polished, score_full_data
from customer_segmentation.workflows.prepare import PreparedCustomers, prepare_customers
from customer_segmentation.workflows.study_spec import StudySpec, estimators_of, remember, space_of, spec_of
from customer_segmentation.workflows.warm_start import start_of

#: Sweeps whose store has failed in this process, and how: their other studies would wait for it one after the other.
_BROKEN: dict[str, StoreError] = {}


@dataclass(frozen=True)
class ComputedStudy:
    """A study as it was computed, before anything of it is logged."""

    spec: StudySpec
    study: Study
    space: Space
    customers: PreparedCustomers


def run_job(context: SweepContext, job: ComposedJob) -> None:
    """Run the study of a composed job. A study that fails says so in its own run and the others go on.

    Parameters
    ----------
    context : SweepContext
        Of its sweep.
    job : ComposedJob

    Raises
    ------
    StoreError
        The store fails: no study can be logged any more.
    """
    context.settle_worker()
    spec = spec_of(job, context.varied)
    remember(context.sweep_id, spec)
    # The sweep may vary the seed: the tag of a study is its own, not the first one's.
    context = replace(context, tags={**context.tags, "seed": str(spec.settings.seed)})
    if context.sweep_id in _BROKEN:
        raise _BROKEN[context.sweep_id]
    store = connect(context.uri, context.experiment, context.experiment_id, figures=context.figures)
    try:
        with limited_threads(spec.settings.threads):
            run_logged(spec, context, store)
    except Exception as error:
        store_error = store_error_of(error, keeps=True)
        if store_error is None:
            raise
        _BROKEN[context.sweep_id] = store_error
        raise store_error from error


def trust_again(sweep_id: str) -> None:
    """Forget that the store of a sweep has failed: it is continued."""
    _BROKEN.pop(sweep_id, None)


def run_logged(spec: StudySpec, context: SweepContext, store: Store) -> None:
    """Run one study inside its run; end the run as FINISHED, FAILED with the reason, or KILLED.

    A study that fails lets the others go on, but where the engine is gone.

    Parameters
    ----------
    spec : StudySpec
    context : SweepContext
    store : Store
    """
    progress = current_progress()
    own = study_identity(spec, context.tags["data_digest"])
    standing = standing_of(store, context.sweep_id, own) if context.continued else None
    if standing is not None and standing.finished:
        progress.study_reused(spec.name, len(standing.ks))
        return
    if standing is None:
        tags = {"study": spec.name, "sweep": context.sweep_id, "job": spec.number, IDENTITY: own}
        tags["overrides"] = json.dumps(spec.overrides)
        run_id = start_run(
            store, name=spec.run_name, level="study", parent=context.sweep_id, tags={**context.tags, **tags}
        )
    else:
        run_id = standing.run_id
        take_up(store, run_id)
    done = standing.ks if standing is not None else frozenset()
    progress.study_started(spec.name)
    try:
        computed = compute(spec, context.columns, progress.candidate_done, store)
        study, space, customers = computed.study, computed.space, computed.customers
        settings = spec.settings
        found = structure_of_study(
            spec.name,
            study,
            space,
            opinions=settings.selection.opinions,
            large=settings.large,
            seed=settings.seed,
        )
        associate(study, customers.outcomes)
        full_data = score_full_data(settings, context.columns, study, space, customers)
        _log_candidates(computed, context, store, run_id, structure=found[1], identity=own, done=done)
        items: list[Item] = [
            data_set(customers.table),
            *study_items(study, space, ids=customers.ids, params=spec.params, config=spec.config),
            *structure_items(*found),
            *start_items(study),
            *([centres_item(study)] if full_data is not None and settings.engine.polish_passes else []),
            *([] if full_data is None else full_data_items(**vars(full_data))),
        ]
        if standing is not None and standing.described:
            items = [item for item in items if not isinstance(item, Metrics)]
        record(store, run_id, items)
    except Exception as error:
        if debugging() or store_error_of(error) is not None:
            abandon_run(store, run_id, error)
            raise
        reason = _fail(store, run_id, error)
        if isinstance(error, EngineGoneError):  # the other studies would wait for it in vain
            raise
        progress.study_failed(spec.name, reason)
    except BaseException as stopped:
        abandon_run(store, run_id, stopped)
        raise
    else:
        finish_run(store, run_id)
        marks = [(candidate.scores.get("yardstick", float("nan")), candidate.k) for candidate in study.candidates]
        progress.study_done(spec.name, marks, "; ".join(space.notes))


def _fail(store: Store, run_id: str, error: Exception) -> str:
    """End the run of a study as FAILED; return the reason, as it stands there."""
    known = isinstance(error, SegmentError)
    reason = " ".join(redact(str(error)).split()) if known else f"unexpected {type(error).__name__}: {error}"
    record(store, run_id, [Tags({"failed_because": reason, "mlflow.note.content": f"**Failed.** {reason}"})])
    finish_run(store, run_id, "FAILED")
    return reason


def compute(
    spec: StudySpec, columns: Needed, on_candidate: Callable[[int], None] | None = None, store: Store | None = None
) -> ComputedStudy:
    """Build the space of a study and run it. Pure computation: nothing is logged.

    Parameters
    ----------
    spec : StudySpec
    columns : list of str
        Columns of the customer table that any study of the sweep reads.
    on_candidate : callable, optional
        Told the k of each candidate when it is done.
    store : Store, optional
        Where a model is whose segments are continued; None: that of the settings.
    """
    settings = spec.settings
    customers = prepare_customers(settings, columns)
    space = space_of(spec, customers)
    ks = parse_k(settings.k)
    study = run_study(
        space.matrix,
        ks=ks,
        make_estimator=estimators_of(spec),
        seed=settings.seed,
        value=customers.value,
        reference=customers.reference,
        silhouette_limit=settings.scores.silhouette_exact_up_to,
        silhouette_sample=settings.scores.silhouette_sample,
        on_candidate=on_candidate,
        refine=partial(polished, settings, columns, space, customers, estimators_of(spec)),
        start=start_of(settings, customers, store),
    )
    attained = customers.attainable(ks)
    for candidate in study.candidates:
        own = dict(candidate.scores)
        if "reference_explained" in own:
            # First in order: the UI's page of comparison opens on the first score, and this one may be compared.
            candidate.scores.clear()
            candidate.scores["yardstick"] = yardstick(own["reference_explained"], candidate.k, attained)
            candidate.scores.update(own)
    return ComputedStudy(spec, study, space, customers)


def model_of(
    fit: Clusters,
    space: Space,
    customers: PreparedCustomers,
    spec: StudySpec,
    profiles: Profiles,
    names: dict[int, str],
    actions: dict[int, str],
) -> Model:
    """Model of a fit as it is logged, its segments numbered as its clusters are.

    Parameters
    ----------
    fit : Clusters
    space : Space
    customers : PreparedCustomers
    spec : StudySpec
    profiles : Profiles
        Of its segments.
    names : dict of int to str
        Names of its segments.
    actions : dict of int to str
        What to do first with each.
    """
    model = segment_model_of(
        fit,
        space,
        customers.table,
        study=spec.name,
        data=spec.settings.data,
        selection=spec.settings.selection,
        profile=profiles.table,
        names=names,
        actions=actions,
        mixed=spec.settings.tracking.customers != "ids",
    )
    k = len(fit.centres)
    tags = {"candidate": f"{spec.name} · k={k}", "study": spec.name, "verdict": "best_of_study"}
    return Model(model, name=f"{spec.run_name} · k={k}", params={**spec.params, "k": k}, tags=tags)


def _log_candidates(
    computed: ComputedStudy,
    context: SweepContext,
    store: Store,
    study_id: str,
    *,
    structure: StudyStructure,
    identity: str,
    done: Collection[int],
) -> None:
    spec, study, space, customers = computed.spec, computed.study, computed.space, computed.customers
    choice = best_of_study(leaderboard_of(study, spec.name, structure.k), rule_of(spec.settings.selection))
    known = {"knee": study.knee, "value_circular": "yes" if spec.clusters_value(customers.table) else "no"}
    for candidate in study.candidates:
        if candidate.k in done:
            continue
        best = candidate.k == choice.chosen
        verdict = "best_of_study" if best else "qualified"
        if candidate.k in choice.ruled_out:
            verdict = f"ruled_out:{choice.ruled_out[candidate.k]}"
        tags = {
            **context.tags,
            "sweep": context.sweep_id,
            STUDY_ID: study_id,
            "study": spec.name,
            "job": spec.number,
            **known,
            "natural": "yes" if candidate.k == structure.k > 1 else "no",
            "best_of_study": "yes" if best else "no",
            IDENTITY: candidate_identity(identity, candidate.k),
            "verdict_of_study": verdict,
            **candidate_tags(candidate, verdict=verdict),
        }
        run_id = start_run(
            store,
            name=f"{spec.run_name} · k={candidate.k}",
            level="candidate",
            parent=study_id,
            tags=words(tags),
            description=candidate_description(
                f"{spec.name} · k={candidate.k}",
                units=space.features.units,
                about=space.features.about,
                sizes=listed(f"{size:,}" for size in candidate.sizes),
                study=link(store.experiment_id, study_id, spec.name),
                how=candidate.how,
            ),
        )
        try:
            items: list[Item] = [data_set(customers.table)]
            items += candidate_items(candidate, space, params=spec.params, config=spec.config)
            if best:
                items += _best_items(computed, candidate)
            record(store, run_id, items)
        except BaseException as error:
            abandon_run(store, run_id, error)
            raise
        finish_run(store, run_id)


def _best_items(computed: ComputedStudy, candidate: Candidate) -> list[Item]:
    """What the best candidate of a study has beside the others: the profile of its segments, and its model."""
    spec, space, customers = computed.spec, computed.space, computed.customers
    profiles = customers.profile(space, candidate.labels, candidate.estimator)
    items = [*profile_items(profiles)]
    if spec.settings.tracking.models == "best":
        playbook = playbook_of(spec.settings)
        names = {name.segment: name.name for name in name_segments(profiles, playbook)}
        actions = customers.first_actions(space, candidate, profiles, playbook)
        items.append(model_of(candidate, space, customers, spec, profiles, names, actions))
    return items
