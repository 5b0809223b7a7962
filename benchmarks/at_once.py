"""Four sweeps with different settings that start at the same moment, in one fresh folder and against one fresh server.

    python benchmarks/at_once.py [--times 3] [--write]

Every sweep must end without an error, with each of its runs finished once and its own settings on them.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mlflow.tracking import MlflowClient
from readme import write_part

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "end_to_end"))
from servers import mlflow_server

SEGMENT = str(Path(sys.executable).parent / "segment")
SCALINGS = ("standard", "minmax", "robust", "quantile")
SMALL = ("features=value,usage", "k=[2,3,4]", "data.customers=1000", "quiet=true")
CANDIDATES, STUDIES = 6, 2


def at_once(folder: Path, words: list[str]) -> list[str]:
    """Start the four, wait for all; return what they said in error."""
    started = [
        subprocess.Popen(
            [SEGMENT, "sweep", f"name={scaling}", f"scaling={scaling}", *SMALL, *words],
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for scaling in SCALINGS
    ]
    said = [process.communicate()[0] for process in started]
    return [
        text or f"exit code {process.returncode}"
        for process, text in zip(started, said, strict=True)
        if text or process.returncode
    ]


def lost(uri: str) -> list[str]:
    """What is missing, doubled, unfinished or mixed up in the store."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("customer-segmentation")
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    wrong = [f"{run.info.run_name} is {run.info.status}" for run in runs if run.info.status != "FINISHED"]
    sweeps = {run.info.run_name: run.info.run_id for run in runs if run.data.tags["level"] == "sweep"}
    if sorted(sweeps) != sorted(SCALINGS) or len(runs) != len(SCALINGS) * (1 + STUDIES + CANDIDATES):
        wrong.append(f"{len(runs)} runs, sweeps {sorted(sweeps)}")
    for scaling, sweep in sweeps.items():
        inside = [run for run in runs if run.data.tags.get("sweep") == sweep]
        levels = Counter(run.data.tags["level"] for run in inside)
        if levels != {"study": STUDIES, "candidate": CANDIDATES}:
            wrong.append(f"{scaling}: {dict(levels)}")
        if {run.data.params["scaling"] for run in inside} != {scaling}:
            wrong.append(f"{scaling} holds runs of others")
    return wrong


def main() -> None:
    """Both ways, several times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server goes with this process
    failed = 0
    lines = [
        "| four sweeps at once | wall s | runs lost, doubled, unfinished or mixed up, and errors |",
        "|---|---|---|",
    ]
    for _ in range(asked.times):
        with tempfile.TemporaryDirectory() as name:
            folder, begun = Path(name), time.monotonic()
            wrong = at_once(folder, []) + lost(f"sqlite:///{folder}/mlflow.db")
            lines.append(told("fresh folder", time.monotonic() - begun, wrong))
        failed += bool(wrong)
        with tempfile.TemporaryDirectory() as name, mlflow_server(Path(name)) as address:
            folder, begun = Path(name), time.monotonic()
            wrong = at_once(folder, ["tracking=server", f"tracking.uri={address}"]) + lost(address)
            lines.append(told("fresh server", time.monotonic() - begun, wrong))
        failed += bool(wrong)
    if asked.write:
        write_part("at_once", "\n".join(lines))
    sys.exit(1 if failed else 0)


def told(where: str, seconds: float, wrong: list[str]) -> str:
    """Say a line of the table."""
    line = f"| {where} | {seconds:.0f} | {'; '.join(wrong) or 'none'} |"
    print(line, flush=True)
    return line


if __name__ == "__main__":
    main()
