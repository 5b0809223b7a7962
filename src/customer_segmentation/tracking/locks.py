"""Locks between the commands of one user on one machine."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from customer_segmentation.errors import StoreError


@contextlib.contextmanager
def locked(what: str) -> Iterator[None]:
    """Hold the lock of something; wait for it first.

    The temporary folder is shared by all users: the locks lie in a folder of this user's own, and no link is followed.

    Raises
    ------
    StoreError
        That folder belongs to somebody else or is open to others.
    """
    path = _folder() / f"{hashlib.sha256(what.encode()).hexdigest()[:16]}.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"segment-locks-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise StoreError(
            f"{folder} is not a folder that this user alone can write, and locks cannot lie there; remove it, or set "
            "TMPDIR to a folder of your own."
        )
    return folder
