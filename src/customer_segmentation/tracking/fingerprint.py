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
from types import CodeType
from typing import Any

#: Tag by which runs are searched; it sorts last, as no person reads it.
TAG = "z.identity"


LENGTH = 32


#: Rooms and modules that shape a number of a sweep; texts, figures, reports and other commands do not.
COMPUTING = (
    "sources",
    "data",
    "exploration",
    "clustering",
    "model",
    "verdict",
    "segments",
    "workflows",
    "config/instantiate.py",
    "parallel.py",
)
#: Of these, what a sweep does not use. A new module counts until it is named here.
OTHER_COMMANDS = (
    "exploration/roles/",
    "sources/new_file.py",
    "workflows/carry_names.py",
    "workflows/describe_table.py",
    "workflows/explore.py",
    "workflows/export.py",
    "workflows/migrate.py",
    "workflows/promote.py",
    "workflows/report.py",
    "workflows/report_data.py",
    "workflows/rollback.py",
    "workflows/score.py",
)
#: Kind of a source to the module of the sample that it is drawn by: a sweep does not use the others.
SAMPLES = {"sample": "sources/samples/telecom.py", "orders": "sources/samples/orders.py"}

LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas")


def identity(content: Mapping[str, Any], source: str = "") -> str:
    """Hash of settings, of the code that computes and of the libraries' versions.

    Parameters
    ----------
    content : mapping
        Plain values, dataclasses as dictionaries; the order of keys does not matter.
    source : str
        Kind of the table's source, see `code_version`.
    """
    whole = {"content": content, "code": code_version(source), "libraries": _libraries()}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=_plain).encode()).hexdigest()[:LENGTH]


@functools.cache
def code_version(source: str = "") -> str:
    """Hash of the compiled code of all that computes: comments, docstrings and where a line stands do not count.

    Takes a tenth of a second, once a process.

    Parameters
    ----------
    source : str
        Kind of the table's source (``data.source``): the code of samples that are not drawn does not count.
    """
    return code_of(Path(__file__).resolve().parents[1], source)


def code_of(package: Path, source: str) -> str:
    """Hash of the compiled code of a package's modules that compute, see `code_version`.

    Parameters
    ----------
    package : folder of the package
    source : kind of source, such as ``sample``
    """
    digest = hashlib.sha256()
    for name, path in computing_files(package, source).items():
        code = compile(path.read_bytes(), name, "exec", dont_inherit=True, optimize=2)  # without docstrings
        digest.update(repr((name, _instructions(code))).encode())
    return digest.hexdigest()[:LENGTH]


def computing_files(package: Path, source: str) -> dict[str, Path]:
    """Modules that shape a number of a sweep over a kind of source, by their paths in the package.

    Parameters
    ----------
    package : folder of the package
    source : kind of source, such as ``sample``
    """
    unused = {path for kind, path in SAMPLES.items() if kind != source}
    places = [package / part for part in COMPUTING]
    every = sorted(path for place in places for path in ([place] if place.is_file() else place.rglob("*.py")))
    named = {path.relative_to(package).as_posix(): path for path in every}
    return {name: path for name, path in named.items() if name not in unused and not name.startswith(OTHER_COMMANDS)}


def _instructions(code: CodeType) -> tuple[object, ...]:
    """What a piece of code does, apart from the lines where it stands."""
    return (
        code.co_code,
        tuple(_constant(value) for value in code.co_consts),
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_argcount,
        code.co_kwonlyargcount,
        code.co_flags,
    )


def _constant(value: object) -> object:
    """A constant in a form that is the same in every process: the order of a set is not."""
    if isinstance(value, CodeType):
        return _instructions(value)
    if isinstance(value, frozenset):
        return ("frozenset", *sorted(map(repr, value)))
    return tuple(_constant(item) for item in value) if isinstance(value, tuple) else (type(value).__name__, value)


@functools.cache
def _libraries() -> dict[str, str]:
    """Versions of the libraries that compute: each look-up reads a file."""
    return {name: version(name) for name in LIBRARIES}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else str(value)


def candidate_identity(study: str, k: int) -> str:
    """Identity of a candidate of a study, whose own says by which code it was computed.

    Parameters
    ----------
    study : str
        Identity of its study.
    k : int
    """
    return hashlib.sha256(f"{study} k={k}".encode()).hexdigest()[:LENGTH]
