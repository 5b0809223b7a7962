"""Excel sheets."""

from __future__ import annotations

import contextlib
import functools
import re
import shlex
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Self

import numpy as np
import pandas as pd
from typing_extensions import override

from customer_segmentation.errors import DataError
from customer_segmentation.formatting import first_line
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.base import FileSource
from customer_segmentation.sources.csv_dialect import refuse_rows_above
from customer_segmentation.sources.files import FileBytes, most_unpacked
from customer_segmentation.sources.frame import FrameSource
from customer_segmentation.sources.parsing.headers import recognised, spellings_of

#: Cells for which there is room whatever a sheet holds: some GiB.
_MOST_ROOM = 100_000_000
_PART = 1 << 22  # bytes read at once
#: Where cells and rows are, with either quotation mark; they begin with plain text, by which they are found at once.
_WIDE_CELLS = [re.compile(rb" r=%b([A-Za-z]{2,7})[0-9]" % mark) for mark in (b'"', b"'")]
# A row may stand in its cells alone; of those in the first columns, which are most, only a far one matters.
_ROW = rb" r=%b(?:[A-Za-z](?=0*[1-9][0-9]{5})|[A-Za-z]{2,7}|)0*([0-9]{1,10})%b"
_ROWS = [re.compile(_ROW % (mark, mark)) for mark in (b'"', b"'")]
#: Blanks as XML allows them there as well.
_OTHERWISE = [*(b" =", b"= "), *(form % blank for blank in (b"\n", b"\t", b"\r") for form in (b"%b=", b"=%b", b"%br"))]
_LONGEST = 40  # of what is looked for
_ZEROS = re.compile(rb"0{17,}")  # before a number, as many as somebody likes
#: Records of a binary sheet: a row's head, its first and last kind of cell, where its rows begin and end.
_ROW_HEAD, _CELLS, _ROWS_BEGIN, _ROWS_END = 0, range(1, 12), 145, 146
#: Parts of a workbook that are no sheet, whatever else a sheet may be called.
_NO_SHEETS = (".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf")
_WIDE = 0.8  # of the widest row: a title above a table is narrower
_AS_WELL = 0.6  # of the columns that the best sheet knows: another one may be the table as well


class ExcelSource(FrameSource, FileSource):
    """A sheet of a workbook: Excel's own (old ones too) or LibreOffice's."""

    kind = "excel"
    reads = ("sheet",)
    magics = (b"\xd0\xcf\x11\xe0",)  # of old ones; a new one is a zip archive, told by what is in it

    @classmethod
    @override
    def takes(cls, file: FileBytes) -> bool:
        """Tell whether a file is a workbook."""
        return file.workbook or super().takes(file)

    @classmethod
    @override
    def opened(cls, file: FileBytes, settings: DataSettings) -> Self:
        """Read the sheet that ``settings.sheet`` names, or the one that looks most like the contract's table."""
        frame, first_row, sheets = sheet_of(file, settings.sheet, spellings_of(settings.columns))
        name = file.name
        if len(sheets) > 1:
            name = f"{file.name}, sheet {sheets[0]} (not {', '.join(sheets[1:])})"
        return cls(frame, name=name, sha256=file.sha256(), first_row=first_row)


def sheet_of(file: FileBytes, sheet: str | None, claimed: Mapping[str, str]) -> tuple[pd.DataFrame, int, list[str]]:
    """Read the sheet that is named, or the one whose header knows most of the contract's columns.

    Without a contract the largest one is read; its header is the first row that is about as wide as the table.

    Parameters
    ----------
    file : the workbook's bytes
    sheet : its name; None: found out
    claimed : spelling of a header to the column of the contract

    Returns
    -------
    frame : DataFrame
    first_row : int
        Number of its first row in the sheet.
    sheets : list of str
        Name of the sheet, then of the others that are not empty.

    Raises
    ------
    DataError
        The workbook is damaged, has no such sheet, only empty ones, or several that may be the table.
    """
    _refuse_far_cells(file)
    with _readable(file):
        book = pd.ExcelFile(file.path, engine="calamine")
        names = [str(name) for name in book.sheet_names]
    if sheet is not None and sheet not in names:
        raise DataError(f"{file.name} has no sheet {sheet!r}; its sheets are {', '.join(names)}: check data.sheet.")
    best: tuple[tuple[int, int], pd.DataFrame, int, str] | None = None
    knows: dict[str, tuple[int, int]] = {}
    with book:
        for name in [sheet] if sheet is not None else names:
            with _readable(file):
                cells = pd.read_excel(book, sheet_name=name, header=None, dtype=object, na_filter=False)
            cells = cells.replace("", None) if len(cells) else cells
            filled = np.flatnonzero(cells.notna().any(axis=1).to_numpy())[:10]
            if not len(filled):
                continue
            if claimed:
                known = [
                    recognised([str(cell) for cell in cells.iloc[row] if pd.notna(cell)], claimed) for row in filled
                ]
                at = int(filled[int(np.argmax(known))])
                score = (max(known), int(at < len(cells) - 1))  # a header alone is no table
            else:
                widths = cells.iloc[filled].notna().sum(axis=1).to_numpy()
                at = int(filled[int(np.argmax(widths >= _WIDE * widths.max()))])
                score = (0, (len(cells) - at) * int(widths.max()) if widths.max() > 1 else 0)
            knows[name] = score
            if best is None or score > best[0]:
                best = score, cells, at, name
    if best is None:
        raise DataError(f"{file.name} has only empty sheets; expected a table with a header row.")
    (known_best, has_rows), cells, header, chosen = best
    tables = [name for name, (known, rows) in knows.items() if known >= _AS_WELL * known_best and rows == has_rows]
    if known_best and len(tables) > 1:
        raise DataError(
            f"{file.name} has {len(tables)} sheets that may be the table, {', '.join(tables)}; say which with "
            f"data.sheet=NAME, or {shlex.quote(f'data.sheet=[{tables[0]},{tables[1]}]')} for several."
        )
    headers = ["" if pd.isna(cell) else str(cell) for cell in cells.iloc[header]]
    texts = [["" if pd.isna(cell) else str(cell) for cell in row] for row in cells.head(header + 11).to_numpy()]
    refuse_rows_above(texts[:header], texts[header + 1 :], name=f"{file.name}, sheet {chosen}")
    frame = cells.iloc[header + 1 :].set_axis(range(cells.shape[1]), axis=1).reset_index(drop=True)
    frame.columns = pd.Index(headers)
    return frame, header + 2, [chosen, *(name for name in knows if name != chosen)]


@contextlib.contextmanager
def _readable(file: FileBytes) -> Iterator[None]:
    """Tell in one sentence what a reader of workbooks says of a damaged one.

    Raises
    ------
    DataError
        Whatever it raises in the block.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it raises is told
        raise DataError(
            f"{file.name} is not a readable workbook ({first_line(error)}); save it again or as CSV."
        ) from None


def _refuse_far_cells(file: FileBytes) -> None:
    """Refuse a sheet with a cell far from its table: the reader makes room for all cells in between, and aborts.

    Raises
    ------
    DataError
        Names the sheet's file.
    """
    if not zipfile.is_zipfile(file.path):
        return
    try:
        with zipfile.ZipFile(file.path) as archive:
            binary = any(name.lower().endswith("workbook.bin") for name in archive.namelist())
            for member in archive.infolist():
                if member.filename.lower().endswith(_NO_SHEETS):
                    continue
                if member.file_size > most_unpacked(member.compress_size):
                    raise DataError(
                        f"{file.name}: a part of it ({member.filename}) unpacks to {member.file_size:,} bytes, far "
                        "more than a table does; save it again or as CSV."
                    )
                with archive.open(member) as sheet:
                    of_records = binary and sheet.read(1) != b"<"
                    sheet.seek(0)
                    room, size = _binary_room(sheet.read()) if of_records else _room(sheet)
                if room > _MOST_ROOM and room > size:  # a cell that is there takes more than a byte
                    raise DataError(
                        f"{file.name}: a sheet ({member.filename}) has a cell so far from its table that {room:,} "
                        "cells lie in between; delete the empty rows and columns after the table, or save it as CSV."
                    )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError):
        return  # damaged or locked: its reader says so


def _room(sheet: IO[bytes]) -> tuple[int, int]:
    """Cells of the rectangle that a sheet reaches to, at least 26 a row, and its size in bytes."""
    columns: set[bytes] = set()
    last = size = 0
    rest = b""
    while part := sheet.read(_PART):
        size += len(part)
        part = rest + part
        if part[-1:].isspace() or any(blanks in part for blanks in _OTHERWISE):
            end = b" " if part[-1:].isspace() else b""
            part = (b" ".join(part.split()) + end).replace(b" =", b"=").replace(b"= ", b"=")
        part = _ZEROS.sub(b"0" * 16, part)
        for cells, rows in zip(_WIDE_CELLS, _ROWS, strict=True):
            columns.update(cells.findall(part))
            last = max(last, max(map(int, rows.findall(part)), default=0))
        rest = part[-_LONGEST:]
    numbers = (functools.reduce(lambda at, sign: at * 26 + sign - 64, column.upper(), 0) for column in columns)
    width = max(numbers, default=26)
    return last * width, size


def _binary_room(part: bytes) -> tuple[int, int]:
    """:func:`_room` of a binary sheet, records of a kind, a length and their bytes (MS-XLSB, section 2.1.4)."""
    at, rows, width, inside = 0, 0, 26, False
    while at + 2 < len(part):
        kind = part[at]
        at += 1
        if kind > 127:
            kind = (kind & 127) | part[at] << 7
            at += 1
        length = shift = 0
        while at < len(part) and shift < 28:
            byte = part[at]
            at += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        if inside and kind == _ROW_HEAD:
            rows = max(rows, int.from_bytes(part[at : at + 4], "little") + 1)
        elif inside and kind in _CELLS:
            width = max(width, int.from_bytes(part[at : at + 4], "little") + 1)
        elif kind == _ROWS_BEGIN:
            inside = True
        elif inside and kind == _ROWS_END:
            break
        at += length
    return rows * width, len(part)
