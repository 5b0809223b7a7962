"""Studies as jobs of a Slurm cluster: where submitit leaves its files, and how the jobs of one sweep are cancelled."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

#: Beside the store of a sweep without a server: a folder that the nodes see too, as they have to see the table.
FOLDER = ".segment-slurm"

NAME, FILES = "hydra.launcher.name", "hydra.launcher.submitit_folder"

#: Seconds that a cancellation may take of the two in which Ctrl-C has to end a command.
PATIENCE = 0.8


def job_name(asked: Sequence[str], sweep_id: str) -> str:
    """Name of the jobs: the user's own or "segment", and the sweep, so that no other job is called so."""
    return f"{_given(asked, NAME) or 'segment'}-{sweep_id[:8]}"


def slurm_overrides(asked: Sequence[str], sweep_id: str) -> tuple[str, ...]:
    """Overrides of Hydra's that go after the user's own.

    Parameters
    ----------
    asked : sequence of str
        The user's overrides.
    sweep_id : str
    """
    files = () if _given(asked, FILES) else (f"{FILES}='{_folder(sweep_id)}/%j'",)
    return (f"{NAME}={job_name(asked, sweep_id)}", *files)


def cancel_jobs(name: str) -> None:
    """Cancel the jobs of this name: those that run at once, then those that wait."""
    scancel = shutil.which("scancel")
    if scancel is None:
        return
    mine = ("--quiet", "--user", getpass.getuser(), "--name", name)
    for words in (("--signal=KILL", "--full"), ()):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run([scancel, *mine, *words], capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603


def remove_files(sweep_id: str) -> None:
    """Remove what submitit wrote for a sweep that has ended well."""
    shutil.rmtree(_folder(sweep_id), ignore_errors=True)
    with contextlib.suppress(OSError):  # another sweep's are there
        _folder(sweep_id).parent.rmdir()


def _folder(sweep_id: str) -> Path:
    return Path(os.getcwd()) / FOLDER / sweep_id


def _given(asked: Sequence[str], key: str) -> str:
    """Value that the user has given a key, without quotes; empty when there is none."""
    values = [word.partition("=")[2] for word in asked if word.lstrip("+").partition("=")[0] == key]
    return values[-1].strip("'\"") if values else ""
