"""The schema of ``segment report``: of which run, where to."""

from dataclasses import dataclass, field

from customer_segmentation.settings.data import DataSettings
from customer_segmentation.settings.sweep import TrackingSettings


@dataclass
class ReportSettings:
    """The whole of ``segment report``."""

    run_id: str | None = None  # of a sweep or a candidate; null: the newest finished sweep
    output: str | None = None  # a copy: FILE.html, or FILE.md for markdown
    data: DataSettings = field(default_factory=DataSettings)  # path: where the table is now, if it has moved
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    quiet: bool = False  # say nothing in the terminal
