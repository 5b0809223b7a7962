"""The report of a sweep or of a candidate: gathered, written as a page and as markdown, logged on its run."""

from __future__ import annotations

from dataclasses import dataclass

from customer_segmentation.config.playbook_file import playbook_name
from customer_segmentation.report.build import build_report
from customer_segmentation.report.render import html_page, markdown_text
from customer_segmentation.segments.insights import SegmentInsights, describe_segments
from customer_segmentation.tracking.log.candidate import insight_items, profile_items
from customer_segmentation.tracking.log.sweep import picture_items, report_items
from customer_segmentation.tracking.runs import record
from customer_segmentation.tracking.store import Store
from customer_segmentation.workflows.rebuild import RebuiltCandidate, playbook_of_sweep
from customer_segmentation.workflows.report_data import gather


@dataclass(frozen=True)
class Written:
    """A report as it was logged."""

    run_id: str
    title: str
    html: str
    markdown: str


def report_of_sweep(
    store: Store, sweep_id: str, opened: RebuiltCandidate | None, insights: SegmentInsights | None = None
) -> Written:
    """Report a sweep with its chosen candidate, if it has one; log it on the sweep's run, the pictures on the other."""
    return _report(store, sweep_id, sweep_id, opened, insights)


def report_of_candidate(store: Store, opened: RebuiltCandidate) -> Written:
    """Report one candidate of a sweep; log it on its own run, with the profiles and names that it speaks of."""
    run_id, sweep_id = opened.run.info.run_id, opened.run.data.tags["sweep"]
    insights = _insights(store, sweep_id, opened)
    told = insight_items(insights, playbook=playbook_name(opened.job.settings))
    record(store, run_id, [*profile_items(insights.profiles), *told])
    return _report(store, sweep_id, run_id, opened, insights)


def _insights(store: Store, sweep_id: str, opened: RebuiltCandidate) -> SegmentInsights:
    """What its sweep said of the segments: by the playbook that the sweep used."""
    playbook = playbook_of_sweep(store, sweep_id, opened.job.settings)
    return describe_segments(opened.customers, opened.space, opened.fit, playbook)


def _report(
    store: Store, sweep_id: str, run_id: str, opened: RebuiltCandidate | None, insights: SegmentInsights | None
) -> Written:
    if opened is not None and insights is None:
        insights = _insights(store, sweep_id, opened)
    data = gather(store, sweep_id, opened, insights, of_candidate=run_id != sweep_id)
    document = build_report(data)
    written = Written(run_id, document.title, html_page(document), markdown_text(document))
    if opened is not None:
        record(store, opened.run.info.run_id, picture_items(data.pictures_of_segments))
    record(store, run_id, report_items(written.html, written.markdown))
    return written
