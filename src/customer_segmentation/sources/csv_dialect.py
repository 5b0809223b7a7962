"""How a delimited text is written, judged by its first records."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.sources.byte_streams import Transcoded
from customer_segmentation.sources.files import FileBytes, encoding_of
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.headers import recognised
from customer_segmentation.sources.parsing.numbers import decimal_evidence
from customer_segmentation.sources.parsing.texts import texts_of

_DELIMITERS = (",", ";", "\t", "|", "^", "~", ":")
_SNIFFED = 1 << 16  # characters by which a delimiter is judged
_NUMBER = re.compile(r"[-+$€£]?\d[\d.,]*\s?[%€]?")
HEADER_ROWS = 10  # a header is looked for in so many first records


@dataclass(frozen=True)
class Dialect:
    """How a delimited text is written.

    Attributes
    ----------
    encoding : str
    delimiter : str
    skip : int
        Lines up to the header, with it.
    headers : tuple of str
    sample : DataFrame of shape (n_rows, n_headers)
        First rows that fit the header, as text.
    line_length : float
        Characters of a line, on average.
    """

    encoding: str
    delimiter: str
    skip: int
    headers: tuple[str, ...]
    sample: pd.DataFrame
    line_length: float


def dialect_of(
    file: FileBytes, *, claimed: Mapping[str, str], delimiter: str | None = None, encoding: str | None = None
) -> Dialect:
    """Find out how a text is written.

    Parameters
    ----------
    file : FileBytes
    claimed : mapping of str to str
        Folded spellings of the contract's columns, by which delimiter and header row are recognised.
    delimiter, encoding : str, optional
        Where the file does not speak for itself.

    Raises
    ------
    DataError
        The file is not text, or has no header.
    """
    known = encoding or encoding_of(file.head, name=file.name)
    text = _head_of(file, known)
    declared = re.match(r"sep=(.)\r?\n?", text)  # Excel's own first line
    text = text[declared.end() :] if declared else text
    delimiter = "\t" if delimiter == "\\t" else delimiter
    mark = delimiter or (declared[1] if declared else find_delimiter(text, claimed))
    if len(mark) != 1:
        raise DataError(f"data.delimiter is {delimiter!r}; expected a single character.")
    records = list(first_records(text, mark, 200))
    header = _header_row(records, claimed, name=file.name)
    skip = (1 if declared else 0) + sum(lines for _, lines in records[: header + 1])
    rows = [cells for cells, _ in records[header + 1 :] if cells]
    headers = complete(records[header][0], rows)
    refuse_rows_above([cells for cells, _ in records[:header]], rows, name=file.name)
    sample = pd.DataFrame([cells for cells in rows if len(cells) == len(headers)], dtype="str")
    if sample.empty:
        sample = pd.DataFrame({position: [] for position in range(len(headers))}, dtype="str")
    line_length = len(text) / max(text.count("\n"), text.count("\r"), 1)
    return Dialect(known, mark, skip, headers, sample, line_length)


def refuse_rows_above(above: Sequence[Sequence[str]], rows: Sequence[Sequence[str]], *, name: str) -> None:
    """Refuse a header with rows of the table above it, as of two files that were joined, or a table that was sorted.

    Parameters
    ----------
    above : cells of the rows above the header, of which a title has fewer
    rows : cells of the first rows below it
    name : of the file, for the message

    Raises
    ------
    DataError
        A row above is filled and has its numbers where a row below has them.
    """
    kinds = {tuple(bool(_NUMBER.fullmatch(cell.strip())) for cell in cells) for cells in rows[:HEADER_ROWS]}
    for number, cells in enumerate(above, 1):
        kind = tuple(bool(_NUMBER.fullmatch(cell.strip())) for cell in cells)
        if any(kind) and kind in kinds and all(cell.strip() for cell in cells):
            raise DataError(
                f"{name}: row {number} stands above the header and looks like a row of the table; put the header "
                "first, or take out what is above it."
            )


def first_records(text: str, delimiter: str, limit: int) -> Iterator[tuple[list[str], int]]:
    """Yield the first records, each with the number of its lines; an empty line is a record without cells.

    Parameters
    ----------
    text : the beginning of a file
    delimiter : one character
    limit : records at most
    """
    csv.field_size_limit(1 << 30)
    # Universal line ends, so that a file of old Macs is not one line.
    reader = csv.reader(
        io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")), delimiter=delimiter
    )
    before = 0
    for number, cells in enumerate(reader):
        if number >= limit:
            return
        yield cells, reader.line_num - before
        before = reader.line_num


def find_delimiter(text: str, claimed: Mapping[str, str]) -> str:
    """Find the delimiter by which a first record names most columns, else the one that splits evenly.

    Parameters
    ----------
    text : the beginning of a file
    claimed : spelling of a header to the column of the contract
    """
    best, best_score = ",", (0, 0.0, 0)
    for delimiter in _DELIMITERS:
        records = [
            cells for cells, _ in first_records(text[:_SNIFFED], delimiter, 50) if any(cell.strip() for cell in cells)
        ]
        if not records:
            continue
        named = max(recognised(cells, claimed) for cells in records[:HEADER_ROWS])
        width = len(records[0])
        even = sum(len(cells) == width for cells in records) / len(records) if width > 1 else 0.0
        score = (named, even, width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def complete(headers: list[str], rows: list[list[str]]) -> tuple[str, ...]:
    """Give unnamed columns an empty header, where all first rows have one cell more than the header.

    Parameters
    ----------
    headers : cells of the header row
    rows : cells of the first rows below it
    """
    widths = {len(cells) for cells in rows}
    if rows and widths == {len(headers) + 1}:
        trailing = all(not cells[-1].strip() for cells in rows)
        return (*headers, "") if trailing else ("", *headers)  # R writes row names without a header
    return tuple(headers)


def decimal_of(sample: pd.DataFrame) -> str | None:
    """Find the decimal mark that most number-like columns of the first rows show; None where none shows any."""
    shown = list(_shown_marks(sample).values())
    commas, points = shown.count(","), shown.count(".")
    return "," if commas > points else "." if points else None


def check_decimal(said: str, sample: pd.DataFrame, headers: Sequence[str], name: str) -> str:
    """Return the decimal mark that somebody said, which counts where a column can be read in two ways.

    Parameters
    ----------
    said : "." or ","
    sample : the first rows
    headers : of its columns
    name : of the file

    Raises
    ------
    SettingsError
        Each column of numbers shows the other mark beyond doubt.
    """
    shown = _shown_marks(sample)
    if shown and {*shown.values()} == {"," if said == "." else "."}:
        at = next(iter(shown))
        cell = next(text for text in texts_of(sample.iloc[:, at]) if decimal_evidence(pd.Series([text])))
        raise SettingsError(
            f"data.decimal={said} fits no number of {name}: {headers[at]} holds {cell}; leave data.decimal out, or "
            "correct the file."
        )
    return said


def _shown_marks(sample: pd.DataFrame) -> dict[int, str | None]:
    """Decimal mark of each number-like column with marks, by its position; None where it can be either."""
    shown: dict[int, str | None] = {}
    for at, (_, cells) in enumerate(sample.items()):
        texts = texts_of(cells)
        texts = texts[~is_blank(texts) & texts.str.fullmatch(r"[-+($€£ ]*\d[\d.,' ]*[ $€£%)]*").to_numpy(dtype=bool)]
        if len(texts) > 0.5 * len(cells) and texts.str.contains("[.,]", regex=True).any():
            shown[at] = decimal_evidence(texts)
    return shown


def _head_of(file: FileBytes, encoding: str) -> str:
    """The first MiB as text, without a line that its end cuts off.

    Raises
    ------
    DataError
        The encoding is unknown, or the text is not in it.
    """
    try:
        text = Transcoded(io.BytesIO(file.head), encoding).read().decode("utf-8")
    except LookupError:
        raise DataError(f"data.encoding is {encoding!r}, which is not an encoding that Python knows.") from None
    except UnicodeError as error:
        raise DataError(f"{file.name} is not in the encoding data.encoding={encoding} ({error}).") from None
    text = text.removeprefix("\ufeff")
    # A last line that the head cuts off would look like a damaged one.
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text if len(file.head) >= 1 << 20 else text


def _header_row(records: list[tuple[list[str], int]], claimed: Mapping[str, str], *, name: str) -> int:
    """Which of the first records is the header: the one that names most columns of the contract.

    Raises
    ------
    DataError
        There is no row with a cell in it.
    """
    filled = [index for index, (cells, _) in enumerate(records) if any(cell.strip() for cell in cells)]
    if not filled:
        raise DataError(f"{name} holds only empty rows; expected a table with a header row.")
    candidates = filled[:HEADER_ROWS]
    named = {index: recognised(records[index][0], claimed) for index in candidates}
    best = max(candidates, key=lambda index: named[index])
    return best if named[best] > named[candidates[0]] else candidates[0]
