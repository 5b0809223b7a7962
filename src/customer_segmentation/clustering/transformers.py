"""The first step of every pipeline: from raw customers to features.

It is a scikit-learn transformer so that everything from raw columns to label is one Pipeline. Its parameters are plain
dictionaries, lists, strings and numbers: skops stores them without trusting anything but this class.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from customer_segmentation.data.cleaning import Prepared, prepare_columns
from customer_segmentation.data.contract import spec_from_plain
from customer_segmentation.data.expressions import evaluate, parse
from customer_segmentation.errors import DataError


class CustomerFeatures(TransformerMixin, BaseEstimator):
    """Raw customers in, features out: cells cast, structural blanks filled, known errors corrected, columns combined.

    Parameters
    ----------
    columns : dict
        Canonical column name to the plain form of its contract (see `plain_spec`).
    features : dict
        Feature name to the plain form of its expression (see `plain_expression`).
    categories : list of str
        The features that stay words.
    blanks : dict, optional
        Column to what its blank cells are taken for: a number, yes or no as 1 or 0, a word, a day since 1970-01-01.

    Attributes
    ----------
    feature_names_in_ : ndarray of str
        The columns it reads; others are ignored.
    """

    blanks: dict[str, Any] | None = None  # a model of an earlier commit has been stored without

    def __init__(
        self,
        columns: dict[str, Any],
        features: dict[str, Any],
        categories: list[str],
        blanks: dict[str, Any] | None = None,
    ) -> None:
        self.columns = columns
        self.features = features
        self.categories = categories
        self.blanks = blanks

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:  # noqa: ARG002 - the signature of its kind
        """Remember the columns; nothing is learnt from the customers.

        Parameters
        ----------
        X : not read
        y : not read; scikit-learn's Pipeline hands it over
        """
        self.feature_names_in_ = np.array(list(self.columns), dtype=object)
        self.n_features_in_ = len(self.columns)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Features of each customer.

        Parameters
        ----------
        X : DataFrame of shape (n_customers, n_columns)
            Canonical column names; cells may be numbers, numeric strings or blanks.

        Returns
        -------
        DataFrame of shape (n_customers, n_features)
            float64 for numbers and yes/no (0 or 1), words for categories.

        Raises
        ------
        DataError
            A column is missing.
        """
        check_is_fitted(self)
        if not isinstance(X, pd.DataFrame):
            raise DataError(f"expected a DataFrame with columns {', '.join(self.columns)}; found {type(X).__name__}.")
        missing = [name for name in self.columns if name not in X.columns]
        if missing:
            raise DataError(f"the customers lack the column{'s'[: len(missing) > 1]} {', '.join(missing)}.")
        return self.features_of(self.prepare(X).frame)

    def prepare(self, X: pd.DataFrame, decimal: str | None = None) -> Prepared:
        """Typed cells of the columns that are there, and what could not be read; columns of its own may be absent.

        Parameters
        ----------
        X : raw customers, one row each, under canonical column names
        decimal : the sign before decimals, where it is known; else the cells tell
        """
        specs = {name: spec_from_plain(plain) for name, plain in self.columns.items() if name in X.columns}
        return prepare_columns(X[list(specs)], specs, decimal=decimal)

    def features_of(self, clean: pd.DataFrame) -> pd.DataFrame:
        """Features of customers whose cells are typed already."""
        features = {}
        for name, expression in self.features.items():
            values = evaluate(parse(expression, where=f"features.columns.{name}"), clean, self.blanks)
            if name in self.categories:
                features[name] = values.astype(object).where(values.notna(), "")
            else:
                numbers = values.to_numpy(dtype=float, na_value=np.nan)
                features[name] = pd.Series(numbers, index=clean.index, copy=False)
        # Not copied: of a large table a feature that is a column costs nothing then.
        return pd.DataFrame(features, index=clean.index, copy=False)

    @property
    def may_be_blank(self) -> set[str]:
        """Columns of which a blank cell has a meaning to every feature that reads it."""
        valued = {
            column
            for name, expression in self.features.items()
            for column in parse(expression, where=f"features.columns.{name}").valued
        }
        return set(self.needed) - (valued - set(self.blanks or ()))

    @property
    def needed(self) -> list[str]:
        """Columns that the features themselves read; the others only mend these."""
        return list(
            dict.fromkeys(
                column
                for name, expression in self.features.items()
                for column in parse(expression, where=f"features.columns.{name}").columns
            )
        )

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:  # noqa: ARG002 - the signature of its kind
        """Names of the features."""
        return np.array(list(self.features), dtype=object)


def plain_expression(expression: Any) -> Any:
    """Expression as strings, numbers and one-key dictionaries: what `parse` reads."""
    if expression.operation == "column":
        return expression.name
    if expression.operation == "number":
        return expression.number
    return {expression.operation: [plain_expression(operand) for operand in expression.operands]}
