import contextlib
import functools
import io
import os
import signal
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from forked import Forks, Started

BIN = Path(sys.executable).parent


@dataclass
class Ran:
    """A finished command: its words, what it printed, and the folder it ran in."""

    code: int
    out: str
    error: str
    folder: Path

    @property
    def store(self):
        from customer_segmentation.tracking.store import open_store

        return open_store(uri=f"sqlite:///{self.folder}/mlflow.db", experiment="customer-segmentation", artifacts=None)

    def runs(self, level: str) -> list:
        from customer_segmentation.tracking.read import found_runs

        return found_runs(self.store, f"tags.level = '{level}'")

    def statuses(self) -> dict[str, int]:
        store = self.store
        experiments = [experiment.experiment_id for experiment in store.client.search_experiments()]
        runs = store.client.search_runs(experiments, max_results=1000)
        return pd.Series([run.info.status for run in runs], dtype=object).value_counts().to_dict()

    def artifact(self, run, path: str) -> Path:
        return Path(self.store.client.download_artifacts(run.info.run_id, path))


@functools.cache
def forks() -> Forks:
    """The process that commands are forked from."""
    return Forks()


def without_settings(**environment: str) -> dict[str, str]:
    """The environment of a command: the tests' own without a user's settings, and what is given."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "SEGMENT_"))}
    return {**kept, "PATH": f"{BIN}:{kept['PATH']}", "OMP_NUM_THREADS": "1", **environment}


def segment(*words: str, folder: Path, program: str = "segment", **environment: str) -> Ran:
    """Run the real command in a process of its own, as a user does."""
    with tempfile.TemporaryDirectory() as said:
        code = forks().run((program, *words), folder, without_settings(**environment), Path(said))
        return Ran(code, *((Path(said) / name).read_text(encoding="utf-8") for name in ("out", "error")), folder)


def segment_here(*words: str, folder: Path) -> Ran:
    """Run the same command within this process, which has imported its libraries: five seconds less each time."""
    from customer_segmentation.commands.main import main

    environment, stopping, hook = dict(os.environ), signal.getsignal(signal.SIGTERM), sys.unraisablehook
    for name in environment:
        if name.startswith(("MLFLOW_", "SEGMENT_")):
            del os.environ[name]
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    out, error = io.StringIO(), io.StringIO()
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            with warnings.catch_warnings(record=True) as caught:
                for hidden in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
                    warnings.simplefilter("ignore", hidden)  # as Python itself does
                code = main(words)
            for item in caught:
                error.write(warnings.formatwarning(item.message, item.category, item.filename, item.lineno))
    finally:
        signal.signal(signal.SIGTERM, stopping)
        sys.unraisablehook = hook
        os.environ.clear()
        os.environ.update(environment)
    return Ran(code, out.getvalue(), error.getvalue(), folder)


@pytest.fixture(scope="session")
def run_segment():
    return segment


@pytest.fixture
def start_segment(tmp_path_factory):
    """Start the real command in a process of its own, to be looked at or stopped while it runs."""

    def start(*words: str, folder: Path, **environment: str) -> Started:
        return forks().start(
            ("segment", *words), folder, without_settings(**environment), tmp_path_factory.mktemp("said")
        )

    return start


@pytest.fixture(scope="session")
def run_here():
    return segment_here
