"""The same task by other tools, each in a virtual environment of its own: one space, k = 2 ... 10 with three scores.

Called by sweep_speed.py --peers. Each side imports first, then works on the same matrix with one thread and ten starts;
only the work is timed. A tool that cannot be installed is said, not left out.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

KS = range(2, 11)
_TIMED = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
X = np.load(sys.argv[1])
{imports}
def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
begun, spent = time.perf_counter(), cpu()
{work}
print("TIMED", json.dumps([time.perf_counter() - begun, cpu() - spent]))
"""
#: Tool: requirement, imports, work.
PEERS = {
    "plain loop": (
        None,
        (
            "from sklearn.cluster import KMeans\n"
            "from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score"
        ),
        (
            "for k in range(2, 11):\n"
            "    labels = KMeans(n_clusters=k, n_init=10, random_state=42).fit_predict(X)\n"
            "    silhouette_score(X, labels), davies_bouldin_score(X, labels), calinski_harabasz_score(X, labels)"
        ),
    ),
    "PyCaret": (
        "pycaret six",  # which a library of its imports and does not ask for
        "import pandas as pd\nfrom pycaret.clustering import ClusteringExperiment",
        (
            "experiment = ClusteringExperiment()\n"
            "table = pd.DataFrame(X, columns=[f'x{i}' for i in range(X.shape[1])])\n"
            "experiment.setup(table, session_id=42, verbose=False, preprocess=False, n_jobs=1, html=False)\n"
            "for k in range(2, 11):\n"
            "    experiment.create_model('kmeans', num_clusters=k, n_init=10, verbose=False)"
        ),
    ),
    "clustergram": (
        "clustergram scikit-learn",
        "from clustergram import Clustergram",
        (
            "found = Clustergram(range(2, 11), method='kmeans', n_init=10, random_state=42, verbose=False)\n"
            "found.fit(X)\n"
            "found.silhouette_score(), found.davies_bouldin_score(), found.calinski_harabasz_score()"
        ),
    ),
    "clusteval (silhouette alone)": (
        "clusteval",
        "from clusteval import clusteval",
        "clusteval(cluster='kmeans', evaluate='silhouette', min_clust=2, max_clust=11, verbose='silent').fit(X)",
    ),
}
OURS = (
    "from sklearn.cluster import KMeans\nfrom customer_segmentation.clustering.study import run_study",
    (
        "make = lambda k, seed: KMeans(k, n_init=10, random_state=seed)\n"
        "run_study(X, ks=list(range(2, 11)), make_estimator=make, seed=42, value=X[:, -1], reference=X,\n"
        "    silhouette_limit=100_000, silhouette_sample=20_000)"
    ),
)


def environment_of(requirement: str, folder: Path) -> Path | str:
    """Python of a virtual environment with a tool, made if it is not there; or why it cannot be."""
    home = folder / requirement.split()[0]
    python = home / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    if not python.is_file():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, home], check=True)
    made = subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", python, *requirement.split()],
        check=False,
        capture_output=True,
        text=True,
    )
    return python if made.returncode == 0 else "does not install: " + made.stderr.strip().splitlines()[-1]


def timed(python: Path | str, matrix: Path, imports: str, work: str) -> tuple[float, float] | str:
    """Wall and CPU seconds of the work in a fresh process; or why it failed."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    ran = subprocess.run(
        [python, "-c", _TIMED.format(imports=imports, work=work), matrix],
        env={**os.environ, **threads, "MPLBACKEND": "Agg"},
        cwd=matrix.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in ran.stdout.splitlines() if line.startswith("TIMED")]
    if not found:
        return "fails: " + (ran.stderr.strip().splitlines() or ["no word"])[-1][:120]
    wall, cpu = json.loads(found[0].removeprefix("TIMED "))
    return wall, cpu


def compare_with_peers(matrix: np.ndarray, folder: Path, runs: int) -> list[str]:
    """Lines of the table: every tool, in turn, ``runs`` times."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "matrix.npy"
    np.save(path, matrix)
    sides: dict[str, tuple[Path | str, str, str]] = {"one study of ours, with all its scores": (sys.executable, *OURS)}
    said: dict[str, str] = {}
    for name, (requirement, imports, work) in PEERS.items():
        python = sys.executable if requirement is None else environment_of(requirement, folder)
        if requirement is not None and isinstance(python, str):
            said[name] = python
            continue
        sides[name] = (python, imports, work)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(runs):
        for name, side in sides.items():
            found = timed(side[0], path.absolute(), *side[1:])
            if isinstance(found, str):
                said[name] = found
            else:
                times[name].append(found)
    lines = [
        f"| {len(matrix):,} customers × {matrix.shape[1]}, k = 2…10, one thread | wall s | CPU s | CPU against ours |",
        "|---|---|---|---|",
    ]
    own = statistics.median(cpu for _, cpu in next(iter(times.values())))
    for name, found in times.items():
        if found:
            wall, cpu = (statistics.median(one[at] for one in found) for at in (0, 1))
            lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {cpu / own:.1f} |")
    return lines + [f"| {name} | {why} | | |" for name, why in said.items()]
