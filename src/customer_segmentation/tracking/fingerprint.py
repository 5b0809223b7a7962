"""What makes two computations the same one: settings, data, and the code and libraries that compute.

A sweep that is run again finds its earlier runs by these hashes. They are tags of the runs, so that it works with any
store and from any folder.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from typing import Any

TAG = "identity"


LENGTH = 32


#: Folders and modules whose code shapes a number; figures, texts and commands do not.
COMPUTING = ("sources", "data", "explore", "clustering", "model", "verdict", "segments")


LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas")


def identity(content: Mapping[str, Any]) -> str:
    """Hash of settings, of the code that computes and of the libraries' versions.

    Parameters
    ----------
    content : mapping
        Plain values, dataclasses as dictionaries; the order of keys does not matter.
    """
    whole = {"content": content, "code": code_version(), "libraries": _libraries()}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=_plain).encode()).hexdigest()[:LENGTH]


@functools.cache
def code_version() -> str:
    """Hash of the source of all computing layers."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for layer in COMPUTING:
        for path in sorted((package / layer).rglob("*.py")):
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:LENGTH]


@functools.cache
def _libraries() -> dict[str, str]:
    """Versions of the libraries that compute: each look-up reads a file."""
    return {name: version(name) for name in LIBRARIES}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else str(value)


def candidate_identity(study: str, k: int) -> str:
    """Identity of a candidate of a study.

    Parameters
    ----------
    study : identity of its study
    k : number of segments
    """
    return identity({"study": study, "k": k})
