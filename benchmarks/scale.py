"""A sweep of one study, k = 2 ... 10 with all scores, on growing tables: time, peak memory, exponent of growth.

    python benchmarks/scale.py [--rows 10000 100000 1000000 10000000] [--features 10] [--runs 3] [--full] [--write]
    python benchmarks/scale.py --command [--rows 10000 100000 1000000] [--runs 3] [--write]

Each size is a process of its own, one thread. "bare fits" are the K-means fits that the study contains, timed inside
it; "reading" is the loading of the Parquet file. Memory is the growth of the peak over the run of 10,000 rows, as a
multiple of the float64 matrix (of the rows that are used: beyond `data.max_rows` a sample is streamed). Of several
runs of a size the one of median time is told. "everybody" is the assignment of all rows of the file to the segments
found on a sample. --full compares the inertia of each k with that of ten starts over everybody, which takes long.
--command measures what a user types instead: `segment init`, then a sweep of one study with verdict, profiles and
report in one process; CPU and peak are those that the system counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from readme import write_part

KS = range(2, 11)
PART = 500_000
BATCH = 250_000  # as large.batch_rows


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
    from customer_segmentation.clustering.clusterer import Clusterers
    from customer_segmentation.clustering.feature_set import feature_set
    from customer_segmentation.clustering.full_data import FullDataScores
    from customer_segmentation.clustering.space import build_space
    from customer_segmentation.data.batches import cleaned, opened_whole
    from customer_segmentation.data.load import load_customers
    from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings, Role
    from customer_segmentation.settings.sweep import ScoresSettings
    from customer_segmentation.sources.distributed import chunks_with_texts

    number = {f"measure_{at}": ColumnSpec(role=Role.numeric, type=ColumnType.number) for at in range(features)}
    columns = {
        "customer": ColumnSpec(role=Role.id, type=ColumnType.text),
        **number,
        "revenue": ColumnSpec(role=Role.value, type=ColumnType.number),
    }
    began = time.process_time()
    data = DataSettings(path=path, columns=columns)
    table = load_customers(data, needed=list(number))
    reading = time.process_time() - began
    declared = feature_set("all", "", {name: {"column": name} for name in number}, columns)
    space = build_space(table.customers, declared, scaling="standard", scaler=StandardScaler())
    spent = []
    plain = study_module.fit_k

    def timed(*arguments, **keywords):
        begin = time.process_time()
        fit = plain(*arguments, **keywords)
        spent.append(time.process_time() - begin)
        return fit

    study_module.fit_k = timed
    make = Clusterers(KMeans(n_init=10))
    scores = ScoresSettings()
    began = time.process_time()
    study = study_module.run_study(
        space.matrix,
        ks=list(KS),
        make_estimator=make,
        seed=1,
        value=table.customers["revenue"].to_numpy(),
        reference=space.matrix[:, :3],
        silhouette_limit=scores.silhouette_exact_up_to,
        silhouette_sample=scores.silhouette_sample,
    )
    seconds = time.process_time() - began
    full_data = {}
    if table.sampled_from:
        began = time.process_time()
        sums = FullDataScores({candidate.k: candidate.estimator for candidate in study.candidates})
        source, rules = opened_whole(data, needed=list(number), batch_rows=BATCH)
        for chunk in chunks_with_texts(source, rules.wanted.specs, size=BATCH):
            batch, _ = cleaned(chunk, rules)
            placed = np.ascontiguousarray(space.preparation.transform(batch.customers), dtype=float)
            sums.add(placed, batch.customers["revenue"].to_numpy())
        full_data = {"everybody": time.process_time() - began, "assigned": sums.customers}
    status = Path("/proc/self/status").read_text()
    found = {
        "reading": reading,
        "study": seconds,
        "fits": sum(spent),
        "peak": int(status.split("VmHWM:")[1].split()[0]) * 1024,
        "matrix": space.matrix.nbytes,
        "used": len(space.matrix),
        **full_data,
    }
    if full:
        found["worse"] = max(
            candidate.scores["inertia"] / KMeans(candidate.k, n_init=10, random_state=1).fit(space.matrix).inertia_ - 1
            for candidate in study.candidates
        )
    return found


def run(path: Path, features: int, *, full: bool) -> dict[str, float]:
    """Measure in a fresh process with one thread."""
    command = [sys.executable, __file__, "--measure", str(path), str(features), str(int(full))]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def run_command(path: Path, folder: Path) -> dict[str, float]:
    """CPU seconds and peak of a whole sweep, and how many features its space has.

    Raises
    ------
    CalledProcessError
        A command fails.
    """
    segment = str(Path(sys.executable).with_name("segment"))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    quiet = {"cwd": folder, "env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([segment, "init", f"data.path={path}", "name=table"], check=True, **quiet)
    shaping = (folder / "conf" / "features" / "table.yaml").read_text(encoding="utf-8").count("{column: ")
    sweep = [segment, "sweep", "experiments=table", "scaling=standard", "launcher=in_process"]
    process = subprocess.Popen(sweep, **quiet)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, sweep)
    return {"cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024, "features": shaping}


def commands(sizes: list[int], runs: int, features: int) -> str:
    """Measure whole commands on growing tables; return the table of the README."""
    head = ("rows", "features of the space", "CPU s", "peak MiB", "growth, MiB", "of the float64 matrix")
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    base = None
    for rows in sizes:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "table.parquet"
            write_table(path, rows, features)
            found = []
            for number in range(runs):
                (Path(place) / str(number)).mkdir()
                found.append(run_command(path, Path(place) / str(number)))
        one = {name: sorted(each[name] for each in found)[runs // 2] for name in found[0]}
        base = base or one["peak"]
        growth = one["peak"] - base
        cells = [f"{rows:,}", f"{one['features']}", f"{one['cpu']:.0f}", f"{one['peak'] / 2**20:.0f}"]
        cells += [f"{growth / 2**20:.0f}", f"{growth / (rows * one['features'] * 8):.2f}"] if growth else ["", ""]
        lines.append("| " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    """Write the tables, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+")
    parser.add_argument("--features", type=int, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--command", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.command:
        told = commands(options.rows or [10_000, 100_000, 1_000_000], options.runs, options.features)
        if options.write:
            write_part("scale, whole command", told)
        return
    head = (
        "rows", "in memory", "reading, s", "bare fits, s", "study, s", "everybody, s",
        "(reading + study) / (fits + reading)", "peak growth, MiB", "of the float64 matrix", "time against a tenth",
        "inertia worse by, %",
    )  # fmt: skip
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    base, before = None, None
    for rows in options.rows or [10_000, 100_000, 1_000_000, 10_000_000]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.parquet"
            write_table(path, rows, options.features)
            full = options.full and rows <= 1_000_000
            runs = [run(path, options.features, full=full) for _ in range(options.runs)]
        found = sorted(runs, key=lambda one: one["reading"] + one["study"])[len(runs) // 2]
        base = base or found["peak"]
        work = found["reading"] + found["study"]
        total = work + found.get("everybody", 0.0)
        growth = f"{total / before[1]:.1f}" if before and rows == 10 * before[0] else ""
        before = rows, total
        cells = [
            f"{rows:,}",
            f"{found['used']:,}",
            *(f"{found[name]:.1f}" if name in found else "" for name in ("reading", "fits", "study", "everybody")),
            f"{work / (found['fits'] + found['reading']):.2f}",
            f"{(found['peak'] - base) / 2**20:.0f}" if found["peak"] != base else "",
            f"{(found['peak'] - base) / found['matrix']:.2f}" if found["peak"] != base else "",
            growth,
            f"{100 * found['worse']:.3f}" if "worse" in found else "",
        ]
        lines.append("| " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    if options.write:
        write_part("scale", "\n".join(lines))


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "--measure":
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]), sys.argv[4] == "1")))
    else:
        main()
