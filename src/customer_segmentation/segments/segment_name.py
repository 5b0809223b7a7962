"""A segment's name with what it claims, and how both are stored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from customer_segmentation.segments.claims import Claim

#: Key of a model's ``about`` under which its names stand with what they claim, by cluster.
CLAIMED = "segment_names"


@dataclass(frozen=True)
class SegmentName:
    """Name of a segment, and what it rests on.

    Attributes
    ----------
    segment : int
    name : str
        Unique among the segments of a candidate.
    rule : str
        Name of the playbook's rule, or "" where the name is made of the traits.
    traits : tuple of str
        All traits of the playbook that hold, in its order.
    claims : tuple of Claim
        What the name says, each with its figure. A name without claims says that nothing stands out.
    """

    segment: int
    name: str
    rule: str
    traits: tuple[str, ...]
    claims: tuple[Claim, ...]


def plain_names(names: Sequence[SegmentName]) -> list[dict[str, Any]]:
    """Names with their claims as JSON has them."""
    plain = [asdict(name) for name in names]
    for name in plain:
        for claim in name["claims"]:
            for key, value in claim.items():
                if isinstance(value, float):
                    claim[key] = float(value) if math.isfinite(value) else None
                elif isinstance(value, tuple):
                    claim[key] = [int(item) for item in value]
    return plain


def names_from_plain(plain: Sequence[Mapping[str, Any]]) -> list[SegmentName]:
    """Read what `plain_names` wrote."""
    return [
        SegmentName(
            segment=int(item["segment"]),
            name=str(item["name"]),
            rule=str(item["rule"]),
            traits=tuple(item["traits"]),
            claims=tuple(_claim(claim) for claim in item["claims"]),
        )
        for item in plain
    ]


def _claim(plain: Mapping[str, Any]) -> Claim:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()}
    for key in ("value", "against", "effect", "effect_low", "effect_high"):
        values[key] = math.nan if values[key] is None else float(values[key])
    return Claim(**values)
