"""Beyond the sample: a study's fits assigned to all rows of the file that its customers were sampled from."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from customer_segmentation.clustering.clusterer import MakeEstimator, centres_of
from customer_segmentation.clustering.fit import Fit
from customer_segmentation.clustering.full_data import FullDataScores
from customer_segmentation.clustering.polish import further_starts, with_centres
from customer_segmentation.clustering.space import Space, project_features
from customer_segmentation.clustering.study import Study
from customer_segmentation.data.batches import cleaned, cleaned_repetitions, opened_whole
from customer_segmentation.data.repeated_ids import Held, Rules
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.data.wanted import Needed
from customer_segmentation.formatting import counted, percent
from customer_segmentation.segments.full_profile import ProfileReader
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.sources.base import Chunk, TableSource
from customer_segmentation.sources.distributed import DistributedSource, engine_tags, passed
from customer_segmentation.sources.id_sample import hashes_of
from customer_segmentation.tracking.read import full_data_of
from customer_segmentation.tracking.store import Store
from customer_segmentation.workflows.prepare import PreparedCustomers

PREFIX = "full_data/"
#: Kinds of answers of a pass.
_SUMS, _HELD = b"sums ", b"held "


@dataclass(frozen=True)
class Assigned:
    """What became of every row.

    Attributes
    ----------
    accounting : dict of str to int
        Rows read = rows used + rows not selected + rows rejected.
    table : DataFrame
        One row a fit and segment, see `FullDataScores.table`.
    profile : DataFrame
        One row a fit, segment, variable and level, see `ProfileReader.table`.
    tags : dict of str to str
        Engine and passes; empty where it was this process.
    """

    accounting: dict[str, int]
    table: pd.DataFrame
    profile: pd.DataFrame
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _AllRows:
    """One pass over rows of the table: all fits of a study at once. It is sent to where the rows are.

    Attributes
    ----------
    rules : Rules
        By which a chunk is cleaned.
    preparation : Pipeline
        Fitted steps from customers to the space.
    estimators : dict of int to estimator
        The fits, by k.
    value : str or None
        Column of the value.
    shift : float
        See `FullDataScores`.
    reader : ProfileReader
        What their profile speaks of.
    """

    rules: Rules
    preparation: Pipeline
    estimators: dict[int, Any]
    value: str | None
    shift: float
    reader: ProfileReader

    def scores(self) -> FullDataScores:
        """Sums of nobody."""
        return FullDataScores(self.estimators, shift=self.shift, levels=self.reader.levels)

    def add(self, table: CustomerTable, counts: Counter[str], scores: FullDataScores) -> None:
        """Count a chunk.

        Parameters
        ----------
        table : its customers
        counts : the account so far
        scores : the sums so far
        """
        counts.update(table.accounting())
        people = table.customers
        if len(people):
            features, matrix, usable = self._placed(people)
            lost = int((~usable).sum())  # of the sample all have all features; a few others may not
            counts.update({"rows_used": -lost, "rows_rejected": lost})
            if lost:
                people, features = people[usable], features[usable]
            worth = None if self.value is None else people[self.value].to_numpy(dtype=float)
            scores.add(matrix, worth, self.reader.cells(people, features))
        outcomes = self.reader.outcomes(table.others) if len(table.others) else {}
        if outcomes:
            _, matrix, usable = self._placed(table.others)
            scores.add_outside(matrix, {at: cells[usable] for at, cells in outcomes.items()})

    def _placed(self, people: pd.DataFrame) -> tuple[pd.DataFrame, Any, Any]:
        with np.errstate(all="ignore"):
            features = self.preparation.steps[0][1].transform(people)
        return features, *project_features(self.preparation, features)

    def __call__(self, chunks: Iterator[Chunk]) -> Iterator[bytes]:
        """Sum up chunks: one answer with the sums, and one with the rows that were held back."""
        counts: Counter[str] = Counter()
        scores = self.scores()
        for chunk in chunks:
            table, held = cleaned(chunk, self.rules)
            self.add(table, counts, scores)
            if held is not None:
                yield _HELD + held.to_bytes()
        yield _SUMS + json.dumps({"counts": counts, "scores": scores.state}).encode()


def score_full_data(
    settings: SweepSettings, needed: Needed, study: Study, space: Space, customers: PreparedCustomers
) -> Assigned | None:
    """Pass the whole table by the fits of a study; give its candidates the scores of all customers.

    The scores are named ``full_data/inertia``, ``full_data/smallest_share``, ``full_data/calinski_harabasz``,
    ``full_data/value_explained`` and ``full_data/customers``. None where the table is no sample.

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
    reader = ProfileReader.of(customers.described, space, table.columns)
    source, rules = _opened(settings, needed, reader)
    estimators = {candidate.k: _lean(candidate.estimator) for candidate in study.candidates}
    whole = _AllRows(rules, space.preparation, estimators, value, shift, reader)
    before = source.pass_count if isinstance(source, DistributedSource) else 0  # opening it has looked for repeated ids
    counts, full_data = _summed(source, whole, size=settings.large.batch_rows)
    for candidate in study.candidates:
        found = {**full_data.scores(candidate.k), "customers": float(full_data.customers)}
        candidate.scores.update({f"{PREFIX}{name}": score for name, score in found.items()})
    passes = {"engine_passes": str(source.pass_count - before)} if isinstance(source, DistributedSource) else {}
    profile = reader.table(full_data.profile())
    return Assigned(dict(counts), full_data.table(), profile, {**engine_tags(settings.engine), **passes})


def polished(
    settings: SweepSettings,
    needed: Needed,
    space: Space,
    customers: PreparedCustomers,
    make: MakeEstimator,
    fits: list[Fit],
) -> list[Fit]:
    """Move the centres of a study's fits by exact Lloyd steps over the whole table, all k in each pass.

    Of several starts the one that has the least inertia over all customers is moved. Where the table is no sample, the
    fits have seen everybody and stay.

    Parameters
    ----------
    settings : of the sweep
    needed : columns to read
    space : the space that was clustered
    customers : the sample that was fitted
    make : makes an unfitted estimator from k and a seed
    fits : to the sample
    """
    table, most, starts = customers.table, settings.engine.polish_passes, settings.engine.starts
    if not table.sampled_from or not most:
        return fits
    source, rules = _opened(settings, needed, ProfileReader.of(customers.described, space, table.columns))

    def summed(estimators: dict[int, Any]) -> FullDataScores:
        whole = _AllRows(rules, space.preparation, estimators, None, 0.0, ProfileReader((), (), {}))
        return _summed(source, whole, size=settings.large.batch_rows)[1]

    ids = table.customers[table.id_column].astype("str") if table.id_column else table.customers.index.astype("str")
    further = further_starts(
        space.matrix, hashes_of(pd.Series(ids)), fits, starts=starts, make=make, seed=settings.seed
    )
    best: dict[int, tuple[float, Any, Any]] = {}
    for one in [{fit.k: fit.estimator for fit in fits}, *further]:
        estimators = {k: _lean(estimator) for k, estimator in one.items()}
        sums = summed(estimators)
        for k, estimator in estimators.items():
            inertia = sums.scores(k)["inertia"]
            if k not in best or inertia < best[k][0]:
                best[k] = (inertia, estimator, np.ascontiguousarray(sums.means(k)))
    moving = {k: estimator for k, (_, estimator, _) in best.items()}
    means, made = {k: found for k, (_, _, found) in best.items()}, 1
    while not _moved(moving, means) and made < most:
        sums, made = summed(moving), made + 1
        means = {k: np.ascontiguousarray(sums.means(k)) for k in moving}
    from_best = f", the least of {starts} starts" if starts > 1 else ""
    said = f"{counted(made, 'exact step')} over all {sums.customers:,} customers, from an inertia of theirs of"
    return [
        with_centres(fit, space.matrix, centres_of(moving[fit.k]), f"{said} {best[fit.k][0]:.8g}{from_best}")
        for fit in fits
    ]


def _moved(estimators: dict[int, Any], means: dict[int, Any]) -> bool:
    """Put centres where the means of their customers are; whether all were there already."""
    still = all(np.array_equal(means[k], centres_of(estimator)) for k, estimator in estimators.items())
    for k, estimator in estimators.items():
        estimator.cluster_centers_ = means[k]
    return still


def _summed(source: TableSource, whole: _AllRows, *, size: int) -> tuple[Counter[str], FullDataScores]:
    """Pass all rows once."""
    counts: Counter[str] = Counter()
    full_data, held = whole.scores(), []
    for answer in passed(source, whole, whole.rules.wanted.specs, size=size):
        kind, content = answer[: len(_SUMS)], answer[len(_SUMS) :]
        if kind == _HELD:
            held.append(Held.from_bytes(content, whole.rules))
            continue
        part = json.loads(content)
        counts.update(part["counts"])
        full_data.merge(part["scores"])
    if held:
        whole.add(cleaned_repetitions(held, whole.rules), counts, full_data)
    return counts, full_data


#: The table of a sweep, which is opened for its first study: every other one would look for repeated ids again.
_OPENED: dict[str, tuple[TableSource, Rules]] = {}


def _opened(settings: SweepSettings, needed: Needed, reader: ProfileReader) -> tuple[TableSource, Rules]:
    batch_rows, welcome = settings.large.batch_rows, [item.name for item in reader.columns]
    read = dataclasses.asdict(settings.data), dataclasses.asdict(settings.engine)  # addresses are written out in it
    key = repr((read, batch_rows, [sorted(part) for part in needed], welcome))
    if key not in _OPENED:
        _OPENED.clear()
        _OPENED[key] = opened_whole(
            settings.data,
            needed=needed.valued,
            blank=needed.blank,
            welcome=welcome,
            batch_rows=batch_rows,
            engine=settings.engine,
        )
    return _OPENED[key]


def _lean(estimator: Any) -> Any:
    """A fitted estimator without the labels of its customers, which are many and are not needed to predict."""
    lean = copy.copy(estimator)
    lean.__dict__.pop("labels_", None)
    return lean


def full_data_sentence(store: Store, chosen: pd.Series | None) -> str:
    """What all rows are to the chosen candidate, as its study logged it; empty where no sample was drawn.

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
        f"{accounting['rows_not_selected']:,} not selected + {accounting['rows_rejected']:,} rejected; customers of "
        f"the segments among them: {shares}"
    )
