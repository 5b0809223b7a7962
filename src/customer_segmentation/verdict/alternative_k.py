"""Second opinions on k, for comparison with the structure test: they do not bear on the choice."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from customer_segmentation.clustering.gap import gap_statistic, vote
from customer_segmentation.errors import StudyError


def alternative_k(
    asked: Sequence[str],
    matrix: npt.NDArray[np.float64],
    scores: Mapping[int, Mapping[str, float]],
    *,
    knee: int | None,
    seed: int,
) -> dict[str, int]:
    """Ask the classical rules for k.

    Parameters
    ----------
    asked : sequence of str
        ``vote`` of silhouette, Calinski-Harabasz, Davies-Bouldin and elbow (and gap, where it is asked); ``gap``, which
        costs ten times the fits of the study.
    matrix : array of shape (n_customers, n_features)
    scores : mapping
        For each k, 1 included where it was tried, the candidate's scores.
    knee : int or None
    seed : int

    Returns
    -------
    dict
        Rule to its k, each rule that voted included; a rule that has no answer is left out.
    """
    several = {k: found for k, found in scores.items() if k > 1}
    answers: dict[str, int] = {}
    if not several:
        return answers
    if "gap" in asked:
        inertias = {k: found["inertia"] for k, found in scores.items()}
        with contextlib.suppress(StudyError):  # too few different customers for so many clusters: no opinion
            answers["gap"] = gap_statistic(matrix, list(several), seed=seed, inertias=inertias).k
    if "vote" in asked:

        def curve(name: str) -> dict[int, float]:
            return {k: found[name] for k, found in several.items() if name in found}

        winner, votes = vote(
            curve("silhouette"), curve("calinski_harabasz"), curve("davies_bouldin"),
            knee=knee, gap=answers.get("gap"),
        )  # fmt: skip
        answers |= {"vote": winner, **votes}
    return answers
