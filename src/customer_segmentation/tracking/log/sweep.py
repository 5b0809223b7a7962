"""What a sweep logs about its customers before the studies, and about all candidates after them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from customer_segmentation.data.expressions import Expression, evaluate
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.explore.correlation import correlation_matrix
from customer_segmentation.explore.description import counts_by, counts_by_band, describe, in_words, numeric_columns
from customer_segmentation.figures.exploration import correlation_heatmap, counts_figure
from customer_segmentation.figures.sweep import candidates_table, sweep_heatmaps
from customer_segmentation.tracking.descriptions import verdict_markdown
from customer_segmentation.tracking.items import DataSet, FigureItem, Item, Metrics, Params, Table, Tags, Text


def table_items(table: CustomerTable) -> Iterator[Item]:
    """The customer table: where it came from, the account of its rows, what was mended and set aside."""
    yield DataSet(table.customers, name=table.source, source=table.source, digest=table.digest[:32])
    yield Metrics(table.accounting())
    yield Tags({"data_source": table.source, "data_digest_full": table.digest})
    if table.repairs:
        yield Tags({"repairs": "; ".join(f"{what}: {count:,}" for what, count in table.repairs.items())})
    if len(table.set_aside):
        yield Table(table.set_aside, "set_aside.csv")
    if table.ignored_columns:
        yield Tags({"ignored_columns": ", ".join(table.ignored_columns)})


def exploration_items(
    customers: pd.DataFrame,
    *,
    correlate: Mapping[str, Expression],
    counts: Sequence[str],
    bands: Mapping[str, Sequence[float]],
) -> Iterator[Item]:
    """Description, Pearson correlations and counts of the customers in use; columns that are absent are left out."""
    yield Table(describe(customers).reset_index(names="column"), "exploration/description.csv")
    present = {name: item for name, item in correlate.items() if set(item.columns) <= set(customers.columns)}
    frame = (
        pd.DataFrame({name: evaluate(item, customers) for name, item in present.items()})
        if present
        else numeric_columns(customers)
    )
    if frame.shape[1] >= 2:
        matrix = correlation_matrix(frame)
        yield Table(matrix.reset_index(names="column"), "exploration/correlations.csv")
        title = f"Pearson correlations, {len(customers):,} customers"
        yield FigureItem(correlation_heatmap(matrix, title), "exploration/correlations.png")
    tables = {name: counts_by(customers[name]) for name in counts if name in customers}
    tables |= {name: counts_by_band(customers[name], edges) for name, edges in bands.items() if name in customers}
    if tables:
        title = f"{len(customers):,} customers by {in_words(tables)}"
        yield FigureItem(counts_figure(tables, title), "exploration/counts.png")
        rows = [
            frame.rename_axis("group").reset_index().assign(column=name)[["column", "group", "customers", "share"]]
            for name, frame in tables.items()
        ]
        yield Table(pd.concat(rows, ignore_index=True), "exploration/counts.csv")


def conclusion_items(
    leaderboard: pd.DataFrame, *, chosen: pd.Series | None, verdict: Mapping[str, Any]
) -> Iterator[Item]:
    """Leaderboard, verdict and the figures over all candidates; the yardstick is the only score drawn across spaces."""
    shown = leaderboard.drop(columns=["job"])
    yield Table(shown, "leaderboard.csv")
    yield Table(shown.round(6), "leaderboard.json")
    yield Text(verdict_markdown(verdict), "verdict.md")
    if chosen is not None:
        names = ("k", "yardstick", "smallest_share", "stability_rand", "stability_prediction_strength")
        yield Metrics({f"chosen_{name}": chosen[name] for name in names if name in chosen})
    yield Text(json.dumps(verdict, indent=2), "verdict.json")
    best, chosen_k = best_by_space(leaderboard)
    if best.size:
        yield FigureItem(sweep_heatmaps(best, chosen_k), "sweep_heatmaps.png")
    yield FigureItem(
        candidates_table(
            table_of_candidates(leaderboard, chosen),
            caption="Scores that compare across spaces; inertia and silhouette stand in each study's scores.csv.",
        ),
        "candidates.png",
    )


def table_of_candidates(leaderboard: pd.DataFrame, chosen: pd.Series | None) -> pd.DataFrame:
    """Candidates with the scores that compare across spaces: the chosen first, then by yardstick."""
    frame = leaderboard.assign(
        chosen=False if chosen is None else leaderboard["run_id"] == chosen["run_id"],
        out=leaderboard["verdict"].str.startswith("ruled_out"),
        verdict=leaderboard["verdict"].str.replace("_", " ").str.replace(":", ": "),
    ).sort_values(["chosen", "out", "yardstick", "k"], ascending=[False, True, False, True], kind="stable")
    names = ["study", "k", "yardstick", "value_explained", "smallest_share", "verdict", "chosen"]
    return frame[[name for name in names if name in frame]]


def best_by_space(leaderboard: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Yardstick and k of the best candidate of each study, as features × scaling; empty where none qualified."""
    bests = leaderboard[~leaderboard["verdict"].str.startswith("ruled_out")]
    features = list(dict.fromkeys(leaderboard["features"]))
    scalings = list(dict.fromkeys(leaderboard["scaling"]))
    # Studies that differ in something else share a cell: the best of them stands in it.
    place = bests["verdict"].map({"chosen": 0, "runner_up": 1, "best_of_study": 2}).fillna(3)
    bests = bests.assign(_place=place).sort_values(["_place", "yardstick"], ascending=[True, False], kind="stable")
    bests = bests.drop_duplicates(["features", "scaling"])
    best = bests.pivot(index="features", columns="scaling", values="yardstick").reindex(
        index=features, columns=scalings
    )
    chosen_k = bests.pivot(index="features", columns="scaling", values="k").reindex(index=features, columns=scalings)
    return best, chosen_k


def sweep_params(settings: Mapping[str, Any]) -> Params:
    """Settings of a sweep by which sweeps are compared."""
    return Params({key: value for key, value in settings.items() if value is not None})
