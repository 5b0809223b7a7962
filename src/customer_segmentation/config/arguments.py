"""Arguments of a call from Python, as far as no setting checks them: what a call says of a table's columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from customer_segmentation.errors import SettingsError


def mapping_of(given: Any, *, argument: str) -> dict[str, Any]:
    """An argument that maps names; empty where nothing is given.

    Parameters
    ----------
    given : as it was given
    argument : its name

    Raises
    ------
    SettingsError
        It is no mapping.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise SettingsError(f"{argument} is of type {type(given).__name__}; expected a mapping, as {{NAME: ...}}.")
    return dict(given)


def text_of(given: Any, *, argument: str) -> str | None:
    """An argument that is a text, or was left out.

    Parameters
    ----------
    given : as it was given
    argument : its name

    Raises
    ------
    SettingsError
        It is no text.
    """
    if given is not None and not isinstance(given, str):
        raise SettingsError(f"{argument} is of type {type(given).__name__}; expected a text.")
    return given


@dataclass(frozen=True)
class Roles:
    """What a call says of a table's columns, all by header: see `customer_segmentation.sweep`."""

    value: str | None = None
    outcome: Any = None
    id: str | None = None
    further: Any = field(default_factory=dict)
    table: str = "auto"

    @property
    def by_header(self) -> dict[str, str]:
        """Header to role.

        Raises
        ------
        SettingsError
            A column has two roles, a header is empty, or an argument is of another type.
        """
        roles: dict[str, str] = {}
        for argument, header, role in self._pairs():
            if not header.strip():
                raise SettingsError(f"{argument} names the column {header!r}; expected the header of a column.")
            if roles.setdefault(header, role) != role:
                raise SettingsError(
                    f"{header!r} is given two roles, {roles[header]} and {role}; a column has one, so leave one out."
                )
        return roles

    def _pairs(self) -> list[tuple[str, str, str]]:
        """Argument, header and role of everything that is said.

        Raises
        ------
        SettingsError
            An argument is of another type.
        """
        outcomes = self.outcome
        if outcomes is None or isinstance(outcomes, str):
            outcomes = [outcomes]
        if not isinstance(outcomes, Iterable):
            raise SettingsError(f"outcome is of type {type(outcomes).__name__}; expected a header, or several.")
        named = [("value", self.value), ("id", self.id), *(("outcome", header) for header in outcomes)]
        said = [(argument, str(header), argument) for argument, header in named if header is not None]
        further = mapping_of(self.further, argument="roles")
        return said + [("roles", str(header), str(role)) for header, role in further.items()]

    def as_argument(self, sentence: str) -> str:
        """A sentence on a role, with the argument that gave it in place of the command's word.

        Parameters
        ----------
        sentence : that begins with ``roles.HEADER=ROLE:`` where it is about a role
        """
        given = {f"roles.{header}={role}": (argument, header, role) for argument, header, role in self._pairs()}
        found = next((word for word in given if sentence.startswith(f"{word}:")), "")
        if not found:
            return sentence
        argument, header, role = given[found]
        shown = f"roles={{{header!r}: {role!r}}}" if argument == "roles" else f"{argument}={header!r}"
        return shown + sentence.removeprefix(found)

    @property
    def said(self) -> bool:
        """Whether anything is said."""
        return bool(self.by_header) or self.table != "auto"
