"""Recommendations: the playbook's actions for which a segment's profile gives the reason, and what is at stake."""

from __future__ import annotations

import math
from dataclasses import dataclass

from customer_segmentation.formatting import figure, money
from customer_segmentation.segments.claims import Claim, declared_claims, rows_of
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.settings.playbook import ActionSettings, PlaybookSettings


def recommend(profiles: Profiles, playbook: PlaybookSettings) -> tuple[Recommendation, ...]:
    """Recommend what each segment's profile supports: an action is given only where all its traits hold.

    Parameters
    ----------
    profiles : Profiles
    playbook : PlaybookSettings

    Returns
    -------
    tuple of Recommendation
        By segment, and within it in the playbook's order; at most ``playbook.most_actions`` for a segment.
    """
    rows = rows_of(profiles)
    found: list[Recommendation] = []
    for segment in range(profiles.k):
        traits = declared_claims(segment, profiles, rows, playbook)
        actions = [
            (key, action)
            for key, action in playbook.actions.items()
            if action.when and set(action.when) <= set(traits) and not set(action.unless) & set(traits)
        ]
        for key, action in actions[: playbook.most_actions]:
            because = tuple(traits[trait] for trait in action.because or action.when if trait in traits)
            amount, share, stake, unit = _at_stake(segment, action, profiles)
            found.append(Recommendation(segment, key, action.do, because, amount, share, stake, unit))
    return tuple(found)


def _at_stake(segment: int, action: ActionSettings, profiles: Profiles) -> tuple[float | None, float | None, str, str]:
    """Value at stake, as an amount and as a share of all value, and what it is."""
    variable = profiles.value
    total = float(profiles.segments["value"].sum())
    amount = float(profiles.segments["value"].iloc[segment])
    if action.at_stake == "none" or variable is None or not math.isfinite(total) or total <= 0:
        return None, None, "", ""
    customers = int(profiles.segments["customers"].iloc[segment])
    if action.at_stake == "value":
        text = f"{money(amount, variable.unit)} of {variable.name} that its {customers:,} customers have brought"
        return amount, amount / total, text, variable.unit
    outcome = next(iter(profiles.outcomes), None)
    row = None if outcome is None or not outcome.levels else profiles.row(segment, outcome.name, outcome.levels[0])
    if row is None or not math.isfinite(row["value"]):
        return None, None, "", ""
    rate = float(row["value"])
    event = event_of_row(row["variable"], row["level"])
    text = (
        f"{money(amount * rate, variable.unit)}: {figure(rate, share=True)} ({event}, the share seen) of the "
        f"{money(amount, variable.unit)} of {variable.name} that its {customers:,} customers have brought"
    )
    return amount * rate, amount * rate / total, text, variable.unit


def event_of_row(variable: str, level: str) -> str:
    """What an outcome counts, as "Customer Status: Churned" or "Churn"."""
    return variable if level in ("", "yes") else f"{variable}: {level}"


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
