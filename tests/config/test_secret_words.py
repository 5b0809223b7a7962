"""What a folder's files take from the environment: told however it is spelt, and in no word of a model."""

import json
from pathlib import Path

import pytest

from customer_segmentation.config.compose import plan
from customer_segmentation.config.composed import as_yaml, settings_from_yaml
from customer_segmentation.config.contract_file import contract_columns, refuse_secret_cells
from customer_segmentation.config.environment import variables_in
from customer_segmentation.config.folder_files import taken_files
from customer_segmentation.config.playbook_file import to_playbook
from customer_segmentation.config.quoting import escaped
from customer_segmentation.data.contract import plain_spec
from customer_segmentation.data.expressions import parse_declared
from customer_segmentation.errors import SettingsError
from customer_segmentation.secrets import remember
from customer_segmentation.settings.data import ColumnSpec, DataSettings, Population
from customer_segmentation.settings.sweep import SweepSettings

SECRET = "Planted-9f8e7d-Value"
PLAYBOOK = """
about: "told ${oc.env:PLANTED}"
traits: {rich: {role: value, above: 0.1, words: "rich ${oc.env:PLANTED}"}}
names: [{name: "Rich https://u:hunter22@host/x", when: [rich]}]
actions: {call: {do: "Call token=hunter22xyz", when: [rich]}}
"""


@pytest.fixture(autouse=True)
def planted(monkeypatch, tmp_path):
    monkeypatch.setenv("PLANTED", SECRET)
    monkeypatch.chdir(tmp_path)
    for folder in ("experiments", "conf/contract"):
        Path(folder).mkdir(parents=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: a-${oc.env:PLANTED}", ["experiments/m.yaml takes PLANTED from the environment"]),
        ('name: "a-${oc\\x2eenv:PLANTED}"', ["experiments/m.yaml takes PLANTED from the environment"]),
        (
            "segments: {playbook: env}\nname: a-${oc.${segments.playbook}:PLANTED}",
            ["this folder's configs take PLANTED from the environment"],
        ),
        ("# not ${oc.env:PLANTED}\nname: a", []),
    ],
)
def test_what_a_file_takes_from_the_environment_is_told_however_it_is_spelt(text, told):
    Path("experiments/m.yaml").write_text(f"# @package _global_\n{text}\n")
    made = plan("sweep", ["experiments=m", "features=value", "scaling=standard", "k=[2]"])
    assert (SECRET in made.settings[0].name) == bool(told)
    assert taken_files(made) == ["of this folder's own configs: experiments/m.yaml", *told]


def test_what_the_user_or_a_shipped_file_takes_is_not_laid_to_the_folder():
    Path("experiments/m.yaml").write_text("# @package _global_\nname: a\n")
    words = ["experiments=m", "tracking.customers=hashed", "tracking.customers_key=${oc.env:PLANTED}", "k=[2]"]
    made = plan("sweep", [*words, "features=value", "scaling=standard", "tracking=server"])
    assert made.settings[0].tracking.customers_key == SECRET
    assert taken_files(made) == ["of this folder's own configs: experiments/m.yaml"]


def test_a_file_that_is_no_yaml_is_searched_as_it_stands():
    assert variables_in("a: [${oc.env:PLANTED}\n b: }") == ["PLANTED"]


def test_words_that_models_and_labels_hold_have_no_secret():
    remember(SECRET, shown="${oc.env:PLANTED}")
    playbook = to_playbook(PLAYBOOK, where="x")
    assert playbook.about == "told ***"
    assert playbook.traits["rich"].words == "rich ***"  # braces would be taken for a placeholder
    assert playbook.names[0].name == "Rich https://u:***@host/x"
    assert playbook.actions["call"].do == "Call token=***"
    Path("conf/contract/c.yaml").write_text(f"A: {{type: number, unit: '${{oc.env:PLANTED}}', about: 'x {SECRET}'}}\n")
    column = contract_columns("c", json.dumps({}))["A"]
    assert (column.unit, column.about) == ("***", "x ***")  # a unit that begins with $ is money
    assert parse_declared({"column": "A", "unit": f"{SECRET}/month"}, where="x")[1] == "***/month"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        *[({"columns": {"A": ColumnSpec(**{key: [SECRET]})}}, f"data.columns.A.{key}")
          for key in ("na_values", "values", "synonyms", "event_values")],
        ({"columns": {"A": ColumnSpec(fill=SECRET)}}, "data.columns.A.fill"),
        ({"populations": {"stay": Population("A", ["Yes", SECRET])}}, "data.populations.stay.exclude"),
    ],
)  # fmt: skip
def test_what_cells_are_compared_with_is_no_secret(data, key):
    refuse_secret_cells(DataSettings(columns={"A": ColumnSpec(fill=0, na_values=["-"])}))
    remember(SECRET, shown="${oc.env:PLANTED}")
    with pytest.raises(SettingsError, match=f"{key} holds the value of an environment variable"):
        refuse_secret_cells(DataSettings(**data))


def test_a_cell_that_looks_like_a_reference_is_none_wherever_it_is_read_again():
    cells = ["${oc.env:PLANTED}", "${broken"]
    Path("conf/data").mkdir(parents=True)
    Path("conf/data/mine.yaml").write_text(
        "source: file\npath: x.csv\ncolumns:\n  A: {type: number, role: numeric, na_values: "
        + json.dumps([cell.replace("$", "\\$") for cell in cells])
        + "}\n"
    )
    made = plan("sweep", ["data=mine", "features=value", "k=[2]"])
    columns = made.settings[0].data.columns
    assert columns["A"].na_values == cells
    kept = as_yaml(escaped({name: plain_spec(spec) for name, spec in columns.items()}))
    again = settings_from_yaml(SweepSettings, made.config_text, kept)
    assert again.data.columns["A"].na_values == cells
