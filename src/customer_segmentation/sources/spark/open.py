"""Which table Spark is asked for: a path, a table of its catalog, or a query."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Any

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.paths import typed_path
from customer_segmentation.secrets import redact
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.sources.delta import LOG
from customer_segmentation.sources.distributed import DistributedSource
from customer_segmentation.sources.download import fetch
from customer_segmentation.sources.open import files_of, is_parquet, open_path
from customer_segmentation.sources.parquet import ParquetSource
from customer_segmentation.sources.spark.own_types import refuse_in_files
from customer_segmentation.sources.spark.rows import numbered_rows
from customer_segmentation.sources.spark.session import Connection, connect
from customer_segmentation.sources.spark.table import SparkSource
from customer_segmentation.sources.spark.text import (
    READS,
    WITHIN,
    escaped,
    first_rows_of,
    refuse_other_kinds,
    text_rows,
)
from customer_segmentation.sources.sql import check_query
from customer_segmentation.sources.stacked import StackedSource

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://?", re.IGNORECASE)
_TEXT = re.compile(r"\.(csv|tsv|txt)(\.\w+)?$", re.IGNORECASE)
_LISTED = 1_000  # files by whose names a folder is judged
_OTHERS = re.compile(r"\.(xlsx?|json|jsonl|ndjson|feather|arrow)(\.\w+)?$", re.IGNORECASE)


def open_table(settings: DataSettings, engine: EngineSettings) -> DistributedSource:
    """Open the table that the settings name, with Spark.

    Parameters
    ----------
    settings : of the table
    engine : where Spark is

    Raises
    ------
    SettingsError
        The settings do not name one table.
    DataError
        Spark cannot be reached, or cannot read it.
    """
    named = [f"data.{key}" for key in ("path", "table", "query") if getattr(settings, key)]
    if len(named) > 1:
        raise SettingsError(f"{' and '.join(named)} are given; with engine=spark one of them names the customers.")
    if settings.query:
        check_query(settings.query, kind="spark")
    path = settings.path
    if not named:
        if settings.source != "file" or settings.download is None or not settings.download.url:
            raise SettingsError(
                "engine=spark reads a table; name it with data.path=FOLDER, data.table=NAME of the catalog, or "
                "data.query."
            )
        path = str(fetch(settings.download))
    if not settings.table and not settings.query:
        return _opened_path(str(path), settings, engine)
    connection = connect(engine)
    if settings.query:
        frame = connection.ask(lambda: _known(connection.session.sql(settings.query)))
        rows = numbered_rows(connection, frame, name=f"query on {connection.shown}", files=False)
        return SparkSource(connection, rows, name=f"query on {connection.shown}", settings=settings, engine=engine)
    name = str(settings.table)
    frame = connection.ask(lambda: _known(connection.session.read.table(name)))
    rows = numbered_rows(connection, frame, name=name, files=True)
    return SparkSource(connection, rows, name=name, settings=settings, engine=engine)


def _opened_path(path: str, settings: DataSettings, engine: EngineSettings) -> SparkSource:
    """Open the table at a path of this machine, or at one that Spark sees.

    Raises
    ------
    SettingsError
        It is a kind of file that is not read with this engine.
    DataError
        It cannot be found or read.
    """
    name = Path(path).name or redact(path)
    elsewhere = _SCHEME.match(path) is not None or (
        engine.remote not in ("local", "session") and not any(file.exists() for file in files_of(path))
    )
    if elsewhere:
        if _OTHERS.search(path):
            raise SettingsError(f"data.path={redact(path)}: engine=spark reads {READS}.")
        connection = connect(engine)
        kind = _kind_elsewhere(connection, path)
        if kind != "text":
            return _of_frame(connection, kind, path, name, settings, engine)
        with first_rows_of(connection, path) as stored:
            parts = [open_path(str(file), settings) for file in stored]
            source = parts[0] if len(parts) == 1 else StackedSource(parts, name=name)
            refuse_other_kinds(source)
            rows = text_rows(connection, source, settings, stored=stored, load=path)
        return SparkSource(connection, rows, name=name, settings=settings, engine=engine)
    local = typed_path(path)
    if (local / LOG).is_dir():
        return _of_frame(connect(engine), "delta", f"file://{escaped(os.path.abspath(local))}", name, settings, engine)
    files = [file for file in files_of(path) if file.is_file() and not _is_hidden(file, local)]
    if files and all(map(is_parquet, files)) and not path.startswith("["):
        refuse_in_files(files)
        ParquetSource(files, name=name, root=local if local.is_dir() else None)  # else says what is wrong with a part
        is_pattern = not local.exists()
        place = f"file://{os.path.abspath(local) if is_pattern else escaped(os.path.abspath(local))}"
        try:
            return _of_frame(connect(engine), "parquet", place, name, settings, engine)
        except DataError:
            open_path(path, settings)  # which says what is wrong with the file itself
            raise
    source = open_path(path, settings)
    refuse_other_kinds(source)
    connection = connect(engine)
    rows = text_rows(connection, source, settings, stored={})
    return SparkSource(connection, rows, name=source.name, settings=settings, engine=engine)


def _kind_elsewhere(connection: Connection, path: str) -> str:
    """What there is at a path that Spark alone sees, by names; a Delta table by its log, which Parquet would not read.

    Raises
    ------
    SettingsError
        Files of several kinds, or of one that is not read with this engine.
    DataError
        There is nothing.
    """
    if _TEXT.search(path):
        return "text"
    log = f"{path.rstrip('/')}/{LOG}/*.json"
    with contextlib.suppress(DataError):
        if "*" not in path and _names(connection, log):
            return "delta"
    if path.lower().endswith((".parquet", ".pq")):
        return "parquet"
    names = _names(connection, path)
    if not names:
        raise DataError(f"data.path={redact(path)} holds no file that Spark sees; expected a table.")
    others = next((name for name in names if _OTHERS.search(name)), None)
    if others:
        raise SettingsError(f"data.path={redact(path)} holds {others}: engine=spark reads {READS}.")
    texts = [name for name in names if _TEXT.search(name)]
    if texts and len(texts) < len(names):
        other = next(name for name in names if name not in texts)
        raise SettingsError(
            f"data.path={redact(path)} holds {texts[0]} beside {other}; name those of one kind by a pattern, such as "
            f"{redact(path).rstrip('/')}/*.csv."
        )
    return "text" if texts else "parquet"


def _names(connection: Connection, path: str) -> list[str]:
    """Names of the first files at a path that Spark sees; their content is not read."""

    def query() -> list[str]:
        reader = connection.session.read.format("binaryFile").options(**WITHIN)
        return [str(row[0]).rpartition("/")[2] for row in reader.load(path).select("path").limit(_LISTED).collect()]

    return connection.ask(query)


def _of_frame(
    connection: Connection, kind: str, place: str, name: str, settings: DataSettings, engine: EngineSettings
) -> SparkSource:
    frame = connection.ask(lambda: _known(_reader(connection, kind).load(place)))
    rows = numbered_rows(connection, frame, name=name, files=True)
    return SparkSource(connection, rows, name=name, settings=settings, engine=engine)


def _known(frame: Any) -> Any:
    """A frame whose schema has been found out: what cannot be read says so here."""
    _ = frame.schema
    return frame


def _reader(connection: Connection, kind: str) -> Any:
    reader = connection.session.read.format(kind)
    return reader.option("mergeSchema", "true") if kind == "parquet" else reader


def _is_hidden(file: Path, root: Path) -> bool:
    """Whether a file of a folder is of an engine, or hidden."""
    parts = file.relative_to(root).parts if root.is_dir() else ()
    return any(part.startswith((".", "_")) for part in parts)
