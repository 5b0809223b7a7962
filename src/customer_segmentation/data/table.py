"""The customer table: one row a customer, what its columns mean, and an account of every row of the source."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.settings.data import ColumnSpec, Role
from customer_segmentation.sources.parsing.dates import days_of


@dataclass(frozen=True)
class CustomerTable:
    """A cleaned table of customers.

    Attributes
    ----------
    customers : DataFrame of shape (n_customers, n_columns)
        The customers in use, in the order of the source, under the contract's column names. Numbers are float64,
        yes/no columns are bool (``boolean`` where a cell is missing), categories, texts and ids are strings.
    others : DataFrame of shape (n_others, n_columns)
        Clean customers outside the population that is kept.
    rejected : DataFrame
        Rows that cannot be used: their cells as text, ``row`` (the number of the row in the source, the header being
        row 1) and ``reason``.
    columns : dict of str to ColumnSpec
        Contract of the columns of ``customers``, in the same order.
    missing_columns, ignored_columns : tuple of str
        Columns of the contract that the source lacks; headers of the source that the contract does not know.
    rows_read : int
        Rows of the source, without its header and without rows in which every cell is empty.
    duplicates : int
        Exact repetitions of an earlier row; they are among ``rejected``.
    repairs : dict of str to int
        What was corrected, as a sentence, and in how many cells.
    source : str
        The source's name, for people.
    source_sha256 : str
        Checksum of the source's bytes; empty where there are none (a query).
    digest : str
        Checksum of the values of ``customers``, see `digest_of`.
    others_digest : str
        The same of ``others``; empty where there are none.
    described_digest : str
        The same of the columns of both that are in neither digest, for profiles alone; empty where there are none.
    sampled_from : int
        Rows of the whole source, where a sample of it was read; else 0.
    notes : tuple of str
        What a reader of the account should know, a sentence each.
    """

    customers: pd.DataFrame
    others: pd.DataFrame
    rejected: pd.DataFrame
    columns: dict[str, ColumnSpec]
    missing_columns: tuple[str, ...]
    ignored_columns: tuple[str, ...]
    rows_read: int
    duplicates: int
    source: str
    source_sha256: str
    digest: str
    repairs: dict[str, int] = field(default_factory=dict)
    sampled_from: int = 0
    notes: tuple[str, ...] = ()
    others_digest: str = ""
    described_digest: str = ""

    def counted(self) -> tuple[int, int]:
        """How many rows entered the customers, and how many were not selected."""
        return len(self.customers), len(self.others)

    def accounting(self) -> dict[str, int]:
        """Count what every run states: rows read = rows used + rows not selected + rows rejected.

        Raises
        ------
        AssertionError
            A row is in none of the three, or in two.
        """
        used, not_selected = self.counted()
        accounted = used + not_selected + len(self.rejected)
        if accounted != self.rows_read:
            raise AssertionError(f"{self.rows_read} rows were read, but {accounted} are accounted for")
        return {
            "rows_read": self.rows_read,
            "rows_used": used,
            "rows_not_selected": not_selected,
            "rows_rejected": len(self.rejected),
        }

    def columns_with(self, *roles: Role) -> tuple[str, ...]:
        """Names of the columns that have one of the roles, in the order of the table."""
        return tuple(name for name, spec in self.columns.items() if spec.role in roles)

    @property
    def id_column(self) -> str | None:
        """The column that names a customer; None where the source has none."""
        return next(iter(self.columns_with(Role.id)), None)

    @property
    def value_column(self) -> str | None:
        """The column by which "high value" is measured; None where the contract or the source has none."""
        return next(iter(self.columns_with(Role.value)), None)

    @property
    def outcome_columns(self) -> tuple[str, ...]:
        """What became of the customers: for profiles, never for clustering."""
        return self.columns_with(Role.outcome)


def digest_of(frame: pd.DataFrame) -> str:
    """Checksum of a frame's names and values that does not depend on how the values were stored.

    Numbers enter as float64 (with one zero and one NaN), dates as their days, yes/no as one byte, strings as their
    lengths and characters. The order of rows and columns counts, the index does not.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_columns)

    Returns
    -------
    str
        64 hexadecimal digits (SHA-256).
    """
    digest = hashlib.sha256()
    for name in frame.columns:
        add_to_digest(digest, name, frame[name])
    return digest.hexdigest()


def add_to_digest(digest: hashlib._Hash, name: str, column: pd.Series) -> None:
    """Let a column enter a checksum of values, see `digest_of`.

    Parameters
    ----------
    digest : is updated
    name : the column's canonical name
    column : its values, one a customer
    """
    content: list[memoryview] = []
    if pd.api.types.is_bool_dtype(column.dtype):
        kind = "yes_no"
        values: np.ndarray = column.astype("Int8").to_numpy(dtype=np.int8, na_value=-1)
    elif pd.api.types.is_numeric_dtype(column.dtype):
        kind, values = "number", column.to_numpy(dtype="<f8", na_value=np.nan) + 0.0  # -0.0 becomes 0.0
        values[np.isnan(values)] = np.nan
    elif pd.api.types.is_datetime64_dtype(column.dtype):
        kind, values = "date", days_of(column.to_numpy())
    else:
        kind = "text"
        # Lengths keep ["ab", "c"] and ["a", "bc"] apart.
        values, content = _characters(column)
    digest.update(f"{name}\n{kind}\n{len(values)}\n{sum(map(len, content))}\n".encode())
    digest.update(np.ascontiguousarray(values).data)
    for part in content:
        digest.update(part)


def _characters(column: pd.Series) -> tuple[np.ndarray, list[memoryview]]:
    """Lengths of the texts in bytes, -1 for a missing one, and their characters in UTF-8, array by array."""
    texts = pa.array(column, type=pa.large_string(), from_pandas=True)
    lengths: list[np.ndarray] = [np.zeros(0, dtype="<i4")]
    characters: list[memoryview] = []
    for chunk in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        gone = chunk.is_null().to_numpy(zero_copy_only=False)
        filled = chunk.fill_null("") if gone.any() else chunk
        _, offsets, data = filled.buffers()
        if not len(filled) or data is None:
            lengths.append(np.where(gone, -1, 0).astype("<i4"))
            continue
        ends = np.frombuffer(offsets, dtype=np.int64)[filled.offset : filled.offset + len(filled) + 1]
        lengths.append(np.where(gone, -1, np.diff(ends)).astype("<i4"))
        characters.append(memoryview(data)[ends[0] : ends[-1]])
    return np.concatenate(lengths), characters
