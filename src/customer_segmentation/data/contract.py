"""The contract of a customer table: its plain form, and the last check before anything is computed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Repair, Role

#: What casting a cell needs of a contract; the rest is for people.
CASTING = frozenset(
    [
        *("type", "role", "unit", "fill", "na_values", "minimum", "maximum", "values", "repair"),
        *("date_format", "future", "reference_date"),
    ]
)
_SHOWN = 200  # characters of the cells in a message


def plain_spec(spec: ColumnSpec, *, keys: frozenset[str] | None = None) -> dict[str, Any]:
    """Contract of a column as JSON and YAML have it.

    Parameters
    ----------
    spec : ColumnSpec
    keys : frozenset of str, optional
        Those that are kept, such as `CASTING`; None keeps all.
    """
    values: dict[str, Any] = json.loads(json.dumps(asdict(spec), default=lambda item: item.value))
    return {key: value for key, value in values.items() if keys is None or key in keys}


def spec_from_plain(plain: Mapping[str, Any]) -> ColumnSpec:
    """Inverse of `plain_spec`."""
    repair = plain.get("repair")
    return ColumnSpec(
        **{
            **plain,
            "type": ColumnType(plain["type"]),
            "role": Role(plain["role"]),
            "repair": Repair(**repair) if repair else None,
        }
    )


def validate(frame: pd.DataFrame, columns: Mapping[str, ColumnSpec], *, source: str) -> None:
    """Check a cleaned table against its contract; that ids are unique is checked where rows are rejected for it.

    Cleaning leaves every table as its contract says: a table that breaks it shows an error of this program.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_columns)
    columns : mapping of str to ColumnSpec
        Of exactly these columns, in this order.
    source : str
        For messages.

    Raises
    ------
    DataError
        Names the column, the rule and the first cells that break it.
    """
    if list(frame.columns) != list(columns):
        raise DataError(f"{source}: expected the columns {list(columns)}; found {list(frame.columns)}.")
    for name, spec in columns.items():
        broken = _broken_rule(frame[name], spec)
        if broken is None:
            continue
        rule, wrong = broken
        cells = ", ".join(f"{frame[name].iloc[at]} in row {at}" for at in np.flatnonzero(wrong)[:20])
        raise DataError(
            f"{source}: column {name!r} breaks its contract ({rule}){f': {cells[:_SHOWN]}' if cells else ''}; check "
            f"data.columns.{name}."
        )


def _broken_rule(cells: pd.Series, spec: ColumnSpec) -> tuple[str, np.ndarray] | None:
    """The rule of its contract that a column breaks, and which cells do; None where it keeps all."""
    none = np.zeros(len(cells), dtype=bool)
    if spec.role is Role.id and cells.isna().any():
        return "no id is missing", cells.isna().to_numpy()
    if spec.type in (ColumnType.number, ColumnType.integer):
        if cells.dtype != np.float64:
            return f"float64, not {cells.dtype}", none
        values = cells.to_numpy()
        if spec.minimum is not None and (values < spec.minimum).any():
            return f"at least {spec.minimum:g}", values < spec.minimum
        if spec.maximum is not None and (values > spec.maximum).any():
            return f"at most {spec.maximum:g}", values > spec.maximum
        return None
    if spec.type is ColumnType.yes_no:
        return None if pd.api.types.is_bool_dtype(cells.dtype) else (f"yes or no, not {cells.dtype}", none)
    if spec.type is ColumnType.date:
        return None if pd.api.types.is_datetime64_dtype(cells.dtype) else (f"dates, not {cells.dtype}", none)
    if not spec.values:
        return None
    allowed = {*spec.values, *([] if spec.fill is None else [str(spec.fill)])}
    if isinstance(cells.dtype, pd.CategoricalDtype):
        kept = allowed.issuperset(cells.cat.categories)
    else:
        found = pc.unique(pa.array(cells, from_pandas=True)).to_pylist()
        kept = allowed.issuperset(value for value in found if value is not None)
    wrong = (cells.notna() & ~cells.isin(list(allowed))).to_numpy(dtype=bool) if not kept else none
    return (f"one of {', '.join(sorted(allowed))}", wrong) if wrong.any() else None
