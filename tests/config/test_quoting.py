import hydra
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from customer_segmentation.config.quoting import init_words, quote, split_flags
from customer_segmentation.errors import SettingsError

WORDS = ["Telecom (1).csv", "Kundenübersicht.csv", "~/a,b.csv", "O'Neil.csv", "1e456", "C:\\data\\new.csv", "a=b.csv"]


def parsed(argument: str):
    return OverridesParser.create().parse_override(quote(argument))


@pytest.mark.parametrize("word", [*WORDS, "postgresql://me@host/db?sslmode=require", "select * from t where a = 'x'"])
def test_free_text_reaches_the_config_as_it_was_typed(word):
    override = parsed(f"data.path={word}")
    assert override.value() == word
    assert not override.is_sweep_override()


ANY = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40)
SIGNS = st.text(st.sampled_from("ab$\\{}'\"(),=:[]~ é?&#|.*!%"), min_size=1, max_size=14)


@given(st.one_of(ANY, SIGNS))
def test_any_text_survives_the_grammar_and_the_interpolation_after_it(text):
    if text in ("null", "???") or (len(text) >= 2 and text[0] == text[-1] and text[0] in "'\""):
        return  # null is nothing, ??? a value that is missing, and what is quoted already is left as it is
    override = parsed(f"data.path={text}")
    assert not override.is_sweep_override()
    assert OmegaConf.create({"path": override.value()}).path == text


def test_other_keys_keep_the_grammar():
    assert quote("k=2,3") == "k=2,3"
    assert quote("+features.columns.age=Age") == "+features.columns.age=Age"
    assert quote("~features.columns.tenure") == "~features.columns.tenure"


def test_interpolation_in_a_path_is_text():
    value = parsed("data.path=${x}.csv").value()
    assert OmegaConf.create({"path": value}).path == "${x}.csv"


def test_flags_are_told_from_overrides():
    assert split_flags(["--cfg", "job", "k=2", "data.path=a b"]) == (["--cfg", "job"], ["k=2", "data.path='a b'"])


def test_the_version_of_hydra_is_the_one_these_rules_were_written_for():
    assert hydra.__version__.startswith("1.3")


def test_a_column_gets_one_role():
    assert init_words(["roles.a=id", "roles.a=id", "roles.b=value"]) == ["roles=['a=id','a=id','b=value']"]
    with pytest.raises(SettingsError, match=r"roles\.a is given twice"):
        init_words(["roles.a=id", "roles.a=value"])
