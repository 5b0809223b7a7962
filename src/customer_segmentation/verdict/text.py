"""The verdict in sentences: what was chosen, with what confidence, why, what was ruled out, what favours another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from customer_segmentation.formatting import counted, finite, listed, percent, score
from customer_segmentation.settings.criteria import CRITERIA
from customer_segmentation.verdict.constraints import WORDS, Limits
from customer_segmentation.verdict.decision import Decision
from customer_segmentation.verdict.leaderboard import cell, label, row_of, sizes_of
from customer_segmentation.verdict.other_k import neighbours_of_k
from customer_segmentation.verdict.selection import Rule, nearest_miss
from customer_segmentation.verdict.structure import StudyStructure, across

STEADY = 0.95
"""Half-sample adjusted Rand index from which a partition is called stable without reserve."""
NAMED = 3
#: Certainty of the structure test, in the words of a reader.
CONFIDENCE = {"sure": "high", "likely": "moderate", "doubtful": "low"}

CRITERION = {name: criterion.words for name, criterion in CRITERIA.items()} | {
    "silhouette": "the silhouette of its own space"
}
NAIVE = {
    "silhouette": "The rule is naive and kept for comparison: silhouettes of different spaces do not compare.",
    "elbow": "The rule is naive and kept for comparison: an elbow bends on data without any structure too, and the "
    "silhouette that decides between studies does not compare across spaces.",
}


@dataclass(frozen=True)
class Wording:
    """A verdict in words; see `customer_segmentation.verdict.record` for what the fields hold."""

    structure: str
    headline: str
    certainty: dict[str, Any]
    reasons: tuple[str, ...]
    for_runner_up: tuple[str, ...]
    tie: str
    of_other_k: dict[int, str] = field(default_factory=dict)
    of_tie: str = ""


def wording(decision: Decision, rule: Rule, structures: Sequence[StudyStructure], *, value: str | None) -> Wording:
    """Put a decision into words.

    Parameters
    ----------
    decision : Decision
    rule : Rule
    structures : sequence of StudyStructure
    value : str or None
        Name of the value column.
    """
    board = decision.board
    if decision.chosen is None:
        reasons = [nearest_miss(board, rule, decision.ruled_out), across(structures), *_ruled_out(decision)]
        nothing = {"word": "high", "right": None, "sentence": "No candidate satisfies the constraints."}
        return Wording("no choice", "No candidate was chosen.", nothing, tuple(filter(None, reasons)), (), "only_one")
    row = row_of(board, decision.chosen)
    own = next((structure for structure in structures if structure.study == row["study"]), None)
    structure, headline = _headline(decision, row, own)
    for_runner_up = _for_runner_up(decision, value)
    decided, of_other_k = _decided(decision, rule), neighbours_of_k(decision, rule, value)
    reasons = [
        headline,
        across(structures) if len(structures) > 1 else "",
        *_violations(decision, rule),
        NAIVE.get(rule.rule, ""),
        _figures(row, value, rule.limits),
        _circular(row, value),
        decided,
        *of_other_k.values(),
        _runner_up(decision, for_runner_up),
        *_ruled_out(decision),
        *_passed_over(decision),
    ]
    tie = "only_one" if decision.runner_up is None else "near_tie" if decision.near_ties else "clear"
    certainty = _certainty(decision, row, own, tie)
    of_tie = decided if tie == "near_tie" and decision.instead_of is None else ""
    told = tuple(filter(None, reasons))
    return Wording(structure, headline, certainty, told, tuple(for_runner_up), tie, of_other_k, of_tie)


def _headline(decision: Decision, row: pd.Series, own: StudyStructure | None) -> tuple[str, str]:
    name = label(row)
    if own is not None and bool(row.get("natural", False)):
        return "natural structure", f"{name}: {own.sentence[0].lower()}{own.sentence[1:]}"
    found = finite(row.get("stability_rand"))
    steady = ("reproduced" if decision.steady else "not reliably reproduced") + " on half-samples"
    steady += f" (adjusted Rand {score(found, 2)})" if found is not None else ""
    k = int(row["k"])
    if own is not None and own.word == "undecidable":
        return "not decidable", (
            f"{name}: a partition into {k} segments, {steady}; whether they are natural groups cannot be "
            "decided, because most of the variance is in two-valued columns."
        )
    elsewhere = ""
    if own is not None and own.word == "natural":
        elsewhere = f"; the structure test finds {own.k_star} clusters in this space, not {k}"
        if own.k_star == k:
            elsewhere = "; the structure test does not take these segments for natural groups"
        return "useful partition", f"{name}: a partition into {k} segments, {steady}{elsewhere}."
    if own is not None and own.word == "doubtful":
        return "useful partition", f"{name}: structure doubtful; a partition into {k} segments, {steady}."
    adjective = "useful partition" if decision.steady and not decision.violations else "partition"
    return "useful partition", (
        f"No natural structure: the customers form a continuum, and {name} is a {adjective} of it into {k} segments, "
        f"{steady}."
    )


def _certainty(decision: Decision, row: pd.Series, own: StudyStructure | None, tie: str) -> dict[str, Any]:
    if own is not None and bool(row.get("natural", False)):
        return {
            "word": (word := CONFIDENCE[own.certainty]),
            "right": own.right,
            "sentence": f"Natural structure, with {word} confidence."
            + ("" if own.right is None else f" {percent(own.right)} of such answers were right in the benchmark."),
        }
    found = finite(row.get("stability_rand"))
    word = "low"
    if decision.steady and not decision.violations:
        word = "high" if tie == "clear" and found is not None and found >= STEADY else "moderate"
    text = {
        "high": "The same segments come back on other samples of these customers, and no other candidate is as good.",
        "moderate": "The segments come back on other samples of these customers; other candidates are about as good."
        if tie != "clear"
        else "The segments mostly come back on other samples of these customers.",
        "low": "The reasons against this choice are listed with it.",
    }[word]
    if own is not None and own.word == "none" and own.right is not None:
        text += f" The answer “no natural structure” was right in {percent(own.right)} of such cases in the benchmark."
    return {"word": word, "right": None, "sentence": text}


def _figures(row: pd.Series, value: str | None, limits: Limits) -> str:
    """Sentence with every figure that compares across spaces."""
    sizes = sizes_of(row)
    parts = []
    if (mark := finite(row.get("yardstick"))) is not None:
        parts.append(
            f"explains {percent(mark)} of what K-means with as many segments can explain in the reference space"
        )
    if (apart := finite(row.get("reference_silhouette"))) is not None:
        parts.append(f"has a silhouette of {score(apart)} there")
    if (rand := finite(row.get("stability_rand"))) is not None:
        worst, strength = row["stability_rand_worst"], row["stability_prediction_strength"]
        elsewhere = percent(row["stability_switching"])
        parts.append(
            f"is reproduced on half-samples with an adjusted Rand index of {score(rand)} (worst {score(worst)}; "
            f"{elsewhere} of half-samples end elsewhere; prediction strength {score(strength, 2)})"
        )
    if (explained := finite(row.get("value_explained"))) is not None:
        parts.append(f"explains {percent(explained)} of the variance of {value or 'value'}")
    if sizes:
        smallest = min(sizes)
        parts.append(f"has no segment below {counted(smallest, 'customer')} ({percent(smallest / sum(sizes))})")
    tree = ""
    if (share := finite(row.get("explained_by_tree"))) is not None:
        names = str(row.get("explained_with") or "").replace("_", " ") or "its features"
        tree = f" A decision tree of depth {limits.tree_depth} on {names} predicts the segment of {percent(share)}."
    return f"{label(row)} {listed(parts)}.{tree}" if parts else tree.strip()


def _circular(row: pd.Series, value: str | None) -> str:
    if value is None or not bool(row.get("value_circular", False)) or finite(row.get("value_explained")) is None:
        return ""
    return f"The share of {value} explained is circular: {value} is also a clustering feature."


def _violations(decision: Decision, rule: Rule) -> list[str]:
    if not decision.violations or decision.chosen is None:
        return []
    name = label(row_of(decision.board, decision.chosen))
    against = "; ".join(violation.sentence for violation in decision.violations)
    if decision.none_stable:
        return [
            f"No candidate is stable: {name} is the most stable and is offered with reservations, because {against}."
        ]
    taken = "its k was given" if rule.rule == "fixed" else f"selection={rule.rule} does not ask"
    return [f"{name} is not a valid choice, taken only because {taken}: {against}."]


def _decided(decision: Decision, rule: Rule) -> str:
    if decision.chosen is None or decision.runner_up is None or decision.ranking is None:
        return ""
    if decision.instead_of is not None:
        return _finer(decision, rule)
    by = decision.ranking.decided_by
    if decision.near_ties:
        equals = listed([label(row_of(decision.board, index)) for index in decision.near_ties[:NAMED]])
        more = f" and {len(decision.near_ties) - NAMED} more" if len(decision.near_ties) > NAMED else ""
        k, others = (int(cell(decision.board, i, "k")) for i in (decision.chosen, decision.near_ties[0]))
        taken = f" Fewer segments decide: {k} against {others}." if by is None and k < others else ""
        return (
            f"A near tie: {equals}{more} differ{'s' * (len(decision.near_ties) == 1)} by no more than "
            f"{rule.near_tie:g} in any criterion.{taken}"
        )
    if by is None:
        return ""
    if decision.none_stable:
        return "Stability alone decides, because no candidate is stable."
    names = list(rule.rank_by)
    before = names[: names.index(by)] if by in names else []
    tied = f"; in {listed(CRITERION[name] for name in before)} others are near ties" if before else ""
    return f"{CRITERION[by].capitalize()} decides{tied}."


def _finer(decision: Decision, rule: Rule) -> str:
    """Why two segments gave way."""
    board, chosen, two = decision.board, decision.chosen, decision.instead_of
    assert chosen is not None  # noqa: S101 - asked of a choice
    assert two is not None  # noqa: S101 - a cell of a frame has no type
    gained, was = (float(cell(board, index, "value_explained")) for index in (chosen, two))
    one, other = (score(float(cell(board, index, "yardstick"))) for index in (chosen, two))
    return (
        f"Two segments ranked first ({label(row_of(board, two))}) and are not natural, so they give way to finer ones "
        f"that are confirmed to be stable: {label(row_of(board, chosen))} explains {percent(gained)} of the value "
        f"against {percent(was)} (at least {percent(rule.finer_gain or 0.0)} more are asked for), with a yardstick "
        f"of {one} against {other} (at most {rule.finer_within:g} behind)."
    )


def _for_runner_up(decision: Decision, value: str | None) -> list[str]:
    """Sentences on what the runner-up is better at."""
    if decision.chosen is None or decision.runner_up is None:
        return []
    first, second = (row_of(decision.board, index) for index in (decision.chosen, decision.runner_up))
    compared: Mapping[str, str] = {
        "yardstick": "yardstick",
        "reference_silhouette": "silhouette in the reference space",
        "stability": "half-sample adjusted Rand",
        "value_explained": f"share of {value or 'value'} explained",
        "smallest_share": "share of the smallest segment",
        "explained_by_tree": "share that a depth-limited tree predicts",
    }
    found = []
    for column, words in compared.items():
        one, other = finite(first.get(column)), finite(second.get(column))
        if one is not None and other is not None and other > one + 0.0005:
            found.append(f"{words} {score(other)} against {score(one)}")
    if int(second["k"]) < int(first["k"]):
        found.append(f"fewer segments ({int(second['k'])} against {int(first['k'])})")
    return found


def _runner_up(decision: Decision, found: Sequence[str]) -> str:
    if decision.runner_up is None:
        return ""
    row = row_of(decision.board, decision.runner_up)
    speaks = f"in its favour: {', '.join(found)}" if found else "it is better in no criterion"
    return f"Runner-up: {label(row)}; {speaks}."


def _ruled_out(decision: Decision) -> list[str]:
    """Counts by reason, and the candidates with tiny segments by name where they are few."""
    counts = Counter(violation.code for violation in decision.ruled_out.values())
    if not counts:
        return []
    total = len(decision.board)
    reasons = listed(f"{counts[code]} for {WORDS[code]}" for code in WORDS if counts[code])
    return [f"Ruled out: {sum(counts.values())} of {total} candidates, {reasons}."]


def _passed_over(decision: Decision) -> list[str]:
    """Sentences on evaluated candidates that were ruled out, the best first."""
    out = [i for i in decision.short_list if i in decision.ruled_out and decision.ruled_out[i].code != "other_k"]
    sentences = [f"{label(row_of(decision.board, i))}: {decision.ruled_out[i].sentence}." for i in out[:NAMED]]
    natural = [
        i
        for i in decision.ruled_out
        if bool(cell(decision.board, i, "natural") if "natural" in decision.board else False) and i not in out
    ]
    sentences += [
        f"{label(row_of(decision.board, i))} shows natural structure but is ruled out: "
        f"{decision.ruled_out[i].sentence}."
        for i in natural[:NAMED]
    ]
    return sentences
