"""The report of a sweep or of a candidate: gathered, written as a page and as markdown, logged on its run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from customer_segmentation.config.playbook_file import playbook_name
from customer_segmentation.errors import StoreError
from customer_segmentation.execution.progress import tell_nobody
from customer_segmentation.parallel import limited_threads
from customer_segmentation.report.build import build_report
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.render import html_page, markdown_text
from customer_segmentation.report.slides import Shown, Slide, slides_of
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.settings.commands import ReportSettings
from customer_segmentation.tracking.checked_files import VERDICT
from customer_segmentation.tracking.log.candidate import insight_items, profile_items
from customer_segmentation.tracking.log.sweep import picture_items, place_of_report, report_items
from customer_segmentation.tracking.read import artifact_of, labels_by_k, refuse_without_verdict, run_of
from customer_segmentation.tracking.resolve import chosen_of, run_meant, spoken_name, store_of
from customer_segmentation.tracking.runs import record
from customer_segmentation.tracking.spoken_of import speak_of
from customer_segmentation.tracking.store import Store
from customer_segmentation.workflows.rebuild import RebuiltCandidate, playbook_of_sweep, reopen
from customer_segmentation.workflows.report_data import gather


@dataclass(frozen=True)
class Written:
    """A report as it was logged.

    Attributes
    ----------
    run_id, title, html, markdown : str
    place : str
        Of the page.
    about : str
        Sweep, table and candidate that it is about.
    slides : tuple of Slide
        Where they were asked for.
    """

    run_id: str
    title: str
    html: str
    markdown: str
    place: str
    about: str = ""
    slides: tuple[Slide, ...] = ()


def write_report(settings: ReportSettings, store: Store, tell: Callable[[str], None] = tell_nobody) -> Written:
    """Write the report of the run that is asked for, from what its runs hold.

    Parameters
    ----------
    settings : ReportSettings
    store : Store
    tell : callable
        Is told what is being done.

    Raises
    ------
    StoreError
        There is no such run, or it holds nothing to report.
    StudyError
        The candidate that it is about cannot be refitted.
    """
    run = run_meant(store, settings.run_id)
    store = store_of(store, run)
    run_id = run.info.run_id
    named = {"data_path": settings.data.path, "remote": settings.engine.remote}
    tell("refitting the candidate, then drawing the report")
    with limited_threads(1):
        if run.data.tags.get("level") != "sweep":
            return report_of_candidate(store, reopen(store, run_id, **named), slides=settings.slides is not None)
        if run.info.status == "RUNNING":
            raise StoreError(f"sweep {run_id} is still running; its report comes at its end.")
        if run.info.status == "FINISHED":
            refuse_without_verdict(store, run_id)
            speak_of(store, run_id)
        elif artifact_of(store, run_id, VERDICT) is None:
            raise StoreError(
                f"sweep {run_id} is {run.info.status} and has no verdict, so there is nothing to report: run it again."
            )
        chosen = chosen_of(store, run)
        opened = reopen(store, chosen, **named) if chosen else None
        return report_of_sweep(store, run_id, opened, slides=settings.slides is not None)


def report_of_sweep(
    store: Store,
    sweep_id: str,
    opened: RebuiltCandidate | None,
    insights: SegmentInsights | None = None,
    *,
    slides: bool = False,
) -> Written:
    """Report a sweep with its chosen candidate, if it has one; log it on the sweep's run, the pictures on the other.

    Parameters
    ----------
    store : Store
    sweep_id : str
    opened : RebuiltCandidate or None
    insights : SegmentInsights, optional
        Of its segments, where they are known already.
    slides : bool
        Draw them too.
    """
    return _report(store, sweep_id, sweep_id, opened, insights, slides=slides)


def report_of_candidate(store: Store, opened: RebuiltCandidate, *, slides: bool = False) -> Written:
    """Report one candidate of a sweep; log it on its own run, with the profiles and names that it speaks of.

    Parameters
    ----------
    store : where the run is
    opened : the candidate, refitted from its logged config
    slides : draw them too
    """
    run_id, sweep_id = opened.run.info.run_id, opened.run.data.tags["sweep"]
    insights = insights_of(store, sweep_id, opened)
    settings = opened.spec.settings
    told = insight_items(insights, playbook=playbook_name(settings), safe_ids=settings.spreadsheet_safe_ids)
    record(store, run_id, [*profile_items(insights.profiles), *told])
    return _report(store, sweep_id, run_id, opened, insights, slides=slides)


def insights_of(store: Store, sweep_id: str, opened: RebuiltCandidate) -> SegmentInsights:
    """What a sweep said of the segments of a candidate: by the playbook that it used.

    Parameters
    ----------
    store : where the runs are
    sweep_id : of the candidate
    opened : the candidate, refitted
    """
    playbook = playbook_of_sweep(store, sweep_id, opened.spec.settings)
    return opened.customers.describe(opened.space, opened.fit, playbook)


def _report(
    store: Store,
    sweep_id: str,
    run_id: str,
    opened: RebuiltCandidate | None,
    insights: SegmentInsights | None,
    *,
    slides: bool,
) -> Written:
    if opened is not None and insights is None:
        insights = insights_of(store, sweep_id, opened)
    data = gather(store, sweep_id, opened, insights, of_candidate=run_id != sweep_id)
    document = build_report(data)
    html, markdown = html_page(document), markdown_text(document)
    if opened is not None and store.figures:
        record(store, opened.run.info.run_id, picture_items(data.pictures_of_segments))
    record(store, run_id, report_items(html, markdown))
    about = spoken_name(store, run_of(store, run_id))
    drawn = _slides(store, data, opened) if slides else ()
    return Written(run_id, document.title, html, markdown, place_of_report(store, run_id), about, drawn)


def _slides(store: Store, data: ReportData, opened: RebuiltCandidate | None) -> tuple[Slide, ...]:
    """Draw the slides.

    Raises
    ------
    StoreError
        The sweep chose no candidate.
    """
    if opened is None:
        raise StoreError("the sweep chose no candidate, so there is nothing to put on slides.")
    return tuple(
        slides_of(
            data,
            Shown(
                space=opened.space,
                labels=opened.fit.labels,
                labels_by_k=labels_by_k(store, opened.run.data.tags["study_id"]),
                value=opened.customers.value,
                seed=opened.spec.settings.seed,
            ),
        )
    )
