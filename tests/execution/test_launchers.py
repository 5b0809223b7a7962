"""The processes of this machine: started once, deaf to Ctrl-C, found again by Hydra's launcher."""

import os
import re
import signal
import stat
import threading
import time
from dataclasses import asdict

import pytest
from hydra_plugins.hydra_joblib_launcher.config import JobLibLauncherConf
from joblib import Parallel, delayed
from joblib.externals.loky import reusable_executor

from customer_segmentation.execution import slurm
from customer_segmentation.execution.processes import PARENT, end_workers, in_workers, start_workers
from customer_segmentation.execution.slurm import end_jobs, remove_words, slurm_overrides


def who() -> tuple[int, bool]:
    """Process, and whether Ctrl-C is blocked in it; slow enough that each process gets one."""
    time.sleep(0.2)
    return os.getpid(), signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@pytest.fixture
def processes():
    yield 2
    end_workers()


def test_hydra_finds_the_processes_that_were_started_with_ctrl_c_blocked(processes, tmp_path):
    start_workers(processes, lambda: (tmp_path / str(os.getpid())).write_text(""))
    started = set(reusable_executor._executor._processes)
    launcher = {key: value for key, value in asdict(JobLibLauncherConf()).items() if key != "_target_"}
    launcher |= {"n_jobs": processes, "backend": "loky", "pre_dispatch": "n_jobs", "batch_size": 1}
    found = Parallel(**launcher)(delayed(who)() for _ in range(4))
    assert all(blocked for _, blocked in found)
    assert len(started) == processes
    assert {pid for pid, _ in found} | {int(path.name) for path in tmp_path.iterdir()} <= started
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def state(_: int) -> tuple[int, bool, bool]:
    """Process, whether Ctrl-C is blocked in it, and whether it follows its parent."""
    return (*who(), any(thread.name == "segment-parent" for thread in threading.enumerate()))


def kill_self(number: int) -> int:
    """Die in a worker; in the process of the test it is a plain function."""
    if os.getppid() == int(os.environ[PARENT]):
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_refits_go_on_when_a_process_dies_and_new_ones_are_as_the_old(processes, monkeypatch):
    monkeypatch.setenv(PARENT, str(os.getpid()))
    first = in_workers(processes, state, [(n,) for n in range(4)])
    assert in_workers(processes, kill_self, [(n,) for n in range(4)]) == [0, 1, 2, 3]
    second = in_workers(processes, state, [(n,) for n in range(4)])
    for found in (first, second):
        assert all(blocked and following for _, blocked, following in found)
    assert not {pid for pid, *_ in first} & {pid for pid, *_ in second}


def test_slurm_jobs_have_a_name_of_their_sweep_and_files_that_the_nodes_see(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name, files = slurm_overrides(["k=[2,3]"], "0123456789abcdef")
    assert name == "hydra.launcher.name=segment-01234567"
    assert files == f"hydra.launcher.submitit_folder='{tmp_path}/.segment-slurm/0123456789abcdef/%j'"
    folder = tmp_path / ".segment-slurm" / "0123456789abcdef"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700  # the words of a job may hold a password
    for name in ("1_0_submitted.pkl", "1_0_result.pkl", "1_0_log.err"):
        (folder / "1_0").mkdir(exist_ok=True)
        (folder / "1_0" / name).touch()
    remove_words("0123456789abcdef")
    assert [path.name for path in (folder / "1_0").iterdir()] == ["1_0_log.err"]
    asked = ["hydra.launcher.name='mine'", "hydra.launcher.submitit_folder=/shared/%j"]
    assert slurm_overrides(asked, "0123456789abcdef") == ("hydra.launcher.name=mine-01234567",)


@pytest.mark.parametrize("given", ["a,b", "x (1)", "${hydra.job.name}", "o'brien"])
def test_a_name_of_jobs_is_one_that_a_shell_and_hydra_read_alike(given):
    (name, *_) = slurm_overrides([f"hydra.launcher.name={given}"], "0123456789abcdef")
    assert re.fullmatch(r"hydra.launcher.name=[A-Za-z0-9_.-]+-01234567", name)


def test_jobs_are_ended_by_their_name_alone_those_that_wait_first(tmp_path, monkeypatch):
    (tmp_path / "left").write_text("one\n")
    for word, script in (
        ("squeue", 'cat "$here/left"; : > "$here/left"'),
        ("scancel", 'echo "$@" >> "$here/calls"'),
    ):
        (tmp_path / word).write_text(f"#!/bin/sh\nhere={tmp_path}\n{script}\n")
        (tmp_path / word).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(slurm, "PAUSE", 0.01)
    end_jobs("segment-01234567", wait=True)
    assert not (tmp_path / "calls").exists()  # nothing is left to cancel, where there may be nobody to ask
    end_jobs("segment-01234567", wait=False)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert all("--name segment-01234567" in call and "--user" in call for call in calls)
    assert "--state=PENDING" in calls[0]
    assert "--signal=KILL" in calls[1]
    assert len(calls) == 3
    assert (tmp_path / "left").read_text() == ""
