"""A feature set as declared in ``conf/features/``: what it reads, in which units, and what kind each feature is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from customer_segmentation.data.expressions import DAYS_OF, TO_REFERENCE, Expression, bound, parse, parse_declared
from customer_segmentation.errors import SettingsError
from customer_segmentation.formatting import listed
from customer_segmentation.settings.data import ColumnSpec, ColumnType, FeaturesSettings, Role

Kind = Literal["numeric", "indicator", "category"]

#: Statistics that can stand in the blank cells of a column.
_OF_NUMBERS, _OF_WORDS = ("median", "mean", "most_frequent"), ("most_frequent",)
IMPUTED_BY: dict[ColumnType, tuple[str, ...]] = {
    ColumnType.number: _OF_NUMBERS,
    ColumnType.integer: _OF_NUMBERS,
    ColumnType.date: ("median", "most_frequent"),
    ColumnType.yes_no: _OF_WORDS,
    ColumnType.category: _OF_WORDS,
    ColumnType.text: _OF_WORDS,
}


@dataclass(frozen=True)
class Feature:
    """One feature: an expression over columns, its unit (dollars, months, ...) and its kind.

    ``numeric`` features are scaled; an ``indicator`` (yes/no) is 0 or 1 as it stands; a ``category`` becomes one 0/1
    column for each of its values.
    """

    name: str
    expression: Expression
    unit: str
    kind: Kind


@dataclass(frozen=True)
class FeatureSet:
    """The features of one file of ``conf/features/``, in declared order."""

    name: str
    about: str
    features: tuple[Feature, ...]
    specs: dict[str, ColumnSpec]  # of every column that is read, also by repairs
    impute: dict[str, str] = field(default_factory=dict)  # column to the statistic that stands in its blank cells

    @property
    def names(self) -> list[str]:
        """Names of the features."""
        return [feature.name for feature in self.features]

    @property
    def units(self) -> dict[str, str]:
        """Unit of each feature, '' where it has none."""
        return {feature.name: feature.unit for feature in self.features}

    def of_kind(self, kind: Kind) -> list[str]:
        """Names of the features of one kind."""
        return [feature.name for feature in self.features if feature.kind == kind]

    @property
    def columns(self) -> list[str]:
        """Columns of the customer table that the features read, each once."""
        return list(dict.fromkeys(name for feature in self.features for name in feature.expression.columns))

    @property
    def valued(self) -> list[str]:
        """Those of `columns` without a value of which a customer has no place: the others may be blank."""
        read = dict.fromkeys(name for feature in self.features for name in feature.expression.valued)
        return [name for name in read if name not in self.impute]


def columns_of_repairs(names: list[str], columns: Mapping[str, ColumnSpec]) -> list[str]:
    """``names`` and the columns by which their known errors are corrected.

    Parameters
    ----------
    names : columns of the contract
    columns : the contract: column to what it is for
    """
    found = list(names)
    for name in names:
        repair = columns[name].repair
        if repair is not None and repair.using is not None:
            found += parse(repair.using, where=f"data.columns.{name}.repair.using").columns
    return list(dict.fromkeys(found))


def feature_set(
    name: str,
    about: str,
    declared: Mapping[str, Any],
    columns: Mapping[str, ColumnSpec],
    impute: Mapping[str, Any] | None = None,
) -> FeatureSet:
    """Read a declared feature set against the contract of a customer table.

    Parameters
    ----------
    name, about : str
    declared : mapping
        Feature name to a column's name, or to a mapping with one operation and optionally ``unit`` and ``about``.
    columns : mapping
        Contract of the table: canonical column name to its ColumnSpec.
    impute : mapping of str to str, optional
        Column to the statistic that stands in its blank cells.

    Raises
    ------
    SettingsError
        No features, text that is not an expression, a column that the table's contract does not know, an outcome or
        an id used as a feature, arithmetic on a category, or a column imputed that no feature reads or by a statistic
        that it does not have.
    """
    if not declared:
        raise SettingsError(f"features={name} declares no columns; give it at least one under features.columns.")
    features = []
    for label, spec in declared.items():
        where = f"features.columns.{label}"
        expression, unit = parse_declared(spec, where=where)
        for column in expression.columns:
            _check_column(column, columns, where)
        kind = _kind(expression, columns, where)
        days = {column: columns[column].reference_date for column in expression.columns}
        features.append(Feature(str(label), bound(expression, days), unit, kind))
    read = list(dict.fromkeys(column for feature in features for column in feature.expression.columns))
    specs = {column: columns[column] for column in columns_of_repairs(read, columns)}
    found = FeatureSet(name, about, tuple(features), specs, {key: str(how) for key, how in (impute or {}).items()})
    _check_impute(found)
    return found


def _check_impute(features: FeatureSet) -> None:
    read = {name for feature in features.features for name in feature.expression.valued}
    for column, how in features.impute.items():
        if column not in read:
            raise SettingsError(
                f"features.impute names {column!r}, whose value no feature of features={features.name} reads; these "
                f"read {listed(sorted(read), most=8)}."
            )
        allowed = IMPUTED_BY[features.specs[column].type]
        if how not in allowed:
            raise SettingsError(
                f"features.impute.{column} is {how!r}; expected {' or '.join(allowed)} for a column of the type "
                f"{features.specs[column].type.value}."
            )


def _check_column(column: str, columns: Mapping[str, ColumnSpec], where: str) -> None:
    if column not in columns:
        near = get_close_matches(column, columns, n=2, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else f"; it has {', '.join(columns)}."
        raise SettingsError(f"{where} reads the column {column!r}, which the data's contract does not have{hint}")
    role = columns[column].role
    if role in (Role.id, Role.outcome):
        raise SettingsError(
            f"{where} reads {column!r}, whose role is {role.value}: it describes the result and cannot be a feature."
        )


def _kind(expression: Expression, columns: Mapping[str, ColumnSpec], where: str) -> Kind:
    types = {column: columns[column].type for column in expression.columns}
    _check_dates(expression, types, where)
    words = [column for column, kind in types.items() if kind in (ColumnType.text, ColumnType.category)]
    if expression.operation == "missing":
        return "indicator"
    if expression.operation == "column":
        if words:
            return "category"
        return "indicator" if types[expression.name] is ColumnType.yes_no else "numeric"
    if words:
        raise SettingsError(f"{where} computes with {words[0]!r}, which holds words; use numbers or yes/no columns.")
    return "numeric"


def _check_dates(expression: Expression, types: Mapping[str, ColumnType], where: str) -> None:
    """Refuse a date where a number is read, and a number where a date is.

    Raises
    ------
    SettingsError
        Names the feature, the column and what to do.
    """
    if expression.operation == "missing":
        return
    if expression.operation in TO_REFERENCE and len(expression.operands) > 1:
        raise SettingsError(
            f"{where}.{expression.operation} has {len(expression.operands)} operands; expected 1: it counts to the "
            "reference date; between two dates there is months_between."
        )
    if expression.operation in DAYS_OF:
        for name in expression.columns:
            if types[name] is not ColumnType.date:
                raise SettingsError(
                    f"{where}.{expression.operation} reads {name!r}, whose type is {types[name].value} and not date; "
                    f"declare data.columns.{name}.type: date, or use another operation."
                )
    elif expression.operation == "column" and types[expression.name] is ColumnType.date:
        raise SettingsError(
            f"{where} reads {expression.name!r}, which is a date; count from it with one of {', '.join(DAYS_OF)}, such "
            f"as {{days_since: {expression.name}}}."
        )
    else:
        for operand in expression.operands:
            _check_dates(operand, types, where)


def declared_features(settings: FeaturesSettings, columns: Mapping[str, ColumnSpec], name: str) -> FeatureSet:
    """Feature set of a config node.

    Parameters
    ----------
    settings : a file of ``conf/features/``
    columns : the contract, for types, units and roles
    name : the feature set's name
    """
    return feature_set(name, settings.about, settings.columns, columns, settings.impute)
