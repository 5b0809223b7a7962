"""Arrow's own files: Feather, and streams of record batches."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
from typing_extensions import override

from customer_segmentation.errors import DataError
from customer_segmentation.formatting import first_line
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.base import FileSource
from customer_segmentation.sources.files import FileBytes, sha256_of
from customer_segmentation.sources.tables import resized

_FILE = b"ARROW1"
_STREAM = b"\xff\xff\xff\xff"


class ArrowSource(FileSource):
    """An Arrow file.

    Parameters
    ----------
    path : Path
    name : str
        For messages.
    stream : bool
        Whether it is a stream, which has no end part.

    Raises
    ------
    DataError
        It is damaged.
    """

    kind = "Arrow"
    magics = (_FILE, _STREAM)
    reads = ()

    def __init__(self, path: Path, *, name: str, stream: bool) -> None:
        self.name = name
        self._path = path
        self._stream = stream
        try:
            with pa.memory_map(str(path)) as opened:
                self.headers = tuple(self._reader(opened).schema.names)
            if not stream and _is_two(path):
                raise DataError(f"{name} holds two files one behind the other; part them, and name their folder.")
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error) from None

    @classmethod
    @override
    def opened(cls, file: FileBytes, settings: DataSettings) -> Self:
        return cls(file.path, name=file.name, stream=file.head.startswith(_STREAM))

    @property
    @override
    def sha256(self) -> str:
        """Checksum of the file."""
        return sha256_of([self._path])

    @override
    def tables(self, positions: Sequence[int], *, size: int) -> Iterator[pa.Table]:
        try:
            with pa.memory_map(str(self._path)) as opened:
                reader = self._reader(opened)
                batches = (
                    iter(reader) if self._stream else (reader.get_batch(at) for at in range(reader.num_record_batches))
                )
                yield from resized((batch.select(list(positions)) for batch in batches), size)
                if self._stream and opened.read(64).strip(b"\0"):
                    raise DataError(
                        f"{self.name} goes on behind the end of its stream; give each stream a file of its own, which "
                        "together make up one table as a folder."
                    )
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error) from None

    def _reader(self, opened: Any) -> Any:
        return pa.ipc.open_stream(opened) if self._stream else pa.ipc.open_file(opened)

    def _damaged(self, error: BaseException) -> DataError:
        return DataError(f"{self.name} is a damaged Arrow file ({first_line(error)}); fetch it again.")


def _is_two(path: Path) -> bool:
    """Whether the end of one file and the beginning of another are in it: the last one's footer counts from its own."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as stored, mmap.mmap(stored.fileno(), 0, access=mmap.ACCESS_READ) as held:
        return held.find(_FILE + _FILE + b"\0\0") >= 0
