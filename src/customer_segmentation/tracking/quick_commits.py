"""Commits of a SQLite store that do not wait for the disk: a sweep writes ten for each candidate.

Commits go to a write-ahead log, which reaches the disk when it is full and at the end. A killed process leaves the log,
and whoever opens the store next, by whatever program, finds all of it there. A loss of power can cost the last runs,
whose files MLflow does not wait for either; the store stays whole, and the same command makes them again. The log needs
memory that all writers share, so that it serves on a disk of this machine alone; and a file at rest is to be one that
can be copied, moved and read anywhere, so that the log is taken away at the end.

Source: SQLite, "Write-Ahead Logging", https://www.sqlite.org/wal.html, and "PRAGMA synchronous".
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from customer_segmentation.tracking.connections import close_connections, waiting_for_the_disk
from customer_segmentation.tracking.store import Store
from customer_segmentation.tracking.store_address import SQLITE

#: Kinds of file system that are of this machine alone.
OWN_DISK = frozenset(["ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay", "tmpfs"])
MOUNTS = Path("/proc/self/mounts")


@contextlib.contextmanager
def quick_commits(store: Store) -> Iterator[None]:
    """Let a local store on a disk of this machine keep a write-ahead log in the block.

    Parameters
    ----------
    store : any store; one that is no file of this machine stays as it is
    """
    path = Path(store.uri.removeprefix(SQLITE))
    if not store.uri.startswith(SQLITE) or not is_own_disk(path):
        yield
        return
    _keep_log(path, "WAL")
    close_connections(store.uri)  # they would go on waiting
    try:
        with waiting_for_the_disk(path, "NORMAL"):
            yield
    finally:
        close_connections(store.uri)
        _keep_log(path, "DELETE")  # stays as it is where another program has the store open


def is_own_disk(path: Path) -> bool:
    """Tell whether a file is on a disk of this machine alone; where the system does not say, it is not.

    >>> is_own_disk(Path("/proc/version"))
    False

    Parameters
    ----------
    path : of the file
    """
    try:
        mounts = [line.split()[1:3] for line in MOUNTS.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return False
    place = path.resolve()
    around = [(len(where), kind) for where, kind in mounts if place.is_relative_to(where.replace("\\040", " "))]
    return max(around, default=(0, ""))[1] in OWN_DISK


def _keep_log(path: Path, mode: str) -> None:
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path, timeout=0)) as connection:
        if mode == "DELETE":  # the file holds everything, whatever else has it open
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute(f"PRAGMA journal_mode={mode}")
