"""The moves of the champion's alias, kept as JSON in tags of the registered model and told in sentences."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: First part of the tags' keys, followed by the time in UTC.
EVENT = "history."
REASON_LENGTH = 2000
VERBS = {"promote": "promoted", "force": "promoted by force", "rollback": "rolled back"}

State = Literal["done", "interrupted", "moved by hand"]


@dataclass(frozen=True)
class Event:
    """One move of the champion's alias, written down just before it, and once more when it has taken place."""

    at: int  # milliseconds since 1970
    action: str  # promote | force | rollback
    before: int | None
    after: int
    by: str
    reason: str
    segments: tuple[int, ...] = ()  # their numbers, known when the version itself has been deleted
    moved: bool = False  # it was seen to take place, whatever was done by hand since

    @property
    def words(self) -> str:
        """What it was, in a few words."""
        before = "no champion" if self.before is None else f"version {self.before}"
        return f"{VERBS[self.action]}: {before} → version {self.after}"


def event_tag(event: Event, nanoseconds: int) -> tuple[str, str]:
    """Key and value of the tag of an event.

    Parameters
    ----------
    event : Event
    nanoseconds : int
        Time of the key, since 1970: two events of one millisecond stay apart.

    Examples
    --------
    >>> event_tag(Event(0, "rollback", 3, 1, "ann", "worse"), 0)[0]
    'history.1970-01-01 00:00:00.000000'
    >>> event_tag(Event(0, "rollback", 3, 1, "ann", "worse"), 0)[1]
    '{"action": "rollback", "before": 3, "after": 1, "by": "ann", "reason": "worse", "at": 0}'
    """
    seconds, rest = divmod(nanoseconds, 10**9)
    key = f"{EVENT}{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(seconds))}.{rest // 1000:06d}"
    kept: dict[str, Any] = {
        "action": event.action,
        "before": event.before,
        "after": event.after,
        "by": event.by,
        "reason": event.reason[:REASON_LENGTH],
        "at": event.at,
    }
    if event.segments:
        kept["segments"] = list(event.segments)
    if event.moved:
        kept["moved"] = True
    return key, json.dumps(kept, ensure_ascii=False)


def read_event(value: str) -> Event | None:
    """Read a tag that `event_tag` wrote; None of one that somebody has edited.

    Parameters
    ----------
    value : of the tag
    """
    try:
        kept = json.loads(value)
        at, action, before, after, by, reason = (
            kept[key] for key in ("at", "action", "before", "after", "by", "reason")
        )
        event = Event(at, action, before, after, by, reason, tuple(kept.get("segments", ())), kept.get("moved") is True)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    numbers = [event.at, event.after, *event.segments, *([] if event.before is None else [event.before])]
    whole = all(type(number) is int and number >= 0 for number in numbers)
    texts = isinstance(event.by, str) and isinstance(event.reason, str)
    return event if whole and texts and _known(event.action) else None


def _known(action: Any) -> bool:
    return isinstance(action, str) and action in VERBS


@dataclass(frozen=True)
class Move:
    """An event and what became of it.

    Attributes
    ----------
    event : Event
    state : {"done", "interrupted", "moved by hand"}
        Interrupted: the alias is where it was before, and was not seen to move. Moved by hand: it took place or not,
        but since then somebody has moved the alias without these commands.
    """

    event: Event
    state: State


def moves(events: Sequence[Event], champion: int | None) -> list[Move]:
    """Tell of each event whether it took place.

    Parameters
    ----------
    events : sequence of Event
        The oldest first.
    champion : int or None
        Version that is the champion now.
    """
    found = []
    for position, event in enumerate(events):
        then = events[position + 1].before if position + 1 < len(events) else champion
        back = then == event.before and not event.moved
        state: State = "done" if then == event.after else "interrupted" if back else "moved by hand"
        found.append(Move(event, state))
    return found


def line_of_champions(events: Sequence[Event], champion: int | None) -> list[int]:
    """Champions that led to the present one, the first first: a rollback takes back what it undoes.

    Parameters
    ----------
    events : what happened, the first first
    champion : version that the alias names now; None: nobody

    Examples
    --------
    >>> promoted = [Event(0, "promote", None, 1, "", ""), Event(1, "promote", 1, 3, "", "")]
    >>> line_of_champions(promoted, 3)
    [1, 3]
    >>> line_of_champions([*promoted, Event(2, "rollback", 3, 1, "", "")], 1)
    [1]
    """
    line: list[int] = []
    for move in moves(events, champion):
        event = move.event
        if move.state == "interrupted":
            continue
        _now(line, event.before)
        _now(line, event.after) if event.action == "rollback" else line.append(event.after)
    _now(line, champion)
    return line


def previous_champion(events: Sequence[Event], champion: int | None) -> int | None:
    """Champion that the present one replaced; None where it replaced nobody.

    Parameters
    ----------
    events : what happened, the first first
    champion : version that the alias names now; None: nobody
    """
    line = line_of_champions(events, champion)
    return line[-2] if len(line) > 1 else None


def _now(line: list[int], number: int | None) -> None:
    """Make a version the last of the line: by going back to it where the line holds it."""
    if number is None:
        return
    if number in line:
        del line[line.index(number) + 1 :]
    else:
        line.append(number)
