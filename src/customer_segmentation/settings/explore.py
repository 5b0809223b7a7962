"""The schema of ``segment explore``: which table, what of it is shown, which hypotheses are tested, where it goes."""

from dataclasses import dataclass, field
from typing import Any

from customer_segmentation.settings.data import DataSettings
from customer_segmentation.settings.sweep import ExplorationSettings, TrackingSettings


@dataclass
class HypothesisSettings:
    """One hypothesis: ``x`` goes with ``y``. A name is a declared variable or a column."""

    x: str = ""
    y: str = ""
    given: list[str] = field(default_factory=list)  # what may explain the relation: a partial correlation is added
    direction: str = "positive"  # positive | negative | either: of y where x is larger
    caution: str = ""  # what a reader must know, a sentence


@dataclass
class HypothesesSettings:
    """One file of ``conf/hypotheses/``: what is expected of the customers, before looking."""

    about: str = ""
    # variable -> {one operation of the feature grammar, unit}, beside those of exploration.correlate
    variables: dict[str, Any] = field(default_factory=dict)
    tests: list[HypothesisSettings] = field(default_factory=list)


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
