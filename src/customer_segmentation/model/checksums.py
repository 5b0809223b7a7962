"""The manifest of a logged model: the checksum of every file in its folder; its own checksum is kept in the store."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from customer_segmentation.errors import StoreError

#: Beside ``MLmodel``: path to SHA-256, of every file but this one.
MANIFEST = "manifest.json"
#: Tag of the logged model: SHA-256 of `MANIFEST`.
MANIFEST_TAG = "manifest_sha256"
#: What MLflow itself writes beside ``MLmodel`` of a model that it has registered.
ADDED_BY_MLFLOW = "registered_model_meta"
#: An empty file of this name stands beside every Python file of a model. Where a model is loaded in place, Python would
#: otherwise write compiled code into the store, which nobody could tell from compiled code that a stranger put there.
NO_BYTECODE = "__pycache__"


def write_manifest(folder: Path) -> str:
    """Write the manifest of a model; return its checksum, which belongs into the store."""
    for place in {path.parent for path in folder.rglob("*.py")}:
        (place / NO_BYTECODE).touch()
    text = json.dumps(checksums_of(folder), indent=1)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return _sha256(folder / MANIFEST)


def check_manifest(folder: Path, told: str | None, name: str) -> None:
    """Refuse a model of which a file was altered, added or removed since it was logged.

    Parameters
    ----------
    folder : Path
        Of the model, with ``MLmodel``.
    told : str or None
        Checksum of the manifest in the store; None where no store knows the model.
    name : str
        What the model is called in an error.

    Raises
    ------
    StoreError
        Names the file.
    """  # noqa: DOC501 - _altered makes a StoreError
    if not (folder / MANIFEST).is_file():
        if told is None:
            raise StoreError(
                f"{name} is not a model that this version of `segment sweep` logged (it has no {MANIFEST}); take the "
                "model of a candidate's run, or a version that `segment promote` registered."
            )
        raise _altered(MANIFEST, name, "is gone")
    if told is not None and _sha256(folder / MANIFEST) != told:
        raise _altered(MANIFEST, name, "was altered")
    try:
        logged = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        assert isinstance(logged, dict)  # noqa: S101 - the next line refuses both
    except (ValueError, AssertionError, RecursionError) as error:
        raise _altered(MANIFEST, name, "was altered") from error
    found = dict.fromkeys(_files(folder, name))
    for path in sorted({*logged, *found}):
        if path not in found:
            raise _altered(path, name, "is gone")
        if path not in logged:
            raise _altered(path, name, "was added")
        if _sha256(folder / path) != logged[path]:
            raise _altered(path, name, "was altered")


def checksums_of(folder: Path) -> dict[str, str]:
    """Path to SHA-256 of every file of a model, but for the manifest and what MLflow adds."""
    return {name: _sha256(folder / name) for name in _files(folder, folder.name)}


def _altered(path: str, name: str, what: str) -> StoreError:
    return StoreError(f"the file {path} of {name} {what} since it was logged; do not use the model.")


def _files(folder: Path, name: str) -> Iterator[str]:
    """Paths below a model's folder, in order, but for the manifest and what MLflow adds.

    Raises
    ------
    StoreError
        A link, a device or a pipe, whose content is not the model's own; compiled code.
    """
    for place, below, files in os.walk(folder):
        below.sort()
        for entry in sorted([*below, *files]):
            path = Path(place, entry)
            inner = path.relative_to(folder).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise StoreError(f"{inner} of {name} is a link, not a file of its own; do not use the model.")
            if entry == NO_BYTECODE and path.is_file() and not path.stat().st_size:
                continue  # what keeps compiled code out may itself be lost on the way
            if path.suffix == ".pyc" or (entry == NO_BYTECODE and path.is_file()):
                raise StoreError(
                    f"{inner} of {name} is compiled code, which was added since the model was logged; do not use the "
                    "model."
                )
            if path.is_file() and inner not in (MANIFEST, ADDED_BY_MLFLOW):
                yield inner


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
