"""Traits: what of a profile is worth a word. A trait holds or it does not, and carries its figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from customer_segmentation.formatting import shortened
from customer_segmentation.segments.insights import Claim
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.segments.variables import OTHER_LEVELS, YES, Variable
from customer_segmentation.settings.data import Role
from customer_segmentation.settings.playbook import PlaybookSettings, TraitSettings

#: A plain trait of a share needs this part of the threshold for numbers, in shares.
SHARE_OF_PLAIN = 0.4
#: A level is told of a segment when more than half of its customers have it.
MOSTLY = 0.5
RARELY = 0.2

Row = Any
Rows = Mapping[tuple[int, str, str], Row]


def rows_of(profiles: Profiles) -> dict[tuple[int, str, str], Row]:
    """Rows of the profile by segment, variable and level."""
    found: dict[tuple[int, str, str], Row] = {}
    for row in profiles.table.itertuples(index=False):
        found[int(row.segment), str(row.variable), str(row.level)] = row  # type: ignore[arg-type]
    return found


def claim_of(row: Row, *, trait: str, words: str) -> Claim:
    """A row of the profile as a claim, in the direction that its figures show."""
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
    )


def variable_of(trait: TraitSettings, profiles: Profiles) -> Variable | None:
    """What a trait speaks of, where the table has it."""
    for variable in profiles.variables:
        if trait.role is not None and variable.role.value == trait.role:
            return variable
        if trait.column is not None and trait.column == variable.name:
            return variable
    return None


def holding(trait: TraitSettings, row: Row, *, lasting: float | None = None) -> bool:
    """Whether a row of the profile meets all conditions of a trait; what is undefined meets none.

    A trait that an earlier fit had (``lasting`` given: the part of the threshold that it must still reach) holds while
    the difference reaches that part, or its 95 % interval the whole, and the interval excludes no difference. Otherwise
    a segment near the edge would be called otherwise after every refit, though nothing has changed.
    """
    most, least, highest, lowest = _reach(row, lasting=lasting)
    conditions = [
        None if trait.above is None else most >= trait.above and row.effect_low > 0,
        None if trait.below is None else least <= -trait.below and row.effect_high < 0,
        None if trait.at_least is None else highest >= trait.at_least,
        None if trait.at_most is None else lowest <= trait.at_most,
    ]
    asked = [bool(condition) for condition in conditions if condition is not None]
    return bool(asked) and all(asked)


def declared_claims(
    segment: int, profiles: Profiles, rows: Rows, playbook: PlaybookSettings, *, lasting: float | None = None
) -> dict[str, Claim]:
    """Traits of the playbook that hold for a segment, in the playbook's order, with their figures (see `holding`)."""
    found = {}
    for key, trait in playbook.traits.items():
        variable = variable_of(trait, profiles)
        if variable is None:
            continue
        level = "" if variable.kind == "number" else trait.level or (variable.levels[0] if variable.levels else "")
        row = rows.get((segment, variable.name, level))
        if row is not None and holding(trait, row, lasting=lasting):
            claim = claim_of(row, trait=key, words="")
            words = (trait.words or key.replace("_", " ")).format(variable=variable.name, event=event_of(claim))
            found[key] = claim_of(row, trait=key, words=words)
    return found


def event_of(claim: Claim) -> str:
    """What a share counts, in a word: the level, or the column of a yes/no."""
    return claim.variable if claim.level in ("", YES) else claim.level


def plain_claims(
    segment: int, profiles: Profiles, rows: Rows, playbook: PlaybookSettings, *, lasting: float | None = None
) -> list[Claim]:
    """What stands out of the features that drew the segments and that the playbook is silent about, strongest first."""
    spoken = {variable.name for trait in playbook.traits.values() if (variable := variable_of(trait, profiles))}
    found = []
    for variable in profiles.variables:
        if variable.name in spoken or variable.role is Role.outcome or not variable.feature:
            continue
        name = shortened(variable.name)
        for level in variable.levels or ("",):
            row = rows.get((segment, variable.name, level))
            if row is None or level == OTHER_LEVELS:
                continue
            words = _plain_words(row, name, level, playbook.plain, lasting=lasting)
            if words:
                found.append(claim_of(row, trait=f"plain:{words.split()[0]}:{variable.name}:{level}", words=words))
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


def _plain_words(row: Row, name: str, level: str, threshold: float, *, lasting: float | None) -> str:
    most, least, highest, lowest = _reach(row, lasting=lasting)
    if row.measure == "mean":
        if most >= threshold and row.effect_low > 0:
            return f"high {name}"
        return f"low {name}" if least <= -threshold and row.effect_high < 0 else ""
    what = name if level == YES else f"{shortened(level)} ({name})"
    if most >= threshold * SHARE_OF_PLAIN and row.effect_low > 0 and highest > MOSTLY:
        return f"mostly {what}"
    if least <= -threshold * SHARE_OF_PLAIN and row.effect_high < 0 and lowest < RARELY:
        return f"rarely {what}"
    return ""
