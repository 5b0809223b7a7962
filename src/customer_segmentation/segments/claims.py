"""What a profile shows of a segment: claims, from declared traits or in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from customer_segmentation.formatting import CURRENCIES, figure, shortened
from customer_segmentation.segments.event_words import worded
from customer_segmentation.segments.header_words import in_words, much, says_unit
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.segments.variables import OTHER_LEVELS, YES, ProfileVariable
from customer_segmentation.settings.data import Role
from customer_segmentation.settings.playbook import PlaybookSettings, TraitSettings

#: A plain trait of a share needs this part of the threshold for numbers, in shares.
SHARE_OF_PLAIN = 0.4


#: How the key of a trait begins that no playbook declares.
PLAIN = "plain:"


#: A level is told of a segment when more than half of its customers have it.
MOSTLY = 0.5


RARELY = 0.2


Row = Any


Rows = Mapping[tuple[int, str, str], Row]


Direction = Literal["above", "below"]


ALL_CUSTOMERS = "all customers"


LONGEST = 60  # of a level, where it is told


#: What a column is about stands in a name where it is no longer than this.
LONGEST_ABOUT = 28


#: Standard deviations from which a plain trait is very high or very low; share from which a level is nearly all.
STRONG, NEARLY = 1.2, 0.95


def rows_of(profiles: Profiles) -> dict[tuple[int, str, str], Row]:
    """Rows of the profile by segment, variable and level."""
    found: dict[tuple[int, str, str], Row] = {}
    for row in profiles.table.itertuples(index=False):
        found[int(row.segment), str(row.variable), str(row.level)] = row  # type: ignore[arg-type]  # a cell of a frame has no type
    return found


def claim_of(row: Row, *, trait: str, words: str, called: str = "") -> Claim:
    """A row of the profile as a claim, in the direction that its figures show.

    Parameters
    ----------
    row : one segment and variable of the profile
    trait : the playbook's key of the trait; empty where none declares it
    words : what a sentence calls it
    called : what the variable is called in a sentence; empty: by its column
    """
    return Claim(
        trait=trait,
        words=words,
        variable=row.variable,
        level=row.level,
        direction="above" if row.value > row.overall else "below",
        value=float(row.value),
        against=float(row.overall),
        measure=row.measure,
        unit=row.unit,
        effect=float(row.effect),
        effect_low=float(row.effect_low),
        effect_high=float(row.effect_high),
        called=called,
    )


def variable_of(trait: TraitSettings, profiles: Profiles) -> ProfileVariable | None:
    """What a trait speaks of, where the table has it.

    Parameters
    ----------
    trait : names a role or a column
    profiles : the table's variables
    """
    for variable in (*profiles.outcomes, *profiles.variables):  # of outcomes the one that says it best goes first
        if trait.role is not None and variable.role.value == trait.role:
            return variable
        if trait.column is not None and trait.column == variable.name:
            return variable
    return None


def holding(trait: TraitSettings, row: Row, *, lasting: float | None = None) -> bool:
    """Whether a row of the profile meets all conditions of a trait; what is undefined meets none.

    A trait that an earlier fit had (``lasting`` given: the part of the threshold that it must still reach) holds while
    the difference reaches that part, or its 95 % interval the whole, and the interval excludes zero. Otherwise
    a segment near the edge would be renamed after every refit, though nothing has changed.

    Parameters
    ----------
    trait : its conditions; those that it leaves open are met
    row : one segment and variable of the profile
    lasting : part of the threshold, 0 to 1; None: the trait is new and must reach all of it
    """
    most, least, highest, lowest = _reach(row, lasting=lasting)
    # Where few customers have most of it, a standard deviation is so wide that no segment reaches a part of it.
    times, factor = float("nan"), 1.0
    if trait.times is not None and row.overall > 0:
        times, factor = row.value / row.overall, 1 + (trait.times - 1) * (1 if lasting is None else lasting)
    conditions = [
        None if trait.above is None else (most >= trait.above or times >= factor) and row.effect_low > 0,
        None if trait.below is None else (least <= -trait.below or times <= 1 / factor) and row.effect_high < 0,
        None if trait.at_least is None else highest >= trait.at_least,
        None if trait.at_most is None else lowest <= trait.at_most,
    ]
    asked = [bool(condition) for condition in conditions if condition is not None]
    return bool(asked) and all(asked)


def declared_claims(
    segment: int, profiles: Profiles, rows: Rows, playbook: PlaybookSettings, *, lasting: float | None = None
) -> dict[str, Claim]:
    """Traits of the playbook that hold for a segment, in the playbook's order, with their figures (see `holding`).

    Parameters
    ----------
    segment : its number, from 0
    profiles : the variables that traits speak of
    rows : rows of the profile by segment, variable and level
    playbook : the traits
    lasting : see `holding`
    """
    found = {}
    for key, trait in playbook.traits.items():
        variable = variable_of(trait, profiles)
        if variable is None:
            continue
        level = "" if variable.kind == "number" else trait.level or (variable.levels[0] if variable.levels else "")
        row = rows.get((segment, variable.name, level))
        if row is not None and holding(trait, row, lasting=lasting):
            words = worded(trait.words or key.replace("_", " "), variable, level)
            found[key] = claim_of(row, trait=key, words=words, called=variable.rate_name if variable.event else "")
    return found


def plain_claims(
    segment: int, profiles: Profiles, rows: Rows, playbook: PlaybookSettings, *, lasting: float | None = None
) -> list[Claim]:
    """What stands out of the clustering features that no trait of the playbook covers, strongest first.

    Parameters
    ----------
    segment : its number, from 0
    profiles : the variables of the table
    rows : rows of the profile by segment, variable and level
    playbook : the traits, whose variables are left out here
    lasting : see `holding`
    """
    spoken = {variable.name for trait in playbook.traits.values() if (variable := variable_of(trait, profiles))}
    found = []
    for variable in profiles.variables:
        if variable.name in spoken or variable.role is Role.outcome or not variable.feature:
            continue
        name = shortened(spoken_name(variable))
        for level in variable.levels or ("",):
            row = rows.get((segment, variable.name, level))
            if row is None or level == OTHER_LEVELS:
                continue
            told = plain_words(row, name, level, playbook.plain, lasting=lasting)
            if told:
                direction, words = told
                found.append(claim_of(row, trait=f"{PLAIN}{direction}:{variable.name}:{level}", words=words))
    return sorted(found, key=lambda claim: -abs(claim.effect) * (1 / SHARE_OF_PLAIN if claim.measure == "share" else 1))


def _reach(row: Row, *, lasting: float | None) -> tuple[float, float, float, float]:
    """Highest and lowest effect, and value, to be held against the thresholds.

    The figures themselves; of a trait that lasts the ends of their intervals, and the effect as a multiple of the part
    of the threshold that is asked of it. A bound on the value itself ("mostly") is never eased.
    """
    if lasting is None:
        return row.effect, row.effect, row.value, row.value
    return (
        float(np.fmax(row.effect / lasting, row.effect_high)),
        float(np.fmin(row.effect / lasting, row.effect_low)),
        float(np.fmax(row.value, row.high)),
        float(np.fmin(row.value, row.low)),
    )


def spoken_name(variable: ProfileVariable) -> str:
    """Name of a variable as a reader says it: what the contract says it is about, where short; else its header."""
    about = variable.about.strip().rstrip(".")
    if 0 < len(about) <= LONGEST_ABOUT and variable.kind == "number":
        return about[:1].lower() + about[1:]
    return in_words(variable.name, variable.unit)


def plain_words(row: Row, name: str, level: str, threshold: float, *, lasting: float | None) -> tuple[str, str] | None:
    """Direction of what stands out, and its words, with the strength; None where nothing does.

    Parameters
    ----------
    row : one segment and variable of the profile
    name, level : how the variable is called, and its level
    threshold : standard deviations from which a number is told; of a share `SHARE_OF_PLAIN` of it
    lasting : see `holding`
    """
    most, least, highest, lowest = _reach(row, lasting=lasting)
    if row.measure == "mean":
        if most >= threshold and row.effect_low > 0:
            return "high", much(name, above=True, strong=row.effect >= STRONG)
        if least <= -threshold and row.effect_high < 0:
            return "low", much(name, above=False, strong=row.effect <= -STRONG)
        return None
    what = name if level == YES else f"{shortened(level)} ({name})"
    if most >= threshold * SHARE_OF_PLAIN and row.effect_low > 0 and highest > MOSTLY:
        return "mostly", f"{'nearly all' if row.value >= NEARLY else 'mostly'} {what}"
    if least <= -threshold * SHARE_OF_PLAIN and row.effect_high < 0 and lowest < RARELY:
        return "rarely", f"{'hardly any' if row.value <= 1 - NEARLY else 'rarely'} {what}"
    return None


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
    called : str
        What the share of an outcome is called, such as churn rate; "" where the contract does not say.
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
    called: str = ""

    @property
    def subject(self) -> str:
        """What is compared: a column, and its level where it has several; of an outcome its rate."""
        if self.called:
            return self.called
        return self.variable if self.level in ("", "yes") else f"{self.variable}: {self.level}"

    @property
    def text(self) -> str:
        """The claim as a phrase, e.g. "Number of Referrals 7.2, against 2.5 of all customers"."""
        share = self.measure == "share"
        of = "among" if share else "of"
        spoken = self.unit[:1] in CURRENCIES or not says_unit(self.variable, self.unit)  # said once is enough
        unit = self.unit if spoken else ""
        seen, other = (figure(amount, unit, share=share) for amount in (self.value, self.against))
        subject = (
            self.subject
            if self.called or len(self.level) <= LONGEST
            else f"{self.variable}: {shortened(self.level, LONGEST)}"
        )
        return f"{subject} {seen}, against {other} {of} {self.compared_with}"
