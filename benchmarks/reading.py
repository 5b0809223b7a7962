"""Reading a large table: time and memory against ``pandas.read_csv(usecols=...)``.

    python benchmarks/reading.py [--rows 1000000] [--repeats 7]

Each measurement is a process of its own, so that peak memory is that of the reading alone. Memory is the growth of the
peak over the same reading of 10,000 rows, as a multiple of the needed columns in memory. Both readers run in turn; the
table states medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

REPOSITORY = Path(__file__).parents[1]
NEEDED = ["Number of Referrals", "Tenure in Months", "Total Revenue"]
READ_WITH = ["Customer ID", *NEEDED, "Customer Status"]  # what the command reads for these
SETS = {
    "three features": NEEDED,
    "seven features": [*NEEDED, "Avg Monthly GB Download", "Total Charges", "Total Refunds", "Contract"],
}


def measure(reader: str, path: str, needed: list[str]) -> dict[str, float]:
    """Read once in this process and report seconds, peak memory and the size of the needed columns."""
    import pandas as pd

    columns = list(dict.fromkeys([*READ_WITH, *needed]))
    if reader == "customers":
        from omegaconf import OmegaConf

        from customer_segmentation.data.load import load_customers
        from customer_segmentation.settings.data import ColumnSpec, DataSettings, Population

        declared = OmegaConf.load(REPOSITORY / "conf" / "contract" / "telecom.yaml")
        schema = OmegaConf.structured(ColumnSpec)
        contract = {str(name): OmegaConf.to_object(OmegaConf.merge(schema, declared[name])) for name in declared}
        population = Population(column="Customer Status", exclude=["Churned"])
        settings = DataSettings(path=path, keep="kept", populations={"kept": population}, columns=contract)
        began, worked = time.perf_counter(), time.process_time()  # imports are no part of reading
        table = load_customers(settings, needed=needed)
        seconds, cpu = time.perf_counter() - began, time.process_time() - worked
        size = sum(int(part.memory_usage(deep=True).sum()) for part in (table.customers, table.others))
    else:
        began, worked = time.perf_counter(), time.process_time()
        frame = pd.read_csv(path, usecols=columns, keep_default_na=False, na_values=[""])
        seconds, cpu = time.perf_counter() - began, time.process_time() - worked
        size = int(frame.memory_usage(deep=True).sum())
    return {"seconds": seconds, "cpu": cpu, "peak": peak_memory(), "size": size}


def peak_memory() -> int:
    """Peak resident memory of this process in bytes; getrusage would include what the parent held before."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def run(reader: str, path: Path, needed: list[str]) -> dict[str, float]:
    """Measure in a fresh process."""
    command = [sys.executable, __file__, "--measure", reader, str(path), json.dumps(needed)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    return json.loads(done.stdout)


def main() -> None:
    """Write the tables, measure, print."""
    from customer_segmentation.sources.samples.telecom import draw_customers

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.csv", Path(folder) / "large.csv"
        draw_customers(10_000, seed=1).to_csv(small, index=False)
        draw_customers(options.rows, seed=1).to_csv(large, index=False)
        for name, needed in SETS.items():
            results: dict[str, list[dict[str, float]]] = {"pandas": [], "customers": []}
            for _ in range(options.repeats):
                for reader, measured in results.items():
                    measured.append(run(reader, large, needed))
            base = {reader: run(reader, small, needed)["peak"] for reader in results}
            median = {
                (reader, what): statistics.median(one[what] for one in many)
                for reader, many in results.items()
                for what in ("seconds", "cpu", "peak")
            }
            for reader, many in results.items():
                wall, cpu, size = median[reader, "seconds"], median[reader, "cpu"], many[0]["size"]
                ratios = [wall / median["pandas", "seconds"], cpu / median["pandas", "cpu"]]
                growth = (median[reader, "peak"] - base[reader]) / size
                rows.append([name, reader, wall, cpu, *ratios, size / 2**20, growth])
        file_size = large.stat().st_size / 2**20
    print(f"{options.rows:,} rows x 38 columns, {file_size:.0f} MiB of CSV")
    headers = [
        "needed",
        "reader",
        "wall s",
        "CPU s",
        "wall / pandas",
        "CPU / pandas",
        "columns MiB",
        "growth / columns",
    ]
    formats = ("", "", ".2f", ".2f", ".2f", ".2f", ".0f", ".2f")
    print(tabulate(rows, headers=headers, tablefmt="github", floatfmt=formats))


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "--measure":
        print(json.dumps(measure(sys.argv[2], sys.argv[3], json.loads(sys.argv[4]))))
    else:
        main()
