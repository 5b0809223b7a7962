"""A Python that has imported MLflow and scikit-learn and nothing of ours: a model's fresh process, four seconds sooner.

Run as a script it is that Python: it takes a program by its socket and runs it in a process forked for it.
"""

import atexit
import contextlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import SimpleNamespace

FRESH = ["-I", "-c"]


class _Ready:
    """Stands for `subprocess` where a program is run in an isolated Python; everything else is the library's."""

    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self, place: str | None) -> None:
        self.place = place

    def run(self, command, **settings):
        if list(command[:3]) != [sys.executable, *FRESH]:
            return subprocess.run(command, **settings)
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(self._started())
            request = {"program": command[3], "words": command[4:], "cwd": str(settings["cwd"]), "env": settings["env"]}
            link.sendall(json.dumps(request).encode() + b"\n")
            with link.makefile(encoding="utf-8") as answers:
                answer = json.loads(answers.readline() or '{"returncode": -9, "stdout": "", "stderr": "killed"}')
        return SimpleNamespace(**answer)

    def _started(self) -> str:
        if self.place is None:
            folder, owner = tempfile.mkdtemp(prefix="segment-ready-"), os.getpid()
            self.place = os.path.join(folder, "socket")
            server = subprocess.Popen([sys.executable, "-I", __file__, self.place])
            atexit.register(lambda: os.getpid() == owner and (server.kill(), shutil.rmtree(folder, ignore_errors=True)))
            while not os.path.exists(self.place):
                assert server.poll() is None, "the Python that is ready for models did not start"
                time.sleep(0.05)
        return self.place


def load_models_sooner(place: str | None = None) -> None:
    """Let the gate of this process, and of those forked from it, load models in processes that are ready.

    ``place`` is the socket of a Python that another process has started.
    """
    from customer_segmentation.registry import load_check

    load_check.subprocess = _Ready(place)


def place_of_ready() -> str:
    """Socket of this process's Python that is ready."""
    from customer_segmentation.registry import load_check

    return str(load_check.subprocess._started())


def _run(request: dict, link: socket.socket) -> None:
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


def _serve(place: str) -> None:
    import mlflow.pyfunc  # noqa: F401 - imported ahead of a fork
    import sklearn.preprocessing  # noqa: F401 - imported ahead of a fork

    assert not any(name.startswith("customer_segmentation") for name in sys.modules)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{place}.soon")
        server.listen(8)
        Path(f"{place}.soon").rename(place)
        while True:
            link, _ = server.accept()
            if os.fork() == 0:
                with link, link.makefile(encoding="utf-8") as asked:
                    _run(json.loads(asked.readline()), link)
                os._exit(0)
            link.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


if __name__ == "__main__":
    _serve(sys.argv[1])
