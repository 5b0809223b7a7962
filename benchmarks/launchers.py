"""Speed-up of a sweep by processes, and what starting them costs.

    python benchmarks/launchers.py [--customers 5000 100000] [--processes 2] [--runs 3] [--write]

The same sweep of the built-in sample (two feature sets x four scalings, k = 2 ... 10: eight studies), in one process
and by several with one thread each, in turn; the whole command in a fresh folder, verdict and report included. Both
leave the same scores, which is checked. From the two sizes follow the constants by which `launcher=auto` decides
(execution/launchers.py): they are printed, and have to be entered there by hand.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from readme import write_part

GRID = ("features=value,usage", "scaling=standard,minmax,robust,power", "k=[2,3,4,5,6,7,8,9,10]")
STUDIES, CANDIDATES = 8, 9
SCORES = """
select t.value, m.key, m.value from metrics m
join tags t on t.run_uuid = m.run_uuid and t.key = 'mlflow.runName'
join tags l on l.run_uuid = m.run_uuid and l.key = 'level' and l.value = 'candidate'
where m.key <> 'seconds' order by 1, 2, 3
"""


def sweep(*words: str) -> tuple[float, float, list]:
    """Run a whole command; return wall and CPU seconds, and every score of its candidates."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "customer_segmentation.commands.main", "sweep", "quiet=true", *GRID, *words],
            cwd=folder,
            env=environment,
            check=True,
        )
        wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        with sqlite3.connect(Path(folder) / "mlflow.db") as store:
            scores = store.execute(SCORES).fetchall()
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, scores


def main() -> None:
    """Measure in turn, print, and write the table if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[5_000, 100_000])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    lines = [
        (
            f"| customers | one thread in this process, wall s (CPU s) | {asked.processes} processes, wall s (CPU s) "
            "| wall of processes / in-process, each pair | scores |"
        ),
        "|---|---|---|---|---|",
    ]
    alone_cpu, extra = {}, []
    for customers in asked.customers:
        alone, apart = [], []
        for _ in range(asked.runs):
            words = (f"data.customers={customers}",)
            alone.append(sweep(*words, "launcher=in_process"))
            apart.append(sweep(*words, "launcher=local", f"launcher.processes={asked.processes}"))
        same = all(one[2] == other[2] and len(one[2]) > 0 for one, other in zip(alone, apart, strict=True))
        ratios = [other[0] / one[0] for one, other in zip(alone, apart, strict=True)]
        wall = [statistics.median(run[0] for run in runs) for runs in (alone, apart)]
        cpu = [statistics.median(run[1] for run in runs) for runs in (alone, apart)]
        alone_cpu[customers] = cpu[0]
        extra.append((cpu[1] - cpu[0]) / asked.processes)
        lines.append(
            f"| {customers:,} | {wall[0]:.0f} ({cpu[0]:.0f}) | {wall[1]:.0f} ({cpu[1]:.0f}) "
            f"| {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f}) "
            f"| {'equal to the bit' if same else 'DIFFERENT'} |"
        )
        print(lines[-1], flush=True)
    if len(asked.customers) > 1:
        small, large = min(asked.customers), max(asked.customers)
        slope = (alone_cpu[large] - alone_cpu[small]) / (large - small) / (STUDIES * CANDIDATES)
        print(f"START {statistics.median(extra):.1f} s a process, CUSTOMER {slope:.1e} s a customer and candidate")
    if asked.write:
        write_part("launchers", "\n".join(lines))


if __name__ == "__main__":
    main()
