"""Which header of a source is which column of the contract."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from customer_segmentation.errors import DataError, MissingColumnsError
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.parsing.money import currencies_of, may_be
from customer_segmentation.sources.parsing.texts import fold


@dataclass(frozen=True)
class HeaderMatch:
    """Headers and columns brought together.

    Attributes
    ----------
    positions : dict of str to int
        Column of the contract -> position of its header, in the contract's order.
    missing : tuple of str
        Columns of the contract without a header.
    ignored : tuple of str
        Headers that the contract does not know; an empty one is given by its position.
    """

    positions: dict[str, int]
    missing: tuple[str, ...]
    ignored: tuple[str, ...]


#: Headers that a message lists; likeness of two spellings from which one may be meant by the other: "Total Refunds"
#: is no "Total Revenue".
LISTED, ALIKE = 12, 0.8


def spellings_of(columns: Mapping[str, ColumnSpec]) -> dict[str, str]:
    """Map every accepted spelling, folded, to its column; look them up with `column_of`.

    Columns that differ in a sign alone ("Discount", "Discount (%)") are found by their exact spelling.

    Raises
    ------
    DataError
        Two columns of the contract claim the same spelling.
    """
    count = Counter(map(fold, columns))
    claimed: dict[str, str] = {}
    for name in columns:
        owner = claimed.setdefault(fold(name) if count[fold(name)] == 1 else exact(name), name)
        if owner != name:
            raise DataError(
                f"data.columns holds {owner!r} and {name!r}, which differ only in case or spaces; rename one of them."
            )
    for name, spec in columns.items():
        for synonym in spec.synonyms:
            owner = claimed.setdefault(fold(synonym), name)
            if owner != name:
                raise DataError(
                    f"data.columns.{name}.synonyms holds {synonym!r}, which already means {owner!r}; remove one."
                )
    claimed.pop("", None)
    return claimed


def exact(header: str) -> str:
    """A header with its signs, so that no folded one is equal to it; case and the width of spaces do not count."""
    return "=" + " ".join(header.casefold().split())


def column_of(header: str, claimed: Mapping[str, str]) -> str | None:
    """Column that a header names.

    Parameters
    ----------
    header : as it is written
    claimed : see `spellings_of`
    """
    return claimed.get(exact(header)) or claimed.get(fold(header))


def match_headers(
    headers: Sequence[str], columns: Mapping[str, ColumnSpec], *, wanted: Collection[str], source: str
) -> HeaderMatch:
    """Find the contract's columns among the headers.

    Case, spaces, underscores, punctuation and camel case do not count, except between columns of the contract or
    headers that differ in nothing else; declared synonyms do.

    Parameters
    ----------
    headers : sequence of str
    columns : mapping of str to ColumnSpec
    wanted : collection of str
        Columns for which two headers are an error; of others neither header counts.
    source : str
        The source's name, for messages.

    Raises
    ------
    DataError
        Two headers mean the same wanted column; the message names both.
    """
    claimed = spellings_of(columns)
    found: dict[str, list[int]] = {}
    for position, header in enumerate(headers):
        name = column_of(header, claimed)
        if name is not None and not _of_another_unit(header, name, columns[name]):
            found.setdefault(name, []).append(position)
    for name, several in found.items():
        own = [at for at in several if exact(headers[at]) == exact(name)]
        if len(own) == 1 and all(fold(headers[at]) == fold(name) for at in several):
            several[:] = own  # "Discount (%)" is there, and "Discount" is something else
        if len(several) > 1 and name in wanted:
            named = " and ".join(f"{headers[at].strip()!r} (column {at + 1})" for at in several)
            raise DataError(
                f"{source} has {len(several)} headers for {name!r}: {named}; rename or remove all but one, or drop "
                f"the spelling from data.columns.{name}.synonyms."
            )
    positions = {name: found[name][0] for name in columns if len(found.get(name, ())) == 1}
    taken = set(positions.values())
    return HeaderMatch(
        positions=positions,
        missing=tuple(name for name in columns if name not in positions),
        ignored=tuple(header_name(header, at) for at, header in enumerate(headers) if at not in taken),
    )


def _of_another_unit(header: str, name: str, spec: ColumnSpec) -> bool:
    """Whether a header and a column both have a unit, and not the same: "Discount ($)", "Discount (%)"."""
    return of_other_units([header], [name, spec.unit or "", *spec.synonyms])


def of_other_units(these: Sequence[str], those: Sequence[str]) -> bool:
    """Whether two columns both have a unit, of money or per cent, and not the same.

    Parameters
    ----------
    these, those : headers and units of a column each
    """
    money, others = currencies_of(these), currencies_of(those)
    if money and others:
        return not any(may_be(one, other) for one in money for other in others)
    return (bool(money) and "%" in "".join(those)) or (bool(others) and "%" in "".join(these))


def header_name(header: str, position: int) -> str:
    """Trim a header; an empty one is named by its position.

    Parameters
    ----------
    header : as it is written
    position : of the column, from 0
    """
    return header.strip() or f"unnamed column {position + 1}"


def refuse_lacking(
    lacking: Sequence[str], headers: Sequence[str], columns: Mapping[str, ColumnSpec], *, source: str
) -> None:
    """Refuse a table that lacks required columns, with the headers that come close.

    Parameters
    ----------
    lacking : columns of the contract that are not there
    headers : of the table
    columns : the contract
    source : how messages call the table

    Raises
    ------
    MissingColumnsError
        Whenever ``lacking`` is not empty.
    """
    if not lacking:
        return
    shown, close = suggestions(headers, columns, lacking)
    plural = "columns" if len(lacking) > 1 else "column"
    hint = "choose another file with data.path, or let `segment init` describe this one"
    if close:
        meant = ", ".join(f"{header!r} may be {name!r}" for name, header in close.items())
        hint = f"{meant}: if so, add it to data.columns.{next(iter(close)) if len(close) == 1 else 'NAME'}.synonyms"
    error = MissingColumnsError(
        f"{source} lacks the required {plural} {', '.join(lacking)}; its columns are {shown}; {hint}."
    )
    error.names = tuple(lacking)
    raise error


def suggestions(
    headers: Sequence[str], columns: Mapping[str, ColumnSpec], lacking: Sequence[str]
) -> tuple[str, dict[str, str]]:
    """Headers of a table that lacks columns, for its message; and each lacking column to the header that comes close.

    A header that is another column of the contract comes last, and close to none: it means that other column.

    Parameters
    ----------
    headers : of the table
    columns : the contract
    lacking : its columns that are not there
    """
    others = {name: spec for name, spec in columns.items() if name not in lacking}
    claimed = {fold(word) for name, spec in others.items() for word in (name, *spec.synonyms)}
    named = [header_name(header, at) for at, header in enumerate(headers)]
    free = [name for name in named if fold(name) not in claimed]
    folded = {fold(name): name for name in free if fold(name)}
    close = {}
    for name in lacking:
        spellings = [name, *(columns[name].synonyms if name in columns else ())]
        near = [
            match
            for spelling in spellings
            for match in difflib.get_close_matches(fold(spelling), folded, n=1, cutoff=ALIKE)
        ]
        if near:
            close[name] = folded[near[0]]
    listed = free + [name for name in named if name not in set(free)]
    more = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
    return ", ".join(_short(name) for name in listed[:LISTED]) + more, close


def recognised(headers: Sequence[str], claimed: Mapping[str, str]) -> int:
    """Count the different columns of the contract that a row of cells names as headers.

    Parameters
    ----------
    headers : cells of a row
    claimed : spelling of a header to the column of the contract
    """
    return len({column_of(header, claimed) for header in headers} - {None})


def _short(text: str, limit: int = 40) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
