"""The order of candidates by several criteria, and the front that no candidate surpasses in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from customer_segmentation.settings.criteria import CRITERIA
from customer_segmentation.verdict.leaderboard import cell

#: The axes of the Pareto front.
FRONT = ("stability", "reference_silhouette", "value_explained")


@dataclass(frozen=True)
class Ranking:
    """Candidates in order.

    Attributes
    ----------
    order : list of index labels
    decided_by : str or None
        The criterion in which the first surpasses the second by more than a near tie, when they are equal in those
        before it; None when they are near ties in all, and fewer segments or the mere order decided.
    """

    order: list[int]
    decided_by: str | None


def rank(board: pd.DataFrame, criteria: Sequence[str], *, near_tie: float) -> Ranking:
    """Order candidates: by the first criterion, near ties by the next one, and so on.

    Candidates within ``near_tie`` of the best one left count as equal in a criterion. What is equal in all of them
    goes to fewer segments, then to the order of the board. A criterion that a candidate lacks counts as its lowest.

    Parameters
    ----------
    board : DataFrame
        One row a candidate, with ``k`` and the columns of the criteria (see `customer_segmentation.settings.criteria`).
    criteria : sequence of str
    near_tie : float
    """
    asked = {name: CRITERIA[name].column for name in criteria}
    names = [name for name, column in asked.items() if column in board and board[column].notna().any()]
    columns = [asked[name] for name in names]
    values = {int(label): [float(cell(board, label, column)) for column in columns] for label in board.index}
    position = {int(label): place for place, label in enumerate(board.index)}
    left, order = list(values), list[int]()
    decided: str | None = None
    while left:
        tied = left
        for place, name in enumerate(names):
            scores = {label: -np.inf if np.isnan(values[label][place]) else values[label][place] for label in tied}
            best = max(scores.values())
            kept = [label for label in tied if scores[label] >= best - near_tie]
            if not order and len(kept) < len(tied):
                decided = name
            tied = kept
            if len(tied) == 1:
                break
        if not order and len(tied) > 1:
            decided = None
        order.append(min(tied, key=lambda label: (int(cell(board, label, "k")), position[label])))
        left = [label for label in left if label != order[-1]]
    return Ranking(order, decided if len(order) > 1 else None)


def pareto_front(board: pd.DataFrame, columns: Sequence[str] = FRONT) -> list[int]:
    """Index labels of the candidates that no other one surpasses: at least as good in all columns, better in one.

    Candidates without a value in one of the columns are left out; a column that nobody has does not count.

    Parameters
    ----------
    board : one row a candidate
    columns : what counts; more is better in each
    """
    known = [column for column in columns if column in board and board[column].notna().any()]
    if not known:
        return []
    values = board[known].dropna()
    points = values.to_numpy(dtype=float)
    front = []
    for place, label in enumerate(values.index):
        at_least = (points >= points[place]).all(axis=1)
        if not (at_least & (points > points[place]).any(axis=1)).any():
            front.append(int(label))
    return front
