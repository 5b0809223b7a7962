"""Which header of an input is which column of a model."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from customer_segmentation.data.contract import spec_from_plain
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.settings.data import ColumnSpec, Role
from customer_segmentation.sources.parsing.headers import exact, match_headers, suggestions
from customer_segmentation.sources.parsing.texts import fold


def contract_of(contract: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, ColumnSpec]:
    """Contract of a model's columns; a column whose header the user names is found under that one alone.

    Parameters
    ----------
    contract : column to the plain form of its contract, as the model keeps it
    headers : column to its header in the input, where the user named it

    Raises
    ------
    SettingsError
        The user names a header for a column that the model does not read.
    """
    specs = {name: spec_from_plain(plain) for name, plain in contract.items()}
    for name, header in headers.items():
        if name not in specs:
            near = difflib.get_close_matches(name, specs, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; it reads {', '.join(specs)}."
            raise SettingsError(f"headers names {name!r}, which the model does not read{hint}")
        for spec in specs.values():
            spec.synonyms = [word for word in spec.synonyms if fold(word) != fold(header)]
        if all(fold(header) != fold(other) for other in specs):  # a column's own name is no other's spelling
            specs[name].synonyms.append(header)
    return specs


def positions_of(
    headers: Sequence[str],
    specs: Mapping[str, ColumnSpec],
    *,
    needed: Sequence[str],
    named: Mapping[str, str],
    source: str,
) -> dict[str, int]:
    """Position of each column of the model that the input has.

    Parameters
    ----------
    headers : of the input
    specs : contract of the model's columns
    needed : columns without which nobody gets a label
    named : column to its header in the input, where the user named it
    source : how messages call the input

    Raises
    ------
    DataError
        A column that is needed is not there; the message says which headers come close, and how to name them.
    SettingsError
        The user names the header of one column for another.
    """
    others = {name: spec for name, spec in specs.items() if name not in named}
    ids = [name for name, spec in others.items() if spec.role is Role.id]  # with two, rows would have their numbers
    match = match_headers(headers, others, wanted=[*needed, *ids], source=source)
    positions = dict(match.positions)
    for name, header in named.items():
        at = next((at for at, text in enumerate(headers) if exact(text) == exact(header)), None)
        if at is None:
            at = next((at for at, text in enumerate(headers) if fold(text) == fold(header)), None)
        if at is None:
            raise DataError(f"{source} has no column {header!r}, which headers names for {name!r}.")
        positions[name] = at
    positions = _one_each(positions, needed, named, source)
    lacking = [name for name in needed if name not in positions]
    if not lacking:
        return positions
    shown, close = suggestions(headers, specs, lacking)
    pairs = ", ".join(f"{name}: {header}" for name, header in close.items()) or f"{lacking[0]}: HEADER"
    raise DataError(
        f"{source} lacks {', '.join(lacking)}, which the model needs; its columns are {shown}; if one of these is "
        f"meant, say so with {shlex.quote(f'headers={{{pairs}}}')}."
    )


def _one_each(
    positions: Mapping[str, int], needed: Sequence[str], named: Mapping[str, str], source: str
) -> dict[str, int]:
    """Positions of which each is one column's: a column nobody needs gives way to one whose header the user names.

    Raises
    ------
    SettingsError
        Both are needed, or named.
    """
    kept = {positions[name]: name for name in named}
    for name, at in positions.items():
        owner = kept.setdefault(at, name)
        if owner != name and (name in needed or name in named):
            raise SettingsError(
                f"headers: the column {named[owner]!r} of {source} cannot be both {owner!r} and {name!r}; each needs a "
                "column of its own."
            )
    return {name: at for name, at in positions.items() if kept[at] == name}


def id_of(specs: Mapping[str, ColumnSpec]) -> str | None:
    """Name of the column that names a customer."""
    return next((name for name, spec in specs.items() if spec.role is Role.id), None)
