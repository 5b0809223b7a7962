"""Parquet: a file, or the parts of a table in many files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa
from typing_extensions import override

from customer_segmentation.errors import DataError
from customer_segmentation.formatting import first_line
from customer_segmentation.settings.data import ColumnSpec, DataSettings
from customer_segmentation.sources.base import PLACES, Cells, FileSource, Preview
from customer_segmentation.sources.files import FileBytes, sha256_of
from customer_segmentation.sources.id_sample import id_position, named_hashes, sample_limit, sample_order
from customer_segmentation.sources.tables import for_pandas, plain_frame, resized, scanned, taken_rows

_SCANNED = 1 << 16  # rows of a batch while a table is scanned for some of its rows
_OF_PANDAS = re.compile(r"__index_level_\d+__")  # an index without a name, which some parts have
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
#: What Arrow raises for a damaged file.
_DAMAGED = (OSError, pa.ArrowException)


class ParquetSource(FileSource):
    """A table of one or more Parquet files, of which only the wanted columns are read.

    Parameters
    ----------
    paths : sequence of Path
        The parts, in the order of their rows.
    name : str
        For messages.
    root : Path, optional
        Folder of a partitioned table: what the folders below it are called, such as ``year=2024``, becomes columns.
    at_most : int, optional
        Of a table with more rows, a sample of so many is read, by the hash of the id: always the same customers, in
        the order of the hashes.
    columns : mapping of str to ColumnSpec, optional
        The contract, by which the id is found.

    Raises
    ------
    DataError
        A file is damaged, or the parts do not go together.
    """

    kind = "Parquet"
    magics = (b"PAR1",)
    reads = ()

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        name: str,
        root: Path | None = None,
        at_most: int | None = None,
        columns: Mapping[str, ColumnSpec] | None = None,
    ) -> None:
        self.name = name
        self._paths = list(paths)
        self._root = root
        self._dataset = self._opened()
        self.headers = tuple(self._dataset.schema.names)
        twice = sorted({header for header in self.headers if self.headers.count(header) > 1})
        if twice:
            raise DataError(f"{name} has several columns {twice[0]!r}; rename them, a name must be unique.")
        self._kept: np.ndarray | None = None
        rows = int(self._stops[-1]) if len(self._stops) else 0
        if at_most is not None and rows > at_most:
            self._kept = self._sampled(max(at_most, 1), rows, id_position(self.headers, columns or {}))
            self.sampled_from = rows
            self.name = f"{name}, sampled from its {rows:,} rows (data.max_rows={at_most})"

    @classmethod
    @override
    def opened(cls, file: FileBytes, settings: DataSettings) -> Self:
        return cls([file.path], name=file.name, at_most=settings.max_rows, columns=settings.columns)

    @cached_property
    @override
    def sha256(self) -> str:
        """Checksum of the file; of several parts, of their names and checksums."""
        return sha256_of(self._paths, root=self._root)

    @property
    @override
    def expected_rows(self) -> int | None:
        if self._kept is not None:
            return len(self._kept)
        return int(self._stops[-1]) if len(self._stops) else 0

    @override
    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        try:
            table = self._table(self._names(list(wanted)), self._kept)
            # A pandas index stored as a column stays a column.
            frame = for_pandas(table).to_pandas(split_blocks=True, self_destruct=True)
        except _DAMAGED as error:
            raise self._damaged(error) from None
        rows = np.arange(len(frame), dtype=np.int64) if self._kept is None else self._kept.astype(np.int64)
        return Cells(frame.set_axis(list(wanted), axis=1), rows + self.first_row)

    @override
    def tables(self, positions: Sequence[int], *, size: int) -> Iterator[pa.Table]:
        try:
            if self._kept is not None:
                yield from resized(self._table(self._names(positions), self._kept).to_batches(), size)
                return
            yield from resized(scanned(self._dataset, self._names(positions), size), size)
        except _DAMAGED as error:
            raise self._damaged(error) from None

    @override
    def preview(self, n_rows: int) -> Preview:
        """Read all columns of about ``n_rows`` rows, the first of some row groups, of all where there are no more."""
        names = list(self.headers)
        rows = int(self._stops[-1]) if len(self._stops) else 0
        places = np.unique(np.linspace(0, len(self._pieces) - 1, min(len(self._pieces), PLACES)).astype(np.intp))
        size = max(n_rows // max(len(places), 1), 1)
        try:
            if rows <= n_rows:
                table, which = self._dataset.to_table(columns=names), ""
            else:
                taken = [self._scanned(self._pieces[at], names, size).head(size) for at in places]
                table = pa.concat_tables(taken)
                which = f"spread over its {rows:,}" if len(places) > 1 else f"the first of its {rows:,}"
        except _DAMAGED as error:
            raise self._damaged(error) from None
        frame = plain_frame(table)
        return Preview(frame.set_axis(range(len(self.headers)), axis=1), which)

    @override
    def rows_as_text(self, positions: np.ndarray) -> pd.DataFrame:
        """All cells of some rows, by position, as text; only the row groups that hold them are read."""
        asked = np.asarray(positions, dtype=np.int64)
        at = np.unique(asked)
        try:
            table = self._table(list(self.headers), at if self._kept is None else self._kept[at])
        except _DAMAGED as error:
            raise self._damaged(error) from None
        return self.as_texts(table).iloc[np.searchsorted(at, asked)].reset_index(drop=True)

    def _opened(self) -> Any:
        """The files as one dataset, in one schema.

        Raises
        ------
        DataError
            The file is damaged, or its parts do not go together.
        """
        import pyarrow.dataset as dataset

        opened = partial(
            dataset.dataset,
            [str(path) for path in self._paths],
            format="parquet",
            partitioning=None if self._root is None else _partitioning(self._paths, self._root),
            partition_base_dir=None if self._root is None else str(self._root),
        )
        try:
            whole = opened()
            if len(self._paths) == 1:
                return whole
        except _DAMAGED as error:
            raise self._damaged(error) from None
        schemas: list[pa.Schema] = []
        for fragment in whole.get_fragments():
            try:
                schemas.append(fragment.physical_schema.remove_metadata())
                self._refuse_others(schemas[0].names, schemas[-1].names, Path(fragment.path).name)
                merged = pa.unify_schemas([*schemas, whole.schema.remove_metadata()], promote_options="permissive")
            except pa.ArrowTypeError as error:
                raise DataError(
                    f"{self.name}: {Path(fragment.path).name} does not go with the other parts "
                    f"({first_line(error)}); write the parts with the same columns."
                ) from None
            except _DAMAGED as error:
                raise self._damaged(error, Path(fragment.path).name) from None
        return opened(schema=merged)

    def _refuse_others(self, first: Sequence[str], names: Sequence[str], part: str) -> None:
        """Refuse a part with other columns: what it lacks would be blank, and nobody would see that.

        Raises
        ------
        DataError
            Names the column.
        """
        lacking = [name for name in first if name not in names and not _OF_PANDAS.match(name)]
        more = [name for name in names if name not in first and not _OF_PANDAS.match(name)]
        if lacking or more:
            what = f"lacks {lacking[0]!r}" if lacking else f"has {more[0]!r} as well"
            raise DataError(f"{self.name}: {part} {what}; files that make up one table must have the same columns.")

    @cached_property
    def _pieces(self) -> list[Any]:
        """Row groups of all parts, in order.

        Raises
        ------
        DataError
            The file is damaged.
        """
        try:
            return [piece for part in self._dataset.get_fragments() for piece in part.split_by_row_group()]
        except _DAMAGED as error:
            raise self._damaged(error) from None

    @cached_property
    def _stops(self) -> np.ndarray:
        """Position after the last row of each piece."""
        return np.cumsum([sum(group.num_rows for group in piece.row_groups) for piece in self._pieces])

    def _sampled(self, wanted: int, rows: int, id_at: int | None) -> np.ndarray:
        """Positions of a sample, in its order."""
        seen: list[tuple[np.ndarray, np.ndarray]] = []

        def look(limit: int) -> np.ndarray:
            found, at, named = self._hashed(id_at, limit)
            seen[:] = [(found, at)]
            return np.asarray(found[named], dtype=np.uint64)

        last = sample_limit(look, wanted, rows)
        ((hashes, positions),) = seen
        hashes, positions = hashes[hashes <= last], positions[hashes <= last]
        ids_at = None if id_at is None else partial(self._cells_at, id_at, positions)
        return positions[sample_order(hashes, positions, ids_at)]

    def _hashed(self, id_at: int | None, limit: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Hashes of the rows up to a limit, their positions, and whether they are named."""
        hashes, positions, start = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int64)], 0
        named = [np.zeros(0, dtype=bool)]
        parts: Iterator[tuple[pd.Series | None, int]]
        if id_at is None:
            sizes = np.diff(self._stops, prepend=0)
            parts = ((None, int(size)) for size in sizes)
        else:
            read = self.tables([id_at], size=_SCANNED)
            parts = ((plain_frame(table).iloc[:, 0], table.num_rows) for table in read)
        for ids, count in parts:
            at = np.arange(start, start + count, dtype=np.int64)
            found, has_id = named_hashes(ids, at + self.first_row)
            near = found <= np.uint64(limit)
            hashes.append(found[near])
            positions.append(at[near])
            named.append(has_id[near])
            start += count
        return np.concatenate(hashes), np.concatenate(positions), np.concatenate(named)

    def _cells_at(self, column: int, positions: np.ndarray, at: np.ndarray) -> pd.Series:
        """Cells of a column at some of the positions."""
        cells: pd.Series = plain_frame(self._table(self._names([column]), positions[at])).iloc[:, 0]
        return cells

    def _names(self, positions: Sequence[int]) -> list[str]:
        return [self.headers[position] for position in positions]

    def _table(self, names: list[str], rows: np.ndarray | None) -> pa.Table:
        """Some columns of all rows, or of those at some positions, in this order."""
        if rows is None and len(self._paths) == 1 and self._root is None:
            # One array a column, which pandas takes without a copy; a scan gives many.
            from pyarrow.parquet import ParquetFile

            with ParquetFile(self._paths[0]) as file:
                return file.read(columns=names).select(names)
        if rows is None:
            return self._dataset.to_table(columns=names)
        order = np.argsort(rows, kind="stable")
        rows, asked = rows[order], rows
        parts = [self._dataset.schema.empty_table().select(names).replace_schema_metadata(None)]
        owner = np.searchsorted(self._stops, rows, side="right")
        for at in np.unique(owner):
            piece = self._pieces[at]
            start = self._stops[at] - sum(group.num_rows for group in piece.row_groups)
            found = self._scanned(piece, names, _SCANNED).take(pa.array(rows[owner == at] - start))
            parts.append(found.replace_schema_metadata(None))
        return pa.concat_tables(parts) if np.array_equal(rows, asked) else taken_rows(parts, np.argsort(order))

    def _scanned(self, piece: Any, names: list[str], size: int) -> Any:
        """Some columns of a row group, ``size`` rows at a time."""
        return piece.scanner(columns=names, schema=self._dataset.schema, batch_size=size, batch_readahead=2)

    def _damaged(self, error: BaseException, part: str = "") -> DataError:
        where = f"{part} of {self.name}" if part else self.name
        return DataError(f"{where} is a damaged Parquet file ({first_line(error)}); fetch it again.")


def _partitioning(paths: Sequence[Path], root: Path) -> Any:
    """Columns that folders name, as ``year=2024``: numbers where all are written as such, else texts, as 01 and 1 are.

    Parameters
    ----------
    paths : of the parts
    root : of the table
    """
    import pyarrow.dataset as dataset

    values: dict[str, set[str]] = {}
    for folder in {path.parent for path in paths}:
        for name in folder.relative_to(root).parts:
            key, sign, value = name.partition("=")
            if sign:
                values.setdefault(unquote(key), set()).add(unquote(value))
    kinds = {key: pa.int32() if all(map(_is_plain, known)) else pa.string() for key, known in values.items()}
    return dataset.partitioning(pa.schema(list(kinds.items())), flavor="hive")


def _is_plain(text: str) -> bool:
    """Whether a whole number of 32 bits is written as any program would write it; a blank is none that is not."""
    if text == _NO_VALUE:
        return True
    return re.fullmatch(r"0|-?[1-9]\d{0,9}", text) is not None and abs(int(text)) < 1 << 31
