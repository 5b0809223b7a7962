"""The moves of the champion's alias as tags of the registered model: sentences that people and programs read.

MLflow's page of a registered model lists its tags, so that what is kept there is read by everybody. Tags of earlier
versions hold JSON instead; they are read as well.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

#: First part of the tags' keys, followed by the time in UTC.
EVENT = "history."


REASON_LENGTH = 2000


VERBS = {"promote": "promoted", "force": "promoted by force", "rollback": "rolled back"}


_SENTENCE = re.compile(
    rf"(?P<verb>{'|'.join(VERBS.values())}): (?:no champion|version (?P<before>\d+)) → version (?P<after>\d+), "
    r"by (?P<by>.*?)(?:: (?P<why>.*))?",
    re.DOTALL,
)


State = Literal["done", "interrupted", "moved by hand"]


@dataclass(frozen=True)
class Event:
    """One move of the champion's alias, written down just before it."""

    at: int  # milliseconds since 1970
    action: str  # promote | force | rollback
    before: int | None
    after: int
    by: str
    reason: str

    @property
    def words(self) -> str:
        """What it was, in a few words."""
        before = "no champion" if self.before is None else f"version {self.before}"
        return f"{VERBS[self.action]}: {before} → version {self.after}"


def event_tag(event: Event, nanoseconds: int) -> tuple[str, str]:
    """Key and value of the tag of an event.

    Examples
    --------
    >>> event_tag(Event(0, "rollback", 3, 1, "ann", "worse: see the lists"), 0)
    ('history.1970-01-01 00:00:00.000000', 'rolled back: version 3 → version 1, by ann: worse: see the lists')
    """
    seconds, rest = divmod(nanoseconds, 10**9)
    key = f"{EVENT}{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(seconds))}.{rest // 1000:06d}"
    by = " ".join(event.by.split()).replace(": ", " ")  # a colon ends the name
    return key, f"{event.words}, by {by}" + (f": {event.reason[:REASON_LENGTH]}" if event.reason else "")


def read_event(key: str, value: str) -> Event | None:
    """Read a tag that `event_tag`, or an earlier version, wrote; None of one that somebody has edited."""
    try:
        if value.startswith("{"):
            old = json.loads(value)
            return Event(old["at"], old["action"], old["from"], old["to"], old["by"], old["why"] or "")
        found = _SENTENCE.fullmatch(value)
        when = datetime.strptime(key.removeprefix(EVENT), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    except (ValueError, KeyError, TypeError):
        return None
    if found is None:
        return None
    action = next(action for action, verb in VERBS.items() if verb == found["verb"])
    before = None if found["before"] is None else int(found["before"])
    at = int(when.replace(microsecond=0).timestamp()) * 1000 + when.microsecond // 1000
    return Event(at, action, before, int(found["after"]), found["by"], found["why"] or "")


@dataclass(frozen=True)
class Move:
    """An event and what became of it.

    Attributes
    ----------
    event : Event
    state : {"done", "interrupted", "moved by hand"}
        Interrupted: the alias was never moved. Moved by hand: it took place or not, but since then somebody has moved
        the alias without these commands.
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
        state: State = "done" if then == event.after else "interrupted" if then == event.before else "moved by hand"
        found.append(Move(event, state))
    return found


def line_of_champions(events: Sequence[Event], champion: int | None) -> list[int]:
    """Champions that led to the present one, the first first: a rollback takes back what it undoes.

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
    """Champion that the present one replaced; None where it replaced nobody."""
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
