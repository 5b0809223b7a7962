"""Is there natural structure in a space, and with how many clusters? The valley test over all k of a study.

Two neighbouring clusters are natural if the density between them falls below the density at both. The largest k at
which this holds for all neighbours is ``k_valley``; the best silhouette has ``k_silhouette``. Where only the
silhouette sees more clusters it is believed under conditions; where nothing is separated the answer is that there is
no natural structure.

Whole numbers are spread over the width of their steps for the test, because they fake gaps. Two-valued columns fake
them in any case: the test leaves them out, and a space that consists mostly of them is not decidable. A column in which
many customers have nothing ("none or some": no internet, no refund) asks a yes/no question too, and several such
columns may ask the same one: a valley counts only if it shows among customers of one answer as well.

How sure an answer is was measured on planted and structureless tables (``benchmarks/truth.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customer_segmentation.clustering.structure_pairs import (
    Labels,
    Mask,
    Matrix,
    Valleys,
    candidate_valleys,
)
from customer_segmentation.clustering.structure_shapes import HOLLOW, is_bent, leans_together, solid_hollowness
from customer_segmentation.formatting import percent

ATOM, SPIKE = 0.05, 2.0
"""Share of the customers from which the lowest or highest value of a column is an atom, and how many times as frequent
as the value beside it, unless it stands apart from it."""
SHARE = 0.3
"""Share of separated pairs from which a finer best silhouette is believed."""
HOLLOW_GROUPS = 1.0
"""Hollowness allowed then where the separated pairs alone hold groups of clusters apart."""
FAINT_LEVEL, FAINT_RATIO = 0.005, 0.8
"""Or: the pooled counts of all pairs below this level and ratio, and no pair without any valley."""


@dataclass(frozen=True)
class Certainty:
    """A word for how sure an answer is, and how often such an answer was right in the benchmark."""

    word: str
    right: float


# Shares of right answers by how they came about, over all groups of benchmarks/truth.py under its calibration seeds
# (overlapping, unkind and structureless tables, outliers and yes/no columns included): 4,074 agreed, 565 finer, 6,362
# none, 431 promoted, 50 doubtful.
CERTAINTY = {
    "none": Certainty("sure", 0.97),
    "agreed": Certainty("sure", 0.95),
    "promoted": Certainty("likely", 0.68),
    "finer": Certainty("likely", 0.88),
    "doubtful": Certainty("doubtful", 0.20),
    "undecidable": Certainty("undecidable", float("nan")),
}


@dataclass(frozen=True)
class StructureResult:
    """What the valley test says of one space.

    Attributes
    ----------
    tests
        The pairs for each k (`Valleys`), with ``share`` separated and tiny clusters.
    k_valley, k_silhouette
        Largest k whose used pairs are all separated (1 if none), and k of the best silhouette.
    chosen
        The k of the candidate that shows the structure; 1 where there is none.
    k_star
        Its clusters without the tiny ones; 1: no natural structure.
    tiny_rows
        Customers in the tiny clusters of the chosen candidate.
    levels
        Coarse and fine k where clusters lie within groups, else twice the chosen k.
    decidable
        False where most of the variance lies in two-valued columns, or no k above 1 was given.
    reason
        How the answer came about: none, agreed, promoted, finer, doubtful or undecidable.
    certainty
        Word and measured share of right answers for ``reason``.
    sentence
        The answer for a reader.
    """

    tests: Mapping[int, Valleys]
    k_valley: int
    k_silhouette: int
    chosen: int
    k_star: int
    tiny_rows: int
    levels: tuple[int, int]
    decidable: bool
    reason: str
    certainty: Certainty
    sentence: str

    @property
    def natural(self) -> bool:
        """Whether the chosen candidate's clusters are natural rather than a partition of a continuum."""
        return self.decidable and self.k_star > 1 and self.reason != "doubtful"


def two_valued_columns(matrix: Matrix) -> NDArray[np.bool_]:
    """Columns (d,) with at most two distinct values; a constant column is one of them."""
    low, high = matrix.min(axis=0), matrix.max(axis=0)
    return np.asarray(((matrix == low) | (matrix == high)).all(axis=0))


def spread_lattice(matrix: Matrix, rng: np.random.Generator) -> Matrix:
    """Spread repeated values over the gaps beside them, so that a column's steps are not taken for valleys.

    Parameters
    ----------
    matrix
        Customers by features (n, d); left as it is.
    rng
        Source of the offsets.

    Returns
    -------
    ndarray of shape (n, d)
        In columns with 3 to n / 4 distinct values each value moves uniformly within half the gap to its neighbours, a
        gap counting at most twice the gap on the value's other side. In all columns the lowest or highest value, if at
        least ``ATOM`` of the customers share it and it stands apart from the rest, is spread over the whole gap: "none
        or some" is a yes/no question too, and power and quantile scaling open such a gap as wide as the column.
    """
    spread = np.array(matrix, dtype=float)
    n = len(spread)
    for column in range(spread.shape[1]):
        values, position, counts = np.unique(spread[:, column], return_inverse=True, return_counts=True)
        if len(values) < 3:
            continue
        gaps = np.diff(values)
        below, above = np.append(gaps[0], gaps), np.append(gaps, gaps[-1])
        below, above = np.minimum(below, 2 * above) / 2, np.minimum(above, 2 * below) / 2
        if len(values) > n / 4:
            below[:], above[:] = 0.0, 0.0
        if counts[0] >= ATOM * n and gaps[0] > 2 * gaps[1]:
            below[0], above[0] = 0.0, gaps[0]
        if counts[-1] >= ATOM * n and gaps[-1] > 2 * gaps[-2]:
            below[-1], above[-1] = gaps[-1], 0.0
        spread[:, column] += rng.uniform(-below[position], above[position])
    return spread


def none_or_some(matrix: Matrix) -> Mask:
    """Answer (n, q) the yes/no questions that columns with an atom ask: true for the customers that share it.

    A value is an atom if at least ``ATOM`` of the customers share it, and it either stands apart from the rest or is
    ``SPIKE`` times as frequent as the value beside it.
    """
    n, questions = len(matrix), []
    for column in matrix.T:
        values, counts = np.unique(column, return_counts=True)
        if len(values) < 3:
            continue
        gaps = np.diff(values)
        if counts[0] >= ATOM * n and (gaps[0] > 2 * gaps[1] or counts[0] >= SPIKE * counts[1]):
            questions.append(column == values[0])
        if counts[-1] >= ATOM * n and (gaps[-1] > 2 * gaps[-2] or counts[-1] >= SPIKE * counts[-2]):
            questions.append(column == values[-1])
    return np.column_stack(questions) if questions else np.zeros((n, 0), dtype=bool)


def valley_test(
    matrix: Matrix, labels_by_k: Mapping[int, Labels], silhouettes: Mapping[int, float], *, seed: int
) -> StructureResult:
    """Test all candidates of one space for natural structure.

    Parameters
    ----------
    matrix
        Customers by features (n, d), as the candidates were fitted on.
    labels_by_k
        Labels (n,) of each candidate, 0 to k - 1 in any order; k = 1 is passed over.
    silhouettes
        Mean silhouette of each candidate in the same space.
    seed
        Fixes the spread of whole numbers and the rows drawn for a cluster's hollowness; nothing else is random.

    Returns
    -------
    StructureResult
    """
    matrix = np.asarray(matrix, dtype=float)
    ks = sorted(k for k in labels_by_k if k > 1)
    scored = {k: silhouettes[k] for k in ks if np.isfinite(silhouettes.get(k, np.nan))}
    k_silhouette = max(scored, key=lambda k: (scored[k], -k)) if scored else 1
    two_valued = two_valued_columns(matrix)
    variances = matrix.var(axis=0)
    questions = none_or_some(matrix[:, ~two_valued])
    many_valued = spread_lattice(matrix[:, ~two_valued], np.random.default_rng(seed))
    # Values of 1e6 or offsets would cost digits of the inner products; the test itself does not see a shift or a unit.
    many_valued -= many_valued.mean(axis=0)
    if not ks or two_valued.all() or variances[two_valued].sum() > variances[~two_valued].sum() * (1 + 1e-9):
        sentence = "Whether there is natural structure is not decidable here: " + (
            "no k above 1 was tried." if not ks else "most of the variance is in two-valued columns, which fake gaps."
        )
        tests = {} if two_valued.all() else _tests(many_valued, labels_by_k, ks, seed, questions)
        certainty = CERTAINTY["undecidable"]
        return StructureResult(tests, 1, k_silhouette, 1, 1, 0, (1, 1), False, "undecidable", certainty, sentence)

    tests = _tests(many_valued, labels_by_k, ks, seed, questions)
    k_valley = max((k for k in ks if tests[k].all_separated), default=1)
    chosen, reason = k_valley, "none"
    if k_silhouette > k_valley and _believed(many_valued, labels_by_k[k_silhouette], tests[k_silhouette], seed):
        chosen, reason = k_silhouette, "promoted"
    elif k_valley > 1:
        reason = "agreed" if k_valley == k_silhouette else "finer" if k_valley > k_silhouette else "doubtful"
    k_star = tests[chosen].solid if chosen > 1 else 1
    tiny_rows = tests[chosen].tiny_rows if chosen > 1 else 0
    levels = (chosen, chosen)
    if reason == "finer" and k_silhouette > 1 and tests[k_silhouette].all_separated:
        levels = (k_silhouette, chosen)
    elif reason == "promoted" and k_valley > 1:
        levels = (k_valley, chosen)
    return StructureResult(
        tests=tests,
        k_valley=k_valley,
        k_silhouette=k_silhouette,
        chosen=chosen,
        k_star=k_star,
        tiny_rows=tiny_rows,
        levels=levels,
        decidable=True,
        reason=reason,
        certainty=CERTAINTY[reason],
        sentence=_sentence(reason, ks, k_valley, k_silhouette, k_star, tiny_rows, levels),
    )


def _tests(
    matrix: Matrix, labels_by_k: Mapping[int, Labels], ks: list[int], seed: int, questions: Mask
) -> dict[int, Valleys]:
    return {k: candidate_valleys(matrix, np.asarray(labels_by_k[k]), k, seed=seed, questions=questions) for k in ks}


def _believed(matrix: Matrix, labels: Labels, valleys: Valleys, seed: int) -> bool:
    """Whether the best silhouette is believed although some of its neighbours are not separated.

    Enough of them are, or all valleys are faint but together beyond chance; and no cluster is a piece of something
    bent, since the arms of a curve are separated from each other while the curve is one.
    """
    enough = valleys.share >= SHARE
    ratio, p = valleys.pooled
    faint = p < FAINT_LEVEL and ratio < FAINT_RATIO and valleys.highest_ratio < 1
    if not enough and not faint:
        return False
    if any(leans_together(matrix[labels == pair.i], matrix[labels == pair.j]) for pair in valleys.used):
        return False
    hollow = solid_hollowness(matrix, labels, valleys.k, valleys.tiny, seed=seed)
    emptiest, d = max(hollow.values()), matrix.shape[1]
    if enough and emptiest <= (HOLLOW_GROUPS if valleys.groups > 1 else HOLLOW):
        return True
    bent = any(is_bent(max(hollow[pair.i], hollow[pair.j]), pair.girth, d) for pair in valleys.used)
    return faint and emptiest <= HOLLOW and not bent


def _sentence(
    reason: str, ks: list[int], k_valley: int, k_silhouette: int, k_star: int, tiny_rows: int, levels: tuple[int, int]
) -> str:
    right = f"right in {percent(CERTAINTY[reason].right)} of such cases in the benchmark"
    plus = f", plus {tiny_rows} customers in tiny groups" if tiny_rows else ""
    if reason == "none":
        return (
            f"No natural structure: for no k from {ks[0]} to {ks[-1]} does the density fall between all neighbouring "
            f"clusters; segments are a partition of a continuum ({right})."
        )
    if reason == "doubtful":
        return (
            f"Doubtful: the density falls between all clusters at k = {k_valley}, while the best silhouette has "
            f"k = {k_silhouette} without valleys; not accepted as natural structure ({right})."
        )
    text = f"Natural structure: {k_star} clusters{plus}; "
    if reason == "agreed":
        text += "the density falls between all neighbours, and the best silhouette agrees"
    elif reason == "finer":
        text += f"the density falls between all neighbours, although the best silhouette has k = {k_silhouette}"
    else:
        text += "the best silhouette, with a valley between many neighbours but not all"
    if levels[0] != levels[1]:
        text += f"; {levels[0]} groups at the coarse level, {levels[1]} clusters at the fine"
    return f"{text} ({right})."
