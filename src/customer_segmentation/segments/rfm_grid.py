"""The classic grid of recency and frequency in fifths, beside the segments: who knows "555" finds it here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.metrics import adjusted_rand_index

#: Columns of a table of orders that was summed up to customers.
RECENCY, FREQUENCY, MONETARY = "Recency", "Frequency", "Monetary"
GRID = "segments/rfm_grid.csv"

#: Group -> the scores of recency and of frequency that it takes, in the order in which the groups are listed. The
#: names and cells are those in common use in marketing.
GROUPS: dict[str, tuple[tuple[str, str], ...]] = {
    "Champions": (("5", "45"),),
    "Loyal customers": (("34", "45"),),
    "Potential loyalists": (("45", "23"),),
    "New customers": (("5", "1"),),
    "Promising": (("4", "1"),),
    "Need attention": (("3", "3"),),
    "About to sleep": (("3", "12"),),
    "Cannot lose them": (("12", "5"),),
    "At risk": (("12", "34"),),
    "Hibernating": (("12", "12"),),
}


@dataclass(frozen=True)
class RfmGrid:
    """Customers by the grid.

    Attributes
    ----------
    scores : DataFrame, one row a customer
        ``rfm``: scores of recency, frequency and monetary value, each 1 to 5, 5 the best fifth, such as "545";
        ``rfm_group``.
    table : DataFrame, one row a group that has customers
        ``group``, ``recency`` and ``frequency`` (the scores that it takes), ``customers``, ``share``, ``value_share``,
        ``segment`` (the segment that most of them are in) and ``in_segment`` (the share of them that is).
    agreement : float
        Adjusted Rand index of the groups and the segments.
    """

    scores: pd.DataFrame
    table: pd.DataFrame
    agreement: float


def fifths(values: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Fifth of each value among all, 1 to 5; equal values share one, so that fifths may be of different sizes.

    Parameters
    ----------
    values : array of shape (n_customers,)

    Examples
    --------
    >>> fifths([1, 1, 1, 2, 3, 4, 5, 6, 7, 8]).tolist()
    [1, 1, 1, 2, 3, 3, 4, 4, 5, 5]
    """
    found = np.asarray(values, dtype=float)
    return 1 + np.searchsorted(np.quantile(found, [0.2, 0.4, 0.6, 0.8]), found, side="left")


def rfm_grid(customers: pd.DataFrame, labels: npt.NDArray[np.integer]) -> RfmGrid | None:
    """Put the customers of a fit into the grid.

    Parameters
    ----------
    customers : DataFrame of shape (n_customers, n_columns)
    labels : integer array of shape (n_customers,)

    Returns
    -------
    RfmGrid or None
        None where the table has no recency, frequency and monetary value.
    """
    needed = [RECENCY, FREQUENCY, MONETARY]
    if not set(needed) <= set(customers.columns) or customers[needed].isna().to_numpy().any():
        return None
    if not all(pd.api.types.is_numeric_dtype(customers[name].dtype) for name in needed):
        return None
    money = customers[MONETARY].to_numpy(dtype=float)
    r, f, m = (fifths(values) for values in (-customers[RECENCY].to_numpy(dtype=float), customers[FREQUENCY], money))
    cell = {
        (int(first), int(second)): at
        for at, cells in enumerate(GROUPS.values())
        for firsts, seconds in cells
        for first in firsts
        for second in seconds
    }
    codes = np.array([cell[pair] for pair in zip(r.tolist(), f.tolist(), strict=True)], dtype=np.intp)
    names = list(GROUPS)
    scores = pd.DataFrame(
        {
            "rfm": pd.Series(100 * r + 10 * f + m).astype("str"),
            "rfm_group": pd.Categorical.from_codes(codes, categories=pd.Index(names)),
        }
    )
    rows = []
    for at, (name, cells) in enumerate(GROUPS.items()):
        inside = codes == at
        if not inside.any():
            continue
        counts = np.bincount(labels[inside].astype(np.intp))
        rows.append(
            {
                "group": name,
                "recency": " or ".join("-".join(sorted({one[0][0], one[0][-1]})) for one in cells),
                "frequency": " or ".join("-".join(sorted({one[1][0], one[1][-1]})) for one in cells),
                "customers": int(inside.sum()),
                "share": float(inside.mean()),
                "value_share": float(money[inside].sum() / money.sum()) if money.sum() > 0 else np.nan,
                "segment": int(counts.argmax()),
                "in_segment": float(counts.max() / inside.sum()),
            }
        )
    return RfmGrid(scores, pd.DataFrame(rows), float(adjusted_rand_index(codes, labels)))
