"""Speed of the sweep's computation against the plain loop, side by side.

    python benchmarks/sweep_speed.py [telecom_customer_churn.csv] [--threads N] [--command] [--joblib] [--peers FOLDER]
                                     [--write]

The grid is five scalings x four numeric feature sets x k = 2 ... 10: 180 candidates on all customers of the table.
Both sides see the same spaces, seeds and thread limit and run in turn, space by space, so that a noisy machine is
noisy for both. CPU is user plus system time of the process. ``--command`` adds the whole ``segment sweep`` of the
same grid in a process of its own (imports, Hydra, tracking, figures, models, verdict, report), against the plain loop,
once more without stability and report; ``--joblib`` the plain loop in two processes of joblib. ``--peers`` puts one
space of it to other tools, each in a virtual environment in FOLDER that is made if it is not there.
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
from peers import compare_with_peers
from readme import write_part
from rich.console import Console
from rich.table import Table
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
from threadpoolctl import threadpool_limits

from customer_segmentation.clustering.feature_set import declared_features
from customer_segmentation.clustering.space import build_space
from customer_segmentation.clustering.study import run_study
from customer_segmentation.config.compose import plan
from customer_segmentation.config.instantiate import make_scaler
from customer_segmentation.data.load import load_customers

Floats = npt.NDArray[np.float64]
#: (feature set, scaling) -> unscaled columns and an unfitted scaler
Spaces = Mapping[tuple[str, str], tuple[Floats, Any]]
#: (feature set, scaling, k) -> scores
Scores = dict[tuple[str, str, int], dict[str, float]]

SEED = 42
COMMAND_RUNS = PEER_RUNS = 3
COMMANDS = {
    "whole command with verdict and report": (),
    "whole command without stability and report": (
        "selection=silhouette",
        "tracking.report=false",
        *(f"selection.stability.{name}=1" for name in ("resamples", "seeds")),
    ),
}
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
    for number, overrides in enumerate(asked.jobs):
        job = asked.compose_job(overrides, number)
        settings, choices = job.settings, job.choices
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


def whole_command(path: Path, *further: str) -> Cost:
    """Cost of the tracked sweep of the same grid, in a folder and a store of its own."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                *(sys.executable, "-m", "customer_segmentation.commands.main", "sweep", "quiet=true"),
                *("data=telecom", f"data.path={path.absolute()}", "data.keep=all", f"features={','.join(FEATURES)}"),
                *(f"scaling={','.join(SCALINGS)}", *further),
            ],
            cwd=folder,
            check=True,
        )
    return _of_children(before, wall)


def _of_children(before: resource.struct_rusage, wall: float) -> Cost:
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, time.perf_counter() - wall)


def plain_processes(spaces: Spaces, ks: Sequence[int]) -> Cost:
    """Cost of the plain loop in two processes of joblib, a space and k each; their start included."""
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    Parallel(n_jobs=2)(delayed(plain_loop)({name: space}, [k]) for name, space in spaces.items() for k in ks)
    get_reusable_executor().shutdown(wait=True)
    return _of_children(before, wall)


def main() -> None:
    """Read the table, run both sides and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "telecom_customer_churn.csv"
    parser.add_argument("table", nargs="?", type=Path, default=os.environ.get("SEGMENT_TELECOM_CSV", beside))
    parser.add_argument("--threads", type=int, default=1, help="limit of every thread pool, for both sides")
    parser.add_argument("--command", action="store_true", help="also the whole tracked command")
    parser.add_argument("--joblib", action="store_true", help="also the plain loop in two processes")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="also other tools, in environments in this folder")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    arguments = parser.parse_args()
    table = Path(arguments.table)
    if not table.is_file():
        parser.error(f"no table at {table}; give the path of telecom_customer_churn.csv")
    spaces = read_spaces(table)
    with threadpool_limits(limits=arguments.threads):
        plain, own, differences, candidates = compare(spaces, KS)
    report(plain, own, differences, candidates, threads=arguments.threads)
    threads = "one thread" if arguments.threads == 1 else f"{arguments.threads} threads"
    costs = {f"plain loop, {threads}": plain, f"computation alone, {threads}": own}
    if arguments.joblib:
        costs["plain loop, two processes of joblib"] = plain_processes(spaces, KS)
    if arguments.command:
        for name, further in COMMANDS.items():
            runs = sorted((whole_command(table, *further) for _ in range(COMMAND_RUNS)), key=lambda cost: cost.cpu)
            costs[name] = Cost(runs[COMMAND_RUNS // 2].cpu, statistics.median(run.wall for run in runs))
    lines = [
        "| 180 candidates, 7,043 customers | CPU s | wall s | CPU of the plain loop / its CPU |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {cost.cpu:.1f} | {cost.wall:.1f} | {plain.cpu / cost.cpu:.2f} |" for name, cost in costs.items()
    ]
    lines += [
        "",
        "Largest absolute difference of a score: " + ", ".join(f"{n} {d:.0e}" for n, d in differences.items()),
    ]
    if arguments.peers is not None:
        columns, scaler = spaces["value", "standard"]
        lines += ["", *compare_with_peers(scaler.fit_transform(columns), arguments.peers, PEER_RUNS)]
    print("\n".join(lines))
    if arguments.write:
        write_part(f"sweep_speed, {threads}", "\n".join(lines))


if __name__ == "__main__":
    main()
