"""The schema of ``segment migrate``: which two candidates."""

from dataclasses import dataclass, field

from customer_segmentation.settings.sweep import TrackingSettings


@dataclass
class MigrateSettings:
    """The whole of ``segment migrate``."""

    run_id: str | None = None  # before: a candidate, or a sweep for its chosen one
    other: str | None = None  # after
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    quiet: bool = False  # say nothing in the terminal
