"""``segment serve``: the champion over REST on this machine, by MLflow's own scoring server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.commands.servers import HOST, PATIENCE, answers, end, free_port, wait
from customer_segmentation.console.help import help_page
from customer_segmentation.console.lines import say, show
from customer_segmentation.errors import StoreError, debugging
from customer_segmentation.scratch import die_with_parent, locks_held, scratch_folder

if TYPE_CHECKING:
    import pandas as pd

SINGLE = (
    ("model=models:/customer-segmentation/3", "or models:/NAME@ALIAS, runs:/RUN_ID/NAME; default: the champion"),
    ("run_id=RUN_ID", "the model of a run; of a sweep: its chosen one"),
    ("port=5001", "where it listens, on 127.0.0.1 only"),
    ("tracking.uri=http://127.0.0.1:5000", "another MLflow store; default: mlflow.db in this folder"),
)


def run(request: Request) -> int:
    """Check that the model loads, start the server, show how to call it and stay until it ends.

    Raises
    ------
    StoreError
        The model does not load, the port is taken, or the server does not start.
    """
    from customer_segmentation.scoring.load import loaded
    from customer_segmentation.scoring.served import MODEL
    from customer_segmentation.tracking.models import save_model

    settings = request.settings
    store = request.existing_store(settings.model if settings.run_id is None else "runs:")
    model = loaded(store, settings.model, settings.run_id)
    free_port(settings.port)
    folder = scratch_folder()
    # Written again: MLflow runs the code that a model brings, and that of a folder may be a stranger's.
    save_model(model.model, place := Path(folder.name) / "model")
    command = [sys.executable, "-m", "uvicorn", "--factory", "customer_segmentation.scoring.served:app", "--host", HOST]
    log = tempfile.TemporaryFile(prefix="segment-")  # noqa: SIM115 - lives as long as the server
    server = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
        [*command, "--port", str(settings.port)],
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", MODEL: str(place)},
        pass_fds=locks_held(),  # its folder stays for as long as it runs
        cwd=folder.name,  # uvicorn looks for modules in the current folder, which may be a stranger's
        stdout=subprocess.DEVNULL,
        stderr=None if debugging() else log,
        start_new_session=True,  # the server has workers of its own: all are ended together
        preexec_fn=die_with_parent,
    )
    try:
        if not answers(server, settings.port, seconds=PATIENCE):
            log.seek(0)
            *_, why = ["it said nothing", *log.read().decode("utf-8", "replace").strip().splitlines()]
            raise StoreError(f"the server of {model.label} does not answer ({why}); SEGMENT_DEBUG=1 shows all it says.")
        say(f"{model.label} answers at http://{HOST}:{settings.port}/invocations", "")
        show(f"{example_call(model.model.example.head(1), settings.port)}\n\nCtrl-C ends it.")
        return wait(server)
    except KeyboardInterrupt:
        return 0
    finally:
        end(server, settings.port)
        folder.cleanup()


def example_call(customers: pd.DataFrame, port: int) -> str:
    """Return a call that works when pasted into a shell.

    Parameters
    ----------
    customers : raw customers under canonical column names, one row each
    port : where the server listens
    """
    body = json.dumps({"dataframe_records": json.loads(customers.to_json(orient="records"))}).replace("'", "'\\''")
    return f"curl http://{HOST}:{port}/invocations -H 'Content-Type: application/json' -d '{body}'"


SPEC = CommandSpec(
    name="serve",
    place=110,
    summary="a model over REST, on this machine",
    takes_one="one model is served at a time",
    run=run,
    help=partial(
        help_page,
        [
            "segment serve: a model over REST, on this machine only, by MLflow's own scoring server.",
            "Usage: segment serve [key=value ...]",
            (
                "POST /invocations takes customers as JSON under the columns' canonical names, and answers with "
                "segment, segment_name, distance, margin and reason for each. A customer without a label gets null "
                "and the reason. Ctrl-C ends it."
            ),
        ],
        settings=SINGLE,
        examples=["segment serve", "segment serve model=models:/customer-segmentation@challenger port=5002"],
    ),
)
