"""One study, k = 2 ... 10, of a table beyond `data.max_rows`, by both engines: CPU, wall, peak memory, figures.

    python benchmarks/engine.py [--rows 1000000] [--sample 200000] [--engines local spark] [--folder FOLDER] [--write]

The command that a user types, without report. Memory and CPU are those of the command itself, of Spark's JVM and of the
Python processes that it starts, looked at several times a second; CPU of a process that ends in between is lost for so
long. Peaks are of each part by itself. The table is the built-in one in blocks, with ids of its own: 10M rows take
2 GB on disk.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from pathlib import Path

from readme import write_part

BLOCK = 100_000
MARK = "SEGMENT_BENCHMARK"
TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def write_table(path: Path, rows: int) -> None:
    """Write customers block by block, one row in 500 of which is impossible."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    from customer_segmentation.sources.samples.telecom import draw_customers

    writer = None
    for start in range(0, rows, BLOCK):
        frame = draw_customers(min(BLOCK, rows - start), seed=start // BLOCK)
        frame["Customer ID"] = [f"C{number:010d}" for number in range(start, start + len(frame))]
        frame["Tenure in Months"] = frame["Tenure in Months"].astype(float).mask(frame.index % 500 == 7, -4.0)
        table = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table.cast(writer.schema))
    if writer is not None:
        writer.close()


def part_of(command: str, own: bool) -> str:
    """Which part of a run a process is."""
    return "driver" if own else "JVM" if "java" in command.split("\0")[0] else "workers"


def watched(command: list[str], folder: Path) -> dict[str, float]:
    """Run a command; CPU seconds and peak MiB of its parts, and wall seconds."""
    token = uuid.uuid4().hex
    environment = {**os.environ, MARK: token, "OMP_NUM_THREADS": "1"}
    cpu: dict[int, float] = {}
    peak: dict[str, float] = defaultdict(float)
    began = time.perf_counter()
    with (folder / "output.txt").open("w") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        while process.poll() is None:
            held: dict[str, float] = defaultdict(float)
            for entry in Path("/proc").iterdir():
                if not entry.name.isdigit():
                    continue
                try:
                    if token.encode() not in (entry / "environ").read_bytes():
                        continue
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    part = part_of((entry / "cmdline").read_text(), int(entry.name) == process.pid)
                    held[part] += int((entry / "statm").read_text().split()[1]) * PAGE / 2**20
                except OSError:  # it has ended
                    continue
                cpu[int(entry.name)] = (int(fields[11]) + int(fields[12])) / TICKS
            for part, size in held.items():
                peak[part] = max(peak[part], size)
            time.sleep(0.2)
    if process.returncode:
        sys.exit((folder / "output.txt").read_text()[-2000:])
    return {"wall": time.perf_counter() - began, "cpu": sum(cpu.values()), **peak}


def figures(folder: Path) -> dict[tuple[str, str], float]:
    """All metrics of the runs of a folder, but for times."""
    import mlflow

    from customer_segmentation.tracking.machine_facts import whole

    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    runs = client.search_runs([found.experiment_id for found in client.search_experiments()], max_results=1000)
    metrics = [(run.info.run_name, whole(run).data.metrics) for run in runs]
    return {(name, key): value for name, own in metrics for key, value in own.items() if "seconds" not in key}


def main() -> None:
    """Write the tables, run the engines on them, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--sample", type=int, default=200_000)
    parser.add_argument("--engines", nargs="+", default=["local", "spark"])
    parser.add_argument("--folder", type=Path, help="where tables and runs are kept; else they are removed")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    parts = ("driver", "JVM", "workers")
    head = "| rows | engine | CPU s | wall s | peak MiB: command | JVM | Python of Spark | same figures |"
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as scratch:
        place = options.folder or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        for rows in options.rows:
            table = place / f"{rows}.parquet"
            if not table.exists():
                write_table(table, rows)
            first = None
            for engine in options.engines:
                folder = place / f"{rows}_{engine}_{uuid.uuid4().hex[:6]}"
                folder.mkdir(parents=True)
                words = ["data=telecom", f"data.path={table.absolute()}", f"data.max_rows={options.sample}"]
                words += ["features=value", "scaling=minmax", "k=[2,3,4,5,6,7,8,9,10]", "tracking.report=false"]
                command = [sys.executable, "-m", "customer_segmentation.commands.main", "sweep", f"engine={engine}"]
                found = watched([*command, "quiet=true", *words], folder)
                own = figures(folder)
                first = first or own
                same = "yes" if own == first else "no"
                sizes = " | ".join(f"{found[part]:,.0f}" if part in found else "–" for part in parts)
                lines.append(f"| {rows:,} | {engine} | {found['cpu']:.0f} | {found['wall']:.0f} | {sizes} | {same} |")
                print(lines[-1], flush=True)
    text = "\n".join(lines)
    print(text)
    if options.write:
        write_part("engine", text)


if __name__ == "__main__":
    main()
