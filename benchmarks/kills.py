"""A sweep that is killed again and again, and run again until it is done, beside one that nobody disturbs.

    python benchmarks/kills.py [--kills 20] [--seed 1] [override or table ...]

Ninety candidates (ten studies, k = 2 to 10). SIGKILL goes to the whole process group at random moments; then the same
command is run until it ends by itself. Compared are all finished candidates with their scores, and the verdict.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from mlflow.tracking import MlflowClient

SEGMENT = str(Path(sys.executable).parent / "segment")
STUDIES = ("features=value,value_rate", "scaling=standard,minmax,robust,log_standard,quantile", "k=range(2,11)")
#: What a clock shows, and what says where a run lies.
OF_THE_MOMENT = {"seconds"}


def start(folder: Path, words: list[str]) -> subprocess.Popen:
    """Start the sweep in a process group of its own."""
    return subprocess.Popen(
        [SEGMENT, "sweep", *STUDIES, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def runs_in(folder: Path) -> list[Any]:
    """All runs that are not in the trash."""
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    found: list[Any] = []
    token = None
    while True:
        places = [item.experiment_id for item in client.search_experiments()]
        page = client.search_runs(places, max_results=1000, page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def content(folder: Path) -> tuple[dict[str, dict[str, float]], dict[str, Any], Counter]:
    """Scores of the finished candidates by name, the verdict without ids, and how many runs have which status."""
    runs = runs_in(folder)
    candidates = [run for run in runs if run.data.tags["level"] == "candidate" and run.info.status == "FINISHED"]
    names = Counter(run.info.run_name for run in candidates)
    if max(names.values()) > 1:
        sys.exit(f"finished more than once: {names.most_common(3)}")
    scores = {
        run.info.run_name: {key: value for key, value in run.data.metrics.items() if key not in OF_THE_MOMENT}
        for run in candidates
    }
    tags = {run.info.run_name: run.data.tags["verdict"] for run in candidates}
    (sweep,) = [run for run in runs if run.data.tags["level"] == "sweep"]
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    verdict = json.loads(Path(client.download_artifacts(sweep.info.run_id, "verdict.json")).read_text())
    told = {"chosen": sweep.data.tags.get("chosen"), "reasons": verdict["reasons"], "tags": tags}
    return scores, told, Counter(f"{run.data.tags['level']} {run.info.status}" for run in runs)


def main() -> None:
    """Disturb, repeat, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("words", nargs="*", metavar="override", help="such as launcher=local; a file is the table")
    arguments = parser.parse_args()
    words = [word for word in arguments.words if "=" in word]
    for table in (word for word in arguments.words if "=" not in word):
        words += ["data=telecom", f"data.path={Path(table).resolve()}"]
    chance = random.Random(arguments.seed)  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory() as quiet, tempfile.TemporaryDirectory() as disturbed:
        begun = time.monotonic()
        undisturbed = start(Path(quiet), words)
        out, _ = undisturbed.communicate()
        if undisturbed.returncode:
            sys.exit(out)
        whole = time.monotonic() - begun
        expected = content(Path(quiet))
        for number in range(arguments.kills):
            process = start(Path(disturbed), words)
            # Later attempts have less to do: the moment is anywhere in what an attempt may last.
            try:
                process.communicate(timeout=chance.uniform(0.5, whole))
                print(f"kill {number + 1}: came too late, the sweep had ended", flush=True)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                path = Path(disturbed) / "mlflow.db"
                states = Counter(run.info.status for run in runs_in(Path(disturbed))) if path.exists() else {}
                print(f"kill {number + 1}: {dict(states)}", flush=True)
        process = start(Path(disturbed), words)
        out, _ = process.communicate()
        if process.returncode:
            sys.exit(out)
        found = content(Path(disturbed))
    differences = [
        abs(found[0][name][key] - value) for name, scores in expected[0].items() for key, value in scores.items()
    ]
    print(f"undisturbed: {dict(expected[2])}")
    print(f"disturbed:   {dict(found[2])}")
    print(f"candidates {len(found[0])} of {len(expected[0])}, each once")
    print(f"largest difference of a score: {max(differences):.1e}; the same verdict: {found[1] == expected[1]}")
    ended = found[0].keys() == expected[0].keys() and max(differences) <= 1e-12 and found[1] == expected[1]
    sys.exit(0 if ended and not any("RUNNING" in state for state in found[2]) else 1)


if __name__ == "__main__":
    main()
