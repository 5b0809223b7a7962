"""Checks of an exploration's settings that need no data: done before any work."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from customer_segmentation.errors import SettingsError
from customer_segmentation.exploration.description import counts_by_band
from customer_segmentation.exploration.exploration import Asked
from customer_segmentation.exploration.hypotheses import Direction, Hypothesis
from customer_segmentation.exploration.variables import WORDS, ExpressionVariable, declared_variables, unknown_column
from customer_segmentation.settings.commands import ExploreSettings
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.settings.sweep import ExplorationSettings, HypothesesSettings

#: What a hypothesis may have beside x and y.
FURTHER = ("given", "direction", "caution")


def check_explore(settings: ExploreSettings, named: Collection[str]) -> Asked:
    """Read what the settings ask to be shown.

    Parameters
    ----------
    settings : ExploreSettings
    named : collection of str
        Decisions and keys that the command line names, such as ``hypotheses`` or ``hypotheses.tests``. A column that
        the data's contract does not have is an error in these, and left out with a note where it comes with the
        defaults, which are another table's.

    Raises
    ------
    SettingsError
        One sentence on the first thing that cannot work.
    """
    return asked_of(settings.exploration, settings.hypotheses, settings.data.columns, named)


def asked_of(  # noqa: C901 - one case after the other
    exploration: ExplorationSettings,
    hypotheses: HypothesesSettings,
    columns: Mapping[str, ColumnSpec],
    named: Collection[str] = (),
) -> Asked:
    """Read an exploration and hypotheses against the contract of a table; see `check_explore`.

    Parameters
    ----------
    exploration : what is described, correlated and counted
    hypotheses : what is tested
    columns : the contract
    named : columns that the user named, beside it

    Raises
    ------
    SettingsError
        A variable, a hypothesis or a band cannot be.
    """
    correlate = declared_variables(exploration.correlate, columns, where="exploration.correlate")
    describe = declared_variables(exploration.describe, columns, where="exploration.describe")
    further = declared_variables(hypotheses.variables, columns, where="hypotheses.variables")
    _refuse_twice(
        {"exploration.correlate": correlate, "exploration.describe": describe, "hypotheses.variables": further}
    )
    variables = {**correlate, **describe, **further}
    tests = _hypotheses(hypotheses.tests)
    for name, edges in exploration.bands.items():
        _check_bands(name, edges, columns)

    for where, group in (
        ("exploration.correlate", correlate),
        ("exploration.describe", describe),
        ("hypotheses.variables", further),
    ):
        # a mapping on the command line adds to the default's, a list replaces it
        told = {name: item for name, item in group.items() if {where.split(".")[0], f"{where}.{name}"} & set(named)}
        _refuse_unknown(where, told, columns)
    for where, names in (("exploration.counts", exploration.counts), ("exploration.bands", exploration.bands)):
        for name in names:
            if {"exploration", where, f"{where}.{name}"} & set(named) and name not in columns:
                raise SettingsError(unknown_column(name, columns, where=where))
    for number, test in enumerate(tests):
        where = f"hypotheses.tests[{number}]"
        for name in (test.x, test.y, *test.given):
            if {"hypotheses", "hypotheses.tests"} & set(named):
                if name not in variables and name not in columns:
                    raise SettingsError(unknown_column(name, columns, where=where, further=variables))
                _refuse_unknown(where, {name: variables[name]} if name in variables else {}, columns)
            expression = variables[name].expression if name in variables else None
            column = name if expression is None else expression.name
            if column in columns and columns[column].type in WORDS:
                raise SettingsError(
                    f"{where} needs numbers, but {column!r} holds words; use a numeric or yes/no column."
                )
    return Asked(correlate, describe, further, exploration.counts, exploration.bands, tests)


def _hypotheses(declared: Any) -> list[Hypothesis]:
    if isinstance(declared, str) or not isinstance(declared, Sequence):
        raise SettingsError(f"hypotheses.tests={declared}: expected a list such as [{{x: Age, y: Revenue}}].")
    return [_hypothesis(spec, f"hypotheses.tests[{number}]") for number, spec in enumerate(declared)]


def _hypothesis(spec: Any, where: str) -> Hypothesis:
    if not isinstance(spec, Mapping):
        raise SettingsError(f"{where} is {spec!r}; expected {{x: NAME, y: NAME}} with {', '.join(FURTHER)} as needed.")
    known = ["x", "y", *FURTHER]
    if unknown := [str(key) for key in spec if key not in known]:
        raise SettingsError(f"{where} has the unknown key {unknown[0]!r}; there are {', '.join(known)}.")
    for key in ("x", "y"):
        if not isinstance(spec.get(key), str) or not spec[key]:
            raise SettingsError(f"{where} has no {key}; give the name of a column or of a declared variable.")
    given = spec.get("given") or []
    given = [given] if isinstance(given, str) else list(given)
    names = [spec["x"], spec["y"], *map(str, given)]
    if len(set(names)) < len(names):
        raise SettingsError(f"{where} names a variable twice ({', '.join(names)}); expected different ones.")
    direction = str(spec.get("direction") or Direction.positive.value)
    directions = [direction.value for direction in Direction]
    if direction not in directions:
        raise SettingsError(f"{where}.direction={direction}: expected one of {', '.join(directions)}.")
    return Hypothesis(names[0], names[1], tuple(names[2:]), Direction(direction), str(spec.get("caution") or ""))


def _check_bands(name: str, edges: Any, columns: Mapping[str, ColumnSpec]) -> None:
    where = f"exploration.bands.{name}"
    numbers = isinstance(edges, Sequence) and all(
        isinstance(edge, int | float) and not isinstance(edge, bool) for edge in edges
    )
    if isinstance(edges, str) or not numbers:
        raise SettingsError(f"{where}={edges}: expected a list of increasing lower edges, such as [18, 30, 50].")
    counts_by_band(pd.Series([], dtype=float, name=name), edges)
    if name in columns and columns[name].type in WORDS:
        raise SettingsError(f"{where}: {name!r} holds words; count it under exploration.counts.")


def _refuse_unknown(where: str, variables: Mapping[str, ExpressionVariable], columns: Mapping[str, ColumnSpec]) -> None:
    for name, variable in variables.items():
        if lacking := variable.lacks(columns):
            raise SettingsError(unknown_column(lacking[0], columns, where=f"{where}.{name}"))


def _refuse_twice(groups: Mapping[str, Mapping[str, ExpressionVariable]]) -> None:
    """Refuse one name for two things.

    Raises
    ------
    SettingsError
        A name stands for two things.
    """
    seen: dict[str, tuple[str, ExpressionVariable]] = {}
    for where, group in groups.items():
        for name, variable in group.items():
            before, known = seen.setdefault(name, (where, variable))
            if known.expression != variable.expression:
                raise SettingsError(
                    f"{name} is {known.expression} in {before} and {variable.expression} in {where}; give one of them "
                    "another name."
                )
