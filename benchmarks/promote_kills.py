"""Promotions that are killed at random moments: the old champion answers, a rerun finishes, nothing half made is left.

    python benchmarks/promote_kills.py [--kills 20] [--seed 1] [--customers 600]

SIGKILL goes to the whole process group of `segment promote`. Every second kill waits until the promotion has begun to
write (model, version, history, alias), because most of its time is the gate, which only reads. A promotion that ended
before its kill makes a new champion, and the next candidate is promoted from then on.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from customer_segmentation.registry.register import logged_models
from customer_segmentation.registry.versions import CHAMPION, ModelRegistry
from customer_segmentation.scoring.load import load_segment_model
from customer_segmentation.tracking.store import open_store

SEGMENT = str(Path(sys.executable).parent / "segment")
NAME = "customer-segmentation"
# The table is small and the candidates are many: what is tried here is not whether they are good.
EASY = ("promotion=redesign", "promotion.smallest_share=null", "promotion.stability=null")
EASY += ("promotion.max_switching=null", "promotion.yardstick_margin=null", "quiet=true")


def start(folder: Path, *words: str) -> subprocess.Popen:
    """Start a command in a process group of its own."""
    return subprocess.Popen(
        [SEGMENT, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def done(folder: Path, *words: str) -> float:
    """Run a command to its end; return its seconds."""
    begun = time.monotonic()
    process = start(folder, *words)
    out, _ = process.communicate()
    if process.returncode:
        sys.exit(out)
    return time.monotonic() - begun


def written(folder: Path) -> int:
    """When the store was last written."""
    return max(path.stat().st_mtime_ns for path in folder.glob("mlflow.db*"))


def killed(process: subprocess.Popen, folder: Path, seconds: float, *, writing: bool) -> bool:
    """Kill a promotion after some seconds, counted from its first write if asked; False where it ended before."""
    if writing:
        before = written(folder)
        while process.poll() is None and written(folder) == before:
            time.sleep(0.02)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True
    return False


def answer(registry: ModelRegistry) -> int:
    """Let the champion label its example; return its version."""
    champion = registry.champion()
    model = load_segment_model(f"models:/{NAME}@{CHAMPION}", registry.client).model
    labels = model.predict(model.example).table["segment"]
    if champion is None or labels.isna().any():
        sys.exit("the champion does not answer")
    return champion.number


def main() -> None:
    """Kill, look, run again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--customers", type=int, default=600)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        done(folder, "sweep", "features=value", "scaling=minmax,standard", "k=range(2,9)", "quiet=true",
             f"data.customers={asked.customers}")  # fmt: skip
        registry = ModelRegistry(open_store(uri=f"sqlite:///{folder}/mlflow.db", experiment=NAME, artifacts=None), NAME)
        runs = registry.client.search_runs([registry.store.experiment_id], "tags.level = 'candidate'")
        candidates = [run.info.run_id for run in runs]
        done(folder, "promote", f"run_id={candidates.pop()}", *EASY)
        target = candidates.pop()
        whole = done(folder, "promote", f"run_id={target}", *EASY)
        print(f"a promotion that nobody disturbs: {whole:.1f} s", flush=True)
        target = candidates.pop()
        said: Counter[str] = Counter()
        for number in range(asked.kills):
            before, versions = answer(registry), len(registry.versions())
            writing = number % 2 == 1
            seconds = chance.uniform(0.0, whole / 2) if writing else chance.uniform(0.3, whole)
            hit = killed(start(folder, "promote", f"run_id={target}", *EASY), folder, seconds, writing=writing)
            now, made = answer(registry), len(registry.versions()) - versions
            what = "killed" if hit else "ended before"
            what += ", the old champion answers" if now == before else ", the new champion answers"
            said[what] += 1
            moment = f"{seconds:.1f} s after " + ("its first write" if writing else "its start")
            print(f"kill {number + 1}, {moment}: {what}, {made} new versions", flush=True)
            if now != before:
                target = candidates.pop()
        done(folder, "promote", f"run_id={target}", *EASY)
        found = registry.versions()
        last = registry.version(answer(registry))
        twice = [count for count in Counter(version.run_id for version in found).values() if count > 1]
        half = [version.number for version in found if not (version.gate and version.description and version.segments)]
        for version in found:
            load_segment_model(f"models:/{NAME}/{version.number}", registry.client)
        unready = [
            model.model_id
            for run in {version.run_id for version in found}
            for model in logged_models(registry.store, str(run))
            if str(model.status) != "READY"
        ]
    print(dict(said))
    print(f"rerun: version {last.number} is the champion and the candidate's: {last.run_id == target}")
    print(
        f"versions {len(found)}, all load; half made {half}; of a candidate twice {twice}; models not ready {unready}"
    )
    sys.exit(0 if last.run_id == target and not half and not twice and not unready else 1)


if __name__ == "__main__":
    main()
