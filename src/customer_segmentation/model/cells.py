"""Cells of any kind, made readable: of strange ones the row is found, and a fault of the program is told as such."""

from __future__ import annotations

import contextlib
import datetime
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from customer_segmentation.data.cleaning import Prepared
from customer_segmentation.errors import DataError, ModelError, SegmentError
from customer_segmentation.formatting import one_line

#: What pandas may say of a column of objects in which every cell is one that the contract's types read.
_PLAIN_COLUMNS = frozenset(
    ["string", "empty", "floating", "integer", "boolean", "datetime", "date", "decimal", "bytes"]
)
_PLAIN_CELLS = (str, int, float, bool, bytes, np.generic, Decimal, datetime.date, type(None), type(pd.NA), type(pd.NaT))
#: What a cell may cause; anything else is a fault of the program.
_OF_DATA = (ValueError, ArithmeticError, RecursionError)
#: Rows that are looked for one by one; where there are more, it is not their cells.
MOST_UNREADABLE = 100


@dataclass(frozen=True)
class Readable:
    """Typed cells, and the rows that could not be read at all.

    Attributes
    ----------
    prepared : Prepared
    unreadable : dict of int to str
        Position of a row and the reason.
    """

    prepared: Prepared
    unreadable: dict[int, str]


@contextlib.contextmanager
def fault_of_the_model() -> Iterator[None]:
    """Tell whatever is raised as a fault of the model or of the program.

    Raises
    ------
    ModelError
        Says what was raised, and where.
    """  # noqa: DOC501 - raised again as it came
    try:
        yield
    except (SegmentError, MemoryError):
        raise
    except Exception as error:
        raise ModelError(f"the model labels no customer: {_told(error)}; no customer's cells are the cause.") from error


def readable_cells(
    customers: pd.DataFrame,
    columns: list[str],
    prepare: Callable[[pd.DataFrame], Prepared],
    *,
    example: pd.DataFrame,
) -> Readable:
    """Cast the cells of a batch; of cells that cannot even be looked at, find the rows.

    Parameters
    ----------
    customers : DataFrame of shape (n_customers, n_columns)
    columns : list of str
        Those that are read, where they are there.
    prepare : callable
        Casts the cells of a frame.
    example : DataFrame
        Customers that can be read: where these fail as well, it is not the batch.

    Raises
    ------
    DataError
        A column stands twice.
    ModelError
        The example fails as well, or more rows fail than cells could explain.
    """
    twice = customers.columns[customers.columns.duplicated()]
    if named := [name for name in columns if name in twice]:
        raise DataError(f"the customers have the column {named[0]!r} twice; leave one.")
    cells, unreadable = _plain(customers[[name for name in columns if name in customers]])
    with fault_of_the_model():
        try:
            return Readable(prepare(cells), unreadable)
        except _OF_DATA:
            prepare(example)
            unreadable |= _rows_that_raise(cells, prepare)
            cells = cells.astype(object)
            cells.iloc[list(unreadable), :] = None
            return Readable(prepare(cells), unreadable)


def _plain(cells: pd.DataFrame) -> tuple[pd.DataFrame, dict[int, str]]:
    """Cells as the contract's types read them: a list or a dict becomes its text, where it has one."""
    changed: dict[str, pd.Series] = {}
    unreadable: dict[int, str] = {}
    for name in cells:
        column = cells[name]
        if column.dtype != object or pd.api.types.infer_dtype(column) in _PLAIN_COLUMNS:
            continue
        values = column.to_numpy(copy=True)
        for row, value in enumerate(values):
            if isinstance(value, _PLAIN_CELLS):
                continue
            try:
                values[row] = str(value)
            except Exception as error:  # noqa: BLE001 - whatever it raises is told
                values[row] = None
                reason = f"{name} cannot be read ({type(error).__name__}: {error})"
                unreadable[row] = "; ".join([unreadable[row], reason] if row in unreadable else [reason])
        changed[str(name)] = pd.Series(values, index=column.index, dtype=object)
    return cells.assign(**changed) if changed else cells, unreadable


def _rows_that_raise(cells: pd.DataFrame, prepare: Callable[[pd.DataFrame], Prepared]) -> dict[int, str]:
    """Rows that cannot be cast, by halving.

    Raises
    ------
    ModelError
        It raises for no row alone: the fault is not in a cell.
    """
    found: dict[int, str] = {}
    parts = [np.arange(len(cells))]
    while parts:
        rows = parts.pop()
        try:
            prepare(cells.iloc[rows])
        except _OF_DATA as error:
            if len(rows) > 1:
                parts += np.array_split(rows, 2)
                continue
            found[int(rows[0])] = f"cannot be read ({type(error).__name__}: {error})"
            if len(found) > MOST_UNREADABLE:
                raise ModelError(
                    f"more than {MOST_UNREADABLE} customers cannot be read: {_told(error)}; so many are not the fault "
                    "of their cells."
                ) from error
    return found


def _told(error: BaseException) -> str:
    """An error in one line, with the place where it was raised."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {one_line(error)} ({Path(place.filename).name}, line {place.lineno})"
