"""Which segment of one labeling is which of another: by the customers that they share, never by their numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customer_segmentation.clustering.metrics import contingency

Labels = npt.NDArray[np.integer]

#: Share of their customers, of those in either, that two segments have in common to be the same one. Above one half no
#: segment has two such partners; below it a segment may yet keep its identity, as long as no better partner is there.
SAME_SEGMENT = 0.5


@dataclass(frozen=True)
class Match:
    """A segment that is found again.

    Attributes
    ----------
    before, after : int
        Its number in either labeling.
    customers : int
        In both.
    similarity : float
        Jaccard similarity: customers in both, of those in either.
    """

    before: int
    after: int
    customers: int
    similarity: float


@dataclass(frozen=True)
class Matching:
    """Segments of two labelings of the same customers, put side by side.

    Attributes
    ----------
    matches : tuple of Match
        In the order of ``before``.
    vanished : tuple of int
        Segments before that have no successor.
    new : tuple of int
        Segments after that have no predecessor.
    shared : integer array of shape (k_before, k_after)
        Customers in each pair of segments.
    """

    matches: tuple[Match, ...]
    vanished: tuple[int, ...]
    new: tuple[int, ...]
    shared: npt.NDArray[np.int64]

    @property
    def predecessor(self) -> dict[int, int]:
        """Segment after to the segment before that it is."""
        return {match.after: match.before for match in self.matches}


def match_segments(
    before: Labels,
    after: Labels,
    *,
    k_before: int | None = None,
    k_after: int | None = None,
    same: float = SAME_SEGMENT,
) -> Matching:
    """Find the segments of one labeling again in another of the same customers.

    The pairs are those whose Jaccard similarities have the largest sum (Kuhn 1955, an assignment); a pair that is less
    alike than ``same`` is none. By similarity and not by counts, so that a small segment keeps its partner though a
    large one takes more customers from it.

    Parameters
    ----------
    before, after : integer arrays of shape (n_customers,)
        0 ... k-1; a customer with a negative label in either has no segment there and is left out.
    k_before, k_after : int, optional
        Numbers of segments; by default the highest label plus one.
    same : float
        From 0 to 1.

    Examples
    --------
    >>> found = match_segments(np.array([0, 0, 0, 1, 1]), np.array([1, 1, 1, 0, 0]))
    >>> found.predecessor
    {1: 0, 0: 1}
    """
    from scipy.optimize import linear_sum_assignment

    before, after = np.asarray(before, dtype=np.int64), np.asarray(after, dtype=np.int64)
    rows = int(before.max(initial=-1)) + 1 if k_before is None else k_before
    columns = int(after.max(initial=-1)) + 1 if k_after is None else k_after
    known = (before >= 0) & (after >= 0)
    shared = contingency(before[known], after[known], rows, columns)
    either = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) - shared
    similarity = shared / np.maximum(either, 1)
    chosen = linear_sum_assignment(similarity, maximize=True)
    matches = tuple(
        Match(int(row), int(column), int(shared[row, column]), float(similarity[row, column]))
        for row, column in zip(*chosen, strict=True)
        if similarity[row, column] > 0 and similarity[row, column] >= same
    )
    found = {match.before for match in matches}
    successors = {match.after for match in matches}
    return Matching(
        matches,
        tuple(row for row in range(rows) if row not in found),
        tuple(column for column in range(columns) if column not in successors),
        shared,
    )
