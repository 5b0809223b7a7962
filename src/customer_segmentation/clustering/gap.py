"""Second opinions on the number of clusters: the gap statistic, and a vote of the classical indices.

Both are there for comparison. In ``benchmarks/truth.py`` neither finds planted clusters as often as the valley test,
and a vote never answers that there are none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from customer_segmentation.errors import StudyError

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Gap:
    """The gap statistic of one space.

    ``gaps`` and ``errors`` are Gap(k) and its standard error s(k) for each of ``ks``; ``k`` the smallest k with
    Gap(k) >= Gap(k + 1) - s(k + 1), the last k where there is none; 1 says that there is no structure.
    """

    ks: tuple[int, ...]
    gaps: tuple[float, ...]
    errors: tuple[float, ...]
    k: int


def _log_inertia(matrix: Matrix, k: int, *, restarts: int, seed: int) -> float:
    """Log of the within-cluster sum of squares; -inf where k clusters hold all distinct rows."""
    if k == 1:
        inertia = float(((matrix - matrix.mean(axis=0)) ** 2).sum())
    else:
        inertia = float(KMeans(k, n_init=restarts, random_state=seed).fit(matrix).inertia_)
    return float(np.log(inertia)) if inertia > 0 else -np.inf


def gap_statistic(
    matrix: Matrix,
    ks: Sequence[int],
    *,
    seed: int,
    inertias: Mapping[int, float] | None = None,
    references: int = 10,
    restarts: int = 2,
) -> Gap:
    """Compare the inertia with that of uniform data, with the one-standard-error rule.

    Tibshirani, Walther & Hastie 2001, form (b): the references are uniform in the box along the principal axes.

    Parameters
    ----------
    matrix
        Customers by features (n, d).
    ks
        Numbers of clusters; 1 is added, because "none" has to be among the answers.
    seed
        Fixes the references and all starts.
    inertias
        Inertia for each k where the study has it already.
    references
        Number of reference sets; one K-means fit each for every k.
    restarts
        Random starts of K-means, fewer than in a study: the references have no optimum that only rare starts find.

    Raises
    ------
    StudyError
        If the matrix is constant or has fewer distinct rows than the largest k.
    """
    matrix = np.asarray(matrix, dtype=float)
    ordered = sorted({1, *ks})
    distinct = len(np.unique(matrix, axis=0))
    if distinct < max(2, ordered[-1] + 1):
        raise StudyError(
            f"the gap statistic for k up to {ordered[-1]} needs more than {ordered[-1]} distinct customers, "
            f"found {distinct}; ask for fewer segments or switch it off."
        )
    centred = matrix - matrix.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    along = centred @ axes.T
    low, high = along.min(axis=0), along.max(axis=0)
    rng = np.random.default_rng(seed)
    expected = np.empty((references, len(ordered)))
    for reference in range(references):
        uniform = rng.uniform(low, high, size=along.shape)
        for column, k in enumerate(ordered):
            expected[reference, column] = _log_inertia(uniform, k, restarts=restarts, seed=seed + reference)
    known = dict(inertias or {})
    observed = np.array(
        [
            np.log(known[k]) if known.get(k, 0.0) > 0 else _log_inertia(matrix, k, restarts=restarts, seed=seed)
            for k in ordered
        ]
    )
    gaps = expected.mean(axis=0) - observed
    errors = expected.std(axis=0) * np.sqrt(1 + 1 / references)
    held = [k for i, k in enumerate(ordered[:-1]) if gaps[i] >= gaps[i + 1] - errors[i + 1]]
    return Gap(tuple(ordered), tuple(gaps.tolist()), tuple(errors.tolist()), held[0] if held else ordered[-1])


def vote(
    silhouettes: Mapping[int, float],
    calinski_harabasz: Mapping[int, float],
    davies_bouldin: Mapping[int, float],
    *,
    knee: int | None = None,
    gap: int | None = None,
) -> tuple[int, dict[str, int]]:
    """Let the classical indices vote on k.

    Best silhouette and Calinski-Harabasz are the largest, best Davies-Bouldin the smallest; an elbow or gap that found
    nothing does not vote. The commonest answer wins, the smaller k in a tie.

    Parameters
    ----------
    silhouettes : for each k the mean silhouette
    calinski_harabasz : for each k the index
    davies_bouldin : for each k the index
    knee : the elbow's k, where there is one
    gap : the k of the gap statistic, where it was asked for

    Returns
    -------
    tuple of int and dict
        The winning k, and each index's answer.

    Raises
    ------
    StudyError
        If no index has a value.
    """
    answers: dict[str, int] = {}
    for name, sign, scores in (
        ("silhouette", 1, silhouettes),
        ("calinski_harabasz", 1, calinski_harabasz),
        ("davies_bouldin", -1, davies_bouldin),
    ):
        ranked = sorted((-sign * score, k) for k, score in scores.items() if np.isfinite(score))
        if ranked:
            answers[name] = ranked[0][1]
    answers |= {name: k for name, k in (("elbow", knee), ("gap", gap)) if k is not None}
    if not answers:
        raise StudyError("a vote on k needs scores of at least one index for one k above 1, found none; add a k.")
    counts = {k: list(answers.values()).count(k) for k in set(answers.values())}
    return min(counts, key=lambda k: (-counts[k], k)), answers
