"""The processes of this machine: as this one is, deaf to Ctrl-C, each study in one of them and once."""

import multiprocessing
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from types import ModuleType, SimpleNamespace

import matplotlib
import pytest
from hydra.core.hydra_config import HydraConfig

from customer_segmentation.config import compose, composed
from customer_segmentation.config.hydra_app import _Task
from customer_segmentation.errors import SegmentError
from customer_segmentation.execution import slurm
from customer_segmentation.execution.launchers import Launch, launch_of, may_fork
from customer_segmentation.execution.processes import Processes, workers
from customer_segmentation.execution.slurm import end_jobs, remove_words, slurm_overrides
from customer_segmentation.parallel import each_once, jobs_at_once, side_by_side
from customer_segmentation.secrets import forget, remember
from customer_segmentation.settings.sweep import LauncherSettings, SweepSettings
from customer_segmentation.tracking import settled as mlflow_settled
from hydra_plugins.segment_sweeper import start_ray

HERE = os.getpid()


def state(_: int) -> tuple[int, bool, bool, int]:
    """Process, whether it hears Ctrl-C, whether it follows its parent, and how many processes it would start."""
    time.sleep(0.2)  # so that each process gets one
    deaf = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    following = any(thread.name == "segment-parent" for thread in threading.enumerate())
    return os.getpid(), deaf, following, jobs_at_once()


def kill_self(number: int) -> int:
    """Die in a worker; in the process of the test it is a plain function."""
    if os.getppid() == HERE:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def note(folder, fails, number):
    """Leave a file; some calls raise, some take their process with them."""
    with (folder / str(number)).open("a") as file:
        file.write("x")
    if number == fails:
        raise ValueError(number)


class _Noted:
    def __init__(self, folder, fails=-1):
        self.folder, self.fails = folder, fails

    def __call__(self, number):
        note(self.folder, self.fails, number)


@pytest.fixture
def settled():
    return []


@pytest.fixture
def launched(settled):
    with workers(Launch("local", 2), threads=1, settle=lambda: settled.append(1)):
        yield


def test_refits_go_on_when_a_process_dies_and_new_ones_are_as_the_old(launched, settled):
    before = signal.getsignal(signal.SIGINT)  # ignored, where a shell has started the tests in the background
    numbers = [(n,) for n in range(4)]
    first = side_by_side(state, numbers)
    assert side_by_side(kill_self, numbers) == [0, 1, 2, 3]
    second = side_by_side(state, numbers)
    for found in (first, second):
        assert all(deaf and following and at_once == 1 for _, deaf, following, at_once in found)
        assert len({pid for pid, *_ in found} - {HERE}) == 2
    assert not {pid for pid, *_ in first} & {pid for pid, *_ in second}
    assert settled == [1, 1], "before every fork"
    assert signal.getsignal(signal.SIGINT) == before
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_each_study_runs_once_and_what_it_raises_arrives(launched, tmp_path):
    each_once(_Noted(tmp_path), range(5))
    assert [(tmp_path / str(number)).read_text() for number in range(5)] == ["x"] * 5
    with pytest.raises(ValueError, match="7"):
        each_once(_Noted(tmp_path, fails=7), range(5, 9))
    assert {path.read_text() for path in tmp_path.iterdir()} <= {"x", ""}, "what ran beside it was ended"


def test_studies_of_a_process_that_died_are_not_begun_again(launched):
    with pytest.raises(SegmentError, match="memory"):
        each_once(kill_self, range(3))


def test_where_no_process_can_be_had_studies_run_here(monkeypatch):
    assert may_fork()

    def none_here():
        raise PermissionError("/dev/shm")

    settings = SweepSettings(launcher=LauncherSettings(kind="local", processes=2))
    asked = {"overrides": (), "sweep_id": "0123456789abcdef"}
    assert [str(launch_of(settings, n, 100, **asked)) for n in (1, 4)] == ["local, 1 process", "local, 2 processes"]
    monkeypatch.setattr(multiprocessing.get_context("fork"), "Lock", none_here)
    assert not may_fork()
    assert launch_of(settings, 4, 100, **asked) == Launch("in_process", 1)


def test_processes_are_gone_when_they_are_ended():
    pool = Processes(2, lambda: None)
    pids = {pid for pid, *_ in pool.results(state, [(n,) for n in range(4)])}
    pool.end()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_slurm_jobs_have_a_name_of_their_sweep_and_files_that_the_nodes_see(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name, files = slurm_overrides(["k=[2,3]"], "0123456789abcdef")
    assert name == "hydra.launcher.name=segment-01234567"
    (folder,) = (tmp_path / ".segment-slurm").iterdir()
    assert files == f"hydra.launcher.submitit_folder='{folder}/%j'"
    # nobody can have put a result there before, which would be unpickled
    assert re.fullmatch(r"0123456789abcdef-[0-9a-f]{16}", folder.name)
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


def _say(_: int) -> None:
    print("said VerySecret9 \x1b]0;title\x07", file=sys.stderr, flush=True)


def test_a_study_on_a_cluster_works_in_the_folder_of_its_sweep_and_says_no_secret(monkeypatch, capsys, tmp_path):
    assert compose  # is there: what it takes from `composed` stays what it is
    remember("VerySecret9")
    for name in ("choices_of", "config_text", "name_versions", "to_settings"):
        monkeypatch.setattr(composed, name, lambda *_, **__: {})
    known = SimpleNamespace(overrides=SimpleNamespace(task=()), job=SimpleNamespace(num=0))
    monkeypatch.setattr(HydraConfig, "get", lambda: known)
    before = sys.stdout, sys.stderr
    try:
        monkeypatch.chdir(tmp_path)
        task = _Task(_say, {})
        monkeypatch.chdir("/")  # where a worker of a cluster may start
        task(None)
        assert os.getcwd() == str(tmp_path)
    finally:
        forget()
    assert capsys.readouterr().err == "said *** ]0;title\n"
    assert (sys.stdout, sys.stderr) == before


def test_a_process_says_no_more_than_this_one_would(capfd):
    remember("VerySecret9")
    pool = Processes(1, lambda: None)
    try:
        pool.once(_say, [1])
    finally:
        pool.end()
        forget()
    said = capfd.readouterr().err
    assert "said ***" in said
    assert "VerySecret9" not in said
    assert "\x1b" not in said


def test_ray_is_not_started_where_its_workers_would_import_what_a_folder_holds(monkeypatch, tmp_path):
    started = []
    util = ModuleType("hydra_plugins.hydra_ray_launcher._launcher_util")
    util.start_ray = lambda asked: started.append((os.getcwd(), asked))
    package = ModuleType("hydra_plugins.hydra_ray_launcher")
    package._launcher_util = util
    monkeypatch.setitem(sys.modules, package.__name__, package)
    monkeypatch.chdir(tmp_path)
    start_ray(type("RayLauncher", (), {"ray_cfg": SimpleNamespace(init={"address": None})})())
    start_ray(SimpleNamespace())
    assert started == [("/", {"address": None})]
    assert os.getcwd() == str(tmp_path)


@pytest.mark.parametrize("kind", ["pipe", "bytes", "latex"])
def test_a_style_of_the_folder_is_neither_waited_for_nor_read(kind, tmp_path):
    style = tmp_path / "matplotlibrc"
    os.mkfifo(style) if kind == "pipe" else style.write_bytes(b"\xff" if kind == "bytes" else b"text.usetex: True\n")
    words = "from customer_segmentation.tracking.settled import settle; settle(); import matplotlib as m; "
    asked = [sys.executable, "-P", "-c", words + "print(m.rcParams['text.usetex'])"]
    ran = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ran.stdout == "False\n", ran.stderr


def test_a_call_leaves_the_style_of_a_session(monkeypatch, tmp_path):
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 7\n")
    monkeypatch.chdir(tmp_path)
    with matplotlib.rc_context({"lines.linewidth": 7}):
        monkeypatch.setattr(mlflow_settled, "_CALLS", mlflow_settled._Calls())
        with mlflow_settled.settled():
            assert matplotlib.rcParams["lines.linewidth"] != 7
        assert matplotlib.rcParams["lines.linewidth"] == 7
