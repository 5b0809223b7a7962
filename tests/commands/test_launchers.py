"""The processes of this machine: started once, deaf to Ctrl-C, found again by Hydra's launcher."""

import os
import signal
import time
from dataclasses import asdict

import pytest
from hydra_plugins.hydra_joblib_launcher.config import JobLibLauncherConf
from joblib import Parallel, delayed
from joblib.externals.loky import reusable_executor

from customer_segmentation.commands.launchers import end_workers, start_workers
from customer_segmentation.commands.slurm import cancel_jobs, slurm_overrides


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


def test_slurm_jobs_have_a_name_of_their_sweep_and_files_that_the_nodes_see(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name, files = slurm_overrides(["k=[2,3]"], "0123456789abcdef")
    assert name == "hydra.launcher.name=segment-01234567"
    assert files == f"hydra.launcher.submitit_folder='{tmp_path}/.segment-slurm/0123456789abcdef/%j'"
    asked = ["hydra.launcher.name='mine'", "hydra.launcher.submitit_folder=/shared/%j"]
    assert slurm_overrides(asked, "0123456789abcdef") == ("hydra.launcher.name=mine-01234567",)


def test_jobs_are_cancelled_by_their_name_alone(tmp_path, monkeypatch):
    scancel = tmp_path / "scancel"
    scancel.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n')
    scancel.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    cancel_jobs("segment-01234567")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert all("--name segment-01234567" in call and "--user" in call for call in calls)
    assert "--signal=KILL" in calls[0]
    assert "--signal" not in calls[1]
