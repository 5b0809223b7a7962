"""``segment sweep``: one study for every combination of what is swept, then the choice over all candidates."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from types import FrameType
from typing import Any, NoReturn

from customer_segmentation.config.compose import Plan, config_text, plan, to_settings
from customer_segmentation.config.folder_files import taken_files
from customer_segmentation.config.hydra_app import run_jobs
from customer_segmentation.errors import SettingsError, StoreError
from customer_segmentation.settings.k_values import parse_k

#: Sweeps whose store has failed in this process, and how: their other studies would wait for it one after the other.
_BROKEN: dict[str, str] = {}


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    if any(word in ("-h", "--help") for word in arguments):
        from customer_segmentation.console.help import help_text

        print(help_text())
        return 0
    asked = plan("sweep", arguments)
    if asked.flags:  # Hydra's own: --cfg job, --info, ...
        run_jobs(asked, lambda config: None)
        return 0
    if not asked.settings[0].quiet:
        tell_own_files(asked)
    needed = check(asked)
    return sweep(asked, needed, command=f"segment sweep {shlex.join(arguments)}".strip())


def tell_own_files(asked: Plan) -> None:
    """Say which files of the current folder are taken, before anything of them is made."""
    for line in taken_files(asked.command, asked.choices_of):
        print(line, file=sys.stderr)


def check(asked: Plan) -> list[str]:
    """Check every job's settings before any work; return the columns that the sweep needs of the customer table."""
    from customer_segmentation.config.checks import check_sweep
    from customer_segmentation.config.extras import check_launcher
    from customer_segmentation.config.instantiate import make_estimator, make_scaler

    check_launcher(asked.settings[0].launcher.kind)
    needed: list[str] = []
    for settings, choices in zip(asked.settings, asked.choices_of, strict=True):
        needed += check_sweep(settings, choices["features"])
    from customer_segmentation.config.explore_checks import asked_of

    first = asked.settings[0]
    asked_of(
        first.exploration, first.hypotheses, first.data.columns, {text.partition("=")[0] for text in asked.overrides}
    )
    # Objects come last: making one imports scikit-learn.
    for settings, choices in zip(asked.settings, asked.choices_of, strict=True):
        make_scaler(settings.scaling.scaler, choices["scaling"])
        make_scaler(settings.yardstick.scaling.scaler, "of the yardstick")
        make_estimator(settings.clustering.estimator, choices["clustering"], 2, settings.seed)
    return list(dict.fromkeys(needed))


def sweep(asked: Plan, needed: list[str], *, command: str) -> int:
    """Load the customers, open the sweep's run, run the studies, choose, and say what was made."""
    from customer_segmentation.workflows.prepare import prepare_customers

    settings = asked.settings[0]
    ks = parse_k(settings.k)
    customers = prepare_customers(settings, needed)
    n = len(customers.table.customers)
    if max(ks) > n:
        raise SettingsError(f"k holds {max(ks):,}, but there are only {n:,} customers; give a smaller k.")

    from customer_segmentation.workflows import sweep as sweep_run

    gc.freeze()  # what has been imported by now stays for good: the collector need not look at it again
    signal.signal(signal.SIGTERM, _stop)
    os.environ["SEGMENT_VARIED"] = json.dumps(list(asked.swept))
    return sweep_run.run(asked, customers, needed, command=command)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """End as on Ctrl-C, so that open runs are closed as KILLED."""
    raise KeyboardInterrupt


def run_job(config: Any) -> None:
    """Run the study that Hydra composed. A study that fails says so in its own run and the others go on.

    Raises
    ------
    StoreError
        The store fails: no study can be logged any more.
    """
    from hydra.core.hydra_config import HydraConfig
    from threadpoolctl import threadpool_limits

    from customer_segmentation.execution.processes import follow_parent
    from customer_segmentation.tracking.store import connect
    from customer_segmentation.tracking.store_errors import store_error_of
    from customer_segmentation.tracking.worker_context import SweepContext
    from customer_segmentation.workflows.study import run_logged
    from customer_segmentation.workflows.study_spec import StudySpec, remember

    follow_parent()

    hydra = HydraConfig.get()
    job = StudySpec(
        settings=to_settings(config),
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
        store_error = store_error_of(error, keeps=True)
        if store_error is None:
            raise
        _BROKEN[context.sweep_id] = str(store_error)
        raise store_error from error


def prepare_worker() -> None:
    """What a process of this machine can do before its first study: import, and look for the store."""
    # Imported here: the process is there for these, while the sweep's own goes on.
    from customer_segmentation.execution.processes import follow_parent
    from customer_segmentation.tracking.store import connect
    from customer_segmentation.tracking.worker_context import SweepContext
    from customer_segmentation.workflows import study  # noqa: F401 - what its first study needs

    follow_parent()
    with contextlib.suppress(Exception):  # the first study meets it again, and says so
        context = SweepContext.current()
        context.enter_folder()
        connect(context.uri, context.experiment, context.experiment_id)


def trust_again(sweep_id: str) -> None:
    """Forget that the store of a sweep has failed: it is continued."""
    _BROKEN.pop(sweep_id, None)
