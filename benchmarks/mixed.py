"""Which weight yes/no and category columns should have beside numbers: planted mixed tables of four generators.

    python benchmarks/mixed.py [--seed 2031] [--tables 12] [--write]

A table has k segments, numbers, and categories that tell the segments at a given strength. A yes/no column is 0 or 1;
a category is one such column for each value. A weight is the standard deviation of each 0/1 column beside z-scored
numbers, as of `scaling.indicators`; "0/1" leaves the columns as they are. What K-means finds of the segments (k
known, ten restarts) is the adjusted Rand index; every weight sees the same tables.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from readme import write_part
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from customer_segmentation.clustering.indicator_weight import factors

Floats = npt.NDArray[np.float64]

#: None: 0 and 1 as they stand; 0: numbers alone.
WEIGHTS = (0.0, None, 0.25, 0.35, 0.5, 0.6, 0.75, 1.0)
NAMES = {0.0: "numbers alone", None: "0/1"}
STRENGTHS = {"noise": 0.0, "weak": 0.3, "medium": 0.6, "strong": 0.85}
GENERATORS = ("balanced", "many categories", "unequal", "yes/no")


def table(
    generator: str, strength: float, random: np.random.Generator
) -> tuple[Floats, list[Floats], npt.NDArray[np.intp]]:
    """Numbers, the 0/1 columns of each category, and the segments.

    Parameters
    ----------
    generator : one of `GENERATORS`
    strength : share of customers whose category is that of their segment
    random : source of all draws
    """
    k = int(random.integers(3, 6))
    numbers, categories, levels = 3, 3, 4
    if generator == "many categories":
        numbers, categories, levels = 2, 6, 6
    if generator == "yes/no":
        numbers, categories, levels = 4, 6, 2
    shares = random.dirichlet(np.full(k, 2.0)) if generator == "unequal" else np.full(k, 1 / k)
    shares = np.maximum(shares, 0.06) / np.maximum(shares, 0.06).sum()
    own = random.choice(k, 1200, p=shares)
    centres = random.normal(size=(k, numbers)) * 1.3
    noise = random.normal(size=(len(own), numbers))
    if generator == "unequal":
        noise = random.standard_t(5, size=noise.shape)
    columns = []
    for _ in range(categories):
        home = random.permutation(np.arange(max(k, levels)) % levels)[:k]
        base = random.dirichlet(np.full(levels, 3.0))
        word = np.where(random.random(len(own)) < strength, home[own], random.choice(levels, len(own), p=base))
        columns.append(np.eye(levels)[word] if levels > 2 else word[:, None].astype(float))
    return centres[own] + noise, columns, own


def found(numbers: Floats, columns: list[Floats], own: npt.NDArray[np.intp], weight: float | None, seed: int) -> float:
    """Adjusted Rand index under one weight.

    Parameters
    ----------
    numbers, columns, own : as `table` draws them
    weight : of a 0/1 column
    seed : of K-means
    """
    space = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    if weight is None:
        space = np.hstack([space, *columns])
    elif weight:
        space = np.hstack([space, *(column * factors(column.std(axis=0), weight) for column in columns)])
    fit = KMeans(int(own.max()) + 1, n_init=10, random_state=seed).fit(space)
    return float(adjusted_rand_score(own, fit.labels_))


def rows(seed: int, tables: int) -> Iterator[str]:
    """Lines of the table.

    Parameters
    ----------
    seed : of all draws
    tables : for each generator and strength
    """
    yield "| strength of the categories | " + " | ".join(NAMES.get(w) or f"{w:g}" for w in WEIGHTS) + " |"
    yield "|---" * (len(WEIGHTS) + 1) + "|"
    for name, strength in STRENGTHS.items():
        scores = []
        parts = {}
        for at, generator in enumerate(GENERATORS):
            made = [
                table(generator, strength, np.random.default_rng([seed, at, int(100 * strength), n]))
                for n in range(tables)
            ]
            parts[generator] = [[found(*one, weight, n) for weight in WEIGHTS] for n, one in enumerate(made)]
            scores += parts[generator]
        values = np.array(scores)
        error = (values - values[:, [WEIGHTS.index(None)]]).std(axis=0, ddof=1) / np.sqrt(len(values))
        cells = [
            f"{mean:.3f} ± {1.96 * half:.3f}" if half else f"{mean:.3f}"
            for mean, half in zip(values.mean(axis=0), error, strict=True)
        ]
        yield f"| {name}, {len(values)} tables | " + " | ".join(cells) + " |"
        for generator, part in parts.items():
            yield f"| {name}: {generator} | " + " | ".join(f"{mean:.3f}" for mean in np.mean(part, axis=0)) + " |"


def main() -> None:
    """Print the table, and write it into the README of benchmarks where that is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=2031)
    parser.add_argument("--tables", type=int, default=12)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    lines = []
    for line in rows(asked.seed, asked.tables):
        print(line, flush=True)
        lines.append(line)
    if asked.write:
        write_part("mixed", "\n".join([f"Seed {asked.seed}, {asked.tables} tables of each kind.", "", *lines]))


if __name__ == "__main__":
    main()
