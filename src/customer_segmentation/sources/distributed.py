"""Tables whose rows are worked on where they are: by many processes, of which each is handed some of the rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.sources.base import Chunk, TableSource
from customer_segmentation.sources.id_sample import Hashes
from customer_segmentation.sources.tables import texts_frame

#: What is done with the chunks that one process is handed: its answers are bytes. It must be possible to pickle it.
Work = Callable[[Iterator[Chunk]], Iterator[bytes]]


class DistributedSource(TableSource):
    """A table that is read by other processes.

    Attributes
    ----------
    pass_count : int
        How often all of its rows have been passed.
    """

    pass_count: int = 0

    @abstractmethod
    def mapped(self, work: Work, wanted: Mapping[int, ColumnSpec]) -> Iterator[bytes]:
        """Do some work on all rows; yield its answers, in any order.

        Parameters
        ----------
        work : is done once in each process, on the chunks that it is handed
        wanted : contract of the wanted columns by their position
        """

    @abstractmethod
    def repeated(self, work: Work, wanted: Mapping[int, ColumnSpec], *, most: int) -> Hashes:
        """Numbers that some work gives more than once, ascending.

        Parameters
        ----------
        work : its answers are numbers of 64 bits
        wanted : contract of the wanted columns by their position
        most : of more numbers only so many and one are given
        """

    @property
    @abstractmethod
    def row_numbers(self) -> bool:
        """Whether rows have numbers of their own, as those of files do."""

    @abstractmethod
    def made(
        self, work: Callable[[Chunk], pa.Table], wanted: Mapping[int, ColumnSpec], schema: Mapping[str, str]
    ) -> Callable[[str], pa.Table]:
        """Make rows of all rows, where they are; give what answers queries on them.

        Parameters
        ----------
        work : makes the rows of a chunk
        wanted : contract of the columns that it needs by their position
        schema : name of each column that is made to its type

        Returns
        -------
        callable
            Takes a SELECT from ``{rows}``.
        """

    @abstractmethod
    def distinct(self, position: int) -> Sequence[str] | None:
        """Some different cells of a column of texts, in the order of the alphabet; None where it holds other values."""

    @abstractmethod
    def texts_of_rows(self, numbers: np.ndarray) -> pd.DataFrame:
        """All cells of rows as text, by the numbers of the rows, ascending and each once."""

    @abstractmethod
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
        """Write what some work makes of each row, to a place that does not exist yet.

        Parameters
        ----------
        work : makes the added columns of a chunk, in its order
        wanted : contract of the columns that it needs by their position
        place : a folder for Parquet files, or a table of the catalog
        is_table : whether it is a table
        kept : positions of the columns that are written in front of the added ones, as they are; None: all. Empty: the
            number of the row
        added : name of each added column to its type
        """


def engine_tags(engine: EngineSettings) -> dict[str, str]:
    """What runs say of the engine that has read their table."""
    if engine.kind == "local":
        return {}
    from customer_segmentation.sources.spark.session import connect

    connection = connect(engine)
    return {
        "engine": f"Spark {connection.version}",
        "engine_remote": connection.shown,
        "engine_partitions": str(engine.partitions or "as read"),
    }


def passed(source: TableSource, work: Work, wanted: Mapping[int, ColumnSpec], *, size: int) -> Iterator[bytes]:
    """Do some work on all rows of a table, here or where they are; yield its answers, in any order.

    Parameters
    ----------
    source : the table
    work : what is done with its chunks
    wanted : contract of the wanted columns by their position
    size : rows that are held at a time, where the work is done here
    """
    if isinstance(source, DistributedSource):
        yield from source.mapped(work, wanted)
        return
    yield from work(chunks_with_texts(source, wanted, size=size))


def chunks_with_texts(source: TableSource, wanted: Mapping[int, ColumnSpec], *, size: int) -> Iterator[Chunk]:
    """Chunks of a table that is read here; they give all cells of their rows; broken rows have the cells that are read.

    Parameters
    ----------
    source : the table
    wanted : contract of the wanted columns by their position
    size : rows at a time
    """
    start = 0
    for chunk in source.chunks(wanted, size=size):
        broken = chunk.broken
        if len(broken):
            broken = broken[[*(source.text_names[at] for at in wanted), "row", "reason"]]
        yield replace(chunk, broken=broken, texts=partial(_all_cells, source, chunk, start))
        start += len(chunk.rows)


def _all_cells(source: TableSource, chunk: Chunk, start: int, positions: np.ndarray) -> pd.DataFrame:
    """All cells of some rows of a chunk as text."""
    if chunk.everything is not None:
        return texts_frame(chunk.everything.take(pa.array(positions)), source.text_names)
    return source.rows_as_text(positions + start)
