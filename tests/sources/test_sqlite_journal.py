"""A database of a stranger's that is opened to write deletes no file of the user's by the journal beside it."""

import contextlib
import sqlite3

import pytest

from customer_segmentation.errors import SettingsError, StoreError
from customer_segmentation.scoring.database_output import TableOutput
from customer_segmentation.sources.sqlite_journal import journal_of_others
from customer_segmentation.tracking.store import open_store

MAGIC = bytes.fromhex("d9d505f920a163d7")
PAGE, SECTOR = 4096, 512


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "crm.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size={PAGE}")
        connection.execute("CREATE TABLE customers (id)")
        connection.commit()
    return path


def journal(database, named=""):
    """A transaction that was broken off before it changed a page, in one that goes over several databases or not."""
    numbers = (0, 0, database.stat().st_size // PAGE, SECTOR, PAGE)
    content = (MAGIC + b"".join(number.to_bytes(4) for number in numbers)).ljust(SECTOR, b"\0")
    if named:
        name = named.encode()
        content += (2**30 // PAGE + 1).to_bytes(4) + name + len(name).to_bytes(4) + sum(name).to_bytes(4) + MAGIC
    path = database.with_name(f"{database.name}-journal")
    path.write_bytes(content)
    return path


def test_a_journal_that_names_a_file(tmp_path, database):
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    journal(database, str(precious))
    uri = f"sqlite:///{database}"
    with pytest.raises(StoreError, match=rf"is not opened: its journal .* names {precious}, a file that SQLite would"):
        open_store(uri=uri, experiment="x", artifacts=None)
    with pytest.raises(SettingsError, match=rf"^output={uri}: the database is not opened: .* names {precious}"):
        TableOutput(uri, "labels", overwrite=False)
    link = tmp_path / "link.db"
    link.symlink_to(database)  # beside whose aim SQLite looks for the journal
    assert str(precious) in journal_of_others(link)
    assert precious.read_text() == "mine"
    with contextlib.closing(sqlite3.connect(database)) as connection:  # why it is refused
        connection.execute("SELECT * FROM customers").fetchall()
    assert not precious.exists()


def test_a_journal_that_is_a_link(tmp_path, database):
    (tmp_path / "precious.txt").write_text("")
    journal(database).unlink()
    (tmp_path / "crm.db-journal").symlink_to(tmp_path / "precious.txt")
    assert "is a link to" in journal_of_others(database)


def test_an_ordinary_journal_is_left_to_sqlite(database):
    assert journal_of_others(database) == ""
    journal(database)
    assert journal_of_others(database) == ""
    TableOutput(f"sqlite:///{database}", "labels", overwrite=False).discard()
    assert not database.with_name("crm.db-journal").exists()
