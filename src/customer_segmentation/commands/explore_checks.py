"""Checks of an exploration's settings that need no data: done before any work."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from customer_segmentation.errors import SettingsError
from customer_segmentation.explore.description import counts_by_band
from customer_segmentation.explore.exploration import Asked
from customer_segmentation.explore.hypotheses import Direction, Hypothesis
from customer_segmentation.explore.variables import WORDS, Variable, declared_variables, unknown_column
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.settings.explore import ExploreSettings, HypothesisSettings


def check_explore(settings: ExploreSettings, named: Collection[str]) -> Asked:
    """Read what the settings ask to be shown.

    Parameters
    ----------
    settings : ExploreSettings
    named : collection of str
        Decisions that the command line names. A column that the data's contract does not have is an error in these,
        and left out with a note where it comes with the defaults, which are another table's.

    Raises
    ------
    SettingsError
        One sentence on the first thing that cannot work.
    """
    if not 0 < settings.confidence < 1:
        raise SettingsError(f"confidence={settings.confidence:g}: expected a number between 0 and 1, such as 0.95.")
    if settings.data.customers < 1:
        raise SettingsError(f"data.customers={settings.data.customers}: expected a whole number of at least 1.")
    columns = settings.data.columns
    exploration, hypotheses = settings.exploration, settings.hypotheses
    correlate = declared_variables(exploration.correlate, columns, where="exploration.correlate")
    describe = declared_variables(exploration.describe, columns, where="exploration.describe")
    further = declared_variables(hypotheses.variables, columns, where="hypotheses.variables")
    _refuse_twice(
        {"exploration.correlate": correlate, "exploration.describe": describe, "hypotheses.variables": further}
    )
    variables = {**correlate, **describe, **further}
    tests = [_hypothesis(test, number) for number, test in enumerate(hypotheses.tests)]
    for name, edges in exploration.bands.items():
        _check_bands(name, edges, columns)
    if "exploration" in named:
        for where, group in (("exploration.correlate", correlate), ("exploration.describe", describe)):
            _refuse_unknown(where, group, columns)
        for name in [*exploration.counts, *exploration.bands]:
            if name not in columns:
                raise SettingsError(unknown_column(name, columns, where="exploration"))
    if "hypotheses" in named:
        _refuse_unknown("hypotheses.variables", further, columns)
    for number, test in enumerate(tests):
        where = f"hypotheses.tests[{number}]"
        for name in (test.x, test.y, *test.given):
            if "hypotheses" in named and name not in variables and name not in columns:
                raise SettingsError(unknown_column(name, columns, where=where, further=variables))
            expression = variables[name].expression if name in variables else None
            column = name if expression is None else expression.name
            if column in columns and columns[column].type in WORDS:
                raise SettingsError(
                    f"{where} needs numbers, but {column!r} holds words; use a numeric or yes/no column."
                )
    return Asked(correlate, describe, further, exploration.counts, exploration.bands, tests)


def _hypothesis(test: HypothesisSettings, number: int) -> Hypothesis:
    where = f"hypotheses.tests[{number}]"
    for key in ("x", "y"):
        if not getattr(test, key):
            raise SettingsError(f"{where} has no {key}; give the name of a column or of a declared variable.")
    names = [test.x, test.y, *test.given]
    if len(set(names)) < len(names):
        raise SettingsError(f"{where} names a variable twice ({', '.join(names)}); expected different ones.")
    known = [direction.value for direction in Direction]
    if test.direction not in known:
        raise SettingsError(f"{where}.direction={test.direction}: expected one of {', '.join(known)}.")
    return Hypothesis(test.x, test.y, tuple(test.given), Direction(test.direction), test.caution)


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


def _refuse_unknown(where: str, variables: Mapping[str, Variable], columns: Mapping[str, ColumnSpec]) -> None:
    for name, variable in variables.items():
        if lacking := variable.lacks(columns):
            raise SettingsError(unknown_column(lacking[0], columns, where=f"{where}.{name}"))


def _refuse_twice(groups: Mapping[str, Mapping[str, Variable]]) -> None:
    """Refuse one name for two things."""
    seen: dict[str, tuple[str, Variable]] = {}
    for where, group in groups.items():
        for name, variable in group.items():
            before, known = seen.setdefault(name, (where, variable))
            if known.expression != variable.expression:
                raise SettingsError(
                    f"{name} is {known.expression} in {before} and {variable.expression} in {where}; give one of them "
                    "another name."
                )
