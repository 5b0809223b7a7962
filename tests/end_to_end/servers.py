"""A real ``mlflow server`` of this machine: SQLite behind it, artifacts through it, one worker."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from schema import make_tables

STARTS_WITHIN = 600  # seconds; four on a free machine


@contextlib.contextmanager
def mlflow_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """Start a server that keeps everything in a folder; yield its address; end it with its workers."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "SEGMENT_"))}
    if not (folder / "server.db").exists():
        make_tables(folder / "server.db")
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(
            [
                *(str(Path(sys.executable).parent / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port)),
                *("--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/server.db"),
                *("--serve-artifacts", "--artifacts-destination", str(folder / "served")),
            ],
            cwd=folder,
            env={**kept, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            until = time.monotonic() + STARTS_WITHIN
            while not _answers(address):
                if server.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((folder / "server.log").read_text()[-2000:])
                time.sleep(0.2)
            yield address
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def free_port() -> int:
    """A port of this machine that no server uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False
