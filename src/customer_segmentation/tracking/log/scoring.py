"""What a scored table leaves in its run: counts, the model's version, the input's digest, drift."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from customer_segmentation.figures.drift import drift_figure
from customer_segmentation.formatting import metric_name
from customer_segmentation.settings.data import ColumnSpec, ColumnType
from customer_segmentation.tracking.items import DataSet, FigureItem, Item, Metrics, Params, Table, Tags, Text

MOST_METRICS = 100
NUMBERS = (ColumnType.number, ColumnType.integer)


def score_items(
    *,
    params: Mapping[str, Any],
    counts: Mapping[str, int],
    reasons: Mapping[str, int],
    segments: Mapping[str, int],
    drift: Any,
    note: str,
    data_set: DataSet,
) -> Iterator[Item]:
    """Items of a finished scoring.

    Parameters
    ----------
    params : mapping
        Model, version, input, output, digest.
    counts : mapping
        ``rows``, ``scored``, ``rejected``.
    reasons : mapping
        Why rows were rejected, and how many.
    segments : mapping
        Customers by the segment's name.
    drift : Drift
    note : str
        Markdown.
    data_set : DataSet
    """
    yield data_set
    yield Params(params)
    yield Tags({"drift": drift.word, "mlflow.note.content": note})
    yield Metrics(
        {f"rows_{name}": value for name, value in counts.items() if name != "rows"} | {"rows": counts["rows"]}
    )
    yield Text(json.dumps(drift_record(drift), indent=1, ensure_ascii=False), "drift.json")
    yield Table(pd.DataFrame(segments.items(), columns=["segment", "customers"]), "segments.csv")
    if reasons:
        rejected = pd.DataFrame(reasons.items(), columns=["reason", "rows"]).sort_values("rows", ascending=False)
        yield Table(rejected, "rejected_reasons.csv")
    if len(drift.unseen):
        yield Table(drift.unseen, "drift/new_categories.csv")
    if not len(drift.variables):
        return
    shown = drift.variables.head(MOST_METRICS)
    values = {metric_name("drift", "stability", row.variable): row.stability for row in shown.itertuples()}
    yield Metrics(
        {
            "drift_stability_highest": float(drift.variables["stability"].max()),
            "drift_distance_ratio": drift.distances["ratio"],
            "drift_beyond": drift.distances["beyond"],
            **values,
        }
    )
    yield Table(drift.variables, "drift/variables.csv")
    yield Table(drift.segments, "drift/segments.csv")
    figure = partial(
        drift_figure,
        drift.variables,
        drift.bins,
        drift.segments,
        title=f"Drift: {drift.word}",
        caption=f"{drift.customers:,} scored customers against those of the model's fit. The stability index sums up "
        "how far the shares of the bins are apart; a bin is a tenth of the fit's customers where values allow it. "
        f"{drift.power.told if drift.power is not None else ''}".rstrip(),
    )
    yield FigureItem(figure, "figures/drift.png")


def scored_table(name: str, columns: Mapping[str, ColumnSpec], checksum: str, *, asked: str, rows: int) -> DataSet:
    """What a scoring read, as the input of its run: the columns of the model, for a table is passed in chunks.

    Parameters
    ----------
    name : str
        Of the input, without secrets.
    columns : mapping of str to ColumnSpec
        That the model reads.
    checksum : str
        Of the input's bytes; empty where it has none, such as a query.
    asked : str
        The query of such an input, by which and by the number of its rows it is known.
    rows : int
    """
    kinds = {column: "float64" if spec.type in NUMBERS else "str" for column, spec in columns.items()}
    frame = pd.DataFrame(columns=list(kinds)).astype(kinds)
    digest = checksum or hashlib.sha256(json.dumps([name, asked, list(columns), rows]).encode()).hexdigest()
    return DataSet(frame, name=name, source=name, digest=digest[:32], context="scoring", rows=rows)


def drift_record(drift: Any) -> dict[str, Any]:
    """Drift as JSON has it."""

    def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
        return list(json.loads(frame.to_json(orient="records"))) if len(frame) else []

    return {
        "word": drift.word,
        "reasons": list(drift.reasons),
        "customers": drift.customers,
        "rejected": drift.rejected,
        "variables": rows(drift.variables),
        "segments": rows(drift.segments),
        "distances": dict(drift.distances),
        "new_categories": rows(drift.unseen.head(200)),
        "found_in_four_of_five": None if drift.power is None else drift.power.record(),
    }
