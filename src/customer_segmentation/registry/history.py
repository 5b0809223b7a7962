"""What the history of a registered model says: which moves of the champion's alias took place, and who came before.

An event is written just before the alias is moved, so that no champion is without one. A process that is killed
between the two leaves an event that did not take place: the next event, or the champion of today, gives it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from customer_segmentation.registry.champion_history import Event

State = Literal["done", "interrupted", "moved by hand"]


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
