"""Orders to customers by Spark: CPU, wall and peak memory of ``segment sweep experiments=rfm engine=spark``.

    python benchmarks/engine_orders.py [--orders 10000000] [--copies 1] [--folder FOLDER] [--engine spark]

The shop's orders are drawn in blocks of 60,000 customers with ids of their own; ``--copies 10`` writes them ten times,
in ten files under other order ids, so that the same customers have ten times the orders. The sweep is one study, k = 2
to 4, without report, of all customers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from engine import watched

BLOCK = 60_000


def write_orders(folder: Path, orders: int, copies: int) -> int:
    """Write at least so many orders, ``copies`` times; how many there are."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    from customer_segmentation.sources.samples.orders import draw_orders

    written, block, writers = 0, 0, []
    while written < orders:
        frame = draw_orders(BLOCK, seed=block)
        ids = [f"{block}-{name}" for name in frame["Order ID"]]
        frame["Customer ID"] = [f"{block}-{name}" for name in frame["Customer ID"]]
        for copy in range(copies):
            frame["Order ID"] = [f"{copy}-{name}" for name in ids]
            table = pa.Table.from_pandas(frame, preserve_index=False)
            if len(writers) <= copy:
                writers.append(parquet.ParquetWriter(folder / f"part-{copy}.parquet", table.schema))
            writers[copy].write_table(table.cast(writers[copy].schema))
        written, block = written + len(frame), block + 1
    for writer in writers:
        writer.close()
    return written * copies


def main() -> None:
    """Write the orders, sweep, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--engine", default="spark")
    parser.add_argument("--folder", type=Path, help="where orders and runs are kept; else they are removed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = options.folder or Path(scratch)
        table, runs = place / "orders", place / "runs"
        table.mkdir(parents=True)
        runs.mkdir()
        written = write_orders(table, options.orders, options.copies)
        command = [sys.executable, "-m", "customer_segmentation.commands.main", "sweep", f"engine={options.engine}"]
        command += ["quiet=true", "experiments=rfm", f"data.path={table.absolute()}", "data.max_rows=50000000"]
        found = watched([*command, "features=rfm", "scaling=standard", "k=[2,3,4]", "tracking.report=false"], runs)
        sizes = ", ".join(f"{part} {found[part]:,.0f}" for part in ("driver", "JVM", "workers") if part in found)
        print(f"{written:,} orders: {found['cpu']:.0f} CPU s, {found['wall']:.0f} s wall; peak MiB: {sizes}")


if __name__ == "__main__":
    main()
