"""Files that make up one table: those of a folder or a pattern, all of them or an error, never some."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path
from typing import NoReturn

from customer_segmentation.errors import DataError
from customer_segmentation.paths import is_text, typed_path

#: Digits in brackets: the number of a copy, and no set of signs.
#: What an engine's own files (_SUCCESS, _metadata, _committed_…) are never called.
_OF_TABLES = (".csv", ".tsv", ".csv.gz", ".parquet", ".xlsx")
_COPY = re.compile(r"\[\d+\]")


def is_hidden(name: str) -> bool:
    """Whether a file or folder is hidden, or of an engine (_SUCCESS): no part of a table.

    Parameters
    ----------
    name : without its folder
    """
    return name.startswith((".", "_"))


def files_below(folder: Path) -> list[Path]:
    """Files of a folder and of those below it, by name; hidden ones and those of engines do not count.

    Parameters
    ----------
    folder : of the table

    Raises
    ------
    DataError
        A part of it cannot be seen: the table without it would be another one.
    """
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=_refuse_unseen):
        folders[:] = [name for name in folders if not is_hidden(name)]
        for name in folders:
            if Path(place, name).is_symlink():
                raise DataError(
                    f"{Path(place, name)} is a link to another folder, which is not followed; name the folders "
                    "themselves, as [ONE,OTHER], or move the link out."
                )
        for name in names:
            if name.startswith("_") and name.lower().endswith(_OF_TABLES):
                raise DataError(
                    f"{Path(place, name)} may be a part of the table, or what an engine has put aside; rename it, "
                    "move it out, or name the files by a pattern."
                )
        found += [_file(Path(place, name)) for name in names if not is_hidden(name)]
    return sorted(found)


def is_pattern(path: str) -> bool:
    """Whether a path describes names of files: a file of just that name goes before, also one that is not there.

    ``m[1].csv`` is what a browser calls a second copy of m.csv; as a pattern it would be answered by m1.csv.

    Parameters
    ----------
    path : as it was typed
    """
    plain = _COPY.sub("", path)
    return any(mark in plain for mark in "*?[") and not os.path.lexists(typed_path(path))


def files_like(pattern: str) -> list[Path]:
    """Files whose names a pattern describes, by name.

    Parameters
    ----------
    pattern : of their paths

    Raises
    ------
    DataError
        One of them cannot be read, or a folder in which more of them might be; or a folder has such a name.
    """
    place = Path(pattern)
    for below, parent in zip([place, *place.parents], place.parents, strict=False):
        needed = os.R_OK | os.X_OK if glob.has_magic(below.name) else os.X_OK
        for folder in glob.glob(str(parent), recursive=True):
            if os.path.isdir(folder) and not os.access(folder, needed):
                _refuse_unseen(PermissionError(13, "Permission denied", folder))
    found = [Path(file) for file in glob.glob(pattern, recursive=True)]
    files = {path for path in found if not path.is_dir()}
    for place in found:
        if place not in files and not is_hidden(place.name):
            left_out = next((path for path in files_below(place) if path not in files), None)
            if left_out is not None:
                raise DataError(
                    f"{pattern} describes the folder {place} too, but not {left_out} in it, which the table would "
                    "lack; name the folder itself, or the files and folders as [ONE,OTHER]."
                )
    return sorted(map(_file, files))


def _file(path: Path) -> Path:
    if not is_text(str(path)):
        raise DataError(f"the name of {str(path)!a} is not UTF-8; rename the file.")
    if not path.is_file():
        what = "a link to nothing" if path.is_symlink() and not path.exists() else "a pipe or a device"
        raise DataError(f"{path} is {what}, so that the table would lack a part; remove it, or name the files.")
    return path


def _refuse_unseen(error: OSError) -> NoReturn:
    raise DataError(
        f"the folder {error.filename} cannot be read ({error.strerror}), so that the table would lack what is in it; "
        "change its permissions, or name the files."
    ) from None
