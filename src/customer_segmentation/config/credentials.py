"""Credentials of this process go to no server that only a file names: the user names it, once, on a command line."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from customer_segmentation.errors import SettingsError
from customer_segmentation.formatting import listed
from customer_segmentation.secrets import VARIABLE, redact
from customer_segmentation.settings.trusted import own_settings_file

#: What MLflow sends to whatever server it is told of.
MLFLOW = ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")

#: Of the shipped ``conf/tracking/server.yaml``.
USUAL_SERVER = "http://127.0.0.1:5000"

#: Settings that may be an address, over all commands.
ADDRESSES = ("data.path", "data.download.url", "tracking.uri", "tracking.artifacts", "input", "output", "model")

#: Kinds of addresses that no other machine answers, or that `check_elsewhere` refuses anyway.
_OF_THIS_MACHINE = ("sqlite", "duckdb", "file", "memory", "sc", "mlflow-artifacts")
#: How the variables of a kind of address begin, where not as the kind itself.
_PREFIXES = {"postgresql": "PG", "postgres": "PG", "redshift": "PG", "cockroachdb": "PG", "mariadb": "MYSQL"}
_PREFIXES |= {"s3": "AWS_", "gs": "GOOGLE_", "gcs": "GOOGLE_", "bigquery": "GOOGLE_"}
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
    "HTTP": ((".netrc", "default"),),
    "MLFLOW": ((".mlflow/credentials", ""),),
}
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://[^\s,\]\"']*")


def check_credentials(settings: Any, typed: Iterable[str], variables: Iterable[str]) -> None:
    """Refuse an address that a folder's file names, where credentials of the user would go to it.

    They are those of the server that the user names; with the file of a stranger they would go to the stranger's.

    Parameters
    ----------
    settings : of a command
    typed : keys of the command line
    variables : of the environment, that the settings took

    Raises
    ------
    SettingsError
        Names the key, the address and what it would get.
    """
    said, variables = {word.lstrip("+~") for word in typed}, tuple(variables)
    for key in ADDRESSES:
        value: Any = settings
        for name in key.split("."):
            value = getattr(value, name, None)
        refuse_unstated(key, value, variables, who="this folder's configs set", stated=key in said)


def refuse_unstated(key: str, value: Any, variables: Iterable[str], *, who: str, stated: bool = False) -> None:
    """Refuse addresses to which credentials would go, unless the user has named their server on a command line.

    Parameters
    ----------
    key : of the setting
    value : of the setting
    variables : of the environment, that the settings took
    who : whose word it is, for the message
    stated : whether it is the user's own, on this command line, which is remembered

    Raises
    ------
    SettingsError
        See `check_credentials`.
    """
    for address in _ADDRESS.findall(value) if isinstance(value, str) else ():
        with contextlib.suppress(ValueError):  # what is no address is told where it is used
            parts = urlsplit(address)
            held = _held(key, address, parts, tuple(variables))
            if not held or (key == "tracking.uri" and address in (os.environ.get("MLFLOW_TRACKING_URI"), USUAL_SERVER)):
                continue
            if stated:
                _remember(parts)
            elif not _is_remembered(parts):
                what = "MLflow" if key.startswith("tracking.") else "its driver"
                also = ", or in MLFLOW_TRACKING_URI" if key == "tracking.uri" else ""
                raise SettingsError(
                    f"{who} {key}={redact(address)}, and {what} would send it {listed(held)}; if you trust that "
                    f"server, name it on the command line, as {key}=...{also}."
                )


def _held(key: str, address: str, parts: SplitResult, variables: tuple[str, ...]) -> list[str]:
    """Credentials that would go to an address, as they are called."""
    kind = parts.scheme.lower().partition("+")[0]
    if kind in _OF_THIS_MACHINE:
        return []
    values = {name: os.environ.get(name, "") for name in variables}
    if any(value == parts.hostname or (value and _host(value) == parts.hostname) for value in values.values()):
        return []  # the user's environment names the server
    held = [name for name, value in values.items() if value and value in address]
    prefix = _PREFIXES.get(kind, kind.upper())
    if kind in ("http", "https"):
        prefix = "MLFLOW" if key == "tracking.uri" else "HTTP"
    if parts.password:  # it is sent in place of what the driver would find
        return held
    own = MLFLOW if prefix == "MLFLOW" else _LEADING.get(prefix, ())
    held += [name for name in own if os.environ.get(name)]
    if prefix not in ("MLFLOW", "HTTP"):
        held += [name for name in os.environ if name.startswith(prefix) and VARIABLE.search(name)]
    held += [f"~/{name}" for name, begin in _FILES.get(prefix, ()) if _fits(Path.home() / name, begin)]
    return list(dict.fromkeys(held))


def _host(value: str) -> str | None:
    try:
        return urlsplit(value).hostname
    except ValueError:
        return None


def _fits(path: Path, begin: str) -> bool:
    """Whether a file is there and has a line that would be taken for any server."""
    if not begin:
        return path.exists()
    try:
        return any(line.strip().startswith(begin) for line in path.read_text("utf-8", "replace").splitlines())
    except OSError:
        return False


def _remembered_file() -> Path:
    return own_settings_file().with_name("named_servers")


def _mark(parts: SplitResult) -> str:
    """A server, without what is secret: a driver may be told of another host behind the question mark."""
    kind = parts.scheme.lower().partition("+")[0]
    return hashlib.sha256(f"{kind}://{parts.netloc.rpartition('@')[2].lower()}?{parts.query}".encode()).hexdigest()


def _is_remembered(parts: SplitResult) -> bool:
    try:
        return _mark(parts) in _remembered_file().read_text("utf-8").split()
    except (OSError, UnicodeError):
        return False


def _remember(parts: SplitResult) -> None:
    """Keep in the user's own folder that they have named a server: their configs may name it from now on."""
    if _is_remembered(parts):
        return
    with contextlib.suppress(OSError):  # without a home it is named each time
        _remembered_file().parent.mkdir(parents=True, exist_ok=True)
        with _remembered_file().open("a", encoding="utf-8") as kept:
            kept.write(f"{_mark(parts)}\n")
