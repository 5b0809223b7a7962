"""Versions, aliases and history in a real store: one call moves the champion; what is cut off leaves the old one."""

import json
import multiprocessing
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from customer_segmentation.console.registry import print_history
from customer_segmentation.errors import StoreError
from customer_segmentation.model.checksums import MANIFEST_TAG, write_manifest
from customer_segmentation.registry import load_check
from customer_segmentation.registry.champion_history import EVENT, moves, previous_champion
from customer_segmentation.registry.load_check import loads_back
from customer_segmentation.registry.pages import finish
from customer_segmentation.registry.register import logged_models, model_folder, own_folder, register_model
from customer_segmentation.registry.versions import CHALLENGER, CHAMPION, TAG_LENGTH, ModelRegistry, one_at_a_time
from customer_segmentation.scoring.load import load_segment_model
from customer_segmentation.settings.promotion import RollbackSettings
from customer_segmentation.workflows import rollback
from customer_segmentation.workflows.promote import _Promotion


def make(registry, run_id, **tags):
    return registry.create(source="here", run_id=run_id, model_id=None, tags={"gate": "passed", **tags}, text="page")


def promote(registry, number, before, action="promote", reason=""):
    registry.set_champion(number, action=action, before=before, reason=reason)


def killed(name):
    def die(*words, **more):
        raise KeyboardInterrupt(name)

    return die


def test_a_new_registry_has_nobody_and_says_what_to_do(registry):
    assert (registry.aliases(), registry.champion(), registry.versions(), registry.events()) == ({}, None, [], [])
    with pytest.raises(StoreError, match="has no version 3; it has none yet; `segment promote` makes one"):
        registry.version(3)
    with pytest.raises(StoreError, match="has no version yet"):
        registry.known_versions()


def test_a_version_is_made_whole_with_its_tags_and_page(registry, run_id):
    version = make(registry, run_id, segments=json.dumps({"4": "Loyal", "7": None}), long="x" * 9000)
    again = registry.version(version.number)
    assert (again.run_id, again.gate, again.description) == (run_id, "passed", "page")
    assert again.segments == {4: "Loyal", 7: ""}
    assert len(again.tags["long"]) == TAG_LENGTH
    assert registry.aliases() == {}, "a version alone answers to nobody"


def test_what_was_deleted_is_told(registry, run_id, monkeypatch, capsys):
    numbers = [make(registry, run_id).number for _ in range(3)]
    promote(registry, numbers[1], None)
    registry.client.delete_model_version(registry.name, str(numbers[1]))
    print_history(registry)
    assert "deleted: version 2" in capsys.readouterr().out
    assert registry.aliases() == {}
    monkeypatch.setattr(rollback, "loaded", lambda *_: None)  # these versions have no files
    with pytest.raises(StoreError, match=r"no champion to roll back from; .*version=N \(it has 1, 3\)"):
        rollback.roll_back(RollbackSettings(reason="x", model=registry.name), registry.store)
    done = rollback.roll_back(RollbackSettings(reason="x", model=registry.name, version=1), registry.store)
    assert (done.before, done.after, registry.aliases()[CHAMPION]) == (None, 1, 1)
    for number in (1, 3):
        registry.client.delete_model_version(registry.name, str(number))
    with pytest.raises(StoreError, match="has no version left: 1 and 2 deleted"):
        registry.known_versions()


def test_the_champion_moves_in_one_call(registry, run_id, monkeypatch):
    first, second = (make(registry, run_id).number for _ in range(2))
    promote(registry, first, None)
    calls = []

    def told(name, original):
        return lambda *words, **more: (calls.append(name), original(*words, **more))[1]

    for name in [name for name in dir(MlflowClient) if "alias" in name and name.startswith(("set", "delete"))]:
        monkeypatch.setattr(MlflowClient, name, told(name, getattr(MlflowClient, name)))
    promote(registry, second, first)
    assert calls == ["set_registered_model_alias"], "never deleted in between"
    assert registry.aliases() == {CHAMPION: second}


@pytest.mark.parametrize("where", ["set_registered_model_tag", "set_registered_model_alias"])
def test_killed_while_the_champion_moves_the_old_one_answers_and_a_rerun_ends_it(registry, run_id, monkeypatch, where):
    first, second = (make(registry, run_id).number for _ in range(2))
    promote(registry, first, None)
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, where, killed(where))
        with pytest.raises(KeyboardInterrupt):
            promote(registry, second, first)
    assert registry.champion().number == first
    promote(registry, second, first)
    assert registry.champion().number == second
    states = [move.state for move in moves(registry.events(), second)]
    assert states == (["done", "done"] if where.endswith("tag") else ["done", "interrupted", "done"])
    assert previous_champion(registry.events(), second) == first


def test_killed_while_a_version_is_made_none_is_half_made(registry, run_id, monkeypatch):
    make(registry, run_id)
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "create_model_version", killed("create"))
        with pytest.raises(KeyboardInterrupt):
            make(registry, run_id)
    assert len(registry.versions()) == 1


def test_somebody_who_was_quicker_is_not_overwritten(registry, run_id):
    first, second, third = (make(registry, run_id).number for _ in range(3))
    promote(registry, first, None)
    promote(registry, second, first)
    with pytest.raises(StoreError, match=f"version {second} of .* became the champion while this command ran"):
        promote(registry, third, first)
    assert registry.champion().number == second
    assert len(registry.events()) == 2


def test_rolled_back_twice_and_promoted_again(registry, run_id):
    numbers = [make(registry, run_id).number for _ in range(3)]
    for before, number in zip([None, *numbers], numbers, strict=False):
        promote(registry, number, before)
    for now, back in ((numbers[2], numbers[1]), (numbers[1], numbers[0])):
        assert previous_champion(registry.events(), now) == back
        promote(registry, back, now, action="rollback", reason="worse")
    assert previous_champion(registry.events(), numbers[0]) is None
    promote(registry, numbers[2], numbers[0])
    assert previous_champion(registry.events(), numbers[2]) == numbers[0]


def test_numbers_of_segments_stay_taken_when_their_version_is_deleted(registry, run_id):
    first, second = (make(registry, run_id, segments=tag).number for tag in ('{"0": "a", "1": "b"}', '{"2": "c"}'))
    registry.set_champion(first, action="promote", before=None, reason="", segments=(0, 1))
    registry.set_champion(second, action="promote", before=first, reason="", segments=(2,))
    registry.set_champion(first, action="rollback", before=second, reason="worse", segments=(0, 1))
    registry.client.delete_model_version(registry.name, str(second))
    assert _Promotion._used(SimpleNamespace(registry=registry, before=first)) == {0, 1, 2}


def test_numbers_of_segments_stay_taken_when_their_champion_was_moved_back_by_hand(registry, run_id):
    first, second = (make(registry, run_id, segments=tag).number for tag in ('{"0": "a", "1": "b"}', '{"2": "c"}'))
    registry.set_champion(first, action="promote", before=None, reason="", segments=(0, 1))
    registry.set_champion(second, action="promote", before=first, reason="", segments=(2,))
    registry.client.set_registered_model_alias(registry.name, CHAMPION, str(first))
    assert _Promotion._used(SimpleNamespace(registry=registry, before=first)) == {0, 1, 2}
    assert [move.state for move in moves(registry.events(), first)] == ["done", "moved by hand"]
    assert previous_champion(registry.events(), first) is None


def test_history_keeps_every_word_and_forged_events_change_nothing(registry, run_id):
    first, second = (make(registry, run_id).number for _ in range(2))
    promote(registry, first, None, reason='said "yes": | <b>\n→ ok')
    promote(registry, second, first, action="force", reason="asked")
    kept = [(event.action, event.before, event.after, event.reason) for event in registry.events()]
    assert kept == [("promote", None, first, 'said "yes": | <b>\n→ ok'), ("force", first, second, "asked")]
    for at, forged in enumerate(("promoted: version 9 → version 8, by me", "{}", '{"action": "sell"}', "[1]")):
        registry.client.set_registered_model_tag(registry.name, f"{EVENT}9999-01-0{at + 1}", forged)
    registry.client.set_registered_model_tag(registry.name, "historyless", "x")
    assert [(event.action, event.before, event.after, event.reason) for event in registry.events()] == kept
    finish(registry)
    page = registry.client.get_registered_model(registry.name).description
    assert f"**Champion: version {second}**" in page
    assert f"promoted by force: version {first} → version {second}" in page
    assert 'said "yes": \\| &lt;b&gt; → ok' in page
    assert "sell" not in page


def test_the_challenger_is_retired_when_it_is_the_champion_and_the_page_names_it_before(registry, run_id):
    first, second = (make(registry, run_id, candidate=f"study {at}").number for at in range(2))
    promote(registry, first, None)
    registry.set_challenger(second)
    finish(registry)
    assert registry.aliases() == {CHAMPION: first, CHALLENGER: second}
    assert f"Challenger: version {second}, study 1." in registry.client.get_registered_model(registry.name).description
    promote(registry, second, first)
    finish(registry)
    assert registry.aliases() == {CHAMPION: second}
    assert "Challenger" not in registry.client.get_registered_model(registry.name).description


def test_a_name_that_the_store_refuses_is_one_sentence(store, run_id):
    with pytest.raises((StoreError, MlflowException), match=r"model=a/b|[Ii]nvalid"):
        make(ModelRegistry(store, "a/b"), run_id)


def test_a_model_is_registered_once_and_again_where_it_was_altered_or_half_made(
    store, run_id, model, tmp_path, monkeypatch
):
    words = {"name": "f · s · k=3", "params": {"k": 3}, "study": "f · s"}
    first = register_model(store, run_id, model, **words).model_id
    assert register_model(store, run_id, model, **words).model_id == first, "an equal one is found again"
    renamed = register_model(store, run_id, model.renamed((5, 6, 7), {5: "New"}), **words).model_id
    assert renamed != first
    half = store.client.create_logged_model(
        store.experiment_id, name="half", source_run_id=run_id, tags={"identity": "of an attempt"}
    )
    assert register_model(store, run_id, model, **words).model_id == first
    assert half.model_id not in {logged.model_id for logged in logged_models(store, run_id)}
    folder = store.client.get_logged_model(first).artifact_location.removeprefix("file://")
    with open(f"{folder}/artifacts/segment_model/reference.json", "a") as file:
        file.write(" ")
    with pytest.raises(StoreError, match=r"reference.json .* was altered"):
        load_segment_model(f"models:/{first}", store.client)
    third = register_model(store, run_id, model, **words).model_id
    assert third not in (first, renamed)
    folder = model_folder(store, third, tmp_path)
    labels = [int(label) for label in model.predict(model.example).table["segment"]]
    with monkeypatch.context() as really:  # not one that has the libraries already
        really.setattr(load_check, "subprocess", subprocess)
        assert loads_back(folder, model.example, labels, environment="fresh_process").result == "pass"
    (folder / "artifacts" / "segment_model" / "pipeline.skops").write_bytes(b"nothing")
    broken = loads_back(folder, model.example, labels, environment="fresh_process")
    assert broken.result == "fail"
    assert "it does not load" in broken.sentence


@pytest.mark.parametrize("file", ["model_code.py", "MLmodel", "code/more.py", "requirements.txt"])
def test_code_of_a_store_is_not_taken_for_ours_whatever_its_checksums_say(store, run_id, model, tmp_path, file):
    words = {"name": "f · s · k=3", "params": {"k": 3}, "study": "f · s"}
    first = register_model(store, run_id, model, **words).model_id
    folder = Path(store.client.get_logged_model(first).artifact_location.removeprefix("file://"))
    place = folder / file
    if file == "MLmodel":
        place.write_text(place.read_text().replace("mlflow.pyfunc.loaders.code_model", "a_strangers_loader"))
    else:
        place.write_text((place.read_text() if place.is_file() else "") + "\nimport this\n")
    store.client.set_logged_model_tags(first, {MANIFEST_TAG: write_manifest(folder)})
    load_segment_model(f"models:/{first}", store.client)  # which runs nothing of it
    assert register_model(store, run_id, model, **words).model_id != first


@pytest.mark.parametrize("file", ["model_code.py", "artifacts/segment_model/segments.json"])
def test_what_a_store_exchanges_after_a_model_was_logged_is_not_run(store, run_id, model, tmp_path, file):
    logged = register_model(store, run_id, model, name="f · s · k=3", params={"k": 3}, study="f · s")
    assert own_folder(store, logged, model, tmp_path / "own").is_dir()
    folder = Path(store.client.get_logged_model(logged.model_id).artifact_location.removeprefix("file://"))
    (folder / file).write_text((folder / file).read_text() + "\n")
    store.client.set_logged_model_tags(logged.model_id, {MANIFEST_TAG: write_manifest(folder)})  # all is told anew
    with pytest.raises(StoreError, match=r"manifest.json of the model .* was altered"):
        own_folder(store, logged, model, tmp_path / "again")


def hold(uri, name, begun, seconds):
    from types import SimpleNamespace

    with one_at_a_time(SimpleNamespace(uri=uri), name):
        begun.set()
        time.sleep(seconds)


def test_promotions_of_one_model_wait_for_each_other(registry):
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    other = context.Process(target=hold, args=(registry.store.uri, registry.name, begun, 1.0))
    other.start()
    assert begun.wait(60)
    since = time.monotonic()
    with one_at_a_time(registry.store, "another model"):
        assert time.monotonic() - since < 0.5
    with one_at_a_time(registry.store, registry.name):
        assert time.monotonic() - since > 0.5
    other.join()
