"""``segment ui``: the MLflow UI on the store that the sweeps wrote, at the experiment's run list."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import webbrowser
from functools import partial
from pathlib import Path

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.commands.servers import HOST, answers, free_port, wait
from customer_segmentation.console.help import help_page
from customer_segmentation.console.lines import say
from customer_segmentation.scratch import die_with_parent, locks_held, scratch_folder


def run(request: Request) -> int:
    """Start the UI and stay until it ends; of a server's store, only say where it is."""
    from customer_segmentation.tracking.log.views import VIEWS, view_address
    from customer_segmentation.tracking.moved_store import ARTIFACTS

    settings, store = request.settings, request.existing_store()
    uri = store.uri
    page = view_address(store.experiment_id)
    if uri.startswith("http"):
        say(f"The store is a server and has the UI: {store.shown.rstrip('/')}/{page}")
        return 0
    free_port(settings.port)
    address = f"http://{HOST}:{settings.port}/{page}"
    command = [sys.executable, "-m", "mlflow", "ui", "--host", HOST, "--port", str(settings.port)]
    command += ["--workers", "1"]  # for one person: of four, each imports everything first
    # no file is served but those of runs, which MLflow finds by the store: others on this machine may ask as well
    command += ["--no-serve-artifacts", "--default-artifact-root", (Path.cwd() / ARTIFACTS).as_uri()]
    empty = scratch_folder()
    server = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
        [*command, "--uvicorn-opts", "--log-level warning"],
        pass_fds=locks_held(),  # that folder stays for as long as it runs
        preexec_fn=die_with_parent,
        cwd=empty.name,  # uvicorn looks for modules in the current folder, which may be a stranger's
        # the address by the environment: every user of the machine can read a command line
        # (it would say of a library that MLflow uses that a part of it is deprecated)
        env={"PYTHONWARNINGS": "ignore:starlette.middleware.wsgi is deprecated"}
        | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **os.environ}
        | {"MLFLOW_BACKEND_STORE_URI": uri},
    )
    try:
        if answers(server, settings.port):
            root = f"http://{HOST}:{settings.port}/"
            others = [f"  {view.title}: {root}{view_address(store.experiment_id, view)}" for view in VIEWS[1:]]
            say(f"MLflow UI, {VIEWS[0].title}: {address}", *others, "Ctrl-C ends it.")
            if settings.open:
                with contextlib.suppress(webbrowser.Error):
                    webbrowser.open(address)
        return wait(server)
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=5)
        empty.cleanup()


SPEC = CommandSpec(
    name="ui",
    place=120,
    summary="open the MLflow UI on the runs",
    takes_one="one page is opened at a time",
    run=run,
    help=partial(
        help_page,
        [
            "segment ui: open the MLflow UI on the store that the sweeps wrote, at the experiment's run list.",
            "Usage: segment ui [key=value ...]",
            "Ctrl-C ends it.",
        ],
        settings=[
            ("port=5000", "where the UI listens, on 127.0.0.1 only"),
            ("open=false", "do not open a browser"),
            (
                "tracking.uri=sqlite:///mlflow.db",
                "the store; default: MLFLOW_TRACKING_URI, else mlflow.db in this folder",
            ),
            ("tracking.experiment=NAME", "the experiment whose runs are shown"),
        ],
    ),
)
