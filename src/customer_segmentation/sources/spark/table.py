"""A table that Spark reads: its rows are worked on where they are, a sample of them comes here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
from typing_extensions import override

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec, DataSettings
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.sources.base import Cells, Chunk
from customer_segmentation.sources.distributed import DistributedSource, Work
from customer_segmentation.sources.id_sample import Hashes, first_limit, id_position, sample_limit
from customer_segmentation.sources.spark.session import Connection
from customer_segmentation.sources.spark.worker import (
    ANSWER,
    HASH,
    REST,
    ROW,
    answers,
    batch_hashes,
    extended,
    hashes,
    made_rows,
    sampled,
)
from customer_segmentation.sources.tables import plain_frame, resized

#: Different cells of a column by which its form is found.
_DISTINCT = 100_000
_PATH, _INDEX, _OFFSET = "path", "at", "offset"
_ALL = (1 << 64) - 1


class SparkSource(DistributedSource):
    """A table of files, of a catalog, or of a query, as Spark sees it.

    Rows of files are numbered as the files' own rows are, file after file by name. A table without files has no order:
    its rows come in the order of the hashes of their ids.

    Parameters
    ----------
    connection : Connection
    frame : pyspark.sql.DataFrame
    name : str
        For messages.
    settings : DataSettings
        Its contract names the id; of more than ``max_rows`` rows a sample is read.
    engine : EngineSettings
    files : bool
        Whether the frame reads files.

    Raises
    ------
    DataError
        The table cannot be read, or cannot be sampled.
    """

    def __init__(
        self,
        connection: Connection,
        frame: Any,
        *,
        name: str,
        settings: DataSettings,
        engine: EngineSettings,
        files: bool,
    ) -> None:
        self.name = name
        self._connection = connection
        self._partitions = engine.partitions
        self.headers = tuple(connection.ask(lambda: frame.columns))
        twice = sorted({header for header in self.headers if self.headers.count(header) > 1})
        if twice:
            raise DataError(f"{name} has several columns {twice[0]!r}; rename them, a name must be unique.")
        self._id_at = id_position(self.headers, settings.columns)
        self._files = files and self._has_files(frame)
        self._frame, rows = self._numbered(frame)
        self._wanted_rows = settings.max_rows if rows > settings.max_rows else None
        if self._wanted_rows is not None:
            if self._id_at is None and not self._files:
                raise DataError(
                    f"{name} has {rows:,} rows without an order and no column with the role id, so that no sample of "
                    "it can be the same twice; give the id in data.columns, or a larger data.max_rows."
                )
            self.sampled_from = rows
            self.name = f"{name}, sampled from its {rows:,} rows (data.max_rows={self._wanted_rows})"
        if not self._files:
            self.first_row = 1
        self._rows: np.ndarray | None = None
        self._held: pa.Table | None = None

    @override
    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        # What has no order cannot be asked for some of its rows again: all of their columns are kept.
        asked = list(wanted) if self._files else list(range(len(self.headers)))
        table = self._collected(asked)
        self._rows = table.column(ROW).to_numpy()
        if not self._files:
            self._held = table
            self._rows = np.arange(table.num_rows, dtype=np.int64) + self.first_row
        frame = plain_frame(table.select([f"c{at}" for at in wanted]))
        return Cells(frame.set_axis(list(wanted), axis=1), self._rows)

    @override
    def tables(self, positions: Sequence[int], *, size: int) -> Iterator[pa.Table]:
        table = self._collected(list(positions)).select([f"c{at}" for at in positions])
        yield from resized(table.rename_columns([self.headers[at] for at in positions]).to_batches(), size)

    @override
    def rows_as_text(self, positions: np.ndarray) -> pd.DataFrame:
        asked = np.asarray(positions, dtype=np.int64)
        columns = [f"c{at}" for at in range(len(self.headers))]
        if self._held is not None:
            return self.as_texts(self._held.select(columns).take(pa.array(asked)))
        if self._rows is None or not len(asked):
            return super().rows_as_text(asked)
        numbers = np.unique(self._rows[asked])
        texts = self.texts_of_rows(numbers)
        return texts.iloc[np.searchsorted(numbers, self._rows[asked])].reset_index(drop=True)

    @override
    def texts_of_rows(self, numbers: np.ndarray) -> pd.DataFrame:
        columns = [f"c{at}" for at in range(len(self.headers))]
        session = self._connection.session

        def query() -> pa.Table:
            few = session.createDataFrame(pa.table({ROW: numbers}))
            return self._frame.join(few.hint("broadcast"), on=ROW).select(ROW, *columns).toArrow()

        return self.as_texts(self._connection.ask(query).sort_by(ROW).select(columns))

    @property
    @override
    def row_numbers(self) -> bool:
        return self._files

    @override
    def made(
        self, work: Callable[[Chunk], pa.Table], wanted: Mapping[int, ColumnSpec], schema: Mapping[str, str]
    ) -> Callable[[str], pa.Table]:
        positions = list(wanted)

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return made_rows(work, positions, batches)

        columns = ", ".join(f"`{name}` {kind}" for name, kind in schema.items())
        view = f"segment_{uuid4().hex}"

        def prepare() -> None:
            rows = self._projected(positions).mapInArrow(run, columns)
            with contextlib.suppress(AttributeError, NotImplementedError):  # a cluster may not keep what is asked twice
                rows = rows.persist()
            rows.createOrReplaceTempView(view)

        self.pass_count += 1
        self._connection.ask(prepare)
        return lambda query: self._connection.ask(
            lambda: self._connection.session.sql(query.replace("{rows}", view)).toArrow()
        )

    @override
    def distinct(self, position: int) -> Sequence[str] | None:
        column = f"c{position}"

        def query() -> pa.Table | None:
            if dict(self._frame.dtypes)[column] != "string":
                return None
            return self._frame.select(column).where(f"{column} IS NOT NULL").distinct().limit(_DISTINCT).toArrow()

        found = self._connection.ask(query)
        return None if found is None else sorted(found.column(column).to_pylist())

    @override
    def mapped(self, work: Work, wanted: Mapping[int, ColumnSpec]) -> Iterator[bytes]:
        positions = list(wanted)
        self.pass_count += 1

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return answers(work, positions, batches)

        found = self._connection.ask(
            lambda: self._projected(positions).mapInArrow(run, f"{ANSWER} binary").toArrow().column(ANSWER).to_pylist()
        )
        yield from found

    @override
    def repeated(self, work: Work, wanted: Mapping[int, ColumnSpec], *, most: int) -> Hashes:
        positions = list(wanted)
        self.pass_count += 1

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return hashes(work, positions, batches)

        def query() -> pa.Table:
            counted = self._projected(positions).mapInArrow(run, f"{HASH} long").groupBy(HASH).count()
            return counted.where("count > 1").select(HASH).limit(most + 1).toArrow()

        found = self._connection.ask(query).column(HASH).to_numpy().astype(np.int64)
        return np.sort(found.view(np.uint64))

    @override
    def written(
        self,
        work: Callable[[Chunk], pa.Table],
        wanted: Mapping[int, ColumnSpec],
        place: str,
        *,
        is_table: bool,
        kept: Sequence[int] | None,
        added: Mapping[str, str],
    ) -> None:
        positions, everything = list(wanted), range(len(self.headers))
        handed_on = list(everything if kept is None else kept)
        more = [at for at in handed_on if at not in positions]
        rows = self._projected(positions, more)
        names = [f"c{at}" for at in handed_on] or [ROW]
        headers = [self.headers[at] for at in handed_on] or [ROW]

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return extended(work, positions, names, [*names, *added], batches)

        def query() -> None:
            schema = rows.select(*names).schema
            for name, kind in added.items():
                schema = schema.add(name, kind)
            made = rows.mapInArrow(run, schema).toDF(*headers, *added)
            if is_table:
                made.write.mode("error").saveAsTable(place)
            else:
                made.write.mode("error").parquet(place)

        self.pass_count += 1
        self._connection.ask(query)

    @cached_property
    def _limit(self) -> int | None:
        """Hash up to which a row belongs to the sample; None where all do."""
        if self._wanted_rows is None:
            return None
        limit = first_limit(self._wanted_rows, self.sampled_from)
        while True:
            near = self._near([] if self._id_at is None else [self._id_at], limit)
            last = sample_limit(batch_hashes(near, self._id_name), self._wanted_rows)
            if last is not None or limit >= _ALL:
                return _ALL if last is None else last
            limit = min(2 * limit, _ALL)

    @property
    def _id_name(self) -> str | None:
        return None if self._id_at is None else f"c{self._id_at}"

    def _near(self, positions: Sequence[int], limit: int) -> pa.Table:
        """Some columns of the rows up to a hash."""
        id_name = self._id_name

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return sampled(limit, id_name, batches)

        def query() -> pa.Table:
            rows = self._frame.select(ROW, *(f"c{at}" for at in positions))
            return rows.mapInArrow(run, rows.schema).toArrow()

        return self._connection.ask(query)

    def _collected(self, positions: Sequence[int]) -> pa.Table:
        """Some columns of the sample, in order."""
        more = [] if self._id_at is None or self._id_at in positions else [self._id_at]
        asked = [*positions, *more]
        if self._limit is None:
            table = self._connection.ask(lambda: self._frame.select(ROW, *(f"c{at}" for at in asked)).toArrow())
        else:
            table = self._near(asked, self._limit)
        table = table.sort_by(ROW)
        if self._files or self._id_at is None:
            return table
        return table.take(pa.array(np.argsort(batch_hashes(table, self._id_name), kind="stable")))

    def _projected(self, positions: Sequence[int], more: Sequence[int] = ()) -> Any:
        """The wanted columns, the number of each row, and its other cells where the wanted ones are empty."""
        F = self._connection.functions
        wanted = [F.col(f"c{at}") for at in positions]
        others = [F.col(f"c{at}").cast("string") for at in range(len(self.headers)) if at not in positions]
        nothing = F.lit(True)
        for column in wanted:
            nothing = nothing & (column.isNull() | F.trim(column.cast("string")).isin("", "NaN"))
        rest = F.to_json(F.array(*others)) if others else F.lit("[]")
        rows = self._frame.select(*wanted, *(f"c{at}" for at in more), ROW, F.when(nothing, rest).alias(REST))
        return rows if self._partitions is None else rows.repartition(self._partitions)

    def _has_files(self, frame: Any) -> bool:
        """Whether the engine tells the file and the number in it of each row."""
        try:
            return bool(frame.select("_metadata.file_path", "_metadata.row_index").columns)
        except Exception as error:
            if not type(error).__module__.startswith("pyspark"):
                raise
            return False

    def _numbered(self, frame: Any) -> tuple[Any, int]:
        """The frame with plain names and the number of each row; and how many rows there are."""
        F = self._connection.functions
        names = [f"c{at}" for at in range(len(self.headers))]
        if not self._files:
            rows = frame.toDF(*names).withColumn(ROW, F.monotonically_increasing_id())
            return rows, int(self._connection.ask(frame.count))
        placed = frame.select("*", "_metadata.file_path", "_metadata.row_index").toDF(*names, _PATH, _INDEX)
        files = self._connection.ask(
            lambda: placed.groupBy(_PATH).agg(F.count("*").alias("rows"), (F.max(_INDEX) + 1).alias("span")).toArrow()
        ).to_pandas()
        files = files.iloc[
            sorted(range(len(files)), key=lambda at: PurePosixPath(unquote(files[_PATH].iloc[at])).parts)
        ]
        starts = np.cumsum([0, *files["span"]])[:-1] + self.first_row
        if len(files) < 2:
            offset = F.lit(int(starts[0]) if len(files) else self.first_row)
            numbered = placed.withColumn(ROW, (F.col(_INDEX) + offset).cast("long"))
        else:
            told = self._connection.session.createDataFrame(
                pa.table({_PATH: files[_PATH].tolist(), _OFFSET: starts.astype(np.int64)})
            )
            joined = placed.join(told.hint("broadcast"), on=_PATH)
            numbered = joined.withColumn(ROW, (F.col(_INDEX) + F.col(_OFFSET)).cast("long"))
        return numbered.select(*names, ROW), int(files["rows"].sum())
