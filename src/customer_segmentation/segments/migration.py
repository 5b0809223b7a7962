"""Who moves where between two segmentations of the same customers: k = 4 and k = 5, last month and this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.clustering.metrics import adjusted_rand_index
from customer_segmentation.segments.matching import Matching, match_segments

Labels = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Migration:
    """Customers by segment before and after.

    Attributes
    ----------
    table : DataFrame, one row for each pair of segments that share customers
        ``before``, ``after``, their names, ``customers``, ``share_of_before``, ``share_of_after`` and ``same``: the two
        are one segment, as matched by the customers that they share.
    matching : Matching
    names_before, names_after : tuple of str
        With their numbers: "0 Loyal advocates", or "segment 0" where there is no name.
    customers : int
        In both segmentations.
    only_before, only_after : int
        Customers that only one of them holds.
    stayed : float
        Share of the customers in both whose segment is the same one.
    rand : float
        Adjusted Rand index: 1 when both segmentations are the same up to numbers, about 0 by chance.
    """

    table: pd.DataFrame
    matching: Matching
    names_before: tuple[str, ...]
    names_after: tuple[str, ...]
    customers: int
    only_before: int
    only_after: int
    stayed: float
    rand: float

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Customers in each pair of segments: shape (k_before, k_after)."""
        return self.matching.shared


def joined(before: pd.DataFrame, after: pd.DataFrame, columns: tuple[str, str]) -> pd.DataFrame:
    """Put the labels of two tables side by side, by customer.

    Parameters
    ----------
    before, after : DataFrame
        With ``customer``, each once, and a column of labels.
    columns : tuple of str
        Column of labels in either.

    Returns
    -------
    DataFrame
        ``customer``, ``before`` and ``after``; -1 where a table lacks the customer.
    """
    left = before[["customer", columns[0]]].set_axis(["customer", "before"], axis=1)
    right = after[["customer", columns[1]]].set_axis(["customer", "after"], axis=1)
    both = left.merge(right, on="customer", how="outer")
    return both.fillna({"before": -1, "after": -1}).astype({"before": np.int64, "after": np.int64})


def migration(
    before: Labels,
    after: Labels,
    *,
    names_before: Mapping[int, str] | None = None,
    names_after: Mapping[int, str] | None = None,
) -> Migration:
    """Count who moves where.

    Parameters
    ----------
    before, after : integer arrays of shape (n_customers,)
        Segment of each customer, -1 for one who has none there.
    names_before, names_after : mapping of int to str, optional
        Names of the segments; "segment 2" where there is none.
    """
    before, after = np.asarray(before, dtype=np.int64), np.asarray(after, dtype=np.int64)
    k = int(before.max(initial=0)) + 1, int(after.max(initial=0)) + 1
    matching = match_segments(before, after, k_before=k[0], k_after=k[1])
    counts = matching.shared
    called = [
        tuple(_called(number, names) for number in range(size))
        for names, size in zip((names_before, names_after), k, strict=True)
    ]
    same = {(match.before, match.after) for match in matching.matches}
    rows = [
        {
            "before": int(one),
            "after": int(other),
            "name_before": called[0][one],
            "name_after": called[1][other],
            "customers": int(counts[one, other]),
            "share_of_before": counts[one, other] / counts[one].sum(),
            "share_of_after": counts[one, other] / counts[:, other].sum(),
            "same": (int(one), int(other)) in same,
        }
        for one, other in np.argwhere(counts > 0)
    ]
    both = (before >= 0) & (after >= 0)
    n = int(both.sum())
    names = ["before", "after", "name_before", "name_after", "customers", "share_of_before", "share_of_after", "same"]
    return Migration(
        table=pd.DataFrame(rows, columns=names),
        matching=matching,
        names_before=called[0],
        names_after=called[1],
        customers=n,
        only_before=int(((before >= 0) & (after < 0)).sum()),
        only_after=int(((after >= 0) & (before < 0)).sum()),
        stayed=sum(match.customers for match in matching.matches) / n if n else float("nan"),
        rand=adjusted_rand_index(before[both], after[both]) if n else float("nan"),
    )


def _called(number: int, names: Mapping[int, str] | None) -> str:
    name = (names or {}).get(number)
    return f"{number} {name}" if name else f"segment {number}"
