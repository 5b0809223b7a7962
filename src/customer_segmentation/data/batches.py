"""A table of any size as customer tables, chunk by chunk: what a sample was drawn from, in bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from customer_segmentation.data.contract import validate
from customer_segmentation.data.load import selected_rows, split_rows
from customer_segmentation.data.repeated_ids import Held, Rules, held_of, resolved, rules_of
from customer_segmentation.data.rows import checked_rows
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.data.wanted import wanted_columns
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.sources.base import Chunk, TableSource
from customer_segmentation.sources.open import open_source
from customer_segmentation.sources.parsing.texts import texts_of


def opened_whole(
    settings: DataSettings,
    *,
    needed: Collection[str],
    batch_rows: int,
    blank: Collection[str] = (),
    welcome: Collection[str] = (),
    engine: EngineSettings | None = None,
) -> tuple[TableSource, Rules]:
    """Open a table for a pass over all its rows, with the rules by which any of its chunks is cleaned.

    Parameters
    ----------
    settings : of the table; all its rows are read, whatever ``max_rows`` says
    needed : columns without one of which a row is rejected
    batch_rows : rows that are held at a time
    blank : columns that must be there, and may be blank
    welcome : columns that are read as well where the table has them
    engine : what reads it
    """
    source = open_source(replace(settings, max_rows=sys.maxsize), engine)
    wanted = wanted_columns(source, settings, needed=needed, blank=blank, welcome=welcome)
    return source, rules_of(source, wanted, size=batch_rows)


def cleaned(chunk: Chunk, rules: Rules) -> tuple[CustomerTable, Held | None]:
    """Clean and select the customers of a chunk; rows whose id stands elsewhere as well are held back.

    Parameters
    ----------
    chunk : with ``texts``
    rules : of its table
    """
    assert chunk.texts is not None  # noqa: S101 - whoever hands out chunks knows their cells
    wanted = rules.wanted
    rows = checked_rows(chunk, wanted, rules.decimal, chunk.texts, repetitions=False)
    aside, taken = held_of(rows, rules, partial(_read_cells, chunk))
    rejected = rows.rejected_rows(list(wanted.present), partial(_read_cells, chunk), {})
    count, repairs = rows.read, rows.repairs
    frame = rows.usable_frame()
    if aside is not None:
        count -= len(aside.rows)
        frame = frame[~taken].reset_index(drop=True)
    return _table_of(frame, rejected, rules, rows_read=count, repairs=repairs), aside


def cleaned_repetitions(held: list[Held], rules: Rules) -> CustomerTable:
    """The rows that were held back, of all chunks, cleaned together.

    Parameters
    ----------
    held : of the chunks, in any order
    rules : of their table
    """
    rows, cells = resolved(held, rules)
    rejected = rows.rejected_rows(list(rules.wanted.present), cells, {})
    return _table_of(rows.usable_frame(), rejected, rules, rows_read=rows.read, duplicates=rows.duplicates)


def _table_of(
    frame: pd.DataFrame,
    rejected: pd.DataFrame,
    rules: Rules,
    *,
    rows_read: int,
    repairs: dict[str, int] | None = None,
    duplicates: int = 0,
) -> CustomerTable:
    wanted = rules.wanted
    validate(frame, wanted.present, source=rules.source)
    customers, others, *_ = split_rows(dict(frame.items()), selected_rows(frame, wanted.population), digested=[])
    return CustomerTable(
        customers=customers,
        others=others,
        rejected=rejected,
        columns=wanted.present,
        missing_columns=wanted.match.missing,
        ignored_columns=wanted.match.ignored,
        rows_read=rows_read,
        duplicates=duplicates,
        repairs=repairs or {},
        source=rules.source,
        source_sha256="",
        digest="",
    )


def _read_cells(chunk: Chunk, positions: np.ndarray) -> pd.DataFrame:
    """The cells of some rows of a chunk that were read, as text."""
    part = chunk.frame.iloc[positions].reset_index(drop=True)
    return pd.DataFrame({name: texts_of(part[name]).fillna("") for name in part}, index=part.index)
