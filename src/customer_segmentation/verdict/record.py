"""``verdict.json``: what a sweep decided, for programs. The report and the gate before promotion read it.

Keys
----
schema
    2.
rule, constraints, rank_by, near_tie
    What ``conf/selection/`` declared; ``constraints`` by the names of the config, and ``binding``.
structure
    ``natural structure``, ``useful partition`` (the customers are a continuum, the segments a division of it),
    ``not decidable`` or ``no choice``.
natural
    Whether the chosen candidate's segments are natural.
headline
    The verdict in one sentence.
certainty
    ``word`` (sure, likely, doubtful), ``right`` (share of such answers that were right in the benchmark of the
    structure test; null where the answer is a useful partition's), ``sentence``.
reasons
    Sentences with figures.
of_other_k, of_tie
    Those of them that say why not another k, by that k, and which near tie was decided.
tie
    ``clear``, ``near_tie`` or ``only_one``; ``decided_by`` names the criterion, ``near_ties`` the equals.
chosen, runner_up
    null, or the candidate's row of the leaderboard (``study``, ``features``, ``scaling``, ``k``, ``run_id``,
    ``study_id``, ``sizes``, every score) with ``name``, ``natural``, ``violations`` (codes and sentences; empty: it
    satisfies every constraint) and ``steady`` (confirmed to be stable).
speaks_for_runner_up
    Sentences.
ruled_out
    ``counts`` by reason, ``candidates`` with ``name``, ``run_id``, ``reason`` and ``why``.
short_list
    Rows that were examined: ``name``, ``run_id``, ``study``, ``k``, ``ruled_out`` (code or null), ``confirmed``,
    ``on_front``, and the scores of `SHOWN`.
structure_by_study
    See `customer_segmentation.verdict.structure.StudyStructure`.
value, value_circular
    Name of the value column, and whether it is among the chosen candidate's features (then its explained variance is
    circular).
candidates
    How many there were.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from customer_segmentation.settings.criteria import COLUMNS
from customer_segmentation.verdict.decision import Decision
from customer_segmentation.verdict.leaderboard import cell, label, row_of
from customer_segmentation.verdict.selection import Rule
from customer_segmentation.verdict.structure import StudyStructure
from customer_segmentation.verdict.text import Wording

SCHEMA = 2
SHOWN = (
    *COLUMNS,
    "stability_rand",
    "stability_rand_worst",
    "stability_switching",
    "stability_switching_low",
    "stability_switching_high",
    "stability_prediction_strength",
    "screening_rand",
    "screening_rand_worst",
    "screening_prediction_strength",
    "smallest_share",
    "explained_by_tree",
    "silhouette",
)


def verdict_record(
    decision: Decision,
    rule: Rule,
    wording: Wording,
    structures: Sequence[StudyStructure],
    *,
    value: str | None,
) -> dict[str, Any]:
    """Everything that a sweep decided as plain values; see the head of this module.

    Parameters
    ----------
    decision : what was chosen, and the board with every figure
    rule : the rule and its limits
    wording : its sentences
    structures : one a study
    value : the value column; None where the table has none
    """
    board = decision.board
    chosen = None if decision.chosen is None else row_of(board, decision.chosen)
    runner_up = None if decision.runner_up is None else row_of(board, decision.runner_up)
    return {
        "schema": SCHEMA,
        "rule": rule.rule,
        "constraints": {"enforce": rule.enforce, "k": rule.k, **asdict(rule.limits)},
        "rank_by": list(rule.rank_by),
        "near_tie": rule.near_tie,
        "structure": wording.structure,
        "natural": chosen is not None and bool(chosen.get("natural", False)),
        "headline": wording.headline,
        "certainty": wording.certainty,
        "reasons": list(wording.reasons),
        "tie": wording.tie,
        "of_other_k": {str(k): sentence for k, sentence in wording.of_other_k.items()},
        "of_tie": wording.of_tie,
        "decided_by": decision.ranking.decided_by if decision.ranking else None,
        "near_ties": [label(row_of(board, index)) for index in decision.near_ties],
        "chosen": None
        if chosen is None
        else {
            **_row(chosen),
            "steady": decision.steady,
            "violations": [asdict(violation) for violation in decision.violations],
        },
        "runner_up": None
        if runner_up is None
        else {**_row(runner_up), "steady": decision.runner_up in decision.confirmed, "violations": []},
        "speaks_for_runner_up": list(wording.for_runner_up),
        "ruled_out": {
            "counts": dict(Counter(violation.code for violation in decision.ruled_out.values())),
            "candidates": [
                {
                    "name": label(row_of(board, index)),
                    "run_id": cell(board, index, "run_id"),
                    "reason": violation.code,
                    "why": violation.sentence,
                }
                for index, violation in sorted(decision.ruled_out.items())
            ],
        },
        "short_list": [_short(decision, index) for index in decision.short_list],
        "structure_by_study": [structure.plain() for structure in structures],
        "value": value,
        "value_circular": chosen is not None and bool(chosen.get("value_circular", False)),
        "candidates": len(board),
    }


def _row(row: pd.Series) -> dict[str, Any]:
    return {"name": label(row), **{str(key): plain(value) for key, value in row.items()}}


def _short(decision: Decision, index: int) -> dict[str, Any]:
    row = row_of(decision.board, index)
    against = decision.ruled_out.get(index)
    return {
        "name": label(row),
        "run_id": row["run_id"],
        "study": row["study"],
        "k": int(row["k"]),
        "ruled_out": None if against is None else against.code,
        "confirmed": index in decision.confirmed,
        "on_front": index in decision.front,
        **{name: plain(row.get(name)) for name in SHOWN},
    }


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: numpy scalars as Python's, undefined numbers as null."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
