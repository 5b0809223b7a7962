"""The gate: a candidate is measured, beside the champion and on the same customers, before it may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.metrics import adjusted_rand_index, cluster_sizes, variance_explained
from customer_segmentation.clustering.stability import Stability, study_stability
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.registry import checks
from customer_segmentation.registry.checks import Check
from customer_segmentation.segments.matching import Matching, match_segments
from customer_segmentation.settings.promotion import PromotionSettings
from customer_segmentation.verdict.yardstick import yardstick

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.integer]

#: Customers on whose halves stability is measured; of more, a seeded sample.
STABILITY_ROWS = 20_000


@dataclass(frozen=True)
class GateFacts:
    """A candidate's results, and its segments beside the champion's.

    Attributes
    ----------
    checks : tuple of Check
    matching : Matching or None
        Of the champion's clusters with the candidate's; None without a champion that could label the customers.
    """

    checks: tuple[Check, ...]
    matching: Matching | None


def examine(  # noqa: PLR0913 - each is named at the call
    *,
    settings: PromotionSettings,
    labels: Labels,
    k: int,
    matrix: Floats,
    make_estimator: Callable[[int, int], Any],
    seed: int,
    reference: Floats,
    attainable: Callable[[Sequence[int]], Mapping[int, float]],
    customers: pd.DataFrame,
    contract: Mapping[str, Any],
    source: str,
    champion: SegmentModel | None,
    problem: str = "",
) -> GateFacts:
    """Measure a candidate against the thresholds and the champion.

    Parameters
    ----------
    settings : PromotionSettings
        The thresholds.
    labels : integer array of shape (n_customers,)
        Of the candidate, 0 ... k-1.
    k : number of its segments
    matrix : array of shape (n_customers, n_dimensions)
        The candidate's space.
    make_estimator, seed
        What fits the halves.
    reference : array of shape (n_customers, n_reference_dimensions)
        The yardstick's space.
    attainable : callable
        Numbers of segments to the share of the reference that K-means attains with as many.
    customers : DataFrame of shape (n_customers, n_columns)
        With the columns that the champion reads, where the table has them.
    contract : mapping of str to dict
        Plain contract of the candidate's table.
    source : str
        Name of the table.
    champion : SegmentModel or None
    problem : str
        Why there is a champion but none that could be loaded; "" where it could, or where there is none.
    """
    sizes = [int(size) for size in cluster_sizes(labels, k)]
    found = [
        checks.smallest_segment(sizes, settings.smallest_share),
        checks.stability(
            _stability(matrix, labels, k, make_estimator, settings, seed),
            settings.stability,
            settings.stability_half,
            settings.max_switching,
        ),
    ]
    if problem:
        names = ("data_contract", "yardstick", "agreement")
        return GateFacts((*found, *(checks.checked(name, False, f"{problem}") for name in names)), None)
    theirs, contract_check = _champion_labels(settings, champion, customers, contract, source)
    found.append(contract_check)
    own_share = variance_explained(reference, labels)
    if champion is None or theirs is None:
        mark = yardstick(own_share, k, dict(attainable([k])))
        found.append(checks.yardstick(mark, None, settings.yardstick_margin))
        found.append(checks.agreement(None, settings.agreement, len(labels)))
        if champion is not None:
            found[-2:] = [_impossible(check) for check in found[-2:]]
        return GateFacts(tuple(found), None)
    known = theirs >= 0
    attained = dict(attainable([k, len(champion.numbers)]))
    mark = yardstick(variance_explained(reference[known], labels[known]), k, attained)
    their_mark = yardstick(variance_explained(reference[known], theirs[known]), len(champion.numbers), attained)
    rand = adjusted_rand_index(theirs[known], labels[known])
    found.append(checks.yardstick(mark, their_mark, settings.yardstick_margin))
    found.append(checks.agreement(rand, settings.agreement, int(known.sum())))
    matching = match_segments(theirs, labels, k_before=len(champion.numbers), k_after=k, same=settings.same_segment)
    return GateFacts(tuple(found), matching)


def clusters_of(model: SegmentModel, customers: pd.DataFrame) -> tuple[npt.NDArray[np.int64], str]:
    """Clusters that a model puts customers into, of shape (n_customers,); -1 for those without, and why the first.

    Parameters
    ----------
    model : its segments' numbers are taken back to clusters
    customers : raw customers under canonical column names, one row each
    """
    table = model.predict(customers).table
    numbers = table["segment"].to_numpy(dtype=np.float64, na_value=np.nan)
    reasons = table["reason"].dropna()
    clusters = np.full(len(numbers), -1, dtype=np.int64)
    for cluster, number in enumerate(model.numbers):
        clusters[numbers == number] = cluster
    return clusters, str(reasons.iloc[0]) if len(reasons) else ""


def _champion_labels(
    settings: PromotionSettings,
    champion: SegmentModel | None,
    customers: pd.DataFrame,
    contract: Mapping[str, Any],
    source: str,
) -> tuple[npt.NDArray[np.int64] | None, Check]:
    """Clusters of the champion for the candidate's customers, and whether they come from its kind of table."""
    if champion is None:
        return None, checks.data_contract(contract, None, (), source)
    check = checks.data_contract(contract, champion.contract, champion.needed, source)
    if any(name not in customers for name in champion.needed):
        if not check.failed:
            lacking = [name for name in champion.needed if name not in customers]
            check = checks.checked(
                "data_contract", False, f"the champion reads {', '.join(lacking)}, which {source} does not hold"
            )
        return None, check
    theirs, reasons = clusters_of(champion, customers)
    fewer = checks.labelled(theirs >= 0, settings.max_unlabelled_share, reasons)
    if fewer is not None and not check.failed:
        check = fewer
    return (theirs if (theirs >= 0).any() else None), check


def _impossible(check: Check) -> Check:
    """Result of a comparison with a champion that cannot label the customers."""
    if check.result == "not asked":
        return check
    return checks.checked(check.name, False, "the champion does not label these customers: the two cannot be compared")


def _stability(
    matrix: Floats,
    labels: Labels,
    k: int,
    make_estimator: Callable[[int, int], Any],
    settings: PromotionSettings,
    seed: int,
) -> Stability | None:
    if k < 2 or (settings.stability is None and settings.max_switching is None):
        return None
    if len(matrix) > STABILITY_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(len(matrix), STABILITY_ROWS, replace=False))
        matrix, labels = matrix[rows], labels[rows]
    return study_stability(matrix, {k: labels}, make_estimator=make_estimator, resamples=settings.resamples, seed=seed)[
        k
    ]
