"""What a run holds is read back; what is not as a sweep writes it is told in one sentence."""

import pytest

from customer_segmentation.errors import StoreError
from customer_segmentation.tracking import read
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


def test_a_leaderboard_that_is_cut_off(monkeypatch):
    monkeypatch.setattr("customer_segmentation.workflows.report_data.artifact_of", lambda *_: b'study,k\n"a,2\n')
    with pytest.raises(StoreError, match=r"leaderboard\.csv of run r1"):
        leaderboard_of_sweep(None, "r1")
