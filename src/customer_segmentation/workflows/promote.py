"""A promotion, step by step: candidate, gate, identity, version, aliases. Killed anywhere, the old champion answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from customer_segmentation.data.contract import CASTING, plain_spec
from customer_segmentation.data.load import load_customers
from customer_segmentation.errors import DataError, OtherTableError, SegmentError, StudyError
from customer_segmentation.execution.progress import tell_nobody
from customer_segmentation.model.build import segment_model_of
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.registry import pages, register
from customer_segmentation.registry.champion_history import moves
from customer_segmentation.registry.checks import NEVER_FORCED, Check, checked, own_labels
from customer_segmentation.registry.gate import clusters_of, examine
from customer_segmentation.registry.load_check import loads_back
from customer_segmentation.registry.pages import SegmentRow, finish, segment_rows
from customer_segmentation.registry.segment_identity import Identity, carried_identity, first_identity
from customer_segmentation.registry.version_tags import title_of, version_facts, version_tags
from customer_segmentation.registry.versions import CHALLENGER, CHAMPION, ModelRegistry, Version, one_at_a_time
from customer_segmentation.scoring.load import loaded
from customer_segmentation.scratch import scratch_folder
from customer_segmentation.segments.segment_name import CLAIMED, plain_names
from customer_segmentation.settings.promotion import PromoteSettings
from customer_segmentation.tracking.items import Tags
from customer_segmentation.tracking.resolve import candidate_of, spoken_name, store_of
from customer_segmentation.tracking.runs import record
from customer_segmentation.tracking.store import Store
from customer_segmentation.tracking.store_errors import after
from customer_segmentation.workflows.carry_names import names_of
from customer_segmentation.workflows.rebuild import RebuiltCandidate, customers_again, reopen
from customer_segmentation.workflows.study_spec import estimators_of


@dataclass(frozen=True)
class Outcome:
    """What a promotion came to.

    Attributes
    ----------
    title : str
        Of the candidate.
    run_id : str
    version : Version
    gate : {"passed", "refused", "forced"}
    checks : tuple of Check
        Empty where the candidate was the champion before.
    segments : tuple of SegmentRow
    notes : tuple of str
        On the identity of the segments, or on what was not done.
    before : int or None
        Version of the champion that was there.
    alias : {"champion", "challenger", ""}
        What the version answers to now.
    about : str
        Sweep, table and candidate.
    """

    title: str
    run_id: str
    version: Version
    gate: str
    checks: tuple[Check, ...]
    segments: tuple[SegmentRow, ...]
    notes: tuple[str, ...]
    before: int | None
    alias: str
    about: str = ""

    def refusal(self, name: str) -> str:
        """Why it was refused, a sentence; empty where it was not. ``name`` is that of the registered model."""
        if self.gate != "refused" or not self.checks:
            return ""
        because = "; ".join(f"{check.title}: {check.sentence}" for check in self.failed)
        stays = "there is no champion" if self.before is None else f"version {self.before} remains the champion"
        return (
            f"{self.title} is refused ({because}); it is version {self.version.number} of {name}, tagged gate = "
            f"refused, and {stays}."
        )

    @property
    def failed(self) -> list[Check]:
        """What stands against the candidate."""
        return [check for check in self.checks if check.failed]


@dataclass(frozen=True)
class Champion:
    """The version that answers now, and its model; or why it has none."""

    version: Version | None
    model: SegmentModel | None
    problem: str


def promote(settings: PromoteSettings, store: Store, tell: Callable[[str], None] = tell_nobody) -> Outcome:
    """Put a candidate through the gate, register it, and make it the champion if it passes.

    Parameters
    ----------
    settings : which candidate, which thresholds, whether to stop before the champion is replaced
    store : where the runs and the registry are
    tell : is told what is being done

    Raises
    ------
    SegmentError
        There is no such candidate, or the store fails. That a candidate is refused is an outcome.
    """
    run, taken_over = candidate_of(store, settings.run_id), store.taken_over
    store = store_of(store, run)
    about = spoken_name(store, run)  # before any work: its sweep may be in the trash
    registry = ModelRegistry(store, settings.model)
    tell("reading the champion")
    with one_at_a_time(store, settings.model):
        champion = _champion(registry)
        if (version := champion.version) is not None and version.run_id == run.info.run_id and not champion.problem:
            if settings.data.path is not None:  # it is not examined again; another table is refused all the same
                customers_again(store, run, data_path=settings.data.path, remote=settings.engine.remote)
            finish(registry)
            same = title_of(run), run.info.run_id, version, version.gate, (), ()
            outcome = Outcome(*same, settings.unread_for_champion(), version.number, CHAMPION)
        else:
            outcome = _Promotion(settings, registry, run, champion, tell).carried_out()
    if taken_over is not None:
        made = f"version {outcome.version.number} of {settings.model}"
        note = f"`segment promote`: {outcome.title}, {made}, {outcome.gate}."
        words = {"level": "promotion", "gate": outcome.gate, "mlflow.note.content": note}
        record(store, taken_over, [Tags(words)])
        register.same_inputs(store, taken_over, run)  # it refits the candidate on its customers
    return replace(outcome, about=about)


class _Promotion:
    """The steps of one promotion."""

    def __init__(
        self,
        settings: PromoteSettings,
        registry: ModelRegistry,
        run: Any,
        champion: Champion,
        tell: Callable[[str], None],
    ) -> None:
        self.tell = tell
        self.settings, self.registry, self.store = settings, registry, registry.store
        self.run, self.run_id, self.champion = run, run.info.run_id, champion
        self.before = None if champion.version is None else champion.version.number
        self.reason = (settings.reason or "").strip()

    def carried_out(self) -> Outcome:
        artifact = register.artifact_check(self.store, self.run_id)
        first = () if artifact is None else (artifact,)
        self.tell("refitting the candidate from its logged config")
        try:
            path, remote = self.settings.data.path, self.settings.engine.remote
            found = reopen(self.store, self.run_id, data_path=path, remote=remote)
        except (StudyError, DataError) as error:
            if isinstance(error, DataError | OtherTableError) and path is not None:
                raise  # the table that was named is at fault, and no candidate
            return self._without_model((*first, checked("refit", False, str(error).rstrip("."))))
        halves = self.settings.promotion.resamples
        self.tell(f"stability on {halves} half-samples, and the champion on the same customers")
        examined = examine(
            settings=self.settings.promotion,
            labels=found.fit.labels,
            k=found.fit.k,
            matrix=found.space.matrix,
            make_estimator=estimators_of(found.spec),
            seed=found.spec.settings.seed,
            reference=found.customers.reference,
            attainable=found.customers.attainable,
            customers=self._customers(found),
            contract={name: plain_spec(spec, keys=CASTING) for name, spec in found.customers.table.columns.items()},
            source=found.customers.table.source,
            champion=self.champion.model,
            problem=self.champion.problem,
        )
        self.tell("naming the segments, and logging the model")
        refit = checked("refit", True, "refitted from its logged config, it has the logged sizes and inertia")
        names, changes, profiles, actions = names_of(found, self.champion.model, examined.matching)
        identity = self._identity(
            examined.matching, [name.name for name in names], {change.segment: change.why for change in changes}
        )
        model = segment_model_of(
            found.fit,
            found.space,
            found.customers.table,
            study=found.spec.name,
            data=found.spec.settings.data,
            selection=found.spec.settings.selection,
            profile=profiles.table,
            names={name.segment: name.name for name in names},
            actions=actions,
            mixed=found.spec.settings.tracking.customers != "ids",
        ).renamed(identity.numbers, identity.names, **{CLAIMED: plain_names(names)})
        checks = (*first, refit, *examined.checks, self._own_labels(found, model))
        logged = register.register_model(
            self.store,
            self.run_id,
            model,
            name=title_of(self.run),
            params={**found.spec.params, "k": found.fit.k},
            study=found.spec.name,
        )
        self.tell("loading the model back in a fresh process")
        checks = (*checks, self._loads_back(logged, model))
        return self._settled(
            checks, identity, logged.model_id, segment_rows(found.fit.labels, found.customers.value, identity)
        )

    def _customers(self, found: RebuiltCandidate) -> pd.DataFrame:
        """Customers of the candidate, with the columns that the champion reads."""
        table = found.customers.table
        model = self.champion.model
        lacking = [] if model is None else [name for name in model.step.columns if name not in table.customers]
        known = [name for name in lacking if name in found.spec.settings.data.columns]
        if not known:
            return table.customers
        asked = found.spec.settings
        again = load_customers(
            asked.data, needed=found.needed.valued, blank=found.needed.blank, welcome=known, engine=asked.engine
        )
        return again.customers

    def _identity(self, matching: Any, called: list[str], why: dict[int, str]) -> Identity:
        """Numbers and names of the candidate's clusters."""
        used = self._used()
        if matching is not None and self.champion.model is not None:
            champion = self.champion.model
            return carried_identity(
                matching, numbers=champion.numbers, names=champion.names, called=called, used=used, why=why
            )
        if not used:
            return first_identity(dict(enumerate(called)), len(called))
        # nothing to carry from: every segment is a new one
        start = max(used) + 1
        numbers = tuple(range(start, start + len(called)))
        names = dict(zip(numbers, called, strict=True))
        return Identity(numbers, names, dict.fromkeys(numbers, "new"), {}, ("All segments are new.",))

    def _used(self) -> set[int]:
        """Numbers that segments of any champion have had; one that never answered leaves its new numbers free."""
        done = [move.event for move in moves(self.registry.events(), self.before) if move.state != "interrupted"]
        answered = {number for event in done for number in (event.before, event.after)} | {self.before}
        kept = {number for event in done for number in event.segments}  # of versions that were deleted as well
        return kept.union(*(item.segments for item in self.registry.versions() if item.number in answered))

    def _own_labels(self, found: RebuiltCandidate, model: SegmentModel) -> Check:
        labels, _ = clusters_of(model, found.customers.table.customers)
        return own_labels(int((labels != found.fit.labels).sum()), len(labels))

    def _loads_back(self, logged: register.Registered, model: SegmentModel) -> Check:
        expected = [None if pd.isna(label) else int(label) for label in model.predict(model.example).table["segment"]]
        with scratch_folder() as scratch:
            folder = register.own_folder(self.store, logged, model, Path(scratch))
            environment: Any = self.settings.promotion.loads_back
            return loads_back(folder, model.example, expected, environment=environment)

    def _without_model(self, checks: Sequence[Check]) -> Outcome:
        """Refuse a candidate that cannot be refitted; its version points to what its run has."""
        logged = [item for item in register.logged_models(self.store, self.run_id) if str(item.status) == "READY"]
        return self._settled(tuple(checks), None, logged[0].model_id if logged else None, ())

    def _settled(
        self, checks: tuple[Check, ...], identity: Identity | None, model_id: str | None, rows: tuple[SegmentRow, ...]
    ) -> Outcome:
        """Make the version, or take the one that an earlier attempt made, and move the aliases."""
        failed = [check for check in checks if check.failed]
        forced = self.settings.force and not any(check.name in NEVER_FORCED for check in failed)
        gate = "passed" if not failed else "forced" if forced else "refused"
        notes = () if identity is None else identity.notes
        tags = version_tags(
            self.run,
            gate=gate,
            checks=checks,
            identity=identity,
            before=self.before,
            promotion=self.settings.promotion.about,
            reason=self.reason,
        )
        version = self._earlier(tags, model_id)
        if version is None:
            version = self.registry.create(
                source=f"models:/{model_id}" if model_id else self.run.info.artifact_uri,
                run_id=self.run_id,
                model_id=model_id,
                tags=tags,
                text=pages.version_page(
                    title=title_of(self.run),
                    gate=gate,
                    checks=checks,
                    segments=rows,
                    notes=notes,
                    facts=version_facts(self.run, before=self.before, reason=self.reason),
                ),
            )
        alias = ""
        if gate != "refused":
            self.registry.set_challenger(version.number)
            alias = CHALLENGER
        if alias and self.settings.alias == CHAMPION:
            action = "force" if gate == "forced" else "promote"
            told: dict[str, Any] = {"action": action, "before": self.before, "reason": self.reason}
            self.registry.set_champion(version.number, **told, segments=sorted(version.segments))
            alias = CHAMPION
        registered = f"{self.registry.name} version {version.number}, {gate}"
        with after(f"{registered}, is made{f' the {alias}' * bool(alias)}, but its page could not be written"):
            record(self.store, self.run_id, [Tags({"registered": registered})])
            finish(self.registry)
        return Outcome(title_of(self.run), self.run_id, version, gate, checks, rows, notes, self.before, alias)

    def _earlier(self, tags: dict[str, str], model_id: str | None) -> Version | None:
        """Version of an earlier attempt that says the same: a rerun does not pile up equal ones."""
        same = ("gate", "gate_against", "promotion", "segments", *(key for key in tags if key.startswith("check.")))
        for version in reversed(self.registry.versions()):
            if version.run_id == self.run_id and version.model_id == model_id and model_id is not None:
                if all(version.tags.get(key) == tags.get(key) for key in same):
                    return version
            elif (
                version.run_id == self.run_id
                and model_id is None
                and version.tags.get("check.refit") == tags.get("check.refit", "")
            ):
                return version
        return None


def _champion(registry: ModelRegistry) -> Champion:
    version = registry.champion()
    if version is None:
        return Champion(None, None, "")
    try:
        found = loaded(registry.store, f"models:/{registry.name}/{version.number}", None)
    except SegmentError as error:
        return Champion(version, None, f"the champion cannot be compared with: {str(error).rstrip('.')}")
    return Champion(version, found.model, "")
