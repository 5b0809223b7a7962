"""The moves of the champion's alias as tags of the registered model: sentences that people and programs read.

MLflow's page of a registered model lists its tags, so that what is kept there is read by everybody. Tags of earlier
versions hold JSON instead; they are read as well.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

#: First part of the tags' keys, followed by the time in UTC.
EVENT = "history."
REASON_LENGTH = 2000
VERBS = {"promote": "promoted", "force": "promoted by force", "rollback": "rolled back"}
_SENTENCE = re.compile(
    rf"(?P<verb>{'|'.join(VERBS.values())}): (?:no champion|version (?P<before>\d+)) → version (?P<after>\d+), "
    r"by (?P<by>.*?)(?:: (?P<why>.*))?",
    re.DOTALL,
)


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
