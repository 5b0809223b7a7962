"""Tables written in parts, aside, and moved into place when they are whole: a killed run leaves no half file."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from zipfile import ZIP_DEFLATED, ZipFile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from customer_segmentation.data.spreadsheet_safety import (
    WITHIN_CSV,
    WITHIN_TSV,
    any_matches,
    neutral,
    neutralised_arrow,
    texts_in,
)
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.paths import typed_path
from customer_segmentation.scoring.earlier import Record, is_scored
from customer_segmentation.scoring.excel_cells import all_fit, cell_value
from customer_segmentation.scoring.text_types import TextTypes, conform
from customer_segmentation.sources.new_file import NewFile

EXCEL_ROWS = 1_048_576
KINDS = (".csv", ".tsv", ".txt", ".parquet", ".xlsx")
PACKINGS: dict[str, Callable[[Path], Any]] = {
    ".gz": lambda path: gzip.GzipFile(path, "wb", compresslevel=4, mtime=0),
    ".zst": lambda path: pa.CompressedOutputStream(str(path), "zstd"),
    ".bz2": lambda path: pa.CompressedOutputStream(str(path), "bz2"),
}
_MARK = b"segment"
_SPECIAL = r'[",\t\r\n]'


def as_it_came(field: pa.Field) -> pa.Field:
    """Mark a column of ids, in which no writer changes a text."""
    return field.with_metadata({_MARK: b"id"})


def untyped(field: pa.Field, decimal: str | None) -> pa.Field:
    """Mark a column of a delimited text, whose cells are characters of any kind.

    Parameters
    ----------
    field : of the column
    decimal : mark of its numbers; None: a point
    """
    return field.with_metadata({_MARK: (decimal or ".").encode()})


def ids_in(schema: pa.Schema) -> list[str]:
    """Columns that are marked as ids."""
    return [field.name for field in schema if (field.metadata or {}).get(_MARK) == b"id"]


def untyped_in(schema: pa.Schema) -> dict[str, str]:
    """Columns that are marked as untyped, with the decimal mark of their numbers."""
    marks = {field.name: (field.metadata or {}).get(_MARK, b"id").decode() for field in schema}
    return {name: mark for name, mark in marks.items() if mark != "id"}


def _unmarked(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.remove_metadata() for field in schema])


class Writer(Protocol):
    """Writes a table part by part."""

    def write(self, table: pa.Table) -> None:
        """Append rows; all parts have the same columns."""

    def close(self) -> None:
        """Finish what was written."""


class Output:
    """A table in a file that is there whole or not at all.

    Parameters
    ----------
    path : Path
        Its ending says what it becomes: CSV (also packed), Parquet or Excel.
    overwrite : bool
        Whether a table that an earlier scoring wrote may be replaced.
    key : str
        The setting that named it, for messages.
    said : bool
        Whether the user named it, and not we.
    written : Record, optional
        Without one nothing that is there is known to be of a scoring.

    Raises
    ------
    SettingsError
        The ending is not known, the folder is not there, or a file is there that may not be replaced.
    """

    def __init__(
        self,
        path: Path,
        *,
        overwrite: bool,
        key: str = "output",
        said: bool = True,
        written: Record | None = None,
    ) -> None:
        self.path = typed_path(path)
        self._make = writer_of(self.path, key)
        self._key, self._written = key, written
        is_ours = partial(is_scored, key=key, written=written)
        kind = "" if key == "output" else " of rejected rows" if said else " of this output's rejected rows"
        what = f"a table that segment score wrote{kind} and nobody has changed since"
        self.file = NewFile(path, overwrite=overwrite, is_ours=is_ours, key=key, what=what, said=said, seals=False)
        self._writer: Writer | None = None
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        if self._writer is None:
            self._writer = self._make(self.file.aside, table.schema)
        self._writer.write(table)
        self.rows += table.num_rows

    def finish(self) -> None:
        """Close the file, so that only its renaming is left."""
        if self._writer is not None:
            self._writer.close()
            with self.file.aside.open("rb") as written:
                os.fsync(written.fileno())
            if self._written is not None:
                self._written.note(self._key, self.file.aside)

    def publish(self) -> None:
        """Move the file to its name."""
        self.file.publish()

    def discard(self) -> None:
        """Remove what was written."""
        if isinstance(self._writer, ParquetWriter):
            self._writer.give_up()
        self.file.discard()

    def remove_earlier(self) -> None:
        """Remove the table of an earlier scoring that this one would have replaced."""
        self.file.remove()


def writer_of(path: Path, key: str) -> Callable[[Path, pa.Schema], Writer]:
    """Find the writer for a file by its ending.

    Parameters
    ----------
    path : of the output
    key : the setting that named it, for messages

    Raises
    ------
    SettingsError
        Nothing writes such a file.
    """
    endings = [suffix.lower() for suffix in path.suffixes]
    packing = endings.pop() if endings and endings[-1] in PACKINGS else ""
    ending = endings[-1] if endings else ""
    if ending not in KINDS or (packing and ending in (".parquet", ".xlsx")):
        raise SettingsError(
            f"{key}={path}: expected a name that ends in {', '.join(KINDS)}, the text ones also packed as "
            f"{', '.join(PACKINGS)}, or a database URL."
        )
    match ending:
        case ".parquet":
            return ParquetWriter
        case ".xlsx":
            return ExcelWriter
        case _:
            delimiter = "\t" if ending == ".tsv" else ","
            return lambda place, schema: CsvWriter(place, schema, delimiter=delimiter, packing=packing)


class CsvWriter:
    """Delimited text in UTF-8; what a spreadsheet would run of a text as a formula gets an apostrophe in front.

    Also behind a separator within it: a spreadsheet with another list separator than the file's begins a cell there.
    """

    def __init__(self, path: Path, schema: pa.Schema, *, delimiter: str = ",", packing: str = "") -> None:
        self._stream = PACKINGS[packing](path) if packing else path.open("wb")
        self._delimiter = delimiter
        self._ids = ids_in(schema)
        self._within = WITHIN_TSV if delimiter == "\t" else WITHIN_CSV
        safe = [neutral(name, within=self._within) for name in schema.names]
        header = pa.table([pa.array([name], pa.string()) for name in safe], names=schema.names)
        self._plain(header, special=_special(header))

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        table = neutralised_arrow(table, but=self._ids, within=self._within)
        self._plain(table, special=_special(table))

    def _plain(self, table: pa.Table, *, special: bool) -> None:
        """Quotation marks only where a cell needs them: Arrow would put them around every text."""
        for at, field in enumerate(table.schema):
            if pa.types.is_dictionary(field.type):
                table = table.set_column(at, field.name, pc.cast(table.column(at), field.type.value_type))
        options = arrow_csv.WriteOptions(
            include_header=False, delimiter=self._delimiter, quoting_style="needed" if special else "none"
        )
        arrow_csv.write_csv(table, self._stream, options)

    def close(self) -> None:
        """Finish the file."""
        self._stream.close()


class ParquetWriter:
    """Parquet; texts stay as they are, no spreadsheet runs them.

    Columns of a delimited text get their types when all of them have been seen: numbers and ISO dates. What is not one
    in every cell stays text.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        import pyarrow.parquet as parquet

        self._path, self._schema = path, _unmarked(schema)
        self._types = TextTypes(untyped_in(schema))
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        self._types.add(table)
        self._writer.write_table(conform(table, self._schema))

    def give_up(self) -> None:
        """Let a file that nobody needs go: Arrow would end it later, and complain where there is no room."""
        self._writer.is_open = False

    def close(self) -> None:
        """Finish the file."""
        import pyarrow.parquet as parquet

        self._writer.close()
        if not self._types.found:
            return
        aside = self._path.with_name(f"{self._path.stem}.typed.part")  # found again if the process is killed
        schema = self._types.schema(self._schema)
        aside.touch(0o600)  # for its owner alone, as what it replaces is
        try:
            with (
                parquet.ParquetFile(self._path) as held,
                parquet.ParquetWriter(aside, schema, compression="zstd") as new,
            ):
                for group in range(held.num_row_groups):
                    new.write_table(self._types.cast(held.read_row_group(group), schema))
            aside.replace(self._path)
        finally:
            aside.unlink(missing_ok=True)


class ExcelWriter:
    """One sheet, written row by row; formulas are neutralised."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        from openpyxl import Workbook

        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet("segments")
        self._ids = ids_in(schema)
        self._rows = 1
        self._sheet.append(
            [self._cell(cell_value(neutral(name), column=name, row=1, is_id=False)) for name in schema.names]
        )

    def write(self, table: pa.Table) -> None:
        """Append rows.

        Raises
        ------
        DataError
            A sheet cannot hold so many rows, or a cell not what stands in it.
        """
        if self._rows + table.num_rows > EXCEL_ROWS:
            raise DataError(
                f"a sheet of Excel holds {EXCEL_ROWS - 1:,} rows below its header, and there are more; write to CSV or "
                "Parquet."
            )
        safe = neutralised_arrow(table, but=self._ids)
        try:
            columns = [self._cells(name, column) for name, column in zip(safe.column_names, safe.columns, strict=True)]
        except DataError:
            self._sheet.close()  # openpyxl complains of a sheet that nobody ends
            raise
        for row in zip(*columns, strict=True):
            self._sheet.append(row)
        self._rows += table.num_rows

    def _cells(self, name: str, column: pa.ChunkedArray) -> list[Any]:
        is_id = name in self._ids
        values: list[Any] = column.to_pylist()
        if all_fit(column, is_id=is_id):
            return values
        return [
            self._cell(cell_value(value, column=name, row=row, is_id=is_id))
            for row, value in enumerate(values, start=self._rows + 1)
        ]

    def _cell(self, value: Any) -> Any:
        """A text as a text, also where a sheet would run it (an id with a sign in front) or take it for an error."""
        from openpyxl.cell import WriteOnlyCell

        if not isinstance(value, str) or not value.startswith(("=", "#")):
            return value
        cell = WriteOnlyCell(self._sheet, value=value)
        cell.data_type = "s"
        return cell

    def close(self) -> None:
        """Finish the file."""
        from openpyxl.writer.excel import ExcelWriter as BookWriter

        with self._path.open("wb") as stream:
            archive = ZipFile(stream, "w", ZIP_DEFLATED)
            try:
                BookWriter(self._book, archive).save()
            except BaseException:
                archive.fp = None  # or it would be ended once more, and complain, when nobody needs it any longer
                raise


def _special(table: pa.Table) -> bool:
    """Whether a text needs quotation marks."""
    return any(any_matches(texts, _SPECIAL) for column in table.columns for texts in texts_in(column))
