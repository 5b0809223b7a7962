"""A table of any size as customer tables, chunk by chunk: what a sample was drawn from, in bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.data.contract import validate
from customer_segmentation.data.load import assembled, selected_rows, split_rows
from customer_segmentation.data.rows import checked_rows
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.data.wanted import WantedColumns, wanted_columns
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.base import Chunk, TableSource
from customer_segmentation.sources.open import open_source
from customer_segmentation.sources.parsing.texts import texts_of
from customer_segmentation.sources.tables import texts_frame


def stream_customers(settings: DataSettings, *, needed: Collection[str], batch_rows: int) -> Iterator[CustomerTable]:
    """Clean and select the customers of a table of any size by the rules of `load_customers`, chunk by chunk.

    Parameters
    ----------
    settings : DataSettings
        Of the table; all its rows are read, whatever ``max_rows`` says.
    needed : collection of str
        Columns without one of which a row is rejected.
    batch_rows : int
        Rows that are held at a time.

    Yields
    ------
    CustomerTable
        Of one chunk, which may be without customers, has no digest and is not refused for its share of rejected rows.
        Rows are numbered as in the source; those that are rejected are given with the cells that were read. Ids that
        repeat are seen where both stand in one chunk.

    Raises
    ------
    DataError
        The source cannot be read to its end.
    """
    source = open_source(replace(settings, max_rows=sys.maxsize))
    wanted = wanted_columns(source, settings, needed=needed)
    start = 0
    for whole in source.chunks(wanted.specs, size=batch_rows):
        chunk = replace(whole, broken=_read_columns(whole.broken, source, wanted))
        rows = checked_rows(chunk, wanted, source.decimal, partial(_all_cells, source, chunk, start))
        start += len(chunk.rows)
        set_aside = rows.set_aside(list(wanted.present), partial(_read_cells, chunk), {})
        frame = rows.usable_frame()
        validate(frame, wanted.present, source=source.name)
        parts = split_rows(frame, selected_rows(frame, wanted.population), digested=[])
        yield assembled(source, wanted, rows, parts, set_aside=set_aside)


def _all_cells(source: TableSource, chunk: Chunk, start: int, positions: np.ndarray) -> pd.DataFrame:
    """All cells of some rows of a chunk as text."""
    if chunk.everything is not None:
        return texts_frame(chunk.everything.take(pa.array(positions)), source.text_names)
    return source.rows_as_text(positions + start)


def _read_cells(chunk: Chunk, positions: np.ndarray) -> pd.DataFrame:
    """The cells of some rows of a chunk that were read, as text."""
    part = chunk.frame.iloc[positions].reset_index(drop=True)
    return pd.DataFrame({name: texts_of(part[name]).fillna("") for name in part}, index=part.index)


def _read_columns(broken: pd.DataFrame, source: TableSource, wanted: WantedColumns) -> pd.DataFrame:
    """Rows that do not fit the header, with the columns that were read."""
    return broken[[*(source.text_names[at] for at in wanted.specs), "row", "reason"]] if len(broken) else broken
