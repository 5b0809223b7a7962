"""The published table, fetched once and recognised by its checksum."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.formatting import first_line
from customer_segmentation.secrets import redact
from customer_segmentation.settings.data import Download
from customer_segmentation.sources.files import READ_ERRORS, most_unpacked

TIMEOUT = 10.0  # seconds without an answer


def cache_folder() -> Path:
    """Folder of fetched tables: ``SEGMENT_CACHE``, else the system's own for caches."""
    import pooch

    return Path(os.environ.get("SEGMENT_CACHE") or pooch.os_cache("customer-segmentation"))


def fetch(download: Download) -> Path:
    """Return a local copy of the published table, fetched when there is none that its checksum knows.

    Raises
    ------
    SettingsError
        Its address is none of the web.
    DataError
        It cannot be fetched, or is not the table that is expected; the message says where a person finds it.
    """
    import pooch

    # pooch would resolve a doi: by another server; where credentials may go is looked at for addresses of the web
    if not download.url.lower().startswith(("http://", "https://")):
        raise SettingsError(
            f"data.download.url={redact(download.url)}: a table is downloaded from http:// or https://; give such an "
            "address, or the table itself with data.path=."
        )
    folder = cache_folder()
    instead = f"get the file from {download.page or download.url} and pass data.path=FILE"
    place = hashlib.sha256(download.url.encode()).hexdigest()[:12]
    archive_name = f"{place}-{Path(urlsplit(download.url).path).name.replace('+', '-')}"
    # without a checksum nothing but its address tells one table from another
    unpacked_name = download.member if download.sha256 else f"{place}-{download.member}"
    table = folder / (unpacked_name if download.member else archive_name)
    if not download.sha256:
        table.unlink(missing_ok=True)  # nothing tells whether it is still the table
    elif table.is_file() and _is(table, download.sha256):
        return table
    logger = pooch.get_logger()  # no logger that logging knows
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        downloader = pooch.HTTPDownloader(timeout=TIMEOUT)
        fetched = Path(
            pooch.retrieve(download.url, known_hash=None, fname=archive_name, path=folder, downloader=downloader)
        )
    except Exception as error:  # requests, urllib3, the file system: each raises its own kinds  # noqa: BLE001 - whatever it raises is told
        reason = first_line(error)
        raise DataError(f"The table cannot be downloaded from {download.url} ({reason}); {instead}.") from None
    finally:
        logger.setLevel(level)
    try:
        if download.member:
            unpacked = table.with_name(f"{table.name}.{os.getpid()}.part")
            _unpack(fetched, download, unpacked, instead=instead)
        else:
            unpacked = fetched
        if not _is(unpacked, download.sha256):
            raise DataError(
                f"{download.url} now holds another table than the known one (its checksum differs); {instead}."
            )
        unpacked.replace(table)
    except (*READ_ERRORS, RuntimeError) as error:  # zipfile's own of an archive that is locked or packed unusually
        raise DataError(f"{download.url} gave no usable archive ({error}); {instead}.") from None
    finally:
        # A bad copy must not answer the next call; a good one has been unpacked.
        for left in (fetched, table.with_name(f"{table.name}.{os.getpid()}.part")):
            if left != table:
                left.unlink(missing_ok=True)
    return table


def _unpack(fetched: Path, download: Download, target: Path, *, instead: str) -> None:
    """Write the table of an archive.

    Raises
    ------
    DataError
        The archive has no such table, or one that unpacks to more than a table holds.
    """
    with zipfile.ZipFile(fetched) as archive:
        member = next((one for one in archive.infolist() if Path(one.filename).name == download.member), None)
        if member is None:
            raise DataError(f"{download.url} holds no {download.member}; {instead}.")
        if member.file_size > most_unpacked(member.compress_size):
            raise DataError(
                f"{download.member} of {download.url} unpacks to {member.file_size:,} bytes, far more than a table "
                f"does; {instead}."
            )
        with archive.open(member) as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain, 1 << 20)


def _is(path: Path, sha256: str) -> bool:
    """Whether the file is the one that is known; any file is where no checksum is declared."""
    return not sha256 or hashlib.sha256(path.read_bytes()).hexdigest() == sha256
