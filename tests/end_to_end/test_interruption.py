"""Commands that are stopped, or that come at once: no run looks alive afterwards, and nothing is mixed up."""

import signal
import time
from pathlib import Path

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient

SWEEP = ("sweep", "tracking.report=false", "tracking.figures=false", "exploration=none", "hypotheses=none")


def all_runs(folder: Path) -> list:
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    return list(client.search_runs([one.experiment_id for one in client.search_experiments()], max_results=1000))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminated"])
def test_a_sweep_that_is_stopped_leaves_no_run_running(start_segment, tmp_path, number):
    long = ("features=value", "scaling=standard,minmax,robust,power", "k=range(2,7)", "data.customers=600")
    process = start_segment(*SWEEP, *long, folder=tmp_path)
    line = process.stderr.readline()  # the first study has ended, three are to come
    assert "study 1/4" in line, line + process.communicate()[1]
    process.send_signal(number)
    _, error = process.communicate()
    assert process.returncode == 130
    last = error.strip().splitlines()[-1]
    assert last == "segment sweep: interrupted; run the same command again to continue: what is finished is kept."
    assert "Traceback" not in error
    statuses = pd.Series([run.info.status for run in all_runs(tmp_path)], dtype=object).value_counts().to_dict()
    assert "RUNNING" not in statuses
    sweep = next(run for run in all_runs(tmp_path) if run.data.tags["level"] == "sweep")
    assert sweep.info.status == "KILLED"


def test_two_sweeps_at_once_in_a_fresh_folder_share_one_whole_store_and_keep_apart(start_segment, tmp_path):
    small = ("features=value", "k=[2,3]", "data.customers=300", "quiet=true")
    names = {"one": "standard", "two": "minmax"}
    started = [
        start_segment(*SWEEP, f"name={name}", f"scaling={scaling}", *small, folder=tmp_path)
        for name, scaling in names.items()
    ]
    errors = [process.communicate(timeout=240)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], errors
    runs = all_runs(tmp_path)
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len({run.info.experiment_id for run in runs}) == 1
    sweeps = {run.info.run_name: run.info.run_id for run in runs if run.data.tags["level"] == "sweep"}
    for name, scaling in names.items():
        inside = [run for run in runs if run.data.tags.get("sweep") == sweeps[name]]
        assert len(inside) == 3
        assert {run.data.params["scaling"] for run in inside} == {scaling}


def test_a_reader_that_leaves_early_gets_no_traceback(start_segment, tmp_path):
    process = start_segment("sweep", "--help", folder=tmp_path)
    process.stdout.close()
    time.sleep(0.1)
    assert "Traceback" not in process.stderr.read()
    process.wait()
