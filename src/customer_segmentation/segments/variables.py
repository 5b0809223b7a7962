"""What a profile speaks of: columns of the customer table by role, and features computed from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.feature_set import FeatureSet
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

#: Roles that a profile speaks of.
PROFILED = (Role.value, Role.numeric, Role.categorical, Role.outcome)
#: Levels of a category that are told apart; the rarest beyond them are one.
MOST_LEVELS = 12
OTHER_LEVELS = "other values"
YES, NO = "yes", "no"

Kind = Literal["number", "share"]


@dataclass(frozen=True)
class ProfileVariable:
    """One variable of a profile.

    Attributes
    ----------
    name : str
        Of the column, or of the feature that is computed from columns.
    kind : {"number", "share"}
        A number has means and medians; a share is told for each of the ``levels``.
    role : Role
    unit : str
    levels : tuple of str
        ``("yes",)`` of a yes/no column; the event ("Churned") of an outcome; the values of a category.
    shapes : bool
        The segments were drawn by it: that they differ in it is no finding.
    feature : str
        Name of the feature that it is, else "".
    about : str
        What the column holds, as the contract says.
    event : str
        What the event of an outcome is called, such as churn.
    within : str
        Time over which an outcome was observed, such as quarter; "" where nobody says.
    """

    name: str
    kind: Kind
    role: Role
    unit: str = ""
    levels: tuple[str, ...] = ()
    shapes: bool = False
    feature: str = ""
    about: str = ""
    event: str = ""
    within: str = ""

    @property
    def rate_name(self) -> str:
        """What the share of an outcome is called: churn rate, or the column and its event."""
        if self.event:
            return f"{self.event} rate"
        return self.name if self.levels in ((), (YES,)) else f"{self.name}: {self.levels[0]}"


@dataclass(frozen=True)
class Described:
    """A variable with its values.

    Attributes
    ----------
    variable : Variable
    values : float64 array, or integer array of positions in ``variable.levels``, of shape (n_customers,)
        NaN, or -1, where a cell is missing; a position beyond the levels is no level (the "no" of a yes/no column).
    left_out : array of shape (n_left_out,) or None
        The same for clean customers outside the fit; of outcomes only, which are told of all customers.
    """

    variable: ProfileVariable
    values: npt.NDArray[np.float64] | npt.NDArray[np.int32]
    left_out: npt.NDArray[np.float64] | npt.NDArray[np.int32] | None = None


def profiled_columns(columns: Mapping[str, ColumnSpec]) -> list[str]:
    """Columns that a profile speaks of: a date only where a feature counts the days to it."""
    return [name for name, spec in columns.items() if spec.role in PROFILED and spec.type is not ColumnType.date]


def describe_columns(
    customers: pd.DataFrame, others: pd.DataFrame, columns: Mapping[str, ColumnSpec]
) -> tuple[Described, ...]:
    """Values of each column that a profile speaks of: the same for every study of a table.

    Parameters
    ----------
    customers : DataFrame of shape (n_customers, n_columns)
        Clean customers that were clustered.
    others : DataFrame of shape (n_left_out, n_columns)
        Clean customers that were not, such as those who have left.
    columns : mapping
        Contract of the columns.
    """
    described = []
    for name in profiled_columns(columns):
        if name not in customers:
            continue
        spec = columns[name]
        outcome = spec.role is Role.outcome
        rest = others[name] if outcome and name in others else None
        both = customers[name] if rest is None else pd.concat([customers[name], rest], ignore_index=True)
        if spec.type in (ColumnType.number, ColumnType.integer):
            values: npt.NDArray[Any] = both.to_numpy(dtype=np.float64, na_value=np.nan)
            variable = ProfileVariable(name, "number", spec.role, spec.unit, about=spec.about)
        else:
            values, levels = fixed_positions(both, spec) or _levels(both, spec.values)
            variable = ProfileVariable(
                name, "share", spec.role, levels=levels, about=spec.about, event=spec.event, within=spec.within
            )
        n = len(customers)
        described.append(Described(variable, values[:n], values[n:] if rest is not None else None))
    return tuple(described)


def with_features(
    described: Sequence[Described], features: FeatureSet | None, values: pd.DataFrame | None
) -> tuple[Described, ...]:
    """Mark the columns that a feature set reads, and add the features that are more than a column.

    Parameters
    ----------
    described : sequence of Described
    features : FeatureSet or None
    values : DataFrame of shape (n_customers, n_features) or None
        The features before scaling, see `Space.values`.
    """
    if features is None or values is None:
        return tuple(described)
    plain = {
        feature.expression.name: feature for feature in features.features if feature.expression.operation == "column"
    }
    read = set(features.columns)
    known = {item.variable.name for item in described}
    found = []
    for item in described:
        feature = plain.get(item.variable.name)
        variable = replace(
            item.variable,
            shapes=item.variable.name in read,
            feature="" if feature is None else feature.name,
            unit=item.variable.unit or ("" if feature is None else feature.unit),
        )
        found.append(replace(item, variable=variable))
    for feature in features.features:
        if feature.expression.operation == "column" and feature.expression.name in known:
            continue
        name = feature.name.replace("_", " ")
        name = f"{name} (feature)" if name in known else name
        if feature.kind == "category":
            codes, levels = _levels(values[feature.name], ())
            variable = ProfileVariable(
                name, "share", Role.categorical, levels=levels, shapes=True, feature=feature.name
            )
            found.append(Described(variable, codes))
        elif feature.kind == "indicator":
            answers = values[feature.name].to_numpy(dtype=np.float64)
            codes = np.where(np.isnan(answers), -1, 1 - answers).astype(np.int32)
            variable = ProfileVariable(
                name, "share", Role.categorical, levels=(YES,), shapes=True, feature=feature.name
            )
            found.append(Described(variable, codes))
        else:
            variable = ProfileVariable(name, "number", Role.numeric, feature.unit, shapes=True, feature=feature.name)
            found.append(Described(variable, values[feature.name].to_numpy(dtype=np.float64)))
    return tuple(found)


def fixed_positions(cells: pd.Series, spec: ColumnSpec) -> tuple[npt.NDArray[np.int32], tuple[str, ...]] | None:
    """Position of each cell in the levels that are told, and these; None where the cells themselves decide on them.

    Parameters
    ----------
    cells : of a column that holds no numbers
    spec : its contract
    """
    if spec.type is ColumnType.yes_no:
        answers = cells.astype("Int8").to_numpy(dtype=np.int32, na_value=-1)
        no = [word for word in spec.event_values if word.strip().lower() in ("no", "false", "0")]
        if no and len(no) == len(spec.event_values):  # the event is the "no"
            return answers.astype(np.int32), ("no",)
        return np.where(answers < 0, -1, 1 - answers).astype(np.int32), (YES,)
    if spec.role is Role.outcome and spec.event_values:
        codes, distinct = pd.factorize(cells)
        events = {word.strip().casefold() for word in spec.event_values}
        happened = np.array([str(word).strip().casefold() in events for word in distinct] + [False], dtype=bool)
        position = np.where(codes < 0, -1, 1 - happened[codes].astype(np.int32)).astype(np.int32)
        return position, (" or ".join(spec.event_values),)
    return None


def _levels(cells: pd.Series, declared: Sequence[str]) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Levels in declared order, else the commonest first: never in the order of the rows."""
    codes, distinct = pd.factorize(cells)
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    names = [str(word) for word in distinct]
    order = {word: at for at, word in enumerate(declared)}
    ranked = sorted(range(len(names)), key=lambda at: (order.get(names[at], len(order)), -counts[at], names[at]))
    kept = ranked
    if len(ranked) > MOST_LEVELS:
        commonest = set(sorted(ranked, key=lambda at: (-counts[at], names[at]))[: MOST_LEVELS - 1])
        kept = [at for at in ranked if at in commonest]
    position = np.full(len(names) + 1, len(kept), dtype=np.int32)
    position[kept] = np.arange(len(kept), dtype=np.int32)
    position[-1] = -1
    levels = [names[at] for at in kept]
    if len(kept) < len(ranked):
        levels.append(OTHER_LEVELS if OTHER_LEVELS not in levels else f"{OTHER_LEVELS} than these")
    return position[codes], tuple(levels)
