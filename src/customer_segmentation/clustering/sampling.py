"""Stratified samples of customers, and means estimated from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

#: A cluster with fewer members in the sample is filled up to as many: two are the least that can be far or near, and
#: a variance of two is worth nothing.
_FEWEST_MEMBERS = 20


def stratified_rows(
    strata: npt.NDArray[np.integer],
    labelings: Sequence[npt.NDArray[np.integer]],
    *,
    size: int,
    seed: int,
) -> npt.NDArray[np.intp]:
    """Draw customers from every stratum in proportion, without replacement.

    Parameters
    ----------
    strata : integer array of shape (n_customers,)
    labelings : sequence of integer arrays of shape (n_customers,)
        Each of their clusters has at least 20 customers in the sample, or all it has.
    size : int
        Customers to draw; those added to fill up small clusters come on top.
    seed : int

    Returns
    -------
    integer array of shape (about size,)
        Rows, ascending, each once.

    Notes
    -----
    Every n/size-th customer of a list shuffled within strata and sorted by stratum, from a random start: a stratum of
    any size gets its share to within one customer.
    """
    n = len(strata)
    generator = np.random.default_rng(seed)
    if size >= n:
        return np.arange(n)
    shuffled = generator.permutation(n)
    in_order = shuffled[np.argsort(strata[shuffled], kind="stable")]
    places = ((np.arange(size) + generator.random()) * (n / size)).astype(np.intp)
    drawn = np.zeros(n, dtype=bool)
    drawn[in_order[np.minimum(places, n - 1)]] = True
    for labels in labelings:
        wanted = np.minimum(np.bincount(labels), _FEWEST_MEMBERS)
        for cluster in np.flatnonzero(np.bincount(labels[drawn], minlength=len(wanted)) < wanted):
            left = np.flatnonzero((labels == cluster) & ~drawn)
            lacking = wanted[cluster] - int(drawn[labels == cluster].sum())
            drawn[generator.choice(left, size=lacking, replace=False)] = True
    return np.flatnonzero(drawn)


def stratified_mean(
    values: npt.NDArray[np.float64], strata: npt.NDArray[np.integer], sizes: npt.NDArray[np.integer]
) -> tuple[float, float]:
    """Mean of a population, and its standard error, from a sample of each of its strata.

    Parameters
    ----------
    values : array of shape (n_rows,)
    strata : integer array of shape (n_rows,)
        Every stratum has a row.
    sizes : integer array of shape (n_strata,)
        Members of each stratum in the population.

    Returns
    -------
    mean, standard_error : float
        In the unit of the values. A stratum with one sampled member adds no variance.

    Notes
    -----
    W. G. Cochran, *Sampling Techniques*, 3rd ed. (1977), eq. 5.3 and 5.6, with finite population correction.
    """
    drawn = np.bincount(strata, minlength=len(sizes))
    shares = sizes / sizes.sum()
    means = np.bincount(strata, weights=values, minlength=len(sizes)) / drawn
    squares = np.bincount(strata, weights=np.square(values - means[strata]), minlength=len(sizes))
    variances = squares / np.maximum(drawn - 1, 1)
    error = np.sqrt(float(np.sum(np.square(shares) * variances / drawn * (1 - drawn / sizes))))
    return float(np.sum(shares * means)), float(error)
