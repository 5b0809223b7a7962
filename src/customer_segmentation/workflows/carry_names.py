"""What a candidate's segments are called when they are promoted: the champion's names, while they hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from customer_segmentation.config.playbook_file import playbook_of_sweep
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.segments.describe import profiles_of
from customer_segmentation.segments.insights import Claim, SegmentName
from customer_segmentation.segments.matching import Matching
from customer_segmentation.segments.names import NameChange, carry_names, name_segments
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.workflows.rebuild import Reopened

#: Key of a model's ``about`` under which its names stand with what they claim, by cluster.
CLAIMED = "segment_names"


def names_of(
    found: Reopened, champion: SegmentModel | None, matching: Matching | None
) -> tuple[tuple[SegmentName, ...], tuple[NameChange, ...], Profiles]:
    """Names of a candidate's clusters, those that could not be kept, and the profiles that they rest on.

    Parameters
    ----------
    found : Reopened
    champion : SegmentModel or None
    matching : Matching or None
        Of the champion's clusters with the candidate's.
    """
    profiles = profiles_of(found.customers, found.space, found.fit.labels, found.fit.estimator)
    # the one by which the sweep named them, whatever became of its file
    playbook = playbook_of_sweep(found.store, found.run.data.tags["sweep"], found.job.settings)
    previous = [] if champion is None else names_from_plain(champion.about.get(CLAIMED, []))
    if matching is None or not previous:
        return name_segments(profiles, playbook), (), profiles
    names, changes = carry_names(previous, matching.predecessor, profiles, playbook)
    return names, changes, profiles


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
