"""Names from the profile: by the playbook's rules, else from the traits; unique, whatever the numbering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from customer_segmentation.formatting import counted, shortened
from customer_segmentation.segments.claims import (
    PLAIN,
    Claim,
    Row,
    Rows,
    claim_of,
    declared_claims,
    holding,
    plain_claims,
    plain_words,
    rows_of,
    variable_of,
)
from customer_segmentation.segments.header_words import in_words
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.segments.segment_name import SegmentName
from customer_segmentation.segments.variables import OTHER_LEVELS
from customer_segmentation.settings.data import Role
from customer_segmentation.settings.playbook import NameSettings, PlaybookSettings

AVERAGE = "Close to the average"
MOST_WORDS = 3  # traits in a name that no rule gives


@dataclass(frozen=True)
class NameChange:
    """A segment that could not keep its name, and why."""

    segment: int
    before: str
    after: str
    why: str


def name_segments(profiles: Profiles, playbook: PlaybookSettings) -> tuple[SegmentName, ...]:
    """Name every segment of a candidate.

    The first rule of the playbook whose traits hold gives the name; where none does, the traits that hold make it, the
    declared ones first, then features that stand out. Segments of one name are told apart by the variable in which they
    differ most.

    Parameters
    ----------
    profiles : Profiles
    playbook : PlaybookSettings

    Returns
    -------
    tuple of SegmentName
        By segment; names are unique.
    """
    rows = rows_of(profiles)
    first = [_named(segment, profiles, rows, playbook) for segment in range(profiles.k)]
    return _unique(first, profiles, rows)


def carry_names(
    previous: Sequence[SegmentName], matched: Mapping[int, int], profiles: Profiles, playbook: PlaybookSettings
) -> tuple[tuple[SegmentName, ...], tuple[NameChange, ...]]:
    """Carry names across a refit: a segment keeps its name while the new figures bear out what the name says.

    What a name says must still reach the playbook's ``lasting`` part of its threshold (see `traits.holding`), so that a
    segment near the threshold is not called otherwise after every refit.

    Parameters
    ----------
    previous : sequence of SegmentName
        Names before.
    matched : mapping of int to int
        Segment of the new profiles to the segment of ``previous`` that it continues; others are new.
    profiles : Profiles
        After the refit.
    playbook : PlaybookSettings

    Returns
    -------
    names : tuple of SegmentName
        By segment; unique. Claims carry the new figures.
    changes : tuple of NameChange
        Segments that had to be renamed.
    """
    rows = rows_of(profiles)
    before = {name.segment: name for name in previous}
    now = {old: new for new, old in matched.items()}
    kept: dict[int, SegmentName] = {}
    reasons: dict[int, str] = {}
    for new in range(profiles.k):
        old = before.get(matched.get(new, -1))
        if old is None:
            continue
        claims, why = _still(old, new, now, profiles, rows, playbook)
        if why:
            reasons[new] = why
        else:
            traits = tuple(declared_claims(new, profiles, rows, playbook))
            kept[new] = SegmentName(new, old.name, old.rule, traits, claims)
    fresh = [_named(segment, profiles, rows, playbook) for segment in range(profiles.k) if segment not in kept]
    renamed = {name.segment: name for name in _unique(fresh, profiles, rows, taken=list(kept.values()))}
    names = tuple((kept | renamed)[segment] for segment in range(profiles.k))
    changes = tuple(
        NameChange(new, before[matched[new]].name, renamed[new].name, why)
        for new, why in reasons.items()
        if renamed[new].name != before[matched[new]].name
    )
    return names, changes


def rule_holds(rule: NameSettings, traits: Mapping[str, Claim]) -> bool:
    """Whether a segment with these traits may bear the rule's name.

    Parameters
    ----------
    rule : traits that a segment must have, and those that it must not
    traits : traits of the segment
    """
    return bool(rule.when) and set(rule.when) <= set(traits) and not set(rule.unless) & set(traits)


def _named(segment: int, profiles: Profiles, rows: Rows, playbook: PlaybookSettings) -> SegmentName:
    declared = declared_claims(segment, profiles, rows, playbook)
    for rule in playbook.names:
        if rule_holds(rule, declared):
            claims = tuple(declared[key] for key in rule.when)
            return SegmentName(segment, rule.name, rule.name, tuple(declared), claims)
    outcomes = {variable.name for variable in profiles.outcomes}
    every = [*declared.values(), *plain_claims(segment, profiles, rows, playbook)]
    # One variable, one word: "low" and "lowest fifth", or "all on one plan, none on another", say one thing twice.
    single = list({claim.variable: claim for claim in reversed(every)}.values())[::-1]
    # Who they are and what they do comes before what becomes of them, which is told last and at most once.
    became = [claim for claim in single if claim.variable in outcomes][:1]
    spoken = [claim for claim in single if claim.variable not in outcomes][: MOST_WORDS - len(became)] + became
    words = ", ".join(claim.words for claim in spoken)
    name = words[:1].upper() + words[1:] if words else AVERAGE
    return SegmentName(segment, name, "", tuple(declared), tuple(spoken))


def _unique(
    names: Sequence[SegmentName], profiles: Profiles, rows: Rows, taken: Sequence[SegmentName] = ()
) -> tuple[SegmentName, ...]:
    """Tell segments of one name apart; ``taken`` are names that stay as they are."""
    groups: dict[str, list[SegmentName]] = {}
    for name in names:
        groups.setdefault(name.name, []).append(name)
    found: list[SegmentName] = []
    for base, group in groups.items():
        # A name that is taken by another segment: the new one is told apart from that one as well.
        rivals = [name for name in taken if name.name == base or name.rule == base]
        apart = _apart([*group, *rivals], profiles, rows, used=())
        found += [name for name in apart if name.segment in {item.segment for item in group}]
    found.sort(key=lambda name: name.segment)
    return tuple(_by_size(found, profiles, {name.name for name in taken}))


def _apart(group: Sequence[SegmentName], profiles: Profiles, rows: Rows, *, used: tuple[str, ...]) -> list[SegmentName]:
    """Split segments of one name at the widest gap of the variable in which they differ most, until each is alone."""
    if len(group) < 2:
        return list(group)
    split = _widest_gap([name.segment for name in group], profiles, rows, used)
    if split is None:
        return list(group)
    lower, upper, variable, level = split
    result: list[SegmentName] = []
    for side, members, others in (("lower", lower, upper), ("higher", upper, lower)):
        told = [
            _with_difference(name, rows, variable, level, side, others) for name in group if name.segment in members
        ]
        result += _apart(told, profiles, rows, used=(*used, f"{variable}:{level}"))
    return result


def _widest_gap(
    segments: Sequence[int], profiles: Profiles, rows: Rows, used: tuple[str, ...]
) -> tuple[list[int], list[int], str, str] | None:
    """Return the two sides, the variable and its level; None where no variable tells them apart beyond intervals."""
    best: tuple[tuple[bool, float], list[int], list[int], str, str] | None = None
    for variable in profiles.variables:
        if variable.role is Role.outcome:
            continue
        for level in variable.levels or ("",):
            if f"{variable.name}:{level}" in used or level == OTHER_LEVELS:
                continue
            own = {segment: rows.get((segment, variable.name, level)) for segment in segments}
            if any(row is None or not np.isfinite([row.value, row.low, row.high]).all() for row in own.values()):
                continue
            known: dict[int, Row] = {segment: row for segment, row in own.items() if row is not None}
            ordered = sorted(segments, key=lambda segment: (known[segment].value, known[segment].customers))
            for at in range(1, len(ordered)):
                below, above = known[ordered[at - 1]], known[ordered[at]]
                if max(known[segment].high for segment in ordered[:at]) >= min(
                    known[segment].low for segment in ordered[at:]
                ):
                    continue
                spread = 1.0
                if below.measure == "share":  # as many standard deviations as the numbers
                    spread = max(float(np.sqrt(below.overall * (1 - below.overall))), 1e-9)
                score = (bool(variable.feature), (above.effect - below.effect) / spread)
                if best is None or score > best[0]:
                    best = (score, ordered[:at], ordered[at:], variable.name, level)
    return None if best is None else best[1:]


def _with_difference(
    name: SegmentName, rows: Rows, variable: str, level: str, side: str, others: Sequence[int]
) -> SegmentName:
    row = rows[(name.segment, variable, level)]
    rivals = [rows[(other, variable, level)] for other in others]
    weights = np.array([rival.customers for rival in rivals], dtype=float)
    against = float(np.average([rival.value for rival in rivals], weights=weights))
    claim = claim_of(row, trait=f"told:{side}:{variable}:{level}", words="")
    word = side if level == "" else {"lower": "fewer with", "higher": "more with"}[side]
    words = f"{word} {shortened(in_words(claim.subject))}"
    claim = replace(
        claim,
        words=words,
        direction="below" if side == "lower" else "above",
        against=against,
        compared_with=f"the other “{name.name}”",
        told_from=tuple(sorted(others)),
    )
    return replace(name, name=f"{name.name}, {words}", claims=(*name.claims, claim))


def _by_size(names: Sequence[SegmentName], profiles: Profiles, taken: set[str]) -> list[SegmentName]:
    """Tell apart what no variable could: by the number of customers, then by letters."""
    counts = profiles.segments["customers"].tolist()
    result: list[SegmentName] = []
    seen = set(taken)
    total = {name.name: sum(other.name == name.name for other in names) for name in names}
    for name in sorted(names, key=lambda item: (item.name, -counts[item.segment])):
        text = name.name
        if total[name.name] > 1 or text in seen:
            text = f"{name.name} ({counted(counts[name.segment], 'customer')})"
        plain, letter = text, ord("b")
        while text in seen:
            text, letter = f"{plain} {chr(letter)}", letter + 1
        seen.add(text)
        result.append(replace(name, name=text))
    return sorted(result, key=lambda item: item.segment)


def _still(  # noqa: C901 - one case after the other
    old: SegmentName, new: int, now: Mapping[int, int], profiles: Profiles, rows: Rows, playbook: PlaybookSettings
) -> tuple[tuple[Claim, ...], str]:
    """Claims of a name with today's figures, and "" or why the name cannot be kept."""
    declared = declared_claims(new, profiles, rows, playbook)
    plain = {claim.trait: claim for claim in plain_claims(new, profiles, rows, playbook)}
    lasting = {
        **declared_claims(new, profiles, rows, playbook, lasting=playbook.lasting),
        **{claim.trait: claim for claim in plain_claims(new, profiles, rows, playbook, lasting=playbook.lasting)},
    }
    if old.rule:
        rule = next((item for item in playbook.names if item.name == old.rule), None)
        if rule is None:
            return (), f"the playbook no longer has the name {old.rule!r}"
        barred = [key for key in rule.unless if key in declared]
        if barred:
            return (), f"{declared[barred[0]].words} now: {declared[barred[0]].text}"
        lost = [key for key in rule.when if key not in lasting]
        if lost and not any(claim.trait == lost[0] for claim in old.claims):
            return (), f"its rule asks for {lost[0].replace('_', ' ')} now"
    elif not old.claims and (declared or plain):
        claim = next(iter({**declared, **plain}.values()))
        return (), f"{claim.words} now: {claim.text}"
    claims: list[Claim] = []
    for claim in old.claims:
        row = rows.get((new, claim.variable, claim.level))
        if row is None:
            return (), f"{claim.subject} is no longer known"
        if claim.told_from:
            rivals = [rows[(now[other], claim.variable, claim.level)] for other in claim.told_from if other in now]
            sign = 1 if claim.direction == "above" else -1
            if len(rivals) < len(claim.told_from) or any(sign * (row.value - rival.value) <= 0 for rival in rivals):
                return (), f"{claim.words} no longer distinguishes it from the other segments"
            weights = np.array([rival.customers for rival in rivals], dtype=float)
            against = float(np.average([rival.value for rival in rivals], weights=weights))
            told_from = tuple(sorted(now[other] for other in claim.told_from))
            renewed = claim_of(row, trait=claim.trait, words=claim.words, called=claim.called)
            claims.append(
                replace(
                    renewed,
                    direction=claim.direction,
                    against=against,
                    compared_with=claim.compared_with,
                    told_from=told_from,
                )
            )
            continue
        held = lasting.get(claim.trait)
        if held is None:
            return (), _lost(claim, row, profiles, playbook)
        claims.append(held)
    return tuple(claims), ""


def _lost(claim: Claim, row: Row, profiles: Profiles, playbook: PlaybookSettings) -> str:
    """Why a claim cannot be made any more: the playbook asks for something else, or the figures have changed.

    Parameters
    ----------
    claim : as it was made, with its figures of then
    row : today's figures
    profiles : the variables that traits speak of
    playbook : of today
    """
    today = claim_of(row, trait=claim.trait, words=claim.words, called=claim.called)
    trait = playbook.traits.get(claim.trait)
    if trait is None and not claim.trait.startswith(PLAIN):
        return f"the playbook no longer has the trait {claim.trait!r}"
    then = SimpleNamespace(
        measure=claim.measure,
        value=claim.value,
        low=claim.value,
        high=claim.value,
        effect=claim.effect,
        effect_low=claim.effect_low,
        effect_high=claim.effect_high,
    )
    if trait is None:
        allowed = plain_words(then, "", claim.level, playbook.plain, lasting=playbook.lasting) is not None
    else:
        about = variable_of(trait, profiles)
        allowed = about is not None and about.name == claim.variable
        allowed = allowed and holding(trait, then, lasting=playbook.lasting)
    if not allowed:
        return f"the playbook asks for more to say {claim.words!r} now: {today.text}"
    return f"{claim.words} no longer holds: {today.text}"
