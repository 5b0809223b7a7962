"""A table that Spark reads: its rows are worked on where they are, a sample of them comes here."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any
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
from customer_segmentation.sources.id_sample import Hashes, id_position, named_hashes, sample_limit, sample_order
from customer_segmentation.sources.spark.rows import NumberedRows
from customer_segmentation.sources.spark.session import Connection
from customer_segmentation.sources.spark.worker import (
    ANSWER,
    FILE,
    HASH,
    REST,
    ROW,
    WHY,
    Wanted,
    answers,
    batch_hashes,
    extended,
    hashes,
    ids_of,
    ids_taken,
    made_rows,
    sampled,
    told_apart,
)
from customer_segmentation.sources.stacked import with_file
from customer_segmentation.sources.tables import names_of, resized, taken_rows, texts_frame

#: Different cells of a column by which its form is found.
_DISTINCT = 100_000


class SparkSource(DistributedSource):
    """A table of files, of a catalog, or of a query, as Spark sees it.

    Rows of files are numbered as the files' own rows are, file after file by name, and come in this order; those of a
    table without files have no numbers and come in the order of the hashes of their ids, as those of a sample do.

    Parameters
    ----------
    connection : Connection
    rows : NumberedRows
    name : str
        For messages.
    settings : DataSettings
        Its contract names the id; of more than ``max_rows`` rows a sample is read.
    engine : EngineSettings

    Raises
    ------
    DataError
        The table cannot be sampled.
    """

    def __init__(
        self, connection: Connection, rows: NumberedRows, *, name: str, settings: DataSettings, engine: EngineSettings
    ) -> None:
        self.name = name
        self._connection = connection
        self._partitions = engine.partitions
        self.headers = rows.headers
        self._id_at = id_position(self.headers, settings.columns)
        self._frame, self._files, self._text = rows.frame, rows.files, rows.written
        self.reads = ("query",) if settings.query else ()
        if self._text is not None:
            self.decimal, self.typed, self.reads = self._text.decimal, self._text.typed, self._text.reads
            self.first_row = self._text.first_row
        self._wanted_rows = settings.max_rows if rows.count > settings.max_rows else None
        if self._wanted_rows is not None:
            if self._id_at is None and not self._files:
                raise DataError(
                    f"{name} has {rows.count:,} rows without an order and no column with the role id, so that no "
                    "sample of it can be the same twice; give the id in data.columns, or a larger data.max_rows."
                )
            self.sampled_from = rows.count
            self.name = f"{name}, sampled from its {rows.count:,} rows (data.max_rows={self._wanted_rows})"
        if not self._files:
            self.first_row = 1
        self._rows: np.ndarray | None = None
        self._held: pa.Table | None = None

    @override
    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        # What has no order cannot be asked for some of its rows again: all of their columns are kept.
        asked = list(wanted) if self._files else list(range(len(self.headers)))
        table, broken = told_apart(self._collected(asked), len(asked))
        self._rows = table.column(ROW).to_numpy()
        if not self._files:
            self._held = table
            self._rows = np.arange(table.num_rows, dtype=np.int64) + self.first_row
        frame = self._asked(wanted).frame(table.select([f"c{at}" for at in wanted]))
        if len(broken):
            broken = self._texts(np.unique(broken["row"]))
        return Cells(frame, self._rows, broken)

    @override
    def tables(self, positions: Sequence[int], *, size: int) -> Iterator[pa.Table]:
        table, _ = told_apart(self._collected(list(positions)), 0)
        table = table.select([f"c{at}" for at in positions])
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
        return self._texts(numbers)[self.text_names]

    def _texts(self, numbers: np.ndarray) -> pd.DataFrame:
        """All cells of rows as text, by their numbers, with ``row`` and ``reason`` why one does not fit."""
        session = self._connection.session

        def query() -> pa.Table:
            few = session.createDataFrame(pa.table({ROW: numbers}))
            return self._frame.join(few.hint("broadcast"), on=ROW).toArrow()

        table = self._connection.ask(query).sort_by(ROW)
        texts = self.as_texts(table.select([f"c{at}" for at in range(len(self.headers))]))
        if FILE in table.column_names:
            texts = with_file(texts, table.column(FILE).to_pandas().to_numpy())
        reasons = table.column(WHY).to_pylist() if WHY in table.column_names else None
        return texts.assign(row=table.column(ROW).to_numpy(), reason=reasons)

    @cached_property
    @override
    def sha256(self) -> str:
        """Of all rows and all their cells, whatever their order: one that no sample holds may have changed."""
        F = self._connection.functions

        def query() -> pa.Table:
            kinds = dict(self._frame.dtypes)
            names = [f"c{at}" for at in range(len(self.headers))]
            odd = {name for name in names if "map<" in kinds[name] or "variant" in kinds[name]}  # Spark hashes none
            hashed = F.xxhash64(*(F.col(name).cast("string") if name in odd else F.col(name) for name in names))
            rows = self._frame.select(hashed.alias(HASH))
            parts = (f"sum(shiftright({HASH}, {at}) & 4194303) AS at_{at}" for at in (0, 22, 44))  # of 2^41 rows
            return rows.agg(F.count("*"), *map(F.expr, parts), F.expr(f"bit_xor({HASH})")).toArrow()

        (sums,) = self._connection.ask(query).to_pylist()
        return hashlib.sha256(repr([self.headers, *sums.values()]).encode()).hexdigest()

    @property
    @override
    def text_names(self) -> list[str]:
        return super().text_names if self._text is None else self._text.text_names

    @override
    def as_texts(self, table: pa.Table) -> pd.DataFrame:
        names = self.text_names[: table.num_columns]
        if self._text is None:
            return texts_frame(table, names)
        found: pd.DataFrame = table.to_pandas().fillna("").astype("str").set_axis(names, axis=1)  # as they are written
        return found

    @property
    @override
    def row_numbers(self) -> bool:
        return self._files

    @override
    def made(
        self, work: Callable[[Chunk], pa.Table], wanted: Mapping[int, ColumnSpec], schema: Mapping[str, str]
    ) -> Callable[[str], pa.Table]:
        positions, asked = list(wanted), self._asked(wanted)

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return made_rows(work, asked, batches)

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
        positions, asked = list(wanted), self._asked(wanted)
        self.pass_count += 1

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return answers(work, asked, batches)

        found = self._connection.ask(
            lambda: self._projected(positions).mapInArrow(run, f"{ANSWER} binary").toArrow().column(ANSWER).to_pylist()
        )
        yield from found

    @override
    def repeated(self, work: Work, wanted: Mapping[int, ColumnSpec], *, most: int) -> Hashes:
        positions, asked = list(wanted), self._asked(wanted)
        self.pass_count += 1

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return hashes(work, asked, batches)

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
        positions, asked, everything = list(wanted), self._asked(wanted), range(len(self.headers))
        handed_on = list(everything if kept is None else kept)
        more = [at for at in handed_on if at not in positions]
        rows = self._projected(positions, more)
        names = [f"c{at}" for at in handed_on] or [ROW]
        own = names_of(self.headers)
        headers = [own[at] for at in handed_on] or [ROW]

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return extended(work, asked, names, [*names, *added], batches)

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

    def _asked(self, wanted: Mapping[int, ColumnSpec]) -> Wanted:
        """Columns as they are asked of workers."""
        return Wanted(wanted, self._text is not None, self.decimal)

    @cached_property
    def _limit(self) -> int | None:
        """Hash up to which a row belongs to the sample; None where all do."""
        if self._wanted_rows is None:
            return None

        def look(limit: int) -> Hashes:
            near = self._near([] if self._id_at is None else [self._id_at], limit)
            found, named = named_hashes(ids_of(near, self._id_name), near.column(ROW).to_numpy())
            return found[named]

        return sample_limit(look, self._wanted_rows, self.sampled_from)

    @property
    def _why(self) -> list[str]:
        """The column that says why a row does not fit its header, of delimited text."""
        return [] if self._text is None else [WHY]

    @property
    def _id_name(self) -> str | None:
        return None if self._id_at is None else f"c{self._id_at}"

    def _near(self, positions: Sequence[int], limit: int) -> pa.Table:
        """Some columns of the rows up to a hash."""
        id_name = self._id_name

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return sampled(limit, id_name, batches)

        def query() -> pa.Table:
            rows = self._frame.select(*(f"c{at}" for at in positions), ROW, *self._why)
            return rows.mapInArrow(run, rows.schema).toArrow()

        return self._connection.ask(query)

    def _collected(self, positions: Sequence[int]) -> pa.Table:
        """Some columns of the sample, in order."""
        asked = [*positions, *([] if self._id_at is None or self._id_at in positions else [self._id_at])]
        if self._limit is None:
            columns = [*(f"c{at}" for at in asked), ROW, *self._why]
            table = self._connection.ask(lambda: self._frame.select(*columns).toArrow())
        else:
            table = self._near(asked, self._limit)
        if self._limit is None and (self._files or self._id_at is None):
            return table.sort_by(ROW)
        numbers, ids = table.column(ROW).to_numpy(), ids_taken(table, self._id_name)
        order = sample_order(batch_hashes(table, self._id_name), numbers, ids)
        return taken_rows([table], order)

    def _projected(self, positions: Sequence[int], more: Sequence[int] = ()) -> Any:
        """The wanted columns, the number of each row, and its other cells where the wanted ones are empty."""
        F = self._connection.functions
        wanted = [F.col(f"c{at}") for at in positions]
        others = [F.col(f"c{at}").cast("string") for at in range(len(self.headers)) if at not in positions]
        nothing = F.lit(True)
        for column in wanted:
            nothing = nothing & (column.isNull() | F.trim(column.cast("string")).isin("", "NaN"))
        rest = F.to_json(F.array(*others)) if others else F.lit("[]")
        rows = self._frame.select(
            *wanted, *(f"c{at}" for at in more), ROW, *self._why, F.when(nothing, rest).alias(REST)
        )
        return rows if self._partitions is None else rows.repartition(self._partitions)
