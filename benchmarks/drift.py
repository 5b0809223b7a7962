"""How often the drift test says more than "steady" of the fit's own customers, and whether it finds what it says.

    python benchmarks/drift.py [telecom_customer_churn.csv] [--tables 1000] [--write]

A model of the customers that a fit keeps (features `value` and the contract, k = 4). Tables of n of these customers,
drawn with replacement, are labelled and judged by `drift=standard`: any word but "steady" is a false alarm. Then the
revenue of all of them is moved by as many standard deviations as the sentence under the result says are found in four
of five tables, and by half of that: a table counts where the revenue is not called steady. Without a file the built-in
sample is taken.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from readme import write_part
from scoring import fitted

from customer_segmentation.model.segment_model import Labelled, SegmentModel
from customer_segmentation.scoring.drift import Drift, DriftWatch
from customer_segmentation.segments.intervals import wilson
from customer_segmentation.settings.score import DriftSettings
from customer_segmentation.sources.samples.telecom import draw_customers

SIZES = (60, 100, 200, 400, 1000, 4000)
FEATURES = ("features=value", "+features.columns.contract=Contract", "k=[4]")
MOVED, FEATURE = "Total Revenue", "revenue"
SETTINGS = DriftSettings()


def judged(model: SegmentModel, labelled: Labelled) -> Drift:
    """What the test says of a table."""
    watch = DriftWatch(model.reference, model.numbers, model.names)
    watch.add(labelled)
    return watch.measure(SETTINGS)


def line(model: SegmentModel, customers: pd.DataFrame, n: int, tables: int, generator: np.random.Generator) -> str:
    """One line of the table: false alarms, and the shift that is said to be found, found."""
    labelled = model.predict(customers)
    alarms, told = 0, float("nan")
    for _ in range(tables):
        rows = generator.choice(len(customers), n)
        parts = [frame.iloc[rows] for frame in (labelled.table, labelled.clean, labelled.features)]
        drift = judged(model, Labelled(*parts, labelled.problems.head(0)))
        alarms += drift.word != "steady"
        told = drift.power.deviations if drift.power else told
    low, high = wilson(float(alarms), tables)
    shares = [found(model, customers, n, tables // 5, told * part, generator) for part in (1.0, 0.5)]
    return (
        f"| {n:,} | {alarms} of {tables:,} | {alarms / tables:.3f} [{low:.3f}, {high:.3f}] | {told:.2f} sd "
        f"| {' | '.join(shares)} |"
    )


def found(
    model: SegmentModel, customers: pd.DataFrame, n: int, tables: int, moved: float, generator: np.random.Generator
) -> str:
    """Share of tables in which the revenue is not called steady where it has moved by so many standard deviations."""
    revenue, seen = pd.to_numeric(customers[MOVED]), 0
    for _ in range(tables):
        sample = customers.iloc[generator.choice(len(customers), n)]
        other = sample.assign(**{MOVED: pd.to_numeric(sample[MOVED]) + moved * revenue.std()})
        words = judged(model, model.predict(other)).variables.set_index("variable")["word"]
        seen += words[FEATURE] != "steady"
    low, high = wilson(float(seen), tables)
    return f"{seen / tables:.2f} [{low:.2f}, {high:.2f}]"


def main() -> None:
    """Print the table; with ``--write`` put it into README.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, nargs="?")
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2041)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    data = ("data=telecom", f"data.path={asked.table.absolute()}") if asked.table else ("data.customers=7043",)
    model = fitted(*data, *FEATURES)
    whole = (
        pd.read_csv(asked.table, dtype=str, keep_default_na=False)
        if asked.table
        else draw_customers(seed=2022).astype(str).replace("nan", "")
    )
    customers = whole[whole["Customer Status"] != "Churned"].reset_index(drop=True)
    generator = np.random.default_rng(asked.seed)
    heads = ("customers", "not called steady", "share, 95 % interval", "shift said to be found", "found", "half of it")
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|---|---|---|"]
    lines += [line(model, customers, n, asked.tables, generator) for n in SIZES]
    print("\n".join(lines))
    if asked.write:
        write_part("drift", "\n".join(lines))


if __name__ == "__main__":
    main()
