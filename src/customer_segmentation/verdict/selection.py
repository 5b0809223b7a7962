"""Cheap constraints for all candidates, and the best candidate of one study.

Within a study silhouettes compare, because all of its candidates live in one space: there the silhouette of that space
may decide between near ties of the yardstick. Between studies it may not: see `customer_segmentation.verdict.decision`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from customer_segmentation.formatting import apart
from customer_segmentation.settings.sweep import SelectionSettings
from customer_segmentation.verdict.constraints import Limits, Violation
from customer_segmentation.verdict.leaderboard import label, row_of


@dataclass(frozen=True)
class Rule:
    """What ``conf/selection/`` declares.

    Attributes
    ----------
    rule : str
        ``yardstick``; ``fixed`` takes ``k``; ``silhouette`` and ``elbow`` are the naive rules, for comparison.
    k : int or None
    binding : bool
        Whether a candidate that does not satisfy the limits is ruled out; else violations are stated with the choice.
    limits : Limits
    near_tie : float
        Differences of this size and less do not decide, in any criterion.
    rank_by : tuple of str
        Criteria in order, see `customer_segmentation.verdict.ranking`.
    natural_min_yardstick_share : float
        A candidate that shows natural structure goes first, unless its yardstick is below this share of the best one's;
        above 1: structure does not bear on the choice.
    finer_gain, finer_within : float or None, float
        Two segments that are not natural give way to a finer candidate that is confirmed to be stable, explains so much
        more of the value, and is no more than so far behind in the yardstick; None: they do not.
    """

    rule: str = "yardstick"
    k: int | None = None
    enforce: bool = True
    limits: Limits = field(default_factory=Limits)
    near_tie: float = 0.01
    rank_by: tuple[str, ...] = ("yardstick", "separation", "stability")
    natural_min_yardstick_share: float = 0.7
    finer_gain: float | None = 0.1
    finer_within: float = 0.05


@dataclass(frozen=True)
class StudyChoice:
    """The best candidate of a study (index label, None when none qualifies), and why others are out, by index label."""

    chosen: int | None
    ruled_out: dict[int, str]


def ruled_out(board: pd.DataFrame, rule: Rule) -> dict[int, str]:
    """Code of the reason for each candidate that the cheap constraints rule out.

    The codes are those of `customer_segmentation.verdict.constraints.WORDS`.

    Parameters
    ----------
    board : one row a candidate
    rule : the rule and its limits
    """
    reasons: dict[int, str] = {}
    most = rule.limits.most_segments
    for index in map(int, board.index):
        row = row_of(board, index)
        if row["k"] < 2:
            reasons[index] = "one_segment"
        elif rule.rule == "fixed" and rule.k is not None and row["k"] != rule.k:
            reasons[index] = "other_k"
        elif rule.enforce and not row["smallest_share"] >= rule.limits.smallest_share:
            reasons[index] = "small_segment"
        elif rule.enforce and row["k"] < rule.limits.fewest_segments:
            reasons[index] = "too_few_segments"
        elif rule.enforce and most is not None and row["k"] > most:
            reasons[index] = "too_many_segments"
    return reasons


def best_of_study(board: pd.DataFrame, rule: Rule) -> StudyChoice:
    """Choose the best candidate of one study by what is cheap.

    The rule's own criterion decides; the rule ``yardstick`` takes the natural candidate, else the best yardstick, near
    ties of which go to the silhouette. What is still equal goes to fewer segments.

    Parameters
    ----------
    board : the candidates of one study, one row each
    rule : the rule and its limits
    """
    out = ruled_out(board, rule)
    left = board.drop(index=list(out))
    if left.empty:
        return StudyChoice(None, out)
    if rule.rule == "elbow":
        at_knee = left[left["k"] == left["knee"]] if "knee" in left else left.iloc[:0]
        return StudyChoice(None if at_knee.empty else int(at_knee.index[0]), out)
    if rule.rule == "yardstick":
        if rule.natural_min_yardstick_share <= 1 and "natural" in left and left["natural"].any():
            left = left[left["natural"].astype(bool)]
        marks = left["yardstick"].fillna(0.0)  # a reference without variance gives none; then the silhouette decides
        left = left[marks >= marks.max() - rule.near_tie]
    order = left.sort_values(
        ["silhouette", "yardstick", "k"], ascending=[False, False, True], kind="stable", na_position="last"
    )
    return StudyChoice(int(order.index[0]), out)


def nearest_miss(board: pd.DataFrame, rule: Rule, missed: Mapping[int, Violation] | None = None) -> str:
    """Sentence on the candidate that came nearest to qualifying, and the constraint that it missed.

    Parameters
    ----------
    board : DataFrame
        One row a candidate.
    rule : Rule
    missed : mapping of index label to Violation, optional
        What ruled each out: the one that failed last came nearest, and is told by what it failed.
    """
    codes = {item.code for item in (missed or {}).values()}
    late = [code for code in ("unstable", "unexplainable") if code in codes]
    if missed and late:
        near = board.loc[[index for index, item in missed.items() if item.code == late[0]]]
        at = int(near["yardstick"].fillna(0.0).argmax())
        best = list(near.index)[at]
        name = label(row_of(near, at, by_position=True))
        return f"No candidate qualifies: the nearest miss is {name}: {missed[best].sentence}."
    divided = board[board["k"] >= 2]
    if rule.rule == "fixed" and rule.k is not None:
        if (divided["k"] == rule.k).sum() == 0:
            tried = ", ".join(str(k) for k in sorted(board["k"].unique()))
            return f"No candidate has the fixed k = {rule.k}; the sweep tried k = {tried}."
        divided = divided[divided["k"] == rule.k]
    if divided.empty:
        return "No candidate divides the customers: only k = 1 was tried."
    where = ""
    if rule.rule == "elbow":
        divided, where = (
            divided[divided["k"] == divided["knee"]] if "knee" in divided else divided.iloc[:0],
            " at a knee",
        )
        if divided.empty:
            return "No study has a knee in its elbow: the curves bend nowhere, or have too few points."
    most = rule.limits.most_segments
    fewest = rule.limits.fewest_segments
    few = divided[divided["k"].between(fewest, np.inf if most is None else most)]
    if few.empty:
        limit = f" and at most selection.most_segments = {most}" if most is not None else ""
        return f"No candidate qualifies: none{where} has at least selection.fewest_segments = {fewest}{limit} segments."
    row = row_of(few, int(few["smallest_share"].argmax()), by_position=True)
    share, least = apart(float(row["smallest_share"]), rule.limits.smallest_share, share=True)
    return (
        f"No candidate qualifies: the nearest miss is {label(row)}, whose smallest segment has {share} of the "
        f"customers; selection.smallest_share asks for {least}."
    )


def rule_of(settings: SelectionSettings) -> Rule:
    """The rule of choice that a config declares."""
    limits = Limits(
        smallest_share=settings.smallest_share,
        fewest_segments=settings.fewest_segments,
        most_segments=settings.most_segments,
        most_features=settings.most_features,
        tree_depth=settings.tree_depth,
        tree_leaves=settings.tree_leaves,
        explained_share=settings.explained_share,
        rand=settings.stability.rand,
        rand_half=settings.stability.rand_half,
        max_switching=settings.stability.max_switching,
        prediction_strength=settings.stability.prediction_strength,
    )
    return Rule(
        rule=settings.rule,
        k=settings.k,
        enforce=settings.enforce,
        limits=limits,
        near_tie=settings.near_tie,
        rank_by=tuple(settings.rank_by),
        natural_min_yardstick_share=settings.natural_min_yardstick_share,
        finer_gain=settings.finer_gain,
        finer_within=settings.finer_within,
    )
