"""Numbers and names that a candidate's segments take over from the champion's: segment 2 stays segment 2."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from customer_segmentation.segments.matching import Matching


@dataclass(frozen=True)
class Identity:
    """What the clusters of a candidate are called.

    Attributes
    ----------
    numbers : tuple of int
        Number of the segment of each cluster.
    names : dict of int to str
        By number; a segment without a name is left out.
    origin : dict of int to str
        Where each number comes from, as a phrase.
    vanished : dict of int to str
        Segments of the champion that have no successor, and their names.
    notes : tuple of str
        Sentences on what is new, has vanished or is called otherwise.
    """

    numbers: tuple[int, ...]
    names: dict[int, str]
    origin: dict[int, str]
    vanished: dict[int, str]
    notes: tuple[str, ...]


def first_identity(names: Mapping[int, str], k: int) -> Identity:
    """Identity of the first champion's segments: numbered as its clusters are."""
    return Identity(tuple(range(k)), dict(names), dict.fromkeys(range(k), "first"), {}, ())


def carried_identity(
    matching: Matching,
    *,
    numbers: tuple[int, ...],
    names: Mapping[int, str],
    called: Sequence[str],
    used: Collection[int],
    why: Mapping[int, str] | None = None,
) -> Identity:
    """Carry numbers from the champion's clusters to the candidate's, and tell what became of the names.

    Parameters
    ----------
    matching : Matching
        Of the champion's clusters (before) with the candidate's (after).
    numbers : tuple of int
        Number of the segment of each of the champion's clusters.
    names : mapping of int to str
        Names of the champion's segments, by number.
    called : sequence of str
        What each of the candidate's clusters is called: the champion's name while it holds.
    used : collection of int
        Numbers that any version has had: a new segment gets one that has meant nothing else.
    why : mapping of int to str, optional
        Of a cluster that could not keep its name.
    """
    predecessor = matching.predecessor
    similar = {match.after: match.similarity for match in matching.matches}
    following = max([*used, *numbers], default=-1) + 1
    given: list[int] = []
    origin: dict[int, str] = {}
    notes: list[str] = []
    for cluster, name in enumerate(called):
        before = predecessor.get(cluster)
        number = following if before is None else numbers[before]
        if before is None:
            following += 1
            origin[number] = "new"
            notes.append(
                f"{_called(number, name)} is new: it shares too few customers with any segment of the champion."
            )
        else:
            origin[number] = f"kept, {similar[cluster]:.0%} the same customers"
            old = names.get(number, "")
            if old and old != name:
                reason = (why or {}).get(cluster, "")
                notes.append(f"Segment {number} was “{old}” and is “{name}” now" + (f": {reason}." if reason else "."))
        given.append(number)
    lost = {numbers[cluster]: names.get(numbers[cluster], "") for cluster in matching.vanished}
    notes += [f"{_called(number, name)} has vanished." for number, name in lost.items()]
    found = {number: name for number, name in zip(given, called, strict=True) if name}
    return Identity(tuple(given), found, origin, lost, tuple(notes))


def _called(number: int, name: str) -> str:
    return f"Segment {number}" + (f", “{name}”," if name else "")
