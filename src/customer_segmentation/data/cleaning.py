"""From cells as they come to typed values: the first step of the loader and of the labelling pipeline alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from customer_segmentation.data.currencies import other_currency
from customer_segmentation.data.expressions import evaluate, parse
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Repair, Role
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.dates import DAY, EITHER_WAY, read_dates
from customer_segmentation.sources.parsing.numbers import parse_numbers
from customer_segmentation.sources.parsing.texts import (
    cell_text,
    holds_nul,
    match_values,
    parse_yes_no,
    texts_of,
    whole_ids,
)

PROBLEM_COLUMNS = ("row", "column", "value", "reason")

#: With what the reason for a word begins that the contract does not declare: drift counts these words.
UNDECLARED = "is not one of"


@dataclass(frozen=True)
class Prepared:
    """Typed columns and what was found on the way.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Typed values, with the index of the raw frame and the columns in the contract's order. A cell that could not
        be read or is impossible is missing.
    problems : DataFrame
        One row a cell that could not be read or is impossible: ``row`` (position in the frame, from 0), ``column``,
        ``value`` (as text) and ``reason`` (a predicate such as "is not a number").
    repaired : dict of str to int array
        A sentence for each repair that was applied, and the positions of the rows.
    """

    frame: pd.DataFrame
    problems: pd.DataFrame
    repaired: dict[str, np.ndarray]

    @property
    def repairs(self) -> dict[str, int]:
        """A sentence for each repair that was applied, and the number of cells."""
        return {sentence: len(rows) for sentence, rows in self.repaired.items()}


class _Problems:
    """Collects problems column by column."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []

    def add(self, column: str, cells: pd.Series, wrong: np.ndarray, reason: str) -> None:
        rows = np.flatnonzero(wrong)
        if len(rows):
            texts = [cell_text(value) for value in cells.iloc[rows]]
            part = {"row": rows, "column": column, "value": texts, "reason": reason}
            self._parts.append(pd.DataFrame(part, columns=list(PROBLEM_COLUMNS)))

    def frame(self) -> pd.DataFrame:
        if not self._parts:
            return pd.DataFrame(
                {name: np.array([], dtype=np.int64 if name == "row" else str) for name in PROBLEM_COLUMNS}
            )
        return pd.concat(self._parts, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)


def prepare_columns(
    frame: pd.DataFrame, columns: Mapping[str, ColumnSpec], *, decimal: str | None = None, coded: bool = False
) -> Prepared:
    """Cast cells, fill structural blanks, apply repairs and report what cannot be used.

    Cells may be numbers, numeric text, booleans, words, missing in any way; any subset of the contract's columns may
    be present, others are left out. The frame is not changed.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Raw cells under the contract's column names.
    columns : mapping of str to ColumnSpec
        The contract.
    decimal : {".", ","}, optional
        Decimal mark of numbers in text, where a column does not show it.
    coded : bool
        Leave categories as codes, of pandas' categorical dtype; `spelt_out` makes texts of them. For big tables.

    Returns
    -------
    Prepared
    """
    problems = _Problems()
    to_settings: dict[str, pd.Series] = {}
    for name, spec in columns.items():
        if name not in frame.columns:
            continue
        cells = frame[name]
        if spec.type in (ColumnType.number, ColumnType.integer):
            to_settings[name] = _as_numbers(name, cells, spec, decimal, problems)
        elif spec.type is ColumnType.date:
            to_settings[name] = _as_dates(name, cells, spec, problems)
        elif spec.type is ColumnType.yes_no:
            to_settings[name] = _as_yes_no(name, cells, spec, problems)
        else:
            to_settings[name] = _as_text(name, cells, spec, problems, coded=coded)
    result = pd.DataFrame(to_settings, index=frame.index, copy=False)
    repaired: dict[str, np.ndarray] = {}
    for name in to_settings:
        spec = columns[name]
        if spec.repair is not None:
            repaired |= _repair(name, result, frame[name], spec.repair, problems)
        if spec.type in (ColumnType.number, ColumnType.integer):
            _check_bounds(name, result, frame[name], spec, problems)
    return Prepared(result, problems.frame(), repaired)


def distinct_texts(cells: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Codes of the cells (-1: missing) and the distinct cells as texts: parsing each spelling once is enough."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.cat.codes.to_numpy(), texts_of(pd.Series(cells.cat.categories))
    try:
        codes, distinct = pd.factorize(cells)
    except TypeError:  # cells that cannot be hashed, such as lists
        codes, distinct = pd.factorize(texts_of(cells))
    return codes, texts_of(pd.Series(distinct))


def _take(values: np.ndarray, codes: np.ndarray, missing: object) -> np.ndarray:
    """Values of the codes, ``missing`` where a code is -1."""
    taken: np.ndarray = np.append(values, np.array([missing], dtype=values.dtype))[codes]
    return taken


def _as_numbers(name: str, cells: pd.Series, spec: ColumnSpec, decimal: str | None, problems: _Problems) -> pd.Series:
    blank = np.nan if spec.fill is None else float(spec.fill)
    untouched = None
    if pd.api.types.is_numeric_dtype(cells.dtype):  # bool included
        # Cells that need no change are shared with the caller's frame, copied by pandas when either is written to.
        values = untouched = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        if spec.fill is not None and np.isnan(values).any():
            values = np.where(np.isnan(values), blank, values)
        unreadable = None
    else:
        codes, texts = distinct_texts(cells)
        empty = is_blank(texts, spec.na_values)
        parsed = np.full(len(texts), blank)
        per_cent = 1.0 if spec.unit.strip() in ("%", "percent") else 0.01
        parsed[~empty] = parse_numbers(texts[~empty], decimal=decimal, percent=per_cent)
        unreadable = _take(~empty & np.isnan(parsed), codes, False)
        foreign = ~np.isnan(parsed) & ~empty & other_currency(texts, spec.unit)
        parsed[foreign] = np.nan
        values = _take(parsed, codes, blank)
        problems.add(name, cells, _take(foreign, codes, False), f"is an amount in another currency than {spec.unit}")
    infinite = np.isinf(values)
    if infinite.any():
        values = np.where(infinite, np.nan, values)
        problems.add(name, cells, infinite, "is not finite")
    if unreadable is not None:
        problems.add(name, cells, unreadable, "is not a number")
    if spec.type is ColumnType.integer:
        fractional = np.isfinite(values) & (values != np.trunc(values))
        if fractional.any():
            values = np.where(fractional, np.nan, values)
            problems.add(name, cells, fractional, "is not a whole number")
    if values is untouched and cells.dtype == np.float64:
        return cells.copy(deep=False)
    return pd.Series(values, index=cells.index, copy=values is untouched)


def _as_dates(name: str, cells: pd.Series, spec: ColumnSpec, problems: _Problems) -> pd.Series:
    """The day of each cell; one after the reference date is a mistake, where the contract does not expect it."""
    blank: Any = np.datetime64("NaT", "s")
    if spec.fill is not None:
        blank = read_dates(pd.Series([cell_text(spec.fill)], dtype="str"), spec.date_format)[0][0]
    dates: pd.Series
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        dates = cells.dt.tz_localize(None).dt.normalize().fillna(blank).astype(DAY)
    else:
        codes, texts = distinct_texts(cells)
        empty = is_blank(texts, spec.na_values)
        read, undecided = np.full(len(texts), blank, dtype=DAY), np.zeros(len(texts), dtype=bool)
        read[~empty], undecided[~empty] = read_dates(texts[~empty], spec.date_format)
        form = "" if spec.date_format is None else f" of the form {spec.date_format}"
        unreadable = ~empty & np.isnat(read) & ~undecided
        problems.add(name, cells, _take(undecided, codes, False), EITHER_WAY)
        problems.add(name, cells, _take(unreadable, codes, False), f"is not a date{form}")
        dates = pd.Series(_take(read, codes, blank), index=cells.index)
    if spec.reference_date is not None and not spec.future:
        ahead = (dates > pd.Timestamp(spec.reference_date)).to_numpy(dtype=bool)
        problems.add(name, cells, ahead, f"is after {spec.reference_date}, the reference date")
        dates = dates.mask(ahead)
    return dates


def _as_yes_no(name: str, cells: pd.Series, spec: ColumnSpec, problems: _Problems) -> pd.Series:
    blank = -2 if spec.fill is None else int(parse_yes_no(pd.Series([cell_text(spec.fill)], dtype="str"))[0])
    if pd.api.types.is_numeric_dtype(cells.dtype):
        numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        answers = np.select([np.isnan(numbers), numbers == 1, numbers == 0], [blank, 1, 0], -1)
    else:
        codes, texts = distinct_texts(cells)
        empty = is_blank(texts, spec.na_values)
        parsed = np.full(len(texts), blank, dtype=np.int8)
        parsed[~empty] = parse_yes_no(texts[~empty])
        answers = _take(parsed, codes, blank)
    if (answers >= 0).all():
        return pd.Series(answers == 1, index=cells.index, copy=False)
    problems.add(name, cells, answers == -1, "is neither yes nor no")
    return pd.Series(pd.arrays.BooleanArray(answers == 1, answers < 0), index=cells.index)


def _as_text(name: str, cells: pd.Series, spec: ColumnSpec, problems: _Problems, *, coded: bool) -> pd.Series:
    blank = None if spec.fill is None else str(spec.fill)
    if spec.type is ColumnType.text and isinstance(cells.dtype, pd.StringDtype):
        texts = texts_of(cells)  # mostly distinct: sorting out the spellings would cost more than it saves
        if spec.role is Role.id:
            texts = whole_ids(texts)
        empty = is_blank(texts, spec.na_values)
        if empty.any():
            texts = texts.mask(empty, blank)
        binary = holds_nul(texts)
        if binary.any():
            problems.add(name, cells, binary, "holds a NUL byte")
            texts = texts.mask(binary, None)
        return texts.astype("str")
    codes, texts = distinct_texts(cells)
    wrong = np.zeros(len(texts), dtype=bool)
    declared = spec.values
    if declared:
        allowed = list(dict.fromkeys([*declared, *([] if blank is None else [blank])]))
        matched = match_values(texts, allowed)  # before the blanks: a declared "None" is a value
        unknown = np.array([value is None for value in matched], dtype=bool)
        empty = unknown & is_blank(texts, spec.na_values)
        wrong = unknown & ~empty
    else:
        matched = texts.to_numpy(dtype=object)
        empty = is_blank(texts, spec.na_values)
        if blank is not None:
            empty &= (texts != blank).to_numpy(dtype=bool)
    matched[empty] = blank
    matched[wrong] = None
    if wrong.any():
        problems.add(name, cells, _take(wrong, codes, False), f"{UNDECLARED} {', '.join(declared)}")
    respelt, distinct = pd.factorize(pd.Series([*matched, blank], dtype="str"))
    words = pd.Categorical.from_codes(respelt[codes], distinct, validate=False)  # -1 is the last: the blank
    series = pd.Series(words, index=cells.index, copy=False)
    return series if coded and spec.type is ColumnType.category else spelt_out(series)


def spelt_out(words: pd.Series) -> pd.Series:
    """Texts of a categorical column; another one as it is."""
    if not isinstance(words.dtype, pd.CategoricalDtype):
        return words
    texts = words.cat.categories.array.take(words.cat.codes.to_numpy(), allow_fill=True)
    return pd.Series(texts, index=words.index, name=words.name, copy=False)


def _repair(
    name: str, result: pd.DataFrame, cells: pd.Series, repair: Repair, problems: _Problems
) -> dict[str, np.ndarray]:
    """Correct the cells of one column in place of the result; those that cannot be corrected become problems."""
    wrong = (result[name] < repair.below).to_numpy(dtype=bool)
    if not wrong.any():
        return {}
    expression = parse(repair.using, where=f"data.columns.{name}.repair.using")
    lacking = [column for column in expression.columns if column not in result.columns]
    values = result[name].to_numpy(copy=True)
    if lacking:
        values[wrong] = np.nan
        result[name] = values
        problems.add(name, cells, wrong, f"is below {repair.below:g} and {', '.join(lacking)} for its repair is absent")
        return {}
    # A corrected value that is itself too low, or does not exist, corrects nothing.
    corrected = evaluate(expression, result[wrong]).to_numpy(dtype=np.float64)
    failed = ~(corrected >= repair.below)
    values[wrong] = np.where(failed, np.nan, corrected)
    result[name] = values
    rows = np.flatnonzero(wrong)
    beyond = np.zeros(len(values), dtype=bool)
    beyond[rows[failed]] = True
    problems.add(name, cells, beyond, f"is below {repair.below:g} and cannot be repaired by {expression}")
    corrected = rows[~failed]
    return {f"{name} below {repair.below:g} replaced by {expression}": corrected} if len(corrected) else {}


def _check_bounds(name: str, result: pd.DataFrame, cells: pd.Series, spec: ColumnSpec, problems: _Problems) -> None:
    values = result[name].to_numpy()
    with np.errstate(invalid="ignore"):
        low = np.zeros(len(values), dtype=bool) if spec.minimum is None else values < spec.minimum
        high = np.zeros(len(values), dtype=bool) if spec.maximum is None else values > spec.maximum
    if low.any():
        problems.add(name, cells, low, f"is below {spec.minimum:g}, the smallest possible value")
    if high.any():
        problems.add(name, cells, high, f"is above {spec.maximum:g}, the largest possible value")
    if low.any() or high.any():
        result[name] = np.where(low | high, np.nan, values)
