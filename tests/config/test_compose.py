import re
from dataclasses import replace
from pathlib import Path

import pytest

from customer_segmentation.config import hydra_app
from customer_segmentation.config.checks import check_export, check_plan, check_sweep, never_chosen
from customer_segmentation.config.compose import plan
from customer_segmentation.config.paths import options_of
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.data import ColumnSpec


def checked(arguments) -> None:
    asked = plan("sweep", arguments)
    for settings, choices in zip(asked.settings, asked.choices_of, strict=True):
        check_sweep(settings, choices["features"])


def sentence(*arguments: str) -> str:
    """Of one study where the words leave it at that: a study more is a composition more."""
    if not {word.split("=")[0] for word in arguments} & {"features", "scaling", "data", "experiments"}:
        arguments = ("features=value", "scaling=standard", *arguments)
    with pytest.raises(SettingsError) as error:
        checked(arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("asked", ["k=2,3,4", "k=range(2,5)", "k=[2,3,4]", "k=[2,3],[3,4]", "k=choice(4,2,3)"])
def test_every_form_of_k_is_one_list(asked):
    made = plan("sweep", ["features=value", "scaling=standard", asked])
    assert len(made.jobs) == 1
    assert list(made.settings[0].k) == [2, 3, 4]


def test_what_is_fitted_and_cannot_be_chosen_is_said_before_any_work():
    settings = plan("sweep", ["k=[2,12,13,5000]", "features=value", "scaling=standard"]).settings[0]
    assert never_chosen(settings).startswith("k = 13 and 5000 cannot be chosen, because selection.most_segments is 12;")
    assert never_chosen(replace(settings, k=[2, 12])) == ""
    for other in ({"most_segments": None}, {"rule": "fixed", "k": 13}):
        assert never_chosen(replace(settings, selection=replace(settings.selection, **other))) == ""


def test_what_a_rule_of_choice_does_not_read_is_refused():
    keys = [f"selection.{key}" for key in ("rank_by=[stability]", "finer_gain=null", "stability.confirmed=2")]
    for rule, key in (*zip(("elbow", "silhouette", "fixed"), keys, strict=True), ("elbow", "selection.near_tie=0.02")):
        assert "has no effect with selection=" in sentence(f"selection={rule}", key)
    checked(["features=value", "scaling=standard", "selection.near_tie=0.02", *keys])
    checked(["features=value", "scaling=standard", "selection=fixed", "selection.near_tie=0.02"])  # goes to separation


def test_a_weight_of_words_beside_numbers_is_refused_where_no_space_has_both():
    with pytest.raises(SettingsError, match=r"scaling\.indicators weighs yes/no and category columns"):
        check_plan(plan("sweep", ["features=value", "scaling=standard", "scaling.indicators=2"]))
    check_plan(plan("sweep", ["features=value,everything", "scaling=standard", "scaling.indicators=2"]))


def test_the_champion_that_is_named_beside_a_run_is_another_model():
    words = ["input=a.csv", "output=b.csv", "model=models:/customer-segmentation@champion", "run_id=1e45"]
    with pytest.raises(SettingsError, match="name two models"):
        plan("score", words)
    assert plan("promote", ["model=customer-segmentation", "run_id=1e45"]).settings[0].run_id == "1e45"


@pytest.mark.parametrize("words", [("promote",), ("rollback", "reason=x"), ("history",)])
def test_a_name_that_no_registry_holds_is_refused_by_every_command_of_the_registry(words):
    for name in ("", "a/b", "a:b", "a'b"):
        with pytest.raises(SettingsError, match="expected a name without" if name else "model is empty"):
            plan(words[0], [*words[1:], f'model="{name}"'])


def test_a_key_that_hashes_ids_is_taken_as_it_stands(monkeypatch):
    monkeypatch.setenv("PART", "007")
    for typed, key in (("007", "007"), ("1e3", "1e3"), ("a-${oc.env:PART}", "a-007"), ("null", None)):
        words = ["tracking.customers=hashed", f"tracking.customers_key={typed}"]
        assert plan("explore", words).settings[0].tracking.customers_key == key
    with pytest.raises(
        SettingsError, match=r"customers_key is read with tracking.customers=hashed alone; add that"
    ) as caught:
        plan("explore", ["tracking.customers_key=007"])
    assert "007" not in str(caught.value)


def test_a_single_k_is_allowed():
    assert plan("sweep", ["features=value", "scaling=standard", "k=4"]).settings[0].k in (4, [4])


def test_the_grid_is_the_product_of_what_is_swept():
    made = plan("sweep", ["features=value,usage", "scaling=standard,minmax,none", "k=[2,3]"])
    assert len(made.jobs) == 6
    assert made.swept == {"features": ("value", "usage"), "scaling": ("standard", "minmax", "none")}


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("foo=1", ["'foo'", "features", "scaling"]),
        ("exploration.correlate={}", ["changes nothing", "~exploration.correlate.NAME"]),
        ("data.seed=-1", ["of at least 0"]),
        ("data.max_rejected_share=nan", ["from 0 to 1"]),
        ("large.eval_sample=0", ["of at least 1"]),
        ("selection.stability.rand=nan", ["from -1 to 1"]),
        ("scaling.indicators=inf", ["indicators=inf", "above 0"]),
        ("data.foo=1", ["'data.foo'", "path", "keep"]),
        ("clustring=kmeans", ["clustring", "Did you mean clustering?"]),
        ("scaling=standart", ["scaling=standart", "conf/scaling/", "minmax", "Did you mean standard?"]),
        ("scaling=standard,standart", ["scaling=standart"]),
        ("experiments=tpyo", ["experiments=tpyo", "original_analysis"]),
        ("experiments=value,original_analysis", ["one preset at a time"]),
        ("data=sample,telecom", ["data must be the same for all studies"]),
        ("data.keep=all,not_churned", ["data.keep must be the same"]),
        ("seed=abc", ["seed=abc", "a whole number"]),
        ("seed=null", ["seed=null", "a whole number", "leave the key out"]),
        ("selection.rank_by=3", ["selection.rank_by=3", "a list"]),
        ("selection.stability=3", ["selection.stability=3", "keys below it"]),
        ("selection.smallest_share=x", ["selection.smallest_share=x", "a number"]),
        ("selection.smallest_share=7", ["from 0 up to 1"]),
        ("k=[]", ["empty list"]),
        ("k=[0]", ["holds 0"]),
        ("k=[2.5]", ["2.5"]),
        ("k=abc", ["'abc'"]),
        ("blah", ["'blah'", "key=value"]),
        ("+features.columns.x=Tenure", ["'Tenure'", "Tenure in Months"]),
        ("+features.columns.x=Customer Status", ["role is outcome"]),
        ("+features.columns.x={sum: [Contract, Age]}", ["holds words"]),
        ("+features.columns.x={product: [Age, Age]}", ["unknown operation 'product'"]),
        ("data.contract=telcom", ["conf/contract/", "Did you mean telecom?"]),
    ],
)
def test_a_wrong_word_is_one_sentence_that_says_what_exists(argument, words):
    said = sentence(argument)
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("+data.foo=3", "unknown key 'data.foo'; data has about"),
        ("++data.foo=3", "unknown key 'data.foo'"),
        ("+selection.smalest_share=0.5", "Did you mean smallest_share?"),
        ("++drift.confidence=0.5", "unknown key 'drift'"),
        ("+selection.stability.foo=1", "unknown key 'selection.stability.foo'"),
        ("+experiments.foo=1", "unknown key 'experiments'"),
        ("hydra.run.dir=/tmp/x", "hydra.run.dir has no effect: of Hydra's own settings hydra.searchpath"),
        ("hydra/sweeper=basic", "hydra/sweeper has no effect"),
        ("scaling=standard,minmax,standard", "holds standard twice; give each value once"),
        ("seed=-1", "seed=-1: expected a whole number from 0 to 4294967295"),
    ],
)
def test_what_no_schema_has_is_refused_however_it_is_written(word, told):
    with pytest.raises(SettingsError, match=re.escape(told)):
        plan("sweep", ["features=value", *([] if word.startswith("scaling") else ["scaling=standard"]), word])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["k=[2]", "k=[3]"], "k is given twice, as k=[2] and as k=[3]"),
        (["scaling=minmax", "scaling=standard,robust"], "scaling is given twice"),
        (["+k=[2]", "k=[3]"], "k is given twice"),
        (["playbook=telecom", "segments.playbook=subscription"], "segments.playbook is given twice"),
    ],
)
def test_a_key_that_is_given_twice_is_refused(words, told):
    with pytest.raises(SettingsError) as refusal:
        plan("sweep", words)
    assert told in str(refusal.value)


def test_the_same_word_twice_says_one_thing():
    assert plan("sweep", ["features=value", "scaling=standard", "k=[2]", "k=[2]"]).settings[0].k == [2]


def test_a_users_own_files_are_found_and_preferred():
    for folder in ("conf/scaling", "experiments"):
        Path(folder).mkdir(parents=True)
    Path("conf/scaling/mine.yaml").write_text("scaler:\n  _target_: sklearn.preprocessing.MaxAbsScaler\n")
    Path("conf/scaling/standard.yaml").write_text("about: my own\nscaler: null\n")
    Path("experiments/mine.yaml").write_text(
        "# @package _global_\nhydra:\n  sweeper:\n    params: {features: value, scaling: 'mine,standard'}\n"
    )
    made = plan("sweep", ["experiments=mine"])
    assert made.swept == {"scaling": ("mine", "standard")}
    assert [settings.scaling.scaler is None for settings in made.settings] == [False, True]
    assert {"mine", "standard", "minmax"} <= set(options_of("scaling"))


def test_the_contract_is_typed_and_a_configs_own_columns_go_over_it():
    columns = (
        plan("sweep", ["features=value", "scaling=standard", "+data.columns.Age.unit=months"]).settings[0].data.columns
    )
    assert isinstance(columns["Age"], ColumnSpec)
    assert columns["Age"].unit == "months"
    assert columns["Age"].type.value == "integer"


def test_the_command_line_wins_over_a_preset():
    made = plan("sweep", ["experiments=original_analysis", "scaling=standard", "selection.k=3"])
    assert made.choices["scaling"] == "standard"
    assert made.choices["features"] == "value_whole_dollars"
    assert made.settings[0].selection.k == 3


def test_composing_again_and_again_asks_no_plugin_twice():
    from hydra.core.plugins import Plugins
    from hydra.plugins.search_path_plugin import SearchPathPlugin

    def ours() -> int:
        return sum(kind.__name__ == "SegmentSearchPath" for kind in Plugins.instance().discover(SearchPathPlugin))

    for _ in range(3):
        plan("history", [])
    assert ours() == 1, "each one more searches every folder once more: a long process composes slower and slower"


@pytest.mark.parametrize(
    "words",
    [
        ["features=value,usage", "scaling=standard,minmax", "k=2,3"],
        ["clustering=kmeans,gaussian_mixture", "features=value,usage", "scaling=standard"],
        ["features=value", "scaling=standard", "++scaling.scaler.copy=true,false"],  # the same part, twice
        ["data=telecom", "data.path=customers.csv", "k=range(2,5)", "features=value"],
        ["clustering=kmeans,kmeans_search", "features=value", "clustering.init=null,models:/segments@champion"],
        ["features=value,usage", "scaling=standard", "clustering.init=models:/segments@champion"],
    ],
)
def test_jobs_are_composed_as_hydra_composes_them(words):
    asked, hydras = plan("sweep", words).at_versions({"models:/segments@champion": "models:/segments/7"}), []
    hydra_app._run(asked, hydra_app._Task(hydras.append, asked.versions))
    own = list(asked.composed_jobs())
    assert own == hydras
    assert len(own) == len(asked.jobs)
    named = {job.settings.clustering.init for job in own}
    assert named <= {None, "models:/segments/7"}
    assert (named != {None}) == any("@champion" in word for word in words)
    assert not any("@champion" in job.config for job in own)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["launcher=in_process", "launcher.processes=4"],
            "launcher.processes=4 has no effect with launcher",
        ),
        (["launcher=local", "launcher.address=auto"], "launcher.address=auto has no effect with launcher=local"),
        (["launcher=local", "threads=2"], "threads=2 has no effect with launcher=local"),
        (["launcher=local", "+hydra.job.env_set.A=1"], "settings of hydra have no effect with launcher=local"),
    ],
)
def test_what_a_launcher_does_not_read_is_refused(words, told):
    with pytest.raises(SettingsError, match=re.escape(told)):
        check_plan(plan("sweep", ["features=value", "scaling=standard", *words]))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["format=rules", "table=foo"], "table=foo has no effect on format=rules"),
        (["format=rules", "id=foo"], "id=foo has no effect on format=rules"),
        (["format=rules", "output=a.png", "dialect=postgres"], "dialect=postgres has no effect on a picture"),
        (["id="], "id is empty"),
        (["overwrite=true"], "no file is written"),
    ],
)
def test_what_an_export_does_not_read_is_refused(words, told):
    with pytest.raises(SettingsError, match=re.escape(told)):
        check_export(plan("export", words).settings[0])


def test_hydras_own_folder_holds_no_password(tmp_path, monkeypatch):
    from hydra.core.hydra_config import HydraConfig

    monkeypatch.chdir(tmp_path)
    words = ["data=telecom", "data.path=https://crm.example.com/x.csv?token=planted-1", "features=value", "k=[2]"]
    asked, held = plan("sweep", [*words, "scaling=standard,minmax"]), []

    def look(_composed):
        folder = Path(HydraConfig.get().sweep.dir)
        held.extend(path.read_text() for path in folder.rglob("*") if not path.is_dir())

    hydra_app.run_jobs(asked, look, launcher=["hydra/launcher=basic"])
    assert held == ["", ""]


@pytest.mark.parametrize(
    ("command", "word"),
    [("sweep", "selection=[]"), ("score", "drift=[]"), ("promote", "promotion=[]"), ("explore", "exploration=[]")],
)
def test_a_decision_without_a_file_is_refused_as_its_schema_would_decide(command, word):
    with pytest.raises(SettingsError, match=f"{word[:-3]}.*expected one of"):
        plan(command, [word])


@pytest.mark.parametrize("value", ["null", "[]", "[elbow, fixed]"])
def test_a_decision_without_one_file_is_refused_in_a_preset_too(value):
    Path("experiments").mkdir()
    Path("experiments/mine.yaml").write_text(
        f"# @package _global_\ndefaults:\n  - override /selection: {value}\n", encoding="utf-8"
    )
    with pytest.raises(SettingsError, match="selection has no file, by a list of defaults"):
        plan("sweep", ["experiments=mine", "k=3", "features=value", "scaling=standard"])
