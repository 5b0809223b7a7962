"""A model as files: the pipeline in skops format, so that loading runs no code of unknown origin; the rest as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from customer_segmentation.data.spreadsheet_safety import neutralised
from customer_segmentation.errors import StoreError, StudyError
from customer_segmentation.model.segment_model import SegmentModel

FORMAT = 1
PIPELINE = "pipeline.skops"
SEGMENTS = "segments.json"
REFERENCE = "reference.json"
PROFILE = "profile.csv"
EXAMPLE = "example.json"
DIGESTS = "digests.json"

#: Types from these packages are what a pipeline of ours consists of.
TRUSTED = ("sklearn.", "numpy.", "scipy.", "customer_segmentation.clustering.")


def foreign_types(found: list[str]) -> list[str]:
    """Names of types that are none of `TRUSTED`."""
    return [name for name in found if not name.startswith(TRUSTED)]


def pipeline_bytes(pipeline: Any) -> bytes:
    """Pipeline in skops format.

    Raises
    ------
    StudyError
        It holds a type from anywhere but `TRUSTED`: it could not be loaded without running unknown code.
    """
    import skops.io

    content = skops.io.dumps(pipeline)
    foreign = foreign_types(skops.io.get_untrusted_types(data=content))
    if foreign:
        raise StudyError(
            f"the model holds {', '.join(foreign)}, which is not part of scikit-learn, numpy or scipy and cannot be "
            "stored safely; use another scaling or algorithm."
        )
    return bytes(content)


def write_model(model: SegmentModel, folder: Path) -> dict[str, str]:
    """Write a model's files; return the checksum of each."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PIPELINE).write_bytes(pipeline_bytes(model.pipeline))
    segments = {
        "format": FORMAT,
        "about": dict(model.about),
        "segments": [{"cluster": at, "number": n, "name": model.names.get(n)} for at, n in enumerate(model.numbers)],
        "centres": np.asarray(model.centres).tolist(),
        "contract": dict(model.contract),
    }
    _write_json(folder / SEGMENTS, segments)
    _write_json(folder / REFERENCE, dict(model.reference))
    model.example.to_json(folder / EXAMPLE, orient="split", index=False)
    if model.profile is not None:
        neutralised(model.profile).to_csv(folder / PROFILE, index=False)
    digests = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    _write_json(folder / DIGESTS, digests)
    return digests


def read_model(folder: Path) -> SegmentModel:
    """Read the files that `write_model` wrote.

    Raises
    ------
    StoreError
        A file is missing or altered, is of another version, or holds types that nobody should load.
    """
    import skops.io

    if not (folder / DIGESTS).is_file():
        raise StoreError(f"{folder} holds no model of `segment sweep`: it has no {DIGESTS}.")
    digests: dict[str, str] = json.loads((folder / DIGESTS).read_text(encoding="utf-8"))
    for name, digest in digests.items():
        if not (folder / name).is_file() or _sha256(folder / name) != digest:
            raise StoreError(f"the model's file {name} was altered or is gone since it was logged; do not use it.")
    segments: Mapping[str, Any] = json.loads((folder / SEGMENTS).read_text(encoding="utf-8"))
    if segments["format"] != FORMAT:
        raise StoreError(
            f"the model has the format {segments['format']}, this version of customer-segmentation reads {FORMAT}; "
            "use the version that logged it."
        )
    found = skops.io.get_untrusted_types(file=folder / PIPELINE)
    foreign = foreign_types(found)
    if foreign:
        raise StoreError(f"the model holds {', '.join(foreign)}, which no model of ours does; do not load it.")
    entries = sorted(segments["segments"], key=lambda entry: entry["cluster"])
    return SegmentModel(
        pipeline=skops.io.load(folder / PIPELINE, trusted=found),
        numbers=tuple(int(entry["number"]) for entry in entries),
        names={int(entry["number"]): str(entry["name"]) for entry in entries if entry["name"]},
        centres=np.array(segments["centres"], dtype=np.float64),
        contract=segments["contract"],
        example=pd.DataFrame(**json.loads((folder / EXAMPLE).read_text(encoding="utf-8"))),
        profile=pd.read_csv(folder / PROFILE) if (folder / PROFILE).is_file() else None,
        reference=json.loads((folder / REFERENCE).read_text(encoding="utf-8")),
        about=segments["about"],
    )


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
