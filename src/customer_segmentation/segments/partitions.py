"""A few numbers of segments side by side: what a person chooses between when the rule has chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from customer_segmentation.formatting import finite, percent, score
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.segments.segment_name import SegmentName

#: Figures of a candidate that stand under its segments: its column of a leaderboard, and the words.
FIGURES = {
    "smallest_share": "smallest segment",
    "value_explained": "value explained",
    "stability": "stability",
    "yardstick": "yardstick",
}
SHARES = ("smallest_share", "value_explained")
WORDS = {"chosen": "chosen", "runner_up": "runner-up"}


@dataclass(frozen=True)
class PartitionSegment:
    """One segment of a partition; shares are of 1, and None where the table does not say."""

    name: str
    customers: int
    share: float
    value_share: float | None
    rate: float | None


@dataclass(frozen=True)
class Partition:
    """A candidate as a person compares it.

    Attributes
    ----------
    name, run_id, verdict : str
    k : int
    value, rate_name : str
        What customers are worth, and the outcome; "" where the table has none.
    segments : tuple of PartitionSegment
    figures : dict of str to (float or None)
        By the columns of a leaderboard; None: not evaluated.
    """

    name: str
    run_id: str
    verdict: str
    k: int
    value: str
    rate_name: str
    segments: tuple[PartitionSegment, ...]
    figures: Mapping[str, float | None]

    @property
    def chosen(self) -> bool:
        """Whether the rule chose it."""
        return self.verdict == "chosen"

    @property
    def title(self) -> str:
        """Number of segments, and what the rule said of it."""
        word = WORDS.get(self.verdict, "")
        return f"{self.k} segments{f' ({word})' if word else ''}"

    def written(self, name: str) -> str:
        """One of its figures; a dash where it was not evaluated."""
        value = self.figures.get(name)
        if value is None:
            return "–"
        return percent(value) if name in SHARES else score(value)


def partition_of(row: pd.Series, name: str, profiles: Profiles, names: Sequence[SegmentName]) -> Partition:
    """Put a candidate together from its row of the leaderboard and what is said of its segments.

    Parameters
    ----------
    row : Series
    name : str
        Of the candidate.
    profiles, names
        Of its segments.
    """
    table, value = profiles.segments, profiles.value
    outcome = next((item for item in profiles.outcomes if len(item.levels) == 1), None)
    segments = []
    for segment in range(profiles.k):
        own = table.iloc[segment]
        found = None if outcome is None else profiles.row(segment, outcome.name, outcome.levels[0])
        segments.append(
            PartitionSegment(
                name=names[segment].name,
                customers=int(own["customers"]),
                share=float(own["share"]),
                value_share=None if value is None else finite(own["value_share"]),
                rate=None if found is None else finite(found["value"]),
            )
        )
    return Partition(
        name=name,
        run_id=str(row["run_id"]),
        verdict=str(row["verdict"]),
        k=profiles.k,
        value="" if value is None else value.name,
        rate_name="" if outcome is None else outcome.rate_name,
        segments=tuple(segments),
        figures={column: finite(row.get(column)) for column in FIGURES},
    )


def to_plain(partitions: Sequence[Partition]) -> list[dict[str, Any]]:
    """Partitions as plain values, for a file."""
    return [asdict(partition) for partition in partitions]


def from_plain(found: Sequence[Mapping[str, Any]]) -> tuple[Partition, ...]:
    """Partitions as a file holds them."""
    return tuple(
        Partition(**{**item, "segments": tuple(PartitionSegment(**segment) for segment in item["segments"])})
        for item in found
    )
