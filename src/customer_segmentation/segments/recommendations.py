"""Recommendations: the playbook's actions for which a segment's profile gives the reason, and what is at stake."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from customer_segmentation.formatting import counted, figure, listed, money
from customer_segmentation.segments.claims import Claim, Row, Rows, declared_claims, rows_of
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.segments.stakes import Base, Stake
from customer_segmentation.segments.variables import OTHER_LEVELS, YES
from customer_segmentation.settings.data import Role
from customer_segmentation.settings.playbook import ActionSettings, PlaybookSettings

#: The action of a segment for which the playbook has none.
AVERAGE = "average"
AVERAGE_TEXT = "Treat as the average customer: nothing in the table calls for an action of its own"


@dataclass(frozen=True)
class Recommendation:
    """What to do about a segment, why, for whom, and what is at stake.

    Attributes
    ----------
    segment : int
    action : str
        Key of the action in the playbook; ``average`` where none applies.
    text : str
        What to do.
    because : tuple of Claim
        The figures that justify it; empty only for ``average``.
    stake : Stake or None
        The customers that it is for, and what they bring; None where only the profiles are known.
    only : dict of str to str
        Column to value: which of the segment's customers it is for; empty: all.
    at_stake : str
        ``none``, ``value`` or ``outcome``: what of ``stake`` the action is about.
    past_value : float or None
        Past value of the segment's customers, where nothing recurring is known.
    differs : str
        Where another segment has the same first action: in what the two differ.
    """

    segment: int
    action: str
    text: str
    because: tuple[Claim, ...]
    stake: Stake | None = None
    only: dict[str, str] = field(default_factory=dict)
    at_stake: str = "none"
    past_value: float | None = None
    value_name: str = ""
    unit: str = ""
    differs: str = ""

    @property
    def reason(self) -> str:
        """The figures that justify it, as a phrase."""
        return "; ".join(claim.text for claim in self.because)

    @property
    def amount(self) -> float | None:
        """Money at stake in a period; None where the action puts none at stake or the table does not say."""
        return None if self.stake is None or self.at_stake != "outcome" else self.stake.amount

    @property
    def target(self) -> str:
        """Whom it is for: "1,340 customers with Contract Month-to-Month"."""
        if self.stake is None:
            return ""
        having = listed(f"{column} {value}" for column, value in self.only.items())
        return counted(self.stake.customers, "customer") + (f" with {having}" if having else "")

    @property
    def for_whom(self) -> str:
        """What to do, and which of the segment's customers it is for where it is not for all."""
        having = listed(f"{column} {value}" for column, value in self.only.items())
        return f"{self.text} (those with {having})" if having else self.text

    @property
    def money(self) -> str:
        """What is at stake, as a sentence that says what kind of figure it is; "" where there is none."""
        if self.stake is None or self.at_stake == "none":
            return ""
        if self.at_stake == "outcome" and self.stake.sentence:
            return f"At stake: {self.stake.sentence}."
        if self.stake.brings:
            return f"They bring {self.stake.brings} now."
        if self.past_value is None or self.only:
            return ""
        past = money(self.past_value, self.unit)
        return f"They have brought {past} of {self.value_name} so far: past revenue, not a forecast."


def recommend(profiles: Profiles, playbook: PlaybookSettings, base: Base | None = None) -> tuple[Recommendation, ...]:
    """Recommend what each segment's profile supports: an action is given only where all its traits hold.

    Parameters
    ----------
    profiles : Profiles
    playbook : PlaybookSettings
    base : Base, optional
        The customers behind the profiles: whom an action is for and what is at stake are counted over them.

    Returns
    -------
    tuple of Recommendation
        By segment, and within it in the playbook's order; at least one and at most ``playbook.most_actions`` for a
        segment, unless that is 0. An action that nobody in the segment is meant for is not given.
    """
    rows = rows_of(profiles)
    found: list[Recommendation] = []
    for segment in range(profiles.k):
        traits = declared_claims(segment, profiles, rows, playbook)
        given: list[Recommendation] = []
        for key, action in playbook.actions.items():
            if len(given) >= playbook.most_actions or not _applies(action, set(traits)):
                continue
            item = _recommendation(segment, key, action, traits, profiles, base)
            if item.stake is None or item.stake.customers:
                given.append(item)
        if not given and playbook.most_actions > 0:
            stake = None if base is None else base.stake(segment)
            given = [Recommendation(segment, AVERAGE, AVERAGE_TEXT, (), stake)]
        found += given
    return tuple(_told_apart(found, profiles, rows))


def _applies(action: ActionSettings, traits: set[str]) -> bool:
    return bool(action.when) and set(action.when) <= traits and not set(action.unless) & traits


def _recommendation(
    segment: int,
    key: str,
    action: ActionSettings,
    traits: dict[str, Claim],
    profiles: Profiles,
    base: Base | None,
) -> Recommendation:
    because = tuple(traits[trait] for trait in action.because or action.when if trait in traits)
    only = {str(column): str(value) for column, value in action.only.items()}
    if base is not None and base.lacks(only):
        only = {}  # a table without that column: the whole segment
    value = profiles.value
    past = float(profiles.segments["value"].iloc[segment])
    return Recommendation(
        segment,
        key,
        action.do,
        because,
        stake=None if base is None else base.stake(segment, only),
        only=only,
        at_stake=action.at_stake,
        past_value=past if value is not None and np.isfinite(past) else None,
        value_name="" if value is None else value.name,
        unit="" if value is None else value.unit,
    )


def _told_apart(found: list[Recommendation], profiles: Profiles, rows: Rows) -> list[Recommendation]:
    """Say of segments with the same first action in what they differ."""
    firsts: dict[int, Recommendation] = {}
    for item in found:
        firsts.setdefault(item.segment, item)
    result = []
    for item in found:
        twins = [
            other.segment
            for other in firsts.values()
            if other.action == item.action and other.segment != item.segment and firsts[item.segment] is item
        ]
        result.append(replace(item, differs=_difference(item.segment, twins, profiles, rows)) if twins else item)
    return result


def _difference(segment: int, twins: list[int], profiles: Profiles, rows: Rows) -> str:
    """The variable in which a segment differs most from the nearest in number that shares its action."""
    other = min(twins, key=lambda twin: (abs(twin - segment), twin))
    best: tuple[float, Row, Row] | None = None
    for variable in profiles.variables:
        for level in variable.levels or ("",):
            own, rival = rows.get((segment, variable.name, level)), rows.get((other, variable.name, level))
            if own is None or rival is None or level == OTHER_LEVELS:
                continue
            if not np.isfinite([own.low, own.high, rival.low, rival.high]).all():
                continue
            if own.low <= rival.high and rival.low <= own.high:  # the intervals overlap: not a difference
                continue
            spread = 1.0
            if own.measure == "share":
                spread = max(float(np.sqrt(own.overall * (1 - own.overall))), 1e-9)
            size = abs(own.effect - rival.effect) / spread * (1.0 if variable.role is not Role.outcome else 0.75)
            if best is None or size > best[0]:
                best = (size, own, rival)
    if best is None:
        return f"as for segment {other}, from which nothing in the table sets it apart"
    _, own, rival = best
    share = own.measure == "share"
    subject = own.variable if own.level in ("", YES) else f"{own.variable} {own.level}"
    here, there = (figure(float(row.value), str(row.unit), share=share) for row in (own, rival))
    return f"as for segment {other}, which differs most in {subject}: {here} here, {there} there"
