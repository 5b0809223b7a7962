"""One store for all of these tests: making one takes more than a second. None of them minds the others' runs."""

import pytest

from customer_segmentation.tracking.store import open_store


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    return open_store(uri=f"sqlite:///{folder}/mlflow.db", experiment="mine", artifacts=None)
