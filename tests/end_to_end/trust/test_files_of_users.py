"""What exists is never removed or replaced, but by ``overwrite=true`` and where an earlier command wrote it."""

import contextlib
import os
import sqlite3
import stat
import tempfile
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from customer_segmentation.config.checks import check_score
from customer_segmentation.config.compose import plan
from customer_segmentation.config.starter_names import write_files
from customer_segmentation.errors import SettingsError
from customer_segmentation.report.render import is_report
from customer_segmentation.scoring.database_output import TableOutput
from customer_segmentation.sources.new_file import NewFile
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.sources.seal import is_intact


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return draw_customers(300)


@pytest.fixture(scope="module")
def folder(run_here, tmp_path_factory, customers) -> Path:
    """A folder with a champion."""
    top = tmp_path_factory.mktemp("users")
    for words in (
        (
            *("sweep", "data.customers=300", "features=value", "scaling=standard", "k=[2]"),
            *("exploration=none", "hypotheses=none", "tracking.report=false", "tracking.figures=false"),
        ),
        ("promote", "force=true", "reason=trial", "promotion.resamples=2"),
    ):
        done = run_here(*words, "quiet=true", folder=top)
        assert done.code == 0, done.error
    return top


@pytest.fixture
def here(folder, customers):
    """The same folder with a fresh input, and nothing else that a test left."""
    before = set(folder.iterdir())
    customers.to_csv(folder / "in.csv", index=False)
    yield folder
    for path in set(folder.iterdir()) - before:
        path.rename(tempfile.mkdtemp() + "/gone")


def refused(done, *words):
    assert done.code == 1, done.out
    assert "Traceback" not in done.error
    for word in words:
        assert word in done.error, done.error


def listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "mlflow.db"}


def test_files_that_are_in_the_way_stay(run_here, here, customers):
    (here / "labels_rejected.csv").write_text("precious\n")
    (here / "mine.csv").write_text("a,b\n1,2\n")
    before = listing(here)
    place = run_here("score", "input=in.csv", "output=labels.csv", folder=here)
    refused(place, "labels_rejected.csv", "exists already", "rejects=", "overwrite=true")
    named = run_here("score", "input=in.csv", "output=l2.csv", "rejects=mine.csv", folder=here)
    refused(named, "rejects=mine.csv exists already; give another name with rejects=, or overwrite=true")
    for words in (("output=l2.csv", "rejects=mine.csv"), ("output=mine.csv",), ("output=labels.csv",)):
        refused(
            run_here("score", "input=in.csv", *words, "overwrite=true", folder=here),
            "is not a table that segment score",
        )
    assert listing(here) == before, "with rejected rows or without"
    with (here / "in.csv").open("a") as file:
        file.write("x" + "," * (customers.shape[1] - 1) + "\n")
    refused(run_here("score", "input=in.csv", "output=l3.csv", "rejects=mine.csv", folder=here), "exists already")
    assert (here / "mine.csv").read_text() == "a,b\n1,2\n"


def test_what_an_earlier_scoring_wrote_is_replaced_when_asked(run_here, here, customers):
    with (here / "in.csv").open("a") as file:
        file.write("x" + "," * (customers.shape[1] - 1) + "\n")
    for name in ("labels.csv", "labels.parquet", "labels.xlsx", "labels.tsv.gz"):
        words = ("score", "input=in.csv", f"output={name}", "columns=all", "quiet=true")
        assert run_here(*words, folder=here).code == 0
        refused(run_here(*words, folder=here), f"{name} exists already" if name != "labels_rejected.csv" else "")
        again = run_here(*words, "overwrite=true", folder=here)
        assert again.code == 0, again.error
        mode = stat.S_IMODE((here / name).stat().st_mode)
        assert mode == 0o600, "lists of customers are their owner's alone"
        (here / "labels_rejected.csv").rename(here / "aside.csv")
    assert pd.read_csv(here / "aside.csv")["reason"].notna().all()


def test_the_mode_of_a_file_that_is_replaced_is_kept_and_a_stale_list_of_rejects_goes(run_here, here, customers):
    content = (here / "in.csv").read_text()
    (here / "in.csv").write_text(content + "x" + "," * (customers.shape[1] - 1) + "\n")
    assert run_here("score", "input=in.csv", "output=labels.csv", "quiet=true", folder=here).code == 0
    assert (here / "labels_rejected.csv").is_file()
    (here / "labels.csv").chmod(0o640)
    (here / "in.csv").write_text(content)
    done = run_here("score", "input=in.csv", "output=labels.csv", "overwrite=true", folder=here)
    assert done.code == 0, done.error
    assert len(pd.read_csv(here / "labels.csv")) == len(customers)
    assert stat.S_IMODE((here / "labels.csv").stat().st_mode) == 0o640
    assert not (here / "labels_rejected.csv").exists()
    again = ("score", "input=in.csv", "output=labels.csv", "overwrite=true")
    with (here / "labels.csv").open("a") as file:
        file.write("mine,0,called on Monday,1,1\n")
    refused(run_here(*again, folder=here), "output=labels.csv", "nobody has changed since")
    assert "called on Monday" in (here / "labels.csv").read_text()
    for name, head in (
        ("labels.csv", "id,segment,segment_name,distance,margin"),
        ("labels_rejected.csv", "id,row,reason"),
    ):
        (here / "labels.csv").unlink()
        (here / name).write_text(f"{head}\nmine,0,by hand,1,1\n")
        refused(run_here(*again, folder=here), f"{name}", "is not a table that segment score wrote")
        assert "by hand" in (here / name).read_text(), "columns that look like ours"
        (here / "labels.csv").touch()


def test_rejected_rows_of_another_list_stay(run_here, here, customers):
    whole = (here / "in.csv").read_text()
    (here / "in.csv").write_text(whole + "of labels.csv alone" + "," * (customers.shape[1] - 1) + "\n")
    words = ("score", "input=in.csv", "quiet=true")
    assert run_here(*words, "output=labels.csv", folder=here).code == 0
    of_it = (here / "labels_rejected.csv").read_bytes()
    (here / "in.csv").write_text(whole)
    for output in ("labels.parquet", "sqlite:///labels.db"):
        more = () if "db" not in output else ("table=labels",)
        done = run_here(*words, f"output={output}", *more, "overwrite=true", folder=here)
        refused(done, "labels_rejected.csv, the place for rejects, exists and is not", "this output's rejected rows")
        assert (here / "labels_rejected.csv").read_bytes() == of_it
    (here / "labels.csv").rename(here / "moved.csv")
    (here / "labels_rejected.csv").rename(here / "moved_rejected.csv")
    done = run_here(*words, "output=moved.csv", "overwrite=true", folder=here)
    assert done.code == 0, done.error
    assert not (here / "moved_rejected.csv").exists()


@pytest.mark.parametrize("spelling", ["in.csv", "sub/../in.csv", "./in.csv", "link.csv", "hard.csv", "{folder}/in.csv"])
@pytest.mark.parametrize("key", ["output", "rejects"])
def test_the_input_is_never_an_output_however_it_is_spelt(run_here, here, spelling, key):
    (here / "sub").mkdir()
    (here / "link.csv").symlink_to("in.csv")
    os.link(here / "in.csv", here / "hard.csv")
    content = (here / "in.csv").read_bytes()
    words = {"output": "labels.csv", key: spelling.format(folder=here)}
    done = run_here("score", "input=in.csv", *(f"{a}={b}" for a, b in words.items()), "overwrite=true", folder=here)
    refused(done, f"{key} is the same file as input")
    assert (here / "in.csv").read_bytes() == content


def test_a_setting_of_a_scoring_that_changes_nothing_is_refused(run_here, here, monkeypatch):
    for words, told in (
        (("report", "data.path=in.csv"), "data.path=in.csv changes nothing: run"),
        (("promote", "data.max_rows=5"), "data.max_rows changes nothing"),
        (("report", "data=telecom"), "data changes nothing"),
        (("report", "engine.remote=sc://h"), "engine.remote=sc://h changes nothing: the table of run"),
    ):
        refused(run_here(*words, folder=here), told)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    remote = run_here("score", "input=in.csv", "output=l.csv", "model=s3://b/m", folder=here)
    refused(remote, "the model s3://b/m cannot be fetched")
    assert len(remote.error.splitlines()) == 1
    for word, told in (
        ("query=SELECT 1", "query changes nothing: in.csv is not a database"),
        ("sheet=Jan", "sheet changes nothing: in.csv is not a workbook"),
        ("spreadsheet_safe_ids=true output=l.parquet", "spreadsheet_safe_ids has no effect with output=l.parquet"),
        ("spreadsheet_safe_ids=true output=sqlite:///q.db", "spreadsheet_safe_ids has no effect"),
        ("output=s3://bucket/l.csv", "labels are written to a file of this machine or to a database"),
        ("output=file:///tmp/l.csv", "given by its path, without file://"),
        ("output=hdfs://h/l.csv", "hdfs:// is neither a kind of database"),
        ("input=file:///in.csv", "given by its path, without file://"),
    ):
        more = [other for other in ("input=in.csv", "output=l.csv") if f"{other.split('=')[0]}=" not in word]
        refused(run_here("score", *more, *(word.split() if "safe" in word else [word]), folder=here), told)
    both = ("model=models:/customer-segmentation/1", f"run_id={'0' * 32}")
    refused(run_here("export", "dialect=sqlite", *both, folder=here), "name two models; give one of them")
    (here / "kept.csv").write_text("note,row,reason\nprecious,1,because\n")
    labels = ("output=kept.csv", "rejects=r.csv", "overwrite=true")
    refused(run_here("score", "input=in.csv", *labels, folder=here), "is not a table that segment score wrote")
    assert "precious" in (here / "kept.csv").read_text()


def test_a_symbolic_link_in_the_place_of_an_output_is_not_followed(run_here, here):
    assert run_here("score", "input=in.csv", "output=precious.csv", "quiet=true", folder=here).code == 0
    precious = (here / "precious.csv").stat().st_ino
    (here / "labels.csv").symlink_to("precious.csv")
    (here / "nowhere.csv").symlink_to("not_there.csv")
    refused(run_here("score", "input=in.csv", "output=labels.csv", folder=here), "exists already")
    refused(run_here("score", "input=in.csv", "output=nowhere.csv", folder=here), "exists already")
    export = ("export", "dialect=sqlite", "output=nowhere.csv", "overwrite=true")
    refused(run_here(*export, folder=here), "output=nowhere.csv exists and is not")
    assert run_here("score", "input=in.csv", "output=labels.csv", "overwrite=true", folder=here).code == 0
    assert (here / "precious.csv").stat().st_ino == precious
    assert not (here / "labels.csv").is_symlink()


def tables(database: Path) -> dict[str, list[str]]:
    with sqlite3.connect(database) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [row[1] for row in connection.execute(f"PRAGMA table_info('{name}')")] for name in names}


@pytest.fixture
def crm(here, customers):
    with sqlite3.connect(here / "crm.db") as connection:
        customers.to_sql("customers", connection, index=False)
    return here / "crm.db"


def test_a_table_of_customers_is_never_dropped(run_here, here, crm):
    words = ("score", "input=sqlite:///crm.db", "query=SELECT * FROM customers", "output=sqlite:///crm.db")
    before = tables(crm)
    refused(run_here(*words, "table=customers", "overwrite=true", folder=here), "segment score did not write")
    assert tables(crm) == before
    assert run_here(*words, "table=main.labels", "quiet=true", folder=here).code == 0
    assert set(tables(crm)) == {"customers", "labels"}, "schema and table"
    refused(run_here(*words, "table=labels", folder=here), "already", "overwrite=true")
    assert run_here(*words, "table=labels", "overwrite=true", "quiet=true", folder=here).code == 0
    assert set(tables(crm)) == {"customers", "labels"}
    with sqlite3.connect(crm) as connection:
        connection.execute("CREATE TABLE mine AS SELECT * FROM labels")
    refused(run_here(*words, "table=mine", "overwrite=true", folder=here), "segment score did not write", "no index")
    for edit in (
        "UPDATE labels SET segment_name = 'ours' WHERE segment = 0",
        "ALTER TABLE labels ADD COLUMN note TEXT",
    ):
        with contextlib.closing(sqlite3.connect(crm)) as connection:
            connection.execute(edit)
            connection.commit()
        before = crm.read_bytes()
        refused(run_here(*words, "table=labels", "overwrite=true", folder=here), "does not replace it")
        assert crm.read_bytes() == before


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE customers",
        "DELETE FROM customers",
        "UPDATE customers SET Age = 0",
        "SELECT 1; DROP TABLE customers",
        "/* SELECT */ DROP TABLE customers",
        "-- SELECT\nDROP TABLE customers",
        "WITH a AS (SELECT 1) DELETE FROM customers",
        "PRAGMA user_version = 7",
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'copy.db'",
        "CREATE TABLE x AS SELECT 1",
    ],
)
@pytest.mark.parametrize("command", ["score", "sweep"])
def test_a_query_changes_nothing(run_here, here, crm, query, command):
    before, content = listing(here), crm.read_bytes()
    if command == "score":
        words = ("score", "input=sqlite:///crm.db", f"query={query}", "output=o.csv")
    else:
        words = (
            "sweep",
            "data=telecom",
            "data.path=sqlite:///crm.db",
            f"data.query={query}",
            "features=value",
            "scaling=standard",
        )
    refused(run_here(*words, folder=here), "query")
    assert crm.read_bytes() == content
    assert listing(here) == before


@pytest.mark.parametrize("query", ["  (SELECT * FROM customers)", "select * from customers -- all; of them\n;",
                                   "WITH a AS (SELECT * FROM customers) SELECT * FROM a",
                                   "SELECT *, ';DROP TABLE x' AS note FROM customers"])  # fmt: skip
def test_a_query_that_reads_is_run(run_here, here, crm, query):
    query = query.replace("  (SELECT * FROM customers)", "SELECT * FROM (SELECT * FROM customers)")
    done = run_here("score", "input=sqlite:///crm.db", f"query={query}", "output=o.csv", folder=here)
    assert done.code == 0, done.error


def test_a_refused_scoring_leaves_nothing(run_here, here):
    before = listing(here)
    (here / "other.csv").write_text("a,b\n1,2\n")
    before["other.csv"] = b"a,b\n1,2\n"
    (here / "header.csv").write_text((here / "in.csv").read_text().splitlines()[0] + "\n")
    before["header.csv"] = (here / "header.csv").read_bytes()
    for name in ("other.csv", "header.csv"):
        for words in (("output=o.csv",), ("output=sqlite:///new.db", "table=labels")):
            refused(run_here("score", f"input={name}", *words, folder=here))
    assert listing(here) == before


def test_reports_and_starters_replace_only_their_own(run_here, here):
    (here / "page.html").write_text("<h1>mine</h1>")
    refused(run_here("report", "output=page.html", folder=here), "exists already", "overwrite=true")
    refused(run_here("report", "output=page.html", "overwrite=true", folder=here), "is not a report that segment wrote")
    assert (here / "page.html").read_text() == "<h1>mine</h1>"
    first = run_here("report", "output=notes.MD", "quiet=true", folder=here)
    assert first.code == 0, first.error
    assert (here / "notes.MD").read_text().startswith("# "), "markdown whatever the letters of the ending"
    refused(run_here("report", "output=notes.MD", folder=here), "exists already")
    assert run_here("report", "output=notes.MD", "overwrite=true", "quiet=true", folder=here).code == 0
    shown = run_here("init", "data.path=in.csv", "name=shop", "--cfg", "job", folder=here)
    assert shown.code == 0
    assert not (here / "conf").exists(), "--cfg writes nothing"
    (here / "conf" / "data").mkdir(parents=True)
    (here / "conf" / "data" / "shop.yaml").write_text("mine: 1\n")
    refused(
        run_here("init", "data.path=in.csv", "name=shop", "force=true", folder=here), "was not written by segment init"
    )
    assert [path.name for path in (here / "conf").rglob("*.yaml")] == ["shop.yaml"]
    (here / "conf" / "data" / "shop.yaml").unlink()
    assert run_here("init", "data.path=in.csv", "name=shop", folder=here).code == 0
    assert run_here("init", "data.path=in.csv", "name=shop", "force=true", folder=here).code == 0


def test_what_a_user_has_edited_is_not_replaced(run_here, here):
    """Reports, exports, slides and the files of init carry a seal, and an edit breaks it."""
    commands = {
        "page.html": ("report", "output=page.html", "overwrite=true"),
        "notes.md": ("report", "output=notes.md", "overwrite=true"),
        "slides/slide_01.png": ("report", "slides=slides", "overwrite=true"),
        "labels.sql": ("export", "output=labels.sql", "overwrite=true"),
        "tree.svg": ("export", "format=rules", "output=tree.svg", "overwrite=true"),
        "tree.png": ("export", "format=rules", "output=tree.png", "overwrite=true"),
        "conf/contract/shop.yaml": ("init", "data.path=in.csv", "name=shop", "force=true"),
    }
    for name, words in commands.items():
        assert run_here(*words, folder=here).code == 0
        if name not in ("notes.md", "slides/slide_01.png"):  # a report takes longest
            again = run_here(*words, folder=here)
            assert again.code == 0, again.error
        content = (here / name).read_bytes()
        assert is_intact(content)
        at = content.rfind(b"e", 0, len(content) // 2)
        edited = content + b"\n" if name.endswith("png") else content[:at] + b"E" + content[at + 1 :]
        (here / name).write_bytes(edited)
        refused(run_here(*words, folder=here), "was edited since segment", name)
        assert (here / name).read_bytes() == edited


def test_a_lock_in_the_temporary_folder_follows_no_link(run_here, here, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / f"segment-locks-{os.getuid()}"
    precious = tmp_path / "precious"
    precious.write_text("mine")
    from customer_segmentation.errors import StoreError
    from customer_segmentation.tracking.locks import locked

    with locked("a store"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (lock,) = folder.iterdir()
    lock.unlink()
    lock.symlink_to(precious)
    with pytest.raises(OSError, match=r"symbolic|loop|Too many"), locked("a store"):
        pass
    lock.unlink()
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(StoreError, match="this user alone"), locked("a store"):
        pass
    folder.unlink()
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    refused(run_here("history", folder=here), "this user alone")
    assert precious.read_text() == "mine"


@pytest.mark.parametrize(
    ("path", "new", "read"),
    [
        ("in", "in/labels.csv", True),
        ("in", "./in/../in/deep/labels.parquet", True),
        ("in", "in/_labels", False),
        ("in", "inner.csv", False),
        ("link", "in/labels.csv", True),
        ("[a.csv,in]", "in/labels.csv", True),
        ("in/*.csv", "in/labels.csv", True),
        ("in/*.csv", "link/labels.csv", True),
        ("link/*.csv", "in/labels.csv", True),
        ("in/*.csv", "in/deep/labels.csv", False),
        ("in/**/*.csv", "in/deep/labels.csv", True),
        ("in/*.csv", "in/labels.parquet", False),
        ("in/a.csv", "in/labels.csv", False),
    ],
)
def test_labels_are_not_written_among_the_files_of_their_input(path, new, read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in/deep").mkdir(parents=True)
    Path("in/a.csv").write_text("id\n1\n")
    Path("link").symlink_to("in")
    for more in ((), ("engine=spark",)):
        settings = plan("score", [f"input='{path}'" if "[" not in path else f"input={path}", f"output={new}", *more])
        refused = read and not (more and new.endswith(".csv"))
        with pytest.raises(SettingsError, match="would be part of") if refused else contextlib.suppress(SettingsError):
            check_score(settings.settings[0])
    Path("link").unlink()
    settings = plan("score", ["input=.", "output=sqlite:///x.db", "table=labels"]).settings[0]
    with pytest.raises(SettingsError, match=r"rejects=labels_rejected\.csv would be part"):
        check_score(settings)


def test_what_changes_while_a_command_runs_is_not_replaced(tmp_path):
    def report() -> NewFile:
        return NewFile(tmp_path / "a.md", overwrite=True, is_ours=lambda _: True, key="output", what="a report")

    report().write_text("first\n")
    later = report()
    with (tmp_path / "a.md").open("a") as file:
        file.write("mine\n")
    for change in (partial(later.write_text, "second\n"), later.remove):
        with pytest.raises(SettingsError, match="was changed while the command ran"):
            change()
    assert (tmp_path / "a.md").read_text().endswith("mine\n")
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"], "nothing is left aside"


def test_a_pipe_or_a_device_is_neither_replaced_nor_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    for place in ("pipe", "/dev/zero"):
        with pytest.raises(SettingsError, match="is a pipe or a device, which is not replaced"):
            NewFile(Path(place), overwrite=True, is_ours=is_report, key="output", what="ours")
    with pytest.raises(SettingsError, match="is a pipe or a device; expected a file"):
        TableOutput("sqlite:///pipe", "labels", overwrite=False)
    with pytest.raises(SettingsError, match="was not written by segment init"):
        write_files({"pipe": "text"}, force=True)
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)
