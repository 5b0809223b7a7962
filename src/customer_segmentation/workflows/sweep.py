"""A sweep: its run is opened before the first study, concluded and closed after the last."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from customer_segmentation.config.compose import ComposedJob, Plan
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.data.wanted import Needed
from customer_segmentation.errors import debugging, interrupt_behind
from customer_segmentation.execution.launchers import Launch, launch_of
from customer_segmentation.execution.monitor import watched
from customer_segmentation.execution.processes import ended_with_the_sweep, workers
from customer_segmentation.execution.progress import StudyProgress
from customer_segmentation.execution.slurm import remove_files, remove_words
from customer_segmentation.formatting import one_line
from customer_segmentation.parallel import limited_threads
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.segments.partitions import Partition
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.sources.distributed import engine_tags
from customer_segmentation.tracking.connections import close_connections, is_held_open
from customer_segmentation.tracking.descriptions import experiment_description, link, sweep_description
from customer_segmentation.tracking.fingerprint import TAG as IDENTITY
from customer_segmentation.tracking.items import Item, Tags
from customer_segmentation.tracking.log.sweep import conclusion_items, partition_items, verdict_figures
from customer_segmentation.tracking.log.views import share_views
from customer_segmentation.tracking.process import this_process
from customer_segmentation.tracking.provenance import provenance
from customer_segmentation.tracking.quick_commits import quick_commits
from customer_segmentation.tracking.read import overrides_of, refuse_without_verdict, run_of, structure_of
from customer_segmentation.tracking.resume import clear_verdict, earlier_sweep, take_up
from customer_segmentation.tracking.runs import finish_run, open_run, record
from customer_segmentation.tracking.spoken_of import speak_of
from customer_segmentation.tracking.stale_runs import close_stale_runs, closed_sentence
from customer_segmentation.tracking.store import Store, command, describe_experiment, exclusive
from customer_segmentation.tracking.store_errors import stop_retrying, store_error_of
from customer_segmentation.tracking.worker_context import SweepContext
from customer_segmentation.verdict.leaderboard import label
from customer_segmentation.workflows.choose import Conclusion, choose_across
from customer_segmentation.workflows.finalize import finish_chosen
from customer_segmentation.workflows.fingerprints import sweep_identity
from customer_segmentation.workflows.full_data import full_data_sentence
from customer_segmentation.workflows.other_k import side_by_side
from customer_segmentation.workflows.prepare import PreparedCustomers
from customer_segmentation.workflows.rebuild import RebuiltCandidate
from customer_segmentation.workflows.report import report_of_sweep
from customer_segmentation.workflows.study import run_job, trust_again
from customer_segmentation.workflows.study_spec import StudySpec, forget, remembered, spec_of
from customer_segmentation.workflows.sweep_items import first_items, kept_as_it_was, sweep_name

if TYPE_CHECKING:
    from customer_segmentation.tracking.read import Run

RunStudy = Callable[[ComposedJob], None]
#: Runs a study for every job of a plan, where the launch says.
RunStudies = Callable[[Launch, RunStudy], None]


@dataclass(frozen=True)
class SweepResult:
    """What a sweep came to.

    Attributes
    ----------
    store : Store
        With the experiment of its run.
    sweep_id : str
    table : CustomerTable
    conclusion : Conclusion or None
        None where an equal sweep had finished before: nothing was computed again.
    earlier : mlflow.entities.Run or None
        That sweep's run.
    insights : SegmentInsights or None
        Of the chosen candidate's segments.
    partitions : tuple of Partition
        It beside a coarser and a finer one.
    failures, notes : dict of str to str
        See `customer_segmentation.execution.progress.StudyProgress`.
    full_data : str
        What all rows are to the chosen candidate, where the table is a sample of them; else empty.
    report : str
        Place of the page; empty where there is none.
    opened : RebuiltCandidate or None
        The chosen candidate, refitted.
    """

    store: Store
    sweep_id: str
    table: CustomerTable
    conclusion: Conclusion | None
    earlier: Run | None = None
    insights: SegmentInsights | None = None
    partitions: tuple[Partition, ...] = ()
    failures: dict[str, str] | None = None
    notes: dict[str, str] | None = None
    full_data: str = ""
    report: str = ""
    opened: RebuiltCandidate | None = None


def sweep(
    plan: Plan,
    customers: PreparedCustomers,
    needed: Needed,
    store: Store,
    *,
    command_line: str,
    run_studies: RunStudies,
    progress: StudyProgress,
) -> SweepResult:
    """Run the studies of a sweep, choose among all candidates, and log all of it; or find that it is done already.

    Parameters
    ----------
    plan : Plan
        The composed jobs.
    customers : PreparedCustomers
        See `customer_segmentation.workflows.prepare.customers_of`.
    needed : Needed
        Columns that the studies of the sweep read together.
    store : Store
    command_line : str
        By which the sweep can be repeated.
    run_studies : callable
        Given the launch and what runs a study, it calls that for every job of the plan, where the launch says.
    progress : StudyProgress

    Raises
    ------
    StoreError
        An equal sweep is running, or the store fails.
    """
    settings: SweepSettings = plan.settings[0]
    table = customers.table
    tags = provenance(
        digest=table.digest,
        others_digest=table.others_digest,
        described_digest=table.described_digest,
        source_sha256=table.source_sha256,
        seed=settings.seed,
    )
    own = sweep_identity(plan, table, customers.starts)
    with exclusive(store.uri):  # of two equal sweeps that start at once, one has to see the other
        closed = close_stale_runs(store)
        earlier = earlier_sweep(store, own) if settings.resume and store.taken_over is None else None
        if earlier is not None and earlier.info.status == "FINISHED":
            refuse_without_verdict(store, earlier.info.run_id)
            speak_of(store, earlier.info.run_id)
            kept = kept_as_it_was(earlier, plan, table)
            return SweepResult(store, earlier.info.run_id, table, None, earlier, notes=kept)
        if earlier is None:
            describe_experiment(store, experiment_description(store.experiment_id))
            words = {**tags, IDENTITY: own, "command": command_line}
            sweep_id = open_run(store, name=sweep_name(plan), level="sweep", tags=words)
            share_views(store, sweep_id)
        else:
            sweep_id = earlier.info.run_id
            take_up(store, sweep_id)
    if closed:
        progress.say(closed_sentence(closed))
    if earlier is not None:
        trust_again(sweep_id)
        clear_verdict(store, sweep_id)
        was = earlier.info.status if earlier.info.status != "RUNNING" else "KILLED"
        progress.say(f"continuing the sweep {sweep_id}, which was {was}")
        for sentence in kept_as_it_was(earlier, plan, table).values():
            progress.say(sentence)
    context = SweepContext(
        uri=store.uri,
        experiment=store.experiment,
        experiment_id=store.experiment_id,
        sweep_id=sweep_id,
        columns=needed,
        tags=tags,
        varied=list(plan.swept),
        continued=earlier is not None,
        folder=os.getcwd(),
        figures=store.figures,
        process=this_process(),
    )
    with quick_commits(store):
        return _Sweep(plan, customers, context, store, command_line, progress).run(run_studies)


class _Sweep:
    """A sweep whose run is open."""

    def __init__(
        self,
        plan: Plan,
        customers: PreparedCustomers,
        context: SweepContext,
        store: Store,
        command_line: str,
        progress: StudyProgress,
    ) -> None:
        self.plan, self.customers, self.context, self.store = plan, customers, context, store
        self.command_line, self.progress, self.sweep_id = command_line, progress, context.sweep_id
        self.settings: SweepSettings = plan.settings[0]

    def run(self, run_studies: RunStudies) -> SweepResult:
        """Run and conclude; the run is closed whatever happens."""  # noqa: DOC501 - raised again as it came
        status = "FAILED"
        try:
            with limited_threads(self.settings.threads), self.progress:
                launch, conclusion = self._candidates(run_studies)
                opened, insights, partitions = None, None, tuple[Partition, ...]()
                if conclusion.chosen is not None:
                    spec = self._spec_of(conclusion.chosen)
                    opened, insights = finish_chosen(
                        self.store, conclusion.chosen, spec, self.context.columns, self.customers
                    )
                    partitions = side_by_side(conclusion.leaderboard, conclusion.chosen, opened, insights)
                full_data = full_data_sentence(self.store, conclusion.chosen)
                self._conclude(conclusion, full_data, partitions)
                report = self._report(opened, insights)
            status = "FAILED" if self.progress.failures else "FINISHED"
            if status == "FINISHED":
                speak_of(self.store, self.sweep_id)
            if status == "FINISHED" and launch.kind == "slurm":
                remove_files(self.sweep_id)
        except (KeyboardInterrupt, Exception) as error:
            if interrupt_behind(error):
                status = "KILLED"
                stop_retrying()
                raise KeyboardInterrupt("run the same command again to continue: what is finished is kept") from error
            store_error = store_error_of(error, keeps=True)
            if store_error is None:
                raise
            stop_retrying()
            raise store_error from error
        finally:
            forget(self.sweep_id)
            self.customers.last_space.clear()  # a session keeps its customers
            remove_words(self.sweep_id)
            with contextlib.suppress(Exception):  # the store may be what failed; that error is the one to tell
                finish_run(self.store, self.sweep_id, status)
        return SweepResult(
            self.store,
            self.sweep_id,
            self.customers.table,
            conclusion,
            insights=insights,
            partitions=partitions,
            failures=self.progress.failures,
            notes=self.progress.notes,
            full_data=full_data,
            report=report,
            opened=opened,
        )

    def _candidates(self, run_studies: RunStudies) -> tuple[Launch, Conclusion]:
        """Run the studies where they are done first, and decide over what they have logged."""
        plan, settings, store, progress = self.plan, self.settings, self.store, self.progress
        ks = parse_k(settings.k)
        progress.begin(len(plan.jobs) * len(ks), len(plan.jobs))
        n = len(self.customers.table.customers)
        launch = launch_of(
            settings,
            len(plan.jobs),
            n,
            overrides=plan.overrides,
            sweep_id=self.sweep_id,
            alone=plan.configures_hydra,
        )
        if not run_of(store, self.sweep_id).data.metrics:  # written last: what comes before the studies is complete
            record(store, self.sweep_id, first_items(self.plan, self.customers.table, self.context.columns))
        if settings.launcher.kind == "local" and not launch.is_parallel:
            progress.notes["launcher"] = "studies ran in this process: no other can be started (is /dev/shm writable?)"
        if launch.kind == "local":
            self.customers.attainable(ks)  # what K-means attains in the reference space: every process would compute it
            close_connections(store.uri)
            if is_held_open(store.uri):
                launch = Launch("in_process", 1)
                progress.notes["launcher"] = "studies ran in this process, where something else has the store open"
        record(store, self.sweep_id, [Tags({"launcher": str(launch), **engine_tags(settings.engine)})])
        if launch.is_parallel:
            progress.notes["launcher"] = f"studies ran under {launch}"
        with workers(launch, threads=settings.threads, settle=partial(close_connections, store.uri)):
            followed = watched(store, self.sweep_id, progress, is_parallel=launch.is_parallel)
            with followed, ended_with_the_sweep(launch):
                run_studies(launch, partial(run_job, self.context))
            progress.finishing()
            return launch, choose_across(store, self.sweep_id, self.customers, settings, self._spec_of)

    def _spec_of(self, candidate: pd.Series) -> StudySpec:
        """Study of a candidate: as this process ran it, else composed again from the overrides that it logged."""
        overrides = overrides_of(self.store, str(candidate["study_id"]))
        known = remembered(self.sweep_id, overrides)
        if known is not None:
            return known
        job, same = self.plan.compose_job(overrides, int(candidate["job"])), self.settings
        # the same for all studies; of addresses the runs hold no passwords
        settings = replace(job.settings, data=same.data, tracking=same.tracking, launcher=same.launcher)
        return spec_of(replace(job, settings=settings), self.context.varied)

    def _conclude(self, result: Conclusion, full_data: str, partitions: tuple[Partition, ...]) -> None:
        """Log the leaderboard, the verdict and the description of the sweep."""
        chosen, table, failures = result.chosen, self.customers.table, self.progress.failures
        items: list[Item] = []
        if not result.leaderboard.empty:
            items += conclusion_items(result.leaderboard, chosen=chosen, verdict=result.verdict)
            items += partition_items(partitions)
            structure = {} if chosen is None else structure_of(self.store, str(chosen["study_id"]))
            items += verdict_figures(result.leaderboard, result.verdict, structure or None)
        text = sweep_description(
            command=self.command_line,
            sweep_id=self.sweep_id,
            table=f"{len(table.customers):,} customers of {table.source}",
            studies=len(self.plan.jobs),
            failed=failures,
            leaderboard=result.leaderboard,
            reasons=result.reasons,
            partitions=partitions,
            chosen_link=None if chosen is None else link(self.store.experiment_id, chosen["run_id"], label(chosen)),
        )
        tags = {"mlflow.note.content": text, "failed_studies": len(failures)}
        if full_data:
            tags |= {"mlflow.note.content": f"{text}\n\n{full_data}\n", "full_data": full_data}
        if result.verdict:
            tags |= {"structure": result.verdict["structure"], "certainty": result.verdict["certainty"]["word"]}
            tags |= {"tie": result.verdict["tie"]}
        if chosen is not None:
            tags |= {"chosen": label(chosen), "chosen_run_id": chosen["run_id"]}
        record(self.store, self.sweep_id, [*items, Tags(tags)])

    def _report(self, opened: RebuiltCandidate | None, insights: SegmentInsights | None) -> str:
        """Write the report; return its place. A failure costs the report alone: the sweep's runs are complete."""
        again = command(self.store, "report", f"run_id={self.sweep_id}")
        if not self.settings.tracking.report:
            self.progress.notes["report"] = f"none was asked for (tracking.report=false); `{again}` writes it"
            return ""
        try:
            return report_of_sweep(self.store, self.sweep_id, opened, insights).place
        except Exception as error:
            if debugging() or store_error_of(error) is not None:
                raise
            reason = f"{type(error).__name__}: {one_line(error)}"
            record(self.store, self.sweep_id, [Tags({"report_failed_because": reason})])
            self.progress.notes["report"] = f"not written ({reason}); try `{again}`"
            return ""
