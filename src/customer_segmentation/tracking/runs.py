"""Runs: started, filled from items with as few calls as possible, ended with a status."""

from __future__ import annotations

import contextlib
import getpass
import json
import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer_segmentation.data.spreadsheet_safety import neutralised
from customer_segmentation.scratch import scratch_folder
from customer_segmentation.secrets import redact, redact_files
from customer_segmentation.tracking.checked_files import checksums_in
from customer_segmentation.tracking.items import (
    Bytes,
    DataSet,
    FigureItem,
    Item,
    Metrics,
    Model,
    Params,
    Table,
    Tags,
    Text,
)
from customer_segmentation.tracking.moved_store import make_room
from customer_segmentation.tracking.own_places import own_place, place_of_run
from customer_segmentation.tracking.process import TAG as PROCESS
from customer_segmentation.tracking.process import this_process
from customer_segmentation.tracking.redacted_yaml import redact_yaml
from customer_segmentation.tracking.store import Store, insert
from customer_segmentation.tracking.store_errors import stop_retrying, store_error_of

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

#: Limits of the tracking store, from MLflow's validation.
PARAM_LENGTH = 6000


TAG_LENGTH = 8000


PNG_LEVEL = 3  # a tenth quicker than the default for a few per cent more bytes


#: Shown by the UI in the column "Source".
SOURCE = {"mlflow.source.name": "segment", "mlflow.source.type": "LOCAL"}


#: MLflow infers the schema of a table cell by cell: from so many rows, as the columns are of one type each by then,
#: and of a wide table from fewer.
_FEW, _FEW_CELLS = 1_000, 100_000


#: Where the files of this process's runs go: MLflow would ask the store for it at every copy.
_places: dict[str, str] = {}


#: Parameters that the runs of ``mlflow run`` have already: MLflow refuses to write one twice.
_logged: dict[str, frozenset[str]] = {}


#: The data set that the last run had as its input, by name, source, digest and context.
_data_sets: dict[tuple[str, str, str, str], DatasetInput] = {}


DEFAULT_EXPERIMENT = "0"


def start_run(
    store: Store,
    *,
    name: str,
    level: str,
    tags: Mapping[str, Any],
    parent: str | None = None,
    description: str = "",
) -> str:
    """Start a run and return its id. Words that are known already belong here: tags given later cost a write more.

    Parameters
    ----------
    store : Store
    name : str
        Shown in the run list.
    level : {"sweep", "study", "candidate"}
        Where it stands in the tree; a tag, because filters do not follow the tree.
    tags : mapping
    parent : str or None
        Id of the run under which it is shown.
    description : str
        Markdown, shown on the run's page.
    """
    words = {**SOURCE, "mlflow.user": getpass.getuser(), **tags, "level": level, PROCESS: this_process()}
    if parent is not None:
        words["mlflow.parentRunId"] = parent
    if description:
        words["mlflow.note.content"] = description
    run = store.client.create_run(store.experiment_id, tags=_texts(words, TAG_LENGTH), run_name=name)
    run_id = str(run.info.run_id)
    _places[run_id] = own_place(store.client, run.info.experiment_id, run.info.artifact_uri, run_id, "artifacts")
    return run_id


def finish_run(store: Store, run_id: str, status: str = "FINISHED") -> None:
    """End a run as FINISHED, FAILED or KILLED.

    Parameters
    ----------
    store : where the run is
    run_id : the run
    status : MLflow's word
    """
    store.client.set_terminated(run_id, status=status)


@contextlib.contextmanager
def closing(store: Store, run_id: str) -> Iterator[None]:
    """End the run whatever happens in the block: FINISHED, FAILED on an error, KILLED when the process is stopped.

    Parameters
    ----------
    store : where the run is
    run_id : a run that is open
    """
    try:
        yield
    except BaseException as error:
        abandon_run(store, run_id, error)
        raise
    finish_run(store, run_id)


def abandon_run(store: Store, run_id: str, error: BaseException) -> None:
    """End a run that an exception broke off: FAILED, or KILLED when the process is stopped.

    The store may be what failed: that error is the one to tell, and it is not waited for again. A run that stays open
    then is closed by the next command, as one whose process is gone.

    Parameters
    ----------
    store : where the run is
    run_id : a run that is open
    error : what broke it off
    """
    stopped = not isinstance(error, Exception)
    if stopped or store_error_of(error) is not None:
        stop_retrying()
    with contextlib.suppress(Exception):
        finish_run(store, run_id, "KILLED" if stopped else "FAILED")


def record(store: Store, run_id: str, items: Iterable[Item]) -> dict[str, str]:  # noqa: C901 - one case after the other
    """Log items to a run: one batch of metrics, params and tags, one copy of all files.

    Parameters
    ----------
    store : Store
    run_id : str
    items : iterable of Item
        May be a generator; a figure is drawn, if the store keeps figures, and let go as soon as it is saved.

    Returns
    -------
    dict
        ``model_id`` of the logged model, when there was one.
    """
    from mlflow.entities import Metric, Param, RunTag

    metrics: list[tuple[str, float, int]] = []
    params: dict[str, Any] = {}
    tags: dict[str, Any] = {}
    models: list[Model] = []
    done: dict[str, str] = {}
    with scratch_folder() as folder:
        files = Path(folder)
        for item in items:
            match item:
                case Metrics(values, step):
                    metrics += [(key, float(value), step) for key, value in values.items() if _is_number(value)]
                case Params(values):
                    params.update(values)
                case Tags(values):
                    tags.update(values)
                case FigureItem(draw, path, dpi) if store.figures:
                    figure = draw()
                    try:
                        figure.savefig(_place(files, path), dpi=dpi, pil_kwargs={"compress_level": PNG_LEVEL})
                    finally:
                        for axes in figure.axes:  # `clear` would first make each again
                            axes.remove()
                case Table(frame, path, private, as_it_came):
                    _write_table(frame, _place(files, path), as_it_came)
                    if private:
                        _place(files, path).chmod(0o600)
                case Text(text, path):
                    clean = redact_yaml(text) if path.endswith(".yaml") else redact(text)
                    _place(files, path).write_text(clean, encoding="utf-8")
                case Bytes(content, path):
                    _place(files, path).write_bytes(content)
                case DataSet():
                    _log_data_set(store, run_id, item)
                case Model():
                    models.append(item)
        redact_files(files)
        tags |= checksums_in(files)
        if any(files.iterdir()):
            _copy_files(store, run_id, folder)
    for model in models:
        from customer_segmentation.tracking.models import log_model

        done["model_id"], _ = log_model(store, run_id, model)
    now = int(time.time() * 1000)
    known = _logged.get(run_id, ())
    store.client.log_batch(  # in as many requests as the store's limits ask for
        run_id,
        metrics=[Metric(key, value, now, step, model_id=done.get("model_id")) for key, value, step in metrics],
        params=[Param(key, text) for key, text in _texts(params, PARAM_LENGTH).items() if key not in known],
        tags=[RunTag(key, text) for key, text in _texts(tags, TAG_LENGTH).items()],
    )
    return done


def _copy_files(store: Store, run_id: str, folder: str) -> None:
    """Copy a folder's files to a run, without asking the store where a run of this process keeps them."""
    place = _places.get(run_id) or place_of_run(store.client, run_id)
    make_room(place, Path(folder))
    if run_id not in _places:
        store.client.log_artifacts(run_id, folder)
        return
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    get_artifact_repository(place, tracking_uri=store.uri).log_artifacts(folder)


def _is_number(value: Any) -> bool:
    """Tell a score from an undefined one, which is left out: the store would show nan as a number."""
    return value is not None and math.isfinite(float(value))


def _texts(values: Mapping[str, Any], limit: int) -> dict[str, str]:
    # before they are cut: of half a secret nobody can tell that it is one
    texts = {key: redact(str(value)) for key, value in values.items() if value is not None}
    return {key: text if len(text) <= limit else text[: limit - 1] + "…" for key, text in texts.items()}


def _place(folder: Path, path: str) -> Path:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _write_table(frame: Any, path: Path, as_it_came: tuple[str, ...] = ()) -> None:
    match path.suffix:
        case ".csv":
            neutralised(frame, but=as_it_came).to_csv(path, index=False)
        case ".parquet":
            frame.to_parquet(path, index=False)
        case ".json":  # the form of mlflow.log_table, which the UI shows as a table
            frame.to_json(path, orient="split", index=False)
        case other:
            raise ValueError(other)


def _log_data_set(store: Store, run_id: str, item: DataSet) -> None:
    used = [_data_set_input(item)]
    insert(lambda: store.client.log_inputs(run_id, used))  # sweeps of one table log the same one


def _data_set_input(item: DataSet) -> DatasetInput:
    """What MLflow knows of a data set; all runs of a process that have the same one share it."""
    known = (item.name, item.source, item.digest, item.context)
    if known in _data_sets:
        return _data_sets[known]
    import warnings

    import mlflow.data
    from mlflow.entities import DatasetInput, InputTag

    source = redact(item.source)
    if ":" in source.split("/")[0] and "://" not in source:
        source = f"./{source}"  # a colon in a file's name is a scheme to MLflow
    few = max(10, min(_FEW, _FEW_CELLS // max(1, item.frame.shape[1])))
    with warnings.catch_warnings():
        # MLflow advises float columns for integers with blanks; the table has none left
        warnings.simplefilter("ignore")
        data_set = mlflow.data.from_pandas(  # type: ignore[attr-defined]  # MLflow sets it when it is imported
            item.frame.head(few), source=source, name=redact(item.name), digest=item.digest
        )
        entity = data_set._to_mlflow_entity()
    rows = len(item.frame) if item.rows is None else item.rows
    entity._profile = json.dumps({"num_rows": rows, "num_elements": rows * item.frame.shape[1]})
    _data_sets.clear()  # a process has one table at a time
    _data_sets[known] = DatasetInput(entity, [InputTag("mlflow.data.context", item.context)])
    return _data_sets[known]


def take_over_run(store: Store) -> Store:
    """Find the run of ``mlflow run``, which the command's own run is to be; without one the store is returned as it is.

    Its id is in ``MLFLOW_RUN_ID``, which would hijack every run that is started later: the variable is removed. The
    store that is returned has the experiment of that run. Without ``--experiment-name`` MLflow puts its run into the
    experiment *Default*, where nobody would look for it; no run can be moved, and MLflow fails when it cannot end its
    own. Such a run is left with a word on where the work went on, and the command starts one of its own.
    """
    from mlflow.exceptions import MlflowException

    run_id = os.environ.pop("MLFLOW_RUN_ID", None)
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
    if run_id is None:
        return store
    try:
        run = store.client.get_run(run_id)
    except MlflowException:  # of another store
        return store
    if run.info.status != "RUNNING":
        return store
    if run.info.experiment_id == DEFAULT_EXPERIMENT != store.experiment_id:
        store.client.set_tag(run_id, "mlflow.note.content", f"Continued in the experiment {store.experiment}.")
        return store
    experiment = store.client.get_experiment(run.info.experiment_id)
    _logged[run_id] = frozenset(run.data.params)  # those of its entry point
    return replace(store, experiment_id=experiment.experiment_id, experiment=experiment.name, taken_over=run_id)


def open_run(store: Store, *, name: str, level: str, tags: Mapping[str, Any], description: str = "") -> str:
    """Start a command's run, or turn the run of ``mlflow run`` into it; return its id.

    Parameters
    ----------
    store : Store
        As `take_over_run` returned it.
    name, level, tags, description
        See `start_run`.
    """
    if store.taken_over is None:
        return start_run(store, name=name, level=level, tags=tags, description=description, parent=store.parent)
    words = {**tags, "level": level, "mlflow.runName": name}
    if description:
        words["mlflow.note.content"] = description
    store.client.update_run(store.taken_over, name=name)
    record(store, store.taken_over, [Tags(words)])
    return store.taken_over
