"""Processes that are ready to run a command: forked from one that has imported everything, five seconds less each.

Run as a script it is that process: it takes requests by its socket, one a line, and answers with exit codes.
"""

import contextlib
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ready import load_models_sooner, place_of_ready
from shared import joined, serve

#: Extras, and what only its own process may import.
LEFT_OUT = ("spark", "ray")
#: What commands import on their way.
LATER = (
    "hydra.main", "jinja2.ext", "kneed", "matplotlib.backends.backend_svg", "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store", "pandas.io.parsers", "pyarrow.dataset", "pyarrow.parquet", "skops.io",
)  # fmt: skip


#: Seconds: on a busy machine a command takes as long as it takes.
PATIENCE = 600


class Forks:
    """Runs ``segment`` or ``mlflow`` with its words in a process of its own, as a shell does."""

    def __init__(self) -> None:
        self.link: socket.socket | None = None

    def run(
        self,
        words: tuple[str, ...],
        folder: Path,
        environment: dict[str, str],
        said: Path,
        timeout: float = PATIENCE,
    ) -> int:
        """Exit code of the command; what it says goes to the files ``out`` and ``error`` of the folder ``said``."""
        request = {"words": words, "folder": str(folder), "environment": environment, "said": str(said)}
        return self.ask(request, timeout=timeout)

    def start(self, words: tuple[str, ...], folder: Path, environment: dict[str, str], said: Path) -> "Started":
        """Start the command and let it run."""
        for name in ("out", "error"):
            os.mkfifo(said / name)
        request = {"words": words, "folder": str(folder), "environment": environment, "said": str(said), "stays": True}
        return Started(self, self.ask(request), said)

    def ask(self, request: dict, *, timeout: float = PATIENCE) -> int:
        """Send a request; return the number that answers it."""
        if self.link is None:
            ready = place_of_ready()
            self.link = joined("forks", __file__, ready, OMP_NUM_THREADS="1", PYTHONPATH=str(Path(__file__).parent))
        self.link.sendall(json.dumps(request).encode() + b"\n")
        if not select.select([self.link], [], [], timeout)[0]:
            self.end()
            raise subprocess.TimeoutExpired(str(request), timeout)
        with self.link.makefile(encoding="utf-8") as answers:
            answer = answers.readline()
        assert answer, "the process that forks has ended"
        return int(answer)

    def end(self) -> None:
        """Leave the process that forks; the next command joins it once more."""
        if self.link is not None:
            self.link.close()
            self.link = None


class Started:
    """A command that runs, used as `subprocess.Popen` is; it leads a process group of its own."""

    def __init__(self, forks: Forks, pid: int, said: Path) -> None:
        self.forks, self.pid, self.returncode = forks, pid, None
        self.stdout, self.stderr = ((said / name).open(encoding="utf-8") for name in ("out", "error"))

    def send_signal(self, number: int) -> None:
        """Send a signal to the command alone."""
        os.kill(self.pid, number)

    def communicate(self, timeout: float = PATIENCE) -> tuple[str, str]:
        """What it says until it ends."""
        pool = ThreadPoolExecutor(2)
        out, error = pool.map(lambda stream: stream.read(), (self.stdout, self.stderr), timeout=timeout)
        pool.shutdown()
        self.wait(timeout)
        return out, error

    def wait(self, timeout: float = PATIENCE) -> int:
        """Exit code, once it has ended; that of a signal is below zero."""
        self.returncode = self.forks.ask({"wait": self.pid}, timeout=timeout)
        return self.returncode


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
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in the background inherits as ignored
    sys.argv = request["words"]
    if sys.argv[0] == "mlflow":
        from mlflow.cli import cli

        cli()


def _prepare(ready: str) -> None:
    _import_all()
    from composing import read_shipped_once
    from schema import make_schema_once

    from customer_segmentation.config.compose import plan
    from customer_segmentation.tracking import store

    read_shipped_once()
    make_schema_once()
    load_models_sooner(ready)
    _know_once()
    with tempfile.TemporaryDirectory() as scratch:  # the children have the tables by it
        store._create_sqlite(Path(scratch) / "first.db")
        with contextlib.chdir(scratch):
            plan("sweep", [])


def _answer(link: socket.socket) -> None:
    """Fork for every command that a process of the tests asks for; the child is then the command."""
    from customer_segmentation.commands.main import command

    with link.makefile(encoding="utf-8") as asked:
        for line in asked:
            request = json.loads(line)
            child = request.get("wait") or os.fork()
            if child == 0:
                asked.close()
                link.close()
                _child(request)
                command()
            answer = child if "stays" in request else os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            link.sendall(f"{answer}\n".encode())


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _prepare(sys.argv[1])
    serve(sys.argv[2], _answer)
