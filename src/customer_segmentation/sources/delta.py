"""Delta tables: a folder of Parquet files with a log of which of them count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from typing_extensions import override

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.formatting import first_line
from customer_segmentation.sources.base import TableSource
from customer_segmentation.sources.tables import resized, scanned

LOG = "_delta_log"


class DeltaSource(TableSource):
    """The newest version of a Delta table.

    Parameters
    ----------
    folder : Path
    name : str
        For messages.

    Raises
    ------
    SettingsError
        The package that reads Delta tables is not installed.
    DataError
        The table is damaged, or uses what that package does not read.
    """

    reads = ()

    def __init__(self, folder: Path, *, name: str) -> None:
        try:
            import deltalake
        except ImportError:
            raise SettingsError(
                f"{name} is a Delta table; install what reads them: pip install 'customer-segmentation[delta]'."
            ) from None
        try:
            table = deltalake.DeltaTable(str(folder))
            self._dataset = table.to_pyarrow_dataset()
            self._rows = int(self._dataset.count_rows())
            parts = "\n".join(sorted(table.file_uris()))
        except Exception as error:  # noqa: BLE001 - whatever it raises is told
            raise DataError(f"{name} cannot be read as a Delta table ({first_line(error)}).") from None
        self.name = f"{name} (version {table.version()})"
        self.headers = tuple(self._dataset.schema.names)
        # The files of a Delta table never change, and carry names that are drawn at random.
        self._identity = hashlib.sha256(f"{table.metadata().id}\n{table.version()}\n{parts}".encode()).hexdigest()

    @property
    @override
    def sha256(self) -> str:
        """Checksum of the table's id, its version and the names of its files."""
        return self._identity

    @property
    @override
    def expected_rows(self) -> int | None:
        return self._rows

    @override
    def tables(self, positions: Sequence[int], *, size: int) -> Iterator[pa.Table]:
        names = [self.headers[position] for position in positions]
        try:
            yield from resized(scanned(self._dataset, names, size), size)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{self.name} is damaged ({first_line(error)}); write it again.") from None
