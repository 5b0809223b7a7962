"""Which table Spark is asked for: a path, a table of its catalog, or a query."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.secrets import redact
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.sources.delta import LOG
from customer_segmentation.sources.distributed import DistributedSource
from customer_segmentation.sources.download import fetch
from customer_segmentation.sources.spark.session import Connection, connect
from customer_segmentation.sources.spark.table import SparkSource
from customer_segmentation.sources.sql import check_query

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://?", re.IGNORECASE)
_OTHERS = re.compile(r"\.(csv|tsv|txt|xlsx?|json|jsonl|ndjson|feather|arrow)(\.\w+)?$", re.IGNORECASE)


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
        check_query(settings.query)
    path = settings.path
    if not named:
        if settings.source != "file" or settings.download is None or not settings.download.url:
            raise SettingsError(
                "engine=spark reads a table; name it with data.path=FOLDER, data.table=NAME of the catalog, or "
                "data.query."
            )
        path = str(fetch(settings.download))
    kind, place = ("", "") if path is None or settings.table or settings.query else _place(path, engine)
    connection = connect(engine)
    if settings.query:
        name = f"query on {connection.shown}"
        frame = connection.ask(lambda: _known(connection.session.sql(settings.query)))
        files = False
    elif settings.table:
        name, files = settings.table, True
        frame = connection.ask(lambda: _known(connection.session.read.table(settings.table)))
    else:
        name, files = Path(str(path)).name or redact(str(path)), True
        frame = connection.ask(lambda: _known(_reader(connection, kind).load(place)))
    return SparkSource(connection, frame, name=name, settings=settings, engine=engine, files=files)


def _known(frame: Any) -> Any:
    """A frame whose schema has been found out: what cannot be read says so here."""
    _ = frame.schema
    return frame


def _reader(connection: Connection, kind: str) -> Any:
    reader = connection.session.read.format(kind)
    return reader.option("mergeSchema", "true") if kind == "parquet" else reader


def _place(path: str, engine: EngineSettings) -> tuple[str, str]:
    """Format of the table at a path, and the path as Spark has it.

    Raises
    ------
    SettingsError
        It is a kind of file that is not read with this engine.
    DataError
        There is nothing on this machine.
    """
    if _OTHERS.search(path):
        raise SettingsError(
            f"data.path={redact(path)}: engine=spark reads Parquet and Delta, a table of the catalog, or a query; "
            "write it as Parquet, or leave engine out."
        )
    if _SCHEME.match(path):
        return "parquet", path
    local = Path(path).expanduser()
    if not local.exists():
        if engine.remote not in ("local", "session"):
            return "parquet", path  # a path of the cluster
        if not any(mark in path for mark in "*?["):
            raise DataError(f"There is no file {path}; check data.path.")
        return "parquet", f"file:{local.absolute()}"
    if local.is_dir() and not (local / LOG).is_dir():
        others = [file for file in sorted(local.rglob("*")) if file.is_file() and not file.name.startswith((".", "_"))]
        odd = next((file for file in others if _OTHERS.search(file.name)), None)
        if odd is not None:
            return _place(str(odd), engine)
        if not others:
            raise DataError(f"{path} is a folder without a table in it; name a file, or a folder of its parts.")
    escaped = re.sub(r"([\[\]{}*?\\])", r"\\\1", str(local.absolute()))
    return ("delta" if (local / LOG).is_dir() else "parquet"), f"file:{escaped}"
