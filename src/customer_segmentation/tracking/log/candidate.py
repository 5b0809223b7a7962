"""What a candidate logs about its segments, in the folder ``segments/`` of its run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from customer_segmentation.segments.insights import Claim, Portraits
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.tracking.items import Item, Metrics, Table, Tags, Text

PROFILE = "segments/profile.csv"
SEGMENTS = "segments/segments.json"
CONCENTRATION = "segments/concentration.csv"
HIGH_VALUE = "segments/high_value_customers.csv"


def profile_items(profiles: Profiles) -> Iterator[Item]:
    """The profile as a tidy table."""
    yield Table(profiles.table, PROFILE)


def portrait_items(portraits: Portraits, *, playbook: str) -> Iterator[Item]:
    """Names, recommendations and high-value customers.

    ``segments.json`` holds ``playbook`` and, under ``segments``, one entry each: ``segment``, ``name``, ``traits``,
    ``claims`` (what the name says, with figures), ``recommendations``, and the figures of `Profiles.segments`.
    """
    yield Text(json.dumps(segments_record(portraits, playbook=playbook), indent=2, ensure_ascii=False), SEGMENTS)
    yield Tags({"segments": "; ".join(f"{name.segment} {name.name}" for name in portraits.names)})
    if len(portraits.profiles.concentration):
        yield Table(portraits.profiles.concentration, CONCENTRATION)
    high = portraits.high_value
    if high is not None and high.segments:
        yield Table(high.customers, HIGH_VALUE)
        yield Metrics({"high_value_share": high.share, "high_value_value_share": high.value_share})


def segments_record(portraits: Portraits, *, playbook: str) -> dict[str, Any]:
    """What is said of the segments, as plain values."""
    segments = []
    for figures, name in zip(portraits.profiles.segments.to_dict("records"), portraits.names, strict=True):
        segments.append(
            {
                **{str(key): _plain(value) for key, value in figures.items()},
                "name": name.name,
                "rule": name.rule,
                "traits": list(name.traits),
                "claims": [_claim(claim) for claim in name.claims],
                "recommendations": [
                    {
                        "action": item.action,
                        "text": item.text,
                        "because": [_claim(claim) for claim in item.because],
                        "at_stake": _plain(item.at_stake),
                        "share_at_stake": _plain(item.share_at_stake),
                        "stake": item.stake,
                        "unit": item.unit,
                    }
                    for item in portraits.of(name.segment)
                ],
            }
        )
    high = portraits.high_value
    return {
        "playbook": playbook,
        "segments": segments,
        "high_value": None
        if high is None
        else {
            "segments": list(high.segments),
            "customers": len(high.customers),
            "share": _plain(high.share),
            "value": _plain(high.value),
            "value_share": _plain(high.value_share),
        },
        "left_out": portraits.profiles.left_out,
        "unassigned": portraits.profiles.unassigned,
        "missing": portraits.profiles.missing,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {**{key: _plain(value) for key, value in asdict(claim).items()}, "text": claim.text}


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
