"""Scoring a large table: throughput against the bare work, memory by size, and what SIGKILL leaves behind.

    python benchmarks/scoring.py [--rows 1000000] [--repeats 3] [--large 5000000] [--kills 20]

The bare work is: read the id and the needed columns, predict with the fitted pipeline, write id and segment; once with
pandas as most would write it, once with Arrow's reader and writer. `segment score` does that in chunks, and besides: it
reads and judges every cell, gives distance, margin and reason, counts for drift, and accounts for every row. Each
measurement is a process of its own; imports and the loading of the model are no part of it. All run in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tabulate import tabulate

if TYPE_CHECKING:
    from customer_segmentation.model.segment_model import SegmentModel

ID = "Customer ID"
BLOCK = 100_000  # rows drawn at once


def fitted(*words: str) -> SegmentModel:
    """The model of the first candidate of a sweep, untracked."""
    from customer_segmentation.config.checks import check_plan
    from customer_segmentation.config.compose import plan
    from customer_segmentation.model.build import segment_model_of
    from customer_segmentation.workflows.study import compute
    from customer_segmentation.workflows.study_spec import spec_of

    asked = plan("sweep", words)
    spec = spec_of(asked.compose_job(asked.jobs[0], 0), ())
    made = compute(spec, check_plan(asked))
    return segment_model_of(
        made.study.candidates[0],
        made.space,
        made.customers.table,
        study=spec.name,
        data=spec.settings.data,
        selection=spec.settings.selection,
    )


def model_folder(folder: Path) -> Path:
    """Fit a model on the built-in sample and write its files."""
    from customer_segmentation.model.files import write_model

    write_model(fitted("k=[5]", "features=value", "scaling=standard"), folder / "segment_model")
    return folder / "segment_model"


def write_table(path: Path, rows: int) -> None:
    """Draw customers block by block, so that the largest table takes no more memory than a block."""
    from customer_segmentation.sources.samples.telecom import draw_customers

    for number, start in enumerate(range(0, rows, BLOCK)):
        part = draw_customers(min(BLOCK, rows - start), seed=number)
        part.to_csv(path, index=False, mode="a", header=not number)


def measure(how: str, model_at: str, path: str, output: str) -> dict[str, float]:
    """Score once in this process; report wall and CPU seconds and the peak of memory."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    from customer_segmentation.model.files import read_model
    from customer_segmentation.scoring.columns import contract_of
    from customer_segmentation.scoring.outputs import Output
    from customer_segmentation.scoring.score import Comparison, score
    from customer_segmentation.settings.data import DataSettings
    from customer_segmentation.settings.score import DriftSettings
    from customer_segmentation.sources.open import open_source

    model = read_model(Path(model_at))
    model.predict(model.example)  # imports of the first call are no part of scoring
    wanted = [ID, *model.needed]
    began, cpu = time.perf_counter(), time.process_time()
    if how == "segment score":
        specs = contract_of(model.contract, {})
        source = open_source(DataSettings(path=path, columns=specs))
        watch = Comparison(model)
        rejects = Path(output).with_name("rejects.csv")
        done = score(
            model,
            source,
            Output(Path(output), overwrite=True),
            Output(rejects, overwrite=True, key="rejects"),
            watch,
            specs=specs,
            headers={},
        )
        watch.measure(DriftSettings())
        rows = done.scored
    elif how == "bare, pandas":
        frame = pd.read_csv(path, usecols=wanted)
        frame["segment"] = model.pipeline.predict(frame)
        frame[[ID, "segment"]].to_csv(output, index=False)
        rows = len(frame)
    else:
        table = arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(use_threads=False),
            convert_options=arrow_csv.ConvertOptions(include_columns=wanted),
        )
        segments = model.pipeline.predict(table.select(model.needed).to_pandas())
        arrow_csv.write_csv(pa.table({ID: table[ID], "segment": segments}), output)
        rows = table.num_rows
    found = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "rows": rows}
    status = Path("/proc/self/status").read_text()
    return {**found, "peak": int(status.split("VmHWM:")[1].split()[0]) / 1024}


def run(how: str, model_at: Path, path: Path, output: Path) -> dict[str, float]:
    """Measure in a fresh process."""
    command = [sys.executable, __file__, "--measure", how, str(model_at), str(path), str(output)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    return json.loads(done.stdout.splitlines()[-1])


def kills(folder: Path, path: Path, rows: int, count: int) -> None:
    """SIGKILL `segment score` at random moments; look for half outputs; let a rerun succeed."""
    words = [str(Path(sys.executable).parent / "segment")]
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*words, "sweep", "features=value", "scaling=standard", "k=[5]", "quiet=true"], check=True, **quiet)
    store = folder / "mlflow.db"
    import sqlite3

    with sqlite3.connect(store) as connection:
        found = connection.execute("select run_uuid from tags where key='level' and value='sweep'").fetchone()
    scoring = [*words, "score", f"input={path}", "output=labels.csv", f"run_id={found[0]}", "quiet=true"]
    began = time.perf_counter()
    subprocess.run(scoring, check=True, **quiet)
    whole = time.perf_counter() - began
    output = folder / "labels.csv"
    expected = output.read_bytes()
    output.unlink()
    random.seed(1)
    killed = writing = 0
    for _ in range(count):
        process = subprocess.Popen(scoring, start_new_session=True, **quiet)
        try:
            process.wait(timeout=random.uniform(0.3, 1) * whole)  # noqa: S311 - moments, not secrets
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
            writing += bool(list(folder.glob(".labels.csv.*.part")))
        if output.exists():
            assert output.read_bytes() == expected, "half an output"  # noqa: S101 - a benchmark checks
            output.unlink()
    subprocess.run(scoring, check=True, **quiet)
    assert output.read_bytes() == expected, "the rerun gives something else"  # noqa: S101 - a benchmark checks
    left = [name.name for name in folder.iterdir() if name.name.endswith(".part")]
    assert not left, left  # noqa: S101 - a benchmark checks
    print(
        f"SIGKILL at {killed} random moments of {whole:.1f} s ({rows:,} rows), {writing} of them while the output was "
        "written: no half output, rerun equal, nothing left aside"
    )


def main() -> None:
    """Write the tables, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    ways = ("bare, pandas", "bare, arrow", "segment score")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        model_at = model_folder(folder)
        path, output = folder / "customers.csv", folder / "labels.csv"
        write_table(path, options.rows)
        measured: dict[str, list[dict[str, float]]] = {how: [] for how in ways}
        for _ in range(options.repeats):
            for how, many in measured.items():
                many.append(run(how, model_at, path, output))
        middle = {
            how: {key: statistics.median(one[key] for one in many) for key in many[0]} for how, many in measured.items()
        }
        own = middle["segment score"]
        rows = [
            [how, one["seconds"], one["cpu"], one["seconds"] / own["seconds"], one["cpu"] / own["cpu"], one["peak"]]
            for how, one in middle.items()
        ]
        headers = ["", "wall s", "CPU s", "throughput of segment score against it, wall", "CPU", "peak MiB"]
        print(f"{options.rows:,} rows x 38 columns, {path.stat().st_size / 2**20:.0f} MiB of CSV")
        print(tabulate(rows, headers=headers, floatfmt=("", ".2f", ".2f", ".2f", ".2f", ".0f"), tablefmt="github"))
        if options.kills:
            store = folder / "killed"
            store.mkdir()
            kills(store, path, options.rows, options.kills)
        if options.large:
            path.unlink()
            write_table(path, options.large)
            large = run("segment score", model_at, path, output)
            print(
                f"peak MiB of segment score: {own['peak']:.0f} at {options.rows:,} rows, {large['peak']:.0f} at "
                f"{options.large:,}; {large['seconds'] / own['seconds']:.1f} times the time"
            )


if __name__ == "__main__":
    if len(sys.argv) == 6 and sys.argv[1] == "--measure":
        print(json.dumps(measure(*sys.argv[2:])))
    else:
        main()
