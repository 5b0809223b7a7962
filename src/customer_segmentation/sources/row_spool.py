"""Rows to come back to, kept in a file: however many there are, they take no memory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa

_SCHEMA = pa.schema([("position", pa.int64()), ("row", pa.int64()), ("reason", pa.string())])


class RowSpool:
    """Positions of rows with their numbers and reasons: added in ascending order, then taken in that order once."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="segment-")  # noqa: SIM115 - closed in __exit__
        self._writer: pa.ipc.RecordBatchStreamWriter | None = pa.ipc.new_stream(
            self._file, _SCHEMA, options=pa.ipc.IpcWriteOptions(compression="zstd")
        )
        self._reader: pa.ipc.RecordBatchStreamReader | None = None
        self._held = pd.DataFrame(columns=_SCHEMA.names)
        self._ended = False
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, positions: np.ndarray, rows: np.ndarray, reasons: Sequence[str]) -> None:
        """Append rows.

        Parameters
        ----------
        positions : of the rows in the source
        rows : number of each in the file
        reasons : why each is rejected, in words
        """
        if len(positions):
            assert self._writer is not None  # noqa: S101 - for the type checker
            arrays = [pa.array(positions, pa.int64()), pa.array(rows, pa.int64()), pa.array(reasons, pa.string())]
            self._writer.write_batch(pa.record_batch(arrays, schema=_SCHEMA))
            self.count += len(positions)

    def take(self, stop: int) -> pd.DataFrame:
        """Next rows whose position is below ``stop``: columns ``position``, ``row`` and ``reason``."""
        if self._reader is None:
            assert self._writer is not None  # noqa: S101 - for the type checker
            self._writer.close()
            self._writer = None
            self._file.seek(0)
            self._reader = pa.ipc.open_stream(self._file)
        parts = [self._held]
        while not self._ended and (not len(parts[-1]) or parts[-1]["position"].iloc[-1] < stop):
            try:
                parts.append(self._reader.read_next_batch().to_pandas())
            except StopIteration:
                self._ended = True
        filled = [part for part in parts if len(part)]
        held = pd.concat(filled, ignore_index=True) if filled else self._held
        below = held["position"] < stop
        self._held = held[~below]
        return held[below].reset_index(drop=True)
