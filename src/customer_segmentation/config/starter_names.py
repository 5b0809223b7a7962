"""The files of a starter in the user's folder: what they are called, and how they are written."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from customer_segmentation.config.paths import shipped_root
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.commands import InitSettings
from customer_segmentation.sources.new_file import NewFile
from customer_segmentation.sources.seal import is_intact

#: Words that YAML or Hydra would read as something else than a name.
_RESERVED = frozenset(["null", "none", "true", "false", "yes", "no", "on", "off", "nan", "inf", "y", "n"])
_NAME = re.compile(r"[a-z][a-z0-9_]*")
#: Of a name that is made: some systems take no longer name of a file.
MOST_LETTERS = 100
#: Endings of tables' names, that of a packing too.
_ENDING = re.compile(
    r"\.(csv|tsv|txt|dat|xlsx?|xlsm|ods|jsonl?|ndjson|parquet|pq|feather|arrows?|gz|bz2|xz|zip|zst|db|sqlite3?)$",
    re.IGNORECASE,
)


def files_name(settings: InitSettings) -> str:
    """Name of the files: the one that is given, else made from the table's; never one of a shipped file.

    Raises
    ------
    SettingsError
        It is the name of a shipped file, or is no name.
    """
    from customer_segmentation.exploration.roles.vocabulary import slug

    shipped = {path.stem for top in ("conf", "experiments") for path in (shipped_root() / top).rglob("*.yaml")}
    if settings.name is not None:
        name = settings.name
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise SettingsError(
                f"name={name}: expected small letters, digits and underscores, a letter first, such as "
                f"name={_safe(slug(name))}."
            )
        if len(name) > MOST_LETTERS:
            raise SettingsError(f"name has {len(name)} letters; give one of at most {MOST_LETTERS}.")
        if name in shipped and Path.cwd().resolve() != shipped_root().resolve():
            raise SettingsError(
                f"name={name} is the name of a shipped config; choose another, such as name={name}_own."
            )
        return name
    path = str(settings.data.path)
    name = (path.split("?")[0] if "://" in path else path).rstrip("/").replace("\\", "/").rpartition("/")[2]
    while (stem := _ENDING.sub("", name)) != name:
        name = stem
    name = _safe(slug(name)[:MOST_LETTERS])
    return f"{name}_own" if name in shipped else name


def _safe(name: str) -> str:
    """Make a slug a name that YAML and Hydra take for one."""
    if not name:
        return "customers"
    return name if _NAME.fullmatch(name) and name not in _RESERVED else f"table_{name}"


def write_files(files: Mapping[str, str], *, force: bool) -> None:
    """Write all files, or none where one of them cannot be written.

    They take their names one after the other when all are on the disk: a command that is killed in that moment leaves
    the first of them, which ``force`` replaces.

    Parameters
    ----------
    files : path in the current folder to the file's text
    force : replace files that an earlier command wrote and nobody has edited

    Raises
    ------
    SettingsError
        One of them exists, and ``force`` is not set or it is not as `segment init` wrote it; or the folder cannot be
        written.
    """
    existing = [path for path in files if os.path.lexists(path)]
    for path in existing if force else []:
        ours = _is_ours(Path(path))
        if not ours or not is_intact(Path(path).read_bytes()):
            was = "was edited since segment init wrote it" if ours else "was not written by segment init"
            raise SettingsError(f"{path} {was} and nothing was written; move it, or give another name=NAME.")
    if existing and not force:
        what = f"{existing[0]} and {len(existing) - 1} more exist" if existing[1:] else f"{existing[0]} exists"
        raise SettingsError(
            f"{what} already and nothing was written; give force=true to overwrite, or another name=NAME."
        )
    new: list[NewFile] = []
    made: list[Path] = []
    try:
        for path, text in files.items():
            file = Path(path)
            made += [folder for folder in reversed(file.parents) if not folder.exists()]
            file.parent.mkdir(parents=True, exist_ok=True)
            new.append(NewFile(file, overwrite=force, is_ours=_is_ours, key="name", what="a file of segment init"))
            new[-1].fill(text.encode())
            new[-1].aside.chmod(0o666 & ~_umask())  # no customers are in it
        for item in new:
            item.publish()
    except OSError as error:
        raise SettingsError(
            f"{error.filename or 'the current folder'} cannot be written ({error.strerror}); run the command in a "
            "folder of your own."
        ) from error
    finally:
        for item in new:
            item.discard()
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # where something is in it
                folder.rmdir()


def _is_ours(path: Path) -> bool:
    """Whether an earlier init wrote a file: its first comment is the command that uses it."""
    try:
        if not path.is_file():  # reading a pipe would never end
            return False
        with path.open("rb") as file:
            return any(line.startswith(b"# segment ") for line in file.read(400).splitlines()[:3])
    except OSError:
        return False


def _umask() -> int:
    """Permissions that this user takes from new files; asking sets it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
