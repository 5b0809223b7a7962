"""Where the CPU of a whole sweep goes: MLflow, Hydra, imports, figures, report, reading, computation.

    python benchmarks/tracking.py [telecom_customer_churn.csv] [--runs 3] [--details] [--write] [override ...]

The 180 candidates of sweep_speed.py on all customers of the table, the whole command in a fresh process and folder.
The process is asked every 5 ms of CPU what it is at: an import at work counts as import whatever it is for; else the
innermost call into a package or part of the project that the table names. --details lists what the project's own calls
cost, with all that they call.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from readme import write_part

EVERY = 0.005
GRID = (
    *("data=telecom", "data.keep=all", "seed=42", "launcher=in_process"),
    *(
        "features=value,value_rate,spend,usage",
        "scaling=standard,minmax,robust,power,quantile",
        "k=[2,3,4,5,6,7,8,9,10]",
    ),
)
#: What a file's path holds, and the part it stands for; the first that fits.
PARTS = (
    ("hydra", "Hydra: composition of the jobs and their configs"),
    ("omegaconf", "Hydra: composition of the jobs and their configs"),
    ("mlflow", "MLflow: store, runs, scores, artifacts, models"),
    ("sqlalchemy", "MLflow: store, runs, scores, artifacts, models"),
    ("skops", "MLflow: store, runs, scores, artifacts, models"),
    ("matplotlib", "figures"),
    ("seaborn", "figures"),
    ("customer_segmentation/figures", "figures"),
    ("jinja2", "report and profiles"),
    ("customer_segmentation/report", "report and profiles"),
    ("customer_segmentation/segments", "report and profiles"),
    ("customer_segmentation/exploration", "correlations and hypotheses"),
    ("customer_segmentation/verdict", "verdict: structure, stability, choice"),
    ("customer_segmentation/workflows/evaluate", "verdict: structure, stability, choice"),
    ("customer_segmentation/clustering/stability", "verdict: structure, stability, choice"),
    ("customer_segmentation/clustering/structure", "verdict: structure, stability, choice"),
    ("customer_segmentation/clustering/gap", "verdict: structure, stability, choice"),
    ("customer_segmentation/clustering", "fits and scores"),
    ("customer_segmentation/spaces", "fits and scores"),
    ("customer_segmentation/data", "reading the table"),
    ("customer_segmentation/tracking", "MLflow: store, runs, scores, artifacts, models"),
    ("rich", "progress and summary"),
)
OTHER = "the rest"
IMPORTS = "imports"


def part_of(frame) -> str:
    """Which part of the table a stack of calls belongs to."""
    names = []
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return IMPORTS
        names.append(name)
        frame = frame.f_back
    # A fit within a verdict's resample is the verdict's.
    if any("customer_segmentation/verdict" in name or "workflows/evaluate" in name for name in names):
        return "verdict: structure, stability, choice"
    for name in names:
        for piece, part in PARTS:
            if f"/{piece}/" in name or f"/{piece}." in name or f"/{piece}_" in name:
                return part
    return OTHER


def sampled(words: list[str], out: Path) -> None:
    """Run the command in this process, asked every so often what it is at."""
    found: Counter[str] = Counter()
    details: Counter[str] = Counter()

    def ask(_number, frame) -> None:
        found[part_of(frame)] += 1
        seen = set()
        while frame is not None:
            name = frame.f_code.co_filename
            if "customer_segmentation" in name:
                seen.add(f"{name.split('customer_segmentation/')[-1]}:{frame.f_code.co_qualname}")
            frame = frame.f_back
        details.update(seen)

    signal.signal(signal.SIGPROF, ask)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    from customer_segmentation.commands.main import main

    try:
        code = main(words)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    out.write_text(
        json.dumps(
            {"code": code, "cpu": usage.ru_utime + usage.ru_stime, "parts": found, "details": details.most_common(120)}
        )
    )


def measure(words: list[str]) -> dict:
    """Sweep in a fresh folder and process."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "sampled.json"
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        begun = time.perf_counter()
        command = [sys.executable, str(Path(__file__).resolve()), "--sample", str(out), *words]
        ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if not out.is_file():
            sys.exit(ran.stderr[-2000:])
        return {**json.loads(out.read_text()), "wall": time.perf_counter() - begun}


def main() -> None:
    """Measure, print, and write the table if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--details", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("words", nargs="*", metavar="override", help="beside the grid; a file is the table")
    asked = parser.parse_args()
    words = list(GRID)
    for word in asked.words:
        words.append(f"data.path={Path(word).absolute()}" if Path(word).is_file() else word)
    runs = [measure(["sweep", *words]) for _ in range(asked.runs)]
    middle = sorted(runs, key=lambda run: run["cpu"])[len(runs) // 2]
    parts = {part: [] for run in runs for part in run["parts"]}
    for run in runs:
        total = sum(run["parts"].values())
        for part, shares in parts.items():
            shares.append(run["parts"].get(part, 0) / total)
    lines = ["| part | CPU s | share |", "|---|---|---|"]
    for part, shares in sorted(parts.items(), key=lambda item: -statistics.median(item[1])):
        share = statistics.median(shares)
        lines.append(f"| {part} | {share * middle['cpu']:.1f} | {share:.1%} |")
    lines.append(f"| whole command, median of {len(runs)} | {middle['cpu']:.1f} | wall {middle['wall']:.1f} s |")
    print("\n".join(lines))
    if asked.details:
        total = sum(middle["parts"].values())
        for name, count in middle["details"]:
            print(f"{count / total * middle['cpu']:6.2f} s  {name}")
    if asked.write:
        write_part("tracking", "\n".join(lines))


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "--sample":
        sampled(sys.argv[3:], Path(sys.argv[2]))
    else:
        main()
