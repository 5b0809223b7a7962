"""From settings to the customer table: the one entry of this layer."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.data.cleaning import prepare_columns, spelt_out
from customer_segmentation.data.contract import validate
from customer_segmentation.data.expressions import parse
from customer_segmentation.data.rejections import RejectedRows, mark_missing, mark_problems, mark_repetitions
from customer_segmentation.data.table import CustomerTable, add_to_digest
from customer_segmentation.data.transactions import load_ordering_customers
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.settings.data import ColumnSpec, DataSettings, Population, Role
from customer_segmentation.sources.base import Source
from customer_segmentation.sources.open import open_source
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.headers import HeaderMatch, header_name, match_headers, refuse_lacking
from customer_segmentation.sources.parsing.texts import cell_text, chunks_of, fold, texts_of


def load_customers(
    settings: DataSettings, *, needed: Collection[str] | None = None, welcome: Collection[str] = ()
) -> CustomerTable:
    """Read, clean and select the customers.

    Parameters
    ----------
    settings : DataSettings
    needed : collection of str, optional
        Columns that the work at hand cannot do without: each must be there, and a row without one of these values is
        set aside. They are read together with the id, the population's column, value and outcomes. None reads all
        columns of the contract and lets missing values stand, for a description of the table.

    welcome : collection of str
        Columns that are read as well where the table has them, for descriptions and profiles; a cell that cannot be
        read is a missing value there and costs nobody its place. They change neither who is used nor the digest.

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
        return load_ordering_customers(settings, needed=needed)
    # Settings that contradict are said before a source is opened, or downloaded.
    if not settings.columns:
        raise SettingsError("data.columns is empty; describe the table's columns, or let `segment init` write them.")
    _population(settings)
    return table_of(open_source(settings), settings, needed=needed, welcome=welcome)


def table_of(
    source: Source,
    settings: DataSettings,
    *,
    needed: Collection[str] | None = None,
    welcome: Collection[str] = (),
    batch: bool = False,
) -> CustomerTable:
    """Clean and select the customers of an opened source, see `load_customers`.

    With ``batch`` the source is a part of a larger one, which is not refused for its share of bad rows, or
    because nobody is left; it gets no digest.
    """
    columns, population = settings.columns, _population(settings)
    required = _required(columns, needed, population)
    wanted = _wanted(columns, required, needed)
    used = {name for name in wanted if columns[name].role is not Role.ignore or name in required}
    guests = (set(welcome) & set(columns)) - wanted
    wanted |= guests
    match = match_headers(source.headers, columns, wanted=used, source=source.name)
    refuse_lacking([name for name in required if name in match.missing], source.headers, columns, source=source.name)
    present = {name: spec for name, spec in columns.items() if name in wanted and name in match.positions}
    if not present:
        refuse_lacking(list(columns)[:5], source.headers, columns, source=source.name)

    cells = source.read({match.positions[name]: spec for name, spec in present.items()})
    raw = cells.frame.set_axis(list(present), axis=1)
    filled = ~_empty_rows(raw, source)
    rows = cells.rows if filled.all() else cells.rows[filled]
    prepared = prepare_columns(raw if filled.all() else raw[filled], present, decimal=source.decimal, coded=True)
    frame, broken = prepared.frame.reset_index(drop=True), cells.broken
    problems, repaired = prepared.problems, prepared.repaired
    del raw, cells, prepared

    faults = RejectedRows(rows)
    id_column = next((name for name, spec in present.items() if spec.role is Role.id), None)
    # Of what only profiles speak of (value and outcomes where nothing needs them), a bad cell is a missing value.
    strict = used if needed is None else {*required, *([id_column] if id_column else [])}
    mark_problems(faults, problems[problems["column"].isin(strict)])
    mark_missing(faults, frame, [*required, *([id_column] if id_column else [])], problems)
    own = [name for name in frame.columns if name not in guests]
    duplicates = mark_repetitions(faults, frame[own] if guests else frame, id_column) if id_column else 0
    if len(broken):
        unended = broken["reason"].str.startswith("a quotation")
        faults.count("the number of cells differs from the header's", int((~unended).sum()))
        for reason, number in broken.loc[unended, "reason"].value_counts().items():
            faults.count(str(reason), int(number))
    rows_read = len(frame) + len(broken)
    faults.refuse_above(
        1.0 if batch else settings.max_rejected_share,
        rows_read=rows_read,
        broken=len(broken),
        duplicates=duplicates,
        source=source.name,
    )

    usable = faults.usable
    repairs = {sentence: int(usable[at].sum()) for sentence, at in repaired.items() if usable[at].any()}
    aside = np.flatnonzero(filled)[~usable] if not usable.all() else np.zeros(0, dtype=np.int64)
    set_aside = _set_aside(source, match, aside, faults, broken)
    if not usable.all():
        frame = frame[usable].reset_index(drop=True)
    if frame.empty and not batch:
        raise DataError(f"{source.name} has no customer: {_nobody(rows_read)}; check the file.")
    validate(frame, present, source=source.name)
    selected = _selected(frame, population)
    if not selected.any() and not batch:
        raise DataError(
            f"{source.name} has no customer to work with: data.keep={settings.keep} leaves none of {len(frame)}; try "
            "data.keep=all."
        )
    customers, others, digest = _split(frame, selected, digested=[] if batch else own)
    del frame
    table = CustomerTable(
        customers=customers,
        others=others,
        set_aside=set_aside,
        columns=present,
        missing_columns=match.missing,
        ignored_columns=match.ignored,
        rows_read=rows_read,
        duplicates=duplicates,
        repairs=repairs,
        source=source.name,
        source_sha256=source.sha256,
        digest=digest,
        sampled_from=source.sampled_from,
    )
    table.accounting()
    pa.default_memory_pool().release_unused()  # what the reader has freed, as much as a half of what is kept
    return table


def _population(settings: DataSettings) -> Population | None:
    """Who is kept; None for everybody."""
    if settings.keep == "all":
        return None
    population = settings.populations.get(settings.keep)
    if population is None:
        known = ", ".join(["all", *settings.populations])
        raise SettingsError(f"data.keep is {settings.keep!r}; expected one of {known}.")
    where = f"data.populations.{settings.keep}"
    if population.column not in settings.columns:
        raise SettingsError(f"{where}.column is {population.column!r}, which data.columns does not hold.")
    allowed = settings.columns[population.column].values
    unknown = [word for word in population.exclude if allowed and fold(word) not in {fold(value) for value in allowed}]
    if unknown:
        raise SettingsError(f"{where}.exclude has {unknown[0]!r}; {population.column} is one of {', '.join(allowed)}.")
    return population


def _required(
    columns: Mapping[str, ColumnSpec], needed: Collection[str] | None, population: Population | None
) -> list[str]:
    """Columns without which the table is refused, in the contract's order."""
    names = set(needed or ())
    unknown = sorted(names - set(columns))
    if unknown:
        near = difflib.get_close_matches(unknown[0], list(columns), n=3)
        hint = f"did you mean {', '.join(near)}" if near else f"it has {', '.join(list(columns)[:8])}, …"
        raise SettingsError(f"The column {unknown[0]!r} is not in data.columns; {hint}?")
    if needed is None:
        names |= {name for name, spec in columns.items() if spec.role is Role.value}
    if population is not None:
        names.add(population.column)
    return [name for name in columns if name in names]


def _wanted(columns: Mapping[str, ColumnSpec], required: Collection[str], needed: Collection[str] | None) -> set[str]:
    """Columns that are read where they exist: also those by which a required one is repaired."""
    if needed is None:
        return set(columns)
    wanted = set(required)
    wanted |= {name for name, spec in columns.items() if spec.role in (Role.id, Role.value, Role.outcome)}
    for name in sorted(wanted):
        repair = columns[name].repair
        if repair is not None:
            wanted |= set(parse(repair.using, where=f"data.columns.{name}.repair.using").columns) & set(columns)
    return wanted


def _empty_rows(raw: pd.DataFrame, source: Source) -> np.ndarray:
    """Rows in which every cell of the source is empty: they end many a table and are no customers."""
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
        originals = source.originals(candidates)
        blank = np.all([is_blank(texts_of(originals.iloc[:, at])) for at in range(originals.shape[1])], axis=0)
        empty[candidates[blank]] = True
    return empty


def _selected(frame: pd.DataFrame, population: Population | None) -> np.ndarray:
    """Which customers the population keeps."""
    if population is None:
        return np.ones(len(frame), dtype=bool)
    excluded = {fold(word) for word in population.exclude}
    codes, distinct = pd.factorize(frame[population.column])
    answers = {True: "Yes", False: "No"}
    is_bool = pd.api.types.is_bool_dtype(frame[population.column].dtype)
    texts = [answers[bool(value)] if is_bool else cell_text(value) for value in distinct]
    keeps = np.array([fold(text) not in excluded for text in texts] + [True])
    return keeps[codes]


def _split(
    frame: pd.DataFrame, selected: np.ndarray, *, digested: Collection[str]
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Rows that are selected, the others, and the digest of the selected; the frame is used up.

    No more than one column is held twice. Each enters the digest while the next is split: neither holds Python's lock.
    """
    kept, rest = {}, {}
    at, elsewhere = np.flatnonzero(selected), np.flatnonzero(~selected)
    digest = hashlib.sha256()
    with ThreadPoolExecutor(max_workers=1) as pool:
        entered = []
        for name in list(frame.columns):
            column = frame.pop(name)
            kept[name] = spelt_out(column if not len(elsewhere) else _taken(column, selected, at))
            if name in digested:
                entered.append(pool.submit(add_to_digest, digest, name, kept[name]))
            rest[name] = spelt_out(_taken(column, ~selected, elsewhere))
        for one in entered:
            one.result()
    customers, others = pd.DataFrame(kept, copy=False), pd.DataFrame(rest, copy=False)
    return customers, others, digest.hexdigest() if digested else ""


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


def _set_aside(
    source: Source, match: HeaderMatch, positions: np.ndarray, faults: RejectedRows, broken: pd.DataFrame
) -> pd.DataFrame:
    """Rows that cannot be used with their original cells, under the contract's names where these are known."""
    known = {at: name for name, at in match.positions.items()}
    names: list[str] = []
    for at, header in enumerate(source.headers):
        name = known.get(at, header_name(header, at))
        names.append(f"{name} (column {at + 1})" if name in {*names, "row", "reason"} else name)
    parts = []
    if len(positions):
        part = source.originals(positions).set_axis(names, axis=1)
        parts.append(part.assign(row=faults.aside_rows(), reason=faults.aside_reasons()))
    if len(broken):
        parts.append(broken.set_axis([*names, "row", "reason"], axis=1))
    if not parts:
        return pd.DataFrame(columns=[*names, "row", "reason"], dtype="str").astype({"row": "int64"})
    return pd.concat(parts, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)


def _nobody(rows_read: int) -> str:
    return "it has a header and no rows" if rows_read == 0 else f"none of its {rows_read} rows can be used"
