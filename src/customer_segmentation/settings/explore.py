"""The schema of ``segment explore``: which table, what of it is shown, which hypotheses are tested, where it goes."""

from dataclasses import dataclass, field

from customer_segmentation.settings.data import DataSettings
from customer_segmentation.settings.sweep import ExplorationSettings, HypothesesSettings, TrackingSettings


@dataclass
class ExploreSettings:
    """The whole of ``segment explore``."""

    data: DataSettings = field(default_factory=DataSettings)
    exploration: ExplorationSettings = field(default_factory=ExplorationSettings)
    hypotheses: HypothesesSettings = field(default_factory=HypothesesSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    confidence: float = 0.95  # of all intervals; a hypothesis is tested at 1 - confidence
    name: str | None = None  # of the run; null: made from the table's name
    quiet: bool = False  # say nothing in the terminal
