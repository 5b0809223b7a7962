"""How many values of each column lie far from its middle half."""

import numpy as np
import pandas as pd

from customer_segmentation.explore.description import numeric_columns


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
