"""What a candidate logs about its segments, in the folder ``segments/`` of its run."""

from __future__ import annotations

from collections.abc import Iterator

from customer_segmentation.segments.profile import Profiles
from customer_segmentation.tracking.items import Item, Table

PROFILE = "segments/profile.csv"


def profile_items(profiles: Profiles) -> Iterator[Item]:
    """The profile as a tidy table."""
    yield Table(profiles.table, PROFILE)
