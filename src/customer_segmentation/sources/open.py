"""The kinds of sources, and which of them a path names."""

from __future__ import annotations

from dataclasses import replace

from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.base import FileSource, TableSource
from customer_segmentation.sources.csv import DelimitedSource
from customer_segmentation.sources.download import fetch
from customer_segmentation.sources.excel import ExcelSource
from customer_segmentation.sources.files import open_file
from customer_segmentation.sources.frame import FrameSource
from customer_segmentation.sources.parquet import ParquetSource
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.sources.sql import SqlSource

#: Kinds of files in the order in which they are asked whether a file is theirs: a new kind is one line here.
FILE_KINDS: tuple[type[FileSource], ...] = (
    ParquetSource,
    ExcelSource,
    DelimitedSource,
)
_MAGICS = tuple(magic for kind in FILE_KINDS for magic in kind.magics)
_SETTINGS = ("sample", "file")


def open_source(settings: DataSettings) -> TableSource:
    """Open the source that the settings name.

    Raises
    ------
    SettingsError
        The settings do not name a source, or not all that it needs.
    DataError
        The source cannot be found or read.
    """
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
        settings = replace(settings, path=str(fetch(settings.download)))
    if settings.decimal not in (None, ".", ","):
        raise SettingsError(f'data.decimal is {settings.decimal!r}; expected "." or ",".')
    return open_path(str(settings.path), settings)


def open_path(path: str, settings: DataSettings) -> TableSource:
    """Open the table at a path, or the query on the database that it names.

    Parameters
    ----------
    path : str
    settings : DataSettings
        How it is read; its own path does not count.

    Raises
    ------
    DataError, SettingsError
        The table cannot be found or read, or not all is said that its reading needs.
    """
    if "://" in path:
        return SqlSource(path, settings.query)
    file = open_file(path, member=settings.download.member if settings.download else "", magics=_MAGICS)
    kind = next(kind for kind in FILE_KINDS if kind.takes(file))
    return kind.opened(file, settings)
