"""A segment model in MLflow: models from code around the files of `model.files`, logged with few calls."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer_segmentation.model.checksums import MANIFEST_TAG, checksums_of, write_manifest
from customer_segmentation.model.files import write_model
from customer_segmentation.model.shipped_code import MODEL_CODE, staged_package
from customer_segmentation.scratch import scratch_folder
from customer_segmentation.secrets import redact
from customer_segmentation.tracking.items import Model
from customer_segmentation.tracking.own_places import place_of_model
from customer_segmentation.tracking.store import Store

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import Model as MlflowModel
    from mlflow.models.signature import ModelSignature

    from customer_segmentation.model.segment_model import SegmentModel

#: What a scorer must install; the modules of this package travel with the model.
REQUIREMENTS = ("mlflow", "scikit-learn", "skops", "pandas", "numpy", "scipy", "pyarrow")

#: Tag of a model that a promotion logs beside that of the sweep, by which a later attempt knows it: run, numbers and
#: names of the segments. Those of the sweep's model are numbered as its clusters are.
OF_PROMOTION = "identity"
#: Of a model's name.
MOST_BYTES = 200

#: The folder of our own files, as the model's code and `segment score` find it.
ARTIFACT = "segment_model"


@functools.cache
def requirements() -> list[str]:
    """Exact versions that a scorer needs."""
    return [f"{name}=={version(name)}" for name in REQUIREMENTS]


def model_name(words: str) -> str:
    """Name of a logged model, which is a part of its address ``runs:/ID/NAME``.

    MLflow refuses ``/ : . % " '``, an address ends at ``#`` or ``?``, and a shell divides at a blank: a name is pasted.
    In a store on disk it is a folder's name as well, of at most 255 bytes.

    Parameters
    ----------
    words : table, features, scaling and k; the end, which tells k, is kept

    Examples
    --------
    >>> model_name("telecom · value · minmax · k=4"), model_name("Kunden (1).csv · data.keep=[a,b] · k=3")
    ('telecom-value-minmax-k=4', 'Kunden-1-csv-data-keep=a-b-k=3')
    """
    name = re.sub(r"[^\w=]+", "-", redact(words)).strip("-")
    kept = name.encode()[-MOST_BYTES:].decode(errors="ignore")
    return kept if kept == name else kept.lstrip("-=")


def log_model(store: Store, run_id: str, item: Model) -> tuple[str, str]:
    """Log a model to a run that is still open; return the id of the logged model and the checksum of its manifest.

    Logged with a signature of raw columns, an input example, exact requirements, the modules of this package that it
    needs, and a manifest of all its files, whose checksum is a tag of the logged model: a later reader knows by it
    that the files are those that were logged.

    Parameters
    ----------
    store : where the run is
    run_id : a run that is still open
    item : the model, with the parameters and tags that it is logged under
    """
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model as MlflowModel

    with scratch_folder() as scratch:
        logged = store.client.create_logged_model(
            store.experiment_id,
            name=model_name(item.name),
            source_run_id=run_id,
            tags={key: str(value) for key, value in item.tags.items()},
            params={key: str(value) for key, value in item.params.items()},
        )
        folder = Path(scratch) / "model"
        try:
            known = MlflowModel(
                artifact_path=logged.artifact_location,
                model_uuid=logged.model_id,
                run_id=run_id,
                model_id=logged.model_id,
            )
            save_model(item.model, folder, known)
            manifest = write_manifest(folder)
            store.client.set_logged_model_tags(logged.model_id, {MANIFEST_TAG: manifest})
            place_of_model(store.client, logged.model_id)  # the upload asks the store for it again
            store.client.log_model_artifacts(logged.model_id, str(folder))
        except BaseException:
            store.client.finalize_logged_model(logged.model_id, "FAILED")
            raise
        store.client.finalize_logged_model(logged.model_id, "READY")
        store.client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return str(logged.model_id), manifest


def save_model(model: SegmentModel, folder: Path, mlflow_model: MlflowModel | None = None) -> None:
    """Write a model as MLflow loads it: our files, the modules of this package that it needs, signature and example.

    Parameters
    ----------
    model : SegmentModel
    folder : Path
        To be made.
    mlflow_model : mlflow.models.Model, optional
        The model as a store knows it.
    """
    import mlflow.pyfunc

    with scratch_folder() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = Path(scratch) / ARTIFACT
        write_model(model, own)
        mlflow.pyfunc.save_model(
            folder,
            python_model=str(MODEL_CODE),
            artifacts={ARTIFACT: str(own)},
            code_paths=[str(staged_package())],
            signature=signature(model.example, model.needed, model.reference_date),
            input_example=model.example,
            pip_requirements=requirements(),
            mlflow_model=mlflow_model,
        )


def runs_our_code(folder: Path, model: SegmentModel) -> bool:
    """Whether what MLflow would run of a stored model is what we write today, file by file.

    Its checksums do not say so: who fills a store writes them as well. What is data alone is not compared.

    Parameters
    ----------
    folder : Path
        Of the stored model, with ``MLmodel``.
    model : SegmentModel
        That it is said to be.
    """
    with scratch_folder() as scratch:
        ours = Path(scratch) / "model"
        save_model(model, ours)
        return _code_of(folder) == _code_of(ours)


def _code_of(folder: Path) -> tuple[dict[str, str], Any]:
    """Checksums of a model's files that are neither data nor MLmodel, and what MLmodel says beside ids and times."""
    import yaml

    found = checksums_of(folder)
    found.pop("MLmodel", None)
    code = {path: told for path, told in found.items() if not path.startswith(f"artifacts/{ARTIFACT}/")}
    try:
        said = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
        for key in ("artifact_path", "model_id", "model_uuid", "run_id", "utc_time_created", "model_size_bytes"):
            said.pop(key, None)
        said["flavors"]["python_function"]["artifacts"][ARTIFACT].pop("uri")  # where it was copied from
    except (OSError, UnicodeError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return code, None
    return code, said


def signature(example: pd.DataFrame, needed: Collection[str], reference_date: str | None = None) -> ModelSignature:
    """Signature of raw customers in and labels out.

    MLflow enforces a signature before the model sees the customers, and refuses whole numbers where it promises
    doubles. Columns are therefore of any type: the pipeline's first step casts every cell itself. The segment is a
    double, because Spark casts a whole number without looking, and one customer without a label would end its job.

    Parameters
    ----------
    example : DataFrame
        A few raw customers.
    needed : collection of str
        Columns without which nobody can be labelled: a batch that lacks one is refused by its name. Without this, a
        batch that has none of the columns has no rows either, and the answer would be empty.
    reference_date : str, optional
        Of a model that reads dates: the parameter by which a batch gives another day, and its default.
    """
    from mlflow.models.signature import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType

    columns: list[Any] = [ColSpec(AnyType(), str(name), required=str(name) in needed) for name in example]
    results: list[Any] = [
        ColSpec(DataType.double, "segment", required=False),
        ColSpec(DataType.string, "segment_name", required=False),
        ColSpec(DataType.double, "distance", required=False),
        ColSpec(DataType.double, "margin", required=False),
        ColSpec(DataType.string, "reason", required=False),
    ]
    dated: dict[str, Any] = {}
    if reference_date is not None:
        dated["params"] = ParamSchema([ParamSpec("reference_date", DataType.string, reference_date)])
    return ModelSignature(inputs=Schema(columns), outputs=Schema(results), **dated)


def model_id_in(source: str | None) -> str | None:
    """Id of the logged model that is the source of a registered version: some stores keep it nowhere else.

    Examples
    --------
    >>> model_id_in("models:/m-0123456789abcdef0123456789abcdef")
    'm-0123456789abcdef0123456789abcdef'
    >>> model_id_in("s3://backup/m-0123456789abcdef0123456789abcdef/copy")
    """
    found = re.search(r"(?:^models:|/models)/(m-[0-9a-f]{16,})(?:/artifacts)?/?$", source or "")
    return found[1] if found else None
