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
    ],
)
def test_what_is_no_name_is_refused(command, word, sentence):
    with pytest.raises(SettingsError) as caught:
        plan(command, [word])
    assert sentence in str(caught.value)


def test_a_folder_or_a_link_to_nothing_is_no_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("conf/features/folder.yaml").mkdir(parents=True)
    Path("conf/features/nothing.yaml").symlink_to("nowhere")
    assert not {"folder", "nothing"} & set(options_of("features"))
    with pytest.raises(SettingsError) as caught:
        plan("sweep", ["features=folder"])
    assert "features=folder: no such file in conf/features/; there are everything, profile" in str(caught.value)
