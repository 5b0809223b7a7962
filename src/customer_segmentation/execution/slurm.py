"""Studies as jobs of a Slurm cluster: where submitit leaves its files, and how the jobs of one sweep are ended."""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from customer_segmentation.config.quoting import quoted
from customer_segmentation.execution.progress import current_progress

#: In the folder of the command, which the nodes have to see, as they have to see the table.
FOLDER = ".segment-slurm"

NAME, FILES = "hydra.launcher.name", "hydra.launcher.submitit_folder"

#: Of this command's folder: submitit runs what is pickled there, and a sweep that is continued has an id that is known.
_OWN = secrets.token_hex(8)

#: Seconds that a cancellation may take of the two in which Ctrl-C has to end a command.
PATIENCE = 1.2
PAUSE = 5.0  # seconds between two looks at the queue

#: Those that wait first: they would start in the place of those that end. A signal alone does not end a job for good.
_CANCEL = 'scancel "$@" --state=PENDING; scancel "$@" --signal=KILL --full; scancel "$@"'


def job_name(asked: Sequence[str], sweep_id: str) -> str:
    """Name of the jobs: the user's own or "segment", and the sweep, so that no other job is called so.

    Parameters
    ----------
    asked : overrides of the sweep
    sweep_id : id of its run
    """
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', _given(asked, NAME)) or 'segment'}-{sweep_id[:8]}"


def slurm_overrides(asked: Sequence[str], sweep_id: str) -> tuple[str, ...]:
    """Overrides of Hydra's that go after the user's own.

    Parameters
    ----------
    asked : sequence of str
        The user's overrides.
    sweep_id : str
    """
    if not _given(asked, FILES):  # the jobs' words may hold a password, as of data.path
        _folder(sweep_id).parent.mkdir(mode=0o700, exist_ok=True)
        _folder(sweep_id).mkdir(mode=0o700, exist_ok=True)
    files = () if _given(asked, FILES) else (f"{FILES}={quoted(f'{_folder(sweep_id)}/%j')}",)
    return (f"{NAME}={job_name(asked, sweep_id)}", *files)


def end_jobs(name: str, *, wait: bool) -> None:
    """Wait until no job of this name is left, or cancel them; Ctrl-C while waiting cancels as well.

    Parameters
    ----------
    name : of the jobs
    wait : wait for them instead of cancelling
    """
    if not wait:
        _cancel(name)
        return
    try:
        while _waiting(name):
            time.sleep(PAUSE)
    except BaseException:
        _cancel(name)
        raise


def _waiting(name: str) -> bool:
    """Whether the queue holds a job of this name."""
    squeue = shutil.which("squeue")
    if squeue is None:
        return False
    ran = subprocess.run(  # noqa: S603 - Slurm's own program, no shell
        [squeue, "--noheader", "--user", getpass.getuser(), "--name", name], capture_output=True, text=True, check=False
    )
    return ran.returncode == 0 and bool(ran.stdout.strip())


def _cancel(name: str) -> None:
    if shutil.which("scancel") is None:
        return
    words = ["--quiet", "--user", getpass.getuser(), "--name", name]
    scancel = subprocess.Popen(  # noqa: S603 - the shell runs fixed words; names are its arguments
        ["/bin/sh", "-c", _CANCEL, "sh", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # it goes on when this command ends, or is interrupted once more
    )
    try:
        scancel.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        current_progress().say(f"the jobs {name} are still being cancelled; `scancel --name {name}` makes sure.")


def remove_files(sweep_id: str) -> None:
    """Remove what submitit wrote for a sweep that has ended well."""
    for folder in _folders(sweep_id):
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # another sweep's are there
        _folder(sweep_id).parent.rmdir()


def remove_words(sweep_id: str) -> None:
    """Remove what submitit has pickled for a sweep's jobs, however it ended: their words, which may hold a password."""
    for folder in _folders(sweep_id):
        for path in folder.rglob("*.pkl"):
            path.unlink(missing_ok=True)


def _folder(sweep_id: str) -> Path:
    return Path(os.getcwd()) / FOLDER / f"{sweep_id}-{_OWN}"


def _folders(sweep_id: str) -> list[Path]:
    """Of this command, and of earlier ones that continued the same sweep and were killed."""
    return [folder for folder in _folder(sweep_id).parent.glob(f"{sweep_id}-*") if not folder.is_symlink()]


def _given(asked: Sequence[str], key: str) -> str:
    """Value that the user has given a key, without quotes; empty when there is none."""
    values = [word.partition("=")[2] for word in asked if word.lstrip("+").partition("=")[0] == key]
    value = values[-1].strip("'\"") if values else ""
    return "" if value == "null" else value
