"""The calls from Python: the same runs as the command, objects instead of words, and the session as it was before."""

import contextlib
import doctest
import functools
import http.server
import logging
import os
import pickle
import sqlite3
import subprocess
import sys
import threading
from importlib import import_module

import mlflow
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository
from sklearn.cluster import KMeans

import customer_segmentation as cs
from customer_segmentation.commands.main import main
from customer_segmentation.errors import EngineGoneError
from customer_segmentation.sources.memory import memory_table
from customer_segmentation.tracking.read import run_of

QUICK = [
    "selection.stability.resamples=3",
    "selection.stability.screening=2",
    "tracking.report=false",
    "tracking.figures=false",
]
ROLES = {"value": "Total Paid", "outcome": "Left", "id": "Member"}


def members(n=240, seed=1):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, n)
    return pd.DataFrame(
        {
            "Member": [f"M{at:04d}" for at in range(n)],
            "Visits": np.round(rng.normal([2.0, 9.0], 0.8, (n, 2))[np.arange(n), kind], 2),
            "Months": rng.integers(1, 60, n),
            "Total Paid": np.round(rng.gamma(4, 60, n) + 200 * kind, 2),
            "Joined": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, n), unit="D"),
            "Left": np.where(rng.random(n) < 0.2, "Yes", "No"),
        }
    )


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def web_with_login(tmp_path):
    """Address of a table, with a password."""
    (tmp_path / "web").mkdir()
    members(60).to_csv(tmp_path / "web" / "gym.csv", index=False)
    handler = functools.partial(Quiet, directory=str(tmp_path / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://me:Planted-Web-7@127.0.0.1:{server.server_port}/gym.csv"
        server.shutdown()


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep of a frame, in a store of its own, and what it left of the session."""
    folder = tmp_path_factory.mktemp("api")
    uri = f"sqlite:///{folder}/mlflow.db"
    before = dict(os.environ), mlflow.get_tracking_uri(), logging.getLogger("mlflow").level, list(sys.argv)
    found = cs.sweep(
        members(),
        features=["Visits", "Months"],
        scaling="standard",
        k=[2, 3],
        **ROLES,
        overrides=QUICK,
        tracking_uri=uri,
    )
    after = dict(os.environ), mlflow.get_tracking_uri(), logging.getLogger("mlflow").level, list(sys.argv)
    return found, uri, before, after


def test_a_sweep_of_a_frame_returns_its_candidates_verdict_and_model(swept):
    found, _, _, _ = swept
    board = found.leaderboard
    assert board["rank"].tolist() == [1, 2]
    assert board["study"].unique().tolist() == ["columns · standard"]
    assert found.verdict.chosen == f"columns · standard · k={found.verdict.k}"
    assert found.verdict.reasons
    run = run_of(found.store, found.run_id)
    source = memory_table(members())
    assert run.data.tags["source_sha256"].startswith(source.sha256[:16])
    assert source.sha256 in run.data.tags["command"]
    assert "features=['Visits', 'Months']" in run.data.tags["command"]
    # the labels are those of K-means on z-scores of the two columns
    kept = members().query("Left == 'No'")
    z = kept[["Visits", "Months"]].pipe(lambda cells: (cells - cells.mean()) / cells.std(ddof=0))
    expected = KMeans(found.verdict.k, n_init=10, random_state=42).fit(z.to_numpy()).labels_
    labels = found.chosen.predict(kept)["segment"].to_numpy(dtype=int)
    assert len(set(zip(expected, labels, strict=True))) == found.verdict.k
    assert found.chosen.segments["customers"].sum() == len(kept)
    assert {"name", "share", "value", "first_action"} <= set(found.chosen.segments)
    assert set(found.chosen.profile["variable"]) >= {"Visits", "Months", "Total Paid"}


def test_a_sweep_leaves_the_session_as_it_was(swept):
    _, _, (environment, uri, level, words), (after, uri_after, level_after, words_after) = swept
    changed = {name for name in {*environment, *after} if environment.get(name) != after.get(name)}
    assert not {name for name in changed if name.startswith(("MLFLOW", "SEGMENT", "HYDRA", "OMP"))}, changed
    assert (uri, level, words) == (uri_after, level_after, words_after)


def test_the_notebook_shows_page_one_and_figures(swept):
    found, _, _, _ = swept
    html = found._repr_html_()
    assert "<script" not in html
    assert "Which customers are worth keeping" in html
    assert len(html) < 10_000
    for figure in (found.plot.elbow(), found.plot.segments(), found.plot.centres()):
        assert figure._repr_png_().startswith(b"\x89PNG")


def test_the_same_sweep_is_found_again_and_loaded(swept, capfd):
    found, uri, _, _ = swept
    again = cs.sweep(
        members(), features=["Visits", "Months"], scaling="standard", k=range(2, 4), **ROLES, overrides=QUICK,
        tracking_uri=uri,
    )  # fmt: skip
    assert again.run_id == found.run_id
    loaded = cs.load(found.run_id, tracking_uri=uri)
    pd.testing.assert_frame_equal(loaded.leaderboard, found.leaderboard)
    assert loaded.verdict == found.verdict
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def test_the_chosen_candidate_is_promoted_and_scores(swept):
    found, uri, _, _ = swept
    gate = [f"promotion.{name}=null" for name in ("stability", "max_switching")]
    promoted = cs.promote(found, overrides=gate, reason="it is a test")
    assert (promoted.version, promoted.gate, promoted.alias) == (1, "passed", "champion")
    assert (promoted.checks["result"] != "fail").all()
    again = cs.promote(found, data=members())
    assert (again.version, again.notes) == (1, ())
    with pytest.raises(cs.StudyError, match="is not the table of run"):
        cs.promote(found, data=members(seed=2))  # the champion already: it is compared all the same
    with pytest.raises(cs.StudyError, match="is not the table of run"):
        cs.promote(found, data=members(seed=2), overrides=["model=other"])
    assert not found.store.client.search_model_versions("name = 'other'"), "the table is at fault, and no candidate"
    customers = members(30, seed=5).set_index("Member")
    customers.iloc[3, customers.columns.get_loc("Visits")] = np.nan
    scored = cs.score(customers, tracking_uri=uri)
    assert scored.labels.index.equals(customers.index)
    assert scored.labels["reason"].notna().sum() == 1
    assert scored.rejected.index.tolist() == ["M0003"]
    assert run_of(found.store, scored.run_id).data.tags["level"] == "score"
    champion = cs.champion(tracking_uri=uri)
    assert champion.version == 1
    expected = champion.predict(customers)
    pd.testing.assert_series_equal(scored.labels["segment"], expected["segment"])
    with pytest.raises(cs.DataError, match="lacks Visits"):
        champion.predict(customers.drop(columns="Visits"))


def test_a_later_frame_continues_the_segments_of_the_champion(swept):
    found, uri, _, _ = swept
    cs.promote(found, overrides=["promotion.stability=null", "promotion.max_switching=null"])
    address, k = "models:/customer-segmentation@champion", len(cs.champion(tracking_uri=uri)._loaded.model.numbers)
    later = cs.sweep(
        members(seed=2), features=["Visits", "Months"], scaling="standard", k=[2, 3], init=address, **ROLES,
        overrides=QUICK, tracking_uri=uri,
    )  # fmt: skip
    told = {}
    for run_id in later.leaderboard["run_id"]:
        data = run_of(later.store, run_id).data
        told[int(data.params["k"])] = data.tags["fit"]
        assert data.params["init"] == "models:/customer-segmentation/1"
    assert "the segments of models:/customer-segmentation/1" in told[k]
    assert told[5 - k] == f"from random starts, as models:/customer-segmentation/1 has {k} segments"
    with pytest.raises(cs.SegmentError, match=r"does not hold"):
        cs.sweep(members(seed=2), features=["Visits"], k=[4], init=address, **ROLES, tracking_uri=uri)


def test_segments_that_count_from_a_date_are_continued_as_customers_are_on_the_later_day(tmp_path):
    frame, uri = members(), f"sqlite:///{tmp_path}/mlflow.db"
    asked = {"features": {"since": {"days_since": "Joined"}}, "scaling": "standard", "k": [2], "id": "Member"}
    asked |= {"roles": {"Joined": "date"}, "value": "Total Paid", "tracking_uri": uri}
    first = cs.sweep(frame, overrides=[*QUICK, "data.reference_date=2025-03-01"], **asked)
    run = run_of(first.store, first.leaderboard["run_id"].iloc[0])
    model = first.store.client.get_logged_model(run.outputs.model_outputs[0].model_id)
    with pytest.raises(cs.DataError, match=r"columns · standard · k=2 of run \w+ cannot be continued, as no customer"):
        cs.sweep(  # nobody has joined since, and all are members of long standing by then
            frame, init=f"runs:/{run.info.run_id}/{model.name}", overrides=[*QUICK, "data.reference_date=2027-03-01"],
            **asked,
        )  # fmt: skip


def test_a_frame_is_the_table_that_a_file_of_it_is(tmp_path):
    polars = pytest.importorskip("polars")
    frame = members(40).assign(
        Plan=pd.Categorical(["a", "b"] * 20), Count=pd.array([1, None] * 20, dtype="Int64"), Mixed=["x", 1] * 20
    )
    source = memory_table(frame)
    frame.astype({"Mixed": str}).to_parquet(tmp_path / "frame.parquet")
    from customer_segmentation.settings.data import DataSettings
    from customer_segmentation.sources.open import open_path

    stored = open_path(str(tmp_path / "frame.parquet"), DataSettings())
    assert source.headers == stored.headers
    for at in range(len(source.headers)):
        ours, theirs = (one.first_cells(at, 40).astype(object) for one in (source, stored))
        assert ours.astype(str).tolist() == theirs.astype(str).tolist(), source.headers[at]
    plain = members(40)
    assert memory_table(polars.from_pandas(plain)).sha256 == memory_table(plain).sha256
    words = polars.DataFrame({"plan": ["a", "b", "a"]}, schema={"plan": polars.Categorical})
    assert memory_table(words).preview(9).frame[0].tolist() == ["a", "b", "a"]
    assert memory_table(plain.set_index(["Member", "Joined"])).headers[:2] == ("Member", "Joined")


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (members(9).rename(columns={"Visits": "Months"}), "several columns 'Months'"),
        (members(9).set_index("Member", drop=False), "an index and a column of the name 'Member'"),
        ([1, 2, 3], "expected a frame"),
        (members(9)["Visits"], "found pandas.Series; call its .to_frame\\(\\) first"),
        (members(9)[["Member"]], "no numeric column"),
        (members(9).head(0), "no rows"),
        (members(2), "at least 3 are needed"),
        (pd.DataFrame, "found builtins.type"),
        ("", "data is an empty text"),
        (members(9)[["Member"]].assign(Huge=[2**70 + at for at in range(9)]), "no numeric column"),
    ],
)
def test_what_cannot_be_segmented_is_one_sentence(frame, sentence):
    with pytest.raises(cs.SegmentError, match=sentence) as caught:
        cs.sweep(frame, k=[2])
    assert "\n" not in str(caught.value)


def test_the_list_of_customers_has_what_to_do_with_each(swept):
    found, _, _, _ = swept
    listed = found.customers.set_index("customer")
    kept = members().query("Left == 'No'").set_index("Member")
    assert sorted(listed.index) == sorted(kept.index)
    assert listed["value"].to_dict() == kept["Total Paid"].to_dict()
    predicted = found.chosen.predict(kept.reset_index())
    assert listed.loc[kept.index, "segment"].tolist() == predicted["segment"].tolist()
    assert listed["first_action"].notna().all()


def test_three_rows_without_an_id_are_segmented(swept, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", swept[1])
    found = cs.sweep(
        pd.DataFrame({"visits": [1.0, 2.0, 9.0], "spend": [5.0, 6.0, 50.0]}), scaling="standard", k=[2], overrides=QUICK
    )
    assert found.leaderboard["sizes"].tolist() == ["2, 1"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"features": ["Visit"]}, "there is no column 'Visit'.*did you mean"),
        ({"value": "Spend"}, "value='Spend': no column has that header"),
        ({"outcome": ["Leeft"]}, "outcome='Leeft'.*did you mean Left"),
        ({"roles": {"Visits": "nmber"}}, "roles=.'Visits': 'nmber'.: expected one of"),
        ({"table": "order"}, "table=order: expected one of"),
        ({"overrides": "seed=1"}, "overrides is the text"),
        ({"scaling": "strong"}, "strong"),
        ({"k": [1]}, "nothing to choose between"),
        ({"overrides": ["seed"]}, "key=value"),
        ({"overrides": ["launcher=slurm"]}, "launcher=slurm"),
        ({"overrides": ["data.path=new.csv"]}, "data.path is given twice, as a frame of 30 rows and as data.path=new"),
        ({"overrides": ["++data.path=new.csv"]}, "data.path is given twice"),
        ({"overrides": ["data=sample"]}, "data is given twice"),
        ({"overrides": ["data.source=sample"]}, "data.source is given twice"),
        ({"overrides": ["experiments=rfm"]}, "experiments is given twice, as a frame"),
        ({"overrides": ["data.query=SELECT 1"]}, "data.query changes nothing: a frame of 30 rows is not a database"),
        ({"overrides": ["data.delimiter=;"]}, "data.delimiter changes nothing"),
        ({"overrides": ["quiet=false"]}, "quiet=false has no effect in Python: .*progress=True"),
        ({"overrides": ["--cfg=job"]}, "key=value"),
        ({"experiment": "value"}, "knows the columns of the frame.*leave experiment out"),
        ({"outcome": 5}, "outcome is of type int"),
        ({"roles": ["Visits"]}, "roles is of type list; expected a mapping"),
        ({"value": " "}, "value names the column ' '"),
        ({"value": "Visits", "outcome": "Visits"}, "'Visits' is given two roles, value and outcome"),
        ({"id": "Visits", "roles": {"Visits": "ignore"}}, "'Visits' is given two roles, id and ignore"),
        ({"id": "Visits", "roles": {"visits": "ignore"}}, "'Visits' has another role already"),
        ({"features": 5}, "features=5: expected names"),
        ({"features": ["Visits", "Visits"]}, "features holds 'Visits' twice"),
        ({"features": {"a": ["Visits"], "A": ["Months"]}}, "names are both written 'a' twice"),
        ({"name": 5}, "name is of type int"),
        ({"overrides": None}, "overrides is of type NoneType"),
        ({"scaling": 5}, "scaling=5: expected one of"),
        ({"overrides": ["clustering=null"]}, "clustering=null: expected one of"),
        ({"overrides": ["scaling=[standard,minmax]"]}, "a list is not the name of a file.*run by scaling=A,B"),
    ],
)
def test_an_argument_that_cannot_be_used_is_one_sentence(given, sentence):
    with pytest.raises(cs.SettingsError, match=f"(?i){sentence}"):
        cs.sweep(members(30), **{"k": [2], **given})


def test_a_file_is_not_the_table_when_an_override_names_another(tmp_path):
    members(30).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(cs.SettingsError, match=r"data.path is given twice, as data=.*a.csv and as data.path=b.csv"):
        cs.sweep(tmp_path / "a.csv", k=[2], overrides=["data.path=b.csv"])
    with pytest.raises(cs.SettingsError, match=r"data is given twice"):
        cs.explore(members(30), overrides=["data=sample"])
    with pytest.raises(cs.SettingsError, match=r"confidence has 2 values; explore takes one"):
        cs.explore(members(30), overrides=["confidence=0.9,0.95"])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"overrides": ["input=new.csv"]}, "input is given twice"),
        ({"overrides": ["fail_on_drift=watch"]}, "no effect in Python: look at result.drift.word"),
        ({"overrides": ["columns=all"]}, "columns=all has no effect in Python"),
        ({"overrides": ["rejects=r.csv"]}, "result.rejected"),
        ({"overrides": ["table=labels"]}, "table=labels has no effect"),
        ({"overrides": ["overwrite=true"]}, "no file is written"),
        ({"overrides": ["spreadsheet_safe_ids=true"]}, "no file is written"),
        ({"overrides": ["output=x.csv"]}, "the labels are returned"),
        ({"overrides": ["engine=spark"]}, "`segment score`"),
        ({"overrides": ["sheet=A"]}, "sheet changes nothing"),
        ({"overrides": ["drift=standard,strict"]}, "drift has 2 values"),
        ({"headers": {"Visits": "Visits"}, "overrides": ["headers={Visits: v}"]}, "headers is given twice"),
        ({"headers": {"Visits": "Months"}}, "'Months' of .* cannot be both 'Visits' and 'Months'"),
        ({"headers": {"Visits": "Left", "Months": "Left"}}, "'Left' of .* cannot be both"),
        ({"headers": ["Visits"]}, "headers is of type list"),
        ({"model": object()}, "model is of type object"),
    ],
)
def test_a_scoring_takes_no_setting_that_would_change_nothing(swept, given, sentence):
    found, uri, *_ = swept
    with pytest.raises(cs.SettingsError, match=sentence):
        cs.score(members(30), run_id=found.chosen.run_id, tracking_uri=uri, **given)


def test_a_stream_of_rows_is_read_once(swept):
    found, uri, *_ = swept
    table = pa.table(members(30))

    def stream():
        return pa.RecordBatchReader.from_batches(table.schema, table.to_batches())

    assert found.chosen.predict(stream()).segment.tolist() == found.chosen.predict(members(30)).segment.tolist()
    assert len(cs.score(stream(), run_id=found.chosen.run_id, tracking_uri=uri).labels) == 30


def test_what_an_error_says_has_no_secret(swept, monkeypatch):
    _, uri, *_ = swept
    monkeypatch.setenv("PLANTED", "Planted-9f8e7d-Value")
    for call in (
        lambda: cs.score(members(30), model="https://me:hunter22@host/x", tracking_uri=uri),
        lambda: cs.sweep(members(30), features={"a": {"log": "${oc.env:PLANTED}"}}, k=[2], tracking_uri=uri),
    ):
        with pytest.raises(cs.SegmentError) as caught:
            call()
        error = caught.value
        while error is not None:
            assert "hunter22" not in str(error)
            assert "Planted-9f8e7d-Value" not in str(error)
            error = error.__cause__ or error.__context__


def test_a_frame_is_taken_as_it_was_when_it_was_given(tmp_path):
    frame = members(60)
    before = frame.copy(deep=True)
    uri = f"sqlite:///{tmp_path}/m.db"
    found = cs.sweep(frame, scaling="standard", k=[2], tracking_uri=uri)
    expected = cs.score(before, run_id=found.run_id, tracking_uri=uri).labels["segment"].tolist()
    for name in frame.select_dtypes("number"):
        frame.loc[:, name] = frame[name].to_numpy()[::-1].copy()  # in place
    assert cs.score(before, run_id=found.run_id, tracking_uri=uri).labels["segment"].tolist() == expected
    found.leaderboard["k"] = 99
    assert found.leaderboard["k"].tolist() == [2]
    again = pickle.loads(pickle.dumps(found))
    assert again.run_id == found.run_id
    assert again.verdict.chosen == found.verdict.chosen
    assert not {"source", "_opened"} & set(again.__dict__) or again.source is None


def test_a_database_and_an_address_with_a_password_are_tables(tmp_path, web_with_login):
    place = tmp_path / "c.db"
    with contextlib.closing(sqlite3.connect(place)) as database:
        members(60).to_sql("c", database, index=False)
    uri = f"sqlite:///{tmp_path}/m.db"
    words = ["tracking.report=false", "data.query=SELECT * FROM c"]
    found = cs.sweep(f"sqlite:///{place}", scaling="standard", k=[2], tracking_uri=uri, overrides=words)
    assert len(found.chosen.predict(members(60))) == 60
    web = cs.sweep(web_with_login, scaling="standard", k=[2], tracking_uri=uri, overrides=words[:1])
    assert len(web.customers) == 60
    assert b"Planted-Web-7" not in (tmp_path / "m.db").read_bytes()
    assert b"Planted-Web-7" not in pickle.dumps(web)
    resumed = cs.sweep(web_with_login, scaling="standard", k=[2], tracking_uri=uri, overrides=words[:1])
    assert "Planted-Web-7" not in resumed.report().html, "the table is read again, from the address of the call"
    assert "Planted-Web-7" not in repr(vars(web)) + repr(vars(resumed))
    with pytest.raises(ValueError, match="me:\\*\\*\\*@"):
        cs.choose_k(web_with_login)
    gate = ["promotion.resamples=2"]
    with contextlib.suppress(cs.RefusedError):  # by a gate: the table was read, from the address that the sweep has
        cs.promote(web, overrides=gate)


def test_a_variable_that_is_set_between_two_calls_is_known(monkeypatch, tmp_path):
    cs.explore(members(60), tracking_uri=f"sqlite:///{tmp_path}/m.db")
    monkeypatch.setenv("CRM_TOKEN", "Planted-Late-5")
    words = ["tracking.report=false"]
    uri = f"sqlite:///{tmp_path}/m.db"
    cs.sweep(members(60), scaling="standard", k=[2], tracking_uri=uri, name="Planted-Late-5 run", overrides=words)
    assert b"Planted-Late-5" not in (tmp_path / "m.db").read_bytes()


def test_a_sweep_of_which_no_study_finished_says_so(tmp_path):
    found = cs.sweep(members(30), features={"a": 1}, scaling="standard", k=[2], tracking_uri=f"sqlite:///{tmp_path}/m.db",
                     overrides=["tracking.report=false", "tracking.figures=false", "exploration=none",
                                "hypotheses=none"])  # fmt: skip
    assert list(found.failures)
    for ask in (lambda: found.verdict, lambda: found.chosen, lambda: found.customers):
        with pytest.raises(cs.SegmentError, match=r"no study of sweep .* finished .*nothing to segment by"):
            ask()
    assert "no study of sweep" in repr(found)
    assert "no study of sweep" in found._repr_html_()


def test_a_sweep_whose_engine_is_gone_ends_and_is_continued(tmp_path, monkeypatch):
    from customer_segmentation.workflows import study as studies

    compute, asked = studies.compute, []

    def computed_once(*args):
        asked.append(1)
        if len(asked) > 1:
            raise EngineGoneError("Spark no longer answers.")
        return compute(*args)

    def sweep():
        return cs.sweep(
            members(),
            features=["Visits", "Months"],
            scaling=["standard", "minmax", "robust"],
            k=[2, 3],
            tracking_uri=f"sqlite:///{tmp_path}/gone.db",
            **ROLES,
            overrides=[*QUICK, "launcher=in_process"],
        )

    monkeypatch.setattr(studies, "compute", computed_once)
    with pytest.raises(EngineGoneError, match=r"^Spark no longer answers\.$"):
        sweep()
    assert len(asked) == 2, "the third study does not wait for it"
    monkeypatch.setattr(studies, "compute", compute)
    again = sweep()
    assert len(again.leaderboard) == 6


def test_settings_that_are_so_anyway_and_a_path_are_taken(swept, tmp_path):
    found, uri, *_ = swept
    members(30).to_csv(tmp_path / "new.csv", index=False)
    settings = ["quiet=true", "columns=id", "engine=local"]
    scored = cs.score(tmp_path / "new.csv", run_id=found.chosen.run_id, tracking_uri=uri, overrides=settings)
    assert scored.scored == 30


@pytest.mark.parametrize("call", [cs.load, cs.promote])
def test_the_id_of_a_run_is_a_text(call, swept):
    with pytest.raises(cs.SettingsError, match="of type int; expected the id of a run"):
        call(5, tracking_uri=swept[1])
    with pytest.raises(cs.SettingsError, match="run_id is of type NoneType"):
        cs.load(None, tracking_uri=swept[1])


def test_a_name_that_is_neither_a_file_nor_a_config_is_told_with_the_nearest_one():
    with pytest.raises(cs.SettingsError, match=r"no such config in conf/data/.*Did you mean telecom"):
        cs.sweep("telecm")


def test_arrays_are_lists_of_names_and_numbers(swept):
    found, uri, *_ = swept
    again = cs.sweep(
        members(),
        features=members().columns[1:3],
        scaling=np.array(["standard"]),
        k=np.arange(2, 4),
        **ROLES,
        overrides=QUICK,
        tracking_uri=uri,
    )
    assert again.run_id == found.run_id


def test_two_threads_an_open_run_and_autolog(swept):
    uri = swept[1]
    found: dict[int, cs.Sweep] = {}

    def sweep(seed: int) -> None:
        found[seed] = cs.sweep(
            members(60, seed=seed), features=["Visits", "Months"], scaling="minmax", k=[2], overrides=QUICK,
            tracking_uri=uri, tracking_experiment=experiment,
        )  # fmt: skip

    experiment = None
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    try:
        mlflow.set_experiment("mine")
        mlflow.sklearn.autolog(silent=True)
        with mlflow.start_run() as run:
            sweep(0)
            mlflow.log_param("mine", 1)
        experiment = "mine"
        threads = [threading.Thread(target=sweep, args=(seed,)) for seed in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        runs = mlflow.search_runs(experiment_names=["mine"], output_format="list")
    finally:
        mlflow.sklearn.autolog(disable=True)
        mlflow.set_tracking_uri(before)
    assert sorted(found) == [0, 1, 2]
    assert run_of(found[0].store, found[0].run_id).data.tags["mlflow.parentRunId"] == run.info.run_id
    levels = pd.Series([item.data.tags.get("level", "mine") for item in runs]).value_counts().to_dict()
    assert levels == {"sweep": 3, "study": 3, "candidate": 3, "mine": 1}
    assert all(item.info.status == "FINISHED" for item in runs)
    for seed in (1, 2):
        customers = members(60, seed=seed)
        labels = found[seed].chosen.predict(customers)["segment"]
        assert labels.notna().all()
        assert (
            run_of(found[seed].store, found[seed].run_id).data.tags["source_sha256"] in memory_table(customers).sha256
        )


def test_other_threads_see_nothing_of_a_call(swept, monkeypatch):
    found, uri = swept[:2]
    changed, seen, real = [], [], LocalArtifactRepository.download_artifacts
    watched = threading.Event()

    def note(event, arguments):
        if watched.is_set() and event in ("os.putenv", "os.unsetenv"):
            changed.append(arguments)

    def look():  # in a folder without a store
        try:
            seen.append((mlflow.get_tracking_uri(), cs.champion().run_id))
        except cs.SegmentError:
            seen.append(mlflow.get_tracking_uri())

    def meanwhile(*arguments, **named):
        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        thread.join(30)
        return real(*arguments, **named)

    mine = mlflow.get_tracking_uri()
    sys.addaudithook(note)
    monkeypatch.setattr(LocalArtifactRepository, "download_artifacts", meanwhile)
    watched.set()
    try:
        gate = [f"promotion.{name}=null" for name in ("stability", "max_switching")]
        version = cs.promote(found, overrides=["model=beside", *gate]).version
        assert cs.champion("beside", tracking_uri=uri).version == version
        cs.score(members(30), model="models:/beside@champion", tracking_uri=uri)
        cs.sweep(
            members(60), features=["Visits", "Months"], scaling="minmax", k=[2], overrides=QUICK, tracking_uri=uri
        )  # fmt: skip
    finally:
        watched.clear()
    assert set(seen) == {mine}
    assert changed == []


def test_an_override_names_the_experiment_under_an_open_run(swept):
    uri = swept[1]
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    try:
        with mlflow.start_run():
            seen = cs.explore(members(60), tracking_uri=uri, overrides=["tracking.experiment=own", "hypotheses=none"])
        assert mlflow.get_experiment_by_name("own").experiment_id == mlflow.get_run(seen.run_id).info.experiment_id
    finally:
        mlflow.set_tracking_uri(before)


@pytest.mark.parametrize("name", [name for name in cs.__all__ if name != "__version__"])
def test_public_names_are_documented_and_their_examples_run(name, swept, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", swept[1])
    item = getattr(cs, name)
    assert item.__doc__
    module = import_module(item.__module__)
    finder = doctest.DocTestFinder(recurse=False)
    for example in finder.find(item, name, module=module):
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example)
        assert not result.failed, name


def test_importing_the_package_costs_nothing():
    code = (
        "import sys, customer_segmentation as cs; cs.sweep, cs.choose_k; "
        "print([name for name in ('mlflow', 'pandas', 'sklearn', 'hydra', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_a_call_returns_says_itself_in_a_line(swept):
    found = swept[0]
    assert repr(found.verdict).startswith(f"Verdict(chosen: {found.verdict.chosen}; ")
    assert "elbow, elbows" in repr(found.plot)
    answer = cs.choose_k(np.random.default_rng(0).normal(size=(60, 2)), k=[2], resamples=0, random_state=0)
    assert "\n" not in repr(answer)
    assert repr(answer).startswith("ChosenK(k=None, confidence='sure that none is natural'")


def test_a_matrix_with_masked_cells_and_labels_without_k_are_refused():
    matrix = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.raises(cs.ArgumentError, match="masked cells"):
        cs.choose_k(np.ma.masked_greater(matrix, 1), k=[2])
    with pytest.raises(cs.ArgumentError, match="labels_by_k is of type ndarray"):
        cs.structure_test(matrix, np.arange(60) % 3)


def test_a_table_on_the_web_is_fetched_again_by_the_next_call(tmp_path, caplog):
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/members.parquet"
        found = []
        for n in (240, 300):
            members(n, seed=n).to_parquet(tmp_path / "members.parquet")
            found.append(cs.sweep(address, k=[2], scaling="standard", overrides=QUICK, **ROLES))
        scored = cs.score(address, run_id=found[0].chosen.run_id)
        assert main(["report", f"run_id={found[1].run_id}"]) == 0
        server.shutdown()
    assert found[0].run_id != found[1].run_id
    assert len(found[1].customers) == (members(300, seed=300)["Left"] == "No").sum()
    assert len(found[0].customers) == (members(240, seed=240)["Left"] == "No").sum(), "read when its copy has gone"
    assert len(scored.labels) == 300
    assert any(f"is read from {address}, as its config says" in line for line in caplog.messages)
