"""The schema of ``segment explore``: which table, what of it is shown, which hypotheses are tested, where it goes."""

from dataclasses import dataclass, field
from typing import Any

from customer_segmentation.settings.data import DataSettings
from customer_segmentation.settings.sweep import ExplorationSettings, TrackingSettings


@dataclass
class HypothesesSettings:
    """One file of ``conf/hypotheses/``: what is expected of the customers, before looking."""

    about: str = ""
    # variable -> {one operation of the feature grammar, unit}, beside those of exploration.correlate
    variables: dict[str, Any] = field(default_factory=dict)
    # x goes with y, each the name of a variable or a column: {x, y, given: [what may explain it, for a partial
    # correlation], direction: positive | negative | either (of y where x is larger), caution: a sentence for readers}
    tests: Any = field(default_factory=list)


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
