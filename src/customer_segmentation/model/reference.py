"""How the customers of a fit were distributed: what later customers are compared with. Stored with the model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

BINS = 10
DISTANCE_QUANTILES = (0.5, 0.9, 0.95, 0.99)
MOST_VALUES = 200  # of a category; a column with more is no category


def reference_of(
    features: pd.DataFrame,
    clean: pd.DataFrame,
    *,
    units: Mapping[str, str],
    sources: Mapping[str, Sequence[str]],
    clusters: npt.NDArray[np.integer],
    distances: npt.NDArray[np.float64],
    k: int,
) -> dict[str, Any]:
    """Distributions of the features, of the columns behind them, of the clusters and of the distances to their centres.

    Parameters
    ----------
    features : DataFrame of shape (n_customers, n_features)
        In their own units; words for categories.
    clean : DataFrame of shape (n_customers, n_columns)
        Typed cells of the columns that the features are computed from. One that equals a feature is there once.
    units : mapping of str to str
        Unit of a feature.
    sources : mapping of str to sequence of str
        Columns that a feature reads.
    clusters : integer array of shape (n_customers,)
    distances : array of shape (n_customers,)
    k : int
        Number of clusters.
    """
    variables = [{"name": name, **distribution(features[name])} for name in features]
    for variable in variables:
        variable["unit"] = units.get(str(variable["name"]), "")
        variable["columns"] = list(sources.get(str(variable["name"]), ()))
    known = {_key(features[name]) for name in features}
    columns = [
        {"name": name, "unit": "", **distribution(clean[name])} for name in clean if _key(clean[name]) not in known
    ]
    return {
        "customers": len(features),
        "features": variables,
        "columns": columns,
        "clusters": np.bincount(clusters, minlength=k).tolist(),
        "distances": {
            "mean": float(np.mean(distances)),
            "quantiles": {str(q): float(np.quantile(distances, q)) for q in DISTANCE_QUANTILES},
        },
    }


def _key(values: pd.Series) -> bytes:
    """Checksum of values, in a form in which a feature equals the column that it is."""
    if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        return hashlib.sha256(values.to_numpy(dtype=np.float64, na_value=np.nan).data).digest()
    return hashlib.sha256(pd.util.hash_array(values.astype(object).to_numpy()).data).digest()


def distribution(values: pd.Series) -> dict[str, Any]:
    """Distribution of one variable: a number by its deciles, anything with few values by these."""
    if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        numbers = numbers[np.isfinite(numbers)]
        edges = bin_edges(numbers)
        return {
            "kind": "number",
            "edges": edges.tolist(),
            "counts": np.bincount(bins_of(numbers, edges), minlength=len(edges) + 1).tolist(),
            "mean": float(numbers.mean()) if len(numbers) else 0.0,
            "sd": float(numbers.std()) if len(numbers) else 0.0,
        }
    counts = values.dropna().astype(str).value_counts()
    if len(counts) > MOST_VALUES:
        rest = int(counts.iloc[MOST_VALUES:].sum())
        counts = pd.concat([counts.iloc[:MOST_VALUES], pd.Series({"other": rest})])
    return {"kind": "category", "counts": {str(value): int(count) for value, count in counts.items()}}


def bin_edges(numbers: npt.NDArray[np.float64], bins: int = BINS) -> npt.NDArray[np.float64]:
    """Inner edges of bins of about equal size; a value that many customers share has a bin of its own.

    Parameters
    ----------
    numbers : values without blanks, shape (n,)
    bins : at most so many
    """
    if not len(numbers):
        return np.empty(0)
    edges = np.unique(np.quantile(numbers, np.arange(1, bins) / bins, method="inverted_cdf"))
    below: npt.NDArray[np.float64] = edges[edges < numbers.max()]
    return below


def bins_of(numbers: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Bin of each number: bin i holds what is above edge i - 1 and up to edge i.

    Parameters
    ----------
    numbers : values without blanks, shape (n,)
    edges : ascending inner edges
    """
    return np.searchsorted(edges, numbers, side="left")
