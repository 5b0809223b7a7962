"""Tables elsewhere: a copy is fetched into a folder of this process, for one command or one call from Python."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import threading
import zlib
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.formatting import first_line
from customer_segmentation.scratch import lasting_folder
from customer_segmentation.secrets import is_redacted, redact
from customer_segmentation.settings.addresses import NOT_ESCAPED, not_escaped

WEB = ("http", "https")
STORES = ("s3", "gs", "gcs", "abfs", "abfss")
_TIMEOUT = 20.0  # seconds without an answer
_WHOLE = 200  # 206 is a part of a file, 204 none
_GZIP = ("gzip", "x-gzip")


def is_remote(path: str) -> bool:
    """Tell whether a path is the address of a file on the web or in an object store."""
    return path.partition("://")[0].lower() in (*WEB, *STORES) and "://" in path


class _Copies(threading.local):
    """Copies that one thread has fetched, by their addresses: calls of several threads do not end at the same time."""

    def __init__(self) -> None:
        self.places: dict[str, Path] = {}


_COPIES = _Copies()


def forget_copies() -> None:
    """Remove the copies that this thread has fetched: what is at an address may have changed since."""
    for place in _COPIES.places.values():
        shutil.rmtree(place if place.is_dir() else place.parent, ignore_errors=True)
    _COPIES.places.clear()


def fetched(url: str) -> Path:
    """Fetch what is at an address; once until `forget_copies`, so that a command reads one table throughout.

    Parameters
    ----------
    url : str
        ``https://…`` of a file; ``s3://``, ``gs://`` or ``abfs://`` of a file, of a folder, or with ``*`` in the last
        part of its path. Credentials of stores come from where their own tools have them: the environment, their
        files, the machine's role.

    Returns
    -------
    Path
        Of a file, or of a folder that holds what was found.

    Raises
    ------
    DataError
        There is nothing, it may not be read, or the connection fails.
    SettingsError
        The address was copied from where its password is hidden.
    """
    if is_redacted(url):
        raise SettingsError(
            f"data.path={url}: *** stands for a secret, which no run and no screen keeps; give the address with it, "
            "or with ${oc.env:NAME} in its place."
        )
    if not_escaped(urlsplit(url).netloc.rpartition("@")[2].partition(":")[0]):  # it would be asked for
        raise SettingsError(f"data.path={redact(url)}: {NOT_ESCAPED}.")
    if url not in _COPIES.places:
        fetch = _from_web if url.partition("://")[0].lower() in WEB else _from_store
        _COPIES.places[url] = fetch(url, Path(tempfile.mkdtemp(dir=_folder())))
    return _COPIES.places[url]


def _from_web(url: str, folder: Path) -> Path:
    import requests
    import urllib3

    try:
        target = folder / (PurePosixPath(unquote(urlsplit(url).path)).name or "table")
        # of the packings that a server may choose, the end of gzip alone tells that nothing is missing
        with requests.get(url, stream=True, timeout=_TIMEOUT, headers={"Accept-Encoding": "gzip"}) as answer:
            if answer.status_code != _WHOLE:
                raise DataError(f"{redact(url)} answers {answer.status_code} {answer.reason}; check data.path.")
            packing = answer.headers.get("Content-Encoding", "").strip().lower()
            answer.raw.decode_content = packing not in _GZIP
            with target.open("wb") as stored:
                body = gzip.GzipFile(fileobj=answer.raw) if packing in _GZIP else answer.raw
                shutil.copyfileobj(body, stored, 1 << 20)
    # urllib3's own errors of a body that breaks off; zlib's; a ValueError of an address
    except (OSError, EOFError, zlib.error, urllib3.exceptions.HTTPError, ValueError) as error:
        raise DataError(
            f"{redact(url)} cannot be fetched ({redact(first_line(error))}); check data.path and the connection."
        ) from None
    return target


def _from_store(url: str, folder: Path) -> Path:
    from pyarrow import fs

    scheme, _, rest = url.partition("://")
    address, _, options = rest.partition("?")
    address, pattern = _split_pattern(address)
    shown = redact(url)
    try:
        asked = f"{'gs' if scheme.lower() == 'gcs' else scheme.lower()}://{address}{'?' if options else ''}{options}"
        store, path = fs.FileSystem.from_uri(asked)
        info = store.get_file_info(path)
        if info.type == fs.FileType.NotFound:
            raise DataError(f"There is nothing at {shown}; check data.path.")
        if info.type == fs.FileType.File:
            return _copied(store, path, folder / PurePosixPath(path).name)
        found = store.get_file_info(fs.FileSelector(path, recursive=True))
        files = [one for one in found if one.type == fs.FileType.File and one.size]
        if pattern:
            files = [one for one in files if PurePosixPath(one.path).match(pattern)]
        if not files:
            raise DataError(f"There is no file at {shown}; check data.path.")
        for one in files:
            inner = PurePosixPath(one.path).relative_to(path.rstrip("/"))
            if ".." in inner.parts:  # a key may be any text; as a path it would lead out of the copy
                raise DataError(f"{shown} holds {str(inner)!r}, which is no name of a file below it; rename it there.")
            _copied(store, one.path, folder / "parts" / inner)
    except (OSError, pa.ArrowException) as error:
        raise DataError(
            f"{shown} cannot be read ({redact(first_line(error))}); check data.path, the credentials and the region."
        ) from None
    return folder / "parts"


def _split_pattern(address: str) -> tuple[str, str]:
    """The folder of an address, and the pattern of names in it; the whole and nothing where it has no ``*``.

    Raises
    ------
    SettingsError
        The pattern does not stand in the last part.
    """
    if "*" not in address:
        return address, ""
    folder, _, pattern = address.rpartition("/")
    if "*" in folder:
        raise SettingsError(f"data.path={redact(address)}: expected a * in the last part of the path alone.")
    return folder, pattern


def _copied(store: Any, path: str, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    with store.open_input_stream(path, compression=None) as source, target.open("xb") as stored:
        shutil.copyfileobj(source, stored, 1 << 20)
    return target


@cache
def _folder() -> str:
    """Folder of all copies, readable by this user alone."""
    return lasting_folder()
