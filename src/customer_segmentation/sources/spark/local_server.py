"""Spark on this machine, for one command: a Connect server that ends with the process that started it."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import customer_segmentation
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.formatting import one_line
from customer_segmentation.scratch import die_with_parent, lasting_folder
from customer_segmentation.secrets import environment

STARTS = 120.0  # seconds after which a server that does not listen is given up
_SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
_TRIES = 4  # of a task, whose worker may have been killed


def start_server(*, threads: int | None, memory: str) -> str:
    """Start a server and wait until it listens; return its address, which no other user of this machine can use.

    Parameters
    ----------
    threads : tasks at once; None: as many as cores
    memory : of its process, such as 2g

    Raises
    ------
    SettingsError
        There is no Java.
    DataError
        It does not start.
    """
    import pyspark

    home = Path(pyspark.__file__).parent
    if not (home / "jars").is_dir():
        raise SettingsError(
            "engine.remote=local needs the whole of Spark, and only its client is installed; install it with `pip "
            "install 'customer-segmentation[spark]'`, or give engine.remote=sc://HOST:15002."
        )
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise SettingsError(
            "engine.remote=local needs Java 17 or newer, which is not on the path; install it, or give "
            "engine.remote=sc://HOST:15002."
        )
    token, port = secrets.token_hex(16), _free_port()
    folder = Path(lasting_folder("spark-"))
    (folder / "tmp").mkdir()
    log = (folder / "log").open("w+b")
    process = subprocess.Popen(  # noqa: S603 - Spark's own script
        _command(home, port, folder, threads=threads, memory=memory),
        env=_environment(home, token, folder / "tmp"),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=folder,
        start_new_session=True,  # Ctrl-C is for the command, which ends the jobs itself
        preexec_fn=die_with_parent,
    )
    atexit.register(_end, process, folder, log)
    _wait(process, port, log)
    return f"sc://localhost:{port}/;token={token}"


def _command(home: Path, port: int, folder: Path, *, threads: int | None, memory: str) -> list[str]:
    conf = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.host": "127.0.0.1",
        # where others cannot read what it keeps there, and from where it goes with the rest
        "spark.driver.extraJavaOptions": f'-Djava.io.tmpdir="{folder / "tmp"}"',
        "spark.driver.memory": memory,
        "spark.local.dir": str(folder / "scratch"),
        "spark.log.level": "ERROR",
        "spark.python.daemon.module": "customer_segmentation.sources.spark.daemon",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    master = f"local[{threads or '*'},{_TRIES}]"
    words = [str(home / "bin" / "spark-submit"), "--class", _SERVER, "--master", master]
    return [*words, *(word for key, value in conf.items() for word in ("--conf", f"{key}={value}"))]


def _environment(home: Path, token: str, temporary: Path) -> dict[str, str]:
    """What the server and its workers find: this Python, this package, and one thread a task."""
    package = str(Path(customer_segmentation.__file__).parents[1])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **environment(),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONSAFEPATH": "1",  # the current folder has no module for its workers
        "SPARK_CONNECT_AUTHENTICATE_TOKEN": token,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TMPDIR": str(temporary),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _wait(process: subprocess.Popen[bytes], port: int, log: IO[bytes]) -> None:
    """Return when the server listens.

    Raises
    ------
    DataError
        It has ended, or takes too long.
    """
    deadline = time.monotonic() + STARTS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.1)
    log.seek(0)
    lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    told = next((line for line in lines if "Error" in line or "Exception" in line), lines[-1] if lines else "no word")
    _kill(process)
    raise DataError(f"Spark does not start on this machine ({one_line(told)}); check Java and engine.memory.")


def _end(process: subprocess.Popen[bytes], folder: Path, log: IO[bytes]) -> None:
    _kill(process)
    log.close()
    shutil.rmtree(folder, ignore_errors=True)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the server and its workers, which are of its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])
