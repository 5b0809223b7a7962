"""Address of a tracking store: as it was given, made absolute, and whether anything answers there."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from customer_segmentation.errors import StoreError
from customer_segmentation.formatting import listed
from customer_segmentation.paths import typed_path
from customer_segmentation.secrets import is_redacted, is_secret, redact
from customer_segmentation.settings.addresses import not_escaped
from customer_segmentation.sources.sqlite_journal import journal_of_others

DEFAULT_STORE = "sqlite:///mlflow.db"
SQLITE = "sqlite:///"
#: Databases that MLflow writes to, with the port that each listens on unless told otherwise.
DATABASES = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
#: Tables by which a store of MLflow's is known.
OF_A_STORE = frozenset(["alembic_version", "experiments", "runs"])
LOCKED = 60.0  # seconds that somebody else may hold a SQLite store
#: The only trigger of MLflow's own, which does nothing but refuse.
_OWN_TRIGGER = (
    "CREATE TRIGGER prevent_secrets_aad_mutation BEFORE UPDATE ON secrets FOR EACH ROW "
    "WHEN OLD.secret_id != NEW.secret_id OR OLD.secret_name != NEW.secret_name BEGIN "
    "SELECT RAISE(ABORT, 'secret_id and secret_name are immutable (used as AAD in encryption)'); END"
)
#: Triggers, views and virtual tables: by their words, as a file may give them another type.
_ACTING = """
    SELECT name, sql FROM sqlite_master WHERE sql NOT LIKE 'CREATE TABLE %' AND sql NOT LIKE 'CREATE INDEX %'
        AND sql NOT LIKE 'CREATE UNIQUE INDEX %'
"""
#: Columns of the tables that say where artifacts are, which are computed or follow a column of another table.
_COMPUTED = """
    SELECT m.name || '.' || x.name FROM sqlite_master m, pragma_table_xinfo(m.name) x
        WHERE lower(m.name) IN ('experiments', 'runs', 'logged_models', 'model_versions') AND x.hidden > 0
    UNION ALL SELECT m.name || '.' || f."from" FROM sqlite_master m, pragma_foreign_key_list(m.name) f
        WHERE lower(m.name) IN ('experiments', 'runs', 'logged_models', 'model_versions')
            AND lower(f."from") IN ('artifact_location', 'artifact_uri', 'source', 'storage_location')
"""


def is_database(uri: str) -> bool:
    """Whether a store's tables are read by this process, so that nobody but it looks at what they say.

    >>> is_database("postgresql://me@host/runs"), is_database("http://127.0.0.1:5000")
    (True, False)

    Parameters
    ----------
    uri : of a store
    """
    return "://" in uri and not uri.lower().startswith(("http:", "https:", "databricks", "uc:"))


def store_uri(uri: str | None) -> str:
    """Resolve the store's address: as given, else ``MLFLOW_TRACKING_URI``, else ``mlflow.db`` in the current folder.

    Raises
    ------
    StoreError
        It is no address.
    """
    uri = uri or os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_STORE
    if uri in ("sqlite://", SQLITE) or uri.startswith(f"{SQLITE}:memory:"):
        raise StoreError(f"tracking.uri={uri} names no file; expected an address such as sqlite:///mlflow.db.")
    if uri.startswith(SQLITE) and is_secret(uri.removeprefix(SQLITE)):
        raise StoreError(f"tracking.uri={redact(uri)}: the name of a file keeps no secret; give another name.")
    if uri.strip().lower().startswith("sqlite") and (not uri.startswith(SQLITE) or "?" in uri):
        # what looks at the file takes its name out of the address, and SQLAlchemy would open another one
        raise StoreError(
            f"tracking.uri={redact(uri)}: the address of a SQLite file is {SQLITE}FILE, with no driver, host or "
            "parameter, and no ? in the name of the file."
        )
    if uri.startswith(SQLITE):
        return SQLITE + str(typed_path(uri.removeprefix(SQLITE)).absolute())
    if is_redacted(uri):
        raise StoreError(
            f"tracking.uri={uri}: *** stands for a password, which no run and no screen keeps; give the address with "
            "it, or with ${oc.env:NAME} in its place."
        )
    if "://" not in uri and not uri.startswith("databricks"):
        raise StoreError(
            f"tracking.uri={redact(uri)}: expected an address such as sqlite:///mlflow.db or http://127.0.0.1:5000 "
            "(a bare folder is MLflow's old file store, which it no longer writes)."
        )
    return uri


def knock(uri: str, timeout: int) -> None:
    """Ask a server for a sign of life: MLflow's own client would retry for minutes.

    Parameters
    ----------
    uri : of the server
    timeout : seconds that it may take to answer

    Raises
    ------
    StoreError
        It does not answer, or is no address.
    """  # noqa: DOC501 - _silent makes a StoreError
    import requests

    try:
        requests.get(uri.rstrip("/") + "/health", timeout=timeout)
    except (requests.exceptions.InvalidURL, ValueError):
        raise _unreadable(uri) from None
    except requests.RequestException as error:
        raise _silent(uri, error) from error


def reach(uri: str, timeout: int) -> None:
    """Open a connection to a database's port: MLflow would try again for minutes.

    Parameters
    ----------
    uri : of the database
    timeout : seconds that it may take to answer

    Raises
    ------
    StoreError
        Nothing listens there, or the address is of no kind that MLflow knows.
    """  # noqa: DOC501 - _silent makes a StoreError
    try:
        address = urlsplit(uri)
        port = address.port
    except ValueError:
        raise _unreadable(uri) from None  # it quotes the password
    kind = address.scheme.partition("+")[0]
    if kind in ("sqlite", "databricks", "databricks-uc", "uc") or "://" not in uri:
        return
    if kind not in DATABASES:
        raise StoreError(
            f"the tracking store {redact(uri)} is of a kind that MLflow does not know ({kind}://); expected "
            "sqlite:///FILE, http(s)://SERVER or the address of a PostgreSQL or MySQL database."
        )
    from sqlalchemy import create_engine, make_url

    try:
        if not_escaped(make_url(uri).host):
            raise _unreadable(uri)
    except ValueError:  # of the port
        raise _unreadable(uri) from None
    create_engine(uri).dispose()  # imports the driver and connects to nothing
    if address.hostname:  # not by a socket file
        try:
            socket.create_connection((address.hostname, port or DATABASES[kind]), timeout=timeout).close()
        except OSError as error:
            raise _silent(uri, error) from error
    refuse_other_tables(uri)


def refuse_other_tables(uri: str) -> None:
    """Refuse a database of other tables: MLflow would make 60 among them, and alter those that are called as its own.

    Parameters
    ----------
    uri : of a database that is there

    Raises
    ------
    StoreError
        It holds tables, and not those of a store, or what changes rows behind MLflow's back; or its journal names a
        file of others.
    """
    from sqlalchemy import create_engine, inspect

    if uri.startswith(SQLITE) and (why := journal_of_others(Path(uri.removeprefix(SQLITE)))):
        raise StoreError(f"the tracking store {redact(uri)} is not opened: {why}.")
    engine = create_engine(uri, connect_args={"timeout": LOCKED} if uri.startswith(SQLITE) else {})
    acting: list[str] = []
    try:
        names = set(inspect(engine).get_table_names())
        if uri.startswith(SQLITE):
            with engine.connect() as connection:
                found = connection.exec_driver_sql(_ACTING).all()
                acting = [name for name, words in found if " ".join(words.split()) != _OWN_TRIGGER]
                acting += connection.exec_driver_sql(_COMPUTED).scalars()
    finally:
        engine.dispose()
    if names and not names >= OF_A_STORE:
        others = listed(sorted(names - OF_A_STORE), most=3)
        raise StoreError(
            f"the tracking store {redact(uri)} is a database of other tables ({others}), among which none is made; "
            "give one of its own with tracking.uri=ADDRESS, such as sqlite:///mlflow.db."
        )
    if acting:  # it could send what is logged elsewhere after the places were looked at
        raise StoreError(
            f"the tracking store {redact(uri)} holds {acting[0]}, a trigger, a view or a computed column that "
            "MLflow never makes: the store was altered and is not used; give another with tracking.uri=ADDRESS."
        )


def _unreadable(uri: str) -> StoreError:
    return StoreError(
        f"the tracking store {redact(uri)} has no readable address (a port is a number, a [ begins an IPv6 host, and "
        "/ ? # @ of a password are written as %2F %3F %23 %40)."
    )


def _silent(uri: str, error: Exception) -> StoreError:
    return StoreError(
        f"the tracking store {redact(uri)} does not answer ({type(error).__name__}); start it, or give another with "
        "tracking.uri=ADDRESS."
    )
