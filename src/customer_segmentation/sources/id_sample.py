"""A sample by the hash of the id: the same customers whatever reads the table, in whatever parts and order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.settings.data import ColumnSpec, Role
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.headers import column_of, spellings_of
from customer_segmentation.sources.parsing.texts import texts_of, whole_ids

Hashes = npt.NDArray[np.uint64]

_KEY = "segment-sampling"  # of the hash, 16 characters: another one is another sample
_ALL = 1 << 64
#: So many standard errors beyond the expected number of rows are looked at: hardly ever too few.
_MARGIN = 8.0


def hashes_of(texts: pd.Series) -> Hashes:
    """A number for each text, evenly spread over 64 bits and the same on every machine; of a missing one any.

    Parameters
    ----------
    texts : Series of shape (n_rows,)
    """
    filled = texts.fillna("").to_numpy(dtype=object)
    return np.asarray(pd.util.hash_array(filled, hash_key=_KEY, categorize=False), dtype=np.uint64)


def row_hashes(ids: pd.Series | None, rows: npt.NDArray[np.int64]) -> Hashes:
    """Hash of the id of each row; of its number where it has none.

    Parameters
    ----------
    ids : cells of the id column as they were read; None where the table has no such column
    rows : number of each row in the source
    """
    if ids is None:
        return _scattered(rows)
    texts = whole_ids(texts_of(ids))
    found = hashes_of(texts)
    blank = is_blank(texts)
    return np.where(blank, _scattered(rows), found) if blank.any() else found


def _scattered(rows: npt.NDArray[np.int64]) -> Hashes:
    """Numbers of rows, scattered over 64 bits (S. Vigna's splitmix64)."""
    with np.errstate(over="ignore"):
        mixed = rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)


def first_limit(wanted: int, rows: int) -> int:
    """A hash below which the sample lies, most probably, and not many rows more.

    Parameters
    ----------
    wanted : rows of the sample
    rows : rows of the table
    """
    likely = wanted + _MARGIN * math.sqrt(wanted) + _MARGIN
    return _ALL - 1 if likely >= rows else int(_ALL / rows * likely)


def sample_limit(hashes: Hashes, wanted: int) -> int | None:
    """Hash up to which a row belongs to the sample; None where there are too few of them.

    Rows with the same id stay together, so that a sample may be a few rows larger than it was asked for.

    Parameters
    ----------
    hashes : of the rows that were looked at
    wanted : rows of the sample
    """
    if len(hashes) < wanted:
        return None
    return int(np.partition(hashes, wanted - 1)[wanted - 1])


def id_position(headers: Sequence[str], columns: Mapping[str, ColumnSpec]) -> int | None:
    """Which column of a source names the customers; None where the contract or the source has none.

    Parameters
    ----------
    headers : of the source
    columns : the contract
    """
    named = next((name for name, spec in columns.items() if spec.role is Role.id), None)
    claimed = spellings_of(columns)
    return next((at for at, header in enumerate(headers) if column_of(header, claimed) == named), None)
