"""Where configs are found: the user's folder first, then what is shipped."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path

from customer_segmentation.scratch import scratch_folder

#: Folder with configs of a call from Python, which go before all others.
_GIVEN: ContextVar[Path | None] = ContextVar("given_configs", default=None)
PACKAGE = Path(__file__).resolve().parents[1]


def shipped_root() -> Path:
    """Folder that holds the shipped ``conf/`` and ``experiments/``: inside the wheel, or the top of a checkout."""
    inside = PACKAGE / "shipped"
    return inside if (inside / "conf").is_dir() else PACKAGE.parents[1]


def config_folders(here: Path | None = None) -> tuple[list[Path], list[Path]]:
    """Return the folders in which Hydra looks before and after the shipped ``conf/``.

    ``conf/`` of the current folder comes before, so that a user's file wins over a shipped one of the same name;
    the folders that hold ``experiments/``, the user's first, come after. Files of `given_configs` come first of all.
    """
    here = (Path.cwd() if here is None else here).resolve()
    shipped = shipped_root().resolve()
    before = [here / "conf"] if here != shipped and (here / "conf").is_dir() else []
    after = [here] if here != shipped and (here / "experiments").is_dir() else []
    given = _GIVEN.get()
    if given is None:
        return before, [*after, shipped]
    return [given / "conf", *before], [given, *after, shipped]


@contextlib.contextmanager
def given_configs(files: Mapping[str, str]) -> Iterator[None]:
    """Let this thread find configs that no folder holds, such as ``conf/data/NAME.yaml``, path to text."""
    if not files:
        yield
        return
    with scratch_folder() as name:
        folder = Path(name).resolve()
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        with found_in(folder):
            yield


@contextlib.contextmanager
def found_in(folder: Path | None) -> Iterator[None]:
    """Let this thread find configs in a folder that goes before all others, as a worker does for its sweep."""
    token = _GIVEN.set(folder)
    try:
        yield
    finally:
        _GIVEN.reset(token)


def given_folder() -> Path | None:
    """Folder of the configs that `given_configs` has written; None where there are none."""
    return _GIVEN.get()


def options_of(group: str, here: Path | None = None) -> dict[str, Path]:
    """Names that exist for a decision (``scaling``, ``experiments``, ...) with the file that each would take.

    Parameters
    ----------
    group : the decision
    here : folder of the user's files; None: the current one
    """
    before, after = config_folders(here)
    found: dict[str, Path] = {}
    for folder in (*before, shipped_root() / "conf", *after):
        for path in sorted((folder / group).glob("*.yaml")):
            if path.is_file():  # no folder, and no link to nothing
                found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def about_config(path: Path) -> str:
    """Return what a config file is about: its ``about:`` line, else what its first comment says after the command."""
    comment, begun = [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("about:"):
            return line.removeprefix("about:").strip().strip("\"'")
        if line.startswith("# ") and not line.startswith("# @") and not begun:
            comment.append(line.removeprefix("# "))
        begun = begun or not line.startswith("#")
    return " ".join(comment).partition(": ")[2].rstrip(".")
