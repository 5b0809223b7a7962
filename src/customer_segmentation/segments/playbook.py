"""A playbook is checked before any work: a rule that can never hold would be silent for ever."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping

from customer_segmentation.errors import SettingsError
from customer_segmentation.segments.stakes import recurring_column
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role
from customer_segmentation.settings.playbook import STAKES, PlaybookSettings, TraitSettings

_ROLES = ("value", "outcome")
_WORDS = re.compile(r"(?:[^{}]|\{\{|\}\}|\{(?:variable|event|rate)\})*")


def check_playbook(playbook: PlaybookSettings, columns: Mapping[str, ColumnSpec], *, name: str) -> None:  # noqa: C901 - one case after the other
    """Check that every rule could hold for a table with these columns.

    Parameters
    ----------
    playbook : PlaybookSettings
    columns : mapping of str to ColumnSpec
        Contract of the table. A column of it that a file lacks is no error: its traits do not hold there.
    name : str
        Of the playbook's file, for messages.

    Raises
    ------
    SettingsError
        Names the trait, name or action and what is wrong.
    """
    for key, trait in playbook.traits.items():
        _check_trait(trait, columns, where=f"playbook={name}: traits.{key}")
    for at, rule in enumerate(playbook.names):
        where = f"playbook={name}: names[{at}]"
        if not rule.name.strip():
            raise SettingsError(f"{where} has no name.")
        if not rule.when:
            raise SettingsError(f"{where} ({rule.name}) has no `when`: a name must rest on a trait.")
        _check_traits([*rule.when, *rule.unless], playbook, where=f"{where} ({rule.name})")
    taken = [rule.name for rule in playbook.names]
    twice = next((text for text in taken if taken.count(text) > 1), None)
    if twice is not None:
        raise SettingsError(f"playbook={name}: two names are {twice!r}; give each rule its own.")
    for key, action in playbook.actions.items():
        where = f"playbook={name}: actions.{key}"
        if not action.do.strip():
            raise SettingsError(f"{where} does not say what to `do`.")
        if not action.when:
            raise SettingsError(f"{where} has no `when`: an action must rest on a trait.")
        _check_traits([*action.when, *action.unless], playbook, where=where)
        stray = [trait for trait in action.because if trait not in action.when]
        if stray:
            raise SettingsError(f"{where}.because has {stray[0]!r}, which is not among its `when`.")
        if action.at_stake not in STAKES:
            raise SettingsError(f"{where}.at_stake is {action.at_stake!r}; expected one of {', '.join(STAKES)}.")
        strange = [column for column in action.only if column not in columns]
        if strange:
            near = difflib.get_close_matches(strange[0], list(columns), n=1)
            hint = f"did you mean {near[0]}?" if near else "is this the playbook of another table?"
            raise SettingsError(f"{where}.only reads {strange[0]!r}, which data.columns does not have; {hint}")
    _check_recurring(playbook.recurring, columns, name=name)
    if playbook.most_actions < 0 or not playbook.plain > 0:
        raise SettingsError(f"playbook={name}: most_actions and plain must not be negative, nor plain 0.")
    if not 0 < playbook.lasting <= 1:
        raise SettingsError(
            f"playbook={name}: lasting is {playbook.lasting:g}; expected a part of a threshold, above 0 and up to 1."
        )


def _check_recurring(recurring: str | None, columns: Mapping[str, ColumnSpec], *, name: str) -> None:
    if recurring is None:
        return
    if recurring not in columns:
        near = difflib.get_close_matches(recurring, list(columns), n=1)
        hint = f"did you mean {near[0]}?" if near else "is this the playbook of another table?"
        raise SettingsError(f"playbook={name}: recurring is {recurring!r}, which data.columns does not have; {hint}")
    if recurring_column(columns, list(columns), recurring) is None:
        raise SettingsError(
            f"playbook={name}: recurring is {recurring!r}, whose unit is {columns[recurring].unit!r}; expected money "
            "per period, such as $/month or €/year."
        )


def _check_traits(keys: Iterable[str], playbook: PlaybookSettings, *, where: str) -> None:
    for key in keys:
        if key not in playbook.traits:
            near = difflib.get_close_matches(key, list(playbook.traits), n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(playbook.traits) or 'none'}."
            raise SettingsError(f"{where} names the trait {key!r}, which traits does not have; {hint}")


def _check_trait(trait: TraitSettings, columns: Mapping[str, ColumnSpec], *, where: str) -> None:  # noqa: C901 - one case after the other
    if (trait.role is None) == (trait.column is None):
        raise SettingsError(f"{where} needs either role or column.")
    bounds = {key: getattr(trait, key) for key in ("above", "below", "at_least", "at_most")}
    given = {key: value for key, value in bounds.items() if value is not None}
    if not given:
        raise SettingsError(f"{where} has no condition; expected one of {', '.join(bounds)}.")
    if not all(math.isfinite(value) for value in given.values()):
        raise SettingsError(f"{where} has a condition that is not a finite number.")
    if trait.above is not None and trait.below is not None:
        raise SettingsError(f"{where} is above and below at once; make two traits of it.")
    for key in ("above", "below"):
        if given.get(key, 0.0) < 0:
            raise SettingsError(f"{where}.{key} is {given[key]:g}; expected a distance, from 0.")
    if trait.times is not None and not (trait.times > 1 and (trait.above is None) != (trait.below is None)):
        raise SettingsError(f"{where}.times is {trait.times:g}; expected more than 1, beside above or below.")
    if not _WORDS.fullmatch(trait.words):  # a width or an attribute would be carried out too
        raise SettingsError(f"{where}.words is {trait.words!r}; it may hold {{variable}}, {{event}} and {{rate}} only.")
    if trait.role is not None:
        if trait.role not in _ROLES:
            raise SettingsError(f"{where}.role is {trait.role!r}; expected value or outcome, or a column.")
        return
    assert trait.column is not None  # noqa: S101 - for the types
    spec = columns.get(trait.column)
    if spec is None:
        near = difflib.get_close_matches(trait.column, list(columns), n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else "is this the playbook of another table?"
        raise SettingsError(f"{where} reads the column {trait.column!r}, which data.columns does not have; {hint}")
    if spec.role in (Role.id, Role.ignore):
        raise SettingsError(f"{where} reads {trait.column!r}, whose role is {spec.role.value}; profiles leave it out.")
    words = spec.type in (ColumnType.category, ColumnType.text) and not spec.event_values
    if words and trait.level is None:
        raise SettingsError(f"{where} reads {trait.column!r}, which holds words; name one of them with level.")
    if trait.level is not None and spec.values and trait.level not in (*spec.values, str(spec.fill)):
        raise SettingsError(f"{where}.level is {trait.level!r}; {trait.column} is one of {', '.join(spec.values)}.")
