"""The customer table of a run: the data set and what was rejected."""

from __future__ import annotations

from collections.abc import Iterator

from customer_segmentation.data.table import CustomerTable
from customer_segmentation.tracking.items import DataSet, Item, Metrics, Table, Tags


def table_items(table: CustomerTable) -> Iterator[Item]:
    """The customer table: where it came from, the account of its rows, what was corrected and rejected."""
    yield data_set(table)
    yield Metrics(table.accounting())
    yield Tags({"data_source": table.source, "data_digest_full": table.digest})
    if table.notes:
        yield Tags({"rows_note": "; ".join(table.notes)})
    if table.repairs:
        yield Tags({"repairs": "; ".join(f"{what}: {count:,}" for what, count in table.repairs.items())})
    if len(table.rejected):
        yield Table(table.rejected, "rejected.csv", private=True)
    if table.ignored_columns:
        yield Tags({"ignored_columns": ", ".join(table.ignored_columns)})


def data_set(table: CustomerTable) -> DataSet:
    """The customers as the input of a run."""
    return DataSet(table.customers, name=table.source, source=table.source, digest=table.digest[:32])
