"""A sample by the hash of the id: the same customers whatever reads the table, in whatever parts and order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.settings.data import ColumnSpec, Role
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.headers import column_of, spellings_of
from customer_segmentation.sources.parsing.texts import texts_of, whole_ids

Hashes = npt.NDArray[np.uint64]

_KEY = "segment-sampling"  # of the hash, 16 characters: another one is another sample
_LAST = (1 << 64) - 1
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
    return named_hashes(ids, rows)[0]


def named_hashes(ids: pd.Series | None, rows: npt.NDArray[np.int64]) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """Hash of each row, and whether it has what the rows of its table are named by.

    The size of a sample counts the named rows: were it all of them, a row without an id, which has a hash for its
    place in the table, would take the place of a customer or not by the order of the rows.

    Parameters
    ----------
    ids, rows : see `row_hashes`
    """
    if ids is None:
        return _scattered(rows), np.ones(len(rows), dtype=bool)
    texts = _id_texts(ids)
    found = hashes_of(texts)
    blank = np.asarray(is_blank(texts), dtype=bool)
    return np.where(blank, _scattered(rows), found) if blank.any() else found, ~blank


def _id_texts(ids: pd.Series) -> pd.Series:
    return whole_ids(texts_of(ids))


def _scattered(rows: npt.NDArray[np.int64]) -> Hashes:
    """Numbers of rows, scattered over 64 bits (S. Vigna's splitmix64)."""
    with np.errstate(over="ignore"):
        mixed = rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)


def sample_limit(look: Callable[[int], Hashes], wanted: int, rows: int) -> int:
    """Hash up to which a row belongs to the sample.

    Rows with the same id stay together, so that a sample may be a few rows larger than it was asked for.

    Parameters
    ----------
    look : gives the hashes of the named rows up to a hash
    wanted : rows of the sample
    rows : rows of the table
    """
    likely = wanted + _MARGIN * math.sqrt(wanted) + _MARGIN
    limit = _LAST if likely >= rows else int(_LAST / rows * likely)
    while True:
        hashes = look(limit)
        if len(hashes) >= wanted:
            return int(np.partition(hashes, wanted - 1)[wanted - 1])
        if limit == _LAST:
            return limit
        limit = min(2 * limit, _LAST)


def sample_order(
    hashes: Hashes, rows: npt.NDArray[np.int64], ids_at: Callable[[npt.NDArray[np.intp]], pd.Series] | None
) -> npt.NDArray[np.intp]:
    """Positions of the rows of a sample in its order, which is that of their hashes.

    It needs no number of a row but among rows of one id, so that K-means starts at the same customers whatever reads
    the table, in whatever parts and order.

    Parameters
    ----------
    hashes : of the rows
    rows : their numbers in the source
    ids_at : cells of the id column of some rows, by their positions here; None where the table has no such column
    """
    order = np.lexsort((rows, hashes))
    again = hashes[order][1:] == hashes[order][:-1]
    if ids_at is None or not again.any():
        return order
    # Of one id, or of two that have the same hash.
    places = np.flatnonzero(np.append(again, False) | np.insert(again, 0, False))
    tied = order[places]
    texts = _id_texts(ids_at(tied)).fillna("").to_numpy(dtype=object)
    order[places] = tied[np.lexsort((rows[tied], np.unique(texts, return_inverse=True)[1], hashes[tied]))]
    return order


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
