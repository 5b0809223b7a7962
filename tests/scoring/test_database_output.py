"""Labels in a table of a database: whole or not at all, and what a user made on it stays."""

import re
import sqlite3

import duckdb
import pyarrow as pa
import pytest
import sqlalchemy
from postgres import postgres

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.scoring import database_output
from customer_segmentation.scoring.database_output import TableOutput
from customer_segmentation.scoring.database_places import wait_at_most
from customer_segmentation.scoring.earlier import LABELS


def labels_written(place, segment, *, name="segments", overwrite=False, **more):
    address = place if isinstance(place, str) else f"sqlite:///{place}/crm.db"
    output = TableOutput(address, name, overwrite=overwrite)
    row = dict(zip(LABELS, [segment, "a", 3.5, 4.0], strict=True))
    output.write(pa.table({key: [value] for key, value in {**more, **row}.items()}))
    try:
        output.finish()
        output.publish()
    finally:
        output.discard()


def test_what_a_user_made_on_a_table_stays_when_its_labels_are_replaced(tmp_path):
    labels_written(tmp_path, 1)
    made = (
        "CREATE UNIQUE INDEX mine ON segments(margin)",
        "CREATE VIEW seen AS SELECT * FROM segments",
    )
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        for statement in made:
            connection.execute(statement)
    labels_written(tmp_path, 2, overwrite=True)
    labels_written(tmp_path, 3, overwrite=True)
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        assert {"mine", "seen"} <= names
        assert len([name for name in names if name.startswith("segment_score_")]) == 1
        assert connection.execute("SELECT segment FROM seen").fetchall() == [(3,)]
        connection.execute("CREATE TABLE notes (margin REAL REFERENCES Segments(margin) ON DELETE CASCADE)")
    with pytest.raises(SettingsError, match="a table notes whose rows belong to those of segments"):
        labels_written(tmp_path, 4, overwrite=True)
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute("DROP TABLE notes")
        connection.execute("CREATE TRIGGER gone BEFORE DELETE ON segments BEGIN SELECT RAISE(IGNORE); END")
    with pytest.raises(SettingsError, match="has the trigger gone on segments, which might change rows"):
        labels_written(tmp_path, 5, overwrite=True)
    with pytest.raises(SettingsError, match="has a view Seen; give another table"):
        labels_written(tmp_path, 6, name="Seen", overwrite=True)


def test_rows_that_a_database_drops_are_seen(tmp_path, monkeypatch):
    labels_written(tmp_path, 1)
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute("CREATE TRIGGER no BEFORE INSERT ON segments BEGIN SELECT RAISE(IGNORE); END")
    monkeypatch.setattr(database_output, "refuse_where_others_depend", lambda *_: None)  # made since it looked
    with pytest.raises(DataError, match="has 0 rows after 1 were written, and was left as it was"):
        labels_written(tmp_path, 2, overwrite=True)
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        assert connection.execute("SELECT segment FROM segments").fetchall() == [(1,)]


def test_labels_are_in_a_duckdb_when_the_command_says_so(tmp_path, monkeypatch):
    pytest.importorskip("duckdb_engine", reason="SQLAlchemy reads DuckDB with a package of its own")
    address = f"duckdb:///{tmp_path}/crm.duckdb"
    labels_written(address, 1)
    with duckdb.connect(tmp_path / "crm.duckdb", read_only=True) as connection:
        assert connection.execute("SELECT segment FROM segments").fetchall() == [(1,)]
    (tmp_path / "secret.csv").write_text("name\nplanted\n")
    with duckdb.connect(tmp_path / "theirs.duckdb") as connection:
        read = f"SELECT name FROM read_csv('{tmp_path}/secret.csv')"
        connection.execute(f"CREATE MACRO duckdb_tables() AS TABLE SELECT name AS table_name FROM ({read})")
        connection.execute("CREATE TABLE segments (a INTEGER)")
    with pytest.raises((SettingsError, DataError)) as caught:
        labels_written(f"duckdb:///{tmp_path}/theirs.duckdb", 1, name="planted")
    assert "already" not in str(caught.value)
    with pytest.raises((SettingsError, DataError)):  # nothing there says whose table it is
        labels_written(address, 2, overwrite=True)
    monkeypatch.setattr(database_output, "_WITHOUT_SAVEPOINTS", ())  # a mark that ends the transaction without a word
    with pytest.raises(DataError):
        labels_written(address, 3, name="others")


def test_a_scoring_that_fails_leaves_the_database_that_another_has_made(tmp_path):
    one, other = (TableOutput(f"sqlite:///{tmp_path}/new.db?timeout=0.1", name, overwrite=False) for name in "ab")
    for output in (one, other):
        output.write(pa.table({column: ["x"] for column in LABELS}))
    one.finish()
    with pytest.raises(DataError, match="database is locked"):
        other.finish()
    other.discard()
    one.publish()
    with sqlite3.connect(tmp_path / "new.db") as connection:
        assert connection.execute("SELECT segment FROM a").fetchall() == [("x",)]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sqlite:///file:x.db", "an address with uri=true begins with sqlite:///file:"),
        ("sqlite:///x.db?nolock=1&uri=true", "an address with uri=true begins with sqlite:///file:"),
        ("sqlite:///missing/x.db", "there is no folder missing; create it first"),
        ("sqlite:///x.db?timeout=1&timeout=2", "timeout is given 2 times; give it once"),
        ("postgresql://me:hunter@22x@host/crm", "it has no readable host; @ : / ? # & of a user or a password"),
    ],
)
def test_an_address_of_another_file_than_it_names_is_refused(address, said):
    with pytest.raises(SettingsError, match=re.escape(said)):
        TableOutput(address, "labels", overwrite=False)


def test_a_table_with_other_columns_or_made_meanwhile_is_not_written_to(tmp_path, monkeypatch):
    labels_written(tmp_path, 1, City="Ulm")
    with pytest.raises(SettingsError, match=r"has other columns than would be written \(City\)"):
        labels_written(tmp_path, 2, overwrite=True)
    monkeypatch.setattr(TableOutput, "_may_replace", lambda *_: False)  # it was not there when the command began
    with pytest.raises(DataError, match="already exists"):
        labels_written(tmp_path, 3)
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        assert connection.execute("SELECT segment FROM segments").fetchall() == [(1,)]


def test_a_full_disk_leaves_no_database_that_was_not_there_and_the_other_as_it_was(tmp_path):
    labels_written(tmp_path, 1)
    before = (tmp_path / "crm.db").read_bytes()
    for name, replaces in (("crm.db", True), ("new.db", False)):
        output = TableOutput(f"sqlite:///{tmp_path}/{name}", "segments", overwrite=replaces)
        limit = "PRAGMA max_page_count = 20"
        sqlalchemy.event.listen(
            output._engine, "checkout", lambda connection, *_, limit=limit: connection.execute(limit)
        )
        output.write(pa.table({column: ["x" * 99] * 9999 for column in LABELS}))
        with pytest.raises(
            DataError, match=r"cannot be written \(database or disk is full\); check output and table\.$"
        ):
            output.finish()
        output.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["crm.db"]
    assert (tmp_path / "crm.db").read_bytes() == before


@pytest.mark.parametrize(
    ("address", "table"),
    [
        ("sqlite://", "labels"),
        ("sqlite:///:memory:", "labels"),
        ("sqlite:///file:x.db?mode=memory&uri=true", "labels"),
        ("sqlite:///x.db", "temp.labels"),
    ],
)
def test_a_table_that_ends_with_the_command_is_refused(address, table):
    with pytest.raises(SettingsError, match="would be gone when the command ends"):
        TableOutput(address, table, overwrite=False)


@pytest.mark.parametrize("argument", ["timeout=abc", "nothing=1"])
def test_an_argument_of_an_address_that_is_not_read_is_refused(argument):
    with pytest.raises(SettingsError, match="an argument of the address cannot be used"):
        TableOutput(f"sqlite:///x.db?{argument}", "labels", overwrite=False)


def test_a_server_has_a_table_whole_or_not_at_all(monkeypatch):
    with postgres() as address:
        engine = sqlalchemy.create_engine(address, isolation_level="AUTOCOMMIT")

        def ask(statement):
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(sqlalchemy.text(statement))]

        def there():
            return {name for (name,) in ask("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")}

        with monkeypatch.context() as patch:
            patch.setattr(TableOutput, "_mark", lambda _: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                labels_written(address, 1)
        assert not there()
        labels_written(address, 1)
        with engine.connect() as connection:
            for made in ("CREATE UNIQUE INDEX mine ON segments(margin)", "CREATE VIEW seen AS SELECT * FROM segments",
                         "GRANT SELECT ON segments TO PUBLIC"):  # fmt: skip
                connection.execute(sqlalchemy.text(made))
        labels_written(address, 2, overwrite=True)
        assert ask("SELECT segment FROM seen") == [(2,)]
        assert ask("SELECT 1 FROM information_schema.table_privileges WHERE grantee = 'PUBLIC'")[:1] == [(1,)]
        assert {re.sub("_score_.*", "_score_", name) for name in there()} == {
            "segments",
            "mine",
            "seen",
            "segment_score_",
        }
        with monkeypatch.context() as patch:
            patch.setattr(TableOutput, "_mark", lambda _: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                labels_written(address, 3, overwrite=True)
        assert ask("SELECT segment FROM seen") == [(2,)]
        labels_written(address, 4, name="public.labels")
        assert ask("SELECT segment FROM labels") == [(4,)]
        monkeypatch.setattr(database_output, "wait_at_most", lambda engine: wait_at_most(engine, 1))
        with sqlalchemy.create_engine(address).begin() as held:
            held.execute(sqlalchemy.text("LOCK TABLE segments IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(DataError, match="somebody else has locked the table segments for more than 30 seconds"):
                labels_written(address, 5, overwrite=True)
        assert ask("SELECT segment FROM seen") == [(2,)]
        engine.dispose()
