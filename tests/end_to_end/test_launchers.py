"""Studies in other processes: the store is the one of a sweep in one process; nothing is left when it is stopped."""

import contextlib
import importlib.util
import os
import re
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from stores import content

BARE = ("tracking.report=false", "tracking.figures=false", "exploration=none", "hypotheses=none")
ASKED = ("features=value,same", "scaling=standard,minmax", "k=[2,3]", "data.customers=300", *BARE)


@pytest.fixture(scope="module")
def swept(tmp_path_factory, run_segment, run_here):
    """The same sweep under several launchers; one of its feature sets cannot be used."""
    ran = {}

    def run(launcher: str, *further: str):
        if launcher not in ran:
            folder = tmp_path_factory.mktemp(launcher)
            strange(folder) if launcher == "local" else None
            (folder / "conf" / "features").mkdir(parents=True)
            (folder / "conf" / "features" / "same.yaml").write_text("columns:\n  one: {ratio: [Age, Age]}\n")
            runner = run_here if launcher == "in_process" else run_segment
            ran[launcher] = runner("sweep", f"launcher={launcher}", *ASKED, *further, folder=folder)
        return ran[launcher]

    return run


def strange(folder: Path) -> None:
    """Put modules into the folder that would be imported, and a setting of a library, were it not a stranger's."""
    for name in ("joblib", "multiprocessing", "random", "mlflow", "sitecustomize", "customer_segmentation"):
        (folder / f"{name}.py").write_text(f"open({str(folder / 'PWNED')!r}, 'w').close()\n")
    (folder / "matplotlibrc").write_text("text.usetex: True\nbackend: module://random\n")


def compare(one, other):
    first, second = (content(f"sqlite:///{ran.folder}/mlflow.db") for ran in (one, other))
    assert first["statuses"] == second["statuses"]
    for key, value in first.items():
        assert value == second[key], key
    assert sum(key.startswith("candidate") for key in first) == 4
    assert sum("labels" in value for value in first.values()) == 2


def test_processes_of_this_machine_leave_the_same_store_and_import_nothing_of_the_folder(swept):
    alone, apart = swept("in_process"), swept("local", "launcher.processes=2")
    compare(alone, apart)
    assert alone.code == apart.code == 1
    for ran in (alone, apart):
        assert len(re.findall(r"failed +same · ", ran.out)) == 2, ran.out
        assert "study 4/4" in ran.error, ran.error
    (sweep,) = apart.runs("sweep")
    assert sweep.data.tags["launcher"] == "local, 2 processes"
    assert not (apart.folder / "PWNED").exists(), "modules of the current folder are not taken"


def test_no_process_is_forked_beside_an_open_store(swept, run_here):
    folder = swept("in_process").folder
    words = ("launcher=local", "launcher.processes=2", "features=value", "scaling=standard,minmax", "k=[2]")
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as mine:
        mine.execute("select count(*) from runs").fetchall()
        ran = run_here("sweep", *words, "data.customers=200", *BARE, folder=folder)
    assert ran.code == 0, ran.error
    assert "in this process, where something else has the store open" in " ".join(ran.out.split())
    assert "in_process" in {run.data.tags["launcher"] for run in ran.runs("sweep")}


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the extra `ray` is not installed")
def test_a_ray_cluster_leaves_the_same_store(swept):
    alone, apart = swept("in_process"), swept("ray", "launcher.processes=2")
    compare(alone, apart)
    assert alone.code == apart.code == 1


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="the extra `ray` is installed")
def test_a_launcher_that_is_not_installed_is_named_with_its_command(run_segment, tmp_path):
    ran = run_segment("sweep", "launcher=ray", folder=tmp_path)
    assert ran.code == 1
    assert "pip install 'customer-segmentation[ray]'" in ran.error
    assert not (tmp_path / "mlflow.db").exists()


def test_a_number_of_processes_that_is_none_is_refused_before_any_run(run_here, tmp_path):
    ran = run_here("sweep", "launcher=local", "launcher.processes=0", folder=tmp_path)
    assert ran.code == 1
    assert "launcher.processes=0: expected a whole number of at least 1" in ran.error
    assert not (tmp_path / "mlflow.db").exists()


def workers_of(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_ctrl_c_ends_the_processes_and_closes_their_runs(start_segment, tmp_path):
    words = (
        "launcher=local",
        "launcher.processes=2",
        "features=value,services",
        "scaling=standard,minmax,robust,power",
    )
    process = start_segment("sweep", *words, *BARE, "k=range(2,7)", "data.customers=600", folder=tmp_path)
    assert "study 1/8" in process.stderr.readline()
    children = workers_of(process.pid)
    assert len(children) >= 2
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the parent and its workers
    asked = time.monotonic()
    _, error = process.communicate(timeout=60)
    took = time.monotonic() - asked
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert took < 15, "two seconds where the machine is free"
    until = time.monotonic() + 10
    while any(alive(pid) for pid in children) and time.monotonic() < until:
        time.sleep(0.2)
    assert not [pid for pid in children if alive(pid)]
    found = content(f"sqlite:///{tmp_path}/mlflow.db")["statuses"]
    assert "RUNNING" not in found.values()
    assert found["sweep"] == "KILLED"
