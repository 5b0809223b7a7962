"""The schemas of ``segment promote``, ``rollback`` and ``history``."""

from dataclasses import dataclass, field, fields

from customer_segmentation.formatting import listed
from customer_segmentation.settings.data import AS_THE_RUN, DataSettings
from customer_segmentation.settings.engine import EngineAddress
from customer_segmentation.settings.limits import limited
from customer_segmentation.settings.registry import settings_of
from customer_segmentation.settings.tracking import TrackingSettings


@dataclass
class PromotionSettings:
    """One file of ``conf/promotion/``: the tests of the gate with their thresholds; null leaves a test out."""

    about: str = ""  # what it is, in a line for people
    smallest_share: float | None = limited(0.05, at_least=-1, at_most=1)  # of the customers, in the smallest segment
    # Adjusted Rand index of the segments with those found on random halves of the customers, the mean of all halves.
    stability: float | None = limited(0.9, at_least=-1, at_most=1)
    # A half under this ends elsewhere; the share of halves that may, because the mean hides a candidate that switches
    # between two optima. A share does not depend on how many halves are looked at.
    stability_half: float = limited(0.75, at_least=-1, at_most=1)
    # share of the halves that may end elsewhere
    max_switching: float | None = limited(0.05, at_least=0, at_most=1)
    resamples: int = limited(20, at_least=1)  # splits into halves
    # How much less of the reference space than the champion a candidate may explain, on the same customers.
    yardstick_margin: float | None = limited(0.02, at_least=0, at_most=1, such_as="0.02")
    # adjusted Rand index with the champion's segments of the same customers
    agreement: float | None = limited(0.5, at_least=-1, at_most=1)
    # share of the candidate's customers whom the champion may fail to label
    max_unlabelled_share: float | None = limited(0.01, at_least=-1, at_most=1)
    # clean_environment: made from the model's requirements alone
    loads_back: str = limited("fresh_process", choices=("fresh_process", "clean_environment"))
    # Customers that a segment and the champion's must have in common, of those in either, to be the same segment.
    same_segment: float = limited(0.5, at_least=-1, at_most=1)


@settings_of("promote")
@dataclass
class PromoteSettings:
    """The whole of ``segment promote``."""

    promotion: PromotionSettings = field(default_factory=PromotionSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    # path: where the sweep's table is now
    data: DataSettings = field(default_factory=DataSettings, metadata={"reads": ("path",), "because": AS_THE_RUN})
    engine: EngineAddress = field(default_factory=EngineAddress)
    run_id: str | None = None  # of a candidate, or of a sweep for its chosen one; null: the last one's
    model: str = limited("customer-segmentation", filled=True, without="/:'")  # name in the registry
    # challenger: stop before the champion is replaced
    alias: str = limited("champion", choices=("champion", "challenger"))
    # promote although tests fail
    force: bool = limited(False, needs={True: ("reason", "which is kept in the history")})
    reason: str | None = None  # kept in the history; required with force
    quiet: bool = False  # say nothing but errors

    def unread_for_champion(self) -> tuple[str, ...]:
        """What was asked for that changes nothing where the candidate is the champion already, a sentence or none."""
        usual = PromotionSettings(about=self.promotion.about)
        gate = [
            field.name for field in fields(usual) if getattr(self.promotion, field.name) != getattr(usual, field.name)
        ]
        remote = None if self.data.path else self.engine.remote  # a table that is named is read, and compared
        values = {"engine.remote": remote, "force": self.force}
        said = [*(f"promotion.{name}" for name in gate), *(key for key, value in values.items() if value)]
        said += [*(["alias"] if self.alias != "champion" else []), *(["reason"] if self.reason else [])]
        if not said:
            return ()
        return (f"It is not examined again, so that what was asked for by {listed(said)} changes nothing.",)


@settings_of("rollback")
@dataclass
class RollbackSettings:
    """The whole of ``segment rollback``."""

    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    model: str = limited("customer-segmentation", filled=True, without="/:'")  # name in the registry
    version: int | None = None  # null: the champion that the present one replaced
    # kept in the history
    reason: str | None = limited(None, required="a rollback needs reason=TEXT, which is kept in the history")
    quiet: bool = False  # say nothing but errors


@settings_of("history")
@dataclass
class HistorySettings:
    """The whole of ``segment history``."""

    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    model: str = limited("customer-segmentation", filled=True, without="/:'")  # name in the registry
