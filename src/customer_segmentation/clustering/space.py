"""A space: one feature set under one scaling, as a matrix and as the fitted first half of a pipeline."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from customer_segmentation.clustering.feature_set import FeatureSet
from customer_segmentation.clustering.imputation import imputation
from customer_segmentation.clustering.indicator_weight import weigh, weighting
from customer_segmentation.clustering.transformers import CustomerFeatures, plain_expression
from customer_segmentation.data.contract import CASTING, plain_spec
from customer_segmentation.errors import StudyError

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Space:
    """Customers as points.

    Attributes
    ----------
    features : FeatureSet
    scaling : str
        Name of the scaling.
    matrix : ndarray of shape (n_customers, n_dimensions), float64, C order
    dimensions : list of str
        Name of each column of the matrix: a feature, or a feature and one of its categories.
    values : DataFrame of shape (n_customers, n_features)
        The features before scaling, in their own units.
    preparation : Pipeline
        Fitted steps ``features`` and ``scaling``.
    notes : tuple of str
        What a reader of its scores should know.
    imputed : tuple of str
        A sentence on each column whose blank cells were taken for a value.
    """

    features: FeatureSet
    scaling: str
    matrix: Floats
    dimensions: list[str]
    values: pd.DataFrame
    preparation: Pipeline
    notes: tuple[str, ...]
    imputed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Feature set and scaling, as runs are named."""
        return f"{self.features.name} · {self.scaling}"

    @property
    def numbers(self) -> pd.DataFrame:
        """The features that are numbers or yes/no, in their own units: what has a mean and can be drawn."""
        return self.values[[name for name in self.values if name not in self.features.of_kind("category")]]

    def project(self, customers: pd.DataFrame) -> tuple[Floats, Mask]:
        """Place customers whom the space was not made from.

        Parameters
        ----------
        customers : DataFrame of shape (n_customers, n_columns)
            Canonical column names.

        Returns
        -------
        matrix : array of shape (n_usable, n_dimensions)
        usable : boolean array of shape (n_customers,)
            The customers that have a place: all of their features are known and can be scaled.
        """
        return project(self.preparation, customers)

    def pipeline(self, estimator: Any) -> Pipeline:
        """One Pipeline from raw customers to label, around an estimator fitted on `matrix`."""
        return Pipeline([*self.preparation.steps, ("clustering", estimator)])


def project(pipeline: Pipeline, customers: pd.DataFrame) -> tuple[Floats, Mask]:
    """Place customers in the space of a fitted pipeline, as `Space.project` does.

    Parameters
    ----------
    pipeline : fitted; its first two steps are ``features`` and ``scaling``
    customers : raw columns under canonical names, shape (n_customers, n_columns)
    """
    with np.errstate(all="ignore"):
        features = pipeline.steps[0][1].transform(customers)
    return project_features(pipeline, features)


def project_features(pipeline: Pipeline, features: pd.DataFrame) -> tuple[Floats, Mask]:
    """Place customers whose features are computed already, as `Space.project` does.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted; its first two steps are ``features`` and ``scaling``.
    features : DataFrame of shape (n_customers, n_features)

    Returns
    -------
    matrix : array of shape (n_usable, n_dimensions), float64, C order
    usable : boolean array of shape (n_customers,)
    """
    (_, step), (_, scaling) = pipeline.steps[:2]
    numbers = features[[name for name in features if name not in step.categories]].to_numpy(dtype=float)
    usable = np.isfinite(numbers).all(axis=1)
    if not usable.any():
        return np.empty((0, len(scaling.get_feature_names_out()))), usable
    # What becomes infinite on the way is told row by row; scikit-learn's own check would refuse the whole batch.
    with np.errstate(all="ignore"), sklearn.config_context(assume_finite=True), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Found unknown categories")  # drift names them
        matrix = np.ascontiguousarray(
            scaling.transform(features if usable.all() else features[usable]), dtype=np.float64
        )
    finite = np.isfinite(matrix).all(axis=1)  # what is too far out cannot be scaled
    if finite.all():
        return matrix, usable
    usable[np.flatnonzero(usable)[~finite]] = False
    return matrix[finite], usable


def build_space(
    customers: pd.DataFrame, features: FeatureSet, *, scaling: str, scaler: Any, indicators: float | None = None
) -> Space:
    """Compute the features of customers and scale them.

    Parameters
    ----------
    customers : DataFrame of shape (n_customers, n_columns)
        Clean or raw rows with canonical column names.
    features : FeatureSet
    scaling : str
        Name of the scaling, for messages and runs.
    scaler : scikit-learn transformer or None
        Unfitted. Applied to the numeric features; None leaves the numbers as they are. Yes/no features and the words of
        categories become 0/1 columns whatever the scaling.
    indicators : float, optional
        Weight of a 0/1 column beside numbers, in standard deviations of a typical scaled number; None: 0 and 1 as they
        stand, as it is where a feature set has no numbers.

    Raises
    ------
    StudyError
        A feature has missing or infinite values, a column to impute has none at all, or all customers are alike in
        every feature. Or the scaler refuses them.
    """
    builder = CustomerFeatures(
        columns={name: plain_spec(spec, keys=CASTING) for name, spec in features.specs.items()},
        features={feature.name: plain_expression(feature.expression) for feature in features.features},
        categories=features.of_kind("category"),
    )
    imputed = imputation(builder.prepare(customers).frame, features) if features.impute else {}
    if imputed:
        builder.set_params(blanks={name: item.value for name, item in imputed.items()})
    if scaler is not None and getattr(scaler, "copy", True) is False:
        scaler.set_params(copy=True)  # or it would write into the table, of which a feature may be a column
    values = builder.fit(customers).transform(customers)
    _check_values(values, features)
    sentences = tuple(item.sentence for item in imputed.values() if item.blank)
    notes = (*_notes(values, features, scaler), *sentences)
    weighted = indicators is not None and 0 < len(features.of_kind("numeric")) < len(features.features)
    encoder = _encoder(features, scaler, weighted=weighted)
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # what becomes undefined is told below
        # n_quantiles larger than the table is lowered by scikit-learn itself; nothing for the user to do
        warnings.filterwarnings("ignore", message="n_quantiles")
        try:
            matrix = encoder.fit_transform(values)
        except (ValueError, TypeError) as error:
            raise StudyError(
                f"scaling={scaling} cannot be fitted to features={features.name}: {str(error).strip().splitlines()[0]}"
            ) from error
        if weighted and indicators is not None:
            weigh(encoder, matrix, indicators)
            matrix = encoder.transform(values)
    matrix = np.ascontiguousarray(matrix, dtype=np.float64)
    names = [str(name) for name in encoder.get_feature_names_out()]
    if not np.isfinite(matrix).all():
        bad = [name for name, column in zip(names, matrix.T, strict=True) if not np.isfinite(column).all()]
        raise StudyError(
            f"scaling={scaling} makes {', '.join(bad)} of features={features.name} infinite or undefined; choose "
            "another scaling or a feature without such values."
        )
    if len(matrix) and (matrix == matrix[0]).all():
        raise StudyError(
            f"features={features.name} scaling={scaling}: all {len(matrix):,} customers are alike in "
            f"{', '.join(features.names)}; there is nothing to segment by."
        )
    preparation = Pipeline([("features", builder), ("scaling", encoder)])
    return Space(features, scaling, matrix, names, values, preparation, notes, sentences)


def _encoder(features: FeatureSet, scaler: Any, *, weighted: bool) -> Any:
    """Scaler for numbers alone; with yes/no or categories a ColumnTransformer around it."""
    if scaler is None:
        # validated, it hands on an array as every scaler does: an estimator fitted on arrays warns about frames
        scaler = FunctionTransformer(feature_names_out="one-to-one", validate=True)
    if len(features.of_kind("numeric")) == len(features.features):
        return scaler
    indicator: Any = "passthrough"
    category: Any = OneHotEncoder(sparse_output=False, handle_unknown="ignore", drop="if_binary")
    if weighted:
        indicator, category = weighting(), Pipeline([("words", category), ("weight", weighting())])
    parts = [
        ("numeric", scaler, features.of_kind("numeric")),
        ("indicator", indicator, features.of_kind("indicator")),
        ("category", category, features.of_kind("category")),
    ]
    if weighted:
        parts = [part for part in parts if part[2]]
    return ColumnTransformer(parts, verbose_feature_names_out=False)


def _check_values(values: pd.DataFrame, features: FeatureSet) -> None:
    for feature in features.features:
        if feature.kind == "category":
            continue
        column = values[feature.name].to_numpy(dtype=float)
        bad = int((~np.isfinite(column)).sum())
        if bad:
            raise StudyError(
                f"features={features.name}: {feature.name} = {feature.expression} has no finite value for {bad:,} of "
                f"{len(column):,} customers; declare what a blank means (data.columns.<column>.fill), impute it "
                "(features.impute), or choose another feature."
            )


def _notes(values: pd.DataFrame, features: FeatureSet, scaler: Any) -> tuple[str, ...]:
    notes = []
    constant = [str(name) for name in values if (values[name] == values[name].iloc[0]).all()]
    if constant:
        notes.append(f"{', '.join(constant)} has the same value for every customer and separates none")
    if scaler is not None and not features.of_kind("numeric"):
        notes.append("the scaling changes nothing: every feature is yes/no or a category")
    return tuple(notes)
