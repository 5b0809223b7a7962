"""Types that a table brings with it: to read such a column Spark and pyspark run code that the table names or holds."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as parquet

from customer_segmentation.errors import DataError

#: Where Spark notes in a Parquet file what types its columns had.
_NOTE = b"org.apache.spark.sql.parquet.row.metadata"

_asking: ContextVar[bool] = ContextVar("asking", default=False)


@contextlib.contextmanager
def refused() -> Iterator[None]:
    """Let pyspark neither import nor unpickle the class of a type that Spark tells of.

    Raises
    ------
    DataError
        A table has such a column.
    """
    from pyspark.sql.types import UserDefinedType

    usual = UserDefinedType.fromJson
    if not getattr(usual, "refuses", False):

        def from_json(cls: Any, described: dict[str, Any]) -> Any:
            if _asking.get():
                _refuse(str(described.get("pyClass") or described.get("class") or "a class"))
            return usual.__func__(cls, described)

        from_json.refuses = True  # type: ignore[attr-defined]  # a function has what it is given
        UserDefinedType.fromJson = classmethod(from_json)
    token = _asking.set(True)
    try:
        yield
    finally:
        _asking.reset(token)


def refuse_in_files(files: Iterable[Path]) -> None:
    """Refuse Parquet files with such a column before Spark sees them: its server would make one of any class it has.

    Parameters
    ----------
    files : of this machine

    Raises
    ------
    DataError
        Names the file and the class.
    """
    for file in files:
        with contextlib.suppress(OSError, pa.ArrowException, ValueError, RecursionError):  # damaged: its reader says so
            note = (parquet.read_metadata(file).metadata or {}).get(_NOTE)
            found = None if note is None else _named_in(json.loads(note))
            if found is not None:
                _refuse(found, name=file.name)


def _named_in(described: Any) -> str | None:
    """Class of a type of its own somewhere in a schema; None where there is none."""
    if isinstance(described, dict):
        if described.get("type") == "udt":
            return str(described.get("pyClass") or described.get("class") or "a class")
        described = list(described.values())
    if isinstance(described, list):
        return next(filter(None, map(_named_in, described)), None)
    return None


def _refuse(named: str, name: str = "the table") -> NoReturn:
    raise DataError(
        f"{name} has a column of a type of its own ({named[:80]}), and reading it would run that class; write it as "
        "numbers or texts, or leave the column out with data.query."
    )
