"""From settings to the customer table: the one entry of this layer."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.data.cleaning import spelt_out
from customer_segmentation.data.contract import validate
from customer_segmentation.data.other_rows import mark_totals
from customer_segmentation.data.rows import CheckedRows, checked_rows
from customer_segmentation.data.table import CustomerTable, add_to_digest
from customer_segmentation.data.transactions import load_ordering_customers
from customer_segmentation.data.wanted import WantedColumns, population_of, refuse_whole, wanted_columns
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.settings.data import DataSettings, Population
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.sources.base import TableSource
from customer_segmentation.sources.open import open_source
from customer_segmentation.sources.parsing.texts import cell_text, chunks_of, fold


def load_customers(
    settings: DataSettings,
    *,
    needed: Collection[str] | None = None,
    blank: Collection[str] = (),
    welcome: Collection[str] = (),
    engine: EngineSettings | None = None,
) -> CustomerTable:
    """Read, clean and select the customers.

    Parameters
    ----------
    settings : DataSettings
    needed : collection of str, optional
        Columns that the work at hand cannot do without: each must be there, and a row without one of these values is
        rejected. They are read together with the id, the population's column, value and outcomes. None reads all
        columns of the contract and lets missing values stand, for a description of the table.
    blank : collection of str
        Columns that must be there as well, but of which a cell may be blank: features know what that means. One that
        cannot be read sets its row aside.
    welcome : collection of str
        Columns that are read as well where the table has them, for descriptions and profiles; a cell that cannot be
        read is a missing value there and costs nobody its place. They change neither who is used nor the digest.

    engine : EngineSettings, optional
        What reads the table; None: this process.

    Returns
    -------
    CustomerTable

    Raises
    ------
    SettingsError
        The settings contradict each other or name what does not exist.
    DataError
        The source cannot be read, is another table, or too many of its rows cannot be used.
    """
    if settings.transactions is not None:
        return load_ordering_customers(settings, needed=needed, blank=blank, engine=engine)
    # Settings that contradict are said before a source is opened, or downloaded.
    if not settings.columns:
        raise SettingsError("data.columns is empty; describe the table's columns, or let `segment init` write them.")
    population_of(settings)
    return table_of(open_source(settings, engine), settings, needed=needed, blank=blank, welcome=welcome)


def table_of(
    source: TableSource,
    settings: DataSettings,
    *,
    needed: Collection[str] | None = None,
    blank: Collection[str] = (),
    welcome: Collection[str] = (),
) -> CustomerTable:
    """Clean and select the customers of an opened source, see `load_customers`.

    Parameters
    ----------
    source : TableSource
    settings : DataSettings
    needed, blank, welcome : collection of str
        See `load_customers`.

    Raises
    ------
    DataError
        See `load_customers`.
    SettingsError
        See `load_customers`.
    """
    wanted = wanted_columns(source, settings, needed=needed, blank=blank, welcome=welcome)
    rows = checked_rows(source.read(wanted.specs), wanted, source.decimal, source.rows_as_text)
    if not source.sampled_from:  # a sample has no last row
        refuse_whole(settings, rows.read, source=source.name)
        mark_totals(rows.rejected, rows.frame, source, np.flatnonzero(rows.filled))
    rows.rejected.refuse_above(
        settings.max_rejected_share,
        rows_read=rows.read,
        broken=len(rows.broken),
        duplicates=rows.duplicates,
        source=source.name,
    )
    rejected = rows.rejected_rows(source.text_names, source.rows_as_text, wanted.known)
    frame = rows.usable_frame()
    if frame.empty:
        raise DataError(f"{source.name} has no customer: {_nobody(rows.read)}; check the file.")
    validate(frame, wanted.present, source=source.name)
    selected = selected_rows(frame, wanted.population)
    if not selected.any():
        raise DataError(
            f"{source.name} has no customer to work with: data.keep={settings.keep} leaves none of {len(frame)}; try "
            "data.keep=all."
        )
    columns = dict(frame.items())
    del frame
    parts = split_rows(columns, selected, digested=wanted.own)
    table = assembled(source, wanted, rows, parts, rejected=rejected)
    table.accounting()
    pa.default_memory_pool().release_unused()  # what the reader has freed, as much as a half of what is kept
    return table


def assembled(
    source: TableSource,
    wanted: WantedColumns,
    rows: CheckedRows,
    parts: tuple[pd.DataFrame, pd.DataFrame, str, str, str],
    *,
    rejected: pd.DataFrame,
) -> CustomerTable:
    """The customer table of a source's rows.

    Parameters
    ----------
    source : TableSource
    wanted : WantedColumns
    rows : CheckedRows
        The rows that were read.
    parts : (DataFrame, DataFrame, str, str, str)
        As `split_rows` gives them. Without a digest the table is a part of the source, and has no checksum of it.
    rejected : DataFrame
        Rows that cannot be used.
    """
    customers, others, digest, others_digest, described_digest = parts
    return CustomerTable(
        customers=customers,
        others=others,
        rejected=rejected,
        columns=wanted.present,
        missing_columns=wanted.match.missing,
        ignored_columns=wanted.match.ignored,
        rows_read=rows.read,
        duplicates=rows.duplicates,
        repairs=rows.repairs,
        source=source.name,
        source_sha256=source.sha256 if digest else "",
        digest=digest,
        others_digest=others_digest,
        described_digest=described_digest,
        sampled_from=source.sampled_from,
    )


def selected_rows(frame: pd.DataFrame, population: Population | None) -> np.ndarray:
    """Which customers the population keeps.

    Parameters
    ----------
    frame : prepared columns, one row a customer
    population : who is kept; None: all customers
    """
    if population is None:
        return np.ones(len(frame), dtype=bool)
    excluded = {fold(word) for word in population.exclude}
    codes, distinct = pd.factorize(frame[population.column])
    answers = {True: "Yes", False: "No"}
    is_bool = pd.api.types.is_bool_dtype(frame[population.column].dtype)
    texts = [answers[bool(value)] if is_bool else cell_text(value) for value in distinct]
    keeps = np.array([fold(text) not in excluded for text in texts] + [True])
    return keeps[codes]


def split_rows(
    columns: dict[Any, pd.Series], selected: np.ndarray, *, digested: Collection[str]
) -> tuple[pd.DataFrame, pd.DataFrame, str, str, str]:
    """Rows that are selected, the others, the digests of both and of the columns that enter neither; all are used up.

    No more than one column is held twice. Each enters the digest while the next is split: neither holds Python's lock.

    Parameters
    ----------
    columns : one row a customer; they are taken out one by one, which of a frame costs the square of their number
    selected : whether each is kept, shape (n_customers,)
    digested : columns that enter the digests of both; none: there are no digests
    """
    kept, rest = {}, {}
    at, elsewhere = np.flatnonzero(selected), np.flatnonzero(~selected)
    digest, of_others, described = (hashlib.sha256() for _ in range(3))
    with ThreadPoolExecutor(max_workers=1) as pool:
        entered = []
        for name in list(columns):
            column = columns.pop(name)
            kept[name] = spelt_out(column if not len(elsewhere) else _taken(column, selected, at))
            if name in digested:
                entered.append(pool.submit(add_to_digest, digest, name, kept[name]))
            rest[name] = spelt_out(_taken(column, ~selected, elsewhere))
            if name in digested and len(elsewhere):
                entered.append(pool.submit(add_to_digest, of_others, name, rest[name]))
            if digested and name not in digested:
                entered += [pool.submit(add_to_digest, described, name, part[name]) for part in (kept, rest)]
        for one in entered:
            one.result()
    customers, others = pd.DataFrame(kept, copy=False), pd.DataFrame(rest, copy=False)
    told = of_others.hexdigest() if digested and len(elsewhere) else ""
    further = described.hexdigest() if digested and not kept.keys() <= set(digested) else ""
    return customers, others, digest.hexdigest() if digested else "", told, further


def _taken(column: pd.Series, wanted: np.ndarray, at: np.ndarray) -> pd.Series:
    """Cells of some rows, given as a mask and as positions."""
    if not isinstance(column.dtype, pd.StringDtype):
        return pd.Series(column.array.take(at), copy=False)
    # Arrow would copy a column that is held in pieces into one before it takes from it.
    pieces, start = [], 0
    for piece in chunks_of(column):
        pieces.append(piece.filter(pa.array(wanted[start : start + len(piece)])))
        start += len(piece)
    return pd.Series(pd.array(pa.chunked_array(pieces, type=pa.large_string()), dtype="str"), copy=False)


def _nobody(rows_read: int) -> str:
    return "it has a header and no rows" if rows_read == 0 else f"none of its {rows_read} rows can be used"
