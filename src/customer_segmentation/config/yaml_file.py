"""A YAML file of a folder is looked at before anything is made of it: it may be a stranger's."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from customer_segmentation.errors import SettingsError

BYTES = 20_000_000  # a contract of 50,000 columns has some 5 MB
DEPTH = 50
#: Names (`&x`) that are used (`*x`) may make a file so much larger than it is written.
GROWTH, FREE = 10, 10_000


def config_text(path: Path) -> str:
    """Text of a file that holds keys and values, and not more of them than it seems.

    Parameters
    ----------
    path : of a config

    Raises
    ------
    SettingsError
        It is no file or cannot be read, is no YAML, is too large, too deep, grows beyond measure, or holds no keys.
    """
    shown = os.path.relpath(path)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise SettingsError(f"{shown} is no file; expected one with lines of the form key: value.")
        if found.st_size > BYTES:
            raise SettingsError(f"{shown} has {found.st_size:,} bytes; expected at most {BYTES:,} of a config.")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeError as error:
        raise SettingsError(f"{shown} is not UTF-8; save it as UTF-8.") from error
    except OSError as error:
        raise SettingsError(f"{shown} cannot be read: {error.strerror or error}.") from error
    _look(text, shown)
    return text


def _look(text: str, shown: str) -> None:
    """Walk over the parts of a text without making any of them.

    Raises
    ------
    SettingsError
        See `config_text`.
    """
    import yaml

    seen = _Seen()
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            wrong = seen.add(event)
            if wrong:
                raise SettingsError(f"{shown} {wrong}.")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
        raise SettingsError(f"{shown} is no YAML{at}: {what}.") from error


class _Seen:
    """What there is of a text so far: values as they are written, and as they become where names are used again."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}  # of what has a name, everything in it counted
        self.around: list[tuple[str | None, int]] = []  # each collection that is open: its name, the values before it
        self.written = self.whole = 0

    def add(self, event: Any) -> str:
        """Take in the next part; what is wrong with it, or nothing."""
        from yaml import events

        if isinstance(event, events.AliasEvent):
            if any(name == event.anchor for name, _ in self.around):
                return f"holds itself, by *{event.anchor}; write out what is meant"
            if event.anchor not in self.sizes:
                return f"uses *{event.anchor}, which nothing in it is named; write out what is meant"
            self.whole += self.sizes[event.anchor]
        elif isinstance(event, events.CollectionEndEvent):
            name, before = self.around.pop()
            self._name(name, self.whole - before)
        elif isinstance(event, events.NodeEvent):
            if not self.written and not isinstance(event, events.MappingStartEvent) and _says_something(event):
                return "is no config: expected lines of the form key: value"
            self.written, self.whole = self.written + 1, self.whole + 1
            if isinstance(event, events.ScalarEvent):
                self._name(event.anchor, 1)
            else:
                self.around.append((event.anchor, self.whole - 1))
        return self._too_much()

    def _name(self, name: str | None, size: int) -> None:
        if name:
            self.sizes[name] = size

    def _too_much(self) -> str:
        if len(self.around) > DEPTH:
            return f"has more than {DEPTH} levels; expected the few of a config"
        if self.whole > FREE + GROWTH * self.written:
            return f"is {self.whole:,} values and more where what it names is repeated; write out what is meant"
        return ""


def _says_something(event: object) -> bool:
    """Whether a node is more than an empty file or ``null``."""
    return getattr(event, "value", "something") not in ("", "null", "~")
