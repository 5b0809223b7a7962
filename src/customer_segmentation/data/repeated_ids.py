"""Ids that stand in several rows of a table that is never in memory as a whole."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from tempfile import SpooledTemporaryFile

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.data.cleaning import prepare_columns, spelt_out
from customer_segmentation.data.rejections import RejectedRows, RowsAsText, mark_repetitions
from customer_segmentation.data.rows import CheckedRows
from customer_segmentation.data.wanted import WantedColumns
from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnType
from customer_segmentation.sources.base import Chunk, TableSource
from customer_segmentation.sources.distributed import DistributedSource, passed
from customer_segmentation.sources.id_sample import Hashes, hashes_of

#: Ids that may stand in several rows: all those rows are compared with each other in one place.
MOST_REPEATED = 1_000_000
#: Hashes of all ids are sorted in so many parts (as a power of two), of each of which so many bytes are kept in memory.
_BITS, _SPOOLED = 6, 1 << 20


@dataclass(frozen=True)
class Rules:
    """By which any chunk of a table is cleaned, wherever that happens.

    Attributes
    ----------
    wanted : WantedColumns
    decimal : {".", ","} or None
        Decimal mark of numbers in text.
    source : str
        Name of the table, for messages.
    repeated : uint64 array
        Hashes of the ids that stand in several rows, ascending.
    """

    wanted: WantedColumns
    decimal: str | None
    source: str
    repeated: Hashes


@dataclass(frozen=True)
class Held:
    """Rows of a chunk that can be used, if those elsewhere with the same id do not say otherwise.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Typed values.
    texts : DataFrame of shape (n_rows, n_columns)
        The cells that were read, as text.
    rows : int64 array of shape (n_rows,)
        Their numbers in the source.
    """

    frame: pd.DataFrame
    texts: pd.DataFrame
    rows: np.ndarray

    def to_bytes(self) -> bytes:
        """The rows as an Arrow stream, from which nothing but a table can be read."""
        named = {f"value {at}": self.frame.iloc[:, at] for at in range(self.frame.shape[1])}
        named |= {f"text {at}": self.texts.iloc[:, at] for at in range(self.texts.shape[1])}
        table = pa.table({"row": self.rows, **{key: pa.array(cells, from_pandas=True) for key, cells in named.items()}})
        stream = io.BytesIO()
        with pa.ipc.new_stream(stream, table.schema) as writer:
            writer.write_table(table)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, stream: bytes, rules: Rules) -> Held:
        """The rows of such a stream.

        Parameters
        ----------
        stream : as `to_bytes` gives it
        rules : of the table
        """
        frame: pd.DataFrame = pa.ipc.open_stream(stream).read_all().to_pandas()
        names = list(rules.wanted.present)
        values = frame[[f"value {at}" for at in range(len(names))]].set_axis(names, axis=1)
        texts = frame[[f"text {at}" for at in range(len(names))]].set_axis(range(len(names)), axis=1)
        return cls(values, texts, frame["row"].to_numpy(dtype=np.int64))


def rules_of(source: TableSource, wanted: WantedColumns, *, size: int) -> Rules:
    """Find the ids that stand in several rows, and with them the rules for every chunk.

    Parameters
    ----------
    source : the table, of which the ids are read once
    wanted : columns that are read
    size : rows at a time

    Raises
    ------
    DataError
        Too many ids stand in several rows.
    """
    rules = Rules(wanted, source.decimal, source.name, np.zeros(0, dtype=np.uint64))
    name = wanted.id_column
    if name is None:
        return rules
    work = partial(_id_hashes, rules)
    specs = {wanted.match.positions[name]: wanted.present[name]}
    if isinstance(source, DistributedSource):
        repeated = source.repeated(work, specs, most=MOST_REPEATED)
    else:
        repeated = repeated_numbers(passed(source, work, specs, size=size))
    if len(repeated) > MOST_REPEATED:
        raise DataError(
            f"{source.name}: more than {MOST_REPEATED:,} values of {name} stand in several rows; keep one row for each "
            "customer, or take another column for the id."
        )
    return Rules(wanted, source.decimal, source.name, repeated)


def repeated_numbers(parts: Iterable[bytes]) -> Hashes:
    """Numbers of 64 bits that stand more than once, ascending; of more than a few millions most are on disk.

    Parameters
    ----------
    parts : numbers, as bytes
    """
    with ExitStack() as held:
        # By their first bits: equal ones are in the same file, and no file is large.
        files = [held.enter_context(SpooledTemporaryFile(max_size=_SPOOLED)) for _ in range(1 << _BITS)]
        firsts = np.arange(1 << _BITS, dtype=np.uint64) << np.uint64(64 - _BITS)
        for part in parts:
            numbers = np.sort(np.frombuffer(part, dtype=np.uint64))
            for file, own in zip(files, np.split(numbers, np.searchsorted(numbers, firsts[1:])), strict=True):
                file.write(own.tobytes())
        found = [np.zeros(0, dtype=np.uint64)]
        for file in files:
            file.seek(0)
            numbers = np.sort(np.frombuffer(file.read(), dtype=np.uint64))
            found.append(np.unique(numbers[1:][numbers[1:] == numbers[:-1]]))
        return np.concatenate(found)


def _id_hashes(rules: Rules, chunks: Iterator[Chunk]) -> Iterator[bytes]:
    """Hashes of the ids of chunks, as they are after cleaning."""
    for chunk in chunks:
        yield _hashes(_typed_ids(chunk, rules)).tobytes()


def _typed_ids(chunk: Chunk, rules: Rules) -> pd.Series:
    name = rules.wanted.id_column
    assert name is not None  # noqa: S101 - asked for tables with an id
    raw = chunk.frame.set_axis([name], axis=1)
    ids = prepare_columns(raw, {name: rules.wanted.present[name]}, decimal=rules.decimal).frame[name]
    return ids[ids.notna()]


def _hashes(ids: pd.Series) -> Hashes:
    words = spelt_out(ids)
    return hashes_of(words if pd.api.types.is_string_dtype(words.dtype) else words.astype("str"))


def held_of(rows: CheckedRows, rules: Rules, cells: RowsAsText) -> tuple[Held | None, np.ndarray]:
    """The usable rows whose id stands in several; and which of the usable rows these are.

    Parameters
    ----------
    rows : of a chunk
    rules : of its table
    cells : gives the cells of rows that were read, by position in the chunk
    """
    usable = np.flatnonzero(rows.rejected.usable)
    name = rules.wanted.id_column
    if name is None or not len(rules.repeated) or not len(usable):
        return None, np.zeros(len(usable), dtype=bool)
    taken = np.isin(_hashes(rows.frame[name].iloc[usable]), rules.repeated)
    if not taken.any():
        return None, taken
    at = usable[taken]
    frame = rows.frame.iloc[at].apply(spelt_out).reset_index(drop=True)
    texts = cells(np.flatnonzero(rows.filled)[at])
    return Held(frame, texts.set_axis(range(texts.shape[1]), axis=1), rows.rejected.rows[at]), taken


def resolved(held: Sequence[Held], rules: Rules) -> tuple[CheckedRows, Callable[[np.ndarray], pd.DataFrame]]:
    """Mark the repetitions among the rows that were held back; with their cells as text, by position.

    Parameters
    ----------
    held : of all chunks, in any order
    rules : of the table
    """
    numbers = np.concatenate([part.rows for part in held])
    order = np.argsort(numbers, kind="stable")
    frame = pd.concat([part.frame for part in held], ignore_index=True).iloc[order].reset_index(drop=True)
    texts = pd.concat([part.texts for part in held], ignore_index=True).iloc[order].reset_index(drop=True)
    for name, spec in rules.wanted.present.items():
        if spec.type is ColumnType.yes_no:
            frame[name] = frame[name].astype("boolean" if frame[name].isna().any() else "bool")
    rejected = RejectedRows(numbers[order])
    id_name = rules.wanted.id_column
    assert id_name is not None  # noqa: S101 - or nothing was held back
    own = frame[rules.wanted.own] if rules.wanted.guests else frame
    duplicates = mark_repetitions(rejected, own, id_name)
    filled = np.ones(len(frame), dtype=bool)
    rows = CheckedRows(frame, rejected, filled, pd.DataFrame(), duplicates, {})
    return rows, lambda positions: texts.iloc[positions].reset_index(drop=True)
