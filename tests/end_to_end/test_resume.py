"""A sweep that is run again: killed, failed or finished before, or still running."""

import os
import signal
import time
from collections import Counter

import pytest

from customer_segmentation.tracking.process import this_process

SWEEP = (
    "sweep",
    "features=value",
    "scaling=standard,minmax,robust",
    "k=[2,3,4]",
    "data.customers=900",
    "tracking.report=false",
    "tracking.figures=false",
    "exploration=none",
    "hypotheses=none",
)


def killed_after(line: str, process) -> None:
    """Kill the whole process group of a sweep once it has printed a line."""
    for printed in process.stderr:
        if line in printed:
            time.sleep(0.15)
            os.killpg(process.pid, signal.SIGKILL)
            break
    process.wait(timeout=60)
    assert process.returncode == -signal.SIGKILL


def scores(ran) -> dict[str, dict[str, float]]:
    return {
        run.info.run_name: {name: value for name, value in run.data.metrics.items() if name != "seconds"}
        for run in ran.runs("candidate")
        if run.info.status == "FINISHED"
    }


def test_a_killed_sweep_is_continued_to_the_same_end(run_here, start_segment, tmp_path):
    quiet, disturbed = tmp_path / "quiet", tmp_path / "disturbed"
    quiet.mkdir()
    disturbed.mkdir()
    expected = run_here(*SWEEP, folder=quiet)
    killed_after("study 1/3", start_segment(*SWEEP, folder=disturbed))
    killed_after("reused", start_segment(*SWEEP, folder=disturbed))
    ran = run_here(*SWEEP, folder=disturbed)
    assert ran.code == 0, ran.error
    assert "left by a killed process: now KILLED" in ran.error
    assert "continuing the sweep" in ran.error
    assert "value · standard: reused, 3 candidates" in ran.error
    assert ran.statuses() == {"FINISHED": 1 + 3 + 9}
    assert Counter(run.info.run_name for run in ran.runs("candidate")) == Counter(list(scores(expected)))
    assert scores(ran) == scores(expected)
    words = [run.data.tags["verdict"] for run in sorted(ran.runs("candidate"), key=lambda run: run.info.run_name)]
    others = sorted(expected.runs("candidate"), key=lambda run: run.info.run_name)
    assert words == [run.data.tags["verdict"] for run in others]
    for study in ran.runs("study"):
        assert len(ran.store.client.get_metric_history(study.info.run_id, "inertia")) == 3


@pytest.fixture(scope="module")
def finished(run_here, tmp_path_factory):
    ran = run_here(*SWEEP[:2], "scaling=standard", "k=[2,3]", *SWEEP[4:], folder=tmp_path_factory.mktemp("again"))
    assert ran.code == 0, ran.error
    return ran


def again(run_here, finished, *words: str):
    return run_here(*SWEEP[:2], "scaling=standard", *SWEEP[4:], *words, folder=finished.folder)


def test_a_finished_sweep_points_to_its_run(run_here, finished):
    before = finished.statuses()
    (sweep,) = finished.runs("sweep")
    ran = again(run_here, finished, "k=3,2", "threads=2", "name=other")
    assert ran.code == 0
    assert f"This sweep is finished: run {sweep.info.run_id}" in ran.out
    assert "resume=false" in ran.out
    assert f"Its name stays {sweep.info.run_name}: name=other takes effect with resume=false." in ran.out
    assert "as their table" not in ran.out
    assert "Its name" not in again(run_here, finished, "k=3,2", f"name={sweep.info.run_name}").out
    assert ran.statuses() == before


def test_a_finished_sweep_whose_files_are_away_says_where_they_were(run_here, finished):
    (sweep,) = finished.runs("sweep")
    kept, away = finished.folder / "mlartifacts", finished.folder / "unmounted"
    kept.rename(away)
    try:
        ran = again(run_here, finished, "k=3,2")
        report = run_here("report", folder=finished.folder)
        promoted = run_here("promote", folder=finished.folder)
    finally:
        away.rename(kept)
    for one in (ran, report):
        assert one.code == 1
        assert f"sweep {sweep.info.run_id} finished, but its verdict.json is not in {kept}" in one.error
        assert "resume=false" in one.error
    assert promoted.code == 1
    assert "resume=false" in promoted.error
    assert not kept.with_name("report.html").exists()


def test_an_equal_sweep_that_runs_is_not_started_twice(run_here, finished):
    (sweep,) = finished.runs("sweep")
    client = finished.store.client
    client.update_run(sweep.info.run_id, status="RUNNING")
    client.set_tag(sweep.info.run_id, "process", this_process())
    ran = again(run_here, finished, "k=[2,3]")
    client.update_run(sweep.info.run_id, status="FINISHED")
    assert ran.code == 1
    assert f"an equal sweep is running: run {sweep.info.run_id}, by process {os.getpid()}" in ran.error
    assert len(finished.runs("sweep")) == 1


def test_other_settings_and_a_wish_start_afresh(run_here, finished):
    assert again(run_here, finished, "k=[2,3]", "resume=false", "quiet=true").code == 0
    assert len(finished.runs("sweep")) == 2
    assert again(run_here, finished, "k=[2,3]", "seed=7", "quiet=true").code == 0
    assert len(finished.runs("sweep")) == 3
