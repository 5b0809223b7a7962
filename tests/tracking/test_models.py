"""A pipeline as a logged model: the same labels back, raw cells of any kind in, nothing foreign inside."""

from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import BisectingKMeans, KMeans, MiniBatchKMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PowerTransformer, QuantileTransformer, StandardScaler

from customer_segmentation.errors import StudyError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role
from customer_segmentation.spaces.feature_set import feature_set
from customer_segmentation.spaces.space import build_space
from customer_segmentation.tracking.items import Metrics, Model
from customer_segmentation.tracking.models import requirements, trusted_types
from customer_segmentation.tracking.runs import finish_run, record, start_run

COLUMNS = {
    "Months": ColumnSpec(type=ColumnType.integer, role=Role.numeric),
    "Paid": ColumnSpec(type=ColumnType.number, role=Role.value, blank=0),
    "TV": ColumnSpec(type=ColumnType.yes_no, role=Role.categorical),
    "Plan": ColumnSpec(type=ColumnType.category, role=Role.categorical, values=["A", "B", "C"]),
}
DECLARED = {"months": "Months", "rate": {"ratio": ["Paid", "Months"]}, "tv": "TV", "plan": "Plan"}
LOGARITHM = make_pipeline(FunctionTransformer(np.log1p, feature_names_out="one-to-one"), StandardScaler())


@pytest.fixture(scope="module")
def raw():
    generator = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "Months": generator.integers(1, 72, 200),
            "Paid": generator.gamma(2, 500, 200).round(2),
            "TV": generator.choice(["Yes", "No"], 200),
            "Plan": generator.choice(["A", "B", "C"], 200),
            "Not read": "x",
        }
    )


def logged(store, raw, scaler, estimator):
    space = build_space(raw, feature_set("f", "", DECLARED, COLUMNS), scaling="s", scaler=scaler)
    pipeline = space.pipeline(estimator.fit(space.matrix))
    run_id = start_run(store, name="m", level="candidate", tags={})
    model = Model(pipeline, raw[list(COLUMNS)].head(5), params={"k": 3}, tags={"study": "f · s"})
    done = record(store, run_id, [Metrics({"yardstick": 0.5}), model])
    finish_run(store, run_id)
    mlflow.set_tracking_uri(store.uri)
    return run_id, done["model_id"], estimator.labels_


@pytest.mark.parametrize(
    ("scaler", "estimator"),
    [
        (StandardScaler(), KMeans(3, n_init=2, random_state=0)),
        (LOGARITHM, MiniBatchKMeans(3, n_init=2, random_state=0)),
        (QuantileTransformer(n_quantiles=50), BisectingKMeans(3, random_state=0)),
        (PowerTransformer(), KMeans(3, n_init=2, random_state=0)),
        (None, KMeans(3, n_init=2, random_state=0)),
    ],
    ids=["standard", "log", "quantile", "power", "none"],
)
def test_every_scaling_and_algorithm_comes_back_with_equal_labels(store, raw, scaler, estimator):
    run_id, model_id, labels = logged(store, raw, scaler, estimator)
    model = mlflow.pyfunc.load_model(f"models:/{model_id}")
    np.testing.assert_array_equal(model.predict(raw), labels)
    as_text = raw.astype(str).assign(Extra="more columns than asked for")
    np.testing.assert_array_equal(model.predict(as_text), labels)
    found = store.client.get_logged_model(model_id)
    assert {metric.key: metric.value for metric in found.metrics} == {"yardstick": 0.5}
    assert found.source_run_id == run_id
    assert found.params["k"] == "3"


def test_a_blank_that_has_a_meaning_gets_a_label(store, raw):
    _, model_id, _ = logged(store, raw, StandardScaler(), KMeans(3, n_init=2, random_state=0))
    model = mlflow.pyfunc.load_model(f"models:/{model_id}")
    blank = raw.assign(Paid=None)
    zero = raw.assign(Paid=0.0)
    np.testing.assert_array_equal(model.predict(blank), model.predict(zero))


def test_requirements_are_exact_and_the_package_travels_along(store, raw, tmp_path):
    run_id, _, _ = logged(store, raw, StandardScaler(), KMeans(3, n_init=2, random_state=0))
    folder = Path(mlflow.artifacts.download_artifacts(f"runs:/{run_id}/model", dst_path=str(tmp_path)))
    assert (folder / "code" / "customer_segmentation" / "spaces" / "transformers.py").is_file()
    written = (folder / "requirements.txt").read_text().split()
    assert sorted(written) == sorted(requirements())
    assert all("==" in line for line in written)


class Foreign(TransformerMixin, BaseEstimator):
    """A transformer from nowhere that a loader would have to trust."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X


def test_a_foreign_type_is_refused():
    with pytest.raises(StudyError, match="Foreign"):
        trusted_types(make_pipeline(Foreign(), KMeans(2)).fit(np.arange(12.0).reshape(6, 2)))
