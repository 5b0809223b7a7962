"""A project's folder that was renamed or copied with its store: every command goes on beside the store."""

import shutil
import sqlite3

SWEPT = ("sweep", "data.customers=300", "features=value", "scaling=standard", "k=[2]", "exploration=none",
         "hypotheses=none", "tracking.report=false")  # fmt: skip
PROMOTE = ("promote", "force=true", "reason=t", "promotion.resamples=2")


def test_a_folder_that_was_renamed_or_copied_goes_on_beside_its_store(run_here, run_segment, tmp_path):
    before, after, copy = (tmp_path / name for name in ("be fore", "äfter", "copy"))
    before.mkdir()
    for words in ((*SWEPT, "quiet=true"), (*PROMOTE, "quiet=true")):
        done = run_here(*words, folder=before)
        assert done.code == 0, done.error
    shutil.copytree(before, copy)
    before.rename(after)
    # processes of their own: MLflow remembers addresses within one
    first = run_segment("report", folder=after)
    assert first.code == 0, first.error
    assert "the store was moved" in first.error
    assert str(before / "mlartifacts") in first.error
    again = run_segment("report", "quiet=true", folder=after)
    assert "moved" not in again.error
    from customer_segmentation.sources.samples.telecom import draw_customers

    draw_customers(300).to_csv(after / "in.csv", index=False)
    for words in (("score", "input=in.csv", "output=o.csv"), PROMOTE, SWEPT):
        done = run_segment(*words, folder=after)
        assert done.code == 0, (words, done.error)
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


def test_a_store_that_left_its_artifacts_behind_says_so_and_writes_nothing(run_here, tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    assert run_here(*SWEPT, "quiet=true", folder=before).code == 0
    (before / "mlflow.db").rename(after / "mlflow.db")
    shutil.rmtree(before)
    for words in (("report",), ("promote",), SWEPT, ("explore", "data.customers=300"), ("ui", "open=false")):
        done = run_here(*words, folder=after)
        assert done.code == 1
        assert "which is not there" in done.error
        assert str(after / "mlartifacts") in done.error
    assert not before.exists()


def test_what_the_last_command_spoke_of_is_what_the_next_acts_on(run_here, tmp_path):
    for words in ((*SWEPT, "name=first", "quiet=true"), (*SWEPT, "name=second", "k=[3]", "quiet=true")):
        done = run_here(*words, folder=tmp_path)
        assert done.code == 0, done.error
    ids = {run.info.run_name: run.info.run_id for run in done.runs("sweep")}
    pointed = run_here(*SWEPT, "name=first", folder=tmp_path)
    assert "This sweep is finished" in pointed.out
    report = run_here("report", folder=tmp_path)
    assert ids["first"] in report.out
    assert ids["second"] not in report.out
    done = run_here(*PROMOTE, folder=tmp_path)
    assert done.code == 0, done.error
    (version,) = done.store.client.search_model_versions("name = 'customer-segmentation'")
    promoted = done.store.client.get_run(version.run_id)
    assert promoted.data.params["k"] == "2"
    assert run_here("report", f"run_id={ids['second']}", "quiet=true", folder=tmp_path).code == 0
    assert ids["second"] in run_here("report", folder=tmp_path).out
