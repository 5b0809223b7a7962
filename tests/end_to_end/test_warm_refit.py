"""A new quarter continues the champion's segments: swept, promoted, and made again although the version is gone."""

import json
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from customer_segmentation.errors import StoreError
from customer_segmentation.registry.versions import ModelRegistry
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.tracking.log.study import START
from customer_segmentation.tracking.read import artifact_of, labels_of, run_of
from customer_segmentation.tracking.resume import TAG
from customer_segmentation.workflows.rebuild import reopen

NAME = "customer-segmentation"
CHAMPION = f"clustering.init=models:/{NAME}@champion"
LEAN = ("exploration=none", "hypotheses=none", "launcher=in_process", "features=value", "scaling=minmax")
EASY = ("promotion.stability=0.3", "promotion.max_switching=null", "promotion.resamples=2", "promotion.agreement=0.1")
FIXED = ("selection=fixed", "selection.k=3", "selection.stability.resamples=2", "selection.stability.seeds=1")


@pytest.fixture(scope="module")
def champion(run_here, tmp_path_factory):
    """A store with a champion of three segments, and the tables of two quarters."""
    folder = tmp_path_factory.mktemp("quarters")
    first = draw_customers(700)
    first.to_csv(folder / "first.csv", index=False)
    later = first.iloc[60:].copy()
    later["Total Revenue"] = (later["Total Revenue"].astype(float) * 1.15 + 40).round(2)
    later["Tenure in Months"] = later["Tenure in Months"].astype(int) + 3
    later.to_csv(folder / "later.csv", index=False)
    later[later["Tenure in Months"] < 9].to_csv(folder / "newcomers.csv", index=False)
    later.drop(columns="Total Revenue").to_csv(folder / "lacking.csv", index=False)
    words = (
        "sweep",
        "data=telecom",
        "data.path=first.csv",
        "k=3",
        "tracking.report=false",
        "tracking.figures=false",
        *LEAN,
        *FIXED,
    )
    assert run_here(*words, folder=folder).code == 0
    ran = run_here("promote", *EASY, folder=folder)
    assert ran.code == 0, ran.error
    return ran


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((CHAMPION, "k=2,4"), "has 3 segments, and k=[2, 4] does not hold 3"),
        ((CHAMPION, "k=3", "clustering=ward"), "clustering=ward is Ward: leave it out, or take clustering=kmeans"),
        ((CHAMPION, "k=3", "clustering=kmeans,bisecting_kmeans"), "clustering=bisecting_kmeans is BisectingKMeans"),
        ((f"clustering.init={NAME}", "k=3"), f"Did you mean models:/{NAME}@champion?"),
        ((f"clustering.init=models:/{NAME}/77", "k=3"), f"there is no model models:/{NAME}/77"),
        (("clustering.init=models:/other@champion", "k=3"), "no model of that name is registered, there is"),
        (("clustering.init=models:/x", "k=3"), "clustering.init=models:/x: expected models:/NAME@ALIAS"),
        (("clustering.init=", "k=3"), "clustering.init"),
        ((CHAMPION, "k=3", "tracking.uri=sqlite:///none.db"), "there is no store at"),
        ((CHAMPION, "k=3", "data.path=newcomers.csv"), "cannot be continued, as no customer of newcomers.csv is in "),
        (
            (
                CHAMPION,
                "k=3",
                "data.path=lacking.csv",
                "features=usage",
                "~yardstick.features.columns.revenue",
            ),
            f"clustering.init=models:/{NAME}/1 reads ",
        ),
    ],
)
def test_what_cannot_be_continued_is_one_sentence(champion, run_here, words, sentence):
    lean = [word for word in LEAN if word.partition("=")[0] not in {item.partition("=")[0] for item in words}]
    data = [] if any(word.startswith("data.path") for word in words) else ["data.path=later.csv"]
    before = len(champion.runs("sweep"))
    ran = run_here("sweep", "data=telecom", *data, *words, *lean, folder=champion.folder)
    assert ran.code not in (0, None)
    assert "Traceback" not in ran.error
    assert sentence in " ".join(ran.error.split())
    assert len(champion.runs("sweep")) == before
    assert not (Path(champion.folder) / "none.db").exists()


@pytest.fixture(scope="module")
def later(run_here, champion):
    words = ("sweep", "data=telecom", "data.path=later.csv", "k=2,3", CHAMPION, *LEAN, *FIXED)
    ran = run_here(*words, folder=champion.folder)
    assert ran.code == 0, ran.error
    return words, ran


def chosen(ran):
    sweep = max(ran.runs("sweep"), key=lambda run: run.info.start_time)
    return sweep, run_of(ran.store, sweep.data.tags["chosen_run_id"])


def test_the_candidate_says_that_it_was_started_at_the_version_and_so_do_verdict_and_report(later):
    _, ran = later
    sweep, candidate = chosen(ran)
    version = f"models:/{NAME}/1"
    assert f"k = 3 is also started at the 3 segments of {version}; k = 2 from random starts alone." in ran.error
    how = candidate.data.tags["fit"]
    assert how.startswith(f"started at the segments of {version}; ")
    assert how.endswith("of the customers keep their segment")
    assert f"Fit: {how}." in candidate.data.tags["mlflow.note.content"]
    assert candidate.data.params["init"] == version
    said = how[0].upper() + how[1:] + "."
    verdict = json.loads(artifact_of(ran.store, sweep.info.run_id, "verdict.json"))
    assert said in verdict["reasons"]
    assert said in sweep.data.tags["mlflow.note.content"]
    assert said in artifact_of(ran.store, sweep.info.run_id, "report.html").decode("utf-8")
    assert f"Started at the segments of {version}" in " ".join(ran.out.split())
    for run, path in ((sweep, "config.yaml"), (candidate, "config.yaml")):
        assert OmegaConf.create(artifact_of(ran.store, run.info.run_id, path).decode()).clustering.init == version
    study = candidate.data.tags["study_id"]
    assert list(json.loads(artifact_of(ran.store, study, START))) == ["3"]
    others = [run for run in ran.runs("candidate") if run.data.params["k"] == "2"]
    assert others[-1].data.tags["fit"] == f"from random starts, as {version} has 3 segments"


def test_the_same_words_mean_the_finished_sweep_until_the_champion_moves(later, run_here):
    words, ran = later
    before, _ = chosen(ran)
    again = run_here(*words, folder=ran.folder)
    assert f"This sweep is finished: run {before.info.run_id}" in again.out


def test_it_is_made_again_and_promoted_though_the_version_is_gone(later, run_here, monkeypatch):
    words, ran = later
    monkeypatch.chdir(ran.folder)
    registry = ModelRegistry(ran.store, NAME)
    sweep, candidate = chosen(ran)
    registry.client.delete_registered_model(NAME)
    place = Path(run_of(ran.store, candidate.data.tags["study_id"]).info.artifact_uri.removeprefix("file://")) / START
    said = place.read_text("utf-8")
    place.write_text(said.replace("[[", "[[1", 1), "utf-8")
    with pytest.raises(StoreError, match=f"{START} of run .* was altered"):
        reopen(ran.store, candidate.info.run_id)
    place.write_text(said, "utf-8")
    for run in (candidate, *(run for run in ran.runs("candidate") if run.data.params["k"] == "2")):
        found = reopen(ran.store, run.info.run_id)
        logged = labels_of(ran.store, run.data.tags["study_id"])[f"k{found.fit.k}"]
        assert (found.fit.labels == logged.to_numpy()).all()
    said = run_here("promote", f"run_id={candidate.info.run_id}", *EASY, folder=ran.folder)
    assert said.code == 0, said.error
    assert run_here("report", f"run_id={sweep.info.run_id}", "output=r.html", folder=ran.folder).code == 0
    # another champion: the same words are another sweep, which starts at its segments
    fresh = run_here(*words, "tracking.report=false", "tracking.figures=false", folder=ran.folder)
    assert fresh.code == 0, fresh.error
    newest, _ = chosen(ran)
    assert newest.info.run_id != sweep.info.run_id
    assert newest.data.tags[TAG] != sweep.data.tags[TAG]
