"""The kinds of sources: delimited text, Parquet, Excel, a database, the built-in sample."""

from __future__ import annotations

from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.base import ChunkedSource, Source
from customer_segmentation.sources.csv import DelimitedSource
from customer_segmentation.sources.csv_chunks import DelimitedChunks
from customer_segmentation.sources.download import fetch
from customer_segmentation.sources.excel import sheet_of
from customer_segmentation.sources.files import open_file
from customer_segmentation.sources.frame import FrameChunks, FrameSource
from customer_segmentation.sources.parquet import ParquetChunks, ParquetSource
from customer_segmentation.sources.parsing.headers import spellings_of
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.sources.sql import QueryChunks, open_query

SOURCES = ("sample", "file")


def open_source(settings: DataSettings) -> Source:
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
        raise SettingsError(f"data.source is {settings.source!r}; expected one of {', '.join(SOURCES)}.")
    path = settings.path
    if path is not None and not path.strip():
        raise SettingsError("data.path is empty; give data.path=FILE, or leave it out.")
    if path is None:
        if settings.download is None or not settings.download.url:
            raise SettingsError("data.path is not set and data.download names no address; give data.path=FILE.")
        path = str(fetch(settings.download))
    for key, value in (("decimal", settings.decimal),):
        if value not in (None, ".", ","):
            raise SettingsError(f'data.{key} is {value!r}; expected "." or ",".')
    claimed = spellings_of(settings.columns)
    if "://" in path:
        return open_query(path, settings.query)
    member = settings.download.member if settings.download else ""
    file = open_file(path, member=member)
    if file.kind == "parquet":
        return ParquetSource(file, at_most=settings.max_rows)
    if file.kind == "excel":
        frame, first_row = sheet_of(file, settings.sheet, claimed)
        return FrameSource(frame, name=file.name, sha256=file.sha256(), first_row=first_row)
    return DelimitedSource(
        file, claimed=claimed, delimiter=settings.delimiter, encoding=settings.encoding, decimal=settings.decimal
    )


def open_chunks(settings: DataSettings) -> ChunkedSource:
    """Open the table that ``settings.path`` names, or the query on the database that it names.

    Raises
    ------
    DataError, SettingsError
        The table cannot be found or read, or not all is said that its reading needs.
    """
    path = settings.path or ""
    if "://" in path:
        return QueryChunks(path, settings.query)
    claimed = spellings_of(settings.columns)
    file = open_file(path)
    if file.kind == "parquet":
        return ParquetChunks(file)
    if file.kind == "excel":
        frame, first_row = sheet_of(file, settings.sheet, claimed)
        return FrameChunks(frame, name=file.name, sha256=file.sha256(), first_row=first_row)
    return DelimitedChunks(
        file, claimed=claimed, delimiter=settings.delimiter, encoding=settings.encoding, decimal=settings.decimal
    )
