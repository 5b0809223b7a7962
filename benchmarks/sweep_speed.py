"""Speed of the sweep's computation against the plain loop, side by side.

    python benchmarks/sweep_speed.py [telecom_customer_churn.csv] [--threads N] [--command]

The grid is five scalings x four numeric feature sets x k = 2 ... 10: 180 candidates on all customers of the table.
Both sides see the same spaces, seeds and thread limit and run in turn, space by space, so that a noisy machine is
noisy for both. CPU is user plus system time of the process. ``--command`` adds the whole ``segment sweep`` of the
same grid in a process of its own (imports, Hydra, tracking, figures, models, choice), against the plain loop.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
from threadpoolctl import threadpool_limits

from customer_segmentation.clustering.study import run_study
from customer_segmentation.commands.checks import declared_features, make_scaler
from customer_segmentation.commands.composition import plan
from customer_segmentation.data.load import load_customers
from customer_segmentation.spaces.space import build_space

Floats = npt.NDArray[np.float64]
#: (feature set, scaling) -> unscaled columns and an unfitted scaler
Spaces = Mapping[tuple[str, str], tuple[Floats, Any]]
#: (feature set, scaling, k) -> scores
Scores = dict[tuple[str, str, int], dict[str, float]]

SEED = 42
COMMAND_RUNS = 3
KS = range(2, 11)
COMPARED = ("inertia", "silhouette", "davies_bouldin", "calinski_harabasz")
FEATURES = ("value", "value_rate", "spend", "usage")
SCALINGS = ("standard", "minmax", "robust", "power", "quantile")


def read_spaces(path: Path) -> Spaces:
    """Build the twenty spaces of the grid from the table, by the project's own configs."""
    asked = plan(
        "sweep",
        [
            *("data=telecom", f"data.path={path.absolute()}", "data.keep=all", f"seed={SEED}"),
            *(f"features={','.join(FEATURES)}", f"scaling={','.join(SCALINGS)}"),
        ],
    )
    table = load_customers(asked.settings[0].data)
    spaces = {}
    for overrides in asked.jobs:
        settings, choices, _ = asked.compose_job(overrides)
        features = declared_features(settings.features, table.columns, choices["features"])
        columns = build_space(table.customers, features, scaling="none", scaler=None).matrix
        spaces[choices["features"], choices["scaling"]] = (
            columns,
            make_scaler(settings.scaling.scaler, choices["scaling"]),
        )
    return spaces


# --- the two sides ----------------------------------------------------------------------------------------------------


def plain_loop(spaces: Spaces, ks: Sequence[int]) -> Scores:
    """Score the grid as a user would write it with scikit-learn, untracked."""
    scores: Scores = {}
    for (features, scaling), (columns, scaler) in spaces.items():
        matrix = scaler.fit_transform(columns)
        for k in ks:
            model = KMeans(n_clusters=k, n_init=10, random_state=SEED).fit(matrix)
            scores[features, scaling, k] = {
                "inertia": model.inertia_,
                "silhouette": silhouette_score(matrix, model.labels_),
                "davies_bouldin": davies_bouldin_score(matrix, model.labels_),
                "calinski_harabasz": calinski_harabasz_score(matrix, model.labels_),
            }
    return scores


def ours(spaces: Spaces, ks: Sequence[int]) -> Scores:
    """Score the grid with the project's studies, which also yield knee, shares and explained variance."""
    scores: Scores = {}
    for (features, scaling), (columns, scaler) in spaces.items():
        matrix = scaler.fit_transform(columns)
        study = run_study(
            matrix,
            ks=ks,
            make_estimator=lambda k, seed: KMeans(n_clusters=k, n_init=10, random_state=seed),
            seed=SEED,
            value=columns[:, -1],
            reference=matrix,
            silhouette_limit=100_000,
            silhouette_sample=20_000,
        )
        scores.update({(features, scaling, candidate.k): candidate.scores for candidate in study.candidates})
    return scores


# --- the comparison ---------------------------------------------------------------------------------------------------


@dataclass
class Cost:
    """CPU and wall time spent, in seconds."""

    cpu: float = 0.0
    wall: float = 0.0

    def measure(self, work: Callable[[], Scores]) -> Scores:
        """Do the work and add what it cost."""
        cpu, wall = _cpu_seconds(), time.perf_counter()
        result = work()
        self.cpu += _cpu_seconds() - cpu
        self.wall += time.perf_counter() - wall
        return result


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def compare(spaces: Spaces, ks: Sequence[int]) -> tuple[Cost, Cost, dict[str, float], int]:
    """Run both sides in turn, space by space.

    Returns
    -------
    plain, own : Cost
    differences : dict of str to float
        Largest absolute difference of each score over all candidates.
    candidates : int
    """
    plain, own = Cost(), Cost()
    differences = dict.fromkeys(COMPARED, 0.0)
    candidates = 0
    for name, space in spaces.items():
        expected = plain.measure(lambda one={name: space}: plain_loop(one, ks))
        found = own.measure(lambda one={name: space}: ours(one, ks))
        candidates += len(found)
        for key, scores in expected.items():
            for score in COMPARED:
                differences[score] = max(differences[score], abs(scores[score] - found[key][score]))
    return plain, own, differences, candidates


def report(plain: Cost, own: Cost, differences: Mapping[str, float], candidates: int, threads: int) -> None:
    """Print the figures as two tables."""
    console = Console()
    costs = Table(title=f"{candidates} candidates, {threads} thread(s)")
    for heading in ("", "plain loop", "ours", "ratio"):
        costs.add_column(heading, justify="right")
    for label, loop, mine in (("CPU, s", plain.cpu, own.cpu), ("wall, s", plain.wall, own.wall)):
        costs.add_row(label, f"{loop:.2f}", f"{mine:.2f}", f"{loop / mine:.1f}")
    console.print(costs)
    equal = Table(title="Largest absolute difference")
    equal.add_column("score")
    equal.add_column("difference", justify="right")
    for score, difference in differences.items():
        equal.add_row(score, f"{difference:.1e}")
    console.print(equal)


def whole_command(path: Path) -> Cost:
    """Cost of the tracked sweep of the same grid, in a folder and a store of its own."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                *(sys.executable, "-m", "customer_segmentation.commands.main", "sweep", "quiet=true"),
                *("data=telecom", f"data.path={path.absolute()}", "data.keep=all", f"features={','.join(FEATURES)}"),
                f"scaling={','.join(SCALINGS)}",
            ],
            cwd=folder,
            check=True,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, time.perf_counter() - wall)


def main() -> None:
    """Read the table, run both sides and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "telecom_customer_churn.csv"
    parser.add_argument("table", nargs="?", type=Path, default=os.environ.get("SEGMENT_TELECOM_CSV", beside))
    parser.add_argument("--threads", type=int, default=1, help="limit of every thread pool, for both sides")
    parser.add_argument("--command", action="store_true", help="also the whole tracked command")
    arguments = parser.parse_args()
    table = Path(arguments.table)
    if not table.is_file():
        parser.error(f"no table at {table}; give the path of telecom_customer_churn.csv")
    with threadpool_limits(limits=arguments.threads):
        plain, own, differences, candidates = compare(read_spaces(table), KS)
    report(plain, own, differences, candidates, threads=arguments.threads)
    if arguments.command:
        costs = [whole_command(table) for _ in range(COMMAND_RUNS)]
        cpu = statistics.median(cost.cpu for cost in costs)
        wall = statistics.median(cost.wall for cost in costs)
        Console().print(
            f"whole command, median of {COMMAND_RUNS}: {cpu:.1f} s CPU, {wall:.1f} s wall; "
            f"the plain loop takes {plain.cpu / cpu:.1f} times its CPU and {plain.wall / wall:.1f} times its wall time"
        )


if __name__ == "__main__":
    main()
