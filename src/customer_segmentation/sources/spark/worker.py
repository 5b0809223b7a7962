"""What a worker of Spark does with the rows that it is handed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.sources.base import Chunk
from customer_segmentation.sources.distributed import Work
from customer_segmentation.sources.id_sample import row_hashes
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.tables import plain_frame, texts_frame

ROW, REST, ANSWER, HASH = "row", "rest", "answer", "hash"


def answers(work: Work, positions: Sequence[int], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Do some work on batches of rows; each of its answers is a row.

    Parameters
    ----------
    work : takes chunks
    positions : of the wanted columns, which come first in a batch, in this order
    batches : also with the number of each row, and the other cells where the wanted ones are empty
    """
    for answer in work(_chunks(positions, batches)):
        yield pa.RecordBatch.from_pydict({ANSWER: pa.array([answer], pa.binary())})


def hashes(work: Work, positions: Sequence[int], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Do some work whose answers are numbers of 64 bits; each number is a row.

    Parameters
    ----------
    work, positions, batches : see `answers`
    """
    for answer in work(_chunks(positions, batches)):
        yield pa.RecordBatch.from_pydict({HASH: pa.array(np.frombuffer(answer, dtype=np.int64))})


def extended(
    work: Callable[[Chunk], pa.Table],
    positions: Sequence[int],
    kept: Sequence[str],
    names: Sequence[str],
    batches: Iterator[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    """Batches with columns added, which some work makes of their rows.

    Parameters
    ----------
    work : makes the added columns of a chunk
    positions : of the wanted columns, which come first in a batch, in this order
    kept : names of the columns that are handed on
    names : of what is handed on, with the added ones
    batches : also with the number of each row, and the other cells where the wanted ones are empty
    """
    for batch in batches:
        (chunk,) = _chunks(positions, iter([batch]))
        added = work(chunk).combine_chunks().to_batches()[0].columns if batch.num_rows else []
        if batch.num_rows:
            yield pa.RecordBatch.from_arrays([*(batch.column(name) for name in kept), *added], names=list(names))


def made_rows(
    work: Callable[[Chunk], pa.Table], positions: Sequence[int], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Rows that some work makes of each batch.

    Parameters
    ----------
    work : makes the rows of a chunk
    positions, batches : see `answers`
    """
    for chunk in _chunks(positions, batches):
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
    ids = None if id_name is None else batch.column(id_name).to_pandas()
    return row_hashes(ids, np.asarray(batch.column(ROW)))


def _chunks(positions: Sequence[int], batches: Iterator[pa.RecordBatch]) -> Iterator[Chunk]:
    for batch in batches:
        table = pa.Table.from_batches([batch])
        wanted = table.select(range(len(positions)))
        frame = plain_frame(wanted).set_axis(list(positions), axis=1)
        rows = table.column(ROW).to_numpy()
        yield Chunk(frame, rows, texts=partial(_cells, wanted, table.column(REST)))


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
