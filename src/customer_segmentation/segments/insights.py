"""What is said of segments: claims with their figures, names, recommendations; all of it drawn from the profile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from customer_segmentation.formatting import figure, shortened
from customer_segmentation.segments.profile import Profiles

Direction = Literal["above", "below"]

ALL_CUSTOMERS = "all customers"
LONGEST = 60  # of a level, where it is told


@dataclass(frozen=True)
class Claim:
    """One thing that is said of a segment, with the figure that shows it.

    Attributes
    ----------
    trait : str
        Key of the trait in the playbook, or the plain trait ("high Total Revenue").
    words : str
        How it is said, e.g. "high value".
    variable, level : str
        Row of the profile; ``level`` is "" for a number.
    direction : {"above", "below"}
    value, against : float
        Mean or share of the segment, and of what it is compared with.
    measure : {"mean", "share"}
    unit : str
    effect, effect_low, effect_high : float
        Against all customers, as in the profile.
    compared_with : str
        "all customers", or the name of the segments from which it is told apart.
    told_from : tuple of int
        These segments; empty where it is compared with all customers.
    """

    trait: str
    words: str
    variable: str
    level: str
    direction: Direction
    value: float
    against: float
    measure: str
    unit: str
    effect: float
    effect_low: float
    effect_high: float
    compared_with: str = ALL_CUSTOMERS
    told_from: tuple[int, ...] = ()

    @property
    def subject(self) -> str:
        """What is compared: a column, and its level where it has several."""
        return self.variable if self.level in ("", "yes") else f"{self.variable}: {self.level}"

    @property
    def text(self) -> str:
        """The claim as a phrase, e.g. "Number of Referrals 7.2, against 2.5 of all customers"."""
        share = self.measure == "share"
        of = "among" if share else "of"
        unit = "" if self.unit.lower() in self.variable.lower().split() else self.unit  # said once is enough
        seen, other = (figure(amount, unit, share=share) for amount in (self.value, self.against))
        subject = self.subject if len(self.level) <= LONGEST else f"{self.variable}: {shortened(self.level, LONGEST)}"
        return f"{subject} {seen}, against {other} {of} {self.compared_with}"


@dataclass(frozen=True)
class SegmentName:
    """Name of a segment, and what it rests on.

    Attributes
    ----------
    segment : int
    name : str
        Unique among the segments of a candidate.
    rule : str
        Name of the playbook's rule, or "" where the name is made of the traits.
    traits : tuple of str
        All traits of the playbook that hold, in its order.
    claims : tuple of Claim
        What the name says, each with its figure. A name without claims says that nothing stands out.
    """

    segment: int
    name: str
    rule: str
    traits: tuple[str, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Recommendation:
    """What to do about a segment, why, and what is at stake.

    Attributes
    ----------
    segment : int
    action : str
        Key of the action in the playbook.
    text : str
        What to do.
    because : tuple of Claim
        The figures that justify it; never empty.
    at_stake : float or None
        In ``unit``; None where the table has no column of role value or the action puts none at stake.
    share_at_stake : float or None
        Of the value of all customers.
    stake : str
        What ``at_stake`` is, as a phrase.
    """

    segment: int
    action: str
    text: str
    because: tuple[Claim, ...]
    at_stake: float | None = None
    share_at_stake: float | None = None
    stake: str = ""
    unit: str = ""

    @property
    def reason(self) -> str:
        """The figures that justify it, as a phrase."""
        return "; ".join(claim.text for claim in self.because)


@dataclass(frozen=True)
class HighValue:
    """The customers of the segments that are worth more than the average.

    Attributes
    ----------
    segments : tuple of int
        Their value per customer is above that of all customers, interval included; the most valuable first.
    customers : DataFrame, one row a customer of these segments, the most valuable first
        ``customer`` (where the table has ids), ``row`` (position among the customers used, from 0), ``segment``,
        ``name``, ``value``, ``distance`` to the centre of its own segment in the clustered space, and ``margin``: 1 at
        that centre, 0 half way to the next one.
    share, value, value_share : float
        Share of all customers, their value in total and as a share of all value.
    """

    segments: tuple[int, ...]
    customers: pd.DataFrame
    share: float
    value: float
    value_share: float


@dataclass(frozen=True)
class Portraits:
    """Everything that is said of the segments of one candidate."""

    profiles: Profiles
    names: tuple[SegmentName, ...]
    recommendations: tuple[Recommendation, ...]
    high_value: HighValue | None
    cautions: tuple[str, ...] = field(default=())

    def of(self, segment: int) -> tuple[Recommendation, ...]:
        """Recommendations for one segment, the most urgent first."""
        return tuple(item for item in self.recommendations if item.segment == segment)

    def titled(self, segment: int) -> str:
        """Number and name of a segment."""
        return f"{segment} · {self.names[segment].name}" if segment < len(self.names) else f"{segment}"
