"""What is examined of few candidates, as it is expensive: whether few features explain it, and whether it is stable.

All functions take arrays and are pure: the same candidate gets the same figures from a sweep's conclusion and from
whoever examines it alone later.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.clusterer import MakeEstimator
from customer_segmentation.clustering.stability import Stability, study_stability

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.integer]

SCREENING_STARTS = 2


def explained_by_tree(
    frame: pd.DataFrame, labels: Labels, *, most_features: int, depth: int, leaves: int, seed: int
) -> tuple[float, list[str]]:
    """Share of customers whose segment a depth-limited decision tree over few features predicts, and those features.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_features)
        Features in their own units; categories are told apart value by value, and count once.
    labels : integer array of shape (n_customers,)
    most_features : int
        The features that tell most are taken.
    depth, leaves : int
        The most questions in a row, and the most answers, that the tree may have.
    seed : int

    Returns
    -------
    share : float
        Of the customers of one half, under a tree fitted on the other half; both ways.
    features : list of str
        In order of their importance; only those that the tree uses.
    """
    from sklearn.tree import DecisionTreeClassifier

    numbers = pd.get_dummies(frame, prefix_sep="\0", dtype=float)
    owners = np.array([str(name).partition("\0")[0] for name in numbers])
    matrix = numbers.to_numpy(dtype=float)

    def tree(rows: Any, columns: Any) -> Any:
        made = DecisionTreeClassifier(max_depth=depth, max_leaf_nodes=leaves, random_state=seed)
        return made.fit(matrix[rows][:, columns], labels[rows])

    def importance(columns: Any, weights: Floats) -> pd.Series:
        return pd.Series(weights).groupby(owners[columns], sort=False).sum().sort_values(ascending=False, kind="stable")

    everything = np.arange(matrix.shape[1])
    if len(set(owners)) > most_features:
        first = importance(everything, tree(slice(None), everything).feature_importances_)
        everything = np.flatnonzero(np.isin(owners, list(first.index[:most_features])))
    halves = np.random.default_rng(seed).permutation(len(labels))
    parts = np.array_split(halves, 2)
    fits = [tree(part, everything) for part in parts]
    right = sum(
        float((fit.predict(matrix[other][:, everything]) == labels[other]).sum())
        for fit, other in zip(fits, reversed(parts), strict=True)
    )
    used = importance(everything, fits[0].feature_importances_ + fits[1].feature_importances_)
    return right / len(labels), [str(name) for name in used.index[used > 0]]


def screening(
    matrix: Floats, labels: Labels, k: int, make_estimator: MakeEstimator, seed: int, *, resamples: int
) -> Stability:
    """Stability from few resamples that start at the candidate's own centres as well: cheap, and too high if at all.

    It serves to rule out, never to confirm.

    Parameters
    ----------
    matrix : the candidate's space, shape (n, d)
    labels : its segments, 0 to k - 1, shape (n,)
    k : number of segments
    make_estimator : ``make_estimator(k, seed)`` returns an unfitted clusterer
    seed : of the halves and the starts
    resamples : splits into two halves
    """
    return study_stability(
        matrix, {k: labels}, make_estimator=make_estimator, resamples=resamples, seed=seed,
        restarts=SCREENING_STARTS, warm=True,
    )[k]  # fmt: skip


def confirmation(  # noqa: PLR0913 - each is named at the call
    matrix: Floats,
    labels: Labels,
    k: int,
    *,
    make_estimator: MakeEstimator,
    resamples: int,
    seed: int,
    stop_below: float | None = None,
    stop_after: int = 0,
) -> Stability:
    """Stability with the estimator's own restarts; ends early once it is known to switch.

    Parameters
    ----------
    matrix : the candidate's space, shape (n, d)
    labels : its segments, 0 to k - 1, shape (n,)
    k : number of segments
    make_estimator : ``make_estimator(k, seed)`` returns an unfitted clusterer
    resamples : splits into two halves, at most
    seed : of the halves and the starts
    stop_below : adjusted Rand index below which a half ends elsewhere; None: all halves are made
    stop_after : halves that may end elsewhere
    """
    return study_stability(
        matrix,
        {k: labels},
        make_estimator=make_estimator,
        resamples=resamples,
        seed=seed,
        stop_below=stop_below,
        stop_after=stop_after,
    )[k]


def scores_of(found: Stability, half: float, prefix: str = "stability") -> dict[str, float]:
    """Figures of stability under the names by which they are logged.

    Parameters
    ----------
    found : stability of one candidate
    half : adjusted Rand index below which a half ends elsewhere
    prefix : begins each name
    """
    switching = zip(("switching", "switching_low", "switching_high"), found.switching(half), strict=True)
    scores = {
        **{f"{prefix}_{name}": share for name, share in switching},
        f"{prefix}_rand": found.rand,
        f"{prefix}_rand_worst": found.rand_worst,
        f"{prefix}_jaccard_worst": found.jaccard_worst,
        f"{prefix}_prediction_strength": found.prediction_strength,
        f"{prefix}_prediction_strength_worst": found.prediction_strength_worst,
        f"{prefix}_resamples": float(found.resamples),
    }
    if prefix == "stability":
        scores |= {f"jaccard/segment_{number}": float(value) for number, value in enumerate(found.jaccard)}
    return scores
