"""Why rows cannot be used: reasons by row, counts by kind, and the share beyond which a table is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.data.cleaning import spelt_out
from customer_segmentation.errors import DataError
from customer_segmentation.formatting import percent
from customer_segmentation.sources.csv_bad_rows import UNENDED
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.texts import texts_of
from customer_segmentation.sources.tables import in_order

#: Gives all cells of rows, by position, as text; see `TableSource.rows_as_text`.
RowsAsText = Callable[[np.ndarray], pd.DataFrame]

#: The kind of most rows that do not fit the header.
OTHER_WIDTH = "the number of cells differs from the header's"
_SHOWN = 60  # characters of a cell in a reason


class RejectedRows:
    """Reasons why rows cannot be used.

    Parameters
    ----------
    rows : int64 array of shape (n_rows,)
        Number of each row in the source.
    """

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows
        self._reasons: dict[int, list[str]] = {}
        self._kinds: Counter[str] = Counter()
        self._kind_of: dict[int, str] = {}

    def add(self, position: int, reason: str, *, kind: str) -> None:
        """Give a row, by position, a reason; ``kind`` is the reason without what is the row's own.

        Parameters
        ----------
        position : the row, counted from 0
        reason : what is wrong with it, in words
        kind : the same words without the row's own cells: rows of a kind are counted together
        """
        self._reasons.setdefault(position, []).append(reason)
        self._kinds[kind] += 1
        self._kind_of.setdefault(position, kind)

    def count(self, kind: str, number: int) -> None:
        """Count rows that are rejected elsewhere.

        Parameters
        ----------
        kind : the reason they share
        number : how many rows
        """
        if number:
            self._kinds[kind] += number

    @property
    def usable(self) -> np.ndarray:
        """Which rows have no fault: bool array of shape (n_rows,)."""
        usable = np.ones(len(self.rows), dtype=bool)
        usable[list(self._reasons)] = False
        return usable

    @property
    def numbers(self) -> np.ndarray:
        """Numbers in the source of the rows that cannot be used, in order."""
        return self.rows[sorted(self._reasons)]

    @property
    def reasons(self) -> list[str]:
        """All reasons of each of these rows, in the same order."""
        return ["; ".join(self._reasons[position]) for position in sorted(self._reasons)]

    @property
    def kinds(self) -> list[str]:
        """The first kind of each of these rows, in the same order."""
        return [self._kind_of[position] for position in sorted(self._reasons)]

    def count_broken(self, broken: pd.DataFrame) -> None:
        """Count the rows that do not fit the header."""
        for kind, number in Counter(kinds_of_broken(broken)).items():
            self.count(kind, number)

    def refuse_above(self, limit: float, *, rows_read: int, broken: int, duplicates: int, source: str) -> None:
        """Refuse a table of which too large a share cannot be used; repetitions do not count.

        Parameters
        ----------
        limit : largest share of rows, 0 to 1, that may be unusable
        rows_read : rows of the file, broken ones included
        broken : rows that could not be parsed at all
        duplicates : repetitions of an earlier row, which count as neither
        source : how messages call the table

        Raises
        ------
        DataError
            Names the share and the three commonest reasons.
        """
        aside, rows = len(self._reasons) + broken - duplicates, rows_read - duplicates
        if not rows or aside <= limit * rows:
            return
        commonest = "; ".join(f"{kind} ({number} rows)" for kind, number in self._kinds.most_common(3))
        raise DataError(
            f"{source}: {aside} of {rows} rows ({percent(aside / rows)}) cannot be used, more than "
            f"data.max_rejected_share={limit:g} allows; the commonest reasons: {commonest}; "
            "correct the file or its data.columns, or raise the limit."
        )


def kinds_of_broken(broken: pd.DataFrame) -> list[str]:
    """Why rows do not fit the header, without what is a row's own.

    Parameters
    ----------
    broken : with ``reason``
    """
    reasons = broken["reason"].tolist() if len(broken) else []
    return [reason if reason.startswith(UNENDED) else OTHER_WIDTH for reason in reasons]


def empty_rows(raw: pd.DataFrame, rows_as_text: RowsAsText) -> np.ndarray:
    """Find rows in which every cell of the source is empty: they end many a table and are nobody.

    Parameters
    ----------
    raw : DataFrame of shape (n_rows, n_columns)
        Cells of the columns that were read.
    rows_as_text : callable
        Gives all cells of rows of ``raw``, by position.

    Returns
    -------
    bool array of shape (n_rows,)
    """
    candidates = np.arange(len(raw))
    # Numbers first: a full column of them answers at once.
    for name in sorted(raw.columns, key=lambda name: not pd.api.types.is_numeric_dtype(raw[name].dtype)):
        cells = raw[name].iloc[candidates] if len(candidates) < len(raw) else raw[name]
        missing = cells.isna().to_numpy()
        if not pd.api.types.is_numeric_dtype(cells.dtype):
            missing = missing | cells.isin(["", " "]).to_numpy(dtype=bool)
        candidates = candidates[missing]
        if not len(candidates):
            break
    empty = np.zeros(len(raw), dtype=bool)
    if len(candidates):
        texts = rows_as_text(candidates)
        blank = np.all([is_blank(texts_of(texts.iloc[:, at])) for at in range(texts.shape[1])], axis=0)
        empty[candidates[blank]] = True
    return empty


def rejected_table(
    rejected: RejectedRows,
    texts: pd.DataFrame | None,
    broken: pd.DataFrame,
    names: Iterable[str],
    known: Mapping[int, str] | None = None,
) -> pd.DataFrame:
    """Rows that cannot be used, with their original cells.

    Parameters
    ----------
    rejected : RejectedRows
    texts : DataFrame or None
        All cells of these rows as text, in their order; None where there are no such rows.
    broken : DataFrame
        Rows that do not fit the header, with ``row`` and ``reason`` as the last columns.
    names : iterable of str
        Of the columns of ``texts``, each once.
    known : mapping of int to str, optional
        Columns of the contract by their position, which have its names.

    Returns
    -------
    DataFrame
        Also with ``row``, the number in the source, and ``reason``; in the order of the source.
    """
    taken = {"row", "reason"}
    headers: list[str] = []
    for at, header in enumerate(names):
        name = (known or {}).get(at, header)
        headers.append(f"{name} (column {at + 1})" if name in taken else name)
        taken.add(headers[-1])
    parts = []
    if texts is not None:
        part = texts.set_axis(headers, axis=1)
        parts.append(part.assign(row=rejected.numbers, reason=rejected.reasons))
    if len(broken):
        parts.append(broken.set_axis([*headers, "row", "reason"], axis=1))
    if not parts:
        return pd.DataFrame(columns=[*headers, "row", "reason"], dtype="str").astype({"row": "int64"})
    return in_order(parts)


def mark_problems(faults: RejectedRows, problems: pd.DataFrame) -> None:
    """Mark rows with cells that cannot be read or are impossible, as `prepare_columns` reports them.

    Parameters
    ----------
    faults : collects the rows
    problems : one row a bad cell: row (position), column, value, reason
    """
    for row, column, value, reason in problems.itertuples(index=False, name=None):
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}… ({len(value)} characters)"
        faults.add(int(row), f"{column}: {shown!r} {reason}", kind=f"{column} {reason}")


def mark_missing(faults: RejectedRows, frame: pd.DataFrame, names: Iterable[str], problems: pd.DataFrame) -> None:
    """Mark rows that lack a value they need.

    Parameters
    ----------
    faults : collects the rows
    frame : the prepared columns, one row a customer
    names : columns in which every row needs a value
    problems : cells that are marked already, as `mark_problems` takes them: they are not told a second time
    """
    for name in dict.fromkeys(names):
        missing = frame[name].isna().to_numpy(copy=True)
        if missing.any():
            reported = problems.loc[problems["column"] == name, "row"].to_numpy(dtype=np.int64)
            missing[reported] = False
            for position in np.flatnonzero(missing):
                faults.add(int(position), f"{name} is missing", kind=f"{name} is missing")


def mark_repetitions(faults: RejectedRows, frame: pd.DataFrame, id_column: str) -> int:
    """Mark exact repetitions of an earlier row, and all rows of an id that stands for different values.

    Parameters
    ----------
    faults : collects the rows; those already in it are not compared
    frame : the prepared columns, one row a customer
    id_column : the column that names the customer

    Returns
    -------
    int
        Number of exact repetitions. Of an id with different values no row can be told to be the right one.
    """
    usable = np.flatnonzero(faults.usable)
    ids = frame[id_column] if len(usable) == len(frame) else frame[id_column].iloc[usable]
    if _distinct(ids):
        return 0
    usable = usable[ids.duplicated(keep=False).to_numpy()]
    part = frame.iloc[usable].apply(spelt_out)
    group = part.groupby(list(part.columns), dropna=False, sort=False, observed=True).ngroup().to_numpy()
    first: dict[int, int] = {}
    distinct: dict[str, list[int]] = {}
    repetitions = 0
    for position, number, name in zip(usable.tolist(), group.tolist(), part[id_column], strict=True):
        if number in first:
            row = faults.rows[first[number]]
            faults.add(position, f"repeats row {row} exactly", kind="exact repetition of a row")
            repetitions += 1
        else:
            first[number] = position
            distinct.setdefault(name, []).append(position)
    for name, positions in distinct.items():
        if len(positions) > 1:
            listed = ", ".join(str(faults.rows[position]) for position in positions[:5])
            for position in positions:
                reason = f"{id_column} {name!r} stands in rows {listed} with different values"
                faults.add(position, reason, kind=f"{id_column} stands in several rows with different values")
    return repetitions


def _distinct(ids: pd.Series) -> bool:
    """Whether no id repeats; in a table sorted by id a comparison of neighbours tells, at a tenth of the cost."""
    array = pa.array(ids, from_pandas=True)
    chunks = [chunk for chunk in (array.chunks if isinstance(array, pa.ChunkedArray) else [array]) if len(chunk)]
    # Chunk by chunk: the ids of a big table are not copied for a look.
    inside = all(pc.all(pc.less(chunk[:-1], chunk[1:])).as_py() is not False for chunk in chunks)
    between = all(pc.less(one[-1], next_one[0]).as_py() for one, next_one in pairwise(chunks))
    if inside and between:
        return True
    return bool(ids.is_unique)
