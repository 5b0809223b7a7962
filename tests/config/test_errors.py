"""Walking a schema along a key, and the sentence for every kind of error that composing a config raises."""

from pathlib import Path

import pytest
from hydra.errors import MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from customer_segmentation.config.compose import plan
from customer_segmentation.config.errors import keys_at, settings_error, suggestion
from customer_segmentation.config.playbook_file import check_playbook_of
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.score import ScoreSettings
from customer_segmentation.settings.sweep import SweepSettings


def test_keys_are_those_of_the_last_node_that_exists():
    assert "path" in keys_at(SweepSettings, "data.pth")[1]
    assert keys_at(SweepSettings, "data.download.ulr")[0] == "data.download"
    assert keys_at(SweepSettings, "nothing.at.all")[0] == ""
    assert "features" in keys_at(SweepSettings, "fetures")[1]


def test_a_suggestion_only_where_a_word_is_close():
    assert suggestion("standart", ["minmax", "standard"]) == " Did you mean standard?"
    assert suggestion("xyz", ["minmax", "standard"]) == ""


def sentence_for(**changes) -> str:
    try:
        OmegaConf.merge(OmegaConf.structured(SweepSettings), changes)
    except OmegaConfBaseException as error:
        return str(settings_error(error, SweepSettings))
    raise AssertionError("the schema took it")


def test_wrong_types_and_keys_within_nodes():
    assert sentence_for(seed="x") == "seed=x: expected a whole number."
    assert sentence_for(scores={"silhouette_sample": "many"}) == (
        "scores.silhouette_sample=many: expected a whole number."
    )
    assert sentence_for(name=[1]) == "name=[1]: expected a text."
    assert sentence_for(seed=None) == "seed=null: expected a whole number; leave the key out to have the default."
    assert sentence_for(launcher={"processes": "all"}) == "launcher.processes=all: expected a whole number."
    assert "Did you mean near_tie?" in sentence_for(selection={"near_ties": 1})
    assert "\n" not in sentence_for(data=3)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hydra: null", "expected a mapping under hydra"),
        ("large: []", "large is a list; expected keys below it"),
        ("data: null", "data=null: expected keys below it"),
        ("k: {a: 1}", "x.yaml: k is a mapping; expected a value"),
    ],
)
def test_what_a_file_may_not_hold_is_told_with_its_key(text, sentence):
    Path("experiments").mkdir()
    Path("experiments/x.yaml").write_text(f"# @package _global_\n{text}\n")
    with pytest.raises(SettingsError) as told:
        plan("sweep", ["experiments=x", "features=value", "scaling=standard"])
    assert sentence in str(told.value)
    assert "Config" not in str(told.value)


def test_a_list_in_the_place_of_keys():
    with pytest.raises(SettingsError, match=r"large is a list; expected keys below it\."):
        plan("sweep", ["large=[]", "features=value", "scaling=standard", "k=[2]"])


def test_an_entry_of_a_list_has_its_place_and_its_type():
    with pytest.raises(OmegaConfBaseException) as caught:
        OmegaConf.merge(OmegaConf.structured(ScoreSettings), {"drift": {"stability": [0.1, "b"]}})
    assert str(settings_error(caught.value, ScoreSettings)) == "drift.stability[1]=b: expected a number."


def test_a_config_that_no_folder_has():
    error = MissingConfigException("no", missing_cfg_file="scalin/standard", options=None)
    assert "there is no config folder scalin/" in str(settings_error(error, SweepSettings))
    error = MissingConfigException("no", missing_cfg_file="nothing", options=None)
    assert str(settings_error(error, SweepSettings)) == "there is no config 'nothing'."


def test_what_is_unknown_is_passed_on_in_one_line():
    assert str(settings_error(RuntimeError("one\n  two"), SweepSettings)) == "one two"


@pytest.mark.parametrize(
    ("name", "text", "words", "told"),
    [
        ("conf/playbook/mine.yaml", "actions: []\n", "playbook=mine", "actions is a list; expected keys below it"),
        ("conf/playbook/mine.yaml", "traits: {a: [1]}\n", "playbook=mine", "traits.a is a list"),
        ("conf/data/mine.yaml", "source: sample\ncolumns: []\n", "data=mine", "data.columns is a list"),
        ("conf/contract/mine.yaml", "Age: 3\n", "data.contract=mine", "data.columns.Age is the value 3"),
        ("conf/contract/mine.yaml", "Age: {values: {a: b}}\n", "data.contract=mine", "expected a list such as"),
        (
            "experiments/mine.yaml",
            "# @package _global_\nselection: 3\n",
            "experiments=mine",
            "selection is the value 3",
        ),
    ],
)
def test_a_list_where_keys_belong_is_told_with_its_key(name, text, words, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(text)
    with pytest.raises(SettingsError, match=told):
        check_playbook_of(plan("sweep", [words, "features=value", "scaling=standard", "k=[2]"]).settings[0])
