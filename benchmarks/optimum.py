"""How near the fits of K-means come to the best known inertia: ten restarts against the search, in turn.

    python benchmarks/optimum.py [telecom_customer_churn.csv] [--first SEED] [--seeds N] [--write]

Without a table only the generated ones are fitted. Each fit is made by both sides with the same seed, one after the
other, so that a noisy machine is noisy for both. The best known inertia of a space and k is the lowest of all fits and
of two searches and one K-means under other seeds, with sixty starts and rounds.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
from readme import write_part
from sklearn.cluster import KMeans
from sweep_speed import read_spaces
from threadpoolctl import threadpool_limits

from customer_segmentation.clustering.kmeans_search import KMeansSearch

Floats = npt.NDArray[np.float64]
KS = range(2, 11)
ROWS = 4000
LONG = 60  # starts, and rounds of a search, of the fits that are no side, under seeds of their own
NEAR = 0.001


def generated_tables() -> dict[str, Floats]:
    """Ten tables of the kinds that customers come in; the numbers in the names are columns."""
    rng = np.random.default_rng(2026)
    blobs = rng.normal(size=(8, 4)) * 3
    ring = rng.uniform(0, 2 * np.pi, ROWS)
    skewed = rng.lognormal(sigma=1.0, size=(ROWS, 4))
    tables = {
        "groups, 4": blobs[rng.integers(8, size=ROWS)] + rng.normal(size=(ROWS, 4)),
        "groups of unequal size, 4": blobs[rng.choice(8, size=ROWS, p=np.arange(1, 9) / 36)]
        + rng.normal(size=(ROWS, 4)),
        "box, 3": rng.uniform(size=(ROWS, 3)),
        "one cloud, 6": rng.normal(size=(ROWS, 6)),
        "correlated cloud, 5": rng.normal(size=(ROWS, 5)) @ rng.normal(size=(5, 5)),
        "skewed, 4": skewed,
        "skewed, z-scored with outliers, 4": np.vstack([skewed[:-20], skewed[:20] * 8]),
        "heavy tails, 3": rng.standard_t(3, size=(ROWS, 3)),
        "counts with many zeros, 4": rng.poisson(3.0, size=(ROWS, 4)) * (rng.random((ROWS, 4)) < 0.4),
        "ring, 2": np.column_stack([np.cos(ring), np.sin(ring)]) + rng.normal(size=(ROWS, 2)) * 0.1,
    }
    return {
        name: np.ascontiguousarray((table - table.mean(axis=0)) / table.std(axis=0)) for name, table in tables.items()
    }


def compare(spaces: dict[str, Floats], seeds: range) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Share by which each fit lies above the best known inertia, and CPU seconds, by side."""
    sides = {
        "ten restarts": lambda k, seed: KMeans(k, n_init=10, random_state=seed),
        "search": lambda k, seed: KMeansSearch(k, random_state=seed),
    }
    above, seconds = defaultdict(list), dict.fromkeys(sides, 0.0)
    for matrix in spaces.values():
        for k in KS:
            found = defaultdict(list)
            for seed in seeds:
                for side, make in sides.items():
                    began = time.process_time()
                    found[side].append(float(make(k, seed).fit(matrix).inertia_))
                    seconds[side] += time.process_time() - began
            longer = [KMeansSearch(k, n_init=LONG, rounds=LONG, random_state=seed) for seed in range(2)]
            longer += [KMeans(k, n_init=LONG, random_state=0)]
            all_found = [float(one.fit(matrix).inertia_) for one in longer]
            best = min(*all_found, *(inertia for inertias in found.values() for inertia in inertias))
            for side, inertias in found.items():
                above[side] += [inertia / best - 1 for inertia in inertias]
    return above, seconds


def main() -> None:
    """Print the table; with ``--write`` put it into README.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, nargs="?")
    parser.add_argument("--first", type=int, default=42)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    parts = {"ten generated tables": generated_tables()}
    if asked.table is not None:
        scaled = {
            f"{features} · {scaling}": scaler.fit_transform(columns)
            for (features, scaling), (columns, scaler) in read_spaces(asked.table).items()
        }
        parts = {"twenty spaces of the real table": scaled, **parts}
    lines = ["| | fits | side | within 0.1 % of the best known | worst | CPU |", "|---|---|---|---|---|---|"]
    for part, spaces in parts.items():
        above, seconds = compare(
            {name: np.ascontiguousarray(rows) for name, rows in spaces.items()},
            range(asked.first, asked.first + asked.seeds),
        )
        for side, shares in above.items():
            lines.append(
                f"| {part} | {len(shares)} | {side} | {np.mean(np.array(shares) <= NEAR):.3f} "
                f"| +{100 * max(shares):.2f} % | {seconds[side] / seconds['ten restarts']:.2f} |"
            )
    text = "\n".join(lines)
    print(text)
    if asked.write:
        write_part("optimum", text)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
