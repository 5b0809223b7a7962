"""Reading a large table: time and memory against ``pandas.read_csv(usecols=...)``.

    python benchmarks/reading.py [--rows 1000000] [--repeats 3]

Each measurement is a process of its own, so that peak memory is that of the reading alone. Memory is the growth of the
peak over the same reading of 10,000 rows, as a multiple of the needed columns in memory. Both readers run in turn; the
table states the median time.
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

        from customer_segmentation.data.contract import schema_of
        from customer_segmentation.data.load import load_customers
        from customer_segmentation.settings.data import ColumnSpec, DataSettings, Population

        declared = OmegaConf.load(REPOSITORY / "conf" / "contract" / "telecom.yaml")
        schema = OmegaConf.structured(ColumnSpec)
        contract = {str(name): OmegaConf.to_object(OmegaConf.merge(schema, declared[name])) for name in declared}
        population = Population(column="Customer Status", exclude=["Churned"])
        settings = DataSettings(path=path, keep="kept", populations={"kept": population}, columns=contract)
        schema_of(contract)  # imports are no part of reading
        began = time.perf_counter()
        table = load_customers(settings, needed=needed)
        seconds = time.perf_counter() - began
        size = sum(int(part.memory_usage(deep=True).sum()) for part in (table.customers, table.others))
    else:
        began = time.perf_counter()
        frame = pd.read_csv(path, usecols=columns, keep_default_na=False, na_values=[""])
        seconds = time.perf_counter() - began
        size = int(frame.memory_usage(deep=True).sum())
    return {"seconds": seconds, "peak": peak_memory(), "size": size}


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
    from customer_segmentation.data.sample import draw_customers

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
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
            seconds = {reader: statistics.median(one["seconds"] for one in many) for reader, many in results.items()}
            for reader, many in results.items():
                growth = statistics.median(one["peak"] for one in many) - base[reader]
                size = many[0]["size"]
                rows.append(
                    [name, reader, seconds[reader], seconds[reader] / seconds["pandas"], size / 2**20, growth / size]
                )
        file_size = large.stat().st_size / 2**20
    print(f"{options.rows:,} rows x 38 columns, {file_size:.0f} MiB of CSV")
    headers = ["needed", "reader", "seconds", "time / pandas", "columns, MiB", "peak growth / columns"]
    print(tabulate(rows, headers=headers, floatfmt=("", "", ".2f", ".2f", ".0f", ".2f")))


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "--measure":
        print(json.dumps(measure(sys.argv[2], sys.argv[3], json.loads(sys.argv[4]))))
    else:
        main()
