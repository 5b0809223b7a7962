"""A fitted Pipeline as an MLflow model: skops format, so that loading it runs no code of unknown origin."""

from __future__ import annotations

import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

from customer_segmentation.errors import StudyError
from customer_segmentation.tracking.items import Model
from customer_segmentation.tracking.store import Store

PACKAGE = Path(__file__).resolve().parents[1]

#: What a scorer must install; the package itself travels with the model.
REQUIREMENTS = ("mlflow", "scikit-learn", "skops", "pandas", "numpy", "scipy")

#: Types from these packages are what a pipeline of ours consists of.
TRUSTED = ("sklearn.", "numpy.", "scipy.", "customer_segmentation.spaces.")


def requirements() -> list[str]:
    """Exact versions that a scorer needs."""
    return [f"{name}=={version(name)}" for name in REQUIREMENTS]


def trusted_types(pipeline: Any) -> list[str]:
    """Types in a pipeline that skops does not trust by itself, all of them from `TRUSTED`.

    Raises
    ------
    StudyError
        A type from anywhere else: the model could not be loaded without running unknown code.
    """
    import skops.io

    found = skops.io.get_untrusted_types(data=skops.io.dumps(pipeline))
    foreign = [name for name in found if not name.startswith(TRUSTED)]
    if foreign:
        raise StudyError(
            f"the model holds {', '.join(foreign)}, which is not part of scikit-learn, numpy or scipy and cannot be "
            "stored safely; use another scaling or algorithm."
        )
    return found


def log_pipeline(store: Store, run_id: str, model: Model) -> str:
    """Log a pipeline to a run that is still open; return the id of the logged model.

    Logged with a signature of raw columns, an input example, exact requirements
    and this package as code, since the first step of the pipeline is defined in it.
    """
    import mlflow
    import mlflow.sklearn

    mlflow.set_tracking_uri(store.uri)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with mlflow.start_run(run_id=run_id, log_system_metrics=False):
            info = mlflow.sklearn.log_model(
                model.pipeline,
                name="model",
                signature=signature(model.example),
                input_example=model.example,
                pip_requirements=requirements(),
                code_paths=[str(PACKAGE)],
                serialization_format="skops",
                skops_trusted_types=trusted_types(model.pipeline),
                params={key: str(value) for key, value in model.params.items()},
                tags={key: str(value) for key, value in model.tags.items()},
            )
    return str(info.model_id)


def signature(example: Any) -> Any:
    """Signature of raw customers in and a segment's number out.

    MLflow enforces a signature before the pipeline sees the customers, and refuses whole numbers where it promises
    doubles. Columns are therefore of any type: the pipeline's first step casts every cell itself.
    """
    from mlflow.models.signature import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import AnyType

    columns: list[Any] = [ColSpec(AnyType(), str(name), required=False) for name in example]
    return ModelSignature(inputs=Schema(columns), outputs=Schema([ColSpec(DataType.integer, "segment")]))
