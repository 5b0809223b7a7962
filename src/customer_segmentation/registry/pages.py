"""What the registry's pages say, in markdown: of a version its segments and its gate, of the model its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customer_segmentation.clustering.metrics import cluster_sizes
from customer_segmentation.formatting import counted, markdown, moment, percent
from customer_segmentation.registry import pages
from customer_segmentation.registry.champion_history import Move, moves
from customer_segmentation.registry.checks import Check
from customer_segmentation.registry.segment_identity import Identity
from customer_segmentation.registry.versions import CHALLENGER, CHAMPION, ModelRegistry, Version

MARKS = {"pass": "✔ pass", "fail": "✘ **fail**", "not asked": "not asked", "no champion": "no champion yet"}


SHOWN_MOVES = 20


GAP = "&emsp;"


def version_page(
    *,
    title: str,
    gate: str,
    checks: Sequence[Check],
    segments: Sequence[SegmentRow],
    notes: Sequence[str],
    facts: Mapping[str, str],
    value: str = "value",
) -> str:
    """Description of a version.

    Parameters
    ----------
    title : str
        Of the candidate.
    gate : {"passed", "refused", "forced"}
    checks : sequence of Check
    segments : sequence of SegmentRow
        In the order of their numbers.
    notes : sequence of str
        On segments that are new, have vanished or are called otherwise.
    facts : mapping
        What else a reader asks for, in markdown: where it is from, by whom, why.
    value : str
        Name of what customers are worth.
    """
    failed = [check for check in checks if check.failed]
    lines = [f"### {markdown(title)}", ""]
    if gate == "passed":
        lines += [f"Passed the gate: {counted(sum(check.result == 'pass' for check in checks), 'test')}.", ""]
    else:
        word = "**Refused**" if gate == "refused" else "**Forced through the gate**"
        lines += [f"{word}: {len(failed)} of {len(checks)} tests failed.", "", *(f"- {_sentence(c)}" for c in failed)]
        lines += [""]
    if segments:
        known = any(row.value_mean is not None for row in segments)
        named = any(row.name for row in segments)
        head = ["segment", *(["name"] if named else []), "customers", "share"]
        head += [f"{value} each", f"share of {value}"] if known else []
        lines += ["#### **Segments**", "", _row([*head, "identity"]), "|---" * (len(head) + 1) + "|"]
        for row in segments:
            cells = [
                str(row.number),
                *([markdown(row.name)] if named else []),
                f"{row.customers:,}",
                percent(row.share),
            ]
            cells += [f"{row.value_mean:,.0f}", percent(row.value_share or 0)] if known else []
            lines.append(_row([*cells, row.origin]))
        lines += ["", *(f"- {markdown(note)}" for note in notes), ""]
    lines += ["#### **Gate**", "", _row(["test", "result", ""]), "|---|---|---|"]
    lines += [_row([check.title, MARKS[check.result], markdown(check.sentence)]) for check in checks]
    lines += ["", *(f"- {name}: {text}" for name, text in facts.items())]
    return "\n".join(lines)


def model_page(
    name: str, champion: Version | None, moves: Sequence[Move], challenger: int | None, titles: Mapping[int, str]
) -> str:
    """Description of the registered model: what answers, how to use it, who changed it.

    Parameters
    ----------
    name : str
    champion : Version or None
    moves : sequence of Move
        The oldest first.
    challenger : int or None
    titles : mapping of int to str
        What each version is.
    """
    lines = ["Labels customers with their segment; `@champion` is what answers.", ""]
    if champion is not None:
        lines += [f"**Champion: version {champion.number}**, {markdown(titles.get(champion.number, ''))}.", ""]
        named = {number: text for number, text in champion.segments.items() if text}
        if named:
            lines += [
                "Segments: " + "; ".join(f"{number} {markdown(text)}" for number, text in named.items()) + ".",
                "",
            ]
    if challenger is not None:
        lines += [f"Challenger: version {challenger}, {markdown(titles.get(challenger, ''))}.", ""]
    lines += [
        (
            f"`segment score input=customers.csv output=labelled.csv` labels a file with it, `models:/{name}@champion` "
            "loads it, `segment promote` replaces it after a gate, `segment rollback reason=...` takes that back. A "
            "version with the tag `gate` = refused was turned down and never answers."
        ),
        "",
    ]
    if moves:
        lines += ["#### **History**", "", _row(["when (UTC)", "what", "by", "why"]), "|---|---|---|---|"]
        for move in list(reversed(moves))[:SHOWN_MOVES]:
            event = move.event
            lines.append(_row([moment(event.at), words_of(move), markdown(event.by), markdown(event.reason)]))
    return "\n".join(lines)


def words_of(move: Move) -> str:
    """Say in a few words what a move was."""
    notes = {"interrupted": " (interrupted, or moved back by hand)", "moved by hand": " (then moved by hand)"}
    if move.state == "interrupted" and move.event.before is None:  # both leave no champion behind
        return f"{move.event.words} (interrupted, or its alias was taken away since)"
    return f"{move.event.words}{notes.get(move.state, '')}"


def _sentence(check: Check) -> str:
    return f"{check.title}: {markdown(check.sentence)}."


def _row(cells: Sequence[str]) -> str:
    """Return a row of a table; MLflow's pages set cells without a gap, so that each but the last brings its own."""
    return "| " + f"{GAP} | ".join(cells) + " |"


def refresh_page(registry: ModelRegistry) -> None:
    """Write the page of the registered model again: champion, challenger, history."""
    aliases = registry.aliases()
    versions = {version.number: version for version in registry.versions()}
    champion = aliases.get(CHAMPION)
    registry.describe(
        pages.model_page(
            registry.name,
            None if champion is None else versions[champion],
            moves(registry.events(), champion),
            aliases.get(CHALLENGER),
            {number: version.tags.get("candidate", "") for number, version in versions.items()},
        )
    )


def finish(registry: ModelRegistry) -> None:
    """Take the challenger's alias from a version that is the champion now, and write the page."""
    registry.retire_challenger()
    refresh_page(registry)


@dataclass(frozen=True)
class SegmentRow:
    """One segment as a version's page shows it.

    Attributes
    ----------
    number : int
    name : str
        "" where it has none.
    customers : int
    share : float
        Of all customers.
    value_mean, value_share : float or None
        Value per customer, and its share of all value; None where the table knows no value.
    origin : str
        Where the number comes from.
    """

    number: int
    name: str
    customers: int
    share: float
    value_mean: float | None
    value_share: float | None
    origin: str


def segment_rows(
    labels: npt.NDArray[np.integer], value: npt.NDArray[np.float64] | None, identity: Identity
) -> tuple[SegmentRow, ...]:
    """Rows of all segments, in the order of their numbers.

    Parameters
    ----------
    labels : integer array of shape (n_customers,)
        Clusters, 0 ... k-1.
    value : array of shape (n_customers,) or None
        What each customer is worth; None where the table does not say.
    identity : Identity
        Numbers and names of the clusters.
    """
    k = len(identity.numbers)
    sizes = cluster_sizes(labels, k)
    sums = None if value is None else np.bincount(labels, weights=np.nan_to_num(value), minlength=k)
    total = None if sums is None else float(sums.sum())
    rows = [
        SegmentRow(
            number=number,
            name=identity.names.get(number, ""),
            customers=int(sizes[cluster]),
            share=float(sizes[cluster] / sizes.sum()),
            value_mean=None if sums is None else float(sums[cluster] / sizes[cluster]),
            value_share=None if sums is None or not total else float(sums[cluster] / total),
            origin=identity.origin.get(number, ""),
        )
        for cluster, number in enumerate(identity.numbers)
    ]
    return tuple(sorted(rows, key=lambda row: row.number))
