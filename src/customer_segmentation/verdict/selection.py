"""The choice of one candidate: constraints, then the yardstick, then the silhouette where the yardstick ties.

It goes in two steps. Within a study silhouettes compare, because all of its candidates live in one space: there the
silhouette of that space decides between near ties. Between the studies' best candidates only a silhouette that is
measured in one common space may decide: the caller supplies it for the short list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pandas as pd

#: What a leaderboard must hold for a choice, one row a candidate.
COLUMNS = ("study", "features", "scaling", "k", "smallest_share", "yardstick", "silhouette")


@dataclass(frozen=True)
class Rule:
    """What ``conf/selection/`` declares."""

    rule: str = "yardstick"
    k: int | None = None
    smallest_share: float = 0.05
    near_tie: float = 0.01


@dataclass(frozen=True)
class Choice:
    """What was chosen among candidates, and why.

    Attributes
    ----------
    chosen : index label of the leaderboard's row, or None when no candidate qualifies
    runner_up : index label or None
    short_list : list of index labels
        Qualified candidates whose yardstick is a near tie with the best.
    ruled_out : dict
        Index label to the reason, for each candidate that does not qualify.
    reasons : list of str
        Sentences with the figures that decided.
    """

    chosen: int | None
    runner_up: int | None = None
    short_list: list[int] = field(default_factory=list)
    ruled_out: dict[int, str] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)


def ruled_out(leaderboard: pd.DataFrame, rule: Rule) -> dict[int, str]:
    """Reason, for each candidate that does not satisfy the constraints, keyed by its index label.

    Reasons: ``one_segment`` (k = 1 divides nobody), ``other_k`` (of the rule ``fixed``), ``small_segment``.
    """
    reasons: dict[int, str] = {}
    for index in map(int, leaderboard.index):
        row = row_of(leaderboard, index)
        if row["k"] < 2:
            reasons[index] = "one_segment"
        elif rule.rule == "fixed" and rule.k is not None and row["k"] != rule.k:
            reasons[index] = "other_k"
        elif not row["smallest_share"] >= rule.smallest_share:
            reasons[index] = "small_segment"
    return reasons


def choose(leaderboard: pd.DataFrame, rule: Rule, *, tie_breaker: str = "silhouette") -> Choice:
    """Choose one candidate of a leaderboard.

    Parameters
    ----------
    leaderboard : DataFrame
        One row a candidate, with `COLUMNS` and the tie breaker.
    rule : Rule
    tie_breaker : str
        Column that decides among near ties of the yardstick, larger is better: ``silhouette`` within one study,
        ``reference_silhouette`` between studies.

    Returns
    -------
    Choice
        Deterministic: what is still equal goes to fewer segments, then to the first in order.
    """
    out = ruled_out(leaderboard, rule)
    qualified = leaderboard.drop(index=list(out))
    if qualified.empty:
        return Choice(None, ruled_out=out, reasons=[nearest_miss(leaderboard, rule)])
    # A reference without variance gives no yardstick; then the tie breaker is all there is.
    qualified = qualified.assign(_mark=qualified["yardstick"].fillna(0.0))
    near = qualified["_mark"] >= qualified["_mark"].max() - rule.near_tie
    order = qualified[near].sort_values(
        [tie_breaker, "_mark", "k"], ascending=[False, False, True], kind="stable", na_position="last"
    )
    rest = qualified[~near].sort_values(["_mark", "k"], ascending=[False, True], kind="stable")
    ranking = [int(label) for label in (*order.index, *rest.index)]
    return Choice(
        chosen=ranking[0],
        runner_up=ranking[1] if len(ranking) > 1 else None,
        short_list=ranking[: len(order)],
        ruled_out=out,
        reasons=_reasons(leaderboard, ranking, ranking[: len(order)], out, rule, tie_breaker),
    )


def nearest_miss(leaderboard: pd.DataFrame, rule: Rule) -> str:
    """Sentence on the candidate that came nearest to qualifying, and the constraint that it missed."""
    divided = leaderboard[leaderboard["k"] >= 2]
    if rule.rule == "fixed" and rule.k is not None:
        if (divided["k"] == rule.k).sum() == 0:
            tried = ", ".join(str(k) for k in sorted(leaderboard["k"].unique()))
            return f"No candidate has the fixed k = {rule.k}; the sweep tried k = {tried}."
        divided = divided[divided["k"] == rule.k]
    if divided.empty:
        return "No candidate divides the customers: only k = 1 was tried."
    row = row_of(divided, int(divided["smallest_share"].argmax()), by_position=True)
    return (
        f"No candidate qualifies: the nearest miss is {label(row)}, whose smallest segment holds "
        f"{row['smallest_share']:.1%} of the customers; selection.smallest_share asks for {rule.smallest_share:.0%}."
    )


def row_of(leaderboard: pd.DataFrame, index: int, *, by_position: bool = False) -> pd.Series:
    """Return one candidate, by its index label or its position."""
    return cast("pd.Series", leaderboard.iloc[index] if by_position else leaderboard.loc[index])


def label(row: pd.Series) -> str:
    """Name of a candidate: its study and its k."""
    return f"{row['study']} · k={int(row['k'])}"


def _reasons(
    leaderboard: pd.DataFrame,
    ranking: list[int],
    short_list: list[int],
    out: dict[int, str],
    rule: Rule,
    tie_breaker: str,
) -> list[str]:
    chosen = row_of(leaderboard, ranking[0])
    sentences = [
        f"{len(ranking)} of {len(leaderboard)} candidates satisfy the constraints"
        + (f" (smallest segment at least {rule.smallest_share:.0%})." if rule.smallest_share > 0 else ".")
    ]
    counts = pd.Series(list(out.values()), dtype=object).value_counts()
    words = {"one_segment": "k = 1", "other_k": "another k than the fixed one", "small_segment": "a segment too small"}
    if len(counts):
        sentences.append(
            "Ruled out: " + ", ".join(f"{n} for {words[str(reason)]}" for reason, n in counts.items()) + "."
        )
    if pd.notna(chosen["yardstick"]):
        sentences.append(
            f"{label(chosen)} explains {chosen['yardstick']:.1%} of what K-means with as many segments can explain of "
            "the reference space."
        )
    if len(short_list) > 1:
        known = pd.notna(chosen[tie_breaker])
        where = "its space" if tie_breaker == "silhouette" else "the reference space"
        sentences.append(
            f"{len(short_list)} candidates lie within {rule.near_tie:.2f} of the best yardstick, a near tie"
            + (f"; the silhouette in {where} decides ({chosen[tie_breaker]:.3f})." if known else ".")
        )
    if len(ranking) > 1:
        second = row_of(leaderboard, ranking[1])
        mark = f" with a yardstick of {second['yardstick']:.1%}" if pd.notna(second["yardstick"]) else ""
        sentences.append(f"Runner-up: {label(second)}{mark}.")
    return sentences
