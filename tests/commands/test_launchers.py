"""The processes of this machine: started once, deaf to Ctrl-C, found again by Hydra's launcher."""

import os
import signal
import time
from dataclasses import asdict

import pytest
from hydra_plugins.hydra_joblib_launcher.config import JobLibLauncherConf
from joblib import Parallel, delayed

from customer_segmentation.commands.launchers import end_workers, start_workers


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
    launcher = {key: value for key, value in asdict(JobLibLauncherConf()).items() if key != "_target_"}
    launcher |= {"n_jobs": processes, "backend": "loky", "pre_dispatch": "n_jobs", "batch_size": 1}
    found = Parallel(**launcher)(delayed(who)() for _ in range(4))
    assert all(blocked for _, blocked in found)
    assert {str(pid) for pid, _ in found} == {path.name for path in tmp_path.iterdir()}
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
