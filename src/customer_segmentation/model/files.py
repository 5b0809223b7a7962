"""A model as files: the pipeline in skops format, so that loading runs no code of unknown origin; the rest as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from customer_segmentation.clustering.transformers import CustomerFeatures
from customer_segmentation.data.spreadsheet_safety import neutralised
from customer_segmentation.errors import StoreError, StudyError
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.model.trust import types_of, untrusted_types

FORMAT = 2
PIPELINE = "pipeline.skops"
SEGMENTS = "segments.json"
REFERENCE = "reference.json"
RULES = "rules.json"
PROFILE = "profile.csv"
EXAMPLE = "example.json"
STEPS = ["features", "scaling", "clustering"]


def pipeline_bytes(pipeline: Any, trusted_modules: Collection[str] = ()) -> bytes:
    """Pipeline in skops format.

    Parameters
    ----------
    pipeline : Pipeline
    trusted_modules : collection of str
        Packages or modules that the user trusts by name, such as that of an own scaler.

    Raises
    ------
    StudyError
        It holds a type that is not trusted: it could not be loaded without running unknown code.
    """
    import skops.io

    try:
        content = bytes(skops.io.dumps(pipeline))
    except Exception as error:
        raise StudyError(
            f"the model cannot be stored ({type(error).__name__}: {error}); use another scaling or algorithm."
        ) from error
    foreign = untrusted_types(content, trusted_modules)
    if foreign:
        raise StudyError(
            f"the model holds {', '.join(foreign)}, which is not an estimator of scikit-learn and cannot be stored "
            "safely; use another scaling or algorithm, or name its package with trusted_modules=[...] if you trust it."
        )
    return content


def write_model(model: SegmentModel, folder: Path) -> None:
    """Write a model's files.

    Parameters
    ----------
    model : SegmentModel
    folder : Path
        Made where it is not there.

    Raises
    ------
    StudyError
        The pipeline holds a type that is not trusted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PIPELINE).write_bytes(pipeline_bytes(model.pipeline, model.trusted_modules))
    segments = {
        "format": FORMAT,
        "about": dict(model.about),
        "segments": [
            {"cluster": at, "number": n, "name": model.names.get(n), "first_action": model.actions.get(n)}
            for at, n in enumerate(model.numbers)
        ],
        "centres": np.asarray(model.centres).tolist(),
        "contract": dict(model.contract),
        "trusted_modules": list(model.trusted_modules),
    }
    _write_json(folder / SEGMENTS, segments)
    _write_json(folder / REFERENCE, dict(model.reference))
    _write_json(folder / RULES, dict(model.rules))
    model.example.to_json(folder / EXAMPLE, orient="split", index=False)
    if model.profile is not None:
        neutralised(model.profile).to_csv(folder / PROFILE, index=False)


def modules_trusted_at_logging(folder: Path) -> list[str]:
    """What the user trusted when the model was logged; for a loader that runs the code of the model anyway."""
    return [str(name) for name in json.loads((folder / SEGMENTS).read_text(encoding="utf-8"))["trusted_modules"]]


def read_model(folder: Path, *, trusted_modules: Collection[str] = ()) -> SegmentModel:
    """Read the files that `write_model` wrote.

    Parameters
    ----------
    folder : Path
    trusted_modules : collection of str
        Packages or modules that the user trusts by name.

    Raises
    ------
    StoreError
        A file is missing or altered, is of another version, or holds types that nobody should load.
    """
    try:
        segments = json.loads((folder / SEGMENTS).read_text(encoding="utf-8"))
        if segments["format"] != FORMAT:
            raise StoreError(
                f"the model has the format {segments['format']}, this version of customer-segmentation reads {FORMAT}; "
                "use the version that logged it."
            )
        pipeline = _pipeline((folder / PIPELINE).read_bytes(), trusted_modules)
        entries = sorted(segments["segments"], key=lambda entry: entry["cluster"])
        return SegmentModel(
            pipeline=pipeline,
            numbers=tuple(int(entry["number"]) for entry in entries),
            names={int(entry["number"]): str(entry["name"]) for entry in entries if entry["name"]},
            actions={
                int(entry["number"]): str(entry["first_action"]) for entry in entries if entry.get("first_action")
            },
            centres=np.array(segments["centres"], dtype=np.float64),
            contract=segments["contract"],
            example=pd.DataFrame(**json.loads((folder / EXAMPLE).read_text(encoding="utf-8"))),
            profile=pd.read_csv(folder / PROFILE) if (folder / PROFILE).is_file() else None,
            reference=json.loads((folder / REFERENCE).read_text(encoding="utf-8")),
            about=segments["about"],
            rules=json.loads((folder / RULES).read_text(encoding="utf-8")),
            trusted_modules=tuple(trusted_modules),
        )
    except FileNotFoundError as error:
        raise StoreError(f"{folder} lacks {Path(error.filename).name}, without which there is no model.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"the model in {folder} cannot be read ({type(error).__name__}: {error}): a file of it is damaged."
        ) from error


def _pipeline(content: bytes, trusted_modules: Collection[str]) -> Any:
    import skops.io

    foreign = untrusted_types(content, trusted_modules)  # before anything of it is loaded
    if foreign:
        raise StoreError(
            f"the model holds {', '.join(foreign)}, which no model of `segment sweep` does unless its package is named "
            "with trusted_modules=[...]; do not load it, unless you know who made it."
        )
    pipeline = skops.io.loads(content, trusted=sorted({name for _, name in types_of(content)}))
    steps = [name for name, _ in getattr(pipeline, "steps", ())]
    if steps != STEPS or not isinstance(pipeline.steps[0][1], CustomerFeatures):
        raise ValueError(f"its steps are {steps}, expected {STEPS}")
    return pipeline


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")
