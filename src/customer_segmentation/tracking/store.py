"""Open a tracking store: created whole or not at all, and checked before any work."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import re
import shlex
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from customer_segmentation.errors import StoreError
from customer_segmentation.paths import typed_path
from customer_segmentation.secrets import HidesSecrets, is_secret, redact
from customer_segmentation.settings.tracking import TrackingSettings
from customer_segmentation.tracking.connections import close_connections, waiting_for_the_disk
from customer_segmentation.tracking.guarded_client import GuardedClient
from customer_segmentation.tracking.locks import locked
from customer_segmentation.tracking.moved_store import check_kept, check_place, find_artifacts, refuse_lost_link
from customer_segmentation.tracking.settled import silence
from customer_segmentation.tracking.store_address import SQLITE, knock, reach, refuse_other_tables, store_uri
from customer_segmentation.tracking.store_errors import age_of_schema, meaning, remember_store

if TYPE_CHECKING:
    from mlflow import MlflowClient

INSERTIONS = 4  # attempts at a row that another command inserts at the same moment
_ONE_AT_A_TIME = threading.Lock()  # MLflow makes tables by Alembic, which has one context for all threads
SHOWN = 8  # experiments that are named to choose from
DUPLICATE = re.compile("duplicate|unique", re.IGNORECASE)  # PostgreSQL, MySQL and SQLite in their own words
DESCRIPTION = "mlflow.note.content"  # the tag that the UI shows as Markdown


@dataclass(frozen=True, repr=False)
class Store(HidesSecrets):
    """A tracking store and the experiment in it.

    Attributes
    ----------
    uri : str
        Absolute: works from any folder and in any process.
    client : mlflow.MlflowClient
    experiment_id, experiment : str
    usual : bool
        Whether commands in the current folder find it with no address said.
    taken_over : str or None
        The run that ``mlflow run`` opened for this command, see `customer_segmentation.tracking.runs.take_over_run`.
    parent : str or None
        The run of a Python session under which the runs of its calls stand.
    figures : bool
        Whether runs keep figures.
    """

    uri: str
    client: MlflowClient
    experiment_id: str
    experiment: str
    usual: bool = False
    taken_over: str | None = None
    parent: str | None = None
    figures: bool = True

    @property
    def shown(self) -> str:
        """Address without its secrets, for people."""
        return redact(self.uri)


def open_store(  # noqa: C901 - one case after the other
    *, uri: str | None, experiment: str, artifacts: str | None, timeout: int = 10, only_known: bool = False
) -> Store:
    """Reach the store, creating a local one and the experiment where they are missing.

    Parameters
    ----------
    uri : str or None
        MLflow tracking URI; see `store_uri`.
    experiment : str
        Name of the experiment.
    artifacts : str or None
        Where a new experiment keeps artifacts; None: ``mlartifacts`` beside a SQLite store, else the server's choice.
    timeout : int
        Seconds that a server may take to answer.
    only_known : bool
        Refuse another experiment than the usual one that is not there: the command makes no run that it could hold.

    Raises
    ------
    StoreError
        The store cannot be reached, read or written, or the experiment is in its trash or not there.
    """  # noqa: DOC501 - raised again as it came
    resolved = store_uri(uri)
    if artifacts is not None and is_secret(artifacts):
        raise StoreError(
            f"tracking.artifacts={redact(artifacts)}: MLflow keeps this address in the store as it stands, so that no "
            "password may be in it; leave it out and give it by the environment, as the storage's own client reads it."
        )
    usual = resolved == store_uri(None)
    remember_store(resolved)
    local = resolved.startswith(SQLITE)
    if not local and resolved.startswith("http"):
        knock(resolved, timeout)
    elif not local:
        with _store_errors(resolved):
            reach(resolved, timeout)
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    silence()
    place = artifacts
    if local and place is None:
        place = (Path(resolved.removeprefix(SQLITE)).parent / "mlartifacts").as_uri()
    elif place is not None and "://" not in place:
        place = typed_path(place).absolute().as_uri()
    if local and not os.path.exists(resolved.removeprefix(SQLITE)):
        refuse_lost_link(place)
    with _store_errors(resolved), _ONE_AT_A_TIME, exclusive(resolved):
        if local:
            _create_sqlite(Path(resolved.removeprefix(SQLITE)))
            close_connections(resolved)
        client = cast("MlflowClient", GuardedClient(MlflowClient(tracking_uri=resolved, registry_uri=resolved)))
        if local:
            find_artifacts(Path(resolved.removeprefix(SQLITE)), experiment)
            check_place(resolved, experiment, place)
        found = client.get_experiment_by_name(experiment)
        refuse_lost_link(place if found is None else found.artifact_location)
        if found is None and only_known and experiment != TrackingSettings().experiment:
            raise _no_experiment(client, resolved, experiment)
        if found is None:
            try:
                experiment_id = client.create_experiment(experiment, artifact_location=place)
            except MlflowException:  # another process was quicker
                found = client.get_experiment_by_name(experiment)
                if found is None:
                    raise
                experiment_id = found.experiment_id
        elif found.lifecycle_stage != "active":
            raise StoreError(
                f"the experiment {experiment!r} of {redact(resolved)} is in the trash; restore it in the UI or give "
                "another name with tracking.experiment=NAME."
            )
        else:
            check_kept(resolved, experiment, found.artifact_location, None if artifacts is None else place)
            experiment_id = found.experiment_id
    return Store(resolved, client, experiment_id, experiment, usual)


def _no_experiment(client: MlflowClient, uri: str, experiment: str) -> StoreError:
    known = [one.name for one in client.search_experiments(max_results=SHOWN)]
    return StoreError(
        f"tracking.experiment={experiment}: {redact(uri)} has no experiment of that name; it has "
        f"{', '.join(map(repr, known)) or 'none'}."
    )


def describe_experiment(store: Store, text: str) -> None:
    """Give the experiment its description, which another command may do at the same moment.

    Parameters
    ----------
    store : its experiment is described
    text : markdown
    """
    if store.client.get_experiment(store.experiment_id).tags.get(DESCRIPTION) != text:
        insert(lambda: store.client.set_experiment_tag(store.experiment_id, DESCRIPTION, text))


def insert(write: Callable[[], Any]) -> None:
    """Write what other commands may write at the same moment.

    MLflow looks whether a row is there and inserts it if not. Of two who do that at once a database refuses the second,
    which finds the row when it looks again.
    """  # noqa: DOC501 - raised again as it came
    from mlflow.exceptions import MlflowException

    for chance in reversed(range(INSERTIONS)):
        try:
            write()
            return
        except MlflowException as error:
            if not chance or not DUPLICATE.search(str(error)):
                raise
        time.sleep(random.uniform(0.02, 0.2))  # noqa: S311 - not at the same moment again


def connect(uri: str, experiment: str, experiment_id: str, *, figures: bool = True) -> Store:
    """Store that a sweep has opened already, for the jobs of this process: nothing is created or checked again.

    Parameters
    ----------
    uri : address of the store
    experiment : name of the experiment
    experiment_id : its id
    figures : whether runs keep figures
    """
    remember_store(uri)
    return replace(_connected(uri, experiment, experiment_id), figures=figures)


@functools.cache
def _connected(uri: str, experiment: str, experiment_id: str) -> Store:
    from mlflow.tracking import MlflowClient

    silence()
    client = cast("MlflowClient", GuardedClient(MlflowClient(tracking_uri=uri, registry_uri=uri)))
    return Store(uri, client, experiment_id, experiment)


@contextlib.contextmanager
def _store_errors(uri: str) -> Iterator[None]:
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except ModuleNotFoundError as error:  # SQLAlchemy imports a database's driver when it first connects
        raise StoreError(
            f"the tracking store {redact(uri)} needs the package {error.name}; install it beside this one."
        ) from error
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        text = " ".join(redact(str(error)).split())  # before it is cut
        known = meaning(text)
        why = known[0] if known is not None else text[:300]
        if "out-of-date" in text:
            why = age_of_schema(text)
        raise StoreError(
            f"the tracking store {redact(uri)} cannot be used: {why}; give another with tracking.uri=ADDRESS."
        ) from error


@contextlib.contextmanager
def exclusive(uri: str) -> Iterator[None]:
    """Hold the lock of a local store; nothing for a server, which has locks of its own.

    Two processes that create a store at once would corrupt it, and two equal sweeps that start at once would both
    find that no other is running.
    """
    if not uri.startswith(SQLITE):
        yield
        return
    with locked(uri):
        yield


def _create_sqlite(path: Path) -> None:
    """Create a SQLite store aside and move it into place, so that a killed process leaves none half made.

    Raises
    ------
    StoreError
        The place is a folder, or its folder is missing.
    """
    if path.is_dir():  # MLflow would try to open it for minutes
        raise StoreError(f"the tracking store {path} is a folder; expected a file such as {path / 'mlflow.db'}.")
    if path.exists():
        refuse_other_tables(SQLITE + str(path))
        return
    if path.is_symlink():  # a file in its place would part its user from the store that it means
        raise StoreError(
            f"the tracking store {path} is a link to {os.readlink(path)}, which is not there (is its disk mounted?); "
            "bring it back, remove the link, or give another with tracking.uri=ADDRESS."
        )
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    if not path.parent.is_dir():
        raise StoreError(f"the folder {path.parent} of the tracking store does not exist; create it first.")
    with tempfile.TemporaryDirectory(prefix=".segment-store-", dir=path.parent) as folder:
        fresh = Path(folder) / path.name
        with waiting_for_the_disk(fresh, "OFF"):  # a hundred migrations of a file that is not in its place yet
            store = SqlAlchemyStore(SQLITE + str(fresh), (path.parent / "mlartifacts").as_uri())
            store.engine.dispose()
        with fresh.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(fresh, path)


def existing_store(tracking: TrackingSettings, *, model: str | None = None, makes_runs: bool = True) -> Store:
    """Open the store of the settings.

    Parameters
    ----------
    tracking : TrackingSettings
    model : str, optional
        Address of a model that is all that is asked of the store: one in a folder needs none, so that the store is made
        for the runs that are to come.
    makes_runs : bool
        Whether the experiment, where it is missing, is made for runs that are to come.

    Raises
    ------
    StoreError
        A local store has no file yet, the store cannot be reached, or the experiment is missing.
    """
    uri = store_uri(tracking.uri)
    needed = model is None or model.startswith(("models:", "runs:"))
    if needed and uri.startswith(SQLITE) and not os.path.exists(uri.removeprefix(SQLITE)):
        first = "`segment sweep`" if model is None else "`segment sweep` and `segment promote`"
        raise StoreError(f"there is no store at {redact(uri)}; run {first} first, or give another with tracking.uri=.")
    return store_of_settings(tracking, only_known=not makes_runs)


def store_of_settings(tracking: TrackingSettings, *, only_known: bool = False) -> Store:
    """Open the store of the settings; a local one is created where it is missing.

    Parameters
    ----------
    tracking : TrackingSettings
    only_known : see `open_store`
    """
    opened = open_store(
        uri=tracking.uri,
        experiment=tracking.experiment,
        artifacts=tracking.artifacts,
        timeout=tracking.timeout,
        only_known=only_known,
    )
    return replace(opened, figures=tracking.figures)


def command(store: Store, *words: str) -> str:
    """``segment WORDS`` to be pasted into a terminal, with the store and the experiment where they are not the usual.

    Parameters
    ----------
    store : Store
    *words : str
        The command and its overrides.
    """
    return shlex.join(["segment", *words, *place_words(store)])


def place_words(store: Store) -> list[str]:
    """Overrides that name the store and the experiment, where they are not the usual."""
    where = [] if store.usual else [f"tracking.uri={store.shown}"]
    if store.experiment != TrackingSettings().experiment:
        where.append(f"tracking.experiment={store.experiment}")
    return where
