"""Ctrl-C at random moments of a sweep: how long until the command has ended, and what it leaves.

    python benchmarks/interrupts.py [--times 12] [--seed 1] [--server] [--write] [override ...]

SIGINT goes to the whole process group, as a terminal does. The moments are drawn over the whole course of an
undisturbed sweep. Each must end within two seconds with one sentence, exit code 130, no process left, no run RUNNING.
--write measures in this process, under launcher=local, and under it with a server, and puts the table into the README.
"""

import argparse
import contextlib
import os
import random
import signal
import statistics
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
STUDIES = ("features=value", "scaling=standard,minmax,robust,quantile", "k=range(2,11)", "data.customers=4000")
MOST = 2.0  # seconds


def obey_ctrl_c() -> None:
    """Heed SIGINT, which a job that a shell starts in the background inherits as ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def start(folder: Path, words: list[str]) -> subprocess.Popen:
    """Start the sweep in a process group of its own."""
    return subprocess.Popen(
        [SEGMENT, "sweep", *STUDIES, *words],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=obey_ctrl_c,
    )


def members(group: int) -> list[int]:
    """Processes of a group that are alive."""
    found = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in found.splitlines()]
    return [int(pid) for pid, of, state in rows if int(of) == group and not state.startswith("Z")]


def statuses(uri: str) -> Counter:
    """How many runs of the store have which status."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("customer-segmentation")
    if experiment is None:
        return Counter()
    return Counter(run.info.status for run in client.search_runs([experiment.experiment_id], max_results=1000))


def interrupted(folder: Path, words: list[str], moment: float, uri: str) -> tuple[float, list[str]] | None:
    """Interrupt one sweep; return the seconds it took and what was wrong, or None when it ended before."""
    process = start(folder, words)
    try:
        process.communicate(timeout=moment)
        return None
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
    asked = time.monotonic()
    out, _ = process.communicate()
    took = time.monotonic() - asked
    if process.returncode == 0:
        return None
    lines = out.strip().splitlines()
    wrong = [f"{took:.1f} s"] if took > MOST else []
    wrong += [f"exit code {process.returncode}"] if process.returncode != 130 else []
    wrong += ["a traceback"] if "Traceback" in out else []
    wrong += [] if lines and lines[-1].startswith("segment sweep: interrupted") else [f"said {lines[-3:]}"]
    time.sleep(0.7)  # a worker looks for its parent twice a second
    left = members(process.pid)
    wrong += [f"{len(left)} processes left"] if left else []
    local = uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).exists()
    found = Counter() if local else statuses(uri)
    wrong += [f"runs {dict(found)}"] if found["RUNNING"] else []
    if wrong and os.environ.get("SHOW"):
        print(out[-3000:])
    print(f"  after {moment:5.1f} s: ended in {took:4.2f} s, {dict(found)} {'; '.join(wrong)}", flush=True)
    return took, wrong


def main() -> None:
    """Measure each case, print, and write the table if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", action="store_true", help="with a real `mlflow server` as the store")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("words", nargs="*", metavar="override", help="such as launcher=local")
    asked = parser.parse_args()
    lines = ["| sweep | interrupts | median, s | most, s | otherwise than it should be |", "|---|---|---|---|---|"]
    local = ["launcher=local", "launcher.processes=2"]
    cases = (
        [("in one process", [], False), ("two processes", local, False), ("two processes, a server", local, True)]
        if asked.write
        else [(" ".join(asked.words) or "in one process", asked.words, asked.server)]
    )
    failed = False
    for name, words, server in cases:
        took, wrong = interrupts(words, asked.times, random.Random(asked.seed), server=server)  # noqa: S311 - moments
        failed |= bool(wrong)
        figures = f"{statistics.median(took):.2f} | {max(took):.2f}"
        lines.append(f"| {name} | {len(took)} | {figures} | {'; '.join(wrong) or 'nothing'} |")
        print(lines[-1], flush=True)
    if asked.write:
        write_part("interrupts", "\n".join(lines))
    sys.exit(1 if failed else 0)


def interrupts(words: list[str], times: int, chance: random.Random, *, server: bool) -> tuple[list[float], list[str]]:
    """Run one sweep undisturbed, then interrupt others; return the seconds that each took and what was wrong."""
    took: list[float] = []
    wrong: list[str] = []
    with contextlib.ExitStack() as stack:
        address = ""
        if server:
            address = stack.enter_context(mlflow_server(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
            words = [*words, "tracking=server", f"tracking.uri={address}"]
        with tempfile.TemporaryDirectory() as name:
            begun = time.monotonic()
            process = start(Path(name), words)
            out, _ = process.communicate()
            whole = time.monotonic() - begun
            if process.returncode:
                sys.exit(out)
        print(f"undisturbed: {whole:.1f} s", flush=True)
        while len(took) < times:
            share = (len(took) + chance.random()) / times  # one in every part of the course
            with tempfile.TemporaryDirectory() as name:
                uri = address or f"sqlite:///{name}/mlflow.db"
                found = interrupted(Path(name), [*words, "resume=false"], 0.3 + share * (whole - 0.5), uri)
            if found is not None:
                took.append(found[0])
                wrong += found[1]
    return took, wrong


if __name__ == "__main__":
    main()
