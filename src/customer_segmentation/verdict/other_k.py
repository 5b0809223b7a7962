"""Why this number of segments and not another, and the other numbers that a person would compare it with."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_segmentation.formatting import finite
from customer_segmentation.settings.criteria import CRITERIA
from customer_segmentation.verdict.decision import Decision
from customer_segmentation.verdict.leaderboard import cell, row_of
from customer_segmentation.verdict.selection import Rule

FIGURES = (
    ("yardstick", "yardstick"),
    ("reference_silhouette", "silhouette in the reference space"),
    ("stability", "half-sample adjusted Rand index"),
    ("value_explained", "share of {value} explained"),
    ("smallest_share", "smallest share"),
)


def neighbours_of_k(decision: Decision, rule: Rule, value: str | None) -> dict[int, str]:
    """Other k -> why this one and not it: one less or more in the same space, by the rule and in figures.

    Parameters
    ----------
    decision : Decision
    rule : Rule
    value : str or None
        Name of the value column.
    """
    if decision.chosen is None:
        return {}
    board, row = decision.board, row_of(decision.board, decision.chosen)
    k = int(row["k"])
    found: dict[int, str] = {}
    for other in (k - 1, k + 1):
        index = _in_the_same_space(board, row, other)
        if index is None:
            continue
        theirs, figures = row_of(board, index), []
        for column, words in FIGURES:
            one, two = finite(theirs.get(column)), finite(row.get(column))
            if one is not None and two is not None:
                figures.append(f"{words.format(value=value or 'value')} {one:.3f} against {two:.3f}")
        if figures:
            why = _why_not(decision, rule, index)
            found[other] = f"Why {k} and not {other} in the same space: {why}. {_first(figures)}."
    return found


def _first(figures: list[str]) -> str:
    text = "; ".join(figures)
    return f"{text[:1].upper()}{text[1:]}"


def _in_the_same_space(board: pd.DataFrame, row: pd.Series, k: int) -> int | None:
    beside = board[(board["study"] == row["study"]) & (board["k"] == k)]
    return None if k < 2 or beside.empty else int(beside.index[0])


def _why_not(decision: Decision, rule: Rule, index: int) -> str:
    """Where the rule leaves a candidate behind the chosen one."""
    board, chosen = decision.board, decision.chosen
    assert chosen is not None  # noqa: S101 - asked of a decision with a choice
    k, other = (int(cell(board, at, "k")) for at in (chosen, index))
    out = decision.ruled_out.get(index)
    if rule.rule == "fixed":
        return f"k = {k} was given"
    if out is not None and decision.none_stable and out.code == decision.violations[0].code:
        one, two = (float(cell(board, at, "stability")) for at in (index, chosen))
        so = f"{other} is less so" if one < two else "of equally stable ones fewer segments decide"
        return f"no candidate is stable, and {so}: {out.sentence}"
    if out is not None:
        return f"{other} is ruled out, because {out.sentence}"
    if rule.rule != "yardstick":
        return {
            "elbow": f"{other} is not where the elbow of this space bends most",
            "silhouette": f"{other} has the lower silhouette in this space",
        }[rule.rule]
    if "natural" in board and bool(cell(board, chosen, "natural")) and not bool(cell(board, index, "natural")):
        return f"{k} shows natural structure, {other} does not"
    if index == decision.instead_of:
        return f"{other} ranked first, but two segments that are not natural give way to finer ones that explain more"
    return _outranked(decision, rule, chosen, index)


def _outranked(decision: Decision, rule: Rule, chosen: int, index: int) -> str:
    """The criterion in which a candidate falls behind, as the ranking goes through them."""
    board = decision.board
    k, other = (int(cell(board, at, "k")) for at in (chosen, index))
    tied = [*dict.fromkeys([*(i for i in decision.confirmed if i not in decision.ruled_out), chosen, index])]
    for name in rule.rank_by:
        column = CRITERIA[name].column
        if column not in board or board.loc[tied, column].isna().all():
            continue
        scores = {i: float(cell(board, i, column)) for i in tied}
        if np.isnan(scores[index]):
            return f"{other} was not evaluated in {CRITERIA[name].words}, because others rank before it"
        best = float(np.nanmax(list(scores.values())))
        if scores[index] < best - rule.near_tie:
            return f"in {CRITERIA[name].words} {other} is more than {rule.near_tie:g} behind the best, {best:.3f}"
        tied = [i for i in tied if scores[i] >= best - rule.near_tie or i == chosen]
    if k < other:
        return f"near ties (within {rule.near_tie:g}) in every criterion, and of near ties fewer segments decide"
    return f"{other} was not among the candidates that were confirmed"


def compared_k(board: pd.DataFrame, chosen: int) -> list[int]:
    """Candidates that a person would choose between: the chosen one with a coarser and a finer one of its space.

    Two segments more and two less, one where two do not qualify; beside a choice that has no coarser one, two finer.

    Parameters
    ----------
    board : DataFrame
        One row a candidate, with ``study``, ``k`` and ``verdict``.
    chosen : int
        Index label.

    Returns
    -------
    list of int
        Index labels by k, the chosen one among them.
    """
    row = row_of(board, chosen)
    own = board[(board["study"] == row["study"]) & (board["k"] >= 2)]
    own = own[~own["verdict"].astype(str).str.startswith("ruled_out")]
    by_k, k = {int(found): int(index) for index, found in own["k"].items()}, int(row["k"])

    def step(start: int, sign: int) -> int | None:
        return next((start + sign * size for size in (2, 1) if start + sign * size in by_k), None)

    picked = {k: chosen}
    coarser, finer = step(k, -1), step(k, 1)
    beyond = None if finer is None or coarser is not None else step(finer, 1)
    picked |= {found: by_k[found] for found in (coarser, finer, beyond) if found is not None}
    return [picked[found] for found in sorted(picked)]
