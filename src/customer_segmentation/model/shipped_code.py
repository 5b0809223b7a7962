"""The part of this package that a logged model needs, found by following imports: a few modules instead of all.

MLflow's ``infer_code_paths`` does not do it: measured on 3.17.2, it loads each model once more in a process of its own
(3.1 CPU s a model, where this takes 0.05 s a process) and finds none of the modules, because the package does not lie
below the current folder.
"""

from __future__ import annotations

import ast
import functools
import tempfile
import threading
from pathlib import Path

from customer_segmentation.scratch import scratch_folder

PACKAGE = Path(__file__).resolve().parents[1]
NAME = PACKAGE.name
MODEL_CODE = PACKAGE / "tracking" / "model_code.py"

#: Modules that are not in the model's own folder are looked for where the package is installed.
EXTENDED = "\n__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"


def modules_of(start: Path = MODEL_CODE) -> list[Path]:
    """Files of this package that a module imports, directly or through others, with the packages they are in."""
    found: set[Path] = set()
    left = [start]
    while left:
        for path in _imported(left.pop()):
            packages = [parent / "__init__.py" for parent in path.parents if parent.is_relative_to(PACKAGE)]
            for further in (path, *packages):
                if further not in found:
                    found.add(further)
                    left.append(further)
    return sorted(found)


def _imported(path: Path) -> list[Path]:
    files: list[Path] = []
    if path == PACKAGE / "__init__.py":  # the names for a session, which a model does not use
        return files
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] == NAME:
                place = PACKAGE.joinpath(*name.split(".")[1:])
                files += [file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]
    return files


#: A cached call is made twice where two threads begin at once, and the folder of the one would go with it.
_LOCK = threading.Lock()


@functools.cache
def _staged() -> tempfile.TemporaryDirectory[str]:
    folder = scratch_folder("code-")
    for path in modules_of():
        target = Path(folder.name) / NAME / path.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        target.write_text(text + EXTENDED if path.name == "__init__.py" else text, encoding="utf-8")
    return folder


def staged_package() -> Path:
    """Folder with the modules that a model needs, made once a process."""
    with _LOCK:
        return Path(_staged().name) / NAME
