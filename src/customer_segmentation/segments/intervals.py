"""Intervals and tests of a part of the customers against the rest, for arrays of segments at once.

All intervals are of 95 %. Arguments are arrays that broadcast; what is undefined (nobody in a part, one customer and no
spread) is NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtr, stdtrit

Floats = npt.NDArray[np.float64]

Z = 1.959963984540054  # normal quantile of 0.975
FEW = 5.0  # expected customers below which a test of shares is exact


def mean_interval(mean: Floats, variance: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Student's interval of a mean; ``variance`` is the sample's, over n - 1.

    Parameters
    ----------
    mean : means, of any shape, in the variable's unit
    variance : their variances, of the same shape
    n : customers behind each mean
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        half = stdtrit(n - 1, 0.975) * np.sqrt(variance / n)
    return mean - half, mean + half


def welch(
    means: tuple[Floats, Floats], variances: tuple[Floats, Floats], counts: tuple[Floats, Floats]
) -> tuple[Floats, Floats, Floats]:
    """Difference of two means with unequal variances: lower and upper end of its interval, and p.

    B. L. Welch, "The generalization of Student's problem when several different population variances are involved",
    Biometrika 34 (1947). Two means without any spread that differ have p = 0 and an interval of no width.

    Parameters
    ----------
    means : of the two groups, in the variable's unit
    variances : the samples' variances, over n - 1
    counts : customers of the two groups
    """
    difference = means[0] - means[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [variance / n for variance, n in zip(variances, counts, strict=True)]
        squared = parts[0] + parts[1]
        freedom = squared**2 / (parts[0] ** 2 / (counts[0] - 1) + parts[1] ** 2 / (counts[1] - 1))
        error = np.sqrt(squared)
        half = np.where(error == 0, 0.0, stdtrit(freedom, 0.975) * error)
        p = np.where(error == 0, (difference == 0).astype(float), 2 * stdtr(freedom, -np.abs(difference) / error))
    undefined = (counts[0] < 2) | (counts[1] < 2)
    return tuple(np.where(undefined, np.nan, ends) for ends in (difference - half, difference + half, p))  # type: ignore[return-value]  # three arrays


def wilson(events: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Interval of a share.

    E. B. Wilson, "Probable inference", Journal of the American Statistical Association 22 (1927).

    Parameters
    ----------
    events : customers with the event
    n : customers in all
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = events / n
        centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    # Rounding must not push an end beyond what was seen, nor beyond 0 and 1.
    return np.minimum(np.maximum(centre - half, 0.0), share), np.maximum(np.minimum(centre + half, 1.0), share)


def newcombe(events: tuple[Floats, Floats], counts: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Interval of a difference of shares from the Wilson intervals of both.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17
    (1998), method 10.

    Parameters
    ----------
    events : customers with the event, of the two groups
    counts : customers of the two groups
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = events[0] / counts[0], events[1] / counts[1]
    (low, high), (other_low, other_high) = wilson(events[0], counts[0]), wilson(events[1], counts[1])
    difference = first - second
    return (
        difference - np.sqrt((first - low) ** 2 + (other_high - second) ** 2),
        difference + np.sqrt((high - first) ** 2 + (second - other_low) ** 2),
    )


def shares_differ(events: tuple[Floats, Floats], counts: tuple[Floats, Floats]) -> Floats:
    """Two-sided p that two shares are equal: the score test, exact (hypergeometric, doubled) where few are expected.

    Parameters
    ----------
    events : customers with the event, of the two groups
    counts : customers of the two groups
    """
    events = tuple(np.asarray(item, dtype=float) for item in np.broadcast_arrays(*events))  # type: ignore[assignment]  # two arrays
    counts = tuple(np.asarray(item, dtype=float) for item in np.broadcast_arrays(*counts))  # type: ignore[assignment]  # two arrays
    n = counts[0] + counts[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (events[0] + events[1]) / n
        error = np.sqrt(pooled * (1 - pooled) * (1 / counts[0] + 1 / counts[1]))
        p = 2 * ndtr(-np.abs(events[0] / counts[0] - events[1] / counts[1]) / error)
        p = np.where(error == 0, 1.0, p)
    possible = (counts[0] > 0) & (counts[1] > 0)
    fewest = np.minimum(counts[0], counts[1]) * np.minimum(pooled, 1 - pooled)
    exact = possible & (fewest < FEW) & (error > 0)
    if exact.any():
        p[exact] = _hypergeometric(events[0][exact], counts[0][exact], (events[0] + events[1])[exact], n[exact])
    return np.where(possible, p, np.nan)


def _hypergeometric(seen: Floats, drawn: Floats, events: Floats, n: Floats) -> Any:
    from scipy.stats import hypergeom

    lower = hypergeom.cdf(seen, n, events, drawn)
    upper = hypergeom.sf(seen - 1, n, events, drawn)
    return np.minimum(1.0, 2 * np.minimum(lower, upper))


def corrected(p: Floats) -> Floats:
    """Benjamini-Hochberg corrected p over all that are defined; NaN stays NaN."""
    from scipy.stats import false_discovery_control

    q = np.full(p.shape, np.nan)
    defined = np.isfinite(p)
    if defined.any():
        q[defined] = false_discovery_control(np.clip(p[defined], 0.0, 1.0))
    return q
