"""Profiles: what the customers of each segment are like, in original units, against all customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.metrics import contingency
from customer_segmentation.segments.intervals import corrected, mean_interval, newcombe, shares_differ, welch, wilson
from customer_segmentation.segments.variables import NO, Described, ProfileVariable
from customer_segmentation.settings.data import Role

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.integer]

#: Shares of the customers, the most valuable first, whose share of the value is told.
TOP = (0.1, 0.2, 0.5)

COLUMNS = (
    "segment",
    "variable",
    "level",
    "role",
    "unit",
    "measure",
    "shapes",
    "customers",
    "missing",
    "value",
    "low",
    "high",
    "median",
    "overall",
    "overall_median",
    "index",
    "effect",
    "effect_low",
    "effect_high",
    "p",
    "q",
)


@dataclass(frozen=True)
class Profiles:
    """Profiles of the segments of one candidate.

    Attributes
    ----------
    table : DataFrame, one row for each variable (and each of its levels) and segment
        ``segment``; ``variable``; ``level``, "" of a number; ``role``; ``unit``; ``measure``: mean or share;
        ``shapes``: the segments were drawn by it; ``customers`` with a value, ``missing`` without one;
        ``value``: mean or share of the segment, with its 95 % interval ``low``, ``high`` (Student, Wilson); ``median``;
        ``overall`` and ``overall_median`` of all customers; ``index``: 100 times value over overall;
        ``effect``: value minus overall, in standard deviations of all customers for a mean, as a difference of shares
        (0.1: ten points) for a share, with its 95 % interval (from Welch's or Newcombe's interval of the segment
        against the rest); ``p`` of the segment against the rest and ``q``, corrected after Benjamini and Hochberg over
        the table. p and q are NaN where ``shapes``: to find that segments differ in what drew them is no finding.
        Outcomes are those of all customers, also of those left out of the fit.
    segments : DataFrame, one row a segment
        ``segment``; ``customers``; ``share`` of the customers; ``value`` in total, ``value_mean`` and ``value_share``
        (NaN without a column of role value); ``left_out``: customers outside the fit who fall into it.
    concentration : DataFrame
        ``top``: 0.1, 0.2, 0.5 of the customers, the most valuable first; ``customers``; ``value``; ``value_share``.
        Empty without a column of role value.
    variables : tuple of Variable
    left_out : int
        Customers outside the fit who were assigned to a segment.
    unassigned : int
        Customers outside the fit who could not be, for want of a feature's value.
    """

    table: pd.DataFrame
    segments: pd.DataFrame
    concentration: pd.DataFrame
    variables: tuple[ProfileVariable, ...]
    left_out: int = 0
    unassigned: int = 0

    @property
    def k(self) -> int:
        """Number of segments."""
        return len(self.segments)

    @property
    def customers(self) -> int:
        """Number of customers of the fit."""
        return int(self.segments["customers"].sum())

    @property
    def value(self) -> ProfileVariable | None:
        """What customers are worth."""
        return next((item for item in self.variables if item.role is Role.value), None)

    @property
    def outcomes(self) -> tuple[ProfileVariable, ...]:
        """What became of the customers: those whose column says it, before those whose column says the contrary."""
        found = (item for item in self.variables if item.role is Role.outcome)
        return tuple(sorted(found, key=lambda item: item.levels == (NO,)))

    @property
    def missing(self) -> dict[str, int]:
        """Customers without a value, by variable; only variables that lack some."""
        counts = self.table.drop_duplicates(["segment", "variable"]).groupby("variable", sort=False)["missing"].sum()
        return {str(name): int(count) for name, count in counts.items() if count}

    def row(self, segment: int, variable: str, level: str = "") -> pd.Series | None:
        """One row of the table; None where there is none.

        Parameters
        ----------
        segment : its number, from 0
        variable : column or feature
        level : of a category; empty for a number
        """
        table = self.table
        found = table[(table["segment"] == segment) & (table["variable"] == variable) & (table["level"] == level)]
        return None if found.empty else found.iloc[0]


def profile_segments(
    described: Sequence[Described],
    labels: Labels,
    *,
    k: int | None = None,
    left_out_labels: Labels | None = None,
) -> Profiles:
    """Profile the segments of one labeling.

    Parameters
    ----------
    described : sequence of Described
        The variables with their values, see `describe_columns` and `with_features`.
    labels : integer array of shape (n_customers,)
        0 ... k-1, every segment occupied.
    k : int, optional
        Number of segments; by default the highest label plus one.
    left_out_labels : integer array of shape (n_left_out,), optional
        Segments of the customers outside the fit, -1 for those who could not be assigned.

    Returns
    -------
    Profiles
    """
    labels = np.asarray(labels, dtype=np.int64)
    k = int(labels.max()) + 1 if k is None else k
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels, minlength=k))[:-1]
    parts: list[dict[str, object]] = []
    for item in described:
        values, at = item.values, labels
        if item.left_out is not None and left_out_labels is not None and len(left_out_labels):
            assigned = left_out_labels >= 0
            values = np.concatenate([values, item.left_out[assigned]])
            at = np.concatenate([labels, left_out_labels[assigned]])
        if item.variable.kind == "number":
            groups = np.split(values[order], ends) if len(at) == len(labels) else [values[at == s] for s in range(k)]
            parts.append(_numbers(item.variable, np.asarray(values, dtype=np.float64), at, groups, k))
        elif item.variable.levels:
            parts.append(_shares(item.variable, values, at, k))
    table = _table(parts)
    value = next((item for item in described if item.variable.role is Role.value), None)
    amounts = None if value is None else np.asarray(value.values, dtype=np.float64)
    others = np.zeros(0, dtype=np.int64) if left_out_labels is None else np.asarray(left_out_labels)
    return Profiles(
        table=table,
        segments=_segments(labels, k, amounts, others),
        concentration=concentration(amounts),
        variables=tuple(item.variable for item in described),
        left_out=int((others >= 0).sum()),
        unassigned=int((others < 0).sum()),
    )


def concentration(amounts: Floats | None) -> pd.DataFrame:
    """Share of the value that the most valuable customers hold; missing values count as no value."""
    names = ["top", "customers", "value", "value_share"]
    if amounts is None or not len(amounts):
        return pd.DataFrame({name: pd.Series(dtype=float) for name in names})
    ranked = np.sort(np.nan_to_num(amounts, nan=0.0))[::-1]
    running, total = np.cumsum(ranked), float(ranked.sum())
    counts = [int(np.ceil(share * len(ranked) - 1e-9)) for share in TOP]
    sums = [float(running[count - 1]) for count in counts]
    shares = [part / total if total > 0 else np.nan for part in sums]
    return pd.DataFrame({"top": TOP, "customers": counts, "value": sums, "value_share": shares})


def _segments(labels: Labels, k: int, amounts: Floats | None, others: Labels) -> pd.DataFrame:
    sizes = np.bincount(labels, minlength=k)
    frame = pd.DataFrame({"segment": np.arange(k), "customers": sizes, "share": sizes / len(labels)})
    if amounts is None:
        sums = np.full(k, np.nan)
    else:
        sums = np.bincount(labels, weights=np.nan_to_num(amounts, nan=0.0), minlength=k)
    total = sums.sum()
    frame["value"] = sums
    frame["value_mean"] = sums / np.maximum(sizes, 1)
    frame["value_share"] = sums / total if total > 0 else np.nan
    frame["left_out"] = np.bincount(others[others >= 0], minlength=k) if len(others) else 0
    return frame


def _numbers(
    variable: ProfileVariable, values: Floats, labels: Labels, groups: list[npt.NDArray[Any]], k: int
) -> dict[str, object]:
    """Means, medians and effects of one number, for all segments."""
    known = np.isfinite(values)
    sizes = np.bincount(labels, minlength=k)
    if not known.all():
        values, labels = values[known], labels[known]
        groups = [group[np.isfinite(group)] for group in groups]
    n = np.bincount(labels, minlength=k).astype(float)
    overall = float(values.mean()) if len(values) else np.nan
    centred = values - overall  # about the mean, where sums of squares lose no digits
    sums = np.bincount(labels, weights=centred, minlength=k)
    squares = np.bincount(labels, weights=centred**2, minlength=k)
    rest_n, rest_sums, rest_squares = n.sum() - n, sums.sum() - sums, squares.sum() - squares
    with np.errstate(divide="ignore", invalid="ignore"):
        means, rest_means = sums / n, rest_sums / rest_n
        variance = np.maximum(squares - n * means**2, 0.0) / (n - 1)
        rest_variance = np.maximum(rest_squares - rest_n * rest_means**2, 0.0) / (rest_n - 1)
        spread = float(np.sqrt(squares.sum() / n.sum()))
        low, high, p = welch((means, rest_means), (variance, rest_variance), (n, rest_n))
        # A segment is a part of all customers: it differs from them by the share of the rest of what it differs from
        # the rest.
        scale = rest_n / n.sum() / spread
        ends = mean_interval(means, variance, n)
        index = 100 * (means + overall) / overall if overall > 0 else np.full(k, np.nan)
        effect = np.zeros(k) if spread == 0 else means / spread
    flat = spread == 0
    whole = rest_n == 0  # one segment is all customers
    return {
        "variable": variable,
        "level": "",
        "measure": "mean",
        "customers": n,
        "missing": sizes - n,
        "value": means + overall,
        "low": ends[0] + overall,
        "high": ends[1] + overall,
        "median": np.array([np.median(group) if len(group) else np.nan for group in groups]),
        "overall": np.full(k, overall),
        "overall_median": np.full(k, np.median(values) if len(values) else np.nan),
        "index": index,
        "effect": np.where(whole, 0.0, effect),
        "effect_low": np.zeros(k) if flat else np.where(whole, 0.0, low * scale),
        "effect_high": np.zeros(k) if flat else np.where(whole, 0.0, high * scale),
        "p": p,
    }


def _shares(variable: ProfileVariable, codes: npt.NDArray[Any], labels: Labels, k: int) -> dict[str, object]:
    """Shares of each level and their effects, for all segments: arrays of shape (k, n_levels)."""
    levels = len(variable.levels)
    width = levels + 2  # missing first; whatever is no level last
    counts = contingency(labels, np.minimum(codes, levels) + 1, k, width).astype(float)
    missing, events = counts[:, 0], counts[:, 1 : levels + 1]
    n = (counts.sum(axis=1) - missing)[:, None] * np.ones((1, levels))
    rest_events, rest_n = events.sum(axis=0) - events, n.sum(axis=0) - n
    with np.errstate(divide="ignore", invalid="ignore"):
        share, overall = events / n, events.sum(axis=0) / n.sum(axis=0)
        low, high = wilson(events, n)
        ends = newcombe((events, rest_events), (n, rest_n))
        part = rest_n / n.sum(axis=0)
        index = np.where(overall > 0, 100 * share / overall, np.nan)
    whole = rest_n == 0
    return {
        "variable": variable,
        "level": np.tile(np.array(variable.levels, dtype=object), k),
        "measure": "share",
        "customers": n,
        "missing": np.repeat(missing, levels),
        "value": share,
        "low": low,
        "high": high,
        "median": np.full((k, levels), np.nan),
        "overall": np.tile(overall, k),
        "overall_median": np.full((k, levels), np.nan),
        "index": index,
        "effect": np.where(whole, 0.0, share - overall),
        "effect_low": np.where(whole, 0.0, ends[0] * part),
        "effect_high": np.where(whole, 0.0, ends[1] * part),
        "p": shares_differ((events, rest_events), (n, rest_n)),
    }


def _table(parts: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Put the variables together, segment by segment."""
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS})
    columns: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in COLUMNS}
    for part in parts:
        variable = part["variable"]
        assert isinstance(variable, ProfileVariable)  # noqa: S101 - for the types
        numbers = {
            name: np.ravel(np.asarray(part[name]))
            for name in COLUMNS
            if name in part and name not in ("variable", "level", "measure")
        }
        length = len(numbers["value"])
        if variable.shapes:
            numbers["p"] = np.full(length, np.nan)
        words = {
            "segment": np.repeat(np.arange(length // max(len(variable.levels), 1)), max(len(variable.levels), 1)),
            "variable": np.full(length, variable.name, dtype=object),
            "level": np.broadcast_to(np.asarray(part["level"], dtype=object), (length,)),
            "role": np.full(length, variable.role.value, dtype=object),
            "unit": np.full(length, variable.unit, dtype=object),
            "measure": np.full(length, part["measure"], dtype=object),
            "shapes": np.full(length, variable.shapes),
        }
        for name, array in {**numbers, **words}.items():
            columns[name].append(array)
    joined = {name: np.concatenate(arrays) for name, arrays in columns.items() if arrays}
    joined["q"] = corrected(joined["p"].astype(float))
    for name in ("customers", "missing"):
        joined[name] = joined[name].astype(np.int64)
    order = np.argsort(joined["segment"], kind="stable")
    return pd.DataFrame({name: joined[name][order] for name in COLUMNS})
