"""A study: the candidates of one space, one for each k, with every score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from customer_segmentation.clustering import metrics as scores
from customer_segmentation.clustering.clusterer import MakeEstimator, own_scores
from customer_segmentation.clustering.fit import Fit, check_matrix, fit_k
from customer_segmentation.clustering.knee import elbow_knee
from customer_segmentation.clustering.silhouette import silhouettes
from customer_segmentation.clustering.warm_start import WarmStart, after_steps, continued

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """One space at one k.

    Attributes
    ----------
    k : int
    codes : array of unsigned integers of shape (n_customers,)
        The labels in the smallest type that holds them.
    centres : array of shape (k, n_features)
        In the space.
    estimator : fitted scikit-learn estimator
    scores : dict of str to float
        Only scores that exist: k = 1 has inertia, inertia_share, smallest_share and seconds; a value that does not vary
        has no value_explained.
    sizes : integer array of shape (k,)
    silhouettes : pair of arrays of shape (n_rows,) or None
        Rows of the customers whose silhouettes were computed, and these; None for k = 1.
    how : str
        How the fit was made on a large table, or from given segments; else empty.
    notes : tuple of str
        What a reader should know of the fit, a sentence each.
    start : array of shape (k, n_features) or None
        The given centres that the fit was started at.
    """

    k: int
    codes: npt.NDArray[Any]
    centres: Floats
    estimator: Any
    scores: dict[str, float]
    sizes: npt.NDArray[np.int64]
    silhouettes: tuple[npt.NDArray[np.intp], Floats] | None = None
    notes: tuple[str, ...] = field(default=())
    how: str = ""
    start: Floats | None = None

    @property
    def labels(self) -> npt.NDArray[np.int32]:
        """Cluster of each customer, equal to ``estimator.predict`` of the matrix; 0 is the largest."""
        return self.codes.astype(np.int32)


@dataclass(frozen=True)
class Study:
    """All candidates of one space.

    Attributes
    ----------
    candidates : tuple of Candidate
        By k, ascending.
    knee : int or None
        Knee of the elbow curve.
    """

    candidates: tuple[Candidate, ...]
    knee: int | None

    def candidate(self, k: int) -> Candidate:
        """Return the candidate with this k; KeyError when the study has none.

        Raises
        ------
        KeyError
            No candidate has this k.
        """
        for candidate in self.candidates:
            if candidate.k == k:
                return candidate
        raise KeyError(k)


def run_study(  # noqa: PLR0913 - each is named at the call
    matrix: Floats,
    *,
    ks: Sequence[int],
    make_estimator: MakeEstimator,
    seed: int,
    value: Floats | None,
    reference: Floats | None,
    silhouette_limit: int,
    silhouette_sample: int,
    on_candidate: Callable[[int], None] | None = None,
    refine: Callable[[list[Fit]], list[Fit]] | None = None,
    start: WarmStart | None = None,
) -> Study:
    """Fit and score one space at several k.

    Parameters
    ----------
    matrix : array of shape (n_customers, n_features)
        The space.
    ks : sequence of int
        Numbers of clusters, 1 or more; each is fitted once.
    make_estimator : callable
        Makes an unfitted estimator from k and a seed.
    seed : int
        Every k gets the same, so that a candidate does not depend on the others.
    value : array of shape (n_customers,) or None
        What customers are worth; missing values are left out.
    reference : array of shape (n_customers, n_columns) or None
        The space in which candidates of different spaces are compared.
    silhouette_limit, silhouette_sample : int
        Beyond ``silhouette_limit`` customers silhouettes come from about ``silhouette_sample`` of them.
    on_candidate : callable, optional
        Called with k after each fit.
    refine : callable, optional
        Improves the fits together, before they are scored.
    start : WarmStart, optional
        Segments that the fit with as many clusters continues.

    Returns
    -------
    Study
        Scores are ``inertia``; ``inertia_share``, of the inertia at k = 1; ``silhouette`` and, when sampled,
        ``silhouette_se``; ``davies_bouldin``; ``calinski_harabasz``; ``smallest_share``; ``value_explained`` and
        ``reference_explained``, shares of variance; ``n_iter``; ``converged``, 0 or 1; ``seconds``, of the fit; and
        what only the algorithm can say (`own_scores`).

    Raises
    ------
    StudyError
        The space cannot be split into as many clusters, or the estimator fails.
    """
    matrix = np.ascontiguousarray(matrix, dtype=np.float64)
    ks = sorted({int(k) for k in ks})
    check_matrix(matrix, ks)
    fits = []
    for k in ks:
        fit = fit_k(matrix, k, make_estimator=make_estimator, seed=seed)
        if start is not None:
            fit = continued(matrix, fit, start, make_estimator=make_estimator, seed=seed)
        fits.append(fit)
        if on_candidate is not None:
            on_candidate(k)
    if refine is not None:
        before, fits = fits, refine(fits)
        if start is not None:
            fits = [new if new is old else after_steps(new, start) for old, new in zip(before, fits, strict=True)]
    several = [fit for fit in fits if fit.k > 1]
    total = scores.total_sum_of_squares(matrix)
    samples, found_by_k = _silhouettes(matrix, several, limit=silhouette_limit, sample=silhouette_sample, seed=seed)
    candidates = []
    for fit in fits:
        found = {"inertia": fit.inertia, "inertia_share": fit.inertia / total}
        if fit.k > 1:
            found |= found_by_k[fit.k] | _scores_of_partition(matrix, fit, value=value, reference=reference)
        found |= own_scores(fit.estimator, matrix)
        found |= {"smallest_share": scores.smallest_share(fit.labels), "seconds": fit.seconds}
        candidates.append(_candidate(fit, found, samples.get(fit.k)))
    return Study(candidates=tuple(candidates), knee=elbow_knee(ks, [fit.inertia for fit in fits]))


def _silhouettes(
    matrix: Floats, fits: Sequence[Fit], *, limit: int, sample: int, seed: int
) -> tuple[dict[int, tuple[npt.NDArray[np.intp], Floats]], dict[int, dict[str, float]]]:
    """Silhouettes by k: each customer's, and the scores drawn from them."""
    if not fits:
        return {}, {}
    spread = silhouettes(matrix, [fit.labels for fit in fits], limit=limit, sample=sample, seed=seed)
    samples, found = {}, {}
    for position, fit in enumerate(fits):
        samples[fit.k] = np.asarray(spread.rows), spread.values[:, position]
        found[fit.k] = {"silhouette": float(spread.means[position])}
        if spread.standard_errors is not None:
            found[fit.k]["silhouette_se"] = float(spread.standard_errors[position])
    return samples, found


def _scores_of_partition(
    matrix: Floats, fit: Fit, *, value: Floats | None, reference: Floats | None
) -> dict[str, float]:
    """Scores of a fit with two clusters or more, silhouettes apart; only those that exist."""
    found = {
        "davies_bouldin": scores.davies_bouldin(matrix, fit.labels),
        "calinski_harabasz": scores.calinski_harabasz(matrix, fit.labels),
    }
    for name, table in (("value_explained", value), ("reference_explained", reference)):
        share = float("nan") if table is None else scores.variance_explained(table, fit.labels)
        if np.isfinite(share):
            found[name] = share
    if fit.n_iter is not None:
        found["n_iter"] = float(fit.n_iter)
    if fit.converged is not None:
        found["converged"] = float(fit.converged)
    return found


def _candidate(fit: Fit, found: dict[str, float], samples: tuple[npt.NDArray[np.intp], Floats] | None) -> Candidate:
    """Put a fit and its scores together, with a note where the fit is not what it seems."""
    notes = []
    if fit.converged is False:
        notes.append(
            f"{type(fit.estimator).__name__} reached its limit of {fit.n_iter} iterations at k = {fit.k}: a higher "
            "max_iter may find better segments."
        )
    return Candidate(
        k=fit.k,
        codes=fit.codes,
        centres=fit.centres,
        estimator=fit.estimator,
        scores=found,
        sizes=scores.cluster_sizes(fit.codes, fit.k),
        silhouettes=samples,
        notes=tuple(notes),
        how=fit.how,
        start=fit.start,
    )
