"""A Parquet file of any size as customer tables, batch by batch: what a sample was drawn from, in bounded memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pyarrow.parquet as parquet

from customer_segmentation.data.load import table_of
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.errors import DataError
from customer_segmentation.formatting import first_line
from customer_segmentation.settings.data import DataSettings, Role
from customer_segmentation.sources.files import open_file
from customer_segmentation.sources.frame import FrameSource
from customer_segmentation.sources.parsing.headers import match_headers


def stream_customers(settings: DataSettings, *, needed: Collection[str], batch_rows: int) -> Iterator[CustomerTable]:
    """Clean and select the customers of a Parquet file by the rules of `load_customers`, batch by batch.

    Parameters
    ----------
    settings : DataSettings
        Its ``path`` is a Parquet file.
    needed : collection of str
        Columns without one of which a row is set aside.
    batch_rows : int
        Rows that are held at a time.

    Yields
    ------
    CustomerTable
        Of one batch, which may be without customers; their rows are numbered as in the file. Ids that repeat are seen
        where both stand in one batch.

    Raises
    ------
    DataError
        The file is damaged.
    """
    file = open_file(str(settings.path))
    read = [
        name
        for name, spec in settings.columns.items()
        if name in set(needed) or spec.role in (Role.id, Role.value) or spec.repair is not None
    ]
    population = settings.populations.get(settings.keep)
    try:
        with parquet.ParquetFile(file.path) as stored:
            headers = tuple(stored.schema_arrow.names)
            found = match_headers(headers, settings.columns, wanted=(), source=file.name).positions
            wanted = {*read, *([population.column] if population is not None else []), *_repairing(settings)}
            names = [headers[at] for name, at in found.items() if name in wanted]
            start = 0
            for batch in stored.iter_batches(batch_size=batch_rows, columns=names):
                frame = batch.to_pandas()[names]
                source = FrameSource(frame, name=file.name, first_row=start + 2)
                start += batch.num_rows
                yield table_of(source, settings, needed=needed, batch=True)
    except OSError as error:  # Arrow's errors of damaged files among them
        raise DataError(f"{file.name} is a damaged Parquet file ({first_line(error)}); fetch it again.") from None


def _repairing(settings: DataSettings) -> set[str]:
    """Columns by which others are mended."""
    from customer_segmentation.data.expressions import parse

    return {
        column
        for name, spec in settings.columns.items()
        if spec.repair is not None
        for column in parse(spec.repair.using, where=f"data.columns.{name}.repair.using").columns
    }
