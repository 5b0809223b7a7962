"""Beyond the sample: a study's fits assigned to all rows of the file that its customers were sampled from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from customer_segmentation.clustering.full_data import FullDataScores
from customer_segmentation.clustering.space import Space
from customer_segmentation.clustering.study import Study
from customer_segmentation.data.batches import stream_customers
from customer_segmentation.formatting import percent
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.tracking.read import full_data_of
from customer_segmentation.tracking.store import Store
from customer_segmentation.workflows.prepare import PreparedCustomers

PREFIX = "full_data/"


@dataclass(frozen=True)
class Assigned:
    """What became of every row.

    Attributes
    ----------
    accounting : dict of str to int
        Rows read = rows used + rows not selected + rows set aside.
    table : DataFrame
        One row a fit and segment, see `FullDataScores.table`.
    """

    accounting: dict[str, int]
    table: pd.DataFrame


def score_full_data(
    settings: SweepSettings, needed: Sequence[str], study: Study, space: Space, customers: PreparedCustomers
) -> Assigned | None:
    """Stream the whole file past the fits of a study; give its candidates the scores of all customers.

    The scores are named ``full_data/inertia``, ``full_data/smallest_share``, ``full_data/value_explained`` and
    ``full_data/customers``. None where the table is no sample.

    Parameters
    ----------
    settings : of the sweep
    needed : columns to read
    study : its candidates get the scores
    space : the space that was clustered
    customers : the sample that was fitted
    """
    table = customers.table
    if not table.sampled_from:
        return None
    value = table.value_column
    shift = 0.0 if value is None else float(np.nan_to_num(np.nanmean(table.customers[value].to_numpy(dtype=float))))
    full_data = FullDataScores({candidate.k: candidate.estimator for candidate in study.candidates}, shift=shift)
    counts: Counter[str] = Counter()
    for batch in stream_customers(settings.data, needed=needed, batch_rows=settings.large.batch_rows):
        counts.update(batch.accounting())
        people = batch.customers
        if not len(people):
            continue
        matrix, usable = space.project(people)
        lost = int((~usable).sum())  # of the sample everybody has all features; here and there somebody may not
        counts.update({"rows_used": -lost, "rows_set_aside": lost})
        worth = None if value is None else people[value].to_numpy(dtype=float)[usable]
        full_data.add(matrix, worth)
    for candidate in study.candidates:
        found = {**full_data.scores(candidate.k), "customers": float(full_data.customers)}
        candidate.scores.update({f"{PREFIX}{name}": score for name, score in found.items()})
    return Assigned(dict(counts), full_data.table())


def full_data_sentence(store: Store, chosen: pd.Series | None) -> str:
    """What all rows are to the chosen candidate, as its study logged it; empty where the customers are everybody.

    Parameters
    ----------
    store : where the runs are
    chosen : row of the chosen candidate; None where none was chosen
    """
    found = None if chosen is None else full_data_of(store, str(chosen["study_id"]))
    return "" if found is None or chosen is None else told(*found, k=int(chosen["k"]))


def told(accounting: dict[str, int], table: pd.DataFrame, k: int) -> str:
    """Say who all rows are, and how large the segments of one candidate are among them.

    Parameters
    ----------
    accounting : rows read, used, not selected and rejected
    table : one row a candidate and segment
    k : number of segments
    """
    sizes = table[table["k"] == k]
    shares = ", ".join(
        f"{row.segment}: {row.customers:,} ({percent(float(str(row.share)))})" for row in sizes.itertuples()
    )
    return (
        f"All {accounting['rows_read']:,} rows = {accounting['rows_used']:,} used + "
        f"{accounting['rows_not_selected']:,} not selected + {accounting['rows_set_aside']:,} set aside; customers of "
        f"the segments among them: {shares}"
    )
