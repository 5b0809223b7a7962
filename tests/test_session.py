"""Arguments of a call become the words of a command, and say there what they said in Python."""

import os
import types
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
import requests
from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_TIMEOUT, MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT

import customer_segmentation as cs
from customer_segmentation.api import explore
from customer_segmentation.errors import DataError, SegmentError, StoreError
from customer_segmentation.session import call, planned, repeatable, words_of
from customer_segmentation.settings.trusted import trusted_modules
from customer_segmentation.tracking.store_errors import stop_retrying

ODD = ["null", "a,b", "it's", "'quoted'", '"both"', "${data.path}", "back\\", "a=b", "1e5", "[x]", "~x", " x "]


@pytest.mark.parametrize("text", ODD)
def test_a_text_stays_the_text_it_was(text):
    one = {"features": "value", "scaling": "standard"}
    made = planned("sweep", words_of(name=text, tracking__experiment=text, **one))
    assert {job.name for job in made.settings} == {text}
    assert made.settings[0].tracking.experiment == text


@pytest.mark.parametrize("init", ["null", "segments@champion,models:/segments/2", "models:/a/1\nand more", "x" * 5000])
def test_a_start_that_is_no_model_is_refused_in_one_line(init, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shop = pd.DataFrame({"visits": [1, 2, 2, 9, 8, 9], "spend": [5, 6, 7, 50, 48, 52]})
    with pytest.raises(SegmentError, match=r"(?s)expected a model|there is no|expected models:/") as refused:
        cs.sweep(shop, scaling="standard", k=[2], init=init)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 600


def test_files_of_the_folder_that_a_call_takes_are_told(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    for name, text in (("standard", "about: x\n"), ("mine", "about: ${oc.env:HOME}\n")):
        path = tmp_path / "conf" / "scaling" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}scaler: {{_target_: sklearn.preprocessing.StandardScaler}}\n")
    planned("sweep", [*words_of(features="value", scaling=["standard", "mine"], k="[2]"), "quiet=true"])
    assert sorted(caplog.messages) == [
        "conf/scaling/mine.yaml takes HOME from the environment",
        "conf/scaling/standard.yaml replaces the shipped file of that name",
        "of this folder's own configs: conf/scaling/mine.yaml",
    ]


def test_what_a_call_trusts_is_trusted_by_that_call_alone():
    before = trusted_modules()
    with call():
        planned("sweep", words_of(features="value", k="[2]"), ["trusted_modules=[my_package]"])
        assert "my_package" in trusted_modules()
    assert trusted_modules() == before


def test_what_a_call_sets_is_of_its_thread_alone(monkeypatch):
    def seen():
        return MLFLOW_HTTP_REQUEST_TIMEOUT.get(), MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT.get(), trusted_modules()

    usual, before = seen(), dict(os.environ)
    with call(), ThreadPoolExecutor(1) as others:
        planned("sweep", words_of(features="value", k="[2]"), ["trusted_modules=[my_package]"])
        assert seen() == (30, True, ("my_package",))
        stop_retrying()
        assert seen()[0] == 5
        assert others.submit(seen).result() == usual
        assert dict(os.environ) == before
    assert seen() == usual
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "77")
    with call():
        assert seen()[0] == 77


class Losing(os._Environ):
    """An environment from which another thread takes a variable while it is read."""

    def __iter__(self):
        yield from [*super().__iter__(), "TAKEN_AWAY"]


def test_a_variable_that_another_thread_takes_away_ends_no_call(monkeypatch):
    kept = os.environ
    again = (kept.encodekey, kept.decodekey, kept.encodevalue, kept.decodevalue)
    monkeypatch.setattr(os, "environ", Losing(kept._data, *again))
    with call():
        planned("history", [])


def test_an_error_tells_no_secret_by_the_name_of_a_file_nor_by_an_error_within():
    with pytest.raises(FileNotFoundError) as caught, call():
        raise FileNotFoundError(2, "No such file", "crm;password=verysecret") from ValueError(
            KeyError("pin=1"), OSError(2, "x", "table?token=verysecret")
        )
    assert "password=***" in str(caught.value)
    assert "verysecret" not in f"{caught.value!s} {vars(caught.value)} {caught.value.__cause__!s}"


class DriverError(Exception):
    """As drivers and clients raise them: what they were at hangs on the error."""

    def __init__(self, said, **held):
        super().__init__(said)
        self.__dict__.update(held)


def everything_in(value, seen):
    if any(value is one for one in seen):
        return ""
    seen.append(value)
    if isinstance(value, BaseException):
        parts = [str(value), *value.args, *vars(value).items(), value.__cause__, value.__context__]
    elif isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list | tuple):
        parts = value
    else:
        return f"{value!s} {getattr(value, '__dict__', '')}"
    return " ".join(everything_in(part, seen) for part in parts)


def test_what_hangs_on_an_error_and_its_causes_holds_no_secret():
    request = types.SimpleNamespace(url="http://me:verysecret@host/x", headers={"Authorization": "Basic x"})
    cause = DriverError(
        "gone", request=request, _pgconn=request, kwargs={"report": "s3://k:verysecret@b", "password": "p"}
    )
    sentence = DataError("https://me:verysecret@host cannot be fetched")
    sentence.__context__ = DriverError("LINE 1: ...secret' AND x = 1")  # as ``raise ... from None`` leaves it
    sentence.__suppress_context__ = True
    with pytest.raises(DataError) as caught, call():
        raise sentence
    assert caught.value.__context__ is None
    with pytest.raises(DataError) as caught, call():
        raise DataError("https://me:verysecret@host cannot be fetched") from cause
    told = everything_in(caught.value, [])
    assert "verysecret" not in told
    assert "Basic" not in told
    assert cause.kwargs == {"report": "s3://***:***@b", "password": "***"}
    with pytest.raises(StoreError) as stored, call():
        raise requests.ConnectionError("Connection refused: http://me:verysecret@host", request=request)
    assert "verysecret" not in everything_in(stored.value, [])


def test_the_words_of_a_call_are_cut_when_their_secrets_are_out():
    words = ["x" * 170, "postgresql://me:" + "Planted-Password-9" * 4 + "@host/crm", "x" * 99]
    told = repeatable(explore, {"data": "a.csv", "overrides": words}, None)
    assert "Planted" not in told
    assert told.endswith("…)")


@pytest.mark.parametrize("command", [cs.sweep, cs.explore, cs.score])
def test_a_table_given_as_an_argument_tells_no_secret(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(cs.SegmentError) as caught:
        command("https://me:Planted-Odd-8#@127.0.0.1:1/x.csv")
    assert "Planted-Odd-8" not in everything_in(caught.value, [])


@pytest.mark.parametrize(
    "words",
    [
        ["tracking.customers_key=Planted-Key-1", "tracking.customers_key=Planted-Key-2"],
        ["tracking.customer_key=Planted-Key-1"],
        ["tracking.customers_key Planted-Key-1"],
        ["tracking={customers_key: Planted-Key-1}"],
    ],
)
def test_a_key_for_ids_is_told_in_no_refusal(words, tmp_path):
    with pytest.raises(cs.SegmentError) as caught:
        cs.sweep(cs.example("members"), k=[2], overrides=words, tracking_uri=f"sqlite:///{tmp_path}/m.db")
    assert "Planted" not in everything_in(caught.value, [])
