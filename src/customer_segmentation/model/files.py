"""A model as files: the pipeline in skops format, so that loading runs no code of unknown origin; the rest as JSON."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from customer_segmentation.clustering.transformers import CustomerFeatures
from customer_segmentation.data.spreadsheet_safety import neutralised
from customer_segmentation.errors import StoreError, StudyError
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.model.shapes import check_example, check_reference, check_rules, check_segments
from customer_segmentation.model.trust import types_of, untrusted_types
from customer_segmentation.settings.data import ColumnType

FORMAT = 2
PIPELINE = "pipeline.skops"
SEGMENTS = "segments.json"
REFERENCE = "reference.json"
RULES = "rules.json"
PROFILE = "profile.csv"
EXAMPLE = "example.json"
#: What reading a damaged file ends in.
_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
_WORDS = (ColumnType.text.value, ColumnType.category.value)
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
    with _reading(folder, SEGMENTS) as path:
        segments = json.loads(path.read_text(encoding="utf-8"))
        if segments["format"] != FORMAT:
            raise StoreError(
                f"the model has the format {segments['format']}, this version of customer-segmentation reads {FORMAT}; "
                "use the version that logged it."
            )
        check_segments(segments)
        entries = sorted(segments["segments"], key=lambda entry: int(entry["cluster"]))
        centres = np.array(segments["centres"], dtype=np.float64)
    with _reading(folder, PIPELINE) as path:
        pipeline = _pipeline(path.read_bytes(), trusted_modules)
    model = SegmentModel(
        pipeline=pipeline,
        numbers=tuple(entry["number"] for entry in entries),
        names={entry["number"]: entry["name"] for entry in entries if entry.get("name")},
        actions={entry["number"]: entry["first_action"] for entry in entries if entry.get("first_action")},
        centres=centres,
        contract=segments["contract"],
        example=pd.DataFrame(),
        about=segments["about"],
        trusted_modules=tuple(trusted_modules),
    )
    return replace(model, **_other_files(model, folder))


def _other_files(model: SegmentModel, folder: Path) -> dict[str, Any]:
    """What the other files hold, each of which has to go with the model."""
    k, step, profile = len(model.numbers), model.step, None
    with _reading(folder, PIPELINE):
        columns = {name: step.columns[name]["type"] in _WORDS for name in model.needed}
    with _reading(folder, EXAMPLE) as path:
        cells = json.loads(path.read_text(encoding="utf-8"))
        check_example(cells, list(columns))
        example = pd.DataFrame(cells["data"], columns=cells["columns"])
    with _reading(folder, REFERENCE) as path:
        reference = json.loads(path.read_text(encoding="utf-8"))
        check_reference(reference, {name: name in step.categories for name in step.features}, columns, k)
    with _reading(folder, RULES) as path:
        rules = json.loads(path.read_text(encoding="utf-8"))
        check_rules(rules, list(step.features), k)
    if (folder / PROFILE).is_file():
        with _reading(folder, PROFILE) as path:
            profile = pd.read_csv(path)
    return {"example": example, "reference": reference, "rules": rules, "profile": profile}


@contextlib.contextmanager
def _reading(folder: Path, name: str) -> Iterator[Path]:
    """Read a file of a model, which may be a stranger's.

    Parameters
    ----------
    folder : of the model
    name : of the file

    Raises
    ------
    StoreError
        It is missing or damaged.
    """
    try:
        yield folder / name
    except FileNotFoundError as error:
        raise StoreError(f"{folder} lacks {name}, without which there is no model.") from error
    except _DAMAGED as error:
        why = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        raise StoreError(
            f"{name} of the model in {folder} cannot be read ({' '.join(why.split())}): it is damaged; take another "
            "model."
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
