"""Types of columns that come as characters: known only when every cell has been seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.errors import DataError
from customer_segmentation.sources.parsing.blanks import BLANK_SPELLINGS

#: As a number is printed: 007 is a code, and of more digits than a double holds nobody computes a mean.
_PATTERNS = {
    "integer": r"^-?(0|[1-9][0-9]{0,17})$",
    "number": r"^-?(0|[1-9][0-9]{0,14})(MARK[0-9]+)?([eE][+-]?[0-9]{1,3})?$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
}
_TYPES = {"integer": pa.int64(), "number": pa.float64(), "date": pa.date32()}
_BLANK = pa.array(sorted(BLANK_SPELLINGS), pa.large_string())


class TextTypes:
    """Watches columns of texts for what all their cells are.

    Parameters
    ----------
    marks : mapping of str to str
        Column to the decimal mark of its numbers.
    """

    def __init__(self, marks: Mapping[str, str]) -> None:
        self._marks = dict(marks)
        self._possible = {name: list(_PATTERNS) for name in marks}
        self._seen: set[str] = set()

    def add(self, table: pa.Table) -> None:
        """Look at further rows."""
        for name, kinds in self._possible.items():
            if not kinds:
                continue
            texts = _filled(table.column(name)).drop_null()
            if not len(texts):
                continue
            self._seen.add(name)
            self._possible[name] = [kind for kind in kinds if self._are(texts, kind, self._marks[name])]

    @property
    def found(self) -> dict[str, str]:
        """Column to what all its cells are, where that is more than text."""
        return {name: kinds[0] for name, kinds in self._possible.items() if kinds and name in self._seen}

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema with the types that were found."""
        found = self.found
        return pa.schema(
            [pa.field(field.name, _TYPES[found[field.name]]) if field.name in found else field for field in schema]
        )

    def cast(self, table: pa.Table, schema: pa.Schema) -> pa.Table:
        """Rows in these types.

        Parameters
        ----------
        table : rows with texts
        schema : see `schema`
        """
        found = self.found
        columns: list[Any] = []
        for field in schema:
            cells = table.column(field.name)
            if field.name in found:
                texts = _filled(cells)
                if found[field.name] == "number" and self._marks[field.name] == ",":
                    texts = pc.replace_substring(texts, ",", ".")
                cells = pc.cast(texts, field.type)
            columns.append(cells)
        return pa.table(columns, schema=schema)

    @staticmethod
    def _are(texts: pa.ChunkedArray, kind: str, mark: str) -> bool:
        """Whether all texts are of a kind."""
        pattern = _PATTERNS[kind].replace("MARK", f"[{mark}]")
        if not pc.all(pc.match_substring_regex(texts, pattern)).as_py():
            return False
        if kind == "date":
            try:
                pc.cast(texts, pa.date32())
            except pa.ArrowInvalid:  # 30 February
                return False
        return True


def _filled(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts without white space around them; those that say that there is nothing are null."""
    texts = pc.utf8_trim_whitespace(pc.cast(cells, pa.large_string()))
    blank = pc.is_in(pc.utf8_lower(texts), value_set=_BLANK)
    return pc.if_else(blank, pa.scalar(None, pa.large_string()), texts)


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Part of a table in the types of the first part.

    Parameters
    ----------
    table : a later part
    schema : of the first part

    Raises
    ------
    DataError
        A column changes its type.
    """
    if table.schema.equals(schema):
        return table
    try:
        return cast("pa.Table", table.cast(schema))
    except (pa.ArrowException, ValueError) as error:
        changed = [field.name for field, kept in zip(table.schema, schema, strict=True) if field.type != kept.type]
        raise DataError(
            f"{', '.join(changed)} of the input changes its type when it is written; write to CSV, or give columns=id."
        ) from error
