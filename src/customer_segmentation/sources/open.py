"""The kinds of sources: delimited text, Parquet, Excel, a database, the built-in sample."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.parsing.headers import recognised, spellings_of
from customer_segmentation.settings.data import ColumnSpec, DataSettings
from customer_segmentation.sources.base import PLACES, Cells, FrameSource, Look, Source
from customer_segmentation.sources.csv import DelimitedSource
from customer_segmentation.sources.download import fetch
from customer_segmentation.sources.files import FileBytes, open_file
from customer_segmentation.sources.samples.telecom import draw_customers

SOURCES = ("sample", "file")
_BATCH = 1 << 16  # rows of a Parquet file that are held while a sample is drawn from it
_SAMPLED_WITH = 0  # seed of that sample: the same file gives the same customers


def open_source(settings: DataSettings) -> Source:
    """Open the source that the settings name.

    Raises
    ------
    SettingsError
        The settings do not name a source, or not all that it needs.
    DataError
        The source cannot be found or read.
    """
    if settings.source == "sample":
        if settings.customers < 1:
            raise SettingsError(f"data.customers is {settings.customers}; expected a whole number from 1.")
        frame = draw_customers(settings.customers, seed=settings.seed)
        return FrameSource(frame, name=f"built-in sample ({settings.customers:,} customers, seed {settings.seed})")
    if settings.source != "file":
        raise SettingsError(f"data.source is {settings.source!r}; expected one of {', '.join(SOURCES)}.")
    path = settings.path
    if path is not None and not path.strip():
        raise SettingsError("data.path is empty; give data.path=FILE, or leave it out.")
    if path is None:
        if settings.download is None or not settings.download.url:
            raise SettingsError("data.path is not set and data.download names no address; give data.path=FILE.")
        path = str(fetch(settings.download))
    for key, value in (("decimal", settings.decimal),):
        if value not in (None, ".", ","):
            raise SettingsError(f'data.{key} is {value!r}; expected "." or ",".')
    claimed = spellings_of(settings.columns)
    if "://" in path:
        return _open_query(path, settings.query)
    member = settings.download.member if settings.download else ""
    file = open_file(path, member=member)
    if file.kind == "parquet":
        return ParquetSource(file, at_most=settings.at_most_rows)
    if file.kind == "excel":
        frame, first_row = sheet_of(file, settings.sheet, claimed)
        return FrameSource(frame, name=file.name, sha256=file.sha256(), first_row=first_row)
    return DelimitedSource(
        file, claimed=claimed, delimiter=settings.delimiter, encoding=settings.encoding, decimal=settings.decimal
    )


class ParquetSource:
    """A Parquet file, of which only the wanted columns are read.

    Parameters
    ----------
    file : FileBytes
    at_most : int or None
        Of a file with more rows, a sample of so many is streamed from it, always the same.
    """

    def __init__(self, file: FileBytes, *, at_most: int | None = None) -> None:
        import pyarrow.parquet as parquet

        self.name = file.name
        self.decimal: str | None = None
        self.sampled_from = 0
        self._path = file.path
        try:
            schema = parquet.read_schema(file.path)
            rows = parquet.read_metadata(file.path).num_rows
        except Exception as error:  # pyarrow raises many kinds for a damaged file
            raise DataError(f"{file.name} is a damaged Parquet file ({first_line(error)}); fetch it again.") from None
        self.headers = tuple(schema.names)
        self.sha256 = file.sha256()
        self._kept: np.ndarray | None = None
        if at_most is not None and rows > at_most:
            drawn = np.random.default_rng(_SAMPLED_WITH).choice(
                rows, size=max(at_most, 1), replace=False, shuffle=False
            )
            self._kept = np.sort(drawn)
            self.sampled_from = rows
            self.name = f"{file.name}, sampled from its {rows:,} rows (data.at_most_rows={at_most})"

    def read(self, wanted: Mapping[int, ColumnSpec]) -> Cells:
        """Read the wanted columns, given by position with their contract."""
        frame = self._frame([self.headers[position] for position in wanted]).set_axis(list(wanted), axis=1)
        rows = np.arange(len(frame), dtype=np.int64) if self._kept is None else self._kept.astype(np.int64)
        return Cells(frame, rows + 2, pd.DataFrame())

    def originals(self, rows: np.ndarray) -> pd.DataFrame:
        """Cells of some rows as text, all columns, under their headers; rows are positions among those read."""
        wanted = np.asarray(rows, dtype=np.intp)
        at = np.unique(wanted)
        table = self._taken(list(self.headers), at if self._kept is None else self._kept[at])
        frame = table.replace_schema_metadata(None).to_pandas()
        return FrameSource(frame, name=self.name).originals(np.searchsorted(at, wanted))

    def look(self, most: int) -> Look:
        """Read all columns of about ``most`` rows, the first of some row groups, of all where there are no more."""
        import pyarrow.parquet as parquet

        try:
            with parquet.ParquetFile(self._path) as file:
                groups, rows = file.num_row_groups, file.metadata.num_rows
                places = np.unique(np.linspace(0, groups - 1, min(groups, PLACES)).astype(np.intp))
                size = max(most // max(len(places), 1), 1)
                if rows <= most:
                    table, which = file.read(), ""
                else:
                    taken = [next(file.iter_batches(batch_size=size, row_groups=[int(at)])) for at in places]
                    table = pa.Table.from_batches(taken)
                    which = f"spread over its {rows:,}" if len(places) > 1 else f"the first of its {rows:,}"
        except Exception as error:
            raise DataError(f"{self.name} is a damaged Parquet file ({first_line(error)}); fetch it again.") from None
        frame = table.replace_schema_metadata(None).select(list(self.headers)).to_pandas()
        return Look(frame.set_axis(range(len(self.headers)), axis=1), which)

    def first(self, position: int, most: int) -> pd.Series:
        """Read the first cells of a column, ``most`` at most."""
        import pyarrow.parquet as parquet

        parts: list[pa.RecordBatch] = []
        with parquet.ParquetFile(self._path) as file:
            for batch in file.iter_batches(batch_size=_BATCH, columns=[self.headers[position]]):
                parts.append(batch)
                most -= batch.num_rows
                if most <= 0:
                    break
        return pa.Table.from_batches(parts).replace_schema_metadata(None).to_pandas().iloc[:, 0]

    def _taken(self, names: list[str], rows: np.ndarray) -> pa.Table:
        """Some rows, ascending, batch by batch: no more than a batch is held beside them."""
        import pyarrow.parquet as parquet

        parts: list[pa.RecordBatch] = []
        start = 0
        with parquet.ParquetFile(self._path) as file:
            for batch in file.iter_batches(batch_size=_BATCH, columns=names):
                first, last = np.searchsorted(rows, (start, start + batch.num_rows))
                if last > first:
                    parts.append(batch.take(pa.array(rows[first:last] - start)))
                start += batch.num_rows
            empty = file.schema_arrow.empty_table()
        return (pa.Table.from_batches(parts) if parts else empty).select(names)

    def _frame(self, names: list[str]) -> pd.DataFrame:
        import pyarrow.parquet as parquet

        try:
            if self._kept is None:
                table = parquet.ParquetFile(self._path).read(columns=names)
            else:
                table = self._taken(names, self._kept)
            # A pandas index stored as a column stays a column.
            return table.replace_schema_metadata(None).select(names).to_pandas(split_blocks=True, self_destruct=True)
        except Exception as error:
            raise DataError(f"{self.name} is a damaged Parquet file ({first_line(error)}); fetch it again.") from None


def sheet_of(file: FileBytes, sheet: str | None, claimed: Mapping[str, str]) -> tuple[pd.DataFrame, int]:
    """Read the sheet that is named, or the one whose header knows most of the contract's columns.

    Returns
    -------
    frame : DataFrame
    first_row : int
        Number of its first row in the sheet.
    """
    try:
        book = pd.ExcelFile(file.path, engine="calamine")
        names = [str(name) for name in book.sheet_names]
    except Exception as error:
        raise DataError(
            f"{file.name} is no readable workbook ({first_line(error)}); save it again or as CSV."
        ) from None
    if sheet is not None and sheet not in names:
        raise DataError(f"{file.name} has no sheet {sheet!r}; its sheets are {', '.join(names)}: check data.sheet.")
    best: tuple[int, pd.DataFrame, int] | None = None
    with book:
        for name in [sheet] if sheet is not None else names:
            cells = pd.read_excel(book, sheet_name=name, header=None, dtype=object, na_filter=False)
            cells = cells.replace("", None) if len(cells) else cells
            filled = np.flatnonzero(cells.notna().any(axis=1).to_numpy())[:10]
            if not len(filled):
                continue
            scores = [recognised([str(cell) for cell in cells.iloc[row] if pd.notna(cell)], claimed) for row in filled]
            at = int(np.argmax(scores))
            if best is None or scores[at] > best[0]:
                best = (scores[at], cells, int(filled[at]))
    if best is None:
        raise DataError(f"{file.name} has only empty sheets; expected a table with a header row.")
    _, cells, header = best
    headers = ["" if pd.isna(cell) else str(cell) for cell in cells.iloc[header]]
    frame = cells.iloc[header + 1 :].set_axis(range(cells.shape[1]), axis=1).reset_index(drop=True)
    frame.columns = pd.Index(headers)
    return frame, header + 2


def _open_query(url: str, query: str | None) -> FrameSource:
    """Run a query and hold its result."""
    import sqlalchemy

    parsed, shown = checked_url(url, query)
    with query_errors(shown):
        engine = sqlalchemy.create_engine(parsed)
        try:
            # To the driver as it is: a colon or a per cent sign in it is no parameter.
            with engine.connect().execution_options(no_parameters=True) as connection:
                frame = pd.read_sql_query(query or "", connection)
        finally:
            engine.dispose()
    return FrameSource(frame, name=f"query on {shown}", first_row=1)


def checked_url(url: str, query: str | None) -> tuple[Any, str]:
    """Address of a database, parsed and as it may be shown: passwords do not reach a message."""
    import sqlalchemy

    try:
        parsed = sqlalchemy.make_url(url)
    except sqlalchemy.exc.ArgumentError:
        raise DataError("data.path looks like a database URL but is none; expected dialect://user@host/name.") from None
    sqlite = parsed.get_backend_name() == "sqlite"  # has no password; as it was typed, not with %20 for a space
    shown = url if sqlite else parsed.render_as_string(hide_password=True)
    if not query:
        raise SettingsError(f"data.path is the database {shown}; give the query for its customers with data.query.")
    if sqlite and parsed.database and parsed.database != ":memory:":
        database = Path(parsed.database).expanduser()
        if not database.is_file():  # SQLite would create it
            raise DataError(f"There is no database {database}; check data.path.")
    return parsed, shown


@contextlib.contextmanager
def query_errors(shown: str) -> Iterator[None]:
    """Turn what a database driver raises into one sentence."""
    import sqlalchemy

    try:
        yield
    except ImportError as error:
        raise DataError(f"{shown} needs a driver that is not installed ({first_line(error)}); install it.") from None
    except (sqlalchemy.exc.SQLAlchemyError, pd.errors.DatabaseError) as error:
        inner = error.__cause__ if isinstance(error, pd.errors.DatabaseError) and error.__cause__ else error
        cause = getattr(inner, "orig", None) or inner
        raise DataError(f"The query on {shown} failed: {first_line(cause)}; check data.path and data.query.") from None


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")[:200]
