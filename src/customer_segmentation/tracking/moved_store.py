"""A project's folder that was renamed, moved or copied with its store: the artifacts beside the store are found again.

MLflow keeps absolute addresses of artifacts in its tables. Where a local store has left the folder that they name, and
its ``mlartifacts`` came along, the addresses are made those of the new place; where they did not come along, nothing is
written into the old one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from customer_segmentation.errors import StoreError
from customer_segmentation.secrets import redact
from customer_segmentation.settings.credentials import refuse_unstated
from customer_segmentation.tracking.store_address import SQLITE, is_database

NOTICES = logging.getLogger(__name__)

ARTIFACTS = "mlartifacts"
#: Tables and columns of MLflow's schema in which an address of artifacts stands.
ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)

#: Table, its address, and how MLflow makes it of that of the experiment.
OWN_PLACES = (
    ("runs", "artifact_uri", "'/' || run_uuid || '/artifacts'"),
    ("logged_models", "logged_models.artifact_location", "'/models/' || model_id || '/artifacts'"),
)


def find_artifacts(database: Path, experiment: str) -> None:
    """Let the addresses of a store that was moved lead to the artifacts beside it, and say so.

    Parameters
    ----------
    database : Path
        SQLite file of the store; its lock is held.
    experiment : str
        Name of the experiment that is asked for.

    Raises
    ------
    StoreError
        The artifacts of the experiment are gone: neither where the store says nor beside it; or the store cannot be
        written.
    """
    real = Path(os.path.realpath(database))  # beside a link to the store of another folder lies nothing of it
    if real.parent != Path(os.path.realpath(database.parent)):
        NOTICES.warning("the store %s is a link to %s, which is read and written", database, real)
    here = real.parent / ARTIFACTS
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection:
        found = connection.execute(
            "SELECT artifact_location FROM experiments WHERE name = ? AND lifecycle_stage = 'active'", (experiment,)
        ).fetchone()
        old = None if found is None else folder_of(found[0])
        if found is None or old is None or old.name != ARTIFACTS or old == here or _same(old, here):
            return
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
            return
        before, after = str(found[0]).rstrip("/"), here.as_uri()
        with _told_of_the_move(database, old), connection:
            for table, column in ADDRESSES:
                names = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
                if column in names:
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 - names of ours
                        f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                        (after, len(before) + 1, before, len(before) + 1, f"{before}/"),
                    )
    NOTICES.warning("the store was moved: its artifacts are taken from %s, no longer %s", here, old)


@contextlib.contextmanager
def _told_of_the_move(database: Path, old: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(
            f"the store {database} was moved and still says that its artifacts lie in {old}, which cannot be changed "
            f"({error}); make it writable for one command, such as `segment history`."
        ) from error


def foreign_place(database: Path, experiment: str, given: str | None) -> str | None:
    """Where the artifacts of an experiment go, if that is not beside its store and nobody has said so now.

    Parameters
    ----------
    database : Path
        SQLite file of the store, which may be a stranger's.
    experiment : str
    given : str or None
        Address that the user gives.

    Raises
    ------
    StoreError
        The store sends a run or a model elsewhere than its experiment, as MLflow never does: what is written there
        could take the place of a file of the user's.
    """
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection:
        found = connection.execute("SELECT artifact_location FROM experiments WHERE name = ?", (experiment,)).fetchone()
        for address in (given, None if found is None else found[0]):
            refuse_cut_short(f"{SQLITE}{database}", address)
        if found is None:
            return None
        place = str(found[0] or "").rstrip("/")
        before = re.split("[?#]", place)[0] if urlsplit(place).scheme else place  # parameters stay at the end
        for table, address, form in OWN_PLACES:
            other = connection.execute(
                f"SELECT {address} FROM {table} JOIN experiments e USING (experiment_id) "  # noqa: S608 - names of ours
                f"WHERE e.name = ? AND {address} IS NOT ? || {form} || ? LIMIT 1",
                (experiment, before.rstrip("/"), place[len(before) :]),
            ).fetchone()
            if other is not None:
                raise StoreError(
                    f"the store {database} keeps artifacts of the experiment {experiment} in {other[0]}, outside "
                    f"{place}; MLflow never does that, so that the store was altered and is not used."
                )
    folder, beside = folder_of(place), database.parent.resolve()
    inside = folder is not None and Path(os.path.realpath(folder)).is_relative_to(beside)
    return None if inside or (given or "").rstrip("/") == place else place


def check_place(uri: str, experiment: str, given: str | None = None) -> None:
    """Say where a local store, which may be a stranger's, sends what is kept of runs, if not beside itself.

    Parameters
    ----------
    uri : of the store
    experiment : whose runs are meant
    given : the place that the user gives

    Raises
    ------
    SettingsError
        It is a server, to which credentials of the user's would go.
    StoreError
        The store was altered.
    """
    if uri.startswith(SQLITE):
        elsewhere = foreign_place(Path(uri.removeprefix(SQLITE)), experiment, given)
        if elsewhere is not None:
            refuse_place(uri, elsewhere)
            NOTICES.warning("as the store says, what is kept of a run goes to %s", redact(elsewhere))


def check_kept(uri: str, experiment: str, kept: str, given: str | None) -> None:
    """Refuse a place of artifacts that is not that of the experiment, which MLflow never moves, see `refuse_place`.

    Parameters
    ----------
    uri : of the store
    experiment : its name
    kept : where its artifacts go
    given : where the user wants them

    Raises
    ------
    StoreError
        They are not the same.
    """
    if given is not None and kept.rstrip("/") == given.rstrip("/"):
        return
    refuse_place(uri, kept)
    if given is None:
        return
    one, other = folder_of(kept), folder_of(given)
    if one is None or other is None or os.path.realpath(one) != os.path.realpath(other):
        raise StoreError(
            f"tracking.artifacts={redact(given)} changes nothing: the experiment {experiment} has kept its artifacts "
            f"in {redact(kept)} since it was made; leave it out, or name a new experiment by tracking.experiment=NAME."
        )


def refuse_place(uri: str, place: str | None) -> None:
    """Refuse a place of artifacts that a database names, and that would get credentials of the user's.

    Parameters
    ----------
    uri : of the store
    place : of a run, a model or an experiment
    """
    if is_database(uri):
        refuse_unstated("tracking.artifacts", place, (), who=f"the store {redact(uri)} has")


def refuse_cut_short(uri: str, place: str | None) -> None:
    """Refuse a folder of this machine in whose address a ``?`` or ``#`` stands: what follows is no part of the folder.

    Parameters
    ----------
    uri : of the store
    place : of a run, a model or an experiment

    Raises
    ------
    StoreError
        One stands there. MLflow writes none, and what compares addresses would not see where it leads.
    """
    parts = urlsplit(place or "")
    if parts.scheme == "file" and (parts.query or parts.fragment):
        raise StoreError(
            f"the store {redact(uri)} is to keep artifacts in {redact(str(place))}, and a folder has no ? or # in its "
            "address (they are written as %3F and %23); name a folder with tracking.artifacts=FOLDER, or another store "
            "with tracking.uri=ADDRESS."
        )


def make_room(place: str, files: Path) -> None:
    """Take links out of the way of files that are copied to a run: else the file behind one would be written over.

    Parameters
    ----------
    place : of the run's artifacts
    files : folder of what is to be copied

    Raises
    ------
    StoreError
        A folder of the run is a link: what is in it is not of the run.
    """
    kept = folder_of(place)
    if kept is None:
        return
    copied = {kept / path.relative_to(files): path.is_dir() for path in files.rglob("*")}
    for folder in (kept.parent, kept, *(target for target, is_folder in sorted(copied.items()) if is_folder)):
        if folder.is_symlink():
            raise StoreError(
                f"{folder} is a link to {os.readlink(folder)}, where files could be replaced that are not of the run; "
                "put a folder in its place."
            )
    for target in (target for target, is_folder in copied.items() if not is_folder):
        if target.is_symlink() or (target.is_file() and target.stat().st_nlink > 1):
            target.unlink()


def folder_of(address: str) -> Path | None:
    """Folder of an address of this machine's; None for any other."""
    parts = urlsplit(address)
    if parts.scheme not in ("", "file") or parts.netloc:
        return None
    return Path(unquote(parts.path if parts.scheme else address))  # a bare path may have ? and # in it


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _holds(folder: Path, runs: set[str]) -> bool:
    """Whether a folder holds artifacts of some of the runs."""
    return folder.is_dir() and any((folder / run).is_dir() for run in runs)


def refuse_lost_link(place: str | None) -> None:
    """Refuse a folder of artifacts that is a link to nowhere, before a store is made that could keep nothing there.

    Raises
    ------
    StoreError
        It is one, or a file.
    """
    folder = folder_of(place) if place else None
    if folder is not None and os.path.lexists(folder) and not folder.is_dir():
        what = f"a link to {os.readlink(folder)}, which is not there" if folder.is_symlink() else "a file"
        raise StoreError(
            f"{folder}, where what is kept of a run goes, is {what}; remove it, or name another folder with "
            "tracking.artifacts=FOLDER."
        )
