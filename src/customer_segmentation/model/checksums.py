"""The seal of a logged model: checksums of every file in its folder, and one checksum of those, kept in the store."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from customer_segmentation.errors import StoreError

#: Beside ``MLmodel``: path to SHA-256, of every file but this one.
FILES = "files.json"
#: Tag of the logged model: SHA-256 of `FILES`.
SEAL = "files_sha256"
#: What MLflow itself adds to a model that it has registered, downloaded or imported.
ADDED = ("registered_model_meta", "__pycache__")


def write_checksums(folder: Path) -> str:
    """Write the checksums of all files of a model; return the checksum of those, which belongs into the store."""
    (folder / FILES).write_text(json.dumps(_checksums(folder), indent=1), encoding="utf-8")
    return _sha256(folder / FILES)


def check_checksums(folder: Path, told: str | None, name: str) -> None:
    """Refuse a model of which a file was altered, added or removed since it was logged.

    Parameters
    ----------
    folder : Path
        Of the model, as it was downloaded.
    told : str or None
        The seal in the store; None where the store holds none: the model is of an earlier version, or of another store.
    name : str
        What the model is called in an error.

    Raises
    ------
    StoreError
        Names the file.
    """
    if not (folder / FILES).is_file():
        if told is None:
            return
        raise StoreError(f"the file {FILES} of {name} is gone since it was logged; do not use the model.")
    if told is not None and _sha256(folder / FILES) != told:
        raise StoreError(f"the file {FILES} of {name} was altered since it was logged; do not use the model.")
    try:
        logged: dict[str, str] = json.loads((folder / FILES).read_text(encoding="utf-8"))
    except ValueError as error:
        raise StoreError(
            f"the file {FILES} of {name} was altered since it was logged; do not use the model."
        ) from error
    found = _checksums(folder)
    for path in sorted({*logged, *found}):
        if logged.get(path) != found.get(path):
            what = "is gone" if path not in found else "was altered" if path in logged else "was added"
            raise StoreError(f"the file {path} of {name} {what} since it was logged; do not use the model.")


def _checksums(folder: Path) -> dict[str, str]:
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name.as_posix(): _sha256(path)
        for name, path in found.items()
        if name != Path(FILES) and not set(name.parts) & set(ADDED)
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
