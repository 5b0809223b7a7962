"""The clean environment of the gate: it takes no word of a folder above it."""

import sys

import pytest

from customer_segmentation.registry.load_check import _clean_environment


@pytest.mark.parametrize("name", ["uv.toml", "pyproject.toml"])
def test_settings_of_other_users_in_the_temporary_folder_are_not_read(tmp_path, name):
    """They could name the index that packages come from; these cannot even be read."""
    (tmp_path / name).write_text("[[")
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "scratch").mkdir()
    python = _clean_environment(tmp_path / "requirements.txt", tmp_path / "scratch" / "environment")
    assert python == str(tmp_path / "scratch" / "environment" / "bin" / "python")
    assert python != sys.executable
