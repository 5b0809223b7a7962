"""Constraints that a candidate violates, each as a code and a sentence.

A binding rule rules such a candidate out; under a rule that does not bind (a fixed k, the naive rules) the violations
are stated beside the choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from customer_segmentation.formatting import NBSP, apart, listed, percent

#: Codes in the order in which they are asked, with what they say of several candidates at once.
WORDS = {
    "one_segment": "k = 1",
    "other_k": "another k than the fixed one",
    "small_segment": "a segment too small",
    "too_few_segments": "too few segments",
    "too_many_segments": "too many segments",
    "unexplainable": "segments that a depth-limited tree cannot predict",
    "unstable": "segments that are not reproduced on half-samples",
}


@dataclass(frozen=True)
class Limits:
    """The constraints of ``conf/selection/``.

    Attributes
    ----------
    smallest_share : float
        Share of the customers that every segment needs.
    fewest_segments : int
        The fewest segments that are of use.
    most_segments : int or None
        The most segments that the business can treat differently; None: no limit.
    most_features, tree_depth, tree_leaves, explained_share : int, int, int, float
        A decision tree over so many features, of at most this depth and so many leaves, has to reproduce this share of
        the labels.
    rand, prediction_strength : float
        Half-sample adjusted Rand index, mean, and prediction strength.
    rand_half, max_switching : float
        Adjusted Rand index under which a half-sample ends elsewhere, and the share of half-samples that may.
    """

    smallest_share: float = 0.05
    fewest_segments: int = 2
    most_segments: int | None = None
    most_features: int = 5
    tree_depth: int = 4
    tree_leaves: int = 16
    explained_share: float = 0.8
    rand: float = 0.9
    rand_half: float = 0.75
    max_switching: float = 0.05
    prediction_strength: float = 0.8


@dataclass(frozen=True)
class Violation:
    """A constraint that a candidate does not satisfy: its code (see `WORDS`) and a sentence with the figures."""

    code: str
    sentence: str


def size_violations(sizes: Sequence[int], limits: Limits) -> list[Violation]:
    """Violations of segments of these sizes (customers, one number a segment).

    The tiny segments are named by their numbers: segments are numbered from 0, the largest first.

    Parameters
    ----------
    sizes : customers of each segment
    limits : the smallest share that a segment may have, and how many segments there may be
    """
    total, found = sum(sizes), []
    tiny = [number for number, size in enumerate(sizes) if not size >= limits.smallest_share * total]
    if len(sizes) > 1 and tiny:
        named = listed([str(number) for number in tiny])
        held = listed(f"{sizes[number]:,}" for number in tiny)
        texts = [apart(sizes[number] / total, limits.smallest_share, share=True) for number in tiny]
        shares, least = listed(text for text, _ in texts), texts[0][1]
        several = len(tiny) > 1
        found.append(
            Violation(
                "small_segment",
                f"segment{'s' * several} {named} {'have' if several else 'has'} {held} of {total:,} customers "
                f"({shares}), under the {least} that a segment needs",
            )
        )
    if 1 < len(sizes) < limits.fewest_segments:
        found.append(
            Violation("too_few_segments", f"{len(sizes)} segments are fewer than the {limits.fewest_segments} of use")
        )
    if limits.most_segments is not None and len(sizes) > limits.most_segments:
        found.append(
            Violation("too_many_segments", f"{len(sizes)} segments are more than the {limits.most_segments} allowed")
        )
    return found


def explanation_violations(explained: float, limits: Limits) -> list[Violation]:
    """Violations of segments of which a depth-limited tree predicts the share ``explained`` (nan: not known).

    Parameters
    ----------
    explained : share of customers, 0 to 1
    limits : the smallest share, and the tree's number of features
    """
    if np.isnan(explained) or explained >= limits.explained_share:
        return []
    shown, asked = apart(explained, limits.explained_share, share=True)
    return [
        Violation(
            "unexplainable",
            f"a decision tree of depth {limits.tree_depth} with at most {limits.tree_leaves} leaves, on at most "
            f"{limits.most_features} features, predicts the segment of {shown} of the customers, under {asked}",
        )
    ]


def stability_violations(found: Mapping[str, Any], limits: Limits, *, prefix: str = "stability") -> list[Violation]:
    """Violations of a candidate with these figures of stability.

    Parameters
    ----------
    found : mapping
        ``{prefix}_rand``, ``{prefix}_prediction_strength``, and ``{prefix}_switching`` with ``_low`` and ``_high``; nan
        where not measured. Of a screening the lower end of the interval is what may rule out.
    limits : Limits
    prefix : str
        ``stability``, or ``screening`` for the cheaper figures that can only rule out.
    """
    reasons = []
    rand, strength, switching, low, high = (
        float(found.get(f"{prefix}_{name}", np.nan))
        for name in ("rand", "prediction_strength", "switching", "switching_low", "switching_high")
    )
    if rand < limits.rand:
        shown, asked = apart(rand, limits.rand)
        reasons.append(f"on half-samples the mean adjusted Rand index is {shown} (under {asked})")
    if (low if prefix == "screening" else switching) > limits.max_switching:
        shown, most = apart(switching, limits.max_switching, share=True)
        reasons.append(
            f"it switches between two solutions: {shown} of the half-samples agree by less than {limits.rand_half:g} "
            f"(95{NBSP}% interval {percent(low)} to {percent(high)}; at most {most} may)"
        )
    if strength < limits.prediction_strength:
        shown, asked = apart(strength, limits.prediction_strength)
        reasons.append(f"its prediction strength is {shown} (under {asked})")
    return [Violation("unstable", "; ".join(reasons))] if reasons else []
