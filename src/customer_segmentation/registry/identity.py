"""Numbers and names that a candidate's segments take over from the champion's: segment 2 stays segment 2."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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
    own_names: Mapping[int, str],
    used: Collection[int],
    holds: Callable[[int, int], bool] | None = None,
) -> Identity:
    """Carry numbers and names from the champion's clusters to the candidate's.

    Parameters
    ----------
    matching : Matching
        Of the champion's clusters (before) with the candidate's (after).
    numbers : tuple of int
        Number of the segment of each of the champion's clusters.
    names : mapping of int to str
        Names of the champion's segments, by number.
    own_names : mapping of int to str
        What the candidate's clusters would be called by themselves.
    used : collection of int
        Numbers that any version has had: a new segment gets one that has meant nothing else.
    holds : callable, optional
        ``holds(number, cluster)``: what the champion's name of a segment says is still true of a cluster. Where it is
        not, the segment keeps its number and is called by its own name.
    """
    k = matching.shared.shape[1]
    predecessor = matching.predecessor
    similar = {match.after: match.similarity for match in matching.matches}
    following = max([*used, *numbers], default=-1) + 1
    given: list[int] = []
    called: dict[int, str] = {}
    origin: dict[int, str] = {}
    notes: list[str] = []
    for cluster in range(k):
        before = predecessor.get(cluster)
        number = following if before is None else numbers[before]
        own = own_names.get(cluster, "")
        name = own
        if before is None:
            following += 1
            origin[number] = "new"
            notes.append(f"{_called(number, own)} is new: no segment of the champion has half of its customers.")
        else:
            origin[number] = f"kept, {similar[cluster]:.0%} the same customers"
            old = names.get(number, "")
            if old and (holds is None or holds(number, cluster)):
                name = old
            elif old and own != old:
                notes.append(
                    f"Segment {number} was called “{old}”, which is no longer true of it; now it is "
                    + (f"“{own}”." if own else "without a name.")
                )
        given.append(number)
        if name:
            called[number] = name
    lost = {numbers[cluster]: names.get(numbers[cluster], "") for cluster in matching.vanished}
    notes += [f"{_called(number, name)} has vanished." for number, name in lost.items()]
    return Identity(tuple(given), _distinct(called, origin), origin, lost, tuple(notes))


def _called(number: int, name: str) -> str:
    return f"Segment {number}" + (f", “{name}”," if name else "")


def _distinct(names: dict[int, str], origin: Mapping[int, str]) -> dict[int, str]:
    """Names that are equal are told apart by their numbers; what kept its name keeps it as it is."""
    taken: set[str] = set()
    result = dict(names)
    for number in sorted(names, key=lambda number: (origin[number] == "new", number)):
        if names[number] in taken:
            result[number] = f"{names[number]} ({number})"
        taken.add(result[number])
    return result
