"""A store that fails in mid-sweep: one sentence, what is finished is kept, and the same command completes it."""

import contextlib
import os
import subprocess
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

SMALL = ("sweep", "features=value", "scaling=standard,minmax", "k=[2,3]", "data.customers=300", "launcher=in_process")
BARE = ("exploration=none", "hypotheses=none", "tracking.report=false", "tracking.figures=false")
KEPT = "run the same command again to continue: what is finished is kept."


@pytest.fixture
def mounted(tmp_path):
    """Mount something on a new folder for the time of a test."""
    places = []

    def mount(*words: str) -> Path:
        place = tmp_path / f"mounted{len(places)}"
        place.mkdir()
        done = subprocess.run(["mount", *(word.replace("HERE", str(place)) for word in words), place], check=False)
        if done.returncode:
            pytest.skip("only root can mount")
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", "--lazy", place], check=False)


needs_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount")


def runs(folder: Path) -> list:
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    return list(client.search_runs([one.experiment_id for one in client.search_experiments()], max_results=1000))


@needs_root
def test_a_disk_that_fills_in_mid_sweep(run_segment, start_segment, mounted):
    folder = mounted("-t", "tmpfs", "-o", "size=100m", "tmpfs")
    process = start_segment(*SMALL, *BARE, folder=folder)
    first = process.stderr.readline()
    assert "study 1/2" in first, first + process.communicate()[1]
    # Unbuffered: a buffer that is left over would be written, and would fail, when the file is closed.
    with (folder / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(65536))
    error = process.communicate(timeout=240)[1]
    assert process.returncode == 1
    said = error.strip().splitlines()[-1]
    assert said.startswith("segment sweep: "), error
    assert str(folder) in said, "the place that is full is named: the database or the artifacts"
    assert "its disk is full; make room and " + KEPT in said
    assert "Traceback" not in error
    (folder / "filler").unlink()
    done = {run.info.run_id for run in runs(folder) if run.info.status == "FINISHED"}
    studies = [run for run in runs(folder) if run.info.run_id in done and run.data.tags["level"] == "study"]
    assert studies
    again = run_segment(*SMALL, *BARE, folder=folder)
    assert again.code == 0, again.error
    assert again.error.count("reused, 2 candidates") == len(studies)
    after = runs(folder)
    assert len(after) == 7
    assert {run.info.status for run in after} == {"FINISHED"}
    assert done <= {run.info.run_id for run in after}


@needs_root
def test_a_folder_that_cannot_be_written(run_here, mounted):
    folder = mounted("-t", "tmpfs", "-o", "ro", "tmpfs")
    ran = run_here(*SMALL, folder=folder)
    assert ran.code == 1
    (said,) = ran.error.strip().splitlines()
    assert said.startswith("segment sweep: the tracking store")
    assert "it is read-only" in said
