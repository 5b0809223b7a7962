"""Arguments of a call become the words of a command, and say there what they said in Python."""

import pandas as pd
import pytest

import customer_segmentation as cs
from customer_segmentation.errors import SegmentError
from customer_segmentation.session import call, planned, words_of
from customer_segmentation.settings.trusted import trusted_modules

ODD = ["null", "a,b", "it's", "'quoted'", '"both"', "${data.path}", "back\\", "a=b", "1e5", "[x]", "~x", "", " x "]


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


def test_an_error_tells_no_secret_by_the_name_of_a_file_nor_by_an_error_within():
    with pytest.raises(FileNotFoundError) as caught, call():
        raise FileNotFoundError(2, "No such file", "crm;password=verysecret") from ValueError(
            KeyError("pin=1"), OSError(2, "x", "table?token=verysecret")
        )
    assert "password=***" in str(caught.value)
    assert "verysecret" not in f"{caught.value!s} {vars(caught.value)} {caught.value.__cause__!s}"
