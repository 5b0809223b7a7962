"""Temporary folders of this process, which go with it: what a killed one left is removed by the next.

They lie in one folder that only this user can enter. A file in it is locked for as long as the process, or one that it
has forked, is there; the system frees the lock however it ended. What is not locked so is nobody's any more. The file
holds the inodes of both, which no archive or copy brings along: a folder of the user's with such a name stays.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import stat
import tempfile
import threading
from pathlib import Path

PREFIX = "segment-"
HELD = "held"  # the file that is locked
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux

_LOCK = threading.RLock()
#: Folder of this process, by where temporary files are, and the lock on it (None where the system has none).
_own: dict[str, tuple[str, int | None]] = {}


def scratch_folder(kind: str = "") -> tempfile.TemporaryDirectory[str]:
    """A temporary folder: as a context manager, or until its ``cleanup()``.

    Parameters
    ----------
    kind : what it is for, as a part of its name
    """
    return tempfile.TemporaryDirectory(prefix=f"{PREFIX}{kind}", dir=_folder())


def lasting_folder(kind: str = "") -> str:
    """A temporary folder that stays until this process ends, or somebody removes it.

    Parameters
    ----------
    kind : what it is for, as a part of its name
    """
    return tempfile.mkdtemp(prefix=f"{PREFIX}{kind}", dir=_folder())


def locks_held() -> tuple[int, ...]:
    """File descriptors that a program inherits so that folders of this process stay for as long as it runs."""
    return tuple(lock for _, lock in _own.values() if lock is not None)


def die_with_parent() -> None:
    """In a new process, before its program starts: end when the one that started it is killed and cannot tell."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGTERM)


def _folder() -> str:
    top = tempfile.gettempdir()
    with _LOCK:
        if top not in _own or not os.path.isdir(_own[top][0]):
            _remove_left(Path(top))
            _own[top] = _made(top)
        return _own[top][0]


def _made(top: str) -> tuple[str, int | None]:
    folder = tempfile.mkdtemp(prefix=PREFIX, dir=top)
    atexit.register(_end, folder, os.getpid())
    lock = None
    with contextlib.suppress(OSError):  # without locks nobody removes it but this process
        # locked before it has its name: another command would take it for free
        lock = os.open(f"{folder}/new", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(lock, _mark(os.stat(folder), os.fstat(lock)))
        os.rename(f"{folder}/new", f"{folder}/{HELD}")
    return folder, lock


def _end(folder: str, process: int) -> None:
    if os.getpid() == process:  # not one that was forked from it
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left(top: Path) -> None:
    """Remove folders of this user's processes that are gone; no link is followed, and nothing else is touched."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(top):
            if entry.name.startswith(PREFIX):
                with contextlib.suppress(OSError):
                    _remove_if_free(entry.path)


def _remove_if_free(folder: str) -> None:
    with contextlib.ExitStack() as opened:
        place = _opened(opened, folder, os.O_RDONLY | os.O_DIRECTORY)
        found = os.fstat(place)
        if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
            return
        lock = _opened(opened, HELD, os.O_RDWR | os.O_NONBLOCK, within=place)
        if stat.S_ISREG(os.fstat(lock).st_mode):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an error where it is held
            if os.read(lock, 200) == _mark(found, os.fstat(lock)):
                shutil.rmtree(folder, ignore_errors=True)


def _mark(folder: os.stat_result, held: os.stat_result) -> bytes:
    """What the locked file says: where it was made, and is the same nowhere else."""
    return f"temporary folder of segment {folder.st_ino} {held.st_ino}\n".encode()


def _opened(stack: contextlib.ExitStack, path: str, how: int, within: int | None = None) -> int:
    handle = os.open(path, how | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=within)
    stack.callback(os.close, handle)
    return handle
