"""A project's folder that was renamed, moved or copied with its store: the artifacts beside the store are found again.

MLflow keeps absolute addresses of artifacts in its tables. Where a local store has left the folder that they name, and
its ``mlartifacts`` came along, the addresses are made those of the new place; where they did not come along, nothing is
written into the old one.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlsplit

from customer_segmentation.errors import StoreError

ARTIFACTS = "mlartifacts"
#: Tables and columns of MLflow's schema in which an address of artifacts stands.
ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def find_artifacts(database: Path, experiment: str) -> str | None:
    """Let the addresses of a store lead to the artifacts beside it; return the folder that they led to before.

    Parameters
    ----------
    database : Path
        SQLite file of the store; its lock is held.
    experiment : str
        Name of the experiment that is asked for.

    Returns
    -------
    str or None
        None where nothing had to be changed.

    Raises
    ------
    StoreError
        The artifacts of the experiment are gone: neither where the store says nor beside it.
    """
    here = database.parent / ARTIFACTS
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection:
        found = connection.execute(
            "SELECT artifact_location FROM experiments WHERE name = ? AND lifecycle_stage = 'active'", (experiment,)
        ).fetchone()
        old = None if found is None else _folder(found[0])
        if found is None or old is None or old.name != ARTIFACTS or old == here or _same(old, here):
            return None
        runs = {
            row[0]
            for row in connection.execute(
                "SELECT run_uuid FROM runs JOIN experiments e USING (experiment_id) WHERE e.name = ?", (experiment,)
            )
        }
        if not _holds(here, runs):
            if not old.is_dir() and runs:
                raise StoreError(
                    f"the artifacts of the experiment {experiment} lie in {old}, which is not there: the store "
                    f"{database} was moved without them; put that folder to {here}, or give another store with "
                    "tracking.uri=."
                )
            return None
        before, after = str(found[0]).rstrip("/"), here.as_uri()
        with connection:
            for table, column in ADDRESSES:
                names = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
                if column in names:
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 - names of ours
                        f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                        (after, len(before) + 1, before, len(before) + 1, f"{before}/"),
                    )
    return str(old)


def _folder(address: str) -> Path | None:
    """Folder of an address of this machine's; None for any other."""
    parts = urlsplit(address)
    if parts.scheme not in ("", "file") or parts.netloc:
        return None
    return Path(unquote(parts.path))


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _holds(folder: Path, runs: set[str]) -> bool:
    """Whether a folder holds artifacts of some of the runs."""
    return folder.is_dir() and any((folder / run).is_dir() for run in runs)
