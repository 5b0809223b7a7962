"""JSON: a list of records, or a record a line."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any, Self

import pandas as pd
from typing_extensions import override

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.base import FileSource
from customer_segmentation.sources.files import READ_ERRORS, FileBytes, encoding_of, most_unpacked
from customer_segmentation.sources.frame import FrameSource

_MARKS = "\ufeff \t\r\n"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonSource(FrameSource, FileSource):
    """Records of a JSON file, read whole; a record in a record becomes columns such as ``address.city``."""

    kind = "JSON"
    reads = ("encoding",)

    @classmethod
    @override
    def takes(cls, file: FileBytes) -> bool:
        """Tell whether a text begins as a record or a list of records does."""
        if file.workbook:
            return False
        begin = file.head[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
        if begin.startswith(b"["):
            return begin[1:].lstrip()[:1] in (b"{", b"]")
        return begin.startswith(b"{") and begin[1:].lstrip()[:1] in (b'"', b"}")

    @classmethod
    @override
    def opened(cls, file: FileBytes, settings: DataSettings) -> Self:
        encoding = settings.encoding or encoding_of(file.head, name=file.name)
        try:
            with file.open() as stream:
                most = most_unpacked(file.path.stat().st_size)
                content = stream.read(most + 1)
                if len(content) > most:
                    raise DataError(
                        f"{file.name} unpacks to more than {most:,} bytes, far more than a table does; unpack it "
                        "first, or save it as CSV or Parquet."
                    )
                text = content.decode(encoding).lstrip(_MARKS)
        except READ_ERRORS as error:
            raise DataError(
                f"{file.name} is damaged and cannot be read to its end ({error}); fetch it again."
            ) from None
        lone = bool(_SURROGATE.search(text))
        entries = _list(text, file.name) if text.startswith("[") else _lines(text, file.name)
        records = [_columns_of(record, f"{file.name}: {where}", lone=lone) for where, record in entries]
        frame = pd.DataFrame(records, dtype=object)  # whole numbers stay what they are, also beside an empty cell
        if frame.empty and not len(frame.columns):
            raise DataError(f"{file.name} holds no record; expected a list of records, or one a line.")
        return cls(frame, name=file.name, sha256=file.sha256(), first_row=1)


class _Repeated(dict[str, Any]):
    """A record in which a key is given twice."""

    key: str


def _record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated = _Repeated(found)
    keys = [key for key, _ in pairs]
    repeated.key = next(key for key in keys if keys.count(key) > 1)
    return repeated


def _parsed(text: str) -> Any:
    """Parse JSON.

    Raises
    ------
    json.JSONDecodeError
        It is none.
    _UnusableError
        It is JSON, but nothing can hold it.
    """
    try:
        return json.loads(text, object_pairs_hook=_record)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise _UnusableError("is nested too deeply; expected records of numbers and texts") from None
    except ValueError:  # of Python's limit for the digits of a whole number
        raise _UnusableError(
            f"holds a whole number of more than {sys.get_int_max_str_digits():,} digits; write it as a text"
        ) from None


class _UnusableError(Exception):
    """Why JSON cannot be used, as the end of a sentence."""


def _columns_of(record: dict[str, Any], where: str, *, lone: bool) -> dict[str, Any]:
    """Cells of a record by their columns.

    Parameters
    ----------
    record : as it was parsed
    where : it stands, for messages
    lone : whether there may be half a character in it

    Raises
    ------
    DataError
        Two of its cells have the same column, or one is no text that can be written.
    """
    cells: dict[str, Any] = {}

    def add(part: dict[str, Any], before: str) -> None:
        twice = before + part.key if isinstance(part, _Repeated) else None
        for key, value in part.items():
            name = before + key
            if isinstance(value, dict):
                add(value, f"{name}.")
            elif name in cells:
                twice = name
            else:
                cells[name] = value
        if twice is not None:
            raise DataError(f"{where} has two values for {twice!r}; leave one, or rename the other.")

    try:
        add(record, "")
        if lone:
            json.dumps(cells, ensure_ascii=False).encode()
    except RecursionError:
        raise DataError(f"{where} is nested too deeply; expected records of numbers and texts.") from None
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise DataError(f"{where} holds {half}, which is half a character; write the text again.") from None
    return cells


def _list(text: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        found = _parsed(text)
    except _UnusableError as error:
        raise DataError(f"{name} {error}.") from None
    except ValueError as error:
        raise DataError(f"{name} is not JSON to its end ({error}); write it again.") from None
    for number, record in enumerate(found, start=1):
        if not isinstance(record, dict):
            raise DataError(f'{name}: entry {number} is not a record such as {{"id": 1}}; expected a list of records.')
        yield f"entry {number}", record


def _lines(text: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    unusable = None
    try:
        whole = _parsed(text)
    except _UnusableError as error:
        unusable = error
    except ValueError:
        pass
    else:
        _refuse_table_in(whole, text, name)
        yield "its record", whole
        return
    for number, line in enumerate(text.split("\n"), start=1):  # not splitlines: a text may hold U+2028
        if not line.strip():
            continue
        try:
            record = _parsed(line)
        except _UnusableError as error:
            raise DataError(f"{name}: line {number} {error}.") from None
        except ValueError as error:
            if unusable is not None:  # one record on many lines
                raise DataError(f"{name} {unusable}.") from None
            raise DataError(f"{name}: line {number} is not JSON ({error}); expected a record a line.") from None
        if not isinstance(record, dict):
            raise DataError(f'{name}: line {number} is not a record such as {{"id": 1}}; expected a record a line.')
        yield f"line {number}", record


def _refuse_table_in(whole: dict[str, Any], text: str, name: str) -> None:
    """Refuse an object that holds the table under one of its keys.

    Raises
    ------
    DataError
        It does.
    """
    lists = [key for key, value in whole.items() if isinstance(value, list) and value and isinstance(value[0], dict)]
    if "\n" in text.strip() and lists:
        raise DataError(
            f"{name} is one JSON object, whose table seems to be under {lists[0]!r}; write that list to a file of its "
            "own."
        )
