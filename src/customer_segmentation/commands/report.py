"""``segment report``: the report of a sweep or of any candidate, rebuilt from what the runs hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from customer_segmentation.config.compose import plan
from customer_segmentation.config.hydra_app import run_jobs
from customer_segmentation.errors import SettingsError, StoreError
from customer_segmentation.settings.commands import ReportSettings
from customer_segmentation.sources.new_file import NewFile

FORMS = (".html", ".htm", ".md")


def help_text() -> str:
    """Return the help of the command."""
    from customer_segmentation.console.help import help_page

    return help_page(
        [
            "segment report: write the report of a sweep, or of any candidate, from what its runs hold.",
            "",
            "Usage: segment report [run_id=ID] [output=FILE] [key=value ...]",
            "",
            (
                "One self-contained page (report.html) and the same as markdown (report.md), logged on the run that "
                "was asked"
            ),
            "for. A sweep has its report already; a candidate gets its own: its segments are fitted again and checked,",
            "and their profiles, names and high-value customers are logged with it (segments/).",
            "With no argument: the newest finished sweep.",
        ],
        settings=(
            ("run_id=ID", "of a sweep or a candidate; the UI and `segment sweep` show them"),
            ("output=FILE.html", "write a copy there; FILE.md for markdown"),
            ("data.path=FILE", "the table, where it is no longer where the sweep read it"),
            ("tracking.uri=http://127.0.0.1:5000", "another MLflow store; default: mlflow.db in this folder"),
            ("tracking.experiment=NAME", "the experiment whose newest sweep is taken"),
        ),
        examples=[
            "segment report                              the newest sweep again",
            "segment report run_id=ID output=report.html",
        ],
    )


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    if any(word in ("-h", "--help") for word in arguments):
        print(help_text())
        return 0
    asked = plan("report", arguments)
    if asked.flags:  # Hydra's own: --cfg job, --info, ...
        run_jobs(asked, lambda config: None)
        return 0
    if asked.swept:
        key, values = next(iter(asked.swept.items()))
        raise SettingsError(f"{key} has {len(values)} values; a report is of one run, so run it once for each.")
    settings: ReportSettings = asked.settings[0]
    target = _target(settings)
    from customer_segmentation.tracking.store import existing_store

    store = existing_store(settings.tracking)

    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        written = _write(store, settings)
    if target is not None:
        text = written.markdown if target.path.suffix.lower() == ".md" else written.html
        try:
            target.write_text(text)
        except OSError as error:
            raise SettingsError(f"output={target.path} cannot be written: {error.strerror or error}.") from error
    if not settings.quiet:
        print(f"{written.title}\nLogged on run {written.run_id}: report.html, report.md")
        if target is not None:
            print(f"Copy: {target.path}")
        else:
            from customer_segmentation.tracking.log.sweep import place_of_report

            print(f"Page: {place_of_report(store, written.run_id)}")
    return 0


def _target(settings: ReportSettings) -> NewFile | None:
    """Where the copy goes, looked at before any work."""
    if settings.output is None:
        return None
    from customer_segmentation.report.render import is_report

    target = Path(settings.output)
    if target.suffix.lower() not in FORMS:
        raise SettingsError(f"output={target}: expected a file that ends in .html or .md.")
    return NewFile(
        target, overwrite=settings.overwrite, is_ours=is_report, key="output", what="a report that segment wrote"
    )


def _write(store: Any, settings: ReportSettings) -> Any:
    """Find the run, open the candidate that it is about, write its report."""
    from customer_segmentation.tracking.read import artifact_of, newest_sweep, run_of
    from customer_segmentation.tracking.resolve import store_of
    from customer_segmentation.workflows.rebuild import reopen
    from customer_segmentation.workflows.report import report_of_candidate, report_of_sweep

    asked = newest_sweep(store) if settings.run_id is None else run_of(store, settings.run_id)
    store = store_of(store, asked)
    run_id, level = asked.info.run_id, asked.data.tags.get("level")
    path = settings.data.path
    if level != "sweep":
        return report_of_candidate(store, reopen(store, run_id, data_path=path))
    if asked.info.status == "RUNNING":
        raise StoreError(f"sweep {run_id} is still running; its report comes at its end.")
    if artifact_of(store, run_id, "verdict.json") is None:
        raise StoreError(
            f"sweep {run_id} is {asked.info.status} and has no verdict, so there is nothing to report: run it again."
        )
    chosen = asked.data.tags.get("chosen_run_id")
    return report_of_sweep(store, run_id, reopen(store, chosen, data_path=path) if chosen else None)
