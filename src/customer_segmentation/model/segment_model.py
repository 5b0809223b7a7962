"""Labels for customers whom no study saw: segment, how near, how sure, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.distances import Floats, distances, margin
from customer_segmentation.clustering.space import project_features
from customer_segmentation.clustering.transformers import CustomerFeatures, plain_expression
from customer_segmentation.data.cleaning import PROBLEM_COLUMNS
from customer_segmentation.data.expressions import bound, parse
from customer_segmentation.errors import SettingsError
from customer_segmentation.model.cells import Readable, fault_of_the_model, readable_cells
from customer_segmentation.settings.limits import is_date

#: What a row gets.
RESULTS = ("segment", "segment_name", "distance", "margin", "reason")


SHOWN = 60  # characters of a cell in a reason
#: A feature beyond this has no label: squares of what a scaling makes of it are beyond all doubles.
FARTHEST = 1e100
TOO_FAR = "a feature is too far out to be scaled"


@dataclass(frozen=True)
class Labelled:
    """Customers with their labels, and what was computed on the way.

    Attributes
    ----------
    table : DataFrame of shape (n_customers, 5)
        `RESULTS`, with the index of the customers: ``segment`` (Int64) and ``segment_name``; ``distance`` to the
        centre of the segment, in the clustered space; ``margin``, 0 half way to the nearest other centre and 1 at the
        own one; ``reason`` why there is no label. What does not exist is missing.
    clean : DataFrame
        Typed cells of the columns that the features read.
    features : DataFrame of shape (n_customers, n_features)
        Features in their own units; NaN where they could not be computed.
    problems : DataFrame
        Cells of these columns that could not be read, as `Prepared` has them.
    """

    table: pd.DataFrame
    clean: pd.DataFrame
    features: pd.DataFrame
    problems: pd.DataFrame


@dataclass(frozen=True)
class SegmentModel:
    """A fitted Pipeline from raw customers to cluster, and what its clusters are called.

    Attributes
    ----------
    pipeline : Pipeline
        Steps ``features``, ``scaling`` and ``clustering``.
    numbers : tuple of int
        Number of the segment of each cluster. Equal to the cluster's own in a sweep; of a registered model carried
        from its predecessor, so that a segment keeps its number.
    names : mapping of int to str
        Name of a segment by its number; a segment without one is called "segment 2".
    centres : array of shape (n_clusters, n_dimensions)
        By cluster, in the clustered space.
    contract : mapping of str to dict
        Plain contract of the columns that are read, and of the id where there is one.
    example : DataFrame
        A few raw customers.
    profile : DataFrame or None
        One row a segment and variable.
    reference : mapping
        How the customers of the fit were distributed, for drift.
    about : mapping
        Where the model is from: study, k, digest of the table, ...
    rules : mapping
        A shallow tree that explains the segments, as `learn_rules` makes it; empty where there is none.
    actions : mapping of int to str
        What to do first with a segment, by its number.
    trusted_modules : tuple of str
        Packages or modules whose types the pipeline may hold beside scikit-learn's and ours.
    """

    pipeline: Any
    numbers: tuple[int, ...]
    names: Mapping[int, str]
    centres: Floats
    contract: Mapping[str, Any]
    example: pd.DataFrame
    profile: pd.DataFrame | None = None
    reference: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    trusted_modules: tuple[str, ...] = ()
    actions: Mapping[int, str] = field(default_factory=dict)

    @property
    def step(self) -> CustomerFeatures:
        """The first step of the pipeline."""
        first = self.pipeline.steps[0][1]
        assert isinstance(first, CustomerFeatures)  # noqa: S101 - for the type checker
        return first

    @property
    def value_column(self) -> str | None:
        """Column that says what a customer is worth; None where the table of the fit had none."""
        return next((name for name, plain in self.contract.items() if plain.get("role") == "value"), None)

    @property
    def needed(self) -> list[str]:
        """Columns without which nobody can be labelled."""
        return self.step.needed

    @property
    def reference_date(self) -> str | None:
        """The day from which the dates of customers count, YYYY-MM-DD; None where no feature reads a date."""
        days = [plain["reference_date"] for plain in self.step.columns.values() if plain["type"] == "date"]
        return str(days[0]) if days else None

    def at(self, reference_date: str | None) -> SegmentModel:
        """Return the model for customers as they are on another day.

        Parameters
        ----------
        reference_date : str or None
            YYYY-MM-DD. None: the model as it is.

        Raises
        ------
        SettingsError
            No feature reads a date, or this is not a date.
        """
        if reference_date is None:
            return self
        if self.reference_date is None:
            raise SettingsError(
                f"reference_date={reference_date} is read by models of dates alone, and this one reads "
                f"{', '.join(self.needed)}; leave it out."
            )
        if not is_date(reference_date):
            raise SettingsError(f"reference_date is {reference_date!r}; expected a date as YYYY-MM-DD.")
        dated = {
            name: {**plain, "reference_date": reference_date} if plain["type"] == "date" else plain
            for name, plain in self.step.columns.items()
        }
        features = {
            name: plain_expression(bound(parse(plain, where=name), dict.fromkeys(dated, reference_date)))
            for name, plain in self.step.features.items()
        }
        first = CustomerFeatures(dated, features, self.step.categories, self.step.blanks).fit(self.example)
        (label, _), *others = self.pipeline.steps
        return replace(self, pipeline=type(self.pipeline)([(label, first), *others]))

    def name_of(self, number: int) -> str:
        """Name of a segment."""
        return self.names.get(number) or f"segment {number}"

    def renamed(self, numbers: tuple[int, ...], names: Mapping[int, str], **about: Any) -> SegmentModel:
        """Return the same model with other numbers and names of its segments.

        A profile and actions speak of numbers and go along.

        Parameters
        ----------
        numbers : number of each cluster's segment
        names : number to name
        **about : goes over what ``about`` holds
        """
        profile = self.profile
        moved = dict(zip(self.numbers, numbers, strict=True))
        actions = {moved.get(number, number): text for number, text in self.actions.items()}
        if profile is not None and "segment" in profile:
            profile = profile.assign(segment=[moved.get(number, number) for number in profile["segment"]])
        return replace(
            self,
            numbers=tuple(numbers),
            names=dict(names),
            profile=profile,
            actions=actions,
            about={**self.about, **about},
        )

    def predict(self, customers: pd.DataFrame, *, decimal: str | None = None) -> Labelled:
        """Label customers; one that cannot be labelled gets a reason, and never keeps the others from their labels.

        Parameters
        ----------
        customers : DataFrame of shape (n_customers, n_columns)
            Canonical column names; cells of any type.
        decimal : {".", ","}, optional
            Decimal mark of numbers in text, where a column does not show it.

        Raises
        ------
        DataError
            A column stands twice.
        ModelError
            The model itself is broken, or the program: no customer can be blamed.
        """
        needed = self.needed
        absent = [name for name in needed if name not in customers.columns]
        if absent:
            lacking = f"the column {absent[0]} is missing"
            if len(absent) > 1:
                lacking = f"the columns {', '.join(absent)} are missing"
            return self._nobody(customers, lacking)
        read = readable_cells(
            customers,
            list(self.step.columns),
            lambda cells: self.step.prepare(cells, decimal),
            example=self.example,
        )
        with fault_of_the_model():
            return self._labelled(customers.index, read)

    def _labelled(self, index: pd.Index, read: Readable) -> Labelled:
        features = self.step.features_of(read.prepared.frame)
        clean = read.prepared.frame[self.needed]
        reasons = _reasons(read, clean, features, self.step)
        rows = np.arange(len(index))
        if reasons:
            rows = np.delete(rows, list(reasons))
        used = features.iloc[rows] if reasons else features
        numbers = used[[name for name in used if name not in self.step.categories]].to_numpy(dtype=float)
        near = (np.abs(numbers) <= FARTHEST).all(axis=1)
        matrix, usable = project_features(self.pipeline, used if near.all() else used[near])
        placed = rows[near][usable]
        for row in np.setdiff1d(rows, placed, assume_unique=True):
            reasons[int(row)] = TOO_FAR
        rows = placed
        clusters = self._clusters(matrix)
        own, other = distances(matrix, self.centres, clusters)
        margins = margin(own, other)
        table = self._table(index, rows, clusters, own, margins, reasons)
        problems = read.prepared.problems[read.prepared.problems["column"].isin(clean.columns)]
        return Labelled(table, clean, features, problems)

    def _clusters(self, matrix: Floats) -> npt.NDArray[np.intp]:
        if not len(matrix):
            return np.empty(0, dtype=np.intp)
        return np.asarray(self.pipeline.steps[-1][1].predict(matrix), dtype=np.intp)

    def _table(
        self,
        index: pd.Index,
        rows: npt.NDArray[np.intp],
        clusters: npt.NDArray[np.intp],
        own: Floats,
        margins: Floats,
        reasons: Mapping[int, str],
    ) -> pd.DataFrame:
        n = len(index)
        position = np.full(n, -1)
        position[rows] = clusters
        numbers = np.array([*self.numbers, -1])[position]
        names = pd.Categorical.from_codes(
            position.astype(np.int64), categories=pd.Index(distinct_names([self.name_of(n) for n in self.numbers]))
        )
        distance, near = np.full(n, np.nan), np.full(n, np.nan)
        distance[rows], near[rows] = own, margins
        reason = np.full(n, None, dtype=object)
        for row, text in reasons.items():
            reason[row] = text
        return pd.DataFrame(
            {
                "segment": pd.arrays.IntegerArray(numbers.astype(np.int64), position < 0),
                "segment_name": names,
                "distance": distance,
                "margin": near,
                "reason": reason,
            },
            index=index,
        )

    def _nobody(self, customers: pd.DataFrame, reason: str) -> Labelled:
        empty = np.empty(0)
        table = self._table(
            customers.index,
            np.empty(0, dtype=np.intp),
            np.empty(0, dtype=np.intp),
            empty,
            empty,
            dict.fromkeys(range(len(customers)), reason),
        )
        return Labelled(
            table,
            pd.DataFrame(np.nan, index=customers.index, columns=self.needed),
            pd.DataFrame(np.nan, index=customers.index, columns=list(self.step.features)),
            pd.DataFrame(columns=list(PROBLEM_COLUMNS)),
        )


def distinct_names(names: list[str]) -> list[str]:
    """Names that are equal are told apart: a category is there once."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def _reasons(read: Readable, clean: pd.DataFrame, features: pd.DataFrame, step: CustomerFeatures) -> dict[int, str]:
    """Why rows cannot be labelled, by position."""
    found: dict[int, list[str]] = {row: [reason] for row, reason in read.unreadable.items()}
    problems = read.prepared.problems[read.prepared.problems["column"].isin(clean.columns)]
    if read.unreadable:
        problems = problems[~problems["row"].isin(list(read.unreadable))]
    for row, column, value, reason in problems.itertuples(index=False, name=None):
        shown = value if len(value) <= SHOWN else f"{value[:SHOWN]}… ({len(value)} characters)"
        found.setdefault(int(row), []).append(f"{column}: {shown!r} {reason}")
    told = {(int(row), column) for row, column in zip(problems["row"], problems["column"], strict=True)}
    for name in clean.columns.difference(list(step.may_be_blank), sort=False):
        for row in np.flatnonzero(clean[name].isna().to_numpy()):
            if (int(row), name) not in told and int(row) not in read.unreadable:
                found.setdefault(int(row), []).append(f"{name} is missing")
    for name in features.columns:
        if name in step.categories:
            continue
        for row in np.flatnonzero(~np.isfinite(features[name].to_numpy(dtype=float))):
            if not found.setdefault(int(row), []):
                found[int(row)].append(f"{name} has no finite value")
    return {row: "; ".join(texts) for row, texts in sorted(found.items())}
