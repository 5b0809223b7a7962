"""A Python that has imported MLflow and scikit-learn and nothing of ours: a model's fresh process, four seconds sooner.

Run as a script it is that Python: it takes a program by its socket and runs it in a process forked for it.
"""

import contextlib
import io
import json
import os
import socket
import subprocess
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace

from shared import joined, place_of, serve

FRESH = ["-I", "-c"]


class _Ready:
    """Stands for `subprocess` where a program is run in an isolated Python; everything else is the library's."""

    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self, place: str | None) -> None:
        self.place, self.stays = place, None

    def run(self, command, **settings):
        if list(command[:3]) != [sys.executable, *FRESH]:
            return subprocess.run(command, **settings)
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(self.started())
            request = {"program": command[3], "words": command[4:], "cwd": str(settings["cwd"]), "env": settings["env"]}
            link.sendall(json.dumps(request).encode() + b"\n")
            with link.makefile(encoding="utf-8") as answers:
                answer = json.loads(answers.readline() or '{"returncode": -9, "stdout": "", "stderr": "killed"}')
        return SimpleNamespace(**answer)

    def started(self) -> str:
        if self.place is None:
            self.stays = joined("ready", "-E", "-s", __file__)  # a connection that keeps it, as long as this process is
            self.place = str(place_of("ready"))
        return self.place


def run_fresh(program: str, cwd: Path) -> SimpleNamespace:
    """Run a program in a Python of its own, as `subprocess.run` does."""
    from customer_segmentation.registry import load_check

    return load_check.subprocess.run([sys.executable, *FRESH, program], cwd=cwd, env=dict(os.environ))


def load_models_sooner(place: str | None = None) -> None:
    """Let the gate of this process, and of those forked from it, load models in processes that are ready.

    ``place`` is the socket of a Python that another process has started.
    """
    from customer_segmentation.registry import load_check

    load_check.subprocess = _Ready(place)


def place_of_ready() -> str:
    """Socket of this process's Python that is ready."""
    from customer_segmentation.registry import load_check

    return load_check.subprocess.started()


def _run(link: socket.socket) -> None:
    with link.makefile(encoding="utf-8") as asked:
        line = asked.readline()
    if not line:
        return
    request = json.loads(line)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["-c", *request["words"]]
    code, out, error = 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            exec(compile(request["program"], "<string>", "exec"), {"__name__": "__main__"})
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException:  # noqa: BLE001 - told as an interpreter tells it
            traceback.print_exc()
            code = 1
    answer = {"returncode": code, "stdout": out.getvalue(), "stderr": error.getvalue()}
    link.sendall(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    import mlflow.pyfunc  # noqa: F401 - imported ahead of a fork
    import sklearn.preprocessing  # noqa: F401 - imported ahead of a fork

    sys.path.remove(str(Path(__file__).parent))  # which is there in no isolated Python
    assert not any(name.startswith("customer_segmentation") for name in sys.modules)
    serve(sys.argv[1], _run)
