"""A model, loaded by nothing but MLflow in another process: what will serve it knows no more than that.

``mlflow.models.predict(env_manager="local")`` does not do it: measured on 3.17.2, it loads the model in the process
that calls it (no child, 0.3 s; a new process needs 4 CPU s), where this package is there already.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd

from customer_segmentation.formatting import one_line
from customer_segmentation.registry.checks import Check, checked
from customer_segmentation.scratch import scratch_folder
from customer_segmentation.secrets import environment

Environment = Literal["fresh_process", "clean_environment"]

#: Seconds: for a process that imports MLflow on a busy machine, and for installing the requirements.
LOAD, INSTALL = 240, 1200

PROGRAM = """\
import json, sys, warnings
warnings.simplefilter("ignore")
import mlflow.pyfunc, pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
found = model.predict(pd.DataFrame(**json.load(open(sys.argv[2], encoding="utf-8"))))
labels = found["segment"] if hasattr(found, "columns") else found
print("SEGMENTS " + json.dumps([None if label is None or label != label else int(label) for label in labels]))
"""


class _StepError(Exception):
    """A step of loading failed; the message says which and why."""


def loads_back(
    folder: Path, example: pd.DataFrame, expected: Sequence[int | None], *, environment: Environment
) -> Check:
    """Load a model in another process and let it label its example.

    Parameters
    ----------
    folder : Path
        The logged model, with ``MLmodel`` and ``requirements.txt``.
    example : DataFrame
        Raw customers.
    expected : sequence of int or None
        Their segments.
    environment : {"fresh_process", "clean_environment"}
        This Python in a new process, or a new virtual environment made from the model's requirements alone.
    """
    words = {"fresh_process": "a fresh process", "clean_environment": "a clean environment"}[environment]
    with scratch_folder("gate-") as scratch:
        try:
            python = sys.executable
            if environment == "clean_environment":
                python = _clean_environment((folder / "requirements.txt").absolute(), Path(scratch) / "environment")
            found = _segments(python, folder, example, Path(scratch))
        except _StepError as failure:
            return checked("loads_back", False, f"in {words} {failure}")
    if found != list(expected):
        return checked(
            "loads_back", False, f"in {words} it gives its example the segments {found} instead of {list(expected)}"
        )
    return checked("loads_back", True, f"loads in {words} and gives its {len(found)} example customers their segments")


def _segments(python: str, folder: Path, example: pd.DataFrame, scratch: Path) -> list[int | None]:
    cells = scratch / "example.json"
    example.to_json(cells, orient="split", index=False)
    kept = {key: value for key, value in environment().items() if not key.startswith(("PYTHON", "MLFLOW_", "SEGMENT_"))}
    done = _run(
        # isolated: neither the current folder nor the user's own packages help it
        [python, "-I", "-c", PROGRAM, str(folder), str(cells)],
        "it does not load",
        LOAD,
        cwd=scratch,
        env={**kept, "MLFLOW_DISABLE_TELEMETRY": "true"},
    )
    answer = [line for line in done.splitlines() if line.startswith("SEGMENTS ")]
    if not answer:
        raise _StepError("it gives its example no labels")
    labels: list[int | None] = json.loads(answer[-1].removeprefix("SEGMENTS "))
    return labels


def _clean_environment(requirements: Path, folder: Path) -> str:
    """Make a virtual environment with a model's requirements and nothing else; return its Python.

    Raises
    ------
    _StepError
        The requirements are missing, or cannot be installed.
    """
    if not requirements.is_file():
        raise _StepError("it has no requirements.txt to install")
    python, above = folder / "bin" / "python", folder.parent
    # the first that uv finds on its way up: in the temporary folder it could be any user's, and name another index
    (above / "uv.toml").touch()
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    if uv:
        _run(
            [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
            "no environment can be made",
            LOAD,
            cwd=above,
        )
        command = [uv, "pip", "install", "--quiet", "--python", str(python)]
    else:
        _run([sys.executable, "-m", "venv", str(folder)], "no environment can be made", LOAD, cwd=above)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*command, "--requirement", str(requirements)], "its requirements cannot be installed", INSTALL, cwd=above)
    return str(python)


def _run(command: Sequence[str], failing: str, seconds: int, *, cwd: Path, env: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, fixed words, no shell
            command, cwd=cwd, env=env, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise _StepError(f"{failing} within {seconds} seconds") from error
    except OSError as error:
        raise _StepError(f"{failing} ({error})") from error
    if done.returncode:
        raise _StepError(f"{failing} ({_why(done.stderr or done.stdout)})")
    return done.stdout


def _why(text: str) -> str:
    """What a failing program said last that is a statement; of uv, its whole reasoning in one line."""
    lines = [line.strip(" ╰─▶│×") for line in text.strip().splitlines() if line.strip(" ╰─▶│×")]
    if not lines:
        return "no reason given"
    said = " ".join(lines) if "No solution found" in text or "×" in text else lines[-1]
    return one_line(said).rstrip(".")
