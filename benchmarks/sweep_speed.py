"""Speed of the sweep's computation against the plain loop, side by side.

    OMP_NUM_THREADS=1 python benchmarks/sweep_speed.py [telecom_customer_churn.csv]

The grid is five scalings x four numeric feature sets x k = 2 ... 10: 180 candidates on all customers of the table.
Both sides see the same spaces, seeds and thread limit and run in turn, space by space, so that a noisy machine is
noisy for both. CPU is user plus system time of the process.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, QuantileTransformer, RobustScaler, StandardScaler
from threadpoolctl import threadpool_limits

from customer_segmentation.clustering.study import run_study

Floats = npt.NDArray[np.float64]
#: (feature set, scaling) -> unscaled columns and an unfitted scaler
Spaces = Mapping[tuple[str, str], tuple[Floats, Any]]
#: (feature set, scaling, k) -> scores
Scores = dict[tuple[str, str, int], dict[str, float]]

SEED = 42
KS = range(2, 11)
COMPARED = ("inertia", "silhouette", "davies_bouldin", "calinski_harabasz")
SERVICES = [
    "Phone Service",
    "Multiple Lines",
    "Internet Service",
    "Online Security",
    "Online Backup",
    "Device Protection Plan",
    "Premium Tech Support",
    "Streaming TV",
    "Streaming Movies",
]


# --- the spaces: to be replaced by the project's own ------------------------------------------------------------------


def read_spaces(path: Path) -> Spaces:
    """Build the twenty spaces of the grid from the raw table."""
    table = pd.read_csv(path, keep_default_na=False, na_values=[""])
    tenure, revenue, referrals = (table[name] for name in ("Tenure in Months", "Total Revenue", "Number of Referrals"))
    long_distance = table["Avg Monthly Long Distance Charges"].fillna(0)
    charge = table["Monthly Charge"].where(table["Monthly Charge"] >= 0, table["Total Charges"] / tenure)
    feature_sets = {
        "value": [referrals, tenure, revenue],
        "value_rate": [referrals, tenure, revenue / tenure],
        "spend": [charge, long_distance, table["Total Extra Data Charges"], table["Total Refunds"], revenue],
        "usage": [
            table["Avg Monthly GB Download"].fillna(0),
            long_distance,
            table[SERVICES].eq("Yes").sum(axis=1),
            tenure,
        ],
    }
    scalings: dict[str, Callable[[], Any]] = {
        "standard": StandardScaler,
        "minmax": MinMaxScaler,
        "robust": RobustScaler,
        "power": PowerTransformer,
        "quantile": lambda: QuantileTransformer(random_state=SEED),
    }
    return {
        (features, scaling): (np.column_stack(columns).astype(float), make_scaler())
        for features, columns in feature_sets.items()
        for scaling, make_scaler in scalings.items()
    }


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


def main() -> None:
    """Read the table, run both sides and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "telecom_customer_churn.csv"
    parser.add_argument("table", nargs="?", type=Path, default=os.environ.get("SEGMENT_TELECOM_CSV", beside))
    parser.add_argument("--threads", type=int, default=1, help="limit of every thread pool, for both sides")
    arguments = parser.parse_args()
    if not Path(arguments.table).is_file():
        parser.error(f"no table at {arguments.table}; give the path of telecom_customer_churn.csv")
    with threadpool_limits(limits=arguments.threads):
        report(*compare(read_spaces(Path(arguments.table)), KS), threads=arguments.threads)


if __name__ == "__main__":
    main()
