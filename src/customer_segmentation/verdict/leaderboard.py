"""Candidates as the rows that a choice is made among."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from customer_segmentation.clustering.study import Study

#: What a leaderboard must hold for a choice, one row a candidate. Optional: ``natural`` and ``knee``.
COLUMNS = ("study", "features", "scaling", "k", "smallest_share", "yardstick", "silhouette")


def row_of(board: pd.DataFrame, index: int, *, by_position: bool = False) -> pd.Series:
    """Return one candidate, by its index label or its position.

    Parameters
    ----------
    board : one row a candidate
    index : index label, or position from 0
    by_position : ``index`` is a position
    """
    return cast("pd.Series", board.iloc[index] if by_position else board.loc[index])


def cell(board: pd.DataFrame, index: int, column: str) -> Any:
    """Value of one candidate, by its index label.

    Parameters
    ----------
    board : one row a candidate
    index : the candidate's index label
    column : the score, or what else a column holds
    """
    return board[column].loc[index]


def label(row: Mapping[str, Any] | pd.Series) -> str:
    """Name of a candidate: its study and its k."""
    return f"{row['study']} · k={int(row['k'])}"


def sizes_of(row: Mapping[str, Any] | pd.Series) -> list[int]:
    """Customers of each segment, from the words that its run holds; empty where it holds none."""
    words = str(row.get("sizes") or "")
    return [int(size.replace(",", "")) for size in words.split(", ")] if words and words != str(np.nan) else []


def leaderboard_of(study: Study, name: str, natural_k: int = 1) -> pd.DataFrame:
    """Candidates of a study as the rows that a choice is made among; the index is k.

    Parameters
    ----------
    study : the candidates of one space
    name : the study's name
    natural_k : number of natural clusters; 1 where there are none
    """
    frame = pd.DataFrame([{"k": candidate.k, **candidate.scores} for candidate in study.candidates])
    frame = frame.reindex(columns=list(dict.fromkeys([*frame.columns, "yardstick", "silhouette"])))
    frame = frame.assign(study=name, knee=study.knee, natural=(frame["k"] == natural_k) & (natural_k > 1))
    return frame.set_index(frame["k"].rename(None))
