"""The contract of a customer table as a pandera schema: the last word before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

if TYPE_CHECKING:
    import pandera.pandas as pandera


def schema_of(columns: Mapping[str, ColumnSpec], *, unique_ids: bool = True) -> pandera.DataFrameSchema:
    """Build the schema that a cleaned table keeps.

    Parameters
    ----------
    columns : mapping of str to ColumnSpec
        Contract of the columns that are present.
    unique_ids : bool
        Check that no id repeats.

    Returns
    -------
    DataFrameSchema
    """
    import pandera.pandas as pandera

    return pandera.DataFrameSchema(
        {name: _column(spec, unique_ids) for name, spec in columns.items()}, strict=True, ordered=True
    )


def validate(frame: pd.DataFrame, columns: Mapping[str, ColumnSpec], *, source: str) -> None:
    """Check a cleaned table against its contract; that ids are unique is checked where rows are set aside for it.

    A table that keeps it, as cleaning leaves every table, costs no import of pandera; its schema tells what is wrong.

    Raises
    ------
    DataError
        Names the column, the check and the first rows that fail.
    """
    if list(frame.columns) == list(columns) and all(_keeps(frame[name], spec) for name, spec in columns.items()):
        return
    import pandera.errors

    try:
        schema_of(columns, unique_ids=False).validate(frame, lazy=True, inplace=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        first = cases.iloc[0]
        same = cases[(cases["column"] == first["column"]) & (cases["check"] == first["check"])]
        cells = ", ".join(
            f"{case} in row {index}" for case, index in zip(same["failure_case"], same["index"], strict=True)
        )
        raise DataError(
            f"{source}: column {first['column']!r} breaks its contract ({first['check']}): {cells[:200]}; check "
            f"data.columns.{first['column']}."
        ) from None


def _keeps(cells: pd.Series, spec: ColumnSpec) -> bool:
    """Whether a column keeps its contract: what `_column` declares, without the words for what does not."""
    if spec.role is Role.id and cells.isna().any():
        return False
    if spec.type in (ColumnType.number, ColumnType.integer):
        if cells.dtype != np.float64:
            return False
        values = cells.to_numpy()
        low = spec.minimum is not None and bool((values < spec.minimum).any())
        high = spec.maximum is not None and bool((values > spec.maximum).any())
        return not (low or high)
    if spec.type is ColumnType.yes_no:
        return pd.api.types.is_bool_dtype(cells.dtype)
    if not spec.values:
        return True
    allowed = {*spec.values, *([] if spec.fill is None else [str(spec.fill)])}
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return allowed.issuperset(cells.cat.categories)
    found = pc.unique(pa.array(cells, from_pandas=True)).to_pylist()
    return allowed.issuperset(value for value in found if value is not None)


def _column(spec: ColumnSpec, unique_ids: bool) -> pandera.Column:
    import pandera.pandas as pandera

    checks = []
    if spec.type in (ColumnType.number, ColumnType.integer):
        kind: str | None = "float64"
        if spec.minimum is not None:
            checks.append(pandera.Check.ge(spec.minimum))
        if spec.maximum is not None:
            checks.append(pandera.Check.le(spec.maximum))
    elif spec.type is ColumnType.yes_no:
        kind = None
        checks.append(pandera.Check(lambda column: pd.api.types.is_bool_dtype(column.dtype), name="yes or no"))
    else:
        kind = None
        declared = spec.values
        if declared:
            allowed = [*declared, *([] if spec.fill is None else [str(spec.fill)])]
            checks.append(pandera.Check.isin(allowed))
    return pandera.Column(
        kind, checks=checks, nullable=spec.role is not Role.id, unique=unique_ids and spec.role is Role.id
    )
