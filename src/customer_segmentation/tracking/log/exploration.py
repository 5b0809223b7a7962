"""What an exploration logs: tables, figures, the figures of its hypotheses, and a description in markdown."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pandas as pd

from customer_segmentation.data.expressions import Expression, evaluate
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.exploration.correlation import correlation_matrix
from customer_segmentation.exploration.description import counts_by, counts_by_band, describe, numeric_columns
from customer_segmentation.exploration.exploration import Exploration
from customer_segmentation.exploration.hypotheses import HypothesisResult, hypotheses_table
from customer_segmentation.figures.exploration import correlation_heatmap, counts_figure, distributions
from customer_segmentation.figures.pairs import pairs_figure
from customer_segmentation.formatting import capital, counted, level, listed, markdown, metric_name, told_apart
from customer_segmentation.settings.data import Role
from customer_segmentation.tracking.items import FigureItem, Item, Metrics, Table, Tags, Text
from customer_segmentation.tracking.log.table import table_items

STRONGEST = 10


REASONS = 5


#: What is a row's own in a reason: cells, numbers of rows, counts of cells.
CELL = re.compile(r"'(?:[^'\\]|\\.)*'|\"[^\"]*\"|(?<=\brow )\d+|(?<=\brows )\d[\d, ]*\d|\d+(?= cells?\b)")


def exploration_run_items(table: CustomerTable, found: Exploration, *, confidence: float) -> Iterator[Item]:
    """Items of an exploration's run; a table without rows and a figure without content are left out.

    Parameters
    ----------
    table : CustomerTable
    found : Exploration
    confidence : float
        Of the intervals.
    """
    yield from table_items(table)
    yield Table(found.columns, "tables/columns.csv")
    yield from _numbers(table, found)
    yield from _correlations(table, found)
    yield from _counts(table, found)
    if found.hypotheses:
        yield Table(hypotheses_table(found.hypotheses), "tables/hypotheses.csv")
        yield Text(hypotheses_markdown(found.hypotheses, confidence=confidence), "hypotheses.md")
        yield Metrics(hypothesis_metrics(found.hypotheses))
    if found.left_out:
        yield Tags({"left_out": " ".join(found.left_out)})


def hypothesis_items(results: Sequence[HypothesisResult], *, confidence: float) -> Iterator[Item]:
    """Hypotheses that a sweep tests on its customers before any segmentation: their figures, and how each stands.

    Parameters
    ----------
    results : one a hypothesis
    confidence : of the intervals; a hypothesis is tested at 1 - confidence
    """
    if results:
        stands = [standing(result, confidence=confidence) for result in results]
        yield Table(hypotheses_table(results).assign(standing=stands), "exploration/hypotheses.csv")
        yield Text(hypotheses_markdown(results, confidence=confidence), "exploration/hypotheses.md")


def hypothesis_metrics(results: Sequence[HypothesisResult]) -> dict[str, float]:
    """Coefficients by the names of their variables, so that explorations of several tables can be compared."""
    metrics: dict[str, float] = {
        "hypotheses_tested": len(results),
        "hypotheses_supported": sum(result.supported for result in results),
    }
    for result in results:
        pair = metric_name(f"r {result.hypothesis.x} with {result.hypothesis.y}")
        metrics[pair] = result.pearson.r
        if result.partial is not None:
            metrics[metric_name(f"{pair} given {' and '.join(result.hypothesis.given)}")] = result.partial.r
    return metrics


def standing(result: HypothesisResult, *, confidence: float) -> str:
    """Say in a few words how a hypothesis stands, also given what may explain it.

    Parameters
    ----------
    result : coefficients of one hypothesis, plain and partial
    confidence : a hypothesis is tested at 1 - confidence
    """
    if not result.supported:
        return "not testable" if math.isnan(result.pearson.r) else "not supported"
    left = result.partial
    if left is None or (result.partial_p_corrected < 1 - confidence and left.r * result.pearson.r > 0):
        return "supported"
    return f"supported, but disappears when controlling for {listed(result.hypothesis.given)}"


def coefficient(r: float, low: float, high: float) -> str:
    """Write a coefficient with its interval.

    Parameters
    ----------
    r : the coefficient, -1 to 1
    low : lower end of its interval
    high : upper end
    """
    first, second, third = (f"{value:.3f}".replace("-0.000", "0.000").replace("-", "−") for value in (r, low, high))
    return f"{first} [{second}, {third}]"


def gaps(found: Exploration) -> list[tuple[str, int]]:
    """Columns in use with missing cells and how many, the emptiest first; columns to be ignored are not told."""
    some = found.columns[(found.columns["missing"] > 0) & (found.columns["role"] != Role.ignore.value)]
    some = some.sort_values("missing", ascending=False, kind="stable")
    return [(str(name), int(count)) for name, count in zip(some["column"], some["missing"], strict=True)]


def hypotheses_markdown(results: Sequence[HypothesisResult], *, confidence: float) -> str:
    """Render the hypotheses as sentences.

    Parameters
    ----------
    results : one a hypothesis
    confidence : of the intervals
    """
    return "\n".join(
        [
            "# Hypotheses",
            "",
            "p is corrected for the number of tests (Benjamini-Hochberg). Association is not causation.",
            "",
            *_sentences(results, confidence),
            "",
        ]
    )


def rejected_reasons(rejected: pd.DataFrame, most: int = REASONS) -> list[tuple[str, int]]:
    """Commonest reasons why rows were rejected, what is a row's own left out, with the number of rows.

    Parameters
    ----------
    rejected : DataFrame
        With the column ``reason``.
    most : int

    Returns
    -------
    list of (reason, rows)
        The commonest first; one more entry for the rows of all further reasons.
    """
    kinds = Counter(" ".join(CELL.sub("…", str(reason)).split()) for reason in rejected["reason"])
    ranked = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ranked[most:])
    return [*ranked[:most], *([(f"{len(ranked) - most} further reasons", rest)] if rest else [])]


def explore_description(
    table: CustomerTable, found: Exploration, *, command: str, confidence: float, figures: bool = True
) -> str:
    """What the run shows, for its page in the UI: hypotheses as sentences, the account of the rows, how to go on.

    Parameters
    ----------
    table : the customer table, with the account of its rows
    found : what was described and tested
    command : repeats the exploration
    confidence : of the intervals
    figures : whether the run keeps any
    """
    counts = table.accounting()
    lines = ["### Hypotheses", ""]
    lines += _sentences(found.hypotheses, confidence) or ["None was tested."]
    lines += [
        "",
        "### Rows",
        "",
        (
            f"{counted(counts['rows_read'], 'row')} of {markdown(table.source)} = {counts['rows_used']:,} used + "
            f"{counts['rows_not_selected']:,} not selected + {counts['rows_rejected']:,} rejected."
        ),
        *[f"- {markdown(note)}" for note in table.notes],
        *[f"- corrected: {markdown(what)}: {count:,}" for what, count in table.repairs.items()],
        *[f"- rejected: {markdown(reason)}: {count:,}" for reason, count in rejected_reasons(table.rejected)],
    ]
    if missing := gaps(found):
        shown = [f"{markdown(name)} {count:,}" for name, count in missing]
        lines += ["", f"Missing cells: {', '.join(shown[:20])}{', …' * (len(shown) > 20)}."]
    strongest = found.pairs.dropna(subset=["pearson"]).head(STRONGEST)
    if len(strongest):
        lines += ["", f"### Strongest correlations, {level(confidence)} intervals", ""]
        lines += ["| | | Pearson | Spearman | customers |", "|---|---|---|---|---|"]
        for _, row in strongest.iterrows():
            both = [coefficient(row[name], row[f"{name}_low"], row[f"{name}_high"]) for name in ("pearson", "spearman")]
            lines.append(
                f"| {markdown(row['x'])} | {markdown(row['y'])} | {both[0]} | {both[1]} | {row['customers']:,} |"
            )
    if found.left_out:
        lines += ["", "### Left out", "", *[f"- {markdown(sentence)}" for sentence in found.left_out]]
    lines += [
        "",
        "### Where to look",
        "",
        (
            f"Artifacts: {'`figures/` (distributions, both heatmaps, counts), ' if figures else ''}`tables/` (columns "
            "with missing cells, description, Tukey's outliers, every correlation with its intervals, counts, "
            "hypotheses), `rejected.csv` where rows were rejected."
        ),
        "",
        "### Repeat it",
        "",
        f"`{command}`",
    ]
    return "\n".join(lines)


def _numbers(table: CustomerTable, found: Exploration) -> Iterator[Item]:
    """Description, outliers and distributions."""
    if found.description.empty:
        return
    yield Table(found.description.reset_index(names="column"), "tables/description.csv")
    if len(found.outliers):
        yield Table(found.outliers.reset_index(names="column"), "tables/outliers.csv")
    yield FigureItem(
        partial(distributions, found.numbers, found.units, f"Distributions of {table.source}"),
        "figures/distributions.png",
    )


def _correlations(table: CustomerTable, found: Exploration) -> Iterator[Item]:
    """Every pair with its intervals; matrix and heatmap of each coefficient."""
    if found.pairs.empty:
        return
    yield Table(found.pairs, "tables/correlations.csv")
    for name, matrix in (("pearson", found.pearson), ("spearman", found.spearman)):
        yield Table(_with_names(matrix), f"tables/correlations_{name}.csv")
        title = f"{name.title()} correlations, {len(table.customers):,} customers"
        yield FigureItem(partial(correlation_heatmap, matrix, title), f"figures/correlations_{name}.png")
    named = [name for name in found.numbers if name not in table.columns or table.columns[name].role is not Role.ignore]
    strongest = found.numbers[named].corr("spearman").abs().sum().sort_values(ascending=False, kind="stable").index
    main = [name for name in dict.fromkeys([table.value_column, *strongest]) if name in named]
    title = f"Pairs of the most correlated columns, {len(table.customers):,} customers"
    yield FigureItem(partial(pairs_figure, found.numbers[main], found.units, title), "figures/pairs.png")


def _counts(table: CustomerTable, found: Exploration) -> Iterator[Item]:
    """Customers by the declared groups, and by every other category."""
    n = f"{len(table.customers):,} customers"
    for name, tables, title in (
        ("demography", found.demography, f"{n} by {listed(found.demography)}"),
        ("categories", found.categories, f"{n} by every category"),
    ):
        if tables:
            yield Table(counts_table(tables), f"tables/{name}.csv")
            yield FigureItem(partial(counts_figure, tables, title), f"figures/{name}.png")


def counts_table(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Counts of several columns as one table: ``column``, ``group``, ``customers``, ``share``."""
    parts = [
        frame.rename_axis("group").reset_index().assign(column=name)[["column", "group", "customers", "share"]]
        for name, frame in tables.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _sentences(results: Sequence[HypothesisResult], confidence: float) -> list[str]:
    return [
        f"{number}. **{capital(markdown(standing(result, confidence=confidence)))}.** {markdown(result.sentence)}"
        for number, result in enumerate(results, start=1)
    ]


def exploration_items(
    customers: pd.DataFrame,
    *,
    correlate: Mapping[str, Expression],
    counts: Sequence[str],
    bands: Mapping[str, Sequence[float]],
) -> Iterator[Item]:
    """Description, Pearson correlations and counts of the customers in use; columns that are absent are left out.

    Parameters
    ----------
    customers : those in use, one row each
    correlate : name to the expression that is correlated
    counts : columns whose values are counted
    bands : numeric column to the lower edges of its bands
    """
    yield Table(describe(customers).reset_index(names="column"), "exploration/description.csv")
    present = {name: item for name, item in correlate.items() if set(item.columns) <= set(customers.columns)}
    frame = (
        pd.DataFrame({name: evaluate(item, customers) for name, item in present.items()})
        if present
        else numeric_columns(customers)
    )
    if frame.shape[1] >= 2:
        matrix = correlation_matrix(frame)
        yield Table(_with_names(matrix), "exploration/correlations.csv")
        title = f"Pearson correlations, {len(customers):,} customers"
        yield FigureItem(partial(correlation_heatmap, matrix, title), "exploration/correlations.png")
    tables = {name: counts_by(customers[name]) for name in counts if name in customers}
    tables |= {name: counts_by_band(customers[name], edges) for name, edges in bands.items() if name in customers}
    if tables:
        title = f"{len(customers):,} customers by {listed(tables)}"
        yield FigureItem(partial(counts_figure, tables, title), "exploration/counts.png")
        rows = [
            frame.rename_axis("group").reset_index().assign(column=name)[["column", "group", "customers", "share"]]
            for name, frame in tables.items()
        ]
        yield Table(pd.concat(rows, ignore_index=True), "exploration/counts.csv")


def _with_names(matrix: pd.DataFrame) -> pd.DataFrame:
    """A square table with its rows' names in the first column, whatever the others are called."""
    return matrix.set_axis(told_apart([str(name) for name in matrix], ["column"]), axis=1).reset_index(names="column")
