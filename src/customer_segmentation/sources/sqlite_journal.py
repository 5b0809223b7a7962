"""The journal beside an SQLite database, which SQLite follows by itself as soon as the database is opened to write."""

from __future__ import annotations

import os
from pathlib import Path

_MAGIC = bytes.fromhex("d9d505f920a163d7")  # with which a journal begins, and ends where it names another
_END = 16  # bytes: length of the name, its checksum, and the magic
_LONGEST = 4096  # bytes of a path


def journal_of_others(database: Path) -> str:
    """Say what is wrong with a journal that names another file: SQLite deletes that file, whatever it is.

    A transaction over several databases names one, which neither a store nor a table of labels is ever part of: it came
    with a database of a stranger's.

    Parameters
    ----------
    database : its journal is looked into

    Returns
    -------
    str
        A clause; empty where there is nothing against opening the database.
    """
    journal = Path(f"{os.path.realpath(database)}-journal")
    try:
        if journal.is_symlink():
            return f"its journal {journal} is a link to {os.readlink(journal)}, where SQLite would write; remove it"
        with journal.open("rb") as stored:
            size = stored.seek(0, os.SEEK_END)
            stored.seek(max(0, size - _END - _LONGEST))
            end = stored.read()
    except OSError:  # none, or SQLite may not read it either
        return ""
    length = int.from_bytes(end[-_END : 4 - _END])
    if not end.endswith(_MAGIC) or len(end) < _END or not length:
        return ""
    named = end[:-_END][-length:].decode("utf-8", "replace")
    return (
        f"its journal {journal} is of a transaction that was broken off over several databases, and names {named}, a "
        "file that SQLite would delete; if that file is of the transaction, open the database with sqlite3, else "
        "remove the journal"
    )
