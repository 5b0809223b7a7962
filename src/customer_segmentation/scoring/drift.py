"""Drift: how far scored customers are from those of the fit, counted chunk by chunk and judged at the end.

The population stability index of a variable is the sum over its bins of (share now - share then) ln(share now / share
then). Of equal populations it is not 0 but about (bins - 1)(1/n + 1/m) times a chi-squared variable over its degrees of
freedom (B. Yurdakul and J. Naranjo, "Statistical properties of the population stability index", Journal of Risk Model
Validation 14, 2020): an index counts only where it is also beyond what chance makes of that many customers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.data.cleaning import UNDECLARED
from customer_segmentation.formatting import counted, percent
from customer_segmentation.model.segment_model import Labelled
from customer_segmentation.scoring.drift_power import DriftPower, drift_power
from customer_segmentation.scoring.variable_counts import VariableCounts
from customer_segmentation.segments.intervals import newcombe, shares_differ, wilson
from customer_segmentation.settings.score import DriftSettings

WORDS = ("steady", "watch", "refit")
_COUNTS = ("customers", "rejected", "rows", "distance", "squared", "beyond")
MOST_UNSEEN = 1000  # different new categories that are told apart


@dataclass(frozen=True)
class Drift:
    """What was found.

    Attributes
    ----------
    word : str
        "steady", "watch" or "refit"; "unknown" where there are too few customers or no reference.
    reasons : tuple of str
        A sentence each, the gravest first.
    variables : DataFrame
        One row a feature, or a column behind one: ``variable``, ``stability`` (the index), ``chance`` (what it may be
        by chance), ``mean_then``, ``mean_now``, ``word``; the most drifted first.
    segments : DataFrame
        ``segment``, ``name``, ``share_then``, ``share_now``, ``change`` with ``low`` and ``high``, ``word``.
    distances : dict
        ``ratio`` of the mean distances, and ``beyond``, the share beyond the fit's 99 % quantile, with ``low`` and
        ``high``.
    unseen : DataFrame
        ``column``, ``value`` and ``customers`` of categories that were not there at the fit.
    customers : int
        That were compared.
    rejected : int
    bins : dict of str to DataFrame
        Shares of each variable then and now, for a figure.
    power : DriftPower or None
        What would have been found; None where nothing was judged.
    """

    word: str
    reasons: tuple[str, ...]
    variables: pd.DataFrame = field(repr=False)
    segments: pd.DataFrame = field(repr=False)
    distances: Mapping[str, float] = field(repr=False)
    unseen: pd.DataFrame = field(repr=False)
    customers: int
    rejected: int
    bins: Mapping[str, pd.DataFrame] = field(repr=False)
    power: DriftPower | None = field(default=None, repr=False)


class DriftWatch:
    """Counts scored customers in the bins of a model's reference.

    Parameters
    ----------
    reference : mapping
        As `reference_of` makes it; empty where the model has none.
    numbers : sequence of int
        Number of the segment of each cluster.
    names : mapping of int to str
        Name of each segment.
    """

    def __init__(self, reference: Mapping[str, Any], numbers: Sequence[int], names: Mapping[int, str]) -> None:
        self.reference, self.numbers, self.names = reference, tuple(numbers), names
        self.variables = [VariableCounts(item, "features") for item in reference.get("features", [])]
        self.variables += [VariableCounts(item, "columns") for item in reference.get("columns", [])]
        self.segments: Counter[int] = Counter()
        self.customers = self.rejected = 0
        self.rows = 0  # all that were looked at, with and without a label
        self.distance, self.squared, self.beyond = 0.0, 0.0, 0
        self.unseen: Counter[tuple[str, str]] = Counter()

    def add(self, labelled: Labelled, inside: npt.NDArray[np.bool_] | None = None) -> None:
        """Count a chunk; of its rows only those that are ``inside``, where it is given.

        Parameters
        ----------
        labelled : the chunk's labels, features and problems
        inside : which of its rows count, shape (n_rows,); None: all
        """
        good = labelled.table["segment"].notna().to_numpy()
        self.rows += len(good)
        self.rejected += int((~good).sum())
        if inside is not None:
            good = good & inside
        self.customers += int(good.sum())
        unknown = labelled.problems[labelled.problems["reason"].str.startswith(UNDECLARED)]
        self._note_unseen(Counter(zip(unknown["column"], unknown["value"], strict=True)))
        if not self.reference or not good.any():
            return
        full_data = bool(good.all())
        table = labelled.table if full_data else labelled.table[good]
        features = labelled.features if full_data else labelled.features[good]
        clean = labelled.clean if full_data else labelled.clean[good]
        for variable in self.variables:
            frame = features if variable.source == "features" else clean
            self._note_unseen(variable.add(frame[variable.name]))
        segments, counts = np.unique(table["segment"].to_numpy(dtype=np.int64), return_counts=True)
        self.segments.update(dict(zip(segments.tolist(), counts.tolist(), strict=True)))
        distances = table["distance"].to_numpy()
        self.distance += float(distances.sum())
        self.squared += float((distances**2).sum())
        self.beyond += int((distances > self.reference["distances"]["quantiles"]["0.99"]).sum())

    @property
    def state(self) -> dict[str, Any]:
        """What `merge` takes: numbers and texts alone."""
        counts = {name: getattr(self, name) for name in _COUNTS}
        unseen = [[column, value, count] for (column, value), count in self.unseen.items()]
        variables = [variable.state for variable in self.variables]
        return {"counts": counts, "variables": variables, "segments": [*self.segments.items()], "unseen": unseen}

    def merge(self, state: Mapping[str, Any]) -> None:
        """Add what a watch of the same model has counted elsewhere, as its `state` says."""
        for name, count in state["counts"].items():
            setattr(self, name, getattr(self, name) + count)
        for variable, part in zip(self.variables, state["variables"], strict=True):
            variable.merge(part)
        self.segments.update(dict(state["segments"]))
        self._note_unseen({(column, value): count for column, value, count in state["unseen"]})

    def _note_unseen(self, found: Mapping[tuple[str, str], int]) -> None:
        for key, count in found.items():
            self.unseen[key if key in self.unseen or len(self.unseen) < MOST_UNSEEN else (key[0], "other")] += count

    def measure(self, settings: DriftSettings) -> Drift:
        """Judge what was counted."""
        unseen = pd.DataFrame(
            [(column, value, count) for (column, value), count in self.unseen.most_common()],
            columns=["column", "value", "customers"],
        )
        n = self.customers
        if not self.reference or n < settings.min_customers:
            few = f"with {counted(n, 'labelled customer')}, too few to judge"
            why = few if self.reference else "the model holds no reference"
            empty = pd.DataFrame()
            return Drift("unknown", (why,), empty, empty, {}, unseen, n, self.rejected, {})
        found: list[tuple[int, float, str]] = []  # level, size, sentence
        variables = self._variables(settings, found)
        segments = self._segments(settings, found)
        distances = self._distances(settings, found)
        seen = n + self.rejected  # of a population: labelled customers outside it are not counted below either
        for column, part in unseen.groupby("column", sort=False):
            share = part["customers"].sum() / seen
            level = level_of(share, settings.unseen)
            known = float(self.reference["customers"])
            if level and _differ((part["customers"].sum(), 0.0), (seen, known)) >= self._risk(settings):
                level = 0
            listed = ", ".join(repr(value) for value in part["value"].head(3))
            if level:
                found.append((level, share, f"{column} has values that the fit did not: {listed} ({percent(share)})"))
        share = self.rejected / self.rows
        if (level := level_of(share, settings.rejected)) and self._too_many_rejected(settings):
            found.append((level, share, f"{percent(share)} of the rows have no label"))
        found.sort(key=lambda item: -item[0])  # stable: within a level as they were found
        word = WORDS[max((level for level, _, _ in found), default=0)]
        reasons = tuple(f"{WORDS[level]}: {text}" for level, _, text in found)
        bins = {variable.name: variable.shares() for variable in self.variables}
        power = self._power(settings)
        return Drift(word, reasons, variables, segments, distances, unseen, n, self.rejected, bins, power)

    def _risk(self, settings: DriftSettings) -> float:
        """Of one test, so that all of them together cry wolf as seldom as the confidence says (Bonferroni).

        A test for each variable, each segment and each column that may have new categories, one of the distances, one
        of the tail, one of the rows without a label.
        """
        columns = {variable.name for variable in self.variables if not variable.numeric}
        tests = len(self.variables) + len(self.numbers) + max(len(columns), len({key[0] for key in self.unseen})) + 3
        return (1 - settings.confidence) / tests

    def _too_many_rejected(self, settings: DriftSettings) -> bool:
        """Whether so many rows without a label are more than chance makes of the share that is still steady."""
        from scipy.stats import binom

        tail = float(binom.sf(self.rejected - 1, self.rows, min(settings.rejected[0], 1.0)))
        return tail < self._risk(settings)

    def _power(self, settings: DriftSettings) -> DriftPower:
        clusters = np.array(self.reference["clusters"], dtype=float)
        return drift_power(
            self.customers,
            int(self.reference["customers"]),
            bins=max((len(variable.now) for variable in self.variables if variable.numeric), default=0),
            share=float(clusters.max() / clusters.sum()),
            risk=self._risk(settings),
            stability=settings.stability[0],
            segments=settings.segments[0],
        )

    def _variables(self, settings: DriftSettings, found: list[tuple[int, float, str]]) -> pd.DataFrame:
        from scipy.stats import chi2

        risk = self._risk(settings)
        rows = []
        for variable in self.variables:
            then, now = variable.counts()
            index = stability(then, now)
            chance = chi2.isf(risk, max(len(then) - 1, 1)) * (1 / max(then.sum(), 1) + 1 / max(now.sum(), 1))
            # The index of few customers has longer tails than its chi-squared; Pearson's statistic has not.
            moved = index > chance and pearson(then, now) > chi2.isf(risk, max(len(then) - 1, 1))
            level = level_of(index, settings.stability) if moved else 0
            rows.append((variable, index, float(chance), level))
        # All customers in one bin is as far as the index goes: of such, the mean that moved most comes first.
        rows.sort(key=lambda row: (-row[3], -round(row[1], 1), -row[0].shift, row[0].source == "features"))
        for variable, index, _, level in rows:
            if level:
                found.append((level, index, f"{variable.told} (stability index {index:.2f})"))
        return pd.DataFrame(
            [
                {
                    "variable": variable.name,
                    "stability": index,
                    "chance": chance,
                    "mean_then": variable.mean_then,
                    "mean_now": variable.mean_now,
                    "word": WORDS[level],
                }
                for variable, index, chance, level in rows
            ]
        )

    def _segments(self, settings: DriftSettings, found: list[tuple[int, float, str]]) -> pd.DataFrame:
        then = np.array(self.reference["clusters"], dtype=float)
        now = np.array([self.segments[number] for number in self.numbers], dtype=float)
        counts = (np.full(len(now), now.sum()), np.full(len(then), then.sum()))
        low, high = newcombe((now, then), counts)
        differ = shares_differ((now, then), counts)
        rows = []
        for at, number in enumerate(self.numbers):
            share_then, share_now = then[at] / then.sum(), now[at] / now.sum()
            change = share_now - share_then
            differs = differ[at] < self._risk(settings)
            level = level_of(abs(change), settings.segments) if differs else 0
            name = self.names.get(number) or f"segment {number}"
            rows.append((number, name, share_then, share_now, change, low[at], high[at], WORDS[level]))
            if level:
                found.append(
                    (
                        level,
                        abs(change),
                        (
                            f"{name} was {percent(share_then)} and is {percent(share_now)} of the customers "
                            f"({change * 100:+.1f} points, 95 % interval {low[at] * 100:+.1f} to {high[at] * 100:+.1f})"
                        ),
                    )
                )
        return pd.DataFrame(
            sorted(rows),
            columns=["segment", "name", "share_then", "share_now", "change", "low", "high", "word"],
        )

    def _distances(self, settings: DriftSettings, found: list[tuple[int, float, str]]) -> dict[str, float]:
        from scipy.stats import norm

        n = self.customers
        then = self.reference["distances"]["mean"]
        ratio = self.distance / n / then if then > 0 else 1.0
        low, high = wilson(np.array([float(self.beyond)]), np.array([float(n)]))
        spread = np.sqrt(
            max(self.squared / n - (self.distance / n) ** 2, 0.0) * (1 / n + 1 / self.reference["customers"])
        )
        risk = self._risk(settings)
        farther = self.distance / n - then > norm.isf(risk) * spread
        if farther and (level := level_of(ratio, settings.distances)):
            found.append(
                (level, ratio, f"customers are {ratio:.2f} times as far from their segment's centre as at the fit")
            )
        share = self.beyond / n
        known = float(self.reference["customers"])
        rare = _differ((float(self.beyond), 0.01 * known), (float(n), known)) < risk
        if rare and (level := level_of(share, settings.tail_share)):
            found.append((level, share, f"{percent(share)} are farther out than 99 % of the fit's customers were"))
        return {"ratio": ratio, "beyond": share, "low": float(low[0]), "high": float(high[0])}


def _differ(events: tuple[float, float], counts: tuple[float, float]) -> float:
    """P of two shares of one event."""
    one, other = (np.array([value], dtype=float) for value in events)
    return float(shares_differ((one, other), (np.array([float(counts[0])]), np.array([float(counts[1])])))[0])


def stability(then: npt.NDArray[np.float64], now: npt.NDArray[np.float64]) -> float:
    """Population stability index of two counts over the same bins; half a customer is added to each bin.

    Parameters
    ----------
    then : customers of the fit in each bin
    now : customers in the same bins now
    """
    if not then.sum() or not now.sum() or len(then) < 2:
        return 0.0
    first = (then + 0.5) / (then.sum() + 0.5 * len(then))
    second = (now + 0.5) / (now.sum() + 0.5 * len(now))
    return float(((second - first) * np.log(second / first)).sum())


def pearson(then: npt.NDArray[np.float64], now: npt.NDArray[np.float64]) -> float:
    """Pearson's statistic that two counts over the same bins are of one population.

    Parameters
    ----------
    then : customers of the fit in each bin
    now : customers in the same bins now
    """
    both = then + now
    counted = both > 0
    shares = both[counted] / max(both.sum(), 1.0)
    parts = [
        ((part[counted] - part.sum() * shares) ** 2 / np.maximum(part.sum() * shares, 1e-300)).sum()
        for part in (then, now)
        if part.sum()
    ]
    return float(sum(parts))


def level_of(value: float, thresholds: Sequence[float]) -> int:
    """0, 1 for watch, 2 for refit.

    Parameters
    ----------
    value : what was measured
    thresholds : of watch and of refit, ascending
    """
    return sum(value >= threshold for threshold in thresholds)
