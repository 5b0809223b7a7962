"""The verdict over all candidates of a sweep: constraints, then structure and the ranking, spending where it decides.

What is cheap is known of all candidates. Of those that the cheap constraints leave, the best by yardstick are compared
in the reference space; the short list of these gets a look at how few features explain it and a first look at
stability, which can only rule out; few get the full confirmation. All expensive figures come from an `Evaluator`, so
that the rule itself is plain data in, plain data out, and the same wherever the studies ran.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from customer_segmentation.formatting import percent
from customer_segmentation.verdict.constraints import (
    Limits,
    Violation,
    explanation_violations,
    size_violations,
    stability_violations,
)
from customer_segmentation.verdict.leaderboard import cell, row_of, sizes_of
from customer_segmentation.verdict.ranking import Ranking, pareto_front, rank
from customer_segmentation.verdict.selection import Rule, ruled_out

#: Candidates that are compared in the reference space, for each one of the short list.
COMPARED = 2


@dataclass(frozen=True)
class Evaluator:
    """Where the expensive figures of a candidate come from; index labels of the board name candidates.

    Attributes
    ----------
    separation : callable
        Labels of candidates to their silhouettes in the reference space.
    explained : callable
        One candidate to the share that a tree over few features reproduces, and these features.
    screening : callable
        Candidates to the figures of stability of each, by the names of the metrics.
    confirm : callable
        One candidate to its figures of stability.
    """

    separation: Callable[[Sequence[int]], Mapping[int, float]]
    explained: Callable[[int], tuple[float, Sequence[str]]]
    screening: Callable[[Sequence[int]], Mapping[int, Mapping[str, float]]]
    confirm: Callable[[int], Mapping[str, float]]


@dataclass(frozen=True)
class Budget:
    """How many candidates get what: see ``selection.stability`` in the configs."""

    short_list: int = 16
    confirmed: int = 4


@dataclass
class Decision:
    """What was decided about the candidates of a board; index labels name them.

    Attributes
    ----------
    board : DataFrame
        With the figures that were measured on the way.
    chosen, runner_up : index label or None
    short_list, confirmed : list of index labels
    ruled_out : dict
        Index label to the violation that ruled it out.
    violations : list of Violation
        Against the chosen one: not empty where the rule does not bind, or where nothing better was found.
    ranking : Ranking or None
        Of the confirmed ones that are left.
    near_ties : list of index labels
        Candidates that are near ties of the chosen one in every criterion.
    front : list of index labels
        Pareto front of stability, separation and value explained.
    figures : dict
        Index label to what was measured of it, by the names of metrics.
    steady : bool
        Whether the chosen one is confirmed to be stable.
    instead_of : index label or None
        Two segments that ranked first and gave way to the chosen, finer ones.
    none_stable : bool
        Whether the chosen one is but the most stable of those that are ruled out as unstable.
    """

    board: pd.DataFrame
    chosen: int | None = None
    runner_up: int | None = None
    short_list: list[int] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)
    ruled_out: dict[int, Violation] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    ranking: Ranking | None = None
    near_ties: list[int] = field(default_factory=list)
    front: list[int] = field(default_factory=list)
    figures: dict[int, dict[str, Any]] = field(default_factory=dict)
    steady: bool = False
    instead_of: int | None = None
    none_stable: bool = False

    def note(self, index: int, figures: Mapping[str, Any]) -> None:
        """Keep what was measured of a candidate, in its row as well.

        Parameters
        ----------
        index : the candidate's index label on the board
        figures : name to value; they become columns of the board
        """
        self.figures.setdefault(index, {}).update(figures)
        for name, value in figures.items():
            if name not in self.board:
                self.board[name] = None if isinstance(value, str) else np.nan
            self.board.loc[index, name] = value
        for name in ("screening_rand", "stability_rand"):  # the confirmed figure replaces that of the first look
            if name in figures:
                self.note(index, {"stability": float(figures[name])})


def decide(board: pd.DataFrame, rule: Rule, evaluator: Evaluator, budget: Budget) -> Decision:
    """Decide among all candidates of a sweep.

    Parameters
    ----------
    board : DataFrame
        One row a candidate: see `customer_segmentation.verdict.leaderboard.COLUMNS`, and ``sizes``,
        ``value_explained``, ``natural`` and ``knee`` where they are known.
    rule : Rule
    evaluator : Evaluator
    budget : Budget

    Returns
    -------
    Decision
        Deterministic: what is equal in everything goes to fewer segments, then to the order of the board.
    """
    decision = Decision(board.copy())
    for name in ("reference_silhouette", "stability"):
        decision.board[name] = np.nan
    for index, code in ruled_out(board, rule).items():
        decision.ruled_out[index] = _cheap_violation(row_of(board, index), code, rule.limits)
    left = [int(index) for index in board.index if index not in decision.ruled_out]
    if not left:
        return decision
    if rule.rule == "yardstick":
        _by_yardstick(decision, left, rule, evaluator, budget)
    else:
        _by_other_rules(decision, left, rule, evaluator)
    decision.front = pareto_front(decision.board.loc[[i for i in decision.short_list if i not in decision.ruled_out]])
    return decision


def _by_yardstick(decision: Decision, left: list[int], rule: Rule, evaluator: Evaluator, budget: Budget) -> None:
    board = decision.board
    marks = board.loc[left, "yardstick"].fillna(0.0)
    first = _natural_first(board, left, marks, rule)
    by_mark = sorted(left, key=lambda i: (i not in first, -round(float(marks[i]), 6), int(cell(board, i, "k")), i))
    compared = by_mark[: COMPARED * budget.short_list]
    for index, value in evaluator.separation(compared).items():
        decision.note(index, {"reference_silhouette": value})
    order = _ordered(decision, compared, first, rule)
    decision.short_list = order[: budget.short_list]
    for index in decision.short_list:
        share, features = evaluator.explained(index)
        decision.note(index, {"explained_by_tree": share, "explained_with": ", ".join(features)})
        against = explanation_violations(share, rule.limits) if rule.enforce else []
        if against:
            decision.ruled_out[index] = against[0]
    explained = [index for index in decision.short_list if index not in decision.ruled_out]
    for index, found in evaluator.screening(explained).items():
        decision.note(index, found)
        against = stability_violations(found, rule.limits, prefix="screening") if rule.enforce else []
        if against:
            decision.ruled_out[index] = against[0]
    waiting = _ordered(decision, [i for i in decision.short_list if i not in decision.ruled_out], first, rule)
    passed: list[int] = []
    for index in waiting:
        # Beyond the budget it goes on only until there is something to choose.
        if len(decision.confirmed) >= budget.confirmed and passed:
            break
        if _confirmed(decision, index, rule, evaluator):
            passed.append(index)
    if not passed:
        _steadiest(decision, rule)
        return
    group = [i for i in passed if i in first] or passed
    decision.ranking = rank(board.loc[group], rule.rank_by, near_tie=rule.near_tie)
    order = _ordered(decision, passed, first, rule)
    order = _two_give_way(decision, order, waiting, rule, evaluator, budget)
    decision.chosen, decision.steady = order[0], True
    decision.near_ties = _near_ties(board, order, rule)
    rest = order[1:] or [i for i in waiting if i not in decision.ruled_out and i != order[0]]
    decision.runner_up = rest[0] if rest else None


def _confirmed(decision: Decision, index: int, rule: Rule, evaluator: Evaluator) -> bool:
    """Whether a candidate's segments come again; noted, and one whose do not is ruled out."""
    decision.confirmed.append(index)
    found = evaluator.confirm(index)
    decision.note(index, found)
    against = stability_violations(found, rule.limits) if rule.enforce else []
    if against:
        decision.ruled_out[index] = against[0]
    return not against


def _two_give_way(
    decision: Decision, order: list[int], waiting: list[int], rule: Rule, evaluator: Evaluator, budget: Budget
) -> list[int]:
    """The order, in which two segments that rank first and are not natural give way to finer ones that explain more.

    Where no confirmed candidate is fine enough, those that wait are confirmed too, as many as before: the budget was
    spent on candidates near the two segments.
    """
    board, two = decision.board, order[0]
    if rule.finer_gain is None or int(cell(board, two, "k")) != 2 or _natural(board, two):
        return order
    if "value_explained" not in board:
        return order
    enough = float(cell(board, two, "value_explained")) + rule.finer_gain
    near = float(cell(board, two, "yardstick")) - rule.finer_within

    def fine(index: int) -> bool:
        return float(cell(board, index, "value_explained")) >= enough and float(cell(board, index, "yardstick")) >= near

    later = [index for index in waiting if index not in decision.confirmed and fine(index)][: budget.confirmed]
    for index in (*filter(fine, order[1:]), *later):
        if index in order or _confirmed(decision, index, rule, evaluator):
            decision.instead_of = two
            return [index, *(other for other in order if other != index)]
    return order


def _steadiest(decision: Decision, rule: Rule) -> None:  # noqa: ARG001 - the signature of its kind
    """Nothing is stable: offer the steadiest under reserve rather than nothing; a gate before promotion stops it."""
    board = decision.board
    unsteady = [i for i, against in decision.ruled_out.items() if against.code == "unstable"]
    if not unsteady:
        return
    order = sorted(unsteady, key=lambda i: (-float(cell(board, i, "stability")), int(cell(board, i, "k")), i))
    decision.chosen, decision.none_stable = order[0], True
    decision.violations = [decision.ruled_out.pop(order[0])]
    decision.runner_up = order[1] if len(order) > 1 else None
    decision.ranking = Ranking(order, "stability" if len(order) > 1 else None)


def _by_other_rules(decision: Decision, left: list[int], rule: Rule, evaluator: Evaluator) -> None:
    """A fixed k goes by yardstick, then separation; the naive rules by the silhouette in each candidate's own space."""
    board = decision.board
    if rule.rule == "elbow":
        left = [i for i in left if "knee" in board and cell(board, i, "k") == cell(board, i, "knee")]
        if not left:
            return
    if rule.rule == "fixed":
        near = board.loc[left, "yardstick"].fillna(0.0)
        tied = [i for i in left if near[i] >= near.max() - rule.near_tie]
        if len(tied) > 1:
            for index, value in evaluator.separation(tied).items():
                decision.note(index, {"reference_silhouette": value})
        decision.ranking = rank(board.loc[left], ("yardstick", "separation"), near_tie=rule.near_tie)
        order = decision.ranking.order
        decision.near_ties = _near_ties(board, order, rule)
    else:
        marks = board.loc[left, "silhouette"].fillna(-np.inf)
        order = sorted(left, key=lambda i: (-float(marks[i]), int(cell(board, i, "k")), i))
        decision.ranking = Ranking(order, "silhouette" if len(order) > 1 else None)
    decision.chosen = order[0]
    decision.runner_up = order[1] if len(order) > 1 else None
    decision.short_list = order[:2]
    for index in decision.short_list:
        share, features = evaluator.explained(index)
        decision.note(index, {"explained_by_tree": share, "explained_with": ", ".join(features)})
    unknown = [i for i in decision.short_list if np.isnan(cell(board, i, "reference_silhouette"))]
    for index, value in (evaluator.separation(unknown) if unknown else {}).items():
        decision.note(index, {"reference_silhouette": value})
    found = evaluator.confirm(order[0])
    decision.confirmed = [order[0]]
    decision.note(order[0], found)
    unsteady = stability_violations(found, rule.limits)
    decision.steady = not unsteady
    decision.violations = [
        *size_violations(sizes_of(row_of(board, order[0])), rule.limits),
        *explanation_violations(float(cell(board, order[0], "explained_by_tree")), rule.limits),
        *unsteady,
    ]


def _natural_first(board: pd.DataFrame, left: list[int], marks: pd.Series, rule: Rule) -> set[int]:
    """Candidates that go first because they show natural structure and are not far off in yardstick."""
    if "natural" not in board or rule.natural_min_yardstick_share > 1:
        return set()
    enough = float(marks.max()) * rule.natural_min_yardstick_share
    return {i for i in left if bool(cell(board, i, "natural")) and float(marks[i]) >= enough}


def _ordered(decision: Decision, among: list[int], first: set[int], rule: Rule) -> list[int]:
    """Candidates with natural structure, then the others, each by the criteria in order."""
    groups = ([i for i in among if i in first], [i for i in among if i not in first])
    ranked = (rank(decision.board.loc[group], rule.rank_by, near_tie=rule.near_tie).order for group in groups if group)
    return [index for order in ranked for index in order]


def _near_ties(board: pd.DataFrame, order: list[int], rule: Rule) -> list[int]:
    """Candidates that differ from the first by no more than a near tie in every criterion that is known of both."""
    columns = [name for name in ("yardstick", "reference_silhouette", "stability") if name in board]
    best = board.loc[order[0], columns].astype(float)
    return [
        i
        for i in order[1:]
        if ((board.loc[i, columns].astype(float) - best).abs().fillna(0.0) <= rule.near_tie).all()
        and _natural(board, i) == _natural(board, order[0])
    ]


def _natural(board: pd.DataFrame, index: int) -> bool:
    return "natural" in board and bool(cell(board, index, "natural"))


def _cheap_violation(row: pd.Series, code: str, limits: Limits) -> Violation:
    if code == "one_segment":
        return Violation(code, "one segment divides nobody")
    if code == "other_k":
        return Violation(code, f"k = {int(row['k'])} is not the k that was given")
    sizes = sizes_of(row)
    named = {violation.code: violation for violation in size_violations(sizes, limits)} if sizes else {}
    share = float(row["smallest_share"])
    return named.get(code, Violation(code, f"its smallest segment holds {percent(share)} of the customers"))
