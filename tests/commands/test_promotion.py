"""From a candidate to the champion and back, by the commands; one store, in which the tests of this file go on."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from customer_segmentation.commands.main import main
from customer_segmentation.registry.champion_history import previous_champion
from customer_segmentation.registry.versions import ModelRegistry
from customer_segmentation.scoring.load import load_segment_model
from customer_segmentation.tracking import models
from customer_segmentation.tracking.process import _started, this_process
from customer_segmentation.tracking.runs import start_run
from customer_segmentation.tracking.store import open_store

NAME = "customer-segmentation"
EASY = ("promotion.stability=0.5", "promotion.max_switching=null", "promotion.resamples=2")


@pytest.fixture(scope="module")
def place(tmp_path_factory, lean):
    folder = tmp_path_factory.mktemp("promotion")
    environment = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for words in (
            ("experiments=rfm", "data.customers=300", "features=rfm", "scaling=log_standard", "k=3"),
            ("features=value_whole_dollars,value", "scaling=l2_rows,minmax", "k=3,4", "data.customers=900"),
        ):
            assert main(("sweep", *words, *lean)) == 0
    os.environ.clear()
    os.environ.update(environment)
    return folder


@pytest.fixture
def uri(place):
    return f"tracking.uri=sqlite:///{place}/mlflow.db"


@pytest.fixture
def registry(place):
    return ModelRegistry(open_store(uri=f"sqlite:///{place}/mlflow.db", experiment=NAME, artifacts=None), NAME)


def candidate(registry, study, k):
    runs = registry.client.search_runs(
        [registry.store.experiment_id], f"tags.study = '{study}' and params.k = '{k}' and tags.level = 'candidate'"
    )
    return runs[0].info.run_id


def refused(registry, check):
    version = registry.versions()[-1]
    assert version.gate == "refused"
    assert version.tags[f"check.{check}"].startswith("fail: ")
    assert version.number not in registry.aliases().values()
    assert "Refused" in version.description
    return version


def test_a_candidate_with_a_tiny_segment_is_refused_with_a_sentence_and_a_tag(segment, uri, registry):
    run_id = candidate(registry, "value_whole_dollars · l2_rows", 4)
    said = segment("promote", uri, f"run_id={run_id}", *EASY)
    assert "smallest segment: the smallest segment has" in said.sentence
    assert "there is no champion" in said.sentence
    refused(registry, "smallest_segment")


def test_what_the_newest_sweep_chose_becomes_the_champion(segment, uri, registry, place, monkeypatch):
    # edited since the sweep: its segments keep the names that its report gave them
    Path("conf/playbook").mkdir(parents=True)
    Path("conf/playbook/telecom.yaml").write_text("names: []\ntraits: {}\n", encoding="utf-8")
    said = segment("promote", uri, *EASY)
    assert said.code == 0, said.error
    assert f"segment score input=FILE output=FILE {uri}" in said.out
    version = registry.champion()
    assert version.gate == "passed"
    chosen = registry.client.get_run(version.run_id)
    first = said.out.splitlines()[0]  # what the gate is about comes first
    assert first.startswith("Sweep: ")
    assert f"({chosen.data.tags['sweep']})" in first
    assert first.endswith(f"Candidate: {chosen.info.run_name}")
    assert chosen.data.tags["verdict"] == "chosen"
    assert chosen.data.tags["registered"] == f"{NAME} version {version.number}, passed"
    assert "challenger" not in registry.aliases()
    model = load_segment_model(f"models:/{NAME}@champion", registry.client).model
    assert dict(model.names) == version.segments
    told = registry.client.download_artifacts(version.run_id, "segments/segments.json", ".")
    assert sorted(version.segments.values()) == sorted(
        s["name"] for s in json.loads(Path(told).read_text())["segments"]
    )
    assert all(version.segments.values())
    assert "#### **Segments**" in version.description
    assert f"Champion: version {version.number}" in registry.client.get_registered_model(NAME).description
    assert version.tags["data_source"] == "built-in sample (900 customers, seed 2022)"
    project = start_run(registry.store, name="mlflow run", level="", tags={})  # -e promote: the run has its data set
    monkeypatch.setenv("MLFLOW_RUN_ID", project)
    again = segment("promote", uri)
    assert (again.code, "is the champion already" in again.out) == (0, True)
    assert "changes nothing" not in again.out
    assert "of the built-in sample" in segment("promote", uri, "data.path=no.csv").sentence
    more = ("promotion=strict", "alias=challenger", "force=true", "reason=x")
    told = " ".join(segment("promote", uri, *more).out.split())
    assert all(key in told for key in ("promotion.stability,", "alias", "force", "reason"))
    assert "not examined again, so that" in told
    ((used,), (refitted,)) = [
        registry.client.get_run(run_id).inputs.dataset_inputs for run_id in (project, version.run_id)
    ]
    assert (used.dataset.name, used.dataset.digest) == (refitted.dataset.name, refitted.dataset.digest)


def test_one_from_another_kind_of_table_is_refused(segment, uri, registry):
    said = segment("promote", uri, f"run_id={candidate(registry, 'rfm · log_standard', 3)}", *EASY)
    assert "another kind of table" in said.sentence
    assert "remains the champion" in said.sentence
    refused(registry, "data_contract")


def test_a_challenger_waits_and_is_promoted_as_the_same_version_by_force_with_a_reason(segment, uri, registry):
    champion = registry.champion()
    other = 4 if champion.tags["k"] == "3" else 3
    run_id, before = candidate(registry, "value · minmax", other), champion.number
    words = (uri, f"run_id={run_id}", *EASY, "promotion.agreement=1.0", "promotion.same_segment=0.3")
    assert "reason" in segment("promote", *words, "force=true").sentence
    forced = (*words, "force=true", "reason=sales asked, (really)")
    assert segment("promote", *forced, "alias=challenger").code == 0
    waiting = registry.aliases()
    assert waiting["champion"] == before
    assert segment("promote", *forced).code == 0
    assert registry.aliases() == {"champion": waiting["challenger"]}
    version = registry.champion()
    assert version.tags["check.agreement"].startswith("fail: ")
    assert (version.gate, version.tags["reason"]) == ("forced", "sales asked, (really)")
    old = registry.version(before).segments
    assert set(version.segments) & set(old), "some segments are the champion's"
    assert all(number > max(old) for number in set(version.segments) - set(old)), "a new number is new"


def test_rollback_goes_back_and_is_told(segment, uri, registry):
    now = registry.champion().number
    assert "reason" in segment("rollback", uri).sentence
    registry.set_challenger(previous_champion(registry.events(), now))  # an alias set by hand
    said = segment("rollback", uri, "reason=it's worse")
    assert (said.code, said.out.splitlines()[-1]) == (0, f"Next:  segment history {uri}")
    assert "challenger" not in registry.aliases(), "the champion is no challenger"
    event = registry.events()[-1]
    assert (event.action, event.before, event.reason) == ("rollback", now, "it's worse")
    assert registry.champion().number == event.after
    told = segment("history", uri).out
    assert f"rolled back: version {now} → version {event.after}" in told
    assert "it's worse" in told
    turned_down = next(version.number for version in registry.versions() if version.gate == "refused")
    assert "cannot become the champion" in segment("rollback", uri, "reason=x", f"version={turned_down}").sentence


def test_a_model_that_does_not_install_in_a_clean_environment_is_refused(segment, uri, registry, monkeypatch):
    monkeypatch.setattr(models, "requirements", lambda: ["customer-segmentation-has-no-such-package==99"])
    run_id = candidate(registry, "value · l2_rows", 3)
    said = segment("promote", uri, f"run_id={run_id}", *EASY, "promotion.loads_back=clean_environment")
    assert "its requirements cannot be installed" in said.sentence
    refused(registry, "loads_back")


def test_a_tampered_model_is_refused_and_never_forced(segment, uri, registry, place):
    chosen = registry.champion().run_id
    logged = next(
        model
        for model in registry.client.search_logged_models([registry.store.experiment_id], "")
        if model.source_run_id != chosen and "identity" not in model.tags
    )
    files = Path(logged.artifact_location.removeprefix("file://"))
    (path,) = files.rglob("segments.json")
    content = json.loads(path.read_text())
    content["segments"][0]["name"] = "Whales"
    path.write_text(json.dumps(content))
    words = (uri, f"run_id={logged.source_run_id}", *EASY, "force=true", "reason=trust me")
    assert "altered" in segment("promote", *words).sentence
    refused(registry, "artifact")


def test_what_a_killed_process_left_running_is_closed_by_every_command_that_writes(segment, uri, registry):
    process = subprocess.Popen(["sleep", "60"])
    killed = {**json.loads(this_process()), "pid": process.pid, "started": _started(process.pid)}
    process.kill()
    process.wait()
    store, champion = registry.store, f"models:/{NAME}@champion"
    example = load_segment_model(champion, registry.client).model.example
    example.to_csv("customers.csv", index=False)
    alive = start_run(store, name="at work", level="score", tags={})
    for words in (
        ("promote",),
        ("score", "input=customers.csv", "output=labels.csv"),
        ("explore", "data.customers=100", "hypotheses=none"),
    ):
        left = start_run(store, name="left", level="score", tags={})
        store.client.set_tag(left, "z.process", json.dumps(killed))
        ran = segment(*words, uri)
        assert "1 run was left by a killed process: now KILLED" in ran.error
        assert store.client.get_run(left).info.status == "KILLED"
        assert store.client.get_run(alive).info.status == "RUNNING"
    store.client.set_terminated(alive)


def test_a_candidate_whose_sweep_is_in_the_trash_is_refused_before_anything_is_made(segment, uri, registry):
    run_id = candidate(registry, "value · minmax", 4)
    sweep = registry.client.get_run(run_id).data.tags["sweep"]
    before = (registry.aliases(), [version.number for version in registry.versions()])
    registry.client.delete_run(sweep)
    try:
        said = segment("promote", uri, f"run_id={run_id}", *EASY, "promotion=redesign", "force=true", "reason=trial")
    finally:
        registry.client.restore_run(sweep)
    assert f"run {sweep} is in the trash" in said.sentence
    assert (registry.aliases(), [version.number for version in registry.versions()]) == before


def test_words_that_lead_nowhere(segment, uri, registry, tmp_path):
    assert "run_id is empty, as of a variable that is not set" in segment("promote", uri, "run_id=").sentence
    assert "there is no run '1e456'" in segment("promote", uri, "run_id=1e456").sentence
    study = registry.client.search_runs([registry.store.experiment_id], "tags.level = 'study'")[0]
    assert "is a study; take one of its candidates" in segment("promote", uri, f"run_id={study.info.run_id}").sentence
    assert "loads_back=soon" in segment("promote", uri, "promotion.loads_back=soon").sentence
    unknown = segment("history", uri, "model=UNKNOWN").sentence
    assert unknown.endswith(f"UNKNOWN has no version yet; registered: {NAME}.")
    assert "has no version 99" in segment("rollback", uri, "reason=x", "version=99").sentence
    assert "there is no store" in segment("history", f"tracking.uri=sqlite:///{tmp_path}/none.db").sentence
