"""Several tables with the same columns as one: parts in a folder, files of months, sheets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from typing_extensions import override

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.base import Cells, Chunk, Preview, TableSource
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.headers import exact, header_name, of_other_units
from customer_segmentation.sources.parsing.texts import fold
from customer_segmentation.sources.tables import names_of

FILE = "file"  # column of rows as text that names the part


class StackedSource(TableSource):
    """Tables with the same columns, one after another.

    Rows are numbered as the lines of the files joined one after another are: the header of each counts.

    Parameters
    ----------
    parts : sequence of TableSource
        At least one. Their columns are matched by name, in any order.
    name : str
        For messages.

    Attributes
    ----------
    parts : list of (TableSource, list of int)
        Each with the positions that the columns have in it.

    Raises
    ------
    DataError
        A part has other columns than the first, or another decimal mark.
    """

    def __init__(self, parts: Sequence[TableSource], *, name: str) -> None:
        self.name = name
        self.headers = parts[0].headers
        self.first_row = parts[0].first_row
        self.parts = [(part, self._columns_of(part)) for part in parts]
        marks = {part.decimal: part.name for part in parts if part.decimal is not None}
        if len(marks) > 1:
            written = " and ".join(
                f"{where} with {mark!r}" for mark, where in sorted(marks.items(), key=lambda item: item[1])
            )
            raise DataError(f"{name}: numbers are written {written}; say what is right for all with data.decimal.")
        self.decimal = next(iter(marks), None)
        self.typed = all(part.typed for part in parts)
        read = [part.reads for part in parts]
        self.reads = None if None in read else tuple({key for keys in read for key in keys or ()})
        self._reading = 0  # part of which `passes` yields

    def _columns_of(self, part: TableSource) -> list[int]:
        """Where a part has each column.

        Raises
        ------
        DataError
            It lacks one.
        """
        found: dict[str, int] = {}
        for at, header in enumerate(part.headers):
            name = header_name(header, at)
            found.setdefault(fold(name), at)
            found.setdefault(exact(name), at)
        named = [header_name(header, at) for at, header in enumerate(self.headers)]
        lacking = [name for name in named if fold(name) not in found]
        more = [
            header for at, header in enumerate(part.headers) if fold(header_name(header, at)) not in map(fold, named)
        ]
        if lacking or more or len(part.headers) != len(self.headers):
            what = f"lacks {lacking[0]!r}" if lacking else f"has {more[0]!r} as well" if more else "repeats a column"
            raise DataError(
                f"{self.name}: {part.name} {what}; files that make up one table must have the same columns."
            )
        positions = [found.get(exact(name), found[fold(name)]) for name in named]
        if len(set(positions)) < len(set(map(exact, named))):
            raise DataError(
                f"{self.name}: {part.name} has no header that is spelt as one of {', '.join(named)}; headers that "
                "differ in a sign alone must be spelt alike in all files of a table."
            )
        for own, at in zip(named, positions, strict=True):
            if of_other_units([own], [part.headers[at]]):
                raise DataError(
                    f"{self.name}: {part.name} has {part.headers[at]!r} where the others have {own!r}; files that make "
                    "up one table must have the same units."
                )
        return positions

    @property
    @override
    def sha256(self) -> str:
        """Checksum of the parts' checksums; empty where one has none."""
        checksums = [part.sha256 for part, _ in self.parts]
        return hashlib.sha256("\n".join(checksums).encode()).hexdigest() if all(checksums) else ""

    @property
    @override
    def expected_rows(self) -> int | None:
        """About how many rows there are; None where a part does not know."""
        counts = [part.expected_rows for part, _ in self.parts]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    @property
    @override
    def text_names(self) -> list[str]:
        """Names of the columns of rows as text; the last names the part."""
        return [*self.part_names, FILE]

    @property
    def part_names(self) -> list[str]:
        """Names of the columns that the parts share."""
        return names_of(self.headers, taken=("row", "reason", FILE))

    @override
    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        found = []
        before = 0
        for at, (part, columns) in enumerate(self.parts):
            cells = part.read({columns[position]: spec for position, spec in wanted.items()})
            found.append(self._moved(at, cells, list(wanted), before))
            before = max(before + part.first_row - 1, _last(found[-1]))
        return Cells(
            pd.concat([cells.frame for cells in found], ignore_index=True),
            pd.concat([pd.Series(cells.rows) for cells in found]).to_numpy(),
            pd.concat([cells.broken for cells in found], ignore_index=True),
        )

    @override
    def chunks(self, wanted: Mapping[int, ColumnSpec], *, size: int, everything: bool = False) -> Iterator[Chunk]:
        """Yield the rows in chunks of at most about ``size``; no chunk holds rows of two parts."""
        before = 0
        for at, (part, columns) in enumerate(self.parts):
            last = before + part.first_row - 1
            specs = {columns[position]: spec for position, spec in wanted.items()}
            for chunk in part.chunks(specs, size=size, everything=everything):
                cells = self._moved(at, chunk, list(wanted), before)
                last = max(last, _last(cells))
                whole = None
                if everything and chunk.everything is not None:
                    whole = chunk.everything.select(columns).rename_columns(self.part_names)
                yield Chunk(cells.frame, cells.rows, cells.broken, whole)
            before = last

    @override
    def tables(self, positions: Sequence[int], *, size: int) -> Iterator[pa.Table]:
        for part, columns in self.parts:
            yield from part.tables([columns[position] for position in positions], size=size)

    @override
    def preview(self, n_rows: int) -> Preview:
        """Read all columns of about ``n_rows`` rows, as many of each part."""
        share = max(n_rows // len(self.parts), 1)
        found = [(part.preview(share), columns) for part, columns in self.parts]
        frames = [seen.frame[columns].set_axis(range(len(columns)), axis=1) for seen, columns in found]
        which = f"some of each of its {len(self.parts)} parts" if any(seen.which for seen, _ in found) else ""
        return Preview(pd.concat(frames, ignore_index=True), which)

    @override
    def first_cells(self, position: int, n_cells: int) -> pd.Series:
        found: list[pd.Series] = []
        for part, columns in self.parts:
            if n_cells > 0:
                found.append(part.first_cells(columns[position], n_cells))
                n_cells -= len(found[-1])
        return pd.concat(found, ignore_index=True)

    @override
    def passes(self, size: int) -> Iterator[tuple[pa.Table, pd.DataFrame]]:
        before = 0
        for at, (part, _) in enumerate(self.parts):
            self._reading = at
            rows = 0
            for table, broken in part.passes(size):
                rows += table.num_rows + (broken["row"].nunique() if len(broken) else 0)
                yield table, self._broken(at, broken, before) if len(broken) else broken
            before += part.first_row - 1 + rows

    @override
    def as_texts(self, table: pa.Table) -> pd.DataFrame:
        part, columns = self.parts[self._reading]
        texts = part.as_texts(table).iloc[:, columns].set_axis(self.part_names, axis=1)
        return with_file(texts, part.name)

    def _moved(self, at: int, cells: Cells, positions: list[int], before: int) -> Cells:
        """Cells of a part with the numbers that its rows have among all."""
        broken = self._broken(at, cells.broken, before) if len(cells.broken) else cells.broken
        return Cells(cells.frame.set_axis(positions, axis=1), cells.rows + before, broken)

    def _broken(self, at: int, broken: pd.DataFrame, before: int) -> pd.DataFrame:
        """Broken rows of a part under `text_names`, with the numbers that they have among all."""
        part, columns = self.parts[at]
        texts = broken.iloc[:, columns].set_axis(self.part_names, axis=1)
        return texts.assign(**{FILE: part.name}, row=broken["row"] + before, reason=broken["reason"])


def with_file(texts: pd.DataFrame, name: str | pd.Series) -> pd.DataFrame:
    """Rows as text with the file of each; an empty row stays empty, so that it is known to be nobody.

    Parameters
    ----------
    texts : cells
    name : of the file, or of that of each row
    """
    nothing = np.all([is_blank(texts.iloc[:, at]) for at in range(texts.shape[1])], axis=0)
    return texts.assign(**{FILE: np.where(nothing, "", name)}).astype({FILE: "str"})


def _last(cells: Cells) -> int:
    """Number of the last row."""
    rows = [int(cells.rows[-1])] if len(cells.rows) else []
    broken = [int(cells.broken["row"].max())] if len(cells.broken) else []
    return max([*rows, *broken, 0])
