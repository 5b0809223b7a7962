"""The rows of a table as Spark has them, each with its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from customer_segmentation.errors import DataError
from customer_segmentation.sources.base import TableSource
from customer_segmentation.sources.spark.session import Connection
from customer_segmentation.sources.spark.worker import ROW

_PATH, _INDEX, _OFFSET = "path", "at", "offset"


@dataclass(frozen=True)
class NumberedRows:
    """Rows with their numbers.

    Attributes
    ----------
    frame : pyspark.sql.DataFrame
        Columns ``c0``, ``c1``, ... and the number of each row; of a text also why a row does not fit its header, and
        of several texts the file.
    headers : tuple of str
    count : int
        How many rows there are.
    files : bool
        Whether the numbers are those of rows in files; else the table has no order.
    written : TableSource or None
        Of delimited text: how it is written, judged by its first rows.
    """

    frame: Any
    headers: tuple[str, ...]
    count: int
    files: bool
    written: TableSource | None = None


def numbered_rows(connection: Connection, frame: Any, *, name: str, files: bool) -> NumberedRows:
    """Number the rows of a frame: those of files, file after file by name; others in any order.

    Parameters
    ----------
    connection : Connection
    frame : pyspark.sql.DataFrame
    name : str
        For messages.
    files : bool
        Whether the frame may read files.

    Raises
    ------
    DataError
        A header stands twice.
    """
    headers = tuple(connection.ask(lambda: frame.columns))
    twice = sorted({header for header in headers if headers.count(header) > 1})
    if twice:
        raise DataError(f"{name} has several columns {twice[0]!r}; rename them, a name must be unique.")
    F = connection.functions
    names = [f"c{at}" for at in range(len(headers))]
    if not (files and _has_files(frame)):
        rows = frame.toDF(*names).withColumn(ROW, F.monotonically_increasing_id())
        return NumberedRows(rows, headers, int(connection.ask(frame.count)), files=False)
    return NumberedRows(*_of_files(connection, frame, names, headers), files=True)


def _of_files(
    connection: Connection, frame: Any, names: Sequence[str], headers: tuple[str, ...]
) -> tuple[Any, tuple[str, ...], int]:
    F = connection.functions
    placed = frame.select("*", "_metadata.file_path", "_metadata.row_index").toDF(*names, _PATH, _INDEX)
    files = connection.ask(
        lambda: placed.groupBy(_PATH).agg(F.count("*").alias("rows"), (F.max(_INDEX) + 1).alias("span")).toArrow()
    ).to_pandas()
    order = sorted(range(len(files)), key=lambda at: PurePosixPath(unquote(files[_PATH].iloc[at])).parts)
    files = files.iloc[order]
    starts = np.cumsum([0, *files["span"]])[:-1] + TableSource.first_row
    if len(files) < 2:
        offset = F.lit(int(starts[0]) if len(files) else TableSource.first_row)
        numbered = placed.withColumn(ROW, (F.col(_INDEX) + offset).cast("long"))
    else:
        told = connection.session.createDataFrame(
            pa.table({_PATH: files[_PATH].tolist(), _OFFSET: starts.astype(np.int64)})
        )
        joined = placed.join(told.hint("broadcast"), on=_PATH)
        numbered = joined.withColumn(ROW, (F.col(_INDEX) + F.col(_OFFSET)).cast("long"))
    return numbered.select(*names, ROW), headers, int(files["rows"].sum())


def _has_files(frame: Any) -> bool:
    """Whether the engine tells the file and the number in it of each row."""
    try:
        return bool(frame.select("_metadata.file_path", "_metadata.row_index").columns)
    except Exception as error:
        if not type(error).__module__.startswith("pyspark"):
            raise
        return False
