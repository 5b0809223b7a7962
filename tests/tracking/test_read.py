"""What a run holds is read back; what is not as a sweep writes it is told in one sentence."""

import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from customer_segmentation import secrets
from customer_segmentation.errors import StoreError
from customer_segmentation.tracking import read
from customer_segmentation.tracking.items import Table, Text
from customer_segmentation.tracking.machine_facts import SCORES, whole
from customer_segmentation.tracking.runs import record, start_run
from customer_segmentation.workflows.report_data import leaderboard_of_sweep


@pytest.mark.parametrize("content", [b"", b"[1]", b"null", b"\xff\xfe{", b'{"a":'])
def test_json_that_is_none_or_of_another_kind(monkeypatch, content):
    monkeypatch.setattr(read, "artifact_of", lambda *_: content)
    with pytest.raises(StoreError, match=r"verdict\.json of run r1 is not as it was logged"):
        read.json_of(None, "r1", "verdict.json", dict)


def test_json_that_a_run_has_and_has_not(monkeypatch):
    monkeypatch.setattr(read, "artifact_of", lambda *_: b'{"a": 1}')
    assert read.json_of(None, "r1", "verdict.json", dict) == {"a": 1}
    monkeypatch.setattr(read, "artifact_of", lambda *_: None)
    assert read.json_of(None, "r1", "verdict.json", list) == []


@pytest.mark.parametrize("text", ['{"a": 1} x', "[1]", ""])
def test_a_tag_that_somebody_has_edited(text):
    run = SimpleNamespace(info=SimpleNamespace(run_id="r1"), data=SimpleNamespace(tags={SCORES: text}))
    with pytest.raises(StoreError, match=r"the tag z\.scores of run r1 is not as it was logged"):
        whole(run)


def test_a_leaderboard_that_is_cut_off(monkeypatch):
    monkeypatch.setattr("customer_segmentation.workflows.report_data.artifact_of", lambda *_: b'study,k\n"a,2\n')
    with pytest.raises(StoreError, match=r"leaderboard\.csv of run r1"):
        leaderboard_of_sweep(None, "r1")


def test_files_that_are_told_of_are_those_that_were_logged(store):
    secrets.remember("s3cret99")
    run_id = start_run(store, name="s", level="sweep", tags={})
    told = {"verdict.json": {"natural": False}, "side_by_side.json": []}
    board, labels = pd.DataFrame({"k": [2], "from": ["s3cret99"]}), pd.DataFrame({"k2": [0, 1]})
    items = [Text(json.dumps(content), name) for name, content in told.items()]
    record(store, run_id, [*items, Table(board, "leaderboard.csv"), Table(labels, "labels.parquet", private=True)])
    place = Path(store.client.get_run(run_id).info.artifact_uri.removeprefix("file://"))
    assert read.labels_of(store, run_id).equals(labels)
    pd.DataFrame({"k2": [1, 1]}).to_parquet(place / "labels.parquet")
    with pytest.raises(StoreError, match=r"labels\.parquet of run .* was altered since it was logged"):
        read.labels_of(store, run_id)
    for name in (*told, "leaderboard.csv"):
        content = read.artifact_of(store, run_id, name)
        assert b"s3cret99" not in content  # and the checksum is of what is kept
        (place / name).write_bytes(content + b" ")
        with pytest.raises(StoreError, match=f"{name} of run .* was altered since it was logged"):
            read.artifact_of(store, run_id, name)
    record(store, run_id, items)  # as a command writes it again
    assert read.json_of(store, run_id, "verdict.json", dict) == {"natural": False}
    (place / "verdict.json").unlink()
    assert read.artifact_of(store, run_id, "verdict.json") is None
