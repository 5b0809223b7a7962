"""Numbers and names that a candidate's segments take over from the champion's: segment 2 stays segment 2."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from customer_segmentation.formatting import percent
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
    """Identity of the first champion's segments: numbered as its clusters are.

    Parameters
    ----------
    names : cluster to name
    k : number of segments
    """
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
        else:
            origin[number] = f"kept, {percent(similar[cluster])} the same customers"
            old = names.get(number, "")
            if old and old != name:
                reason = (why or {}).get(cluster, "")
                notes.append(f"Segment {number} was “{old}” and is “{name}” now" + (f": {reason}." if reason else "."))
        given.append(number)
    lost = {numbers[cluster]: names.get(numbers[cluster], "") for cluster in matching.vanished}
    fresh = {number: name for number, name in zip(given, called, strict=True) if origin[number] == "new"}
    return Identity(
        tuple(given),
        {number: name for number, name in zip(given, called, strict=True) if name},
        origin,
        lost,
        (*notes, *_coming_and_going(fresh, lost, every=len(fresh) == len(given))),
    )


def _coming_and_going(fresh: Mapping[int, str], lost: Mapping[int, str], *, every: bool) -> list[str]:
    """One sentence on what is new and one on what has vanished; one on both where nothing is left."""
    if every and fresh:
        return [f"All {len(fresh)} segments are new: none shares enough customers with any segment of the champion."]
    said = []
    if fresh:
        verb, shares = ("is", "it shares") if len(fresh) == 1 else ("are", "they share")
        said.append(f"{_called(fresh)} {verb} new: {shares} too few customers with any segment of the champion.")
    if lost:
        said.append(f"{_called(lost)} {'has' if len(lost) == 1 else 'have'} vanished.")
    return said


def _called(names: Mapping[int, str]) -> str:
    """Segments by number and name, as the subject of a sentence."""
    each = [f"{number}" + (f", “{name}”" if name else "") for number, name in names.items()]
    if len(each) == 1:
        return f"Segment {each[0]}" + ("," if any(names.values()) else "")
    parts = [f"{number}" + (f" “{name}”" if name else "") for number, name in names.items()]
    return f"Segments {', '.join(parts[:-1])} and {parts[-1]}"
