"""The list that a scoring writes: for each customer the segment, what to do first, the value and the margin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.data.cleaning import prepare_columns
from customer_segmentation.model.segment_model import Labelled, SegmentModel
from customer_segmentation.scoring.columns import id_of
from customer_segmentation.scoring.earlier import LISTED
from customer_segmentation.scoring.outputs import as_it_came, untyped
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.base import Chunk, TableSource
from customer_segmentation.sources.parsing.texts import texts_of
from customer_segmentation.sources.tables import names_of

DECIMALS = 6


@dataclass(frozen=True)
class ListRows:
    """Makes the rows of the list out of chunks.

    Attributes
    ----------
    model : SegmentModel
    specs : mapping of str to ColumnSpec
        Contract of the model's columns.
    positions : mapping of str to int
        Position of each column of the model that the input has.
    columns : {"id", "all"}
        all: every column of the input; the value is among them already.
    decimal : {".", ","}, optional
        Decimal mark of numbers in the input's texts.
    safe_ids : bool
        Let an id that a spreadsheet would run be changed as other texts are.
    """

    model: SegmentModel
    specs: Mapping[str, ColumnSpec]
    positions: Mapping[str, int]
    columns: str = "id"
    decimal: str | None = None
    safe_ids: bool = False

    @property
    def id_column(self) -> str | None:
        """The id of the model's contract, where the input has it."""
        name = id_of(self.specs)
        return name if name in self.positions else None

    @property
    def names(self) -> list[str]:
        """Names of the columns that are added, in order."""
        left_out = set() if self.model.actions else {"first_action"}
        if self.columns == "all" or self.model.value_column not in self.positions:
            left_out.add("value")
        return [name for name in LISTED if name not in left_out]

    def kept_names(self, source: TableSource) -> list[str]:
        """Names of the input's columns in the list: one that is called as an added one says which column it is.

        >>> from types import SimpleNamespace as Some
        >>> ListRows(Some(actions={}, value_column=None), {}, {}).kept_names(Some(headers=("Margin", "Fee")))
        ['Margin (column 1)', 'Fee']

        Parameters
        ----------
        source : the input
        """
        own = self.names
        return [
            f"{name} (column {at + 1})" if name.strip().lower() in own else name
            for at, name in enumerate(names_of(source.headers))
        ]

    def added(self, labelled: Labelled, cells: pd.DataFrame) -> dict[str, Any]:
        """Arrays of the added columns, of every row of a chunk.

        Parameters
        ----------
        labelled : the chunk's labels
        cells : the chunk under the names of the model's columns
        """
        table = labelled.table
        codes = table["segment_name"].cat.codes.to_numpy()
        actions = [self.model.actions.get(number) for number in self.model.numbers]
        arrays: dict[str, Any] = {
            "segment": pa.array(table["segment"], pa.int64(), from_pandas=True),
            "segment_name": _coded(codes, list(table["segment_name"].cat.categories)),
            "first_action": _coded(codes, actions),
            "distance": pa.array(table["distance"].to_numpy().round(DECIMALS), from_pandas=True),
            "margin": pa.array(table["margin"].to_numpy().round(DECIMALS), from_pandas=True),
        }
        if "value" in self.names:
            arrays["value"] = pa.array(self._value(labelled, cells), pa.float64(), from_pandas=True)
        return {name: arrays[name] for name in self.names}

    def of(
        self, chunk: Chunk, labelled: Labelled, cells: pd.DataFrame, good: np.ndarray, source: TableSource
    ) -> pa.Table:
        """Rows with a label as they are written.

        Parameters
        ----------
        chunk : of the input
        labelled : its labels
        cells : the chunk under the names of the model's columns
        good : which rows have a label
        source : the input
        """
        fields, arrays = self._own(chunk, source)
        for name, array in self.added(labelled, cells).items():
            fields.append(pa.field(name, array.type))
            arrays.append(array)
        rows = pa.table(arrays, schema=pa.schema(fields))
        return rows if good.all() else rows.filter(pa.array(good))

    def _own(self, chunk: Chunk, source: TableSource) -> tuple[list[pa.Field], list[Any]]:
        """What a row has of the input: all of it, or its id, or its number."""
        if self.columns == "all":
            assert chunk.everything is not None  # noqa: S101 - asked for
            held = chunk.everything
            key = None if self.id_column is None else self.positions[self.id_column]
            fields = []
            for at, (name, of_input) in enumerate(zip(self.kept_names(source), held.schema, strict=True)):
                field = of_input.with_name(name)
                if at == key:
                    fields.append(field if self.safe_ids else as_it_came(field))
                else:
                    fields.append(field if source.typed else untyped(field, self.decimal))
            return fields, list(held.columns)
        if self.id_column is None:
            return [pa.field("row", pa.int64())], [pa.array(chunk.rows, pa.int64())]
        ids = _ids(chunk.frame[self.positions[self.id_column]])
        field = pa.field(self.id_column, ids.type)
        return [field if self.safe_ids else as_it_came(field)], [ids]

    def _value(self, labelled: Labelled, cells: pd.DataFrame) -> np.ndarray:
        """What each customer is worth; NaN where the cell does not say."""
        name = self.model.value_column
        if name not in labelled.clean:
            found = prepare_columns(cells, self.specs, decimal=self.decimal).frame
            return found[name].to_numpy(dtype=float, na_value=np.nan)
        return labelled.clean[name].to_numpy(dtype=float, na_value=np.nan)


def _coded(codes: np.ndarray, texts: list[str | None]) -> pa.DictionaryArray:
    """Texts that are the same for all customers of a segment; none where there is no segment."""
    distinct, at = np.unique([text or "" for text in texts], return_inverse=True)
    missing = np.array([not text for text in texts])[codes] | (codes < 0)
    return pa.DictionaryArray.from_arrays(
        pa.array(at[codes].astype(np.int16), mask=missing), pa.array(list(distinct), pa.string())
    )


def _ids(cells: pd.Series) -> Any:
    """Ids as they came: numbers as numbers, texts to the character."""
    if pd.api.types.is_bool_dtype(cells.dtype):
        cells = texts_of(cells)
    if pd.api.types.is_integer_dtype(cells.dtype):
        return pa.array(cells, from_pandas=True)
    if pd.api.types.is_float_dtype(cells.dtype):
        numbers = cells.to_numpy(dtype=float, na_value=np.nan)
        known = numbers[~np.isnan(numbers)]
        if (known == np.trunc(known)).all() and (np.abs(known) < 2**53).all():  # whole, beside an id that is missing
            return pa.array(np.nan_to_num(numbers).astype(np.int64), mask=np.isnan(numbers))
        return pa.array(numbers, from_pandas=True)
    texts = cells if isinstance(cells.dtype, pd.StringDtype) else texts_of(cells)
    found = pa.array(texts, pa.large_string(), from_pandas=True)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
