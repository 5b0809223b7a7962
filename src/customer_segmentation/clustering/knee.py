"""The knee of the elbow curve: the number of clusters after which inertia falls more slowly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def elbow_knee(ks: Sequence[int], inertias: Sequence[float]) -> int | None:
    """Knee of a convex, falling curve of inertia over k.

    Parameters
    ----------
    ks : sequence of int
        Numbers of clusters, in any order, each once.
    inertias : sequence of float
        Inertia at each k.

    Returns
    -------
    int or None
        The k of the knee; None with fewer than three points, or when the curve has no knee.

    Notes
    -----
    V. Satopää et al., "Finding a 'Kneedle' in a Haystack" (2011), as implemented by kneed with sensitivity 1. The knee
    depends on which k were fitted, for the curve is scaled to its own range before it is judged.
    """
    x, y = np.asarray(ks, dtype=float), np.asarray(inertias, dtype=float)
    if len(x) < 3 or not np.isfinite(y).all() or np.ptp(y) == 0:
        return None
    # kneed imports pyplot, which only those who ask for a knee should pay for.
    from kneed import KneeLocator

    order = np.argsort(x)
    knee = KneeLocator(x[order], y[order], S=1.0, curve="convex", direction="decreasing").knee
    return None if knee is None else int(knee)
