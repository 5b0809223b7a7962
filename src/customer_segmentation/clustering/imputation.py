"""What stands in the blank cells of a column: a statistic of the customers of the fit, which the model keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from customer_segmentation.clustering.feature_set import FeatureSet
from customer_segmentation.errors import StudyError
from customer_segmentation.formatting import figure, percent
from customer_segmentation.settings.data import ColumnType


@dataclass(frozen=True)
class Imputed:
    """One column's blank cells.

    Attributes
    ----------
    value : float, int or str
        What they are taken for: a number, yes or no as 1 or 0, a word, a day since 1970-01-01.
    blank : int
        Customers with a blank cell.
    sentence : str
        On both.
    """

    value: float | int | str
    blank: int
    sentence: str


def imputation(clean: pd.DataFrame, features: FeatureSet) -> Mapping[str, Imputed]:
    """Learn from customers what their blank cells are taken for.

    Parameters
    ----------
    clean : DataFrame of shape (n_customers, n_columns)
        Typed cells.
    features : FeatureSet
        Says of which columns, and by which statistic. Of values that are equally frequent the smallest is taken, as by
        scikit-learn's SimpleImputer.

    Raises
    ------
    StudyError
        All cells of a column are blank.
    """
    return {column: _imputed(clean[column], column, how, features) for column, how in features.impute.items()}


def _imputed(cells: pd.Series, column: str, how: str, features: FeatureSet) -> Imputed:
    known = cells.dropna()
    if known.empty:
        raise StudyError(
            f"features={features.name}: features.impute.{column}={how}, but all {len(cells):,} customers have a blank "
            "there; leave the column out."
        )
    spec = features.specs[column]
    value: Any
    if spec.type is ColumnType.date:
        known = known.astype("datetime64[s]").astype("int64") // 86_400
    elif spec.type is ColumnType.yes_no:
        known = known.astype(int)
    if how == "most_frequent":
        counts = known.astype(str if known.dtype == object else known.dtype).value_counts()
        value = min(counts.index[counts == counts.iloc[0]])
    else:
        value = getattr(known.astype(float), how)()
    value = str(value) if isinstance(value, str) else float(value)
    if spec.type in (ColumnType.date, ColumnType.yes_no):
        value = int(np.floor(value))
    blank = int(cells.isna().sum())
    called = "most frequent value" if how == "most_frequent" else how
    return Imputed(
        value,
        blank,
        f"{column} is blank for {blank:,} of {len(cells):,} customers ({percent(blank / len(cells))}) and is taken as "
        f"{_told(value, spec.type, spec.unit)}, the {called} of the others",
    )


def _told(value: Any, kind: ColumnType, unit: str) -> str:
    if kind is ColumnType.date:
        return str(np.datetime64(value, "D"))
    if kind is ColumnType.yes_no:
        return "yes" if value else "no"
    return value if isinstance(value, str) else figure(value, unit)
