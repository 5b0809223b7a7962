"""What a comparison of two segmentations logs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from customer_segmentation.figures.migration import migration_heatmap
from customer_segmentation.formatting import counted, percent
from customer_segmentation.segments.migration import Migration
from customer_segmentation.tracking.items import FigureItem, Item, Metrics, Table


def migration_items(found: Migration, *, title: str) -> Iterator[Item]:
    """Table and heatmap of who moves where, and how much stays.

    Parameters
    ----------
    found : who moves where
    title : of the heatmap
    """
    yield Table(found.table, "migration.csv")
    yield Metrics(
        {
            "customers": found.customers,
            "only_before": found.only_before,
            "only_after": found.only_after,
            "stayed": found.stayed,
            "adjusted_rand": found.rand,
        }
    )
    same = [(match.before, match.after) for match in found.matching.matches]
    sentence = f"{percent(found.stayed)} of {counted(found.customers, 'customer')} stay in their segment."
    names = found.names_before, found.names_after
    figure = partial(migration_heatmap, found.counts, *names, same, title, sentence=sentence)
    yield FigureItem(figure, "migration.png")
