"""Temporary folders: nobody else enters them, and those of a killed process are removed by the next."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from customer_segmentation import scratch


@pytest.fixture
def top(tmp_path, monkeypatch):
    """Where temporary files are; nothing of it is remembered."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_own", {})
    return tmp_path


def in_a_process(end):
    """Folder that another process makes and writes into before it goes."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        folder = scratch.lasting_folder()
        (Path(folder) / "customers.csv").write_text("mine")
        os.write(write, folder.encode())
        if end is not None:
            os.kill(os.getpid(), end)
        signal.alarm(20)  # a test that fails leaves nobody
        signal.pause()
    os.close(write)
    folder = Path(os.read(read, 4096).decode())
    os.close(read)
    if end is not None:
        os.waitpid(child, 0)
    return child, folder


def test_what_a_killed_process_left_goes_with_the_next_folder(top):
    running, used = in_a_process(None)
    _, left = in_a_process(signal.SIGKILL)
    assert (left / "customers.csv").exists()
    assert stat.S_IMODE(left.parent.stat().st_mode) == 0o700
    with scratch.scratch_folder() as mine:
        assert not left.parent.exists()
        assert (used / "customers.csv").exists()
        os.kill(running, signal.SIGKILL)
        os.waitpid(running, 0)
        scratch._remove_left(top)
        assert not used.parent.exists()
        assert Path(mine).exists()
    assert not Path(mine).exists()


def test_what_is_not_such_a_folder_stays(top):
    """Links, folders without the locked file or open to others, and other names."""
    precious = top / "precious"
    precious.mkdir(mode=0o700)
    (precious / scratch.HELD).touch()
    (top / "segment-link").symlink_to(precious)
    (top / "segment-open").mkdir()
    (top / "segment-open" / scratch.HELD).touch()
    (top / "segment-open").chmod(0o755)
    (top / "segment-mine").mkdir(mode=0o700)
    (top / "segment-linked").mkdir(mode=0o700)
    (top / "segment-linked" / scratch.HELD).symlink_to(precious / scratch.HELD)
    (top / "segment-piped").mkdir(mode=0o700)
    os.mkfifo(top / "segment-piped" / scratch.HELD)
    (top / "segment-unpacked").mkdir(mode=0o700)
    (top / "segment-unpacked" / scratch.HELD).touch()
    before = sorted(top.rglob("*"))
    scratch._remove_left(top)
    assert sorted(top.rglob("*")) == before


def test_a_copy_of_such_a_folder_is_the_users(top):
    _, left = in_a_process(signal.SIGKILL)
    shutil.copytree(left.parent, top / "segment-copied", copy_function=shutil.copy2)
    scratch._remove_left(top)
    assert [path.name for path in top.iterdir()] == ["segment-copied"]
    assert (top / "segment-copied" / scratch.HELD).exists()


def test_a_forked_process_leaves_the_folder_of_its_parent(top):
    folder = Path(scratch.lasting_folder())
    child = os.fork()
    if not child:
        scratch._end(str(folder.parent), os.getppid())
        os._exit(0)
    os.waitpid(child, 0)
    assert folder.exists()
    scratch._end(str(folder.parent), os.getpid())
    assert not folder.parent.exists()
    assert Path(scratch.lasting_folder()).exists()  # one that is gone is made again


def test_a_program_ends_with_the_process_that_started_it():
    code = (
        "import subprocess, os, signal; from customer_segmentation.scratch import die_with_parent;"
        "started = subprocess.Popen(['sleep', '60'], preexec_fn=die_with_parent, start_new_session=True);"
        "print(started.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False)
    started = int(done.stdout)
    until = time.monotonic() + 10
    while _is_running(started) and time.monotonic() < until:
        time.sleep(0.01)
    assert not _is_running(started)


def _is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
