"""``data.path=`` is never answered with another table, and no word for Hydra is taken for something else."""

from pathlib import Path

import pandas as pd
import pytest

from customer_segmentation.config.compose import plan
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.sources.samples.orders import draw_orders
from customer_segmentation.sources.samples.telecom import draw_customers


def taken(*words, command="sweep"):
    asked = plan(command, words)
    return asked.choices["data"], asked.settings[0].data


@pytest.mark.parametrize("command", ["sweep", "explore"])
def test_a_known_table_is_taken_with_the_config_that_knows_it(command, caplog):
    draw_customers(50).to_csv("customers.csv", index=False)
    name, data = taken("data.path=customers.csv", command=command)
    assert (name, data.source, data.path) == ("telecom", "file", "customers.csv")
    assert "customers.csv is read as data=telecom" in caplog.text


def test_an_order_table_is_known_by_its_three_columns():
    frame = draw_orders(20, seed=1)
    frame.to_csv("shop.csv", index=False)
    assert taken("data.path=shop.csv")[0] == "orders"


def test_a_table_of_the_users_own_config_is_known_by_its_path():
    pd.DataFrame({"a": [1, 2], "b": [3, 4]}).to_csv("mine.csv", index=False)
    Path("conf/data").mkdir(parents=True)
    Path("conf/contract").mkdir()
    Path("conf/contract/mine.yaml").write_text("a: {type: number, role: numeric}\n")
    Path("conf/data/mine.yaml").write_text("source: file\npath: mine.csv\ncontract: mine\n")
    assert taken("data.path=./mine.csv", "exploration=none", "hypotheses=none")[0] == "mine"


def test_an_unknown_table_leads_to_init_and_a_missing_one_is_said():
    pd.DataFrame({"a": [1, 2], "b": [3, 4]}).to_csv("mine.csv", index=False)
    with pytest.raises(SettingsError, match=r"segment init data\.path=mine\.csv"):
        plan("sweep", ["data.path=mine.csv"])
    with pytest.raises(DataError, match=r"There is no file nowhere\.csv"):
        plan("sweep", ["data.path=nowhere.csv"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["data=sample", "data.path=mine.csv"], "reads no file"),
        (["data.delimiter=;"], "changes nothing for the built-in sample"),
        (["data.query=SELECT 1"], "changes nothing for the built-in sample"),
        (["data.download.url=x"], r"data\.download\.url changes nothing: data\.download is empty"),
        (["data.transactions.customer=x"], r"changes nothing: data\.transactions is empty"),
        (["data=telecom", "data.path=mine.csv", "data.customers=300"], "to the built-in samples"),
        (["data=telecom", "data.seed=3"], "to the built-in samples"),
        (["-m"], "is not needed"),
        (["--multirun"], "is not needed"),
        (["--hydra-help"], "expected settings"),
        (["--info"], "expected settings"),
        (["--info", "config"], "expected settings"),
        (["--run"], "expected settings"),
        (["--cfg"], "--cfg job alone"),
        (["--cfg", "all"], "--cfg job alone"),
        (["--cfg", "hydra"], "--cfg job alone"),
        (["--config-dir", "x"], "expected settings"),
        (["--config-name=x"], "expected settings"),
        (["--cfg", "job", "scaling=standard,minmax"], "scaling has 2 values"),
        (
            ["data=orders", "data.choices.features=rfm", "features=rfm_habits"],
            "data.choices.features changes nothing: the command line",
        ),
        (["experiments=rfm", "data.choices.yardstick=value"], "data.choices.yardstick changes nothing: the preset"),
        (["k=[2,3]", "hydra.sweeper.params.k=[4]"], "k is given twice"),
    ],
)
def test_what_would_change_nothing_is_refused(words, expected):
    with pytest.raises(SettingsError, match=expected):
        plan("sweep", words)


@pytest.mark.parametrize(
    ("command", "key"),
    [(command, key) for command in ("score", "report", "promote", "export", "migrate", "serve", "ui")
     for key in ("models=chosen", "report=false", "customers=none", "customers_key=x")]
    + [("explore", "models=chosen"), ("explore", "report=false")],
)  # fmt: skip
def test_how_runs_are_made_from_a_table_is_refused_where_none_is(command, key):
    with pytest.raises(SettingsError, match=f"tracking.{key.partition('=')[0]} changes nothing here"):
        plan(command, [f"tracking.{key}"])


def test_settings_are_shown_of_the_defaults_too():
    assert plan("sweep", ["--cfg", "job"]).flags == ("--cfg", "job")


def test_a_setting_that_a_kind_of_table_does_not_read_is_refused(tmp_path):
    frame = draw_customers(60)
    frame.to_csv("t.csv", index=False)
    frame.to_parquet("t.parquet")
    frame.to_excel("t.xlsx", index=False)
    expected = {"t.csv": ("query", "sheet"), "t.xlsx": ("query", "delimiter", "encoding", "decimal")}
    expected["t.parquet"] = expected["t.xlsx"] + ("sheet",)
    words = {"query": "SELECT 1", "sheet": "Sheet1", "delimiter": "','", "encoding": "utf-8", "decimal": "."}
    with pytest.raises(SettingsError, match=r"data.decimal=, fits no number of t.csv: .* holds \d+\.\d"):
        plan("sweep", ["features=value", "k=[2]", "data=telecom", "data.path=t.csv", "data.decimal=','"])
    for path, unread in expected.items():
        read = [f"data.{key}={value}" for key, value in words.items() if key not in unread]
        plan("sweep", ["features=value", "k=[2]", "data=telecom", f"data.path={path}", *read])
        for key in unread:
            named = ["data=telecom"] if key == "query" else []
            with pytest.raises(SettingsError, match=rf"data\.{key} changes nothing: {path} is not a"):
                plan("sweep", ["features=value", "k=[2]", *named, f"data.path={path}", f"data.{key}={words[key]}"])
