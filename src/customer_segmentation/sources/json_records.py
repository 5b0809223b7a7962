"""JSON: a list of records, or a record a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Self

import pandas as pd
from typing_extensions import override

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.base import FileSource
from customer_segmentation.sources.files import READ_ERRORS, FileBytes, encoding_of
from customer_segmentation.sources.frame import FrameSource

_MARKS = "\ufeff \t\r\n"


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
                text = stream.read().decode(encoding).lstrip(_MARKS)
        except READ_ERRORS as error:
            raise DataError(
                f"{file.name} is damaged and cannot be read to its end ({error}); fetch it again."
            ) from None
        records = _list(text, file.name) if text.startswith("[") else list(_lines(text, file.name))
        frame = pd.json_normalize(records) if records else pd.DataFrame()
        if frame.empty and not len(frame.columns):
            raise DataError(f"{file.name} holds no record; expected a list of records, or one a line.")
        return cls(frame.astype(object), name=file.name, sha256=file.sha256(), first_row=1)


def _list(text: str, name: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise DataError(f"{name} is not JSON to its end ({error}); write it again.") from None
    for number, record in enumerate(found, start=1):
        if not isinstance(record, dict):
            raise DataError(f'{name}: entry {number} is not a record such as {{"id": 1}}; expected a list of records.')
    return list(found)


def _lines(text: str, name: str) -> Iterator[dict[str, Any]]:
    try:
        whole = json.loads(text)
    except ValueError:
        pass
    else:
        lists = [
            key for key, value in whole.items() if isinstance(value, list) and value and isinstance(value[0], dict)
        ]
        if "\n" in text.strip() and lists:
            raise DataError(
                f"{name} is one JSON object, whose table seems to be under {lists[0]!r}; write that list to a file of "
                "its own."
            )
        yield whole
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise DataError(f"{name}: line {number} is not JSON ({error}); expected a record a line.") from None
        if not isinstance(record, dict):
            raise DataError(f'{name}: line {number} is not a record such as {{"id": 1}}; expected a record a line.')
        yield record
