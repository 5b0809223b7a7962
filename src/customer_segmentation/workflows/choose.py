"""After the last study: the verdict over all candidates of a sweep, read from the store and logged to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from customer_segmentation.formatting import capital
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.tracking.checked_files import understood
from customer_segmentation.tracking.items import Tags
from customer_segmentation.tracking.machine_facts import EVALUATION, scores
from customer_segmentation.tracking.read import candidates_of, run_of, runs_of
from customer_segmentation.tracking.runs import record
from customer_segmentation.tracking.store import Store
from customer_segmentation.verdict.decision import Budget, Decision, decide
from customer_segmentation.verdict.leaderboard import cell, row_of
from customer_segmentation.verdict.record import verdict_record
from customer_segmentation.verdict.selection import rule_of
from customer_segmentation.verdict.structure import StudyStructure, from_tags
from customer_segmentation.verdict.text import wording
from customer_segmentation.workflows.evaluate import CandidateEvaluator
from customer_segmentation.workflows.prepare import PreparedCustomers
from customer_segmentation.workflows.study_spec import StudySpec

#: Figures of an evaluation that are no metrics.
WORDS = ("explained_with",)


@dataclass(frozen=True)
class Conclusion:
    """The verdict over a sweep.

    Attributes
    ----------
    leaderboard : DataFrame, one row a finished candidate
    chosen : Series or None
        Row of the chosen candidate.
    runner_up : Series or None
    reasons : tuple of str
    verdict : dict
        What ``verdict.json`` holds, see `customer_segmentation.verdict.record`; empty when no study finished.
    """

    leaderboard: pd.DataFrame
    chosen: pd.Series | None
    runner_up: pd.Series | None
    reasons: tuple[str, ...]
    verdict: dict[str, Any] = field(default_factory=dict)


def choose_across(
    store: Store,
    sweep_id: str,
    customers: PreparedCustomers,
    settings: SweepSettings,
    spec_of: Callable[[pd.Series], StudySpec],
) -> Conclusion:
    """Decide among all candidates of a sweep, and log to each what was found out about it.

    Parameters
    ----------
    store : Store
    sweep_id : str
    customers : PreparedCustomers
    settings : SweepSettings
    spec_of : callable
        The study of a candidate (a row of the leaderboard), composed again.
    """
    leaderboard = candidates_of(store, sweep_id)
    if leaderboard.empty:
        return Conclusion(leaderboard, None, None, ("No study finished, so there is nothing to choose from.",))
    structures = structures_of(store, sweep_id)
    rule = rule_of(settings.selection)
    stability = settings.selection.stability
    evaluator = CandidateEvaluator(store, leaderboard, customers, settings, spec_of)
    decision = decide(
        leaderboard,
        rule,
        evaluator.for_decision(),
        Budget(short_list=stability.short_list, confirmed=stability.confirmed),
    )
    if decision.chosen is not None and stability.seeds > 0:
        decision.note(decision.chosen, {"seed_agreement": evaluator.seed_agreement(decision.chosen, stability.seeds)})
    value = customers.table.value_column
    words = wording(decision, rule, structures, value=value)
    board = decision.board
    if decision.chosen is not None and spec_of(row_of(board, decision.chosen)).settings.clustering.init:
        how = run_of(store, str(cell(board, decision.chosen, "run_id"))).data.tags["fit"]
        words = replace(words, reasons=(words.reasons[0], f"{capital(how)}.", *words.reasons[1:]))
    log_to_candidates(store, decision)
    rows = [None if index is None else row_of(board, index) for index in (decision.chosen, decision.runner_up)]
    verdict = verdict_record(decision, rule, words, structures, value=value)
    return Conclusion(board, rows[0], rows[1], words.reasons, verdict)


def structures_of(store: Store, sweep_id: str) -> tuple[StudyStructure, ...]:
    """What the structure test said of each finished study, in the order of the jobs.

    Parameters
    ----------
    store : where the runs are
    sweep_id : id of the sweep's run
    """
    studies = [run for run in runs_of(store, sweep_id, "study") if run.info.status == "FINISHED"]
    studies.sort(key=lambda run: int(run.data.tags.get("job", 0)))
    found = []
    for run in studies:
        with understood(run.info.run_id, "what the tags say of structure"):
            found.append(from_tags(run.data.tags["study"], run.data.tags))
    return tuple(structure for structure in found if structure is not None)


def log_to_candidates(store: Store, decision: Decision) -> None:
    """Log figures and the verdict to the candidates that were examined, chosen or ruled out late.

    Parameters
    ----------
    store : where the runs are
    decision : what was chosen, and the figures of each candidate
    """
    board = decision.board
    for index in board.index:
        number = int(index)
        against = decision.ruled_out.get(number)
        verdict = str(cell(board, index, "verdict"))
        if number == decision.chosen:
            verdict = "chosen"
        elif number == decision.runner_up:
            verdict = "runner_up"
        elif against is not None:
            verdict = f"ruled_out:{against.code}"
        tags: dict[str, Any] = {} if verdict == cell(board, index, "verdict") else {"verdict": verdict}
        if against is not None and number in decision.short_list:
            tags["ruled_out_because"] = against.sentence
        if number == decision.chosen and decision.violations:
            tags["violations"] = ", ".join(violation.code for violation in decision.violations)
            tags["violated_because"] = "; ".join(violation.sentence for violation in decision.violations)
        board.loc[index, "verdict"] = verdict
        figures = decision.figures.get(number, {})
        tags |= {name: figures[name] for name in WORDS if name in figures}
        metrics = {name: value for name, value in figures.items() if name not in WORDS}
        if number in decision.front:
            metrics["on_pareto_front"] = 1.0
        if tags or metrics:
            record(store, str(cell(board, index, "run_id")), [Tags(tags), *scores(EVALUATION, metrics)])
