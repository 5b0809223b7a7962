"""What speaks against a candidate: the constraints that it does not satisfy, each as a code and a sentence.

A binding rule rules such a candidate out; under a rule that does not bind (a fixed k, the naive rules) the objections
are stated beside the choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from customer_segmentation.formatting import joined

#: Codes in the order in which they are asked, with what they say of several candidates at once.
WORDS = {
    "one_segment": "k = 1",
    "other_k": "another k than the fixed one",
    "small_segment": "a segment too small",
    "too_many_segments": "too many segments",
    "unexplainable": "segments that few features do not explain",
    "unstable": "segments that half of the customers do not find again",
}


@dataclass(frozen=True)
class Limits:
    """The constraints of ``conf/selection/``.

    Attributes
    ----------
    smallest_share : float
        Share of the customers that every segment needs.
    most_segments : int or None
        The most segments that the business can treat differently; None: no limit.
    most_features, explained_share : int, float
        A shallow decision tree over so many features has to reproduce this share of the labels.
    rand, rand_worst, prediction_strength : float
        Half-sample adjusted Rand index, mean and worst half, and prediction strength.
    """

    smallest_share: float = 0.05
    most_segments: int | None = None
    most_features: int = 5
    explained_share: float = 0.8
    rand: float = 0.9
    rand_worst: float = 0.75
    prediction_strength: float = 0.8


@dataclass(frozen=True)
class Violation:
    """A constraint that a candidate does not satisfy: its code (see `WORDS`) and a sentence with the figures."""

    code: str
    sentence: str


def size_violations(sizes: Sequence[int], limits: Limits) -> list[Violation]:
    """Return what speaks against segments of these sizes (customers, one number a segment).

    The tiny segments are named by their numbers: segments are numbered from 0, the largest first.
    """
    total, found = sum(sizes), []
    tiny = [number for number, size in enumerate(sizes) if not size >= limits.smallest_share * total]
    if len(sizes) > 1 and tiny:
        named = joined([str(number) for number in tiny])
        held = joined([f"{sizes[number]:,}" for number in tiny])
        shares = joined([percent(sizes[number] / total) for number in tiny])
        several = len(tiny) > 1
        found.append(
            Violation(
                "small_segment",
                f"segment{'s' * several} {named} hold{'s' * (not several)} {held} of {total:,} customers ({shares}), "
                f"under the {percent(limits.smallest_share)} that a segment needs",
            )
        )
    if limits.most_segments is not None and len(sizes) > limits.most_segments:
        found.append(
            Violation("too_many_segments", f"{len(sizes)} segments are more than the {limits.most_segments} allowed")
        )
    return found


def explanation_violations(explained: float, limits: Limits) -> list[Violation]:
    """Return what speaks against segments of which a shallow tree reproduces ``explained`` (nan: not known)."""
    if np.isnan(explained) or explained >= limits.explained_share:
        return []
    return [
        Violation(
            "unexplainable",
            f"a shallow decision tree over at most {limits.most_features} features reproduces {percent(explained)} of "
            f"the segments, under {percent(limits.explained_share)}",
        )
    ]


def stability_violations(found: Mapping[str, Any], limits: Limits, *, prefix: str = "stability") -> list[Violation]:
    """Return what speaks against a candidate with these figures of stability.

    Parameters
    ----------
    found : mapping
        ``{prefix}_rand``, ``{prefix}_rand_worst`` and ``{prefix}_prediction_strength``; nan where not measured.
    limits : Limits
    prefix : str
        ``stability``, or ``screening`` for the cheaper figures that can only rule out.
    """
    reasons = []
    rand, worst, strength = (
        float(found.get(f"{prefix}_{name}", np.nan)) for name in ("rand", "rand_worst", "prediction_strength")
    )
    if rand < limits.rand:
        reasons.append(f"on half of the customers the adjusted Rand index falls to {rand:.2f} (under {limits.rand:g})")
    if worst < limits.rand_worst:
        reasons.append(
            f"it flips to other segments: the worst half agrees by {worst:.2f} (under {limits.rand_worst:g})"
        )
    if strength < limits.prediction_strength:
        reasons.append(f"its prediction strength is {strength:.2f} (under {limits.prediction_strength:g})")
    return [Violation("unstable", "; ".join(reasons))] if reasons else []


def percent(share: float) -> str:
    """Write a share with as many digits as a small one needs: 13 %, 1.2 %, 0.27 %."""
    digits = 0 if share >= 0.1 or share == 0 else 1 if share >= 0.01 else 2
    text = f"{100 * share:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"
