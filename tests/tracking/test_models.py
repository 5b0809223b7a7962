"""A model as it is logged: the same labels back, raw cells of any kind in, nothing foreign inside, little to carry."""

import contextlib
import json
import py_compile
import sqlite3
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from ready import run_fresh
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import BisectingKMeans, KMeans, MiniBatchKMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PowerTransformer, QuantileTransformer, StandardScaler

from customer_segmentation.clustering.feature_set import feature_set
from customer_segmentation.clustering.space import build_space
from customer_segmentation.errors import StoreError, StudyError
from customer_segmentation.model.files import pipeline_bytes
from customer_segmentation.model.segment_model import RESULTS, SegmentModel
from customer_segmentation.scoring.load import load_segment_model
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role
from customer_segmentation.tracking.items import Metrics, Model
from customer_segmentation.tracking.models import requirements
from customer_segmentation.tracking.runs import finish_run, record, start_run

COLUMNS = {
    "Months": ColumnSpec(type=ColumnType.integer, role=Role.numeric),
    "Paid": ColumnSpec(type=ColumnType.number, role=Role.value, fill=0),
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


def model_of(raw, scaler, estimator, **fields):
    space = build_space(raw, feature_set("f", "", DECLARED, COLUMNS), scaling="s", scaler=scaler)
    estimator.fit(space.matrix)
    return SegmentModel(
        pipeline=space.pipeline(estimator),
        **{
            "numbers": (0, 1, 2),
            "names": {},
            "centres": estimator.cluster_centers_,
            "contract": {},
            "example": raw[list(COLUMNS)].head(5),
            **fields,
        },
    )


def logged(store, model):
    run_id = start_run(store, name="m", level="candidate", tags={})
    done = record(
        store,
        run_id,
        [Metrics({"yardstick": 0.5}), Model(model, "f · s · k=3", params={"k": 3}, tags={"study": "f · s"})],
    )
    finish_run(store, run_id)
    mlflow.set_tracking_uri(store.uri)
    return run_id, done["model_id"]


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
    model = model_of(raw, scaler, estimator)
    run_id, model_id = logged(store, model)
    loaded = mlflow.pyfunc.load_model(f"models:/{model_id}")
    found = loaded.predict(raw)
    assert list(found) == list(RESULTS)
    np.testing.assert_array_equal(found["segment"], estimator.labels_)
    as_text = raw.astype(str).assign(Extra="more columns than asked for")
    np.testing.assert_array_equal(loaded.predict(as_text)["segment"], estimator.labels_)
    entity = store.client.get_logged_model(model_id)
    assert {metric.key: metric.value for metric in entity.metrics} == {"yardstick": 0.5}
    assert entity.source_run_id == run_id
    assert entity.params["k"] == "3"
    assert str(entity.status) == "READY"
    assert [output.model_id for output in store.client.get_run(run_id).outputs.model_outputs] == [model_id]


def test_numbers_names_profile_and_reference_travel_along(store, raw):
    profile = pd.DataFrame({"segment": [7, 2, 4], "variable": "Months", "mean": [1.0, 2.0, 3.0]})
    model = model_of(
        raw,
        StandardScaler(),
        KMeans(3, n_init=2, random_state=0),
        numbers=(7, 2, 4),
        names={7: "Loyal advocates", 4: "=Ünlucky"},
        profile=profile,
        reference={
            **{"customers": 200, "features": [], "columns": [], "clusters": [90, 60, 50]},
            "distances": {"mean": 1.0, "quantiles": {"0.99": 2.0}},
        },
        about={"study": "f · s"},
    )
    run_id, _ = logged(store, model)
    found = mlflow.pyfunc.load_model(f"runs:/{run_id}/f-s-k=3").predict(raw)
    clusters = model.pipeline.predict(raw)
    assert found["segment"].tolist() == [(7, 2, 4)[cluster] for cluster in clusters]
    names = {7: "Loyal advocates", 2: "segment 2", 4: "=Ünlucky"}
    assert found["segment_name"].tolist() == [names[number] for number in found["segment"]]


def test_blanks_text_and_nonsense_reach_the_model_and_spoil_no_other_row(store, raw):
    _, model_id = logged(store, model_of(raw, StandardScaler(), KMeans(3, n_init=2, random_state=0)))
    model = mlflow.pyfunc.load_model(f"models:/{model_id}")
    right = model.predict(raw)
    np.testing.assert_array_equal(
        model.predict(raw.assign(Paid=None))["segment"], model.predict(raw.assign(Paid=0.0))["segment"]
    )
    wild = raw.astype(object)
    wild.loc[0, "Months"] = None
    wild.loc[1, "Months"] = "many"
    wild["Plan"] = [{"a": 1} if row == 2 else plan for row, plan in enumerate(wild["Plan"])]
    wild["TV"] = [[1, 2] if row == 3 else answer for row, answer in enumerate(wild["TV"])]
    wild.loc[4, "Plan"] = "D"
    wild.loc[5, "Months"] = 0  # no rate
    wild.loc[6, "Months"] = "12.0"
    found = model.predict(wild)
    assert found.loc[:5, "segment"].tolist() == [None] * 6
    assert found.loc[0, "reason"] == "Months is missing"
    assert found.loc[1, "reason"] == "Months: 'many' is not a number"
    assert "Plan" in found.loc[2, "reason"]
    assert "TV" in found.loc[3, "reason"]
    assert found.loc[4, "reason"] == "Plan: 'D' is not one of A, B, C"
    assert found.loc[5, "reason"] == "rate has no finite value"
    assert found.loc[6, "segment"] in (0, 1, 2)
    pd.testing.assert_frame_equal(found.iloc[7:], right.iloc[7:], check_dtype=False)
    with pytest.raises(MlflowException, match=r"missing inputs \['TV'\]"):
        model.predict(raw.drop(columns="TV"))
    with pytest.raises(MlflowException, match=r"missing inputs \['Months', 'Paid', 'TV', 'Plan'\]"):
        model.predict(pd.DataFrame([{}, {}]))
    json.dumps(found.to_dict("records"), allow_nan=False)


def test_the_model_brings_the_few_modules_that_it_needs_and_exact_requirements(store, raw, tmp_path):
    """Loaded in a process in which the package is not installed: only what the model brings is there."""
    run_id, _ = logged(store, model_of(raw, StandardScaler(), KMeans(3, n_init=2, random_state=0)))
    folder = Path(mlflow.artifacts.download_artifacts(f"runs:/{run_id}/f-s-k=3", dst_path=str(tmp_path)))
    assert sum(1 for path in folder.rglob("*") if path.name != "__pycache__") < 62
    raw.head(20).to_csv(tmp_path / "raw.csv", index=False)
    code = f"""
import sys
sys.path = [entry for entry in sys.path if not entry.endswith("/src")]
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
import importlib.util
spec = importlib.util.find_spec("customer_segmentation")
assert spec is None or spec.loader is None, "installed all the same"
import mlflow, pandas
found = mlflow.pyfunc.load_model({str(folder)!r}).predict(pandas.read_csv({str(tmp_path / "raw.csv")!r}))
import customer_segmentation
assert {str(folder)!r} in customer_segmentation.__file__
print(found["segment"].tolist())
"""
    done = run_fresh(code, tmp_path)
    assert done.returncode == 0, done.stderr
    here = mlflow.pyfunc.load_model(str(folder)).predict(raw.head(20))["segment"].tolist()
    assert json.loads(done.stdout.splitlines()[-1]) == here
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


def test_a_foreign_type_is_refused_unless_its_module_is_trusted_by_name():
    pipeline = make_pipeline(Foreign(), KMeans(2)).fit(np.arange(12.0).reshape(6, 2))
    with pytest.raises(StudyError, match=r"Foreign.*trusted_modules"):
        pipeline_bytes(pipeline)
    assert pipeline_bytes(pipeline, [Foreign.__module__])
    with pytest.raises(StudyError, match="Foreign"):
        pipeline_bytes(pipeline, [Foreign.__module__[:-1]])


def test_a_version_whose_source_is_of_others(store, raw, tmp_path):
    run_id, model_id = logged(store, model_of(raw, StandardScaler(), KMeans(3, n_init=1, random_state=0)))
    store.client.create_registered_model("m")
    (tmp_path / "home").mkdir()
    for source, said, why in (
        ((tmp_path / "home").as_uri(), run_id, "holds no model"),  # it would be copied with all that is in it
        (f"models:/{model_id}", "0" * 32, f"as one of run {'0' * 32}, and its files are of run {run_id}"),
    ):
        version = store.client.create_model_version("m", source=source, run_id=run_id, model_id=None)
        with contextlib.closing(sqlite3.connect(store.uri.removeprefix("sqlite:///"))) as connection, connection:
            told = "UPDATE model_versions SET source = ?, storage_location = ?, run_id = ? WHERE version = ?"
            connection.execute(told, (source, source, said, int(version.version)))
        with pytest.raises(StoreError, match=why):
            load_segment_model(f"models:/m/{version.version}", store.client)


NAMED = {"MLmodel", "model_code.py", "segment_model.py", "pipeline.skops"}


def test_no_file_of_a_model_can_be_altered_taken_away_or_added(store, raw):
    _, model_id = logged(store, model_of(raw, StandardScaler(), KMeans(3, n_init=1, random_state=0)))
    known = store.client.get_logged_model(model_id)
    folder = Path(known.artifact_location.removeprefix("file://"))
    by_run, by_id = f"runs:/{known.source_run_id}/{known.name}", f"models:/{model_id}"
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "__pycache__")
    assert {path.name for path in files} >= NAMED
    for path in [path for at, path in enumerate(files) if at % 4 == 0 or path.name in NAMED]:
        content = path.read_bytes()
        path.write_bytes(content + b"\n")
        for uri in (by_id, by_run, str(folder)) if path.name == "MLmodel" else (by_id,):
            with pytest.raises(StoreError, match=f"{path.name} of .* was altered since it was logged"):
                load_segment_model(uri, store.client)
        path.write_bytes(content)
        path.unlink()
        with pytest.raises(StoreError, match=f"{path.name} of .* is gone since it was logged"):
            load_segment_model(by_run, store.client)
        path.write_bytes(content)
    for added in ("code/numpy.py", "artifacts/segment_model/more.json", "code/registered_model_meta", "x.so"):
        (folder / added).write_text("")
        with pytest.raises(StoreError, match=f"{added} of .* was added"):
            load_segment_model(by_id, store.client)
        (folder / added).unlink()
    (folder / "registered_model_meta").write_text("model_name: n\n")  # as MLflow does
    (folder / "code" / "link.py").symlink_to("/etc/hostname")
    with pytest.raises(StoreError, match=r"code/link.py of .* is a link"):
        load_segment_model(str(folder), store.client)
    (folder / "code" / "link.py").unlink()
    assert load_segment_model(by_run, store.client).model_id == model_id


def test_loading_in_place_leaves_no_compiled_code_and_added_one_is_refused(store, raw):
    _, model_id = logged(store, model_of(raw, StandardScaler(), KMeans(3, n_init=1, random_state=0)))
    folder = Path(store.client.get_logged_model(model_id).artifact_location.removeprefix("file://"))
    code = f"import sys, mlflow; sys.dont_write_bytecode = False; mlflow.pyfunc.load_model({str(folder)!r})"
    done = run_fresh(code, folder)
    assert done.returncode == 0, done.stderr
    assert load_segment_model(f"models:/{model_id}", store.client)
    module = next(folder.rglob("segment_model.py"))
    keeper = module.parent / "__pycache__"
    keeper.write_text("x")
    with pytest.raises(StoreError, match=r"__pycache__ of .* is compiled code"):
        load_segment_model(f"models:/{model_id}", store.client)
    keeper.unlink()
    for compiled in (module.with_suffix(".pyc"), keeper / f"segment_model.{sys.implementation.cache_tag}.pyc"):
        py_compile.compile(str(module), cfile=str(compiled))
        with pytest.raises(StoreError, match=rf"{compiled.name} of .* is compiled code"):
            load_segment_model(f"models:/{model_id}", store.client)
        compiled.unlink()
    assert load_segment_model(f"models:/{model_id}", store.client), "an empty folder runs nothing"
