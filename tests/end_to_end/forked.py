"""Processes that are ready to run a command: forked from one that has imported everything, five seconds less each.

Run as a script it is that process: it reads a request a line, and answers with an exit code.
"""

import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

#: Extras, and what only its own process may import.
LEFT_OUT = ("spark", "ray")
#: What commands import on their way.
LATER = (
    "hydra.main", "jinja2.ext", "kneed", "matplotlib.backends.backend_svg", "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store", "pandas.io.parsers", "pyarrow.dataset", "pyarrow.parquet", "skops.io",
)  # fmt: skip


class Forks:
    """Runs ``segment WORDS`` in a process of its own, as a shell does."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parent)},
        )

    def run(self, words: tuple[str, ...], folder: Path, environment: dict[str, str], said: Path, timeout: int) -> int:
        """Exit code of the command; what it says goes to the files ``out`` and ``error`` of the folder ``said``."""
        request = {"words": words, "folder": str(folder), "environment": environment, "said": str(said)}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            self.end()
            raise subprocess.TimeoutExpired(["segment", *words], timeout)
        answer = self.process.stdout.readline()
        assert answer, f"the process that forks ended with {self.process.wait()}"
        return int(answer)

    def end(self) -> None:
        """End the process that forks."""
        self.process.kill()
        self.process.wait()


def _import_all() -> None:
    import customer_segmentation

    for found in pkgutil.walk_packages(customer_segmentation.__path__, "customer_segmentation."):
        if not any(word in found.name for word in LEFT_OUT) and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name in LATER:
        importlib.import_module(name)


def _know_once() -> None:
    """What every process finds out about this installation: its packages, its code, its fonts."""
    from mlflow.utils import requirements_utils
    from PIL import Image

    from customer_segmentation.config.hydra_app import register_schemas
    from customer_segmentation.figures.labels import text_width
    from customer_segmentation.tracking.fingerprint import code_version

    requirements_utils._init_packages_to_modules_map()
    Image.init()
    register_schemas()
    for bold in (False, True):
        text_width("customers", bold=bold)
    for source in ("sample", "file"):
        code_version(source)


def _child(request: dict) -> None:
    for number, name in ((1, "out"), (2, "error")):
        opened = os.open(Path(request["said"]) / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    os.setpgid(0, 0)
    sys.argv = ["segment", *request["words"]]


def _serve() -> int:
    """Fork for every request; the child returns from here, and is then the command."""
    from customer_segmentation.commands.main import main

    _import_all()
    from ready import load_models_sooner
    from schema import make_schema_once

    from customer_segmentation.tracking import store

    make_schema_once()
    load_models_sooner(now=True)
    _know_once()
    with tempfile.TemporaryDirectory() as scratch:  # the children have the tables by it
        store._create_sqlite(Path(scratch) / "first.db")
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            answers.close()
            _child(request)
            return main()
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(_serve())
