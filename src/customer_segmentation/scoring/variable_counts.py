"""One variable of a model's reference: its bins at the fit, and what has been counted since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.formatting import figure
from customer_segmentation.model.reference import bins_of

UNITS = {
    0.001: "thousands for ones",
    0.01: "hundreds for ones, such as dollars for cents",
    0.1: "tens for ones",
    10.0: "ten times the unit",
    12.0: "months for years",
    1 / 12: "years for months",
    100.0: "a hundred times the unit, such as cents for dollars",
    1000.0: "a thousand times the unit",
}
NEAR_UNIT = 0.15  # how near to such a factor the means must be, as a share of it


class VariableCounts:
    """One variable: its bins at the fit, and what has been counted since."""

    def __init__(self, item: Mapping[str, Any], source: str) -> None:
        self.item, self.source = item, source
        self.name = str(item["name"])
        self.numeric = item["kind"] == "number"
        self.sum, self.n = 0.0, 0
        self.edges = np.array(item.get("edges", []), dtype=float)
        self.now: npt.NDArray[np.int64] = np.zeros(len(self.edges) + 1, dtype=np.int64)
        self.values: Counter[str] = Counter()

    def add(self, column: pd.Series) -> dict[tuple[str, str], int]:
        """Count values; return the categories that the fit did not have."""
        if self.numeric:
            values = column.to_numpy(dtype=float, na_value=np.nan)
            values = values[np.isfinite(values)]
            self.now += np.bincount(bins_of(values, self.edges), minlength=len(self.now))
            self.sum += float(values.sum())
            self.n += len(values)
            return {}
        counts = column.dropna().astype(str).value_counts()
        known, unseen = self.item["counts"], {}
        for value, count in counts.items():
            if value not in known:
                unseen[(self.name, str(value))] = int(count)
            self.values[str(value) if value in known else "not at the fit"] += int(count)
        return unseen

    @property
    def state(self) -> dict[str, Any]:
        """What `merge` takes: numbers and texts alone."""
        return {"now": self.now.tolist(), "sum": self.sum, "n": self.n, "values": dict(self.values)}

    def merge(self, state: Mapping[str, Any]) -> None:
        """Add what was counted elsewhere, as its `state` says."""
        self.now += np.array(state["now"], dtype=np.int64)
        self.sum += state["sum"]
        self.n += state["n"]
        self.values.update(state["values"])

    def counts(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Customers of each bin then and now."""
        if self.numeric:
            return np.array(self.item["counts"], dtype=float), self.now.astype(float)
        values = [*self.item["counts"], *(["not at the fit"] if self.values["not at the fit"] else [])]
        then = np.array([self.item["counts"].get(value, 0) for value in values], dtype=float)
        return then, np.array([self.values[value] for value in values], dtype=float)

    def shares(self) -> pd.DataFrame:
        """Shares of each bin then and now, with the bin's label."""
        then, now = self.counts()
        if self.numeric:
            ends = [f"{edge:,.6g}" for edge in self.edges]
            labels = [f"up to {ends[0]}", *(f"to {end}" for end in ends[1:]), f"above {ends[-1]}"] if ends else ["all"]
        else:
            labels = [*self.item["counts"], *(["not at the fit"] if len(then) > len(self.item["counts"]) else [])]
        return pd.DataFrame({"bin": labels, "then": then / max(then.sum(), 1), "now": now / max(now.sum(), 1)})

    @property
    def mean_then(self) -> float:
        """Mean at the fit; NaN of a variable that has categories."""
        return float(self.item["mean"]) if self.numeric else float("nan")

    @property
    def mean_now(self) -> float:
        """Mean of what has been counted; NaN where there is none."""
        return self.sum / self.n if self.numeric and self.n else float("nan")

    @property
    def shift(self) -> float:
        """By how many standard deviations of the fit the mean has moved, in logarithms where it is a factor."""
        if not self.numeric or not self.n:
            return 0.0
        factor = self.factor
        moved = abs(self.mean_now - self.mean_then) / max(float(self.item["sd"]), 1e-12)
        return float(max(abs(np.log(factor)) if factor else 0.0, np.log1p(moved)))

    @property
    def factor(self) -> float | None:
        """How many times as large the mean is, where that has a meaning."""
        if not self.numeric or not self.n or self.mean_then <= 0 or self.mean_now <= 0:
            return None
        return self.mean_now / self.mean_then

    @property
    def told(self) -> str:
        """What became of it, in words."""
        behind = [column for column in self.item.get("columns", ()) if column != self.name]
        name = f"{self.name} ({', '.join(behind)})" if behind else self.name
        if not self.numeric:
            return f"{name} is distributed otherwise"
        unit = str(self.item.get("unit") or "")
        then, now = figure(self.mean_then, unit), figure(self.mean_now, unit)
        text = f"{name} was {then} and is {now} on average"
        factor = self.factor
        for known, words in UNITS.items():
            if factor and abs(factor / known - 1) < NEAR_UNIT:
                return f"{text}, {factor:,.3g} times as much: is it in other units ({words})?"
        return text
