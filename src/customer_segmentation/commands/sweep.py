"""``segment sweep``: one study for every combination of what is swept, then the choice over all candidates."""

from __future__ import annotations

import gc
import json
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from customer_segmentation.config.compose import Plan, plan, run_jobs
from customer_segmentation.config.paths import shadowed
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.k_values import segments_asked


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    if any(word in ("-h", "--help") for word in arguments):
        from customer_segmentation.console.sweep_help import help_text

        print(help_text())
        return 0
    asked = plan("sweep", arguments)
    if asked.flags:  # Hydra's own: --cfg job, --info, ...
        run_jobs(asked, lambda config: None)
        return 0
    needed = check(asked)
    if not asked.settings[0].quiet:
        tell_shadowed(asked)
    return sweep(asked, needed, command=f"segment sweep {shlex.join(arguments)}".strip())


def tell_shadowed(asked: Plan) -> None:
    """Say which of the user's files are taken in place of shipped ones: the name alone would not tell."""
    taken = {(decision, name) for choices in asked.choices_of for decision, name in choices.items()}
    for path in shadowed():
        if (path.parent.name, path.stem) in taken or path.stem == asked.command:
            print(f"{os.path.relpath(path)} stands in for the shipped file of that name", file=sys.stderr)


def check(asked: Plan) -> list[str]:
    """Check every job's settings before any work; return the columns that the sweep needs of the customer table."""
    from customer_segmentation.config.checks import check_sweep, make_estimator, make_scaler
    from customer_segmentation.config.extras import check_launcher

    launcher = asked.settings[0].launcher
    check_launcher(launcher.kind, launcher.processes)
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
    from customer_segmentation.workflows.prepare import customers_of

    settings = asked.settings[0]
    ks = segments_asked(settings.k)
    customers = customers_of(settings, needed)
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
