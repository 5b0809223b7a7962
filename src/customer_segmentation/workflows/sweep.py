"""The run of a sweep: opened before the first study, concluded and closed after the last."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
from omegaconf import OmegaConf
from threadpoolctl import threadpool_limits

from customer_segmentation.commands.command import tell_closed
from customer_segmentation.commands.sweep import prepare_worker, run_job, trust_again
from customer_segmentation.config.checks import exploration_columns
from customer_segmentation.config.compose import Plan
from customer_segmentation.config.explore_checks import asked_of
from customer_segmentation.config.hydra_app import run_jobs
from customer_segmentation.config.playbook_file import PLAYBOOK, playbook_text
from customer_segmentation.console.progress import SweepProgress
from customer_segmentation.console.sweep import print_summary
from customer_segmentation.data.contract import plain_spec
from customer_segmentation.data.expressions import parse
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.execution.launchers import launch_of
from customer_segmentation.execution.monitor import watched
from customer_segmentation.execution.processes import ended_with_the_sweep, workers
from customer_segmentation.execution.slurm import remove_files
from customer_segmentation.explore.exploration import assess_declared
from customer_segmentation.explore.hypotheses import HypothesisResult
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.tracking.descriptions import EXPERIMENT, link, sweep_description
from customer_segmentation.tracking.fingerprint import TAG as IDENTITY
from customer_segmentation.tracking.items import Item, Tags, Text
from customer_segmentation.tracking.log.exploration import exploration_items, hypothesis_items
from customer_segmentation.tracking.log.sweep import conclusion_items, sweep_params, verdict_figures
from customer_segmentation.tracking.log.table import table_items
from customer_segmentation.tracking.provenance import provenance
from customer_segmentation.tracking.read import overrides_of, structure_of
from customer_segmentation.tracking.resume import clear_verdict, earlier_sweep, take_up
from customer_segmentation.tracking.runs import finish_run, record, start_run, take_over_run
from customer_segmentation.tracking.stale_runs import close_stale_runs
from customer_segmentation.tracking.store import Store, describe_experiment, exclusive, open_store
from customer_segmentation.tracking.store import command as command_for
from customer_segmentation.tracking.store_errors import stop_retrying, store_error_of
from customer_segmentation.tracking.worker_context import SweepContext
from customer_segmentation.verdict.leaderboard import label
from customer_segmentation.workflows.choose import Conclusion, choose_across
from customer_segmentation.workflows.finalize import finish_chosen
from customer_segmentation.workflows.fingerprints import sweep_identity
from customer_segmentation.workflows.full_data import full_data_sentence
from customer_segmentation.workflows.prepare import PreparedCustomers
from customer_segmentation.workflows.rebuild import RebuiltCandidate
from customer_segmentation.workflows.report import report_of_sweep
from customer_segmentation.workflows.study_spec import StudySpec, spec_of_job

CONFIDENCE = 0.95  # of the intervals of hypotheses


def run(asked: Plan, customers: PreparedCustomers, needed: list[str], *, command: str) -> int:
    """Open the sweep's run, run the studies through Hydra, choose, close; return the exit code."""
    settings: SweepSettings = asked.settings[0]
    tracking = settings.tracking
    store = open_store(
        uri=tracking.uri, experiment=tracking.experiment, artifacts=tracking.artifacts, timeout=tracking.timeout
    )
    store, adopted = take_over_run(store)
    tags = provenance(digest=customers.table.digest, source_sha256=customers.table.source_sha256, seed=settings.seed)
    own = sweep_identity(asked, customers.table)
    with exclusive(store.uri):  # of two equal sweeps that start at once, one has to see the other
        closed = close_stale_runs(store)
        earlier = earlier_sweep(store, own) if settings.resume and adopted is None else None
        if earlier is not None and earlier.info.status == "FINISHED":
            return _told(earlier, store, settings)
        if earlier is None:
            sweep_id = _open(store, asked, adopted, {**tags, IDENTITY: own}, command)
        else:
            sweep_id = earlier.info.run_id
            take_up(store, sweep_id)
    if earlier is not None:
        trust_again(sweep_id)
        clear_verdict(store, sweep_id)
    if not settings.quiet:
        _tell_resumed(closed, earlier)
    context = SweepContext(
        store.uri, store.experiment, store.experiment_id, sweep_id, needed, tags, earlier is not None, os.getcwd()
    )
    context.publish()
    ks = parse_k(settings.k)
    status = "FAILED"
    try:
        with (
            threadpool_limits(settings.threads),
            SweepProgress(len(asked.jobs) * len(ks), len(asked.jobs), quiet=settings.quiet) as progress,
        ):
            n = len(customers.table.customers)
            launch = launch_of(settings, len(asked.jobs), n, overrides=asked.overrides, sweep_id=sweep_id)
            with workers(launch, settings, customers, prepare_worker):
                logged = store.client.get_run(sweep_id).data  # an adopted run has the parameters of its entry point
                if not logged.metrics:  # they are written last: what comes before the studies is complete
                    record(store, sweep_id, _first_items(settings, asked, customers, needed, logged.params))
                record(store, sweep_id, [Tags({"launcher": str(launch)})])
                if launch.apart:
                    progress.notes["launcher"] = f"studies ran under {launch}"
                with watched(store, sweep_id, progress, apart=launch.apart), ended_with_the_sweep(launch):
                    run_jobs(asked, run_job, launch.overrides, launch.last)
                progress.finishing()
                result = choose_across(
                    store, sweep_id, customers, settings, lambda row: spec_of(asked, store, sweep_id, row)
                )
            opened = insights = None
            if result.chosen is not None:
                opened, insights = finish_chosen(
                    store, result.chosen, spec_of(asked, store, sweep_id, result.chosen), customers
                )
            _conclude(store, sweep_id, result, customers, progress.failures, asked, command)
            if settings.tracking.report:
                _report(store, sweep_id, opened, insights, progress)
            else:
                later = command_for(store, "report", f"run_id={sweep_id}")
                progress.notes["report"] = f"none was asked for (tracking.report=false); `{later}` writes it"
        status = "FAILED" if progress.failures else "FINISHED"
        if status == "FINISHED" and launch.kind == "slurm":
            remove_files(sweep_id)
    except KeyboardInterrupt as stopped:
        status = "KILLED"
        stop_retrying()
        raise KeyboardInterrupt("run the same command again to continue: what is finished is kept") from stopped
    except Exception as error:
        store_error = store_error_of(error, keeps=True)
        if store_error is None:
            raise
        stop_retrying()
        raise store_error from error
    finally:
        with contextlib.suppress(Exception):  # the store may be what failed; that error is the one to tell
            finish_run(store, sweep_id, status)
    if not settings.quiet:
        full_data = full_data_sentence(store, result.chosen)
        print_summary(result, customers.table, store, sweep_id, progress, insights, full_data)
    return 1 if progress.failures else 0


def _told(earlier: Any, store: Store, settings: SweepSettings) -> int:
    """Say that the same sweep is finished, and where it is."""
    if not settings.quiet:
        chosen = earlier.data.tags.get("chosen")
        print(
            f"This sweep is finished: run {earlier.info.run_id} in the experiment {store.experiment} of {store.shown}"
            + (f" chose {chosen}, run {earlier.data.tags['chosen_run_id']}." if chosen else " chose no candidate.")
            + "\nNothing was computed again: settings, data and code are the same. To run it afresh: resume=false"
            + f"\nNext, its report:  {command_for(store, 'report', f'run_id={earlier.info.run_id}')}"
        )
    return 0


def _tell_resumed(closed: int, earlier: Any | None) -> None:
    """Say what became of runs that were left, and that an earlier sweep is continued."""
    tell_closed(closed)
    if earlier is not None:
        was = earlier.info.status if earlier.info.status != "RUNNING" else "KILLED"
        print(f"continuing the sweep {earlier.info.run_id}, which was {was}", file=sys.stderr)


def _report(
    store: Store,
    sweep_id: str,
    opened: RebuiltCandidate | None,
    insights: SegmentInsights | None,
    progress: SweepProgress,
) -> None:
    """Write the report. A failure costs the report and not the sweep, whose runs are complete by now."""
    try:
        report_of_sweep(store, sweep_id, opened, insights)
    except Exception as error:
        if os.environ.get("SEGMENT_DEBUG") or store_error_of(error) is not None:
            raise
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        record(store, sweep_id, [Tags({"report_failed_because": reason})])
        again = command_for(store, "report", f"run_id={sweep_id}")
        progress.notes["report"] = f"not written ({reason}); try `{again}`"


def spec_of(asked: Plan, store: Store, sweep_id: str, candidate: pd.Series) -> StudySpec:
    """Job of a candidate: as this process ran it, else composed again from the overrides that its study logged."""
    overrides = overrides_of(store, str(candidate["study_id"]))
    made = spec_of_job(sweep_id, overrides)
    if made is not None:
        return replace(made, number=int(candidate["job"]))
    settings, choices, config = asked.compose_job(overrides)
    # the same for all studies; of addresses the runs hold no passwords
    same = asked.settings[0]
    settings = replace(settings, data=same.data, tracking=same.tracking, launcher=same.launcher)
    return StudySpec(settings, choices, tuple(overrides), int(candidate["job"]), config)


def _open(store: Store, asked: Plan, adopted: str | None, tags: dict[str, str], command: str) -> str:
    """Start the sweep's run, or turn the run of ``mlflow run`` into it."""
    describe_experiment(store, EXPERIMENT)
    name = sweep_name(asked)
    tags = {**tags, "command": command}
    if adopted is None:
        return start_run(store, name=name, level="sweep", tags=tags)
    store.client.update_run(adopted, name=name)
    record(store, adopted, [Tags({**tags, "level": "sweep", "mlflow.runName": name})])
    return adopted


def sweep_name(asked: Plan) -> str:
    """The name that was given, else what is swept."""
    settings: SweepSettings = asked.settings[0]
    if settings.name:
        return settings.name
    parts = [",".join(asked.swept.get(group, (asked.choices[group],))) for group in ("features", "scaling")]
    further = [f"{key}={','.join(values)}" for key, values in asked.swept.items() if key not in ("features", "scaling")]
    ks = parse_k(settings.k)
    shown = f"k={ks[0]}…{ks[-1]}" if len(ks) > 2 else f"k={','.join(map(str, ks))}"
    return " · ".join([" × ".join(parts), *further, shown])


def _first_items(
    settings: SweepSettings, asked: Plan, customers: PreparedCustomers, needed: list[str], logged: Mapping[str, str]
) -> list[Item]:
    """What is known before the first study."""
    table = customers.table
    usable = set(exploration_columns(settings)) | {table.value_column}
    declared = {
        name: parse(spec, where=f"exploration.correlate.{name}")
        for name, spec in settings.exploration.correlate.items()
    }
    params = {
        **{group: ",".join(asked.swept.get(group, (asked.choices.get(group, ""),))) for group in asked.choices},
        "k": ",".join(map(str, parse_k(settings.k))),
        "seed": settings.seed,
        "keep": settings.data.keep,
        "studies": len(asked.jobs),
    }
    declared_columns = {name: plain_spec(spec) for name, spec in table.columns.items()}
    contract = {
        name: {key: value for key, value in plain.items() if value not in (None, "", [])}
        for name, plain in declared_columns.items()
    }
    return [
        sweep_params({key: value for key, value in params.items() if key not in logged}),
        *table_items(table),
        *exploration_items(
            table.customers,
            correlate={name: item for name, item in declared.items() if set(item.columns) <= usable},
            counts=settings.exploration.counts,
            bands=settings.exploration.bands,
        ),
        *hypothesis_items(_hypotheses(settings, table), confidence=CONFIDENCE),
        Text(asked.config_text, "config.yaml"),
        Text(OmegaConf.to_yaml(OmegaConf.create(contract)), "contract.yaml"),
        Text(playbook_text(settings), PLAYBOOK),
        # They decide together which rows are set aside: a candidate that is opened again reads the same ones.
        Text(json.dumps(needed), "columns.json"),
    ]


def _hypotheses(settings: SweepSettings, table: CustomerTable) -> list[HypothesisResult]:
    """Test the declared hypotheses that this table has the columns for."""
    present = {name: spec for name, spec in table.columns.items() if name in table.customers}
    declared = asked_of(settings.exploration, settings.hypotheses, present)
    return assess_declared(table.customers, present, declared, CONFIDENCE, [])


def _conclude(
    store: Store,
    sweep_id: str,
    result: Conclusion,
    customers: PreparedCustomers,
    failures: dict[str, str],
    asked: Plan,
    command: str,
) -> None:
    """Log the leaderboard, the verdict and the description of the sweep."""
    chosen = result.chosen
    items = []
    if not result.leaderboard.empty:
        items += list(
            conclusion_items(
                result.leaderboard,
                chosen=chosen,
                verdict=result.verdict,
            )
        )
        structure = {} if chosen is None else structure_of(store, str(chosen["study_id"]))
        items += list(verdict_figures(result.leaderboard, result.verdict, structure or None))
    text = sweep_description(
        command=command,
        sweep_id=sweep_id,
        table=f"{len(customers.table.customers):,} customers of {customers.table.source}",
        studies=len(asked.jobs),
        failed=failures,
        leaderboard=result.leaderboard,
        reasons=result.reasons,
        chosen_link=None if chosen is None else link(store.experiment_id, chosen["run_id"], label(chosen)),
    )
    sentence = full_data_sentence(store, chosen)
    if sentence:
        text += f"\n\n{sentence}\n"
    tags = {"mlflow.note.content": text, "failed_studies": len(failures)}
    if sentence:
        tags |= {"everybody": sentence}
    if result.verdict:
        tags |= {"structure": result.verdict["structure"], "certainty": result.verdict["certainty"]["word"]}
        tags |= {"tie": result.verdict["tie"]}
    if chosen is not None:
        tags |= {"chosen": label(chosen), "chosen_run_id": chosen["run_id"]}
    record(store, sweep_id, [*items, Tags(tags)])
