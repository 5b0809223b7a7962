"""What is named for a decision is the name of a file: nothing else is composed, or passed over."""

from pathlib import Path

import pytest

from customer_segmentation.config.compose import plan
from customer_segmentation.config.paths import options_of
from customer_segmentation.errors import SettingsError


@pytest.mark.parametrize(
    ("command", "word", "sentence"),
    [
        ("promote", "promotion=null", "promotion=null: expected one of redesign, refit, strict."),
        ("promote", "promotion=[refit,strict]", "a list is not the name of a file"),
        ("sweep", "features=[value,usage]", "all of them are run by features=A,B"),
        ("sweep", "scaling=standard,null", "scaling=standard,null: expected one of l2_rows"),
        ("sweep", "data=[sample,telecom]", "a list is not the name of a file"),
        ("sweep", "experiments=null", "expected one of original_analysis"),
        ("sweep", "selection={a: 1}", "expected one of elbow"),
        ("sweep", "selection=[]", "selection=[]: expected one of elbow"),
        ("promote", "promotion=[]", "promotion=[]: expected one of redesign, refit, strict."),
    ],
)
def test_what_is_no_name_is_refused(command, word, sentence):
    with pytest.raises(SettingsError) as caught:
        plan(command, [word])
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "defaults: [{override /selection: []}]",
            "selection has no file, by a list of defaults; expected",
        ),
        ("defaults: [{override /clustering: null}]", "clustering has no file"),
        ("hydra: {sweeper: {params: {selection: '[]'}}}", "expected one of elbow"),
        ("hydra: {sweeper: {params: {selection: 'fixed,elbow'}}}", "selection must be the same for all studies"),
        ("hydra: {sweeper: {params: {tracking.customers: 'ids,none'}}}", "must be the same for all studies"),
    ],
)
def test_a_preset_says_what_a_command_line_may(said, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("experiments").mkdir()
    Path("experiments/x.yaml").write_text(f"# @package _global_\n{said}\n")
    with pytest.raises(SettingsError) as caught:
        plan("sweep", ["experiments=x", "features=value", "scaling=minmax", "k=[2]"])
    assert sentence in str(caught.value)


def test_a_folder_or_a_link_to_nothing_is_no_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("conf/features/folder.yaml").mkdir(parents=True)
    Path("conf/features/nothing.yaml").symlink_to("nowhere")
    assert not {"folder", "nothing"} & set(options_of("features"))
    with pytest.raises(SettingsError) as caught:
        plan("sweep", ["features=folder"])
    assert "features=folder: no such file in conf/features/; there are everything, profile" in str(caught.value)
