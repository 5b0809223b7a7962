"""What the chosen candidate logs beyond its scores: pictures of its segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from customer_segmentation.clustering.metrics import cluster_means, cluster_sizes
from customer_segmentation.figures.candidate import centres_heatmap, scatter_pairs, silhouette_plot, sizes
from customer_segmentation.spaces.space import Space
from customer_segmentation.tracking.items import FigureItem, Item

#: Pairs of more features than this would not be readable on one picture.
MAIN_FEATURES = 4


def main_features(numbers: pd.DataFrame, labels: np.ndarray, most: int = MAIN_FEATURES) -> list[str]:
    """Features in which the segments differ most: the largest share of variance between segments, in declared order."""
    shares = {}
    for name in numbers:
        column = numbers[name].to_numpy(dtype=float)
        total = ((column - column.mean()) ** 2).sum()
        means = cluster_means(column[:, None], labels)[:, 0]
        shares[name] = (
            0.0 if total == 0 else float((cluster_sizes(labels) * (means - column.mean()) ** 2).sum() / total)
        )
    best = sorted(shares, key=lambda name: -shares[name])[:most]
    return [str(name) for name in numbers if name in best]


def chosen_items(
    space: Space,
    labels: np.ndarray,
    *,
    name: str,
    silhouette: tuple[np.ndarray, np.ndarray],
    seed: int,
    names: Sequence[str] | None = None,
) -> Iterator[Item]:
    """Silhouette plot, scatter of each pair of main features, centres and sizes.

    Parameters
    ----------
    space : Space
    labels : int array of shape (n_customers,)
    name : str
        Of the candidate.
    silhouette : tuple of arrays
        Rows that were used, and their silhouettes.
    seed : int
        Of the sample that a scatter draws on large tables.
    names : sequence of k str, optional
        Of the segments.
    """
    rows, values = silhouette
    yield FigureItem(
        silhouette_plot(values, labels[rows], f"Silhouettes of {name}", names=names), "figures/silhouettes.png"
    )
    yield FigureItem(sizes(list(cluster_sizes(labels)), f"Segments of {name}", names=names), "figures/sizes.png")
    numbers = space.numbers
    if not numbers.shape[1]:
        return
    units = space.features.units
    means = pd.DataFrame(cluster_means(numbers.to_numpy(dtype=float), labels), columns=list(numbers))
    yield FigureItem(
        centres_heatmap(means, numbers.mean(), numbers.std(ddof=0), units, f"Centres of {name}", names=names),
        "figures/centres.png",
    )
    main = main_features(numbers, labels)
    yield FigureItem(
        scatter_pairs(numbers[main], labels, means[main], units, f"Segments of {name}", seed=seed, names=names),
        "figures/pairs.png",
    )
