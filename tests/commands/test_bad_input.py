"""Everything a user can get wrong before the first study: one sentence, a non-zero exit code, nothing in the folder."""

from pathlib import Path

import pytest

from customer_segmentation.sources.samples.telecom import draw_customers

SMALL = {"features": "value", "scaling": "standard", "k": "[2,3]", "data.customers": "200"}


def small(*words: str) -> list[str]:
    """A sweep that would take a second, and the words under test over it."""
    given = {word.partition("=")[0].lstrip("~+") for word in words}
    return ["sweep", *[f"{key}={value}" for key, value in SMALL.items() if key not in given], *words]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("features", ["'features'", "key=value"]),
        ("=3", ["'=3'", "no key"]),
        ("k=[2", ["'k=[2'"]),
        ("k=2,,3", ["'k=2,,3'"]),
        ("fetures=value", ["unknown key 'fetures'", "Did you mean features?"]),
        ("+foo=1", ["unknown key 'foo'"]),
        ("data.pth=x", ["unknown key 'data.pth'", "Did you mean path?"]),
        ("~scaling", ["cannot be left out"]),
        ("seed=abc", ["seed=abc", "a whole number"]),
        ("threads=0", ["threads=0", "at least 1"]),
        ("quiet=maybe", ["quiet=maybe", "true or false"]),
        ("data.customers=0", ["data.customers=0", "at least 1"]),
        ("selection.near_tie=much", ["a number"]),
        ("selection.rule=best", ["yardstick", "fixed"]),
        ("selection.smallest_share=1", ["from 0 up to 1"]),
        ("selection=fixed selection.k=null", ["needs selection.k"]),
        ("tracking.models=all", ["best", "chosen"]),
        ("scaling=standart", ["no such file in conf/scaling/", "minmax", "Did you mean standard?"]),
        ("features=vlaue", ["no such file in conf/features/", "Did you mean value?"]),
        ("scaling=", ["scaling is empty; give one of", "minmax"]),
        ("clustering=dbscan", ["no such file in conf/clustering/", "kmeans"]),
        ("data=telcom", ["no such file in conf/data/", "Did you mean telecom?"]),
        ("experiments=tpyo", ["no such file in experiments/", "original_analysis"]),
        ("experiments=value,original_analysis", ["one preset at a time"]),
        ("data=sample,telecom", ["data must be the same for all studies"]),
        ("selection=fixed,yardstick", ["selection must be the same for all studies"]),
        ("k=[]", ["k is an empty list"]),
        ("k=", ["k is missing"]),
        ("k=null", ["k is missing"]),
        ("k=[0]", ["k holds 0"]),
        ("k=[-2]", ["k holds -2"]),
        ("k=abc", ["k holds 'abc'"]),
        ("k=[2.5]", ["k holds 2.5"]),
        ("k=true", ["k holds True"]),
        ("k=range(5,2)", ["k is an empty list"]),
        ("k=interval(2,5)", ["expected a list of values"]),
        ("k=[50000]", ["k holds no number up to selection.most_segments=12"]),
        ("k=[2,50000]", ["k holds 50,000", "customers"]),
        ("k=[1]", ["k holds 1 alone"]),
        ("selection.k=4", ["selection=fixed alone"]),
        ("selection=fixed selection.k=7", ["selection.k=7 is not among"]),
        ("data.customers=2", ["1 customer to segment", "at least 3"]),
        ("scaling.scaler._target_=sklearn.preprocessing.Nothing", ["cannot make sklearn.preprocessing.Nothing"]),
        ("scaling.scaler._target_=os.getcwd", ["names os.getcwd", "nothing of it was called", "trusted_modules"]),
        ("+scaling.scaler.with_men=false", ["with_men"]),
        ("clustering.estimator._target_=sklearn.preprocessing.StandardScaler", ["clustering=kmeans"]),
        ("clustering.estimator.n_init=0", ["n_init"]),
        ("clustering.estimator=null", ["_target_"]),
    ],
)
def test_a_wrong_word_ends_in_one_sentence_and_leaves_nothing(segment, words, expected):
    said = segment(*small(*words.split(" "))).sentence
    for word in expected:
        assert word in said, said
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://127.0.0.1:1", "does not answer"),
        ("sqlite:///missing/mlflow.db", "does not exist; create it first"),
        ("sqlite:///notes.txt", "is no SQLite database"),
        ("sqlite:///folder", "is a folder"),
        ("runs", "expected an address such as sqlite:///mlflow.db"),
    ],
)
def test_a_store_that_cannot_be_used_is_said_before_any_study(segment, uri, expected):
    Path("notes.txt").write_text("no database " * 100)
    Path("folder").mkdir()
    assert expected in segment(*small(f"tracking.uri={uri}")).sentence
    assert sorted(path.name for path in Path().iterdir()) == ["folder", "notes.txt"]


def test_a_folder_that_cannot_be_written_is_said(segment):
    nobody_writes = Path("/proc")
    if not nobody_writes.is_dir():
        pytest.skip("no folder here that not even the superuser may write to")
    said = segment(*small(f"tracking.uri=sqlite:///{nobody_writes}/mlflow.db")).sentence
    assert str(nobody_writes) in said
    assert "tracking.uri=" in said


@pytest.fixture
def tables():
    """Tables that no sweep can work with, in the test's folder."""
    raw = draw_customers(120, seed=5)
    kept = raw[raw["Customer Status"] != "Churned"]
    Path("empty.csv").touch()
    Path("folder").mkdir()
    Path("bytes.csv").write_bytes(bytes(range(256)) * 20)
    raw.head(0).to_csv("header.csv", index=False)
    kept.head(1).to_csv("one.csv", index=False)
    kept.head(2).to_csv("two.csv", index=False)
    raw[raw["Customer Status"] == "Churned"].to_csv("all left.csv", index=False)
    raw.drop(columns="Total Revenue").to_csv("lacks (1).csv", index=False)
    raw.assign(**{"Number of Referrals": 1, "Tenure in Months": 2, "Total Revenue": 9.5}).to_csv("alike.csv")
    raw.to_csv("good.csv", index=False)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["data.path=missing, (2).csv"], ["no file missing, (2).csv", "data.path"]),
        (["data.path="], ["data.path is empty"]),
        (["data.path=empty.csv"], ["empty.csv is empty"]),
        (["data.path=folder"], ["folder is a folder"]),
        (["data.path=bytes.csv"], ["bytes.csv is binary"]),
        (["data.path=header.csv"], ["header.csv", "no rows"]),
        (["data.path=one.csv"], ["1 customer to segment"]),
        (["data.path=two.csv"], ["2 customers to segment", "at least 3"]),
        (["data.path=all left.csv"], ["data.keep=all"]),
        (["data.path=lacks (1).csv"], ["lacks (1).csv", "Total Revenue"]),
        (["data.path=alike.csv"], ["alike"]),
        (["data.path=good.csv", "data.keep=nobody"], ["'nobody'", "not_churned"]),
        (["data.path=good.csv", "data.contract=telcom"], ["conf/contract/", "Did you mean telecom?"]),
        (["data.path=good.csv", "+features.columns.x=Tenure"], ["'Tenure'", "Tenure in Months"]),
        (["data.path=good.csv", "+features.columns.x=Customer Status"], ["role is outcome"]),
    ],
)
def test_a_table_that_cannot_be_segmented_is_named(segment, tables, words, expected):
    asked = [word for word in small("data=telecom", *words) if not word.startswith("data.customers=")]
    said = segment(*asked).sentence
    for word in expected:
        assert word in said, said
    assert not Path("mlflow.db").exists()
