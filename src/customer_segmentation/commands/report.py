"""``segment report``: the report of a sweep or of any candidate, rebuilt from what the runs hold."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.console.help import help_page
from customer_segmentation.console.lines import say
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.commands import ReportSettings
from customer_segmentation.sources.new_file import NewFile
from customer_segmentation.workflows.slide_files import slide_files

FORMS = (".html", ".htm", ".md")


def run(request: Request) -> int:
    """Write the report, and a copy where one was asked for.

    Raises
    ------
    SettingsError
        ``output`` or ``slides`` cannot be written, or is not a name that a report has.
    """
    settings = request.settings
    if settings.overwrite and settings.output is None and settings.slides is None:
        raise SettingsError("overwrite=true changes nothing: give output=FILE or slides=FOLDER, or leave it out.")
    target, slides = _target(settings), slide_files(settings)
    store = request.existing_store()
    from customer_segmentation.console.progress import Steps
    from customer_segmentation.workflows.report import write_report

    with Steps(quiet=settings.quiet) as steps:
        written = write_report(settings, store, steps.tell)
    if slides is not None:
        slides.write(written.slides)
    if target is not None:
        text = written.markdown if target.path.suffix.lower() == ".md" else written.html
        try:
            target.write_text(text)
        except OSError as error:
            raise SettingsError(f"output={target.path} cannot be written: {error.strerror or error}.") from error
    if not settings.quiet:
        where = f"Page: {written.place}" if target is None else f"Copy: {target.path}"
        say(written.about, written.title, f"Logged on run {written.run_id}: report.html, report.md", where)
        if slides is not None:
            say(f"Slides: {settings.slides}/", *(f"  {slide.file}  {slide.title}" for slide in written.slides))
    return 0


def _target(settings: ReportSettings) -> NewFile | None:
    """Where the copy goes, looked at before any work.

    Raises
    ------
    SettingsError
        The file's name does not end as a report's does.
    """
    if settings.output is None:
        return None
    from customer_segmentation.report.render import is_report

    target = Path(settings.output)
    if target.suffix.lower() not in FORMS:
        raise SettingsError(f"output={target}: expected a file that ends in .html or .md.")
    return NewFile(
        target, overwrite=settings.overwrite, is_ours=is_report, key="output", what="a report that segment wrote"
    )


SPEC = CommandSpec(
    name="report",
    place=30,
    summary="write the report of a sweep, or of any candidate, again",
    takes_one="a report is of one run, so run it once for each",
    run=run,
    help=partial(
        help_page,
        [
            "segment report: write the report of a sweep, or of any candidate, from what its runs hold.",
            "Usage: segment report [run_id=ID] [output=FILE] [slides=FOLDER] [key=value ...]",
            (
                "One self-contained page (report.html) and the same as markdown (report.md), logged on the run that"
                " was asked for. A sweep has its report already; a candidate gets its own: its segments are fitted "
                "again and checked, and their profiles, names and high-value customers are logged with it "
                "(segments/). With no argument: the sweep that the last command spoke of."
            ),
        ],
        settings=(
            ("run_id=ID", "of a sweep or a candidate; the UI and `segment sweep` show them"),
            ("output=FILE.html", "write a copy there; FILE.md for markdown"),
            ("slides=FOLDER", "the figures of a meeting, at most ten slides of 1920 x 1080 pixels"),
            ("data.path=FILE", "the table, where it is no longer where the sweep read it"),
            ("engine.remote=sc://HOST", "the Spark server that reads it, named again"),
            ("tracking.uri=http://127.0.0.1:5000", "another MLflow store; default: mlflow.db in this folder"),
            ("tracking.experiment=NAME", "the experiment whose sweep is taken"),
        ),
        examples=[
            ("segment report", "the last sweep again"),
            "segment report run_id=ID output=report.html",
            ("segment report slides=meeting", "ten PNG for a presentation"),
        ],
    ),
)
