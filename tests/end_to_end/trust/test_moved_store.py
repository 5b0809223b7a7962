"""A project's folder that was renamed or copied with its store: every command goes on beside the store."""

import os
import shutil
import sqlite3

import pytest

from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.tracking.moved_store import ADDRESSES

SWEPT = ("sweep", "data.customers=300", "features=value", "scaling=standard", "k=[2]", "exploration=none",
         "hypotheses=none", "tracking.report=false", "tracking.figures=false")  # fmt: skip
PROMOTE = ("promote", "force=true", "reason=t", "promotion.resamples=2")


@pytest.fixture(scope="module")
def home(run_here, tmp_path_factory):
    """A folder with a sweep, in which one test after the other goes on."""
    folder = tmp_path_factory.mktemp("home") / "be fore"
    folder.mkdir()
    done = run_here(*SWEPT, "name=first", "quiet=true", folder=folder)
    assert done.code == 0, done.error
    return folder


def test_a_store_that_left_its_artifacts_behind_says_so_and_writes_nothing(run_here, home, tmp_path):
    after, aside = tmp_path / "after", tmp_path / "aside"
    after.mkdir()
    shutil.copy(home / "mlflow.db", after)
    home.rename(aside)
    for words in (("report",), ("promote",), SWEPT, ("explore", "data.customers=300"), ("ui", "open=false")):
        done = run_here(*words, folder=after)
        assert done.code == 1
        assert "which is not there" in done.error
        assert str(after / "mlartifacts") in done.error
    assert not home.exists()
    aside.rename(home)


def test_a_store_that_sends_its_artifacts_elsewhere_says_so_or_is_not_used(run_here, home, tmp_path):
    mine, theirs = tmp_path / "mine", home
    mine.mkdir()
    (mine / "report.html").write_text("precious")
    # a stranger's experiment in another place: named, every time
    other = ("tracking.experiment=other", f"tracking.artifacts={tmp_path / 'else where'}")
    said = run_here("explore", "data.customers=300", *other, folder=theirs)
    assert said.code == 0, said.error
    assert "else%20where" not in said.error, "the user has said it himself"
    said = run_here("explore", "data.customers=300", other[0], "quiet=true", folder=theirs)
    assert f"as the store says, what is kept of a run goes to {(tmp_path / 'else where').as_uri()}" in said.error
    # a stranger's run in another place, where a file of the user's has the name of ours
    with sqlite3.connect(theirs / "mlflow.db") as database:
        (sweep,) = database.execute("SELECT run_uuid FROM tags WHERE key = 'level' AND value = 'sweep'").fetchone()
        (before,) = database.execute("SELECT artifact_uri FROM runs WHERE run_uuid = ?", (sweep,)).fetchone()
    up = "../" * 4 + os.path.relpath(mine, home.parent)
    for address in (mine.as_uri(), before.replace(f"{sweep}/artifacts", f"{sweep}/artifacts/{up}")):
        with sqlite3.connect(theirs / "mlflow.db") as database:
            database.execute("UPDATE runs SET artifact_uri = ? WHERE run_uuid = ?", (address, sweep))
        for words in (("report",), PROMOTE, SWEPT, ("score", "input=in.csv", "output=out.csv")):
            done = run_here(*words, folder=theirs)
            assert done.code == 1, words
            assert "the store was altered and is not used" in done.error
    assert (mine / "report.html").read_text() == "precious"
    assert [path.name for path in mine.iterdir()] == ["report.html"]
    with sqlite3.connect(theirs / "mlflow.db") as database:
        database.execute("UPDATE runs SET artifact_uri = ? WHERE run_uuid = ?", (before, sweep))


def test_a_store_does_not_say_where_credentials_go(run_here, home, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / ".mlflow").mkdir()
    (tmp_path / ".mlflow/credentials").write_text("[mlflow]\nmlflow_tracking_username = me\n")
    store, theirs = tmp_path / "mlflow.db", "http://127.0.0.1:9/api/2.0/mlflow-artifacts/artifacts"
    shutil.copy(home / "mlflow.db", store)
    with sqlite3.connect(store) as database:
        (sweep,) = database.execute("SELECT run_uuid FROM tags WHERE key = 'level' AND value = 'sweep'").fetchone()
        for table, column in ADDRESSES:
            name = f"'{theirs}' || substr({column}, instr({column}, 'mlartifacts') + 11)"
            database.execute(f"UPDATE {table} SET {column} = {name} WHERE {column} LIKE '%/mlartifacts%'")
        database.execute("UPDATE experiments SET name = 'theirs' WHERE name = 'customer-segmentation'")
    scored = ("score", "input=in.csv", "output=out.csv", f"run_id={sweep}")
    other = "tracking.experiment=theirs"
    for words in (("report", other), ("report", f"run_id={sweep}"), ("promote", f"run_id={sweep}"), scored):
        done = run_here(*words, folder=tmp_path)
        assert done.code == 1, words
        assert "and MLflow would send it ~/.mlflow/credentials" in done.error, (words, done.error)


def test_what_is_kept_of_a_run_takes_the_place_of_a_link_and_not_of_its_file(run_here, home, tmp_path):
    (mine := tmp_path / "mine").mkdir()
    for name in ("page", "copy", "profile.csv"):
        (mine / name).write_text("precious")
    with sqlite3.connect(home / "mlflow.db") as database:
        read = "SELECT run_uuid FROM tags WHERE key = 'level' AND value = ?"
        (sweep,) = database.execute(read, ("sweep",)).fetchone()
        read = "SELECT value FROM tags WHERE key = 'chosen_run_id' AND run_uuid = ?"
        (chosen,) = database.execute(read, (sweep,)).fetchone()
    kept, segments = (home / "mlartifacts" / run / "artifacts" for run in (sweep, chosen))
    for name in ("report.html", "report.md"):
        (kept / name).unlink(missing_ok=True)
    (kept / "report.html").symlink_to(mine / "page")
    os.link(mine / "copy", kept / "report.md")
    done = run_here("report", f"run_id={sweep}", folder=home)
    assert done.code == 0, done.error
    assert "<html" in (kept / "report.html").read_text("utf-8")
    assert not (kept / "report.html").is_symlink()
    assert {path.read_text() for path in mine.iterdir()} == {"precious"}
    for folder in (segments / "segments", segments):
        folder.rename(tmp_path / "aside")
        folder.symlink_to(mine if folder != segments else tmp_path / "aside")
        refused = run_here("report", f"run_id={chosen}", folder=home)
        folder.unlink()
        (tmp_path / "aside").rename(folder)
        assert refused.code == 1
        assert f"{folder} is a link" in refused.error
    assert {path.read_text() for path in mine.iterdir()} == {"precious"}


def test_what_the_last_command_spoke_of_is_what_the_next_acts_on(run_here, home):
    done = run_here(*(word if word != "k=[2]" else "k=[3]" for word in SWEPT), "name=second", "quiet=true", folder=home)
    assert done.code == 0, done.error
    ids = {run.info.run_name: run.info.run_id for run in done.runs("sweep")}
    pointed = run_here(*SWEPT, "name=first", folder=home)
    assert "This sweep is finished" in pointed.out
    report = run_here("report", folder=home)
    assert ids["first"] in report.out
    assert ids["second"] not in report.out
    done = run_here(*PROMOTE, folder=home)
    assert done.code == 0, done.error
    (version,) = done.store.client.search_model_versions("name = 'customer-segmentation'")
    promoted = done.store.client.get_run(version.run_id)
    assert promoted.data.params["k"] == "2"
    assert run_here("report", f"run_id={ids['second']}", "quiet=true", folder=home).code == 0
    assert ids["second"] in run_here("report", folder=home).out


def test_a_folder_that_was_renamed_or_copied_goes_on_beside_its_store(run_here, run_segment, home, tmp_path):
    before, after, copy = home, tmp_path / "äfter", tmp_path / "copy"
    done = run_here(*PROMOTE, "quiet=true", folder=before)
    assert done.code == 0, done.error
    shutil.copytree(before, copy)
    before.rename(after)
    # processes of their own: MLflow remembers addresses within one
    first = run_segment("report", folder=after)
    assert first.code == 0, first.error
    assert "the store was moved" in first.error
    assert str(before / "mlartifacts") in first.error
    draw_customers(300).to_csv(after / "in.csv", index=False)
    for words in (("score", "input=in.csv", "output=o.csv"), PROMOTE, SWEPT):
        done = run_segment(*words, folder=after)
        assert done.code == 0, (words, done.error)
        assert "moved" not in done.error, "said once"
    assert not before.exists(), "nothing is written into the old place"
    with sqlite3.connect(after / "mlflow.db") as database:
        for table, column in (
            ("runs", "artifact_uri"),
            ("experiments", "artifact_location"),
            ("logged_models", "artifact_location"),
        ):
            for (address,) in database.execute(f"SELECT {column} FROM {table} WHERE {column} LIKE '%be%fore%'"):
                raise AssertionError((table, address))
    # a copy, whose original is still there under another name, or in its place
    before.mkdir()
    assert run_segment("report", "quiet=true", folder=copy).code == 0
    assert list(before.iterdir()) == []
