"""Scores by which candidates of all spaces are shown and ranked: one line here for each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Criterion:
    """A score that compares across spaces; larger is better.

    Attributes
    ----------
    column : str
        Of a leaderboard: the metric that a candidate's run logs.
    heading : str
        Over a column of a table.
    words : str
        In a sentence.
    meaning : str
        What it is, under a table; empty where the page has said it.
    share : bool
        Shown as per cent.
    """

    column: str
    heading: str
    words: str
    meaning: str = ""
    share: bool = False


#: Name in ``selection.rank_by`` to the score, in the order in which tables show them.
CRITERIA = {
    "yardstick": Criterion("yardstick", "yardstick", "the yardstick"),
    "stability": Criterion(
        "stability",
        "stability",
        "stability",
        "stability is the agreement with segments fitted on half-samples (adjusted Rand index)",
    ),
    "separation": Criterion(
        "reference_silhouette",
        "separation",
        "separation in the reference space",
        "separation is the silhouette in the reference space, the same for all",
    ),
    "value_explained": Criterion(
        "value_explained",
        "value explained",
        "the value explained",
        "value explained is the share of the variance of the value that lies between the segments",
        share=True,
    ),
}
#: Their columns of a leaderboard.
COLUMNS = tuple(criterion.column for criterion in CRITERIA.values())
