"""The kinds of sources, and which of them a path names."""

from __future__ import annotations

import fnmatch
import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.formatting import counted
from customer_segmentation.paths import typed_path
from customer_segmentation.secrets import redact
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.sources.arrow_file import ArrowSource
from customer_segmentation.sources.base import READING, FileSource, TableSource
from customer_segmentation.sources.csv import DelimitedSource
from customer_segmentation.sources.delta import LOG, DeltaSource
from customer_segmentation.sources.download import fetch
from customer_segmentation.sources.excel import ExcelSource
from customer_segmentation.sources.files import open_file
from customer_segmentation.sources.frame import FrameSource
from customer_segmentation.sources.json_records import JsonSource
from customer_segmentation.sources.memory import PREFIX, held_table
from customer_segmentation.sources.parquet import ParquetSource
from customer_segmentation.sources.parts import files_below, files_like, is_hidden, is_pattern
from customer_segmentation.sources.remote import fetched, is_remote
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.sources.sql import SqlSource
from customer_segmentation.sources.stacked import StackedSource

#: Kinds of files in the order in which they are asked whether a file is theirs: a new kind is one line here.
FILE_KINDS: tuple[type[FileSource], ...] = (
    ParquetSource,
    ArrowSource,
    ExcelSource,
    JsonSource,
    DelimitedSource,
)
_MAGICS = tuple(magic for kind in FILE_KINDS for magic in kind.magics)
_SETTINGS = ("sample", "file")


def open_source(settings: DataSettings, engine: EngineSettings | None = None) -> TableSource:
    """Open the source that the settings name.

    Parameters
    ----------
    settings : of the table
    engine : what reads it; None: this process

    Raises
    ------
    SettingsError
        The settings do not name a source, or not all that it needs.
    DataError
        The source cannot be found or read.
    """
    if settings.decimal not in (None, ".", ","):
        raise SettingsError(f'data.decimal is {settings.decimal!r}; expected "." or ",".')
    if engine is not None and engine.kind == "spark":
        from customer_segmentation.sources.spark.open import open_table

        return open_table(settings, engine)
    if settings.table is not None:
        raise SettingsError(f"data.table={settings.table} names a table of Spark's catalog; add engine=spark.")
    if settings.source == "sample":
        if settings.customers < 1:
            raise SettingsError(f"data.customers is {settings.customers}; expected a whole number from 1.")
        frame = draw_customers(settings.customers, seed=settings.seed)
        return FrameSource(frame, name=f"built-in sample ({settings.customers:,} customers, seed {settings.seed})")
    if settings.source != "file":
        raise SettingsError(f"data.source is {settings.source!r}; expected one of {', '.join(_SETTINGS)}.")
    path = settings.path
    if path is not None and not path.strip():
        raise SettingsError("data.path is empty; give data.path=FILE, or leave it out.")
    if path is None:
        if settings.download is None or not settings.download.url:
            raise SettingsError("data.path is not set and data.download names no address; give data.path=FILE.")
        # without a checksum nothing tells whether a copy of an earlier command is still the table
        known = settings.download.sha256 or not is_remote(settings.download.url)
        settings = replace(settings, path=str(fetch(settings.download)) if known else settings.download.url)
    return open_path(str(settings.path), settings)


def refuse_unread(source: TableSource, said: Iterable[str]) -> None:
    """Refuse settings of which a table takes no notice.

    Parameters
    ----------
    source : the table, opened
    said : settings that the user gave for it, of `READING`

    Raises
    ------
    SettingsError
        Names the first that changes nothing.
    """
    for key in said:
        if source.reads is not None and key in READING and key not in source.reads:
            readers = {"query": "a database", "sheet": "a workbook"}.get(key, "a text such as CSV")
            raise SettingsError(f"data.{key} changes nothing: {source.name} is not {readers}; leave it out.")


def open_path(path: str, settings: DataSettings) -> TableSource:
    """Open the table at a path, or the query on the database that it names.

    Parameters
    ----------
    path : str
        A file; a folder or a pattern such as ``sales/*.csv``, whose files make up one table; several of these as
        ``[jan.csv,feb.csv]``; an address of the web or of an object store; an SQLAlchemy URL.
    settings : DataSettings
        How it is read; its own path does not count.

    Raises
    ------
    DataError, SettingsError
        The table cannot be found or read, or not all is said that its reading needs.
    """
    if path.startswith(PREFIX):
        return held_table(path)
    listed = _listed(path)
    if listed:
        whole = replace(settings, max_rows=sys.maxsize)  # samples of the parts are none of the table
        return StackedSource([open_path(one, whole) for one in listed], name=counted(len(listed), "table"))
    if is_remote(path):
        copy = fetched(path)
        source = open_path(str(copy), settings)
        source.name = source.name.replace(copy.name, redact(path), 1) if copy.name in source.name else redact(path)
        return source
    if "://" in path:
        return SqlSource(path, settings.query)
    place = typed_path(path)
    if (place / LOG).is_dir():
        return DeltaSource(place, name=place.name)
    if place.is_dir():
        return _opened_parts(_files_below(place, path), settings, name=place.name, root=place)
    if is_pattern(path):
        return _opened_parts(_files_like(place, path), settings, name=path)
    return _opened_file(path, settings)


def _opened_file(path: str, settings: DataSettings) -> TableSource:
    file = open_file(path, member=settings.download.member if settings.download else "", magics=_MAGICS)
    kind = next(kind for kind in FILE_KINDS if kind.takes(file))
    sheets = _listed(settings.sheet or "")
    if not (sheets and kind is ExcelSource):
        return kind.opened(file, settings)
    parts = [kind.opened(file, replace(settings, sheet=sheet)) for sheet in sheets]
    for part, sheet in zip(parts, sheets, strict=True):
        part.name = f"{file.name}, sheet {sheet}"
    return StackedSource(parts, name=file.name)


def _opened_parts(paths: list[Path], settings: DataSettings, *, name: str, root: Path | None = None) -> TableSource:
    """Files that make up one table: Parquet as one data set, others one after another."""
    if all(is_parquet(path) for path in paths):
        return ParquetSource(paths, name=name, root=root, at_most=settings.max_rows, columns=settings.columns)
    if len(paths) == 1:
        return _opened_file(str(paths[0]), settings)
    return StackedSource([_opened_file(str(path), settings) for path in paths], name=name)


def is_parquet(path: Path) -> bool:
    """Whether a file begins as one of Parquet.

    Parameters
    ----------
    path : of the file
    """
    with path.open("rb") as stored:
        return stored.read(4).startswith(ParquetSource.magics)


def _files_below(folder: Path, path: str) -> list[Path]:
    """Files of a folder and of those below it, by name.

    Raises
    ------
    DataError
        There is none.
    """
    found = files_below(folder)
    if not found:
        raise DataError(f"{path} is a folder without a table in it; name a file, or a folder of its parts.")
    return found


def _files_like(pattern: Path, path: str) -> list[Path]:
    """Files whose names a pattern describes, by name.

    Raises
    ------
    DataError
        There is none.
    """
    found = files_like(str(pattern))
    if not found:
        raise DataError(f"No file is called like {path}; check data.path.")
    return found


def files_of(path: str) -> list[Path]:
    """Files of this machine that a path names: one, those of a list, a folder or a pattern; none of an address."""
    listed = _listed(path)
    if listed:
        return [file for one in listed for file in files_of(one)]
    if "://" in path:
        return []
    place = typed_path(path)
    if place.is_dir():
        return files_below(place)
    found = files_like(str(place)) if is_pattern(path) else []
    return found or [place]


def would_read(path: str, new: str) -> bool:
    """Whether a table would have a file, or a folder, as one of its parts if it were there.

    Parameters
    ----------
    path : of the table: a folder, a pattern or a list of these; of an address nothing is known
    new : path of the file or folder
    """
    listed = _listed(path)
    if listed:
        return any(would_read(one, new) for one in listed)
    place, made = (
        typed_path(unquote(urlsplit(text).path) if text.startswith("file:") else text) for text in (path, new)
    )
    if "://" in str(place) or "://" in str(made):
        return False
    if place.is_dir():
        root, real = Path(os.path.realpath(place)), Path(os.path.realpath(made))
        return real.is_relative_to(root) and not any(map(is_hidden, real.relative_to(root).parts))
    if not is_pattern(path):
        return False
    spelt = [{os.path.abspath(one), os.path.realpath(one)} for one in (place, made)]  # a folder may be a link
    return any(_fits(pattern, file) for pattern in spelt[0] for file in spelt[1])


def _fits(pattern: str, file: str) -> bool:
    """Whether a pattern of files describes a path."""
    wanted, parts = Path(pattern).parts, Path(file).parts
    if "**" in wanted:
        return fnmatch.fnmatchcase(file, pattern.replace("/**/", "/*"))
    return len(wanted) == len(parts) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _listed(text: str) -> list[str]:
    """Entries of a list as it is typed, such as ``[jan.csv, feb.csv]``; none where the text is no list or a file.

    Raises
    ------
    SettingsError
        An entry is empty, as one of a variable that is not set: the table would lack a part. Or one stands twice.
    """
    inside = text.strip()
    if not (inside.startswith("[") and inside.endswith("]")) or Path(text).exists():
        return []
    entries = [entry.strip().strip("'\"") for entry in inside[1:-1].split(",")]
    if not all(entries) and any(entries):
        at = entries.index("") + 1
        raise SettingsError(f"{redact(text)}: entry {at} of the list is empty; name it or leave it out.")
    twice = next((entry for at, entry in enumerate(entries) if entry and entry in entries[:at]), None)
    if twice is not None:
        raise SettingsError(f"{redact(text)}: {redact(twice)} is named twice; its rows would count twice.")
    return list(filter(None, entries))
