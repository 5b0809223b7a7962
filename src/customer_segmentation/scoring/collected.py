"""Rows of a scoring that stay in the session that asked for them."""

from __future__ import annotations

import pyarrow as pa


class Collected:
    """Keeps the rows that are written; to files it stands as `customer_segmentation.scoring.outputs.Output` does."""

    def __init__(self) -> None:
        self.tables: list[pa.Table] = []
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        self.tables.append(table)
        self.rows += table.num_rows

    def finish(self) -> None:
        """Nothing is left to be written."""

    def publish(self) -> None:
        """The rows are where they stay."""

    def discard(self) -> None:
        """Nothing lies about."""

    def remove_earlier(self) -> None:
        """Nothing was there before."""
