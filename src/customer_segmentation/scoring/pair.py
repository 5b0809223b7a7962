"""Labels and rejected rows take their names together, also where the command is killed in between.

Before the first of the two renamings a journal beside each of them (of a database: beside the rejected rows) names both
files and the names under which what they replace is kept; it goes when both are done. Where one is found later its
command was killed: if both files are there, what was kept goes; else both names get back what they had. A journal may
lie in a folder of a stranger's: a file is touched only if it is the one that the journal saw, by its inode.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from customer_segmentation.scoring.collected import Collected
from customer_segmentation.scoring.database_output import TableOutput
from customer_segmentation.scoring.outputs import Output

NOTICES = logging.getLogger(__name__)
_AT_ONCE = fcntl.LOCK_EX | fcntl.LOCK_NB
_JOURNAL = re.compile(r"\..+\.((\d+)\.[0-9a-f]{8})\.pair")


@contextlib.contextmanager
def together(output: Output | TableOutput | Collected, rejects: Output | Collected) -> Iterator[None]:
    """Publish both in the block: afterwards both are as they were written, or as they were before.

    Parameters
    ----------
    output : labels, finished
    rejects : rejected rows, finished; without one an earlier file of theirs is removed
    """
    if isinstance(output, Collected) or isinstance(rejects, Collected):
        yield
        return
    files = [rejects.file, output.file] if isinstance(output, Output) else [rejects.file]
    place = files[-1].path
    token = f"{os.getpid()}.{secrets.token_hex(4)}"
    kept = [file.path.absolute().with_name(_kept_name(file.path, token)) for file in files]
    entries = [
        {
            "path": str(file.path.absolute()),
            "old": _found(file.path) if file.replaces else None,
            "new": _found(file.aside) if file is not rejects.file or rejects.rows else None,
            "kept": str(name),
        }
        for file, name in zip(files, kept, strict=True)
    ]
    mark = output.token if isinstance(output, TableOutput) else ""
    journal = place.absolute().with_name(f".{place.name[:100]}.{token}.pair")
    with contextlib.ExitStack() as held:
        for folder in sorted({path.parent for path in _journals(journal, entries)}):  # sorted: two never wait in turn
            held.enter_context(_holding(folder))
        try:
            for path in _journals(journal, entries):
                with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as written:
                    json.dump({"files": entries, "mark": mark}, written)
                    written.flush()
                    os.fsync(written.fileno())
            for file, name in zip(files, kept, strict=True):
                file.keep(name)
            yield
        finally:
            _settle(journal, entries, None if isinstance(output, Output) else output.committed)


def settle(output: Output | TableOutput | Path, rejects: Path) -> None:
    """Undo, or end, what killed scorings have left half done in the folders of both outputs.

    Parameters
    ----------
    output : path of a file, or a table of a database
    rejects : path of the rejected rows
    """
    places = [output, rejects] if isinstance(output, Path) else [rejects]
    for folder in sorted({place.absolute().parent for place in places}):
        _settle_in(folder, output)


def _settle_in(folder: Path, output: Output | TableOutput | Path) -> None:
    with contextlib.suppress(OSError), _holding(folder, _AT_ONCE) as alone:
        for journal in sorted(folder.glob(".*.pair")):
            name, found = _JOURNAL.fullmatch(journal.name), journal.lstat()
            if name is None or journal.is_symlink() or not journal.is_file() or found.st_uid != os.getuid():
                continue
            if not alone and Path(f"/proc/{name[2]}").exists():
                continue
            try:
                said = json.loads(journal.read_text(encoding="utf-8") or '{"files": [], "mark": ""}')
                entries, mark = [_entry(entry, folder, name[1]) for entry in said["files"]], str(said["mark"])
            except (ValueError, KeyError, TypeError):
                continue
            done: bool | None = None
            if mark:
                done = output.holds(mark) if isinstance(output, TableOutput) else None
                if done is None:  # of another table, or one that cannot tell
                    continue
            if _settle(journal, entries, done):
                NOTICES.warning(
                    "a scoring was killed while its files took their names; as before it are again: %s",
                    ", ".join(Path(entry["path"]).name for entry in entries),
                )


def _journals(journal: Path, entries: list[dict[str, Any]]) -> list[Path]:
    """The journal and what says the same beside the other file, which goes first: the last one settles both."""
    changed = (Path(entry["path"]) for entry in entries if entry["old"] != entry["new"])
    others = {path.with_name(journal.name) for path in changed} - {journal}
    return [*(path for path in sorted(others) if path.parent.is_dir()), journal]


def _kept_name(path: Path, token: str) -> str:
    """Under which name is kept what a file of a scoring replaces."""
    return f".{path.name[:100]}.{token}.kept"


def _entry(entry: dict[str, Any], folder: Path, token: str) -> dict[str, Any]:
    """What a journal says of a file; one beside it is found there, wherever the folder has been moved.

    Raises
    ------
    ValueError
        No scoring has written that.
    """
    path, kept = Path(entry["path"]), Path(entry["kept"])
    known = all(entry[key] is None or (isinstance(entry[key], list) and len(entry[key]) == 3) for key in ("old", "new"))
    if not known or not path.name or kept != path.with_name(_kept_name(path, token)):
        raise ValueError(entry)
    if not path.exists() and not path.parent.is_dir():
        path, kept = folder / path.name, folder / kept.name
    return {**entry, "path": str(path), "kept": str(kept)}


def _settle(journal: Path, entries: list[dict[str, Any]], done: bool | None) -> bool:
    """Leave both files new or both old; tell whether anything was undone."""
    undone = False
    if done is None:
        done = all(_found(Path(entry["path"])) == entry["new"] for entry in entries)
    for entry in entries:
        path, kept = Path(entry["path"]), Path(entry["kept"])
        now, is_kept = _found(path), _is_kept(kept, entry["old"], beside=kept.parent == journal.parent)
        if not done and now == entry["new"] != entry["old"]:
            if entry["old"] is None:
                path.unlink()
                undone = True
            elif is_kept:
                os.replace(kept, path)
                undone = True
        if is_kept or (now is not None and _found(kept) == now):
            kept.unlink(missing_ok=True)
    for path in _journals(journal, entries):
        path.unlink(missing_ok=True)
    return undone


def _found(path: Path) -> list[int] | None:
    """By what a file is known again under whatever name; None where there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return [found.st_ino, found.st_size, found.st_mtime_ns]


def _is_kept(kept: Path, old: list[int] | None, *, beside: bool) -> bool:
    """Whether a file is the one that was kept; on a file system without links it is a copy."""
    found = _found(kept)
    return found is not None and old is not None and (found == old or (beside and found[1:] == old[1:]))


@contextlib.contextmanager
def _holding(folder: Path, how: int = fcntl.LOCK_EX) -> Iterator[bool]:
    """Hold the lock of a folder, which a killed process loses; False where there are no locks.

    Raises
    ------
    BlockingIOError
        A command that is alive holds it, and it is not to be waited for.
    """
    handle = None
    try:
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        held = False
        if handle is not None:
            try:
                fcntl.flock(handle, how)
                held = True
            except BlockingIOError:
                raise
            except OSError:  # of a file system that knows none
                held = False
        yield held
    finally:
        if handle is not None:
            os.close(handle)
