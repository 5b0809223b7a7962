"""What the sweep knows of clusters, for any matrix and without tracking, by the conventions of scikit-learn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from customer_segmentation.errors import ArgumentError, StudyError
from customer_segmentation.secrets import redact

if TYPE_CHECKING:
    from customer_segmentation.clustering.structure_test import StructureResult

Floats = npt.NDArray[np.float64]
_FEWEST = 3


def silhouettes(
    X: Any, labelings: Sequence[Any], *, sample_size: int | None = None, random_state: int | None = None
) -> tuple[Floats, Floats]:
    """Silhouettes of several labelings of the same rows, exact, in one pass over the distances.

    One call for k = 2 to 10 costs about as much as one of scikit-learn's ``silhouette_samples``, and gives the same.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    labelings : sequence of array-like of shape (n_samples,)
        Labels of any kind, two clusters or more in each.
    sample_size : int, optional
        Of more rows than this a sample, stratified by cluster; None: all rows.
    random_state : int, optional
        Of the sample.

    Returns
    -------
    means : array of shape (n_labelings,)
        Mean silhouette of each labeling; of a sample an estimate.
    values : array of shape (n_rows, n_labelings)
        Of each row, or of each row of the sample.

    Raises
    ------
    ArgumentError
        A labeling does not go with X. As X itself is checked by scikit-learn, a ValueError in any case.

    Examples
    --------
    >>> import numpy as np
    >>> from customer_segmentation import silhouettes
    >>> X = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> means, values = silhouettes(X, [[0, 0, 1, 1], ["a", "b", "b", "b"]])
    >>> means.round(3).tolist(), values.shape
    ([0.9, 0.026], (4, 2))
    """
    from customer_segmentation.clustering.silhouette import silhouettes as in_one_pass

    matrix = _checked(X)
    codes = [_codes(labels, len(matrix)) for labels in labelings]
    if not codes:
        raise ArgumentError("labelings is empty; expected one labeling of the rows, or several.")
    size = len(matrix) if sample_size is None else int(sample_size)
    found = in_one_pass(matrix, codes, limit=size, sample=size, seed=_seed(random_state))
    return found.means, found.values


def structure_test(X: Any, labels_by_k: Mapping[int, Any], *, random_state: int | None = None) -> StructureResult:
    """Tell whether clusters are natural or a partition of a continuum: the density falls between neighbours or not.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Scaled as it was clustered.
    labels_by_k : mapping of int to array-like of shape (n_samples,)
        The labels of a fit for each k that was tried.
    random_state : int, optional
        Of the spread of whole numbers, which would fake gaps.

    Returns
    -------
    StructureResult
        ``natural``, ``k_star`` (1: no natural structure), ``sentence``, ``certainty`` with its word and how often such
        an answer was right in the benchmark, and the pairs of neighbours in ``tests``.

    Raises
    ------
    ArgumentError
        A labeling does not go with X. As X itself is checked by scikit-learn, a ValueError in any case.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.datasets import make_blobs
    >>> from customer_segmentation import structure_test
    >>> X, _ = make_blobs(600, centers=[[0, 0], [8, 0], [0, 8]], random_state=0)
    >>> fits = {k: KMeans(k, n_init=3, random_state=0).fit(X).labels_ for k in (2, 3, 4)}
    >>> found = structure_test(X, fits, random_state=0)
    >>> found.natural, found.k_star
    (True, 3)
    """
    from customer_segmentation.clustering.silhouette import silhouettes as in_one_pass
    from customer_segmentation.clustering.structure_test import valley_test

    matrix = _checked(X)
    if not isinstance(labels_by_k, Mapping):
        raise ArgumentError(
            f"labels_by_k is of type {type(labels_by_k).__name__}; expected k to labels, as {{3: [...]}}."
        )
    codes = {}
    for k, labels in labels_by_k.items():
        if int(k) > 1:
            codes[int(k)] = _codes(labels, len(matrix))
            if codes[int(k)].max() + 1 != int(k):
                raise ArgumentError(f"labels_by_k[{k}] has {codes[int(k)].max() + 1} clusters; expected {k}.")
    limit = 20_000
    seed = _seed(random_state)
    means = in_one_pass(matrix, list(codes.values()), limit=limit, sample=limit, seed=seed).means if codes else ()
    return valley_test(matrix, codes, dict(zip(codes, map(float, means), strict=True)), seed=seed)


@dataclass(frozen=True)
class ChosenK:
    """How many clusters there are.

    Attributes
    ----------
    k : int or None
        None: there is no natural structure, or it cannot be told.
    confidence : str
        How sure the answer is, also where it is that there is no natural k: sure, likely, doubtful or undecidable.
    right : float
        How often such an answer was right in the benchmark; NaN where it is undecidable.
    sentence : str
        The answer for a reader.
    stability : float
        Adjusted Rand index of the clusters with those found on random halves of the rows, the mean; NaN without a k.
    labels : array of shape (n_samples,) or None
        Of the k clusters, the largest first.
    silhouettes : mapping of int to float
        Mean silhouette of each k that was tried.
    """

    k: int | None
    confidence: str
    right: float
    sentence: str
    stability: float
    labels: npt.NDArray[np.int32] | None
    silhouettes: Mapping[int, float]

    def __str__(self) -> str:
        """The answer in a sentence."""
        return self.sentence

    def __repr__(self) -> str:
        """Number, confidence and stability."""
        told = " that none is natural" if self.k is None and self.confidence in ("sure", "likely") else ""
        return f"ChosenK(k={self.k}, confidence={self.confidence + told!r}, stability={self.stability:.3f})"


def choose_k(
    X: Any,
    *,
    k: Iterable[int] = range(2, 11),
    resamples: int = 10,
    n_init: int = 10,
    random_state: int | None = None,
) -> ChosenK:
    """Number of clusters of a matrix, or that it has no natural ones: K-means, the structure test, half-samples.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Scaled, so that a distance means something.
    k : iterable of int
        Numbers that are tried.
    resamples : int
        Splits into halves by which stability is measured; 0: none.
    n_init : int
        Starts of each K-means.
    random_state : int, optional
        The same gives the same.

    Returns
    -------
    ChosenK

    Raises
    ------
    ArgumentError
        X has too few different rows, or k is not valid. X itself is checked by
        scikit-learn: a ValueError in any case.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_blobs
    >>> from customer_segmentation import choose_k
    >>> X, _ = make_blobs(600, centers=[[0, 0], [8, 0], [0, 8]], random_state=0)
    >>> found = choose_k(X, k=range(2, 6), random_state=0)
    >>> found.k, found.confidence, round(found.stability, 2)
    (3, 'sure', 1.0)
    >>> choose_k(np.random.default_rng(0).normal(size=(600, 2)), k=range(2, 6), random_state=0).k is None
    True
    """
    from sklearn.cluster import KMeans

    from customer_segmentation.clustering.clusterer import Clusterers
    from customer_segmentation.clustering.stability import study_stability
    from customer_segmentation.clustering.study import run_study

    matrix, seed = _checked(X), _seed(random_state)
    ks = sorted({int(one) for one in k})
    if not ks or ks[0] < 2:
        raise ArgumentError(f"k holds {ks}; expected whole numbers from 2.")
    fitter = Clusterers(KMeans(2, n_init=n_init, random_state=seed))
    try:
        study = run_study(
            matrix,
            ks=ks,
            make_estimator=fitter,
            seed=seed,
            value=None,
            reference=None,
            silhouette_limit=20_000,
            silhouette_sample=20_000,
        )
    except StudyError as error:
        raise ArgumentError(str(error)) from error
    means = {one.k: one.scores["silhouette"] for one in study.candidates}
    found = structure_test(matrix, {one.k: one.labels for one in study.candidates}, random_state=seed)
    labels, stability = None, float("nan")
    if found.natural:
        labels = study.candidate(found.chosen).labels
        if resamples:
            stability = study_stability(
                matrix, {found.chosen: labels}, make_estimator=fitter, resamples=resamples, seed=seed
            )[found.chosen].rand
    return ChosenK(
        found.k_star if found.natural else None,
        found.certainty.word,
        found.certainty.right,
        found.sentence,
        stability,
        labels,
        means,
    )


def _checked(X: Any) -> Floats:
    """A matrix of finite numbers.

    Raises
    ------
    ValueError
        X is something else.
    ArgumentError
        Cells of it are masked, which scikit-learn would read all the same.
    """
    from sklearn.utils import check_array

    if np.ma.is_masked(X):
        raise ArgumentError("X has masked cells; fill them, or leave their rows out.")
    try:
        return cast("Floats", check_array(X, dtype=np.float64, order="C", ensure_min_samples=_FEWEST))
    except ValueError as error:
        raise ValueError(redact(str(error))) from None  # it shows a cell, or the address that stands in X's place


def _codes(labels: Any, n: int) -> npt.NDArray[np.intp]:
    """Labels as 0 … k-1.

    Raises
    ------
    ArgumentError
        They are not one for each row, or all the same.
    """
    values, codes = np.unique(np.asarray(labels), return_inverse=True)
    if codes.shape != (n,):
        raise ArgumentError(f"a labeling has {codes.size} labels; expected one for each of the {n} rows of X.")
    if len(values) < 2:
        raise ArgumentError(f"a labeling holds {values[0]!r} alone; expected two clusters or more.")
    return codes.astype(np.intp)


def _seed(random_state: int | None) -> int:
    """Seed of everything that is drawn.

    Raises
    ------
    ValueError
        It is no seed.
    """
    from sklearn.utils import check_random_state

    if random_state is None or isinstance(random_state, int | np.integer):
        return 0 if random_state is None else int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
