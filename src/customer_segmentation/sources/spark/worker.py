"""What a worker of Spark does with the rows that it is handed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.base import Chunk
from customer_segmentation.sources.column_buffers import typed_columns
from customer_segmentation.sources.distributed import Work
from customer_segmentation.sources.id_sample import row_hashes
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.tables import plain_frame, texts_frame

ROW, REST, ANSWER, HASH = "row", "rest", "answer", "hash"
#: Of delimited text: why a row does not fit its header, and the file that it stands in.
WHY, FILE = "why", "file"
#: Column in which a reason is added to rows.
REASON = "reason"


@dataclass(frozen=True)
class Wanted:
    """Columns that are worked on.

    Attributes
    ----------
    specs : mapping of int to ColumnSpec
        Their contract, by position.
    is_text : bool
        Whether they are of delimited text, where plain numbers are texts as well.
    decimal : str or None
        Decimal mark of such numbers.
    """

    specs: Mapping[int, ColumnSpec]
    is_text: bool = False
    decimal: str | None = None

    def frame(self, cells: pa.Table) -> pd.DataFrame:
        """Cells of the columns, as they are read here.

        Parameters
        ----------
        cells : the columns in this order
        """
        if self.is_text:
            found = typed_columns(cells, dict(enumerate(self.specs.values())), decimal=self.decimal)
        else:
            found = plain_frame(cells)
        return found.set_axis(list(self.specs), axis=1)


def answers(work: Work, wanted: Wanted, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Do some work on batches of rows; each of its answers is a row.

    Parameters
    ----------
    work : takes chunks
    wanted : the columns, which come first in a batch, in this order
    batches : also with the number of each row, and the other cells where the wanted ones are empty
    """
    for answer in work(_chunks(wanted, batches)):
        yield pa.RecordBatch.from_pydict({ANSWER: pa.array([answer], pa.binary())})


def hashes(work: Work, wanted: Wanted, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Do some work whose answers are numbers of 64 bits; each number is a row.

    Parameters
    ----------
    work, wanted, batches : see `answers`
    """
    for answer in work(_chunks(wanted, batches)):
        yield pa.RecordBatch.from_pydict({HASH: pa.array(np.frombuffer(answer, dtype=np.int64))})


def extended(
    work: Callable[[Chunk], pa.Table],
    wanted: Wanted,
    kept: Sequence[str],
    names: Sequence[str],
    batches: Iterator[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    """Batches with columns added, which some work makes of their rows.

    Parameters
    ----------
    work : makes the added columns of a chunk
    wanted : see `answers`
    kept : names of the columns that are handed on
    names : of what is handed on, with the added ones
    batches : also with the number of each row, and the other cells where the wanted ones are empty
    """
    for batch in batches:
        if not batch.num_rows:
            continue
        (chunk,) = _chunks(wanted, iter([batch]))
        added = work(chunk).combine_chunks()
        if len(chunk.broken):
            good = batch.column(WHY).is_null().to_numpy(zero_copy_only=False)
            at = pa.array(np.cumsum(good) - 1, mask=~good)
            added = added.take(at)
            why = pc.coalesce(added.column(REASON), batch.column(WHY))
            added = added.set_column(added.column_names.index(REASON), REASON, why)
        columns = [*(batch.column(name) for name in kept), *(one.combine_chunks() for one in added.columns)]
        yield pa.RecordBatch.from_arrays(columns, names=list(names))


def made_rows(
    work: Callable[[Chunk], pa.Table], wanted: Wanted, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Rows that some work makes of each batch.

    Parameters
    ----------
    work : makes the rows of a chunk
    wanted, batches : see `answers`
    """
    for chunk in _chunks(wanted, batches):
        yield from work(chunk).to_batches()


def sampled(limit: int, id_name: str | None, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows of batches whose hash is small enough for the sample.

    Parameters
    ----------
    limit : up to which hash
    id_name : name of the id column; None where there is none
    batches : also with the number of each row
    """
    for batch in batches:
        near = batch_hashes(batch, id_name) <= np.uint64(limit)
        if near.any():
            yield batch.filter(pa.array(near))


def batch_hashes(batch: pa.RecordBatch | pa.Table, id_name: str | None) -> np.ndarray:
    """Hash by which each row is taken into a sample.

    Parameters
    ----------
    batch : with the id and the number of each row
    id_name : name of the id column; None where there is none
    """
    return row_hashes(ids_of(batch, id_name), np.asarray(batch.column(ROW)))


def ids_of(batch: pa.RecordBatch | pa.Table, id_name: str | None) -> pd.Series | None:
    """Cells of the id column; None where there is none.

    Parameters
    ----------
    batch : with the id
    id_name : name of the id column
    """
    return None if id_name is None else plain_frame(pa.table({id_name: batch.column(id_name)})).iloc[:, 0]


def ids_taken(table: pa.Table, id_name: str | None) -> Callable[[np.ndarray], pd.Series] | None:
    """Gives the cells of the id column at some positions; None where there is none.

    Parameters
    ----------
    table : with the id
    id_name : name of the id column
    """
    return None if id_name is None else lambda at: plain_frame(table.select([id_name]).take(at)).iloc[:, 0]


def _chunks(wanted: Wanted, batches: Iterator[pa.RecordBatch]) -> Iterator[Chunk]:
    for batch in batches:
        table, broken = told_apart(pa.Table.from_batches([batch]), len(wanted.specs))
        cells = table.select(range(len(wanted.specs)))
        rows = table.column(ROW).to_numpy()
        yield Chunk(wanted.frame(cells), rows, broken, texts=partial(_cells, cells, table.column(REST)))


def told_apart(table: pa.Table, count: int) -> tuple[pa.Table, pd.DataFrame]:
    """Rows that fit their header; and the first cells of those that do not, with ``row`` and ``reason``.

    Parameters
    ----------
    table : rows with their number, and where it is delimited text why a row does not fit
    count : number of cells
    """
    if WHY not in table.column_names or table.column(WHY).null_count == table.num_rows:
        return table, pd.DataFrame()
    fit = pc.is_null(table.column(WHY))
    odd = table.filter(pc.invert(fit))
    cells = texts_frame(odd.select(range(count)), [str(at) for at in range(count)])
    return table.filter(fit), cells.assign(row=odd.column(ROW).to_numpy(), reason=odd.column(WHY).to_pylist())


def _cells(wanted: pa.Table, rest: pa.ChunkedArray, positions: np.ndarray) -> pd.DataFrame:
    """The wanted cells of some rows as text, and in a last column whether the others hold something."""
    at = pa.array(positions)
    texts = texts_frame(wanted.take(at), wanted.column_names)
    others = [json.loads(text) if text else ["something"] for text in rest.take(at).to_pylist()]
    return texts.assign(**{REST: [_told(cells) for cells in others]})


def _told(cells: Sequence[str | None]) -> str:
    """The first cell in which something stands; else the first that is not empty, such as NA; else nothing."""
    texts = [cell.strip() for cell in cells if cell and cell.strip()]
    blank = is_blank(pd.Series(texts, dtype="str"))
    return next((text for text, empty in zip(texts, blank, strict=True) if not empty), texts[0] if texts else "")
