"""A sweep of one study, k = 2 ... 10 with all scores, on growing tables: time, peak memory, exponent of growth.

    python benchmarks/scale.py [--rows 10000 100000 1000000 10000000] [--features 10] [--full]

Each size is a process of its own, one thread. "bare fits" are the K-means fits that the study contains, timed inside
it; "reading" is the loading of the Parquet file. Memory is the growth of the peak over the run of 10,000 rows, as a
multiple of the float64 matrix (of the rows that are used: beyond `data.at_most_rows` a sample is streamed).
--full compares the inertia of each k with that of
ten starts over everybody, which takes long.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

KS = range(2, 11)
PART = 500_000


def write_table(path: Path, rows: int, features: int) -> None:
    """Write planted groups with columns that nobody asks for, part by part."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as parquet

    generator = np.random.default_rng(3)
    centres = generator.normal(size=(5, features)) * 3
    writer = None
    for start in range(0, rows, PART):
        size = min(PART, rows - start)
        group = generator.choice(5, size=size, p=[0.35, 0.25, 0.2, 0.12, 0.08])
        values = centres[group] + generator.normal(size=(size, features))
        columns = {"customer": [f"C{number:08d}" for number in range(start, start + size)]}
        columns |= {f"measure_{at}": np.round(values[:, at] * 50 + 500, 2) for at in range(features)}
        columns["revenue"] = np.round(np.exp(values[:, 0] / 4 + 5), 2)
        columns |= {f"unused_{at}": np.round(generator.normal(size=size), 3) for at in range(5)}
        table = pa.table(columns)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def measure(path: str, features: int, full: bool) -> dict[str, float]:
    """Read and run one study in this process; CPU seconds, as other work may share the machine."""
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.preprocessing import StandardScaler

    from customer_segmentation.clustering import study as study_module
    from customer_segmentation.clustering.restarts import Estimators
    from customer_segmentation.data.load import load_customers
    from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings, Role
    from customer_segmentation.settings.sweep import ScoresSettings

    number = {f"measure_{at}": ColumnSpec(role=Role.numeric, type=ColumnType.number) for at in range(features)}
    columns = {
        "customer": ColumnSpec(role=Role.id, type=ColumnType.text),
        **number,
        "revenue": ColumnSpec(role=Role.value, type=ColumnType.number),
    }
    began = time.process_time()
    table = load_customers(DataSettings(path=path, columns=columns), needed=list(number))
    reading = time.process_time() - began
    matrix = np.ascontiguousarray(StandardScaler().fit_transform(table.customers[list(number)].to_numpy()))
    value = table.customers["revenue"].to_numpy()
    del table
    spent = []
    plain = study_module.fit_k

    def timed(*arguments, **keywords):
        begin = time.process_time()
        fit = plain(*arguments, **keywords)
        spent.append(time.process_time() - begin)
        return fit

    study_module.fit_k = timed
    make = Estimators(lambda k, seed: KMeans(k, n_init=10, random_state=seed))
    scores = ScoresSettings()
    began = time.process_time()
    study = study_module.run_study(
        matrix,
        ks=list(KS),
        make_estimator=make,
        seed=1,
        value=value,
        reference=matrix[:, :3],
        silhouette_limit=scores.silhouette_exact_up_to,
        silhouette_sample=scores.silhouette_sample,
    )
    seconds = time.process_time() - began
    status = Path("/proc/self/status").read_text()
    found = {
        "reading": reading,
        "study": seconds,
        "fits": sum(spent),
        "peak": int(status.split("VmHWM:")[1].split()[0]) * 1024,
        "matrix": matrix.nbytes,
        "used": len(matrix),
    }
    if full:
        found["worse"] = max(
            candidate.scores["inertia"] / KMeans(candidate.k, n_init=10, random_state=1).fit(matrix).inertia_ - 1
            for candidate in study.candidates
        )
    return found


def run(path: Path, features: int, *, full: bool) -> dict[str, float]:
    """Measure in a fresh process with one thread."""
    command = [sys.executable, __file__, "--measure", str(path), str(features), str(int(full))]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def main() -> None:
    """Write the tables, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 10_000_000])
    parser.add_argument("--features", type=int, default=10)
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    lines, base, before = [], None, None
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.parquet"
            write_table(path, rows, options.features)
            found = run(path, options.features, full=options.full and rows <= 1_000_000)
        base = base or found["peak"]
        total = found["reading"] + found["study"]
        growth = math.log(total / before[1]) / math.log(rows / before[0]) if before else None
        before = rows, total
        lines.append(
            [
                f"{rows:,}",
                f"{found['used']:,}",
                found["reading"],
                found["fits"],
                found["study"],
                total / (found["fits"] + found["reading"]),
                (found["peak"] - base) / 2**20,
                (found["peak"] - base) / found["matrix"],
                growth,
                100 * found["worse"] if "worse" in found else None,
            ]
        )
    headers = [
        "rows", "used", "reading, s", "bare fits, s", "study, s", "all / (fits + reading)", "peak growth, MiB",
        "growth / matrix", "exponent", "inertia worse by, %",
    ]  # fmt: skip
    print(tabulate(lines, headers=headers, tablefmt="pipe", floatfmt=".2f"))


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "--measure":
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]), sys.argv[4] == "1")))
    else:
        main()
