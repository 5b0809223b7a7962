"""A store and a small model in it, registered by hand: what the registry promises needs no sweep."""

import uuid

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from customer_segmentation.clustering.feature_set import feature_set
from customer_segmentation.clustering.space import build_space
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.registry.versions import ModelRegistry
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role
from customer_segmentation.tracking.runs import finish_run, start_run
from customer_segmentation.tracking.store import open_store

COLUMNS = {name: ColumnSpec(type=ColumnType.number, role=Role.numeric) for name in ("a", "b")}


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    return open_store(uri=f"sqlite:///{folder}/mlflow.db", experiment="mine", artifacts=None)


@pytest.fixture(scope="session")
def model():
    raw = pd.DataFrame(np.random.default_rng(0).normal(size=(90, 2)), columns=["a", "b"])
    space = build_space(raw, feature_set("f", "", {"a": "a", "b": "b"}, COLUMNS), scaling="s", scaler=StandardScaler())
    estimator = KMeans(3, n_init=1, random_state=0).fit(space.matrix)
    return SegmentModel(space.pipeline(estimator), (0, 1, 2), {}, estimator.cluster_centers_, {}, raw.head(3))


@pytest.fixture
def run_id(store):
    made = start_run(store, name="f · s · k=3", level="candidate", tags={})
    finish_run(store, made)
    return made


@pytest.fixture
def registry(store):
    """A registered model of the test's own."""
    return ModelRegistry(store, f"model-{uuid.uuid4().hex}")
