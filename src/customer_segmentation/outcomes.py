"""What the calls from Python return beside sweeps: models, scorings, explorations, promotions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from customer_segmentation.config.arguments import mapping_of
from customer_segmentation.formatting import counted

if TYPE_CHECKING:
    from customer_segmentation.data.table import CustomerTable
    from customer_segmentation.exploration.exploration import Exploration as Found
    from customer_segmentation.scoring.drift import Drift
    from customer_segmentation.scoring.load import LoadedModel
    from customer_segmentation.workflows.promote import Outcome


class Model:
    """A segment model: labels customers, knows its segments and how they are.

    Made by `customer_segmentation.champion`, `customer_segmentation.load` and `Sweep.chosen`.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded

    @property
    def name(self) -> str:
        """What people call it."""
        return self._loaded.label

    @property
    def version(self) -> int | None:
        """Of a registered model."""
        return None if self._loaded.version is None else int(self._loaded.version)

    @property
    def run_id(self) -> str | None:
        """The run that made it."""
        return self._loaded.run_id

    @property
    def columns(self) -> list[str]:
        """Columns without which nobody gets a label."""
        return list(self._loaded.model.needed)

    def predict(
        self, data: Any, *, headers: Mapping[str, str] | None = None, reference_date: str | None = None
    ) -> pd.DataFrame:
        """Label customers; nothing is logged.

        Parameters
        ----------
        data : frame
            Customers as they come: further columns are left alone, headers are matched as in a file.
        headers : mapping of str to str, optional
            Column of the model to its header, where that is not recognised.
        reference_date : str, optional
            YYYY-MM-DD from which dates of the customers count; default: the day of the fit.

        Returns
        -------
        DataFrame of shape (n_customers, 5)
            ``segment``, ``segment_name``, ``distance`` to the centre, ``margin`` (0 half way to the next segment, 1 at
            the centre), and ``reason`` where there is no label. Its index is that of a pandas frame, else the row.

        Raises
        ------
        DataError
            The frame lacks a column that the model needs.
        """
        from customer_segmentation.scoring.columns import contract_of, positions_of
        from customer_segmentation.sources.memory import memory_table

        model = self._loaded.model.at(reference_date)
        source = memory_table(data)
        named = mapping_of(headers, argument="headers")
        specs = contract_of(model.contract, named)
        positions = positions_of(source.headers, specs, needed=model.needed, named=named, source=source.name)
        cells = source.read({at: specs[name] for name, at in positions.items()}).frame
        found = model.predict(
            cells.rename(columns={at: name for name, at in positions.items()}), decimal=source.decimal
        )
        return found.table.set_axis(index_of(data, len(found.table)), axis=0)

    @property
    def segments(self) -> pd.DataFrame:
        """One row a segment: ``name``, ``customers`` and ``share`` of those of the fit, and what is known besides.

        ``value`` is the mean of what customers are worth, ``first_action`` what to do first.
        """
        model = self._loaded.model
        counts = dict(zip(model.numbers, model.reference.get("clusters", ()), strict=False))
        total = sum(counts.values()) or 1
        rows = [
            {
                "segment": number,
                "name": model.name_of(number),
                "customers": counts.get(number),
                "share": counts.get(number, 0) / total,
            }
            for number in sorted(model.numbers)
        ]
        frame = pd.DataFrame(rows).set_index("segment")
        profile = self.profile
        worth = profile[profile["role"] == "value"] if len(profile) else profile
        if len(worth):
            frame["value"] = worth.drop_duplicates("segment").set_index("segment")["value"]
        if model.actions:
            frame["first_action"] = pd.Series(model.actions)
        return frame

    @property
    def profile(self) -> pd.DataFrame:
        """One row a segment and variable (and level): mean or share with its interval, against all customers."""
        found = self._loaded.model.profile
        return pd.DataFrame() if found is None else found.copy()

    def __repr__(self) -> str:
        """Name and segments."""
        named = ", ".join(f"{number} {name}" for number, name in self.segments["name"].items())
        return f"Model({self.name}: {named})"

    def _repr_html_(self) -> str:
        return _whole(self.segments)


@dataclass(frozen=True)
class Scoring:
    """Customers with their labels, and how far they are from those of the fit.

    Attributes
    ----------
    labels : DataFrame of shape (n_customers, n_columns)
        A row for every customer: ``segment``, ``segment_name``, ``first_action`` and ``value`` where they are known,
        ``distance``, ``margin``, and ``reason`` where there is no label.
    drift : Drift
        ``word`` (steady, watch or refit), ``reasons``, and frames ``variables`` and ``segments``.
    model : str
        What people call it.
    run_id : str
        Of the scoring's run.
    """

    labels: pd.DataFrame = field(repr=False)
    drift: Drift = field(repr=False)
    model: str
    run_id: str

    @property
    def scored(self) -> int:
        """Customers with a label."""
        return int(self.labels["segment"].notna().sum())

    @property
    def rejected(self) -> pd.DataFrame:
        """Customers without one."""
        return self.labels[self.labels["segment"].isna()]

    def __repr__(self) -> str:
        """How many were labelled, by what, and how they have drifted."""
        many = f"{self.scored:,} of {counted(len(self.labels), 'customer')} labelled by {self.model}"
        return f"Scoring({many}, drift: {self.drift.word}, run {self.run_id})"


@dataclass(frozen=True)
class Exploration:
    """What a table shows before any segmentation.

    Attributes
    ----------
    found : Exploration
        All of it, see `customer_segmentation.exploration.exploration`.
    table : CustomerTable
    run_id : str
        Of the exploration's run.
    """

    found: Found = field(repr=False)
    table: CustomerTable = field(repr=False)
    run_id: str = ""

    @property
    def columns(self) -> pd.DataFrame:
        """One row a column: its role, type, unit, and how many customers lack it."""
        return self.found.columns

    @property
    def description(self) -> pd.DataFrame:
        """One row a number: mean, spread, quantiles, skewness."""
        return self.found.description

    @property
    def correlations(self) -> pd.DataFrame:
        """One row a pair of numbers, the strongest first, with intervals."""
        return self.found.pairs

    def _repr_html_(self) -> str:
        return _whole(self.columns)


@dataclass(frozen=True)
class Promotion:
    """A candidate that became a version of the registered model.

    Attributes
    ----------
    version : int
    gate : {"passed", "forced"}
    alias : {"champion", "challenger"}
        What the version answers to now.
    checks : DataFrame
        One row a test of the gate: ``test``, ``result``, ``sentence``. Empty where it was the champion before.
    notes : tuple of str
        What became of the numbers and names of the segments.
    """

    version: int
    gate: str
    alias: str
    checks: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, outcome: Outcome) -> Promotion:
        """What a promotion came to."""
        checks = [{"test": one.title, "result": one.result, "sentence": one.sentence} for one in outcome.checks]
        frame = pd.DataFrame(checks, columns=["test", "result", "sentence"])
        return cls(outcome.version.number, outcome.gate, outcome.alias, frame, outcome.notes)

    def _repr_html_(self) -> str:
        told = f"Version {self.version}, {self.alias}; gate {self.gate}."
        return f"<p>{escape(' '.join([told, *self.notes]))}</p>{_whole(self.checks)}"


def index_of(data: Any, rows: int) -> pd.Index:
    """Index of the rows of a frame: pandas' own, else their number.

    Parameters
    ----------
    data : frame; one that streams has no rows left by now
    rows : how many it had
    """
    return data.index if isinstance(data, pd.DataFrame) else pd.RangeIndex(rows)


def _whole(frame: pd.DataFrame) -> str:
    """A frame as a table of HTML whose sentences are not cut."""
    with pd.option_context("display.max_colwidth", None):
        return cast("str", frame._repr_html_())  # type: ignore[operator]  # a method that pandas does not type
