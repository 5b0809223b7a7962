"""Descriptive statistics of the columns, and counts of customers by category and by band."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

from customer_segmentation.errors import SettingsError

STATISTICS = ["count", "missing", "mean", "std", "min", "25%", "50%", "75%", "max", "skew"]


MISSING = "(missing)"


def numeric_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the numeric and yes/no columns as float64, a missing cell as NaN, yes as 1.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_columns)
        Of any dtypes; text and categories are left out.

    Returns
    -------
    DataFrame of shape (n_customers, n_numeric_columns)
    """
    kept = {
        name: pd.Series(column.to_numpy(dtype=float, na_value=np.nan), index=frame.index, copy=False)
        for name, column in frame.items()
        if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype)
    }
    return pd.DataFrame(kept, index=frame.index, copy=False)


def describe(frame: pd.DataFrame) -> pd.DataFrame:
    """Describe each numeric column in its own unit.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_columns)
        Columns of text and categories are left out; a yes/no column is described as 0 and 1.

    Returns
    -------
    DataFrame of shape (n_numeric_columns, 10)
        ``count`` and ``missing`` (customers), ``mean``, ``std`` (divisor n - 1), ``min``, quartiles by linear
        interpolation, ``max``, ``skew`` (adjusted Fisher-Pearson; missing for a constant column or fewer than three
        values). A statistic that does not exist is NaN.
    """
    rows = {}
    for name, column in numeric_columns(frame).items():
        values = column.to_numpy()
        present = values[~np.isnan(values)]
        count = len(present)
        if count == 0:
            rows[name] = [0, len(values)] + [np.nan] * 8
            continue
        constant = present.min() == present.max()
        skew = np.nan if count < 3 or constant else float(stats.skew(present, bias=False))
        std = np.nan if count < 2 else 0.0 if constant else float(present.std(ddof=1))
        quartiles = np.quantile(present, [0.25, 0.5, 0.75])
        rows[name] = [count, len(values) - count, present.mean(), std, present.min(), *quartiles, present.max(), skew]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=STATISTICS)
    return table.astype({"count": int, "missing": int}).rename_axis("column")


def _with_share(counts: pd.Series) -> pd.DataFrame:
    total = counts.sum()
    return pd.DataFrame({"customers": counts.astype(int), "share": counts / total if total else np.nan})


def counts_by(series: pd.Series) -> pd.DataFrame:
    """Count the customers of each category.

    Parameters
    ----------
    series : Series of shape (n_customers,)

    Returns
    -------
    DataFrame of shape (n_categories, 2)
        ``customers`` and ``share`` of all customers, the most frequent category first, ties by name; an ordered
        categorical keeps its order. Missing cells stand last under ``(missing)``, so the counts always add up to
        ``n_customers``. Of a yes/no column the categories are Yes and No.
    """
    if pd.api.types.is_bool_dtype(series.dtype):
        series = series.astype(object).map({True: "Yes", False: "No"})
    counts = series.value_counts(dropna=True)
    if isinstance(series.dtype, pd.CategoricalDtype) and series.dtype.ordered:
        counts = counts.reindex(series.dtype.categories, fill_value=0)
        ordered = list(counts.items())
    else:
        ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    missing = int(series.isna().sum())
    if missing:
        ordered.append((MISSING, missing))
    index = pd.Index([str(name) for name, _ in ordered], name=series.name)
    return _with_share(pd.Series([count for _, count in ordered], index=index, dtype=int))


def band_labels(edges: Sequence[float]) -> list[str]:
    """Name the bands of :func:`counts_by_band`: ``19–25`` between whole edges, ``0.5 to <1`` otherwise, ``76+`` last.

    >>> band_labels([19, 26, 36])
    ['19–25', '26–35', '36+']
    """
    whole = all(float(edge).is_integer() for edge in edges)
    pairs = pairwise(edges)
    if whole:
        names = [f"{low:.0f}" if high - low == 1 else f"{low:.0f}–{high - 1:.0f}" for low, high in pairs]
    else:
        names = [f"{low:g} to <{high:g}" for low, high in pairs]
    return [*names, f"{edges[-1]:g}+"]


def counts_by_band(series: pd.Series, edges: Sequence[float], labels: Sequence[str] | None = None) -> pd.DataFrame:
    """Count the customers whose value falls into each band.

    Parameters
    ----------
    series : Series of shape (n_customers,)
        Numbers.
    edges : sequence of n_bands increasing numbers
        The lowest value of each band, in the unit of the column. A band ends below the next edge; the last is open.
    labels : sequence of n_bands str, optional
        Names of the bands; by default :func:`band_labels`, which suits whole numbers such as years.

    Returns
    -------
    DataFrame of shape (n_bands, 2) or one or two rows more
        ``customers`` and ``share``. Values below the first edge stand first under ``below 19``, missing ones last
        under ``(missing)``, each only when there are any: the counts always add up to ``n_customers``.

    Raises
    ------
    SettingsError
        The edges do not increase, or the labels are not one for each edge.
    """
    bounds = np.asarray(edges, dtype=float)
    if len(bounds) == 0 or not np.isfinite(bounds).all() or (np.diff(bounds) <= 0).any():
        raise SettingsError(f"The bands of {series.name!r} are {list(edges)}; expected increasing lower edges.")
    names = band_labels(edges) if labels is None else [str(label) for label in labels]
    if len(names) != len(bounds):
        raise SettingsError(f"{series.name!r} has {len(bounds)} bands but {len(names)} labels; expected one for each.")
    values = series.to_numpy(dtype=float, na_value=np.nan)
    missing = np.isnan(values)
    positions = np.searchsorted(bounds, values[~missing], side="right")
    counts = np.bincount(positions, minlength=len(bounds) + 1)
    rows = list(zip(names, counts[1:], strict=True))
    if counts[0]:
        rows.insert(0, (f"below {edges[0]:g}", counts[0]))
    if missing.any():
        rows.append((MISSING, missing.sum()))
    index = pd.Index([name for name, _ in rows], name=series.name)
    return _with_share(pd.Series([int(count) for _, count in rows], index=index, dtype=int))


def tukey_outliers(frame: pd.DataFrame, *, reach: float = 1.5) -> pd.DataFrame:
    """Count the values outside Tukey's fences, in the unit of each column.

    The fences lie ``reach`` interquartile ranges outside the quartiles (Tukey, Exploratory Data Analysis, 1977). A
    value beyond them is not an error: a skewed column, such as revenue, has many. Where the middle half of a column is
    one single value the fences coincide, and every other value counts.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_columns)
        Text, categories and columns of at most two distinct values (yes/no) are left out.
    reach : float
        1.5 for "outside", 3 for "far out".

    Returns
    -------
    DataFrame of shape (n_described_columns, 6)
        ``lower_fence``, ``upper_fence``, ``below``, ``above``, ``outside`` (customers) and ``share`` of the values
        that are present.
    """
    rows = {}
    for name, column in numeric_columns(frame).items():
        values = column.to_numpy()
        values = values[~np.isnan(values)]
        if len(values) == 0 or np.isin(values, [values.min(), values.max()]).all():
            continue
        first, third = np.quantile(values, [0.25, 0.75])
        lower, upper = first - reach * (third - first), third + reach * (third - first)
        below, above = int((values < lower).sum()), int((values > upper).sum())
        rows[name] = [lower, upper, below, above, below + above, (below + above) / len(values)]
    names = ["lower_fence", "upper_fence", "below", "above", "outside", "share"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names)
    return table.astype({"below": int, "above": int, "outside": int}).rename_axis("column")
