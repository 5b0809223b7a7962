"""``segment ui``: the MLflow UI on the store that the sweeps wrote, at the experiment's run list."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Sequence

from customer_segmentation.commands.servers import HOST, answers, free_port
from customer_segmentation.config.compose import plan

#: Sorted by a score the list is flat; in order of creation it would be folded under the studies.
CANDIDATES = "&searchFilter=tags.level%20%3D%20%27candidate%27&orderByKey=metrics.%60yardstick%60&orderByAsc=false"


HELP = """\
segment ui: open the MLflow UI on the store that the sweeps wrote, at the experiment's run list.

Usage: segment ui [key=value ...]

  port=5000                              where the UI listens, on 127.0.0.1 only
  open=false                             do not open a browser
  tracking.uri=sqlite:///mlflow.db       the store; default: MLFLOW_TRACKING_URI, else mlflow.db in this folder
  tracking.experiment=NAME               the experiment whose runs are shown

Ctrl-C ends it."""


def run(arguments: Sequence[str]) -> int:
    """Start the UI and stay until it ends; of a server's store, only say where it is."""
    if any(word in ("-h", "--help") for word in arguments):
        print(HELP)
        return 0
    settings = plan("ui", arguments).settings[0]
    from customer_segmentation.tracking.store import existing_store

    store = existing_store(settings.tracking)
    uri = store.uri
    page = f"#/experiments/{store.experiment_id}/runs?workflowType=machine_learning"
    if uri.startswith("http"):
        print(f"The store is a server and has the UI: {store.shown.rstrip('/')}/{page}")
        return 0
    free_port(settings.port)
    # SIGTERM ends as Ctrl-C does, so that the server is not left behind
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    address = f"http://{HOST}:{settings.port}/{page}"
    command = [sys.executable, "-m", "mlflow", "ui", "--host", HOST, "--port"]
    server = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
        [*command, str(settings.port), "--uvicorn-opts", "--log-level warning"],
        # the address by the environment: every user of the machine can read a command line
        env={"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **os.environ}
        | {"MLFLOW_BACKEND_STORE_URI": uri},
    )
    try:
        if answers(server, settings.port):
            print(f"MLflow UI: {address}")
            print(f"All candidates, best yardstick first: {address}{CANDIDATES}\nCtrl-C ends it.", flush=True)
            if settings.open:
                with contextlib.suppress(webbrowser.Error):
                    webbrowser.open(address)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=5)
