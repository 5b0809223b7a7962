"""How a delimited text is written, judged by its first records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

import pandas as pd

from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.headers import recognised
from customer_segmentation.sources.parsing.numbers import decimal_evidence
from customer_segmentation.sources.parsing.texts import texts_of

_DELIMITERS = (",", ";", "\t", "|", "^", "~", ":")
_SNIFFED = 1 << 16  # characters by which a delimiter is judged
HEADER_ROWS = 10  # a header is looked for in so many first records


def first_records(text: str, delimiter: str, limit: int) -> Iterator[tuple[list[str], int]]:
    """Yield the first records, each with the number of its lines; an empty line is a record without cells."""
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
    """Find the delimiter by which a first record names most columns, else the one that splits evenly."""
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
    """Give unnamed columns an empty header, where all first rows have one cell more than the header."""
    widths = {len(cells) for cells in rows}
    if rows and widths == {len(headers) + 1}:
        trailing = all(not cells[-1].strip() for cells in rows)
        return (*headers, "") if trailing else ("", *headers)  # R writes row names without a header
    return tuple(headers)


def decimal_of(sample: pd.DataFrame) -> str | None:
    """Find the decimal mark that most number-like columns of the first rows show; None where none shows any."""
    shown = []
    for _, cells in sample.items():
        texts = texts_of(cells)
        texts = texts[~is_blank(texts) & texts.str.fullmatch(r"[-+($€£ ]*\d[\d.,' ]*[ $€£%)]*").to_numpy(dtype=bool)]
        if len(texts) > 0.5 * len(cells):
            shown.append(decimal_evidence(texts))
    commas, points = shown.count(","), shown.count(".")
    return "," if commas > points else "." if points else None
