"""The schemas of ``segment promote``, ``rollback`` and ``history``."""

from dataclasses import dataclass, field

from customer_segmentation.settings.data import DataSettings
from customer_segmentation.settings.tracking import TrackingSettings


@dataclass
class PromotionSettings:
    """One file of ``conf/promotion/``: the tests of the gate with their thresholds; null leaves a test out."""

    about: str = ""
    smallest_share: float | None = 0.05  # of the customers, in the smallest segment
    # Adjusted Rand index of the segments with those found on random halves of the customers: the mean of all halves,
    # and the worst, because the mean hides a candidate that flips between two optima.
    stability: float | None = 0.9
    stability_worst: float | None = 0.75
    resamples: int = 20  # splits into halves
    # How much less of the reference space than the champion a candidate may explain, on the same customers.
    yardstick_margin: float | None = 0.02
    agreement: float | None = 0.5  # adjusted Rand index with the champion's segments of the same customers
    max_unlabelled_share: float | None = 0.01  # share of the candidate's customers whom the champion may fail to label
    loads_back: str = "fresh_process"  # fresh_process | clean_environment: made from the model's requirements alone
    # Customers that a segment and the champion's must have in common, of those in either, to be the same segment.
    same_segment: float = 0.5


@dataclass
class PromoteSettings:
    """The whole of ``segment promote``."""

    promotion: PromotionSettings = field(default_factory=PromotionSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    data: DataSettings = field(default_factory=DataSettings)  # path: where the sweep's table is now
    run_id: str | None = None  # of a candidate, or of a sweep for its chosen one; null: the newest finished sweep's
    model: str = "customer-segmentation"  # name in the registry
    alias: str = "champion"  # champion | challenger: stop before the champion is replaced
    force: bool = False  # promote although tests fail
    reason: str | None = None  # kept in the history; required with force
    quiet: bool = False  # say nothing but errors


@dataclass
class RollbackSettings:
    """The whole of ``segment rollback``."""

    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    model: str = "customer-segmentation"
    version: int | None = None  # null: the champion that the present one replaced
    reason: str | None = None  # required; kept in the history
    quiet: bool = False


@dataclass
class HistorySettings:
    """The whole of ``segment history``."""

    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    model: str = "customer-segmentation"
