"""The reference of config keys has every key that a command takes, and says what it means."""

import dataclasses
import importlib.util
import re
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from customer_segmentation.config.schemas import SCHEMAS

HOOKS = Path(__file__).resolve().parents[1] / "docs" / "hooks.py"


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("docs_hooks", HOOKS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.reference()


def leaves(node: DictConfig, prefix: str = "") -> list[str]:
    """Keys as a command line gives them."""
    found = []
    for name in node:
        inner = None if OmegaConf.is_missing(node, name) else node[name]
        typed = isinstance(inner, DictConfig) and dataclasses.is_dataclass(OmegaConf.get_type(inner))
        found += leaves(inner, f"{prefix}{name}.") if typed else [f"{prefix}{name}"]
    return found


@pytest.mark.parametrize("command", sorted(SCHEMAS))
def test_every_key_of_a_command_is_there(reference, command):
    section = re.search(rf"^## segment {command}$(.*?)(?=^## |\Z)", reference, re.MULTILINE | re.DOTALL)[1]
    shared = set(re.findall(r"^`(\w+)\.\*`: as of", section, re.MULTILINE))
    own = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    everywhere = set(re.findall(r"^\| `([^`]+)` \|", reference, re.MULTILINE))
    for key in leaves(OmegaConf.structured(SCHEMAS[command])):
        assert key in (everywhere if key.partition(".")[0] in shared else own), key


def test_every_key_says_what_it_means(reference):
    silent = [line for line in reference.splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert not silent


def test_a_comment_over_a_key_and_one_behind_it_are_its_meaning(reference):
    assert "| `data.customers` | whole number | `7043` | size of the built-in samples |" in reference
    assert re.search(r"^\| `data.max_rows` .*a seeded sample, streamed", reference, re.MULTILINE)
    assert "| `tracking.models` | text | `best` | best: the best candidate of every study gets its model" in reference
