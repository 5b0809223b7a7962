"""A sweep that is killed again and again, and run again until it is done, beside one that nobody disturbs.

    python benchmarks/kills.py [--kills 20] [--seed 1] [override or table ...]

Ninety candidates (ten studies, k = 2 to 10). SIGKILL goes to the whole process group at random moments; then the same
command is run until it ends by itself. Compared are all finished candidates with their scores, and the verdict.

A quarter of the kills falls into an attempt's start, the others into its work. The later an attempt, the less is left
to do: the moment is drawn from what is left, divided among the kills to come. A sweep that ends before all of them is
compared as well, and the rest of the kills goes to another one in a fresh folder.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.tracking import MlflowClient

from customer_segmentation.tracking.machine_facts import whole

SEGMENT = str(Path(sys.executable).parent / "segment")
STUDIES = ("features=value,value_rate", "scaling=standard,minmax,robust,log_standard,quantile", "k=range(2,11)")
#: What a clock shows, and what says where a run lies.
OF_THE_MOMENT = {"seconds"}
CANDIDATES = 90
TOLERANCE = 1e-12
START_SHARE = 0.25  # of the kills, before any study begins
SPREAD = 3.0  # a moment lies within so many times an even share of what is left


@dataclass(frozen=True)
class Course:
    """Seconds of an undisturbed sweep: until its first study begins, of its studies, and after the last."""

    before: float
    studies: float
    after: float

    def moment(self, done: float, kills_left: int, chance: random.Random) -> float:
        """Seconds after which to kill an attempt, when a share of the candidates is done."""
        if chance.random() < START_SHARE:
            return chance.uniform(0.3, self.before)
        left = self.studies * (1 - done) + self.after
        return self.before + chance.uniform(0, min(left, SPREAD * left / kills_left))


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
        found += [whole(run) for run in page]
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


def undisturbed(folder: Path, words: list[str]) -> Course:
    """Run the sweep and take its course from the lines that it logs."""
    begun = time.monotonic()
    process = start(folder, words)
    ends, lines = [], []
    for line in process.stdout or []:
        lines.append(line)
        if re.match(r" *[0-9.]+ s  study ", line):
            ends.append(time.monotonic() - begun)
    if process.wait():
        sys.exit("".join(lines))
    whole = time.monotonic() - begun
    each = (ends[-1] - ends[0]) / (len(ends) - 1)
    before = max(ends[0] - each, 0.5)
    return Course(before, ends[-1] - before, whole - ends[-1])


def states(folder: Path) -> Counter:
    """How many runs have which level and status; nothing where there is no store yet."""
    if not (folder / "mlflow.db").exists():
        return Counter()
    return Counter(f"{run.data.tags.get('level')} {run.info.status}" for run in runs_in(folder))


def disturb(folder: Path, words: list[str], kills: int, course: Course, chance: random.Random) -> tuple[int, bool]:
    """Kill the sweep until it ends or there are no kills left; return how many there were, and whether it ended."""
    for number in range(kills):
        done = states(folder)["candidate FINISHED"] / CANDIDATES
        moment = course.moment(done, kills - number, chance)
        process = start(folder, words)
        try:
            out, _ = process.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            print(f"  killed after {moment:4.1f} s: {dict(states(folder))}", flush=True)
            continue
        if process.returncode:
            sys.exit(out)
        return number, True
    return kills, False


def differing(expected: tuple, found: tuple) -> str:
    """Compare two sweeps; return what differs, nothing where they are the same."""
    scores, told, ended = found
    if scores.keys() != expected[0].keys():
        return f"candidates differ: {sorted(scores.keys() ^ expected[0].keys())[:4]}"
    largest = max(abs(scores[name][key] - value) for name, known in expected[0].items() for key, value in known.items())
    print(f"  {len(scores)} candidates, each finished once; largest difference of a score {largest:.1e}")
    print(f"  runs: {dict(ended)}", flush=True)
    if largest > TOLERANCE:
        return "scores differ"
    if told != expected[1]:
        return "the verdict differs"
    return "runs are left RUNNING" if any("RUNNING" in state for state in ended) else ""


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
    with tempfile.TemporaryDirectory() as quiet:
        course = undisturbed(Path(quiet), words)
        expected = content(Path(quiet))
    print(
        f"undisturbed: {course.before:.1f} s until the first study, {course.studies:.1f} s studies, "
        f"{course.after:.1f} s after them; {dict(expected[2])}",
        flush=True,
    )
    left, wrong = arguments.kills, []
    while left:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            killed, ended = disturb(folder, words, left, course, chance)
            left -= killed
            if not ended:
                process = start(folder, words)
                out, _ = process.communicate()
                if process.returncode:
                    sys.exit(out)
            print(f"killed {killed} times, then run until done:")
            wrong.append(differing(expected, content(folder)))
            print(f"  {wrong[-1] or 'the same verdict, word for word'}", flush=True)
    sys.exit(1 if any(wrong) else 0)


if __name__ == "__main__":
    main()
