"""No server that only a file names gets credentials, and no driver arguments: the user names it, on a command line."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from customer_segmentation.errors import SettingsError
from customer_segmentation.formatting import listed
from customer_segmentation.secret_forms import VARIABLE
from customer_segmentation.secrets import redact
from customer_segmentation.settings.addresses import beyond, is_duckdb_without_file
from customer_segmentation.settings.named_servers import is_named, remember_named

#: What MLflow sends to whatever server it is told of.
MLFLOW = ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")

#: Of the shipped ``conf/tracking/server.yaml``.
USUAL_SERVER = "http://127.0.0.1:5000"

#: Settings that may be an address beside that of the table, over all commands.
ADDRESSES = ("tracking.uri", "tracking.artifacts", "input", "output", "model")

#: Kinds of addresses that no other machine answers, or that `check_elsewhere` refuses anyway.
_OF_THIS_MACHINE = ("sqlite", "duckdb", "file", "memory", "sc")
#: Stores of files, whose clients read an address as the standard library does.
_OF_FILES = frozenset(["s3", "s3a", "gs", "gcs", "r2", "abfs", "abfss", "wasb", "wasbs", "hdfs", "dbfs", "ftp", "sftp"])
_OF_FILES |= {"mlflow-artifacts"}
#: What MLflow takes for an address without ://, which names no server: the environment does, or a file of its client.
_BARE = re.compile(r"(databricks(-uc)?|uc)(:.*)?|(?!(models|runs):)[A-Za-z][\w+.-]+:/.*", re.IGNORECASE | re.DOTALL)
#: How the variables of a kind of address begin, where not as the kind itself.
_PREFIXES = {"postgresql": "PG", "postgres": "PG", "redshift": "PG", "cockroachdb": "PG", "mariadb": "MYSQL"}
_PREFIXES |= {"s3": "AWS_", "s3a": "AWS_", "gs": "GOOGLE_", "gcs": "GOOGLE_", "bigquery": "GOOGLE_"}
_PREFIXES |= {"mlflow-artifacts": "MLFLOW", "dbfs": "DATABRICKS", "databricks-uc": "DATABRICKS"}
_PREFIXES |= dict.fromkeys(("abfs", "abfss", "wasb", "wasbs"), "AZURE_")
#: Variables that lead to credentials and are not called so.
_LEADING = {
    "PG": ("PGSERVICE", "PGPASSFILE"),
    "AWS_": (
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    ),
    "AZURE_": ("AZURE_STORAGE_CONNECTION_STRING", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_CERTIFICATE_PATH"),
}
#: Files of the home folder that are taken without a word, and what a line of them begins with that fits any server.
_FILES = {
    "PG": ((".pgpass", "*"),),
    "AWS_": ((".aws/credentials", ""), (".aws/config", "")),
    "GOOGLE_": ((".config/gcloud/application_default_credentials.json", ""),),
    "AZURE_": ((".azure", ""),),
    "MLFLOW": ((".mlflow/credentials", ""),),
}
#: What commands send to an address.
_SENT = dict.fromkeys(("tracking.uri", "tracking.artifacts"), "runs with customers in them") | {
    "output": "labels of customers"
}
#: What is sent to an address beside itself.
_SENT_WITH = {"data.path": ("data.query", "data.table"), "input": ("query",), "output": ("table",)}
#: Settings of which is asked which variables of the environment they take.
KEYS = (*ADDRESSES, "data.path", "data.download.url", *(name for names in _SENT_WITH.values() for name in names))
#: Spaces of a query, and the texts and names in it, whose spaces stay.
_SPACES = re.compile(r"""('[^']*'|"[^"]*"|`[^`]*`)|\s+""")
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://.*", re.DOTALL)


@dataclass(frozen=True)
class _Server:
    """A server as the client reads it that connects: readers differ on where a host begins and ends."""

    kind: str
    host: str | None
    place: str  # host and port
    has_password: bool = False
    asked: str = ""  # what stands behind the question mark: a driver may be told of another host there

    @property
    def mark(self) -> str:
        """What is kept of it: nothing that is secret can be read from that, nor tried by guessing."""
        return hashlib.sha256(redact(f"{self.kind}://{self.place}?{self.asked}").encode()).hexdigest()


def check_credentials(settings: Any, typed: Iterable[str], variables: Mapping[str, Iterable[str]]) -> None:
    """Refuse an address that a folder's file names, where credentials of the user would go to it.

    They are those of the server that the user names; with the file of a stranger they would go to the stranger's.

    Parameters
    ----------
    settings : of a command
    typed : keys of the command line
    variables : setting of `KEYS` to the variables of the environment that it took

    Raises
    ------
    SettingsError
        Names the key, the address and what it would get.
    """
    said, who = {word.lstrip("+~") for word in typed}, "this folder's configs set"
    check_table(settings, variables, who=who, said=said)
    _refuse_query(settings, "query", "input", who=who, said=said)
    for key in ADDRESSES:
        taken = _taken_with(key, variables, said)
        refuse_unstated(key, _value_of(settings, key), taken, who=who, stated=key in said)


def _taken_with(key: str, variables: Mapping[str, Iterable[str]], said: Collection[str]) -> list[str]:
    """Variables that an address took, and what is sent with it where that is not the user's own word."""
    names = [key, *(name for name in _SENT_WITH.get(key, ()) if name not in said)]
    return [taken for name in names for taken in variables.get(name, ())]


def check_table(settings: Any, variables: Mapping[str, Iterable[str]], *, who: str, said: Collection[str] = ()) -> None:
    """Refuse the address of a table to which credentials would go, see `refuse_unstated`.

    Parameters
    ----------
    settings : of a command or a run
    variables : setting of `KEYS` to the variables of the environment that it took
    who : whose word it is, for the message
    said : keys that the user has typed
    """
    key = "data.path" if _value_of(settings, "data.path") else "data.download.url"  # which is not asked then
    refuse_unstated(key, _value_of(settings, key), _taken_with(key, variables, said), who=who, stated=key in said)
    _refuse_query(settings, "data.query", "data.path", who=who, said=said)


def _refuse_query(settings: Any, key: str, of: str, *, who: str, said: Collection[str]) -> None:
    """Refuse a query that is not the user's own word, where it may do more than read a file.

    See `_powers`. Words of a query are no rule: a function may be named by a text that the query puts together.

    Parameters
    ----------
    settings : of a command or a run
    key : of the query
    of : key of the address
    who : whose word it is, for the message
    said : keys that the user has typed

    Raises
    ------
    SettingsError
        The user has never given it on a command line.
    """
    query, address = _value_of(settings, key), str(_value_of(settings, of) or "")
    does, where = _powers(address, of, by_spark=_value_of(settings, "engine.kind") not in (None, "local"))
    if not query or not (does or key in said):
        return
    whole = _Server("query", None, _on_one_line(str(query)))
    if key in said:
        remember_named(whole.mark)
    elif not is_named(whole.mark):
        where = f"{'score output=labels' if key == 'query' else 'sweep data=telecom'} {where}"
        shown = " ".join(redact(str(query)).split())
        raise SettingsError(
            f"{who} {key}={shown[:80]}{'…' if len(shown) > 80 else ''}, by which {does}; if you trust it, give all of "
            f"it once on the command line, as `segment {where} {key}='...' --cfg job`, which computes nothing."
        )


def _powers(address: str, of: str, *, by_spark: bool) -> tuple[str, str]:
    """What a query can do beside reading its database, by TRANSFORM or dblink say, and the word by which it is read."""
    if by_spark:
        return "Spark can start programs", "engine=spark" + (" input=catalog" if of == "input" else "")
    if is_duckdb_without_file(address):
        return "DuckDB can read any file", f"{of}=duckdb://"
    kind = _server(address).kind if _ADDRESS.fullmatch(address) else "file"
    may = kind not in {*_OF_THIS_MACHINE, *_OF_FILES, "http", "https"}
    return "functions of a server can write, start programs or ask other servers" if may else "", f"{of}=duckdb://"


def _on_one_line(query: str) -> str:
    """A query of a file as it is typed; with its own lines where one of them may end a comment, or a text goes on."""
    if any(mark in query for mark in ("--", "/*", "\\")):
        return query.strip()
    return _SPACES.sub(lambda found: found[1] or " ", query).strip()


def _value_of(settings: Any, key: str) -> Any:
    for name in key.split("."):
        settings = getattr(settings, name, None)
    return settings


def refuse_unstated(key: str, value: Any, variables: Iterable[str], *, who: str, stated: bool = False) -> None:
    """Refuse addresses to which credentials would go, or that tell a driver more than where and what it reads.

    Those that the user has named on a command line may be in a file from then on.

    Parameters
    ----------
    key : of the setting
    value : of the setting
    variables : of the environment, that the setting took, or what is sent with it
    who : whose word it is, for the message
    stated : whether it is the user's own, on this command line, which is remembered

    Raises
    ------
    SettingsError
        See `check_credentials`.
    """  # noqa: DOC501 - _unstated makes a SettingsError
    variables = tuple(variables)
    bare = isinstance(value, str) and key.startswith("tracking.") and "://" not in value and _BARE.fullmatch(value)
    for address in [value] if bare else _addresses(value) if isinstance(value, str) else ():
        server = _server(address)
        held, kept = _held(key, address, server, variables, value), _kept(key, address, server, variables)
        if key == "tracking.uri" and address in (os.environ.get("MLFLOW_TRACKING_URI"), USUAL_SERVER):
            continue
        if (held or kept) and stated:
            remember_named(server.mark)
        known = stated or is_named(server.mark)
        if held and not known:
            raise _unstated(key, address, listed(held), who=who)
        _refuse_arguments(key, address, server, variables, who=who, stated=stated)
        if kept and not known:
            raise _unstated(key, address, kept, who=who)


def _unstated(key: str, address: str, held: str, *, who: str) -> SettingsError:
    what = "MLflow" if key.startswith("tracking.") else "its driver"
    also = ", or in MLFLOW_TRACKING_URI" if key == "tracking.uri" else ""
    return SettingsError(
        f"{who} {key}={redact(address)}, and {what} would send it {held}; if you trust that server, name it on the "
        f"command line, as {key}=...{also}."
    )


def _refuse_arguments(
    key: str, address: str, server: _Server, variables: Iterable[str], *, who: str, stated: bool
) -> None:
    """Refuse what an address holds beyond the listed, unless all of it is the user's own word.

    Raises
    ------
    SettingsError
        Names the first argument that is not listed.
    """
    web = server.kind in ("http", "https")  # whose parameters are for the server that is named
    further = "" if web else beyond(server.kind, address, is_database=server.kind not in _OF_FILES | {"sc", "file"})
    if not further or address in (os.environ.get(name) for name in variables):
        return
    whole = _Server(server.kind, None, redact(address))
    if stated:
        remember_named(whole.mark)
    elif not is_named(whole.mark):
        raise SettingsError(
            f"{who} {key}={redact(address)}: with {further} a driver may read files, run code or log in elsewhere; "
            f"if you want that, give the address on the command line, as {key}=..."
        )


def _addresses(value: str) -> Iterator[str]:
    """Addresses of a setting: it is one, or a list of some."""
    inside, entries = value.strip(), [value]
    if inside.startswith("[") and inside.endswith("]"):
        entries = [entry.strip().strip("'\"") for entry in inside[1:-1].split(",")]
    yield from (found[0] for entry in entries if (found := _ADDRESS.search(entry)) is not None)


def _server(address: str) -> _Server:
    """The server of an address; with the whole address as its place where the client would not read it."""
    kind = address.partition(":")[0].lower().partition("+")[0]
    try:
        if kind in ("http", "https"):
            from urllib3.util import parse_url

            web = parse_url(address)
            return _Server(kind, web.host, web.netloc or "", ":" in (web.auth or ""), web.query or "")
        if kind in _OF_FILES:
            store = urlsplit(address)
            return _Server(kind, store.hostname, store.netloc.rpartition("@")[2], bool(store.password), store.query)
        from sqlalchemy import make_url

        read = make_url(address)
        asked = "&".join(f"{name}={value}" for name, value in sorted(read.query.items()))
        place = f"{read.host or ''}{'' if read.port is None else f':{read.port}'}"
        return _Server(kind, read.host, place.lower(), bool(read.password), asked)
    except Exception:  # noqa: BLE001 - each reader has errors of its own; what is no address is told where it is used
        return _Server(kind, None, address)


def _held(key: str, address: str, server: _Server, variables: Iterable[str], whole: str) -> list[str]:
    """Credentials that would go to an address, as they are called; it is one of those of a whole setting."""
    kind = server.kind
    if kind in _OF_THIS_MACHINE or (kind == "mlflow-artifacts" and not server.host):
        return []
    values = {name: os.environ.get(name, "") for name in variables}
    named = server.host and any(server.host in (value, _host(value)) for value in values.values())
    drivers = kind not in ("http", "https") and server.asked  # they may take a host from that
    if address in values.values() or (named and not drivers):
        return []  # the user's environment names the server
    # whatever a config makes of a variable: a part of it, a number, one entry of a list
    held = [] if whole in values.values() else [name for name, value in values.items() if value]
    prefix = _PREFIXES.get(kind, kind.upper())
    if kind in ("http", "https"):
        prefix = "MLFLOW" if key.startswith("tracking.") else "HTTP"
    if prefix == "HTTP" and _has_default_login(address):  # which is sent in place of a password of the address, too
        held.append("~/.netrc")
    # A password is sent in place of what the driver would find; a server of MLflow's names others, for artifacts.
    if server.has_password and prefix != "MLFLOW" and kind not in _OF_FILES:
        return held
    own = MLFLOW if prefix == "MLFLOW" else _LEADING.get(prefix, ())
    held += [name for name in own if os.environ.get(name)]
    if prefix not in ("MLFLOW", "HTTP"):
        held += [name for name in os.environ if name.startswith(prefix) and VARIABLE.search(name)]
    held += [f"~/{name}" for name, begin in _FILES.get(prefix, ()) if _fits(Path.home() / name, begin)]
    return list(dict.fromkeys(held))


def _kept(key: str, address: str, server: _Server, variables: Iterable[str]) -> str:
    """What of the user's customers would go to an address: a folder's file may name any table of theirs to read."""
    here = server.kind in _OF_THIS_MACHINE or (server.kind == "mlflow-artifacts" and not server.host)
    if here or address in (os.environ.get(name) for name in variables):
        return ""
    return _SENT.get(key, "")


def _host(value: str) -> str | None:
    try:
        return urlsplit(value).hostname
    except ValueError:
        return None


def _has_default_login(address: str) -> bool:
    """Whether requests sends an address the login for any server of the user's netrc, whichever file that is."""
    from requests.utils import get_netrc_auth

    login = get_netrc_auth(address)
    return login is not None and login == get_netrc_auth("http://named-by-nobody.invalid")


def _fits(path: Path, begin: str) -> bool:
    """Whether a file is there and has a line that would be taken for any server."""
    if not begin:
        return path.exists()
    try:
        return any(line.strip().startswith(begin) for line in path.read_text("utf-8", "replace").splitlines())
    except OSError:
        return False
