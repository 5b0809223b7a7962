"""Servers that the processes of a test run share: the first that asks starts one, which ends when all have left."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

#: Seconds that a server which nobody uses stays.
IDLE = 5


def place_of(name: str) -> Path:
    """Socket of a server of this test run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", os.getpid())
    return Path(tempfile.gettempdir()) / f"segment-{name}-{run}" / "socket"


def joined(name: str, *command: str, **environment: str) -> socket.socket:
    """Connect to the server of a name, and start it where no process has; the place of its socket is its last word."""
    place = place_of(name)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    with open(place.parent / "lock", "w") as lock, open(place.parent / "said", "a+") as said:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(OSError):
            return _connected(place)
        place.unlink(missing_ok=True)
        server = subprocess.Popen(
            [sys.executable, *command, str(place)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env={**os.environ, **environment},
        )
        while not place.exists():
            if server.poll() is not None:
                raise RuntimeError((place.parent / "said").read_text())
            time.sleep(0.05)
        return _connected(place)


def serve(place: str, answer: Callable[[socket.socket], None]) -> None:
    """Fork a process for every connection, until there is none any more."""
    used = 0
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{place}.soon")
        server.listen(8)
        Path(f"{place}.soon").rename(place)
        while True:
            asked = select.select([server], [], [], IDLE)[0]
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    used -= 1
            if asked:
                link, _ = server.accept()
                if os.fork() == 0:
                    server.close()
                    with link:
                        answer(link)
                    os._exit(0)
                link.close()
                used += 1
            elif not used:
                break
    shutil.rmtree(Path(place).parent, ignore_errors=True)


def _connected(place: Path) -> socket.socket:
    link = socket.socket(socket.AF_UNIX)
    try:
        link.connect(str(place))
    except OSError:
        link.close()
        raise
    return link
