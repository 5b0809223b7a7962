"""Which columns of a source are read, and what for."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from customer_segmentation.data.expressions import parse
from customer_segmentation.errors import SettingsError
from customer_segmentation.secrets import allow
from customer_segmentation.settings.data import ColumnSpec, DataSettings, Population, Role
from customer_segmentation.sources.base import TableSource
from customer_segmentation.sources.parsing.headers import HeaderMatch, match_headers, refuse_lacking
from customer_segmentation.sources.parsing.texts import fold


class Needed(NamedTuple):
    """Columns that the studies of a sweep read together; they decide which rows are rejected.

    Attributes
    ----------
    valued : list of str
        A row with a blank cell in one of them is rejected.
    blank : list of str
        Must be there as well; every study that reads one says what a blank means.
    """

    valued: list[str]
    blank: list[str]

    @classmethod
    def of(cls, valued: Iterable[str], every: Iterable[str]) -> Needed:
        """Tell the columns apart by whether a study cannot do without a value.

        Parameters
        ----------
        valued : iterable of str
            Columns that some study reads without saying what a blank means.
        every : iterable of str
            All columns that are read.
        """
        first = list(dict.fromkeys(valued))
        return cls(first, [name for name in dict.fromkeys(every) if name not in first])


@dataclass(frozen=True)
class WantedColumns:
    """Columns of the contract that are read from a source.

    Attributes
    ----------
    present : dict of str to ColumnSpec
        Those that the source has, in the contract's order.
    match : HeaderMatch
    required : tuple of str
        Columns without a value of which a row is rejected.
    strict : frozenset of str
        Columns of which a cell that cannot be read rejects its row.
    guests : frozenset of str
        Columns that are read for descriptions alone.
    population : Population or None
        Who is kept; None for all customers.
    """

    present: dict[str, ColumnSpec]
    match: HeaderMatch
    required: tuple[str, ...]
    strict: frozenset[str]
    guests: frozenset[str]
    population: Population | None

    @property
    def specs(self) -> dict[int, ColumnSpec]:
        """Contract of the columns by their position in the source."""
        return {self.match.positions[name]: spec for name, spec in self.present.items()}

    @property
    def known(self) -> dict[int, str]:
        """All columns of the contract that the source has, by their position."""
        return {at: name for name, at in self.match.positions.items()}

    @property
    def own(self) -> list[str]:
        """Columns that make a customer what it is: without the guests."""
        return [name for name in self.present if name not in self.guests]

    @property
    def id_column(self) -> str | None:
        """The column that names a customer."""
        return next((name for name, spec in self.present.items() if spec.role is Role.id), None)


def wanted_columns(
    source: TableSource,
    settings: DataSettings,
    *,
    needed: Collection[str] | None = None,
    blank: Collection[str] = (),
    welcome: Collection[str] = (),
) -> WantedColumns:
    """Find the columns of the contract that are read from a source.

    Parameters
    ----------
    source : TableSource
    settings : DataSettings
    needed, blank, welcome : collection of str
        See `load_customers`.

    Raises
    ------
    SettingsError
        The contract lacks a column that is needed.
    DataError
        The source lacks one.
    """
    allow(source.headers)
    columns, population = settings.columns, population_of(settings)
    required = _required(columns, needed, population)
    there = [*required, *_required(columns, blank, None)] if blank else required
    wanted = _wanted(columns, there, needed)
    used = {name for name in wanted if columns[name].role is not Role.ignore or name in there}
    guests = (set(welcome) & set(columns)) - wanted
    match = match_headers(source.headers, columns, wanted=used, source=source.name)
    refuse_lacking([name for name in there if name in match.missing], source.headers, columns, source=source.name)
    present = {name: spec for name, spec in columns.items() if name in wanted | guests and name in match.positions}
    if not present:
        refuse_lacking(list(columns)[:5], source.headers, columns, source=source.name)
    # Of what only profiles speak of (value and outcomes where nothing needs them), a bad cell is a missing value.
    ids = [name for name, spec in present.items() if spec.role is Role.id][:1]
    strict = used if needed is None else {*there, *ids}
    return WantedColumns(present, match, tuple(required), frozenset(strict), frozenset(guests), population)


def population_of(settings: DataSettings) -> Population | None:
    """Who is kept; None for all customers.

    Raises
    ------
    SettingsError
        ``data.keep`` names no population, or the population names an unknown column or value.
    """
    if settings.keep == "all":
        return None
    population = settings.populations.get(settings.keep)
    if population is None:
        known = ", ".join(["all", *settings.populations])
        raise SettingsError(f"data.keep is {settings.keep!r}; expected one of {known}.")
    where = f"data.populations.{settings.keep}"
    if population.column not in settings.columns:
        raise SettingsError(f"{where}.column is {population.column!r}, which data.columns does not hold.")
    allowed = settings.columns[population.column].values
    unknown = [word for word in population.exclude if allowed and fold(word) not in {fold(value) for value in allowed}]
    if unknown:
        raise SettingsError(f"{where}.exclude has {unknown[0]!r}; {population.column} is one of {', '.join(allowed)}.")
    return population


def _required(
    columns: Mapping[str, ColumnSpec], needed: Collection[str] | None, population: Population | None
) -> list[str]:
    """Columns without which the table is refused, in the contract's order.

    Raises
    ------
    SettingsError
        A needed column is not in the contract.
    """
    names = set(needed or ())
    unknown = sorted(names - set(columns))
    if unknown:
        near = difflib.get_close_matches(unknown[0], list(columns), n=3)
        hint = f"did you mean {', '.join(near)}" if near else f"it has {', '.join(list(columns)[:8])}, …"
        raise SettingsError(f"The column {unknown[0]!r} is not in data.columns; {hint}?")
    if needed is None:
        names |= {name for name, spec in columns.items() if spec.role is Role.value}
    if population is not None:
        names.add(population.column)
    return [name for name in columns if name in names]


def _wanted(columns: Mapping[str, ColumnSpec], required: Collection[str], needed: Collection[str] | None) -> set[str]:
    """Columns that are read where they exist: also those by which a required one is repaired."""
    if needed is None:
        return set(columns)
    wanted = set(required)
    wanted |= {name for name, spec in columns.items() if spec.role in (Role.id, Role.value, Role.outcome)}
    for name in sorted(wanted):
        repair = columns[name].repair
        if repair is not None:
            wanted |= set(parse(repair.using, where=f"data.columns.{name}.repair.using").columns) & set(columns)
    return wanted


def refuse_whole(settings: DataSettings, rows: int, *, source: str) -> None:
    """Refuse a limit of rows that was given for a table of which no sample is taken.

    Parameters
    ----------
    settings : of the table
    rows : that it has
    source : its name

    Raises
    ------
    SettingsError
        It has more than the limit.
    """
    if settings.max_rows != DataSettings().max_rows and rows > settings.max_rows:
        raise SettingsError(
            f"data.max_rows={settings.max_rows}: {source} has {rows:,} rows, and all of them are read; a sample is "
            "taken of one Parquet file or folder, and by engine=spark. Leave data.max_rows out."
        )
