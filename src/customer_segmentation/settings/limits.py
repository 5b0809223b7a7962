"""What a value of a setting may be, declared beside it and checked by one function before any work.

A setting says its limits where it is declared, with `limited` in place of the bare default::

    smallest_share: float = limited(0.05, at_least=0, below=1, such_as="0.05")
    models: str = limited("best", choices=("best", "chosen"))
    opinions: list[str] = limited(["vote"], choices=("vote", "gap"))         # every item of a list
    force: bool = limited(False, needs={True: ("reason", "which is kept in the history")})

Nothing else is to be done: `config.compose.plan` calls `check_limits` on the settings of every command and of every
study, which walks nested settings and raises one sentence with the whole key (``selection.smallest_share=2: ...``).
What no single value shows (two files that are the same, a column that the contract lacks) stands in `config.checks`.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from customer_segmentation.errors import SettingsError

KEY = "limits"  # under which the metadata of a field holds them


@dataclass(frozen=True)
class Limits:
    """What a value may be. A null passes, where the schema allows it; of a list every item is meant.

    Attributes
    ----------
    at_least, at_most, above, below : float or None
        Bounds of a number: with the bound itself, or without it.
    choices : tuple of str
        The words that there are.
    pair : bool
        Two numbers, the second not lower: from the first on it is watched, from the second on something is done.
    filled : bool
        Neither an empty text nor an empty list.
    without : str
        Characters that a text must not hold.
    required : str
        Sentence for a value that is not given.
    needs : mapping
        Value to the name of another setting of the same node, which must be given then, and what that is.
    read_with : tuple of str and object
        Another setting of the same node and its value, without which this one is not read.
    such_as : str
        An example for the sentence.
    date : bool
        A text that is a date of the form YYYY-MM-DD.
    """

    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    pair: bool = False
    filled: bool = False
    without: str = ""
    required: str = ""
    needs: Mapping[Any, tuple[str, str]] | None = None
    read_with: tuple[str, Any] | None = None
    such_as: str = ""
    date: bool = False

    def allow(self, value: Any) -> bool:
        """Whether a single value is within the limits."""
        if self.choices:
            return value in self.choices
        if isinstance(value, str):
            if self.date:
                return is_date(value)
            return not (self.filled and not value.strip()) and not set(value) & set(self.without)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        bounds = (self.at_least, self.at_most, self.above, self.below)
        return all(bound is None for bound in bounds) or (
            math.isfinite(value)
            and (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def sentence(self, *, whole: bool) -> str:
        """What is expected, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.date:
            return "a date as YYYY-MM-DD, such as 2024-06-30"
        if self.without or self.filled:
            return f"a name without {' '.join(self.without)}" if self.without else "a text"
        low, high = (_first(self.at_least, self.above), _first(self.at_most, self.below))
        if low is not None and high is not None:
            between = self.above is not None and self.below is not None
            words = f"from {_shown(low)} {'up ' if self.below is not None else ''}to {_shown(high)}"
            words = f"between {_shown(low)} and {_shown(high)}" if between else words
        elif low is not None:
            words = f"of at least {_shown(low)}" if self.at_least is not None else f"above {_shown(low)}"
        else:
            words = (
                "" if high is None else f"up to {_shown(high)}" if self.at_most is not None else f"below {_shown(high)}"
            )
        example = f", such as {self.such_as}" if self.such_as else ""
        return f"a {'whole ' if whole else ''}number {words}".rstrip() + example


def is_date(text: str) -> bool:
    """Whether a text is a date of the form YYYY-MM-DD."""
    try:
        return len(text) == 10 and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


def limited(default: Any, **limits: Any) -> Any:
    """A setting's default with its limits; see `Limits` for the names.

    Parameters
    ----------
    default : object
        A list or a mapping is copied for every instance.
    **limits : object
        As of `Limits`.
    """
    metadata = {KEY: Limits(**limits)}
    if isinstance(default, list | dict):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def check_limits(settings: Any, where: str = "") -> None:
    """Check settings, and those within them, against what is declared beside them.

    Parameters
    ----------
    settings : dataclass instance
        The whole of a command, or a node of it.
    where : str
        Key of the settings, with a dot at its end.

    Raises
    ------
    SettingsError
        One sentence on the first value that is outside its limits.
    """
    for item in fields(settings):
        value, key = getattr(settings, item.name), f"{where}{item.name}"
        if is_dataclass(value):
            check_limits(value, f"{key}.")
        limits: Limits | None = item.metadata.get(KEY)
        if limits is not None and limits.required and not str(value or "").strip():
            raise SettingsError(f"{limits.required}.")
        if limits is not None and value is not None:
            _check_value(value, limits, key, whole="int" in str(item.type))
            for asked, (other, what) in (limits.needs or {}).items():
                if value == asked and not str(getattr(settings, other) or "").strip():
                    raise SettingsError(f"{key}={_shown(value)} needs {where}{other}, {what}.")
            if limits.read_with and getattr(settings, limits.read_with[0]) != limits.read_with[1]:
                with_it = f"{where}{limits.read_with[0]}={_shown(limits.read_with[1])}"
                raise SettingsError(f"{key} is read with {with_it} alone; add that, or leave {key} out.")


def _check_value(value: Any, limits: Limits, key: str, *, whole: bool) -> None:
    if not isinstance(value, Sequence) or isinstance(value, str):
        if not limits.allow(value):
            raise SettingsError(f"{key}={_shown(value)}: expected {limits.sentence(whole=whole)}.")
        return
    if limits.pair and (len(value) != 2 or not value[0] <= value[1]):
        raise SettingsError(f"{key}={value}: expected two thresholds, [watch, refit], the second not lower.")
    if limits.filled and not value:
        raise SettingsError(f"{key} is empty; name one or more of {', '.join(limits.choices)}.")
    for one in value:
        if not limits.allow(one):
            expected = f"some of {', '.join(limits.choices)}" if limits.choices else limits.sentence(whole=whole)
            raise SettingsError(f"{key} holds {one}: expected {expected}.")


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
